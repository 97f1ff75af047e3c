#ifndef QALAM_CONTROLLER_SUGGESTION_WORKER_H_
#define QALAM_CONTROLLER_SUGGESTION_WORKER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "core/history.h"
#include "core/mutex.h"
#include "suggestion/gp/outlook.h"
#include "suggestion/resumption.h"
#include "suggestion/suggester.h"

namespace qalam {

// Runs one experiment's suggester on a thread of its own, which alone touches the history. What
// happens to trials is handed over with the next request, so an answer depends only on what was
// recorded before it was asked.
class SuggestionWorker {
 public:
  struct Answer {
    std::vector<Suggestion> suggestions;
    // Of each: the number of the first trial with the same assignment that has a result.
    std::vector<std::optional<int64_t>> same_as;
    // Not empty: why nothing better is to be expected; there are no suggestions then.
    std::string no_improvement_left;
    // Of those asked about: the numbers of trials from which no later one will go on.
    std::vector<int64_t> abandoned;
  };
  using Reply = std::function<void(absl::StatusOr<Answer>)>;

  // `outlook`: asked before the suggester whether to go on; may be null.
  SuggestionWorker(std::unique_ptr<Suggester> suggester, History history,
                   std::unique_ptr<gp::Outlook> outlook = nullptr);
  // Waits for a request that is being answered; the reply is still made.
  ~SuggestionWorker();
  SuggestionWorker(const SuggestionWorker&) = delete;
  SuggestionWorker& operator=(const SuggestionWorker&) = delete;

  // Tells what became of a trial; seen by requests made after this.
  void Record(TrialRecord record);
  // Asks for `count` suggestions, and which of `ended`, numbers of trials that have ended, are
  // abandoned; `reply` is called on the worker's thread. One request at a time: a second one before
  // the reply replaces the first if that has not begun.
  void Ask(int count, std::vector<int64_t> ended, Reply reply);

 private:
  struct Request {
    std::vector<TrialRecord> records;
    int count = 0;
    std::vector<int64_t> ended;
    Reply reply;
  };
  void Run();
  absl::StatusOr<Answer> AnswerTo(const Request& request);
  bool IsAbandoned(int64_t number);

  const std::unique_ptr<Suggester> suggester_;
  const std::unique_ptr<gp::Outlook> outlook_;
  ResumingSuggester* const resuming_;  // the suggester, where its trials go on from others
  History history_;                    // the worker's thread only
  std::vector<TrialRecord> recorded_;  // the caller's thread only; since the last request

  Mutex mutex_;
  CondVar changed_;
  std::optional<Request> request_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_SUGGESTION_WORKER_H_
