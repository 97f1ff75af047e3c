#include "controller/suggestion_worker.h"

#include <iterator>
#include <utility>

#include "core/status_macros.h"

namespace qalam {

SuggestionWorker::SuggestionWorker(std::unique_ptr<Suggester> suggester, History history,
                                   std::unique_ptr<gp::Outlook> outlook)
    : suggester_(std::move(suggester)),
      outlook_(std::move(outlook)),
      resuming_(dynamic_cast<ResumingSuggester*>(suggester_.get())),
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

void SuggestionWorker::Ask(int count, std::vector<int64_t> ended, Reply reply) {
  Request request{std::exchange(recorded_, {}), count, std::move(ended), std::move(reply)};
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
    request->reply(AnswerTo(*request));
  }
}

absl::StatusOr<SuggestionWorker::Answer> SuggestionWorker::AnswerTo(const Request& request) {
  Answer answer;
  // Before it runs ahead with what it proposes, which may never come to be.
  for (const int64_t number : request.ended) {
    if (IsAbandoned(number)) answer.abandoned.push_back(number);
  }
  if (outlook_ != nullptr) answer.no_improvement_left = outlook_->Verdict(history_);
  if (!answer.no_improvement_left.empty()) return answer;
  QALAM_ASSIGN_OR_RETURN(answer.suggestions, suggester_->Suggest(history_, request.count));
  for (const Suggestion& suggestion : answer.suggestions) {
    const std::optional<int> index = history_.FirstResultOf(suggestion.assignment);
    answer.same_as.push_back(
        index.has_value() ? std::optional<int64_t>(history_.trial(*index).number) : std::nullopt);
  }
  return answer;
}

bool SuggestionWorker::IsAbandoned(int64_t number) {
  const std::optional<int> i = FindTrial(history_, number);
  if (!i.has_value() || !IsFinal(history_.trial(*i).condition)) return false;
  return resuming_ == nullptr || !resuming_->MayGoOnFrom(history_, *i);
}

}  // namespace qalam
