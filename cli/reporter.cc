#include "cli/reporter.h"

#include <utility>
#include <variant>

namespace qalam {

void Reporter::Begin(const ExperimentRecord& record, const ExperimentSpec& spec, bool resumed,
                     const std::vector<StoredTrial>& active) {
  MutexLock lock(&mutex_);
  ReportedExperiment& experiment = experiments_[record.id];
  experiment = {.record = record, .spec = spec, .resumed = resumed, .begun = Now()};
  for (const StoredTrial& trial : active) {
    experiment.active[trial.number] = {trial.number, trial.name, trial.assignment, trial.started};
  }
  DoBegin(experiment);
}

void Reporter::Note(const std::string& text) {
  MutexLock lock(&mutex_);
  DoNote(nullptr, text);
}

void Reporter::Stopping(const std::string& text) {
  MutexLock lock(&mutex_);
  DoStopping(text);
}

// Without the lock: the live reporter's own thread, which takes it, ends here.
void Reporter::End() { DoEnd(); }

void Reporter::Suspend() {
  MutexLock lock(&mutex_);
  DoSuspend();
}

void Reporter::Continue() {
  MutexLock lock(&mutex_);
  DoContinue();
}

bool Reporter::OutputWorks() {
  MutexLock lock(&mutex_);
  return DoOutputWorks();
}

void Reporter::OnCommitted(const ExperimentView& view, const std::vector<Change>& changes) {
  MutexLock lock(&mutex_);
  const auto it = experiments_.find(view.record.id);
  if (it == experiments_.end()) return;
  for (const Change& change : changes) {
    std::visit([&](const auto& c) { Tell(it->second, view, c); }, change);
  }
  DoCommitted(it->second, view);
}

void Reporter::OnFinished(const ExperimentView& view) {
  MutexLock lock(&mutex_);
  const auto it = experiments_.find(view.record.id);
  if (it == experiments_.end()) return;
  // The engine had to give it up: `paused` says why.
  if (!view.paused.empty()) DoNote(&it->second, view.paused);
  DoFinished(it->second, view);
}

void Reporter::OnNotice(const ExperimentView& view, const std::string& text) {
  MutexLock lock(&mutex_);
  const auto it = experiments_.find(view.record.id);
  if (it == experiments_.end()) return;
  DoNote(&it->second, text);
  DoCommitted(it->second, view);  // `paused` may have changed
}

void Reporter::Tell(ReportedExperiment& experiment, const ExperimentView& /*view*/,
                    const TrialCreated& change) {
  const StoredTrial& trial = change.trial;
  experiment.active[trial.number] = {trial.number, trial.name, trial.assignment, std::nullopt};
  DoTrialCreated(experiment, change);
}

void Reporter::Tell(ReportedExperiment& experiment, const ExperimentView& view,
                    const TrialChanged& change) {
  const auto it = experiment.active.find(change.number);
  if (it == experiment.active.end()) return;
  if (!IsFinal(change.condition)) {
    const bool runs = change.condition == TrialCondition::kRunning;
    if (runs && it->second.started.has_value()) return;  // a rule stops it: its end is told
    it->second.started = runs ? std::optional<absl::Time>(change.time) : std::nullopt;
    DoTrialChanged(experiment, it->second, change);
    return;
  }
  const bool is_best = experiment.spec.objective.count() > 1
                           ? change.on_front
                           : view.best.has_value() && view.best->number == change.number;
  DoTrialEnded(experiment, {it->second, change, is_best});
  experiment.active.erase(it);
}

void Reporter::Tell(ReportedExperiment& experiment, const ExperimentView& /*view*/,
                    const MetricsAppended& change) {
  const auto it = experiment.active.find(change.number);
  if (it != experiment.active.end()) DoMetrics(experiment, it->second, change);
}

}  // namespace qalam
