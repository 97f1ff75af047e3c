#include "server/early_stopping/observed_curves.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/metrics/metric_value.h"

namespace qalam {
namespace {

// By start and name, each name once: observations are kept by name, whatever the namespace.
void PutInOrder(std::vector<ObservedTrial>* trials) {
  const auto key = [](const ObservedTrial& trial) {
    return std::tie(trial.start_time, trial.name, trial.condition);
  };
  std::erase_if(*trials, [](const ObservedTrial& trial) {
    return trial.name.empty() || trial.condition == TrialCondition::kCreated;
  });
  std::sort(trials->begin(), trials->end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  absl::flat_hash_set<std::string> seen;
  std::erase_if(*trials,
                [&](const ObservedTrial& trial) { return !seen.insert(trial.name).second; });
}

}  // namespace

struct ObservedCurves::Question {
  std::vector<ObservedTrial> trials;
  std::string metric;
  std::string source;  // of what is not here
  int64_t call = 0;
  std::vector<Reports> reports;  // of each trial
  std::vector<size_t> missing;   // trials that nothing is known of yet

  std::string KeyOf(size_t trial) const {
    return absl::StrCat(source, "\n", metric.size(), ":", metric, "\n", trials[trial].start_time,
                        "\n", trials[trial].name);
  }

  // A text that is no number (a genotype, "unavailable") says nothing of how good a trial is.
  void Take(size_t trial, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (const auto value = MetricNumber(text)) reports[trial].push_back(*value);
    }
  }
};

absl::StatusOr<CurveHistory> ObservedCurves::Read(std::vector<ObservedTrial> trials,
                                                  const Objective& objective,
                                                  const std::string& address, absl::Time deadline) {
  if (local_ == nullptr && address.empty()) {
    return absl::InvalidArgumentError(
        "db_manager_address is empty and this server keeps no observations; name the DBManager "
        "that does, as katib-db-manager.kubeflow:6789, or serve db-manager here");
  }
  PutInOrder(&trials);
  Question question{
      .trials = std::move(trials), .metric = objective.metrics[0].name, .source = address};
  question.reports.resize(question.trials.size());
  Recall(&question);
  if (local_ != nullptr) QALAM_RETURN_IF_ERROR(ReadLocal(&question));
  if (!address.empty()) QALAM_RETURN_IF_ERROR(ReadRemote(&question, address, deadline));
  CurveHistory history(objective);
  for (size_t i = 0; i < question.trials.size(); ++i) {
    const auto number = static_cast<int64_t>(i);
    history.Start(number);
    for (const double value : question.reports[i]) history.Report(number, value);
    if (IsFinal(question.trials[i].condition)) history.End(number, question.trials[i].condition);
  }
  return history;
}

void ObservedCurves::Recall(Question* question) {
  MutexLock lock(&mutex_);
  question->call = ++calls_;
  for (size_t i = 0; i < question->trials.size(); ++i) {
    const auto known =
        IsFinal(question->trials[i].condition) ? ended_.find(question->KeyOf(i)) : ended_.end();
    if (known == ended_.end()) {
      question->missing.push_back(i);
    } else {
      question->reports[i] = known->second.reports;
      known->second.used = question->call;
    }
  }
}

// A trial that has ended without a report may be reported of a moment later: that is not final.
void ObservedCurves::Remember(const Question& question, size_t trial) {
  const Reports& reports = question.reports[trial];
  if (!IsFinal(question.trials[trial].condition) || reports.empty()) return;
  MutexLock lock(&mutex_);
  if (remembered_ + reports.size() > max_remembered_) {
    // Of this experiment everything is needed again at the next call.
    absl::erase_if(ended_, [&](const auto& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      if (entry.second.used == question.call) return false;
      remembered_ -= entry.second.reports.size();
      return true;
    });
    if (remembered_ + reports.size() > max_remembered_) return;
  }
  const auto [entry, is_new] = ended_.try_emplace(question.KeyOf(trial));
  if (is_new) {
    entry->second.reports = reports;
    remembered_ += reports.size();
  }
  entry->second.used = question.call;
}

absl::Status ObservedCurves::ReadLocal(Question* question) {
  std::vector<size_t> missing;
  for (const size_t trial : question->missing) {
    QALAM_ASSIGN_OR_RETURN(
        std::vector<ObservationRow> rows,
        local_->Read({.trial = question->trials[trial].name, .metric = question->metric}));
    std::vector<std::string> texts;
    for (ObservationRow& row : rows) texts.push_back(std::move(row.text));
    question->Take(trial, texts);
    Remember(*question, trial);
    if (rows.empty()) missing.push_back(trial);
  }
  question->missing = std::move(missing);
  return absl::OkStatus();
}

absl::Status ObservedCurves::ReadRemote(Question* question, const std::string& address,
                                        absl::Time deadline) {
  if (question->missing.empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const size_t trial : question->missing) names.push_back(question->trials[trial].name);
  return remote_->Read(address, names, question->metric, deadline,
                       [&](size_t i, const std::vector<std::string>& texts) {
                         const size_t trial = question->missing[i];
                         question->Take(trial, texts);
                         Remember(*question, trial);
                       });
}

size_t ObservedCurves::remembered() const {
  MutexLock lock(&mutex_);
  return remembered_;
}

}  // namespace qalam
