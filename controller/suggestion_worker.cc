#include "controller/suggestion_worker.h"

#include <iterator>
#include <utility>

#include "core/status_macros.h"

namespace qalam {

SuggestionWorker::SuggestionWorker(std::unique_ptr<Suggester> suggester, History history)
    : suggester_(std::move(suggester)),
      history_(std::move(history)),
      thread_(&SuggestionWorker::Run, this) {}

SuggestionWorker::~SuggestionWorker() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

void SuggestionWorker::Record(TrialRecord record) { recorded_.push_back(std::move(record)); }

void SuggestionWorker::Ask(int count, Reply reply) {
  Request request{std::exchange(recorded_, {}), count, std::move(reply)};
  MutexLock lock(&mutex_);
  if (request_) {  // not begun: its records must not be lost
    request.records.insert(request.records.begin(),
                           std::make_move_iterator(request_->records.begin()),
                           std::make_move_iterator(request_->records.end()));
  }
  request_ = std::move(request);
  changed_.NotifyOne();
}

void SuggestionWorker::Run() {
  while (true) {
    std::optional<Request> request;
    {
      MutexLock lock(&mutex_);
      while (!request_ && !stop_) changed_.Wait(&mutex_);
      if (stop_) return;
      request.swap(request_);
    }
    for (TrialRecord& record : request->records) history_.Put(std::move(record));
    request->reply(AnswerTo(request->count));
  }
}

absl::StatusOr<SuggestionWorker::Answer> SuggestionWorker::AnswerTo(int count) {
  Answer answer;
  QALAM_ASSIGN_OR_RETURN(answer.suggestions, suggester_->Suggest(history_, count));
  for (const Suggestion& suggestion : answer.suggestions) {
    const std::optional<int> index = history_.FirstResultOf(suggestion.assignment);
    answer.same_as.push_back(
        index.has_value() ? std::optional<int64_t>(history_.trial(*index).number) : std::nullopt);
  }
  return answer;
}

}  // namespace qalam
