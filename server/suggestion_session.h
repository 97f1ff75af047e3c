#ifndef QALAM_SERVER_SUGGESTION_SESSION_H_
#define QALAM_SERVER_SUGGESTION_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "controller/spec/search_reader.h"
#include "core/history.h"
#include "core/mutex.h"
#include "server/carried_state.h"
#include "server/trial_list.h"

namespace qalam {

// A question for what to try next, with everything that is known of the experiment.
struct SuggestionQuery {
  std::string experiment;  // its name
  // Equal where everything is equal that `search` would read.
  std::string fingerprint;
  std::function<absl::StatusOr<SearchSpec>()> search;
  // The settings that IsCarriedSetting names.
  Settings carried;
  // All trials, in any order, as they were sent, and what reads them.
  absl::Span<const absl::string_view> trials;
  TrialDecoder decode;
  int64_t wanted = 0;
  // How many have been suggested before; absent when the client does not tell.
  std::optional<int64_t> suggested;
};

struct SuggestionAnswer {
  struct Trial {
    std::string name;
    NamedValues values;
    std::string parent = {};  // the name of the trial that it goes on from; empty: there is none
  };
  std::vector<Trial> trials;  // as many as were wanted
  Settings carried;           // to be added to the settings of the experiment
};

// Answers the questions for one experiment. An answer is a function of the question alone (but for
// the experiment's id, which is drawn when none has been yet): what a session remembers only makes
// it faster. Threads take turns.
class SuggestionSession {
 public:
  static constexpr int64_t kMaxWanted = 10'000;

  // InvalidArgument when algorithm, settings or limits are not valid.
  static absl::StatusOr<std::shared_ptr<SuggestionSession>> Create(SearchSpec search);

  // InvalidArgument when the question has a mistake; OutOfRange when the search space is used up;
  // Unavailable when the algorithm has to wait for running trials; ResourceExhausted when there
  // have been 2^24 trials.
  absl::StatusOr<SuggestionAnswer> Suggest(const SuggestionQuery& query, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // How many trials it remembers.
  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  explicit SuggestionSession(SearchSpec search);
  uint32_t IdFor(const SuggestionQuery& query, absl::Span<const KnownTrial* const> trials,
                 absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Extends(const NumberedTrials& trials) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Follow(const NumberedTrials& trials) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::vector<Suggestion>> Ask(int count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status FillUp(int count, std::vector<Suggestion>* suggestions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SearchSpec search_;
  mutable Mutex mutex_;
  TrialList list_ ABSL_GUARDED_BY(mutex_);
  CarriedState carried_ ABSL_GUARDED_BY(mutex_);
  History history_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Suggester> suggester_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_SERVER_SUGGESTION_SESSION_H_
