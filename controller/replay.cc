#include "controller/replay.h"

#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/reconcile.h"
#include "controller/trial_history.h"
#include "core/history.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

using Texts = std::map<std::string, std::string>;

// Takes an experiment's trials in the order of their numbers and goes through its requests.
class Replayer {
 public:
  Replayer(const ExperimentSpec& spec, std::unique_ptr<Suggester> suggester)
      : spec_(spec), suggester_(std::move(suggester)), history_(spec.space, spec.objective) {}

  absl::Status Add(StoredTrial trial) {
    if (trial.labels.contains(kInitialTrialLabel)) {
      CompareInitial(trial);
      return Know(trial);
    }
    if (!request_.empty() && request_.front().asked_at != trial.asked_at) {
      QALAM_RETURN_IF_ERROR(Ask());
    }
    request_.push_back(std::move(trial));
    return absl::OkStatus();
  }

  absl::StatusOr<ReplayResult> Finish() {
    if (!request_.empty()) QALAM_RETURN_IF_ERROR(Ask());
    return std::move(result_);
  }

 private:
  // A trial's end, and the sequence number at which it was stored.
  struct End {
    int64_t sequence = 0;
    TrialRecord record;
    bool operator>(const End& other) const { return sequence > other.sequence; }
  };

  // The trial exists from now on; its end comes when its time has come.
  absl::Status Know(const StoredTrial& trial) {
    QALAM_ASSIGN_OR_RETURN(const Assignment assignment, StoredAssignment(*spec_.space, trial));
    TrialRecord record = RecordOf(trial, assignment, spec_.objective);
    history_.Put({.number = record.number, .assignment = assignment, .labels = record.labels});
    if (IsFinal(record.condition)) ends_.push({trial.resource_version, std::move(record)});
    return absl::OkStatus();
  }

  // Repeats the request that the trials of request_ came from.
  absl::Status Ask() {
    for (; !ends_.empty() && ends_.top().sequence <= request_.front().asked_at; ends_.pop()) {
      history_.Put(ends_.top().record);
    }
    QALAM_ASSIGN_OR_RETURN(const std::vector<Suggestion> suggestions,
                           suggester_->Suggest(history_, static_cast<int>(request_.size())));
    ++result_.requests;
    for (size_t i = 0; i < request_.size(); ++i) {
      ++result_.trials;
      Compare(request_[i], i < suggestions.size() ? &suggestions[i] : nullptr);
      QALAM_RETURN_IF_ERROR(Know(request_[i]));
    }
    request_.clear();
    return absl::OkStatus();
  }

  void Compare(const StoredTrial& trial, const Suggestion* suggestion) {
    if (suggestion == nullptr) {
      Differ(trial, "suggestion", trial.explanation, "");
      return;
    }
    const NamedValues values = spec_.space->Format(suggestion->assignment);
    bool same = SameTexts(trial, "parameter ", trial.assignment, values);
    Texts labels = trial.labels;
    for (const char* label : {kReusedLabel, kClientLabel, kLeaseLabel, kReportsBeforeLabel}) {
      labels.erase(label);
    }
    same &= SameTexts(trial, "label ", labels, suggestion->labels);
    if (trial.explanation != suggestion->explanation) {
      Differ(trial, "explanation", trial.explanation, suggestion->explanation);
      same = false;
    }
    if (same) ++result_.matched;
  }

  void CompareInitial(const StoredTrial& trial) {
    ++result_.initial_trials;
    const size_t number = static_cast<size_t>(trial.number);
    if (number >= spec_.initial_trials.size()) {
      Differ(trial, "suggestion", trial.explanation, "");
    } else if (SameTexts(trial, "parameter ", trial.assignment,
                         spec_.initial_trials[number].values)) {
      ++result_.matched;
    }
  }

  template <typename Pairs, typename OtherPairs>
  bool SameTexts(const StoredTrial& trial, const char* kind, const Pairs& recorded,
                 const OtherPairs& replayed) {
    std::map<std::string, std::pair<std::string, std::string>> both;
    for (const auto& [name, text] : recorded) both[name].first = text;
    for (const auto& [name, text] : replayed) both[name].second = text;
    bool same = recorded.size() == replayed.size();
    for (const auto& [name, texts] : both) {
      if (texts.first == texts.second) continue;
      Differ(trial, absl::StrCat(kind, name), texts.first, texts.second);
      same = false;
    }
    return same;
  }

  void Differ(const StoredTrial& trial, std::string what, std::string recorded,
              std::string replayed) {
    if (result_.differences.size() >= ReplayResult::kMaxDifferences) return;
    result_.differences.push_back(
        {trial.number, trial.name, std::move(what), std::move(recorded), std::move(replayed)});
  }

  const ExperimentSpec& spec_;
  const std::unique_ptr<Suggester> suggester_;
  History history_;
  std::priority_queue<End, std::vector<End>, std::greater<>> ends_;  // of trials that are known
  std::vector<StoredTrial> request_;  // the trials of one request, not yet asked for again
  ReplayResult result_;
};

}  // namespace

absl::StatusOr<ReplayResult> ReplayExperiment(const Store& store, const ExperimentRecord& record,
                                              const ExperimentSpec& spec) {
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Suggester> suggester,
                         CreateSuggester(spec.algorithm.name, SuggesterSpecOf(spec)));
  Replayer replayer(spec, std::move(suggester));
  absl::Status status;
  QALAM_RETURN_IF_ERROR(
      store.VisitTrials(record.id, {.with_conditions = false}, [&](StoredTrial trial) {
        status = replayer.Add(std::move(trial));
        return status.ok();
      }));
  QALAM_RETURN_IF_ERROR(status);
  return replayer.Finish();
}

}  // namespace qalam
