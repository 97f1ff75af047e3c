#include "controller/reconcile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/experiment_end.h"
#include "controller/trial_end.h"
#include "controller/trial_names.h"
#include "controller/trial_values.h"
#include "core/outcomes.h"
#include "core/parameter.h"

namespace qalam {
namespace {

constexpr absl::Duration kSubmitRetryDelay = absl::Seconds(1);

bool IsRetryable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status);
}

// One step of the life cycle: collects changes and effects while it moves the state.
class Reconciler {
 public:
  Reconciler(ExperimentState& state, absl::Time now) : state_(state), now_(now) {}

  void Handle(const SuggestionsArrived& event);
  void Handle(const JobStarted& event);
  void Handle(const JobRefused& event);
  void Handle(const JobFinished& event);
  void Handle(const EarlyStopDecided& event);
  void Handle(const StopRequested& event);
  void Handle(const BudgetEdited& event);
  void Handle(const TimePassed&) {}

  void Begin();
  // What follows from the state, whatever event led to it.
  void Settle();
  Step Take() { return std::move(step_); }

 private:
  int64_t id() const { return state_.record.id; }
  TrialState* FindAttempt(int64_t number, int attempt);

  void ChangeExperiment(const std::string& condition, const std::string& reason,
                        const std::string& message);
  void ChangeTrial(TrialState& trial, TrialCondition condition, const std::string& reason,
                   const std::string& message);
  void FinishTrial(TrialState& trial, const TrialEnding& end, const JobFinished* event);
  void RunAgain(TrialState& trial, const std::string& reason, const std::string& message);
  void AppendEvent(const TrialState& trial, bool warning, const std::string& reason,
                   const std::string& message);
  // Makes the last change, to kSucceeded with a finite objective, known with its result, and puts
  // the trial in its place among the others.
  void Rank(int64_t number, double value, const std::vector<MetricSummary>& observation);
  void AddToFront(int64_t number, std::vector<double> losses);
  TrialState& Create(StoredTrial stored);
  // Ends a trial that was just created with a result that is known.
  void FinishKnown(TrialState& trial, const std::string& reason, const std::string& message,
                   const std::vector<MetricSummary>& observation, double objective);
  void CreateReused(const ProposedTrial& proposed, int64_t asked_at);
  // The next of spec.initialTrials; null when all were created.
  const InitialTrial* NextInitialTrial() const;
  void CreateInitialTrials();

  // How many more trials maxTrialCount allows, and how many more may be active now.
  int64_t TrialsLeft() const;
  int64_t Room() const;
  void End(const ExperimentEnding& ending);
  void Cancel(TrialState& trial, bool now);
  void CancelActive(bool now);
  void Submit(TrialState& trial);
  void SubmitWaiting();
  void AskForMore();

  ExperimentState& state_;
  const absl::Time now_;
  Step step_;
};

TrialState* Reconciler::FindAttempt(int64_t number, int attempt) {
  const auto it = state_.active.find(number);
  if (it == state_.active.end() || it->second.attempt != attempt) return nullptr;
  return &it->second;
}

void Reconciler::ChangeExperiment(const std::string& condition, const std::string& reason,
                                  const std::string& message) {
  SetCondition(state_.record, condition, reason, message, now_);
  step_.changes.emplace_back(ExperimentChange{id(), state_.record});
  step_.changes.emplace_back(EventAppended{
      id(),
      EventRecord{
          .warning = condition == "Failed", .reason = reason, .message = message, .time = now_}});
}

void Reconciler::ChangeTrial(TrialState& trial, TrialCondition condition, const std::string& reason,
                             const std::string& message) {
  --CountOf(state_.counts, trial.condition);
  ++CountOf(state_.counts, condition);
  trial.condition = condition;
  step_.changes.emplace_back(TrialChanged{.experiment = id(),
                                          .number = trial.number,
                                          .condition = condition,
                                          .reason = reason,
                                          .message = message,
                                          .time = now_,
                                          .attempt = trial.attempt});
}

void Reconciler::AppendEvent(const TrialState& trial, bool warning, const std::string& reason,
                             const std::string& message) {
  step_.changes.emplace_back(EventAppended{id(), EventRecord{.trial = trial.number,
                                                             .warning = warning,
                                                             .reason = reason,
                                                             .message = message,
                                                             .time = now_}});
}

void Reconciler::Rank(int64_t number, double value, const std::vector<MetricSummary>& observation) {
  TrialChanged& change = std::get<TrialChanged>(step_.changes.back());
  change.observation = observation;
  change.objective = value;
  const TrialValues values = ValuesOf(observation, state_.objective);
  change.violation = TotalViolation(values.violations);
  if (change.violation == 0) {
    if (state_.objective.count() == 1) return UpdateBest(state_, number, value);
    return AddToFront(number, LossesOf(value, values, state_.objective));
  }
  absl::StrAppend(&change.message, change.message.empty() ? "" : "; ",
                  DescribeViolations(observation, state_.objective));
  if (std::isfinite(change.violation)) UpdateNearest(state_, number, change.violation);
}

void Reconciler::AddToFront(int64_t number, std::vector<double> losses) {
  std::optional<std::vector<int64_t>> driven_out = state_.front.Add({number, std::move(losses)});
  if (!driven_out) return;
  std::get<TrialChanged>(step_.changes.back()).on_front = true;
  if (!driven_out->empty()) step_.changes.emplace_back(FrontLeft{id(), *std::move(driven_out)});
  state_.best = std::nullopt;
  for (const ParetoArchive::Member& member : state_.front.members()) {
    UpdateBest(state_, member.number, LossOf(state_.objective, 0, member.losses[0]));
  }
}

void Reconciler::FinishTrial(TrialState& trial, const TrialEnding& end, const JobFinished* event) {
  const int64_t number = trial.number;
  ChangeTrial(trial, end.condition, end.reason, end.message);
  if (event != nullptr) {
    std::get<TrialChanged>(step_.changes.back()).observation = event->observation;
    if (const auto& limit = state_.end_rules.max_cost) {
      state_.cost += CostOf(event->observation, *limit);
    }
    if (HasResult(end.condition, *event, state_.objective)) {
      Rank(number, *event->objective, event->observation);
    }
  }
  if (end.condition != TrialCondition::kSucceeded) {
    const bool warning =
        end.condition != TrialCondition::kKilled && end.condition != TrialCondition::kEarlyStopped;
    AppendEvent(trial, warning, end.reason, end.message);
  }
  step_.effects.emplace_back(ReleaseJob{trial.name, trial.attempt});
  state_.active.erase(number);
  state_.waiting_for_trials = false;
  state_.ended_since_asked = true;
}

void Reconciler::RunAgain(TrialState& trial, const std::string& reason,
                          const std::string& message) {
  step_.effects.emplace_back(ReleaseJob{trial.name, trial.attempt});
  ++trial.attempt;
  trial.in_flight = false;
  trial.cancelling = false;
  ChangeTrial(trial, TrialCondition::kCreated, reason, message);
  AppendEvent(trial, true, reason, message);
}

void Reconciler::Handle(const SuggestionsArrived& event) {
  if (!state_.asking || event.ask_id != state_.ask_id) return;
  state_.asking = false;
  if (!event.status.ok()) {
    state_.suggestion_error = std::string(event.status.message());
    return;
  }
  state_.no_improvement_left = event.no_improvement_left;
  // Nothing new begins once the experiment comes to its end; the algorithm is asked again on
  // resume.
  if (state_.stopping || FindEnding(state_, now_)) return;
  // What it waited for may have come while it answered: then it is asked again.
  if (static_cast<int>(event.trials.size()) < state_.asked_count && !state_.ended_since_asked) {
    state_.waiting_for_trials = true;
    state_.exhausted = event.trials.empty() && state_.active.empty();
  }
  // The limits may have been lowered since the question: what is over is proposed again later.
  const int64_t room =
      std::min(static_cast<int64_t>(event.trials.size()), std::max<int64_t>(Room(), 0));
  for (int64_t i = 0; i < room; ++i) {
    const ProposedTrial& proposed = event.trials[i];
    if (proposed.known.has_value()) {
      CreateReused(proposed, event.asked_at);
      continue;
    }
    Create({.name = proposed.name,
            .uid = proposed.uid,
            .assignment = proposed.values,
            .labels = proposed.labels,
            .explanation = proposed.explanation,
            .asked_at = event.asked_at});
  }
}

// Makes the next trial; the rest of `stored` is filled in.
TrialState& Reconciler::Create(StoredTrial stored) {
  stored.number = state_.next_number++;
  stored.condition = TrialCondition::kCreated;
  stored.reason = "TrialCreated";
  stored.message = "Trial is created";
  stored.created = now_;
  TrialState& trial = state_.active[stored.number];
  trial = {.number = stored.number, .name = stored.name};
  ++state_.counts.created;
  step_.changes.emplace_back(TrialCreated{id(), std::move(stored)});
  return trial;
}

const InitialTrial* Reconciler::NextInitialTrial() const {
  const auto next = static_cast<size_t>(state_.next_number);
  return next < state_.initial_trials.size() ? &state_.initial_trials[next] : nullptr;
}

// Created and stored in the order of their numbers, a trial with its result in one step: whatever a
// crash leaves in the store, the next number says what is still to come.
void Reconciler::CreateInitialTrials() {
  for (const InitialTrial* next = NextInitialTrial(); next != nullptr; next = NextInitialTrial()) {
    if (FindEnding(state_, now_) || (next->known() ? TrialsLeft() : Room()) <= 0) return;
    const int64_t number = state_.next_number;
    TrialState& trial =
        Create({.name = TrialName(state_.record.name, state_.record.uid, number),
                .uid = TrialUid(state_.record.uid, number),
                .assignment = next->values,
                .labels = {{kInitialTrialLabel, next->known() ? "known" : "run"}},
                .explanation = absl::StrCat("given in spec.initialTrials",
                                            next->known() ? " with its result; not run" : "")});
    if (!next->known()) continue;
    FinishKnown(trial, "InitialTrialKnown",
                "The result was given in spec.initialTrials; the trial was not run",
                next->observation, *next->objective);
  }
}

void Reconciler::FinishKnown(TrialState& trial, const std::string& reason,
                             const std::string& message,
                             const std::vector<MetricSummary>& observation, double objective) {
  const int64_t number = trial.number;
  ChangeTrial(trial, TrialCondition::kSucceeded, reason, message);
  Rank(number, objective, observation);
  state_.active.erase(number);
  state_.waiting_for_trials = false;
  state_.ended_since_asked = true;
}

// Created and ended in one step, like an initial trial whose result is known.
void Reconciler::CreateReused(const ProposedTrial& proposed, int64_t asked_at) {
  const StoredTrial& known = *proposed.known;
  std::map<std::string, std::string> labels = proposed.labels;
  labels[kReusedLabel] = known.name;
  TrialState& trial = Create({.name = proposed.name,
                              .uid = proposed.uid,
                              .assignment = proposed.values,
                              .labels = std::move(labels),
                              .explanation = proposed.explanation,
                              .asked_at = asked_at});
  FinishKnown(trial, "ResultReused",
              absl::StrCat("Trial ", known.name,
                           " had the same parameters; its result was taken, the trial was not run"),
              known.observation, *known.objective);
}

void Reconciler::Handle(const JobStarted& event) {
  TrialState* trial = FindAttempt(event.number, event.attempt);
  if (trial == nullptr || trial->condition != TrialCondition::kCreated) return;
  ChangeTrial(*trial, TrialCondition::kRunning, "TrialRunning", "Trial is running");
  std::get<TrialChanged>(step_.changes.back()).time = event.when;
}

void Reconciler::Handle(const JobRefused& event) {
  TrialState* trial = FindAttempt(event.number, event.attempt);
  if (trial == nullptr || !trial->in_flight || trial->submission != event.submission) return;
  trial->in_flight = false;
  if (IsRetryable(event.status)) {
    trial->retry_at = now_ + kSubmitRetryDelay;
    return;
  }
  FinishTrial(*trial,
              EndingOf(*trial, {TrialCondition::kFailed, JobEndName(JobEnd::kSpecMistake),
                                std::string(event.status.message())}),
              nullptr);
}

void Reconciler::Handle(const JobFinished& event) {
  TrialState* trial = FindAttempt(event.number, event.attempt);
  if (trial == nullptr || !trial->in_flight) return;
  trial->in_flight = false;
  if (!trial->early_stop.empty() && event.outcome.end != JobEnd::kSucceeded) {
    const TrialEnding ending =
        trial->at_rung ? JudgeRung(*trial, event, state_.objective) : EndingOf(*trial, {});
    return FinishTrial(*trial, ending, &event);
  }
  const bool interrupted =
      event.outcome.end == JobEnd::kLost || event.outcome.end == JobEnd::kCancelled;
  if (!interrupted) return FinishTrial(*trial, JudgeTrialEnd(event, state_.objective), &event);

  if (!state_.stopping && FindEnding(state_, now_)) {
    const std::string why = absl::StrCat("ended because the experiment came to its end: ",
                                         FindEnding(state_, now_)->message);
    return FinishTrial(*trial, {TrialCondition::kKilled, "TrialKilled", why}, &event);
  }
  if (event.outcome.end == JobEnd::kCancelled) {
    return RunAgain(*trial, "TrialInterrupted",
                    "the experiment was stopped; the trial will run again on resume");
  }
  if (trial->attempt >= kMaxAttempts) {
    const std::string why =
        absl::StrCat(event.outcome.message, "; given up after ", kMaxAttempts, " attempts");
    return FinishTrial(*trial, {TrialCondition::kFailed, JobEndName(JobEnd::kLost), why}, &event);
  }
  RunAgain(*trial, JobEndName(JobEnd::kLost),
           absl::StrCat(event.outcome.message, "; attempt ", trial->attempt + 1, " of ",
                        kMaxAttempts, " follows"));
}

void Reconciler::Handle(const EarlyStopDecided& event) {
  TrialState* trial = FindAttempt(event.number, event.attempt);
  if (trial == nullptr || !trial->in_flight || !trial->early_stop.empty()) return;
  trial->early_stop = event.why;
  trial->at_rung = event.at_rung;
  // What reports runs, whether or not that was told.
  ChangeTrial(*trial, TrialCondition::kRunning,
              event.at_rung ? kRungReachedReason : kStoppingEarlyReason, event.why);
  if (!trial->cancelling) Cancel(*trial, /*now=*/false);
}

void Reconciler::Handle(const StopRequested& event) {
  if (IsFinished(state_.record)) return;
  const bool sharper =
      state_.stopping && *state_.stopping == StopMode::kGraceful && event.mode == StopMode::kNow;
  if (state_.stopping && !sharper) return;
  state_.stopping = event.mode;
  if (event.mode != StopMode::kNow) return;
  for (auto& [number, trial] : state_.active) trial.cancelling = false;  // cancel again, at once
}

void Reconciler::Handle(const BudgetEdited& event) {
  ExperimentRecord& record = state_.record;
  const Budget old{record.max_trial_count, record.parallel_trial_count,
                   record.max_failed_trial_count};
  if (event.budget == old || IsFinished(record)) return;
  record.max_trial_count = event.budget.max_trial_count;
  record.parallel_trial_count = event.budget.parallel_trial_count;
  record.max_failed_trial_count = event.budget.max_failed_trial_count;
  ++record.generation;
  step_.changes.emplace_back(ExperimentChange{id(), record});
}

void Reconciler::Begin() {
  ExperimentRecord& record = state_.record;
  if (record.condition == "Succeeded" || record.condition == "Failed") return;
  if (record.condition != "Running") {
    if (!record.started) record.started = now_;
    record.completed = std::nullopt;
    const bool again = record.condition == "Suspended";
    ChangeExperiment("Running", "ExperimentRunning",
                     again ? "Experiment goes on" : "Experiment is running");
  }
  if (!FindEnding(state_, now_)) return;
  // It was about to end when its driver died: whatever still runs must be taken over to be ended.
  for (auto& [number, trial] : state_.active) {
    Submit(trial);
  }
}

void Reconciler::Cancel(TrialState& trial, bool now) {
  trial.cancelling = true;
  step_.effects.emplace_back(CancelJob{trial.number, trial.attempt, now});
}

void Reconciler::CancelActive(bool now) {
  for (auto& [number, trial] : state_.active) {
    if (trial.in_flight && !trial.cancelling) Cancel(trial, now);
  }
}

void Reconciler::End(const ExperimentEnding& ending) {
  CancelActive(/*now=*/state_.stopping == StopMode::kNow);
  // Trials without a job: waiting to be submitted again.
  for (auto it = state_.active.begin(); it != state_.active.end();) {
    TrialState& trial = (it++)->second;
    if (trial.in_flight || ending.condition == "Suspended") continue;
    FinishTrial(trial,
                EndingOf(trial, {TrialCondition::kKilled, "TrialKilled",
                                 absl::StrCat("not run because the experiment came to its end: ",
                                              ending.message)}),
                nullptr);
  }
  const bool jobs_left = std::any_of(state_.active.begin(), state_.active.end(),
                                     [](const auto& entry) { return entry.second.in_flight; });
  if (jobs_left) return;
  if (ending.condition != "Suspended") state_.record.completed = now_;
  ChangeExperiment(ending.condition, ending.reason, ending.message);
  step_.effects.emplace_back(EndDrive{});
}

void Reconciler::Submit(TrialState& trial) {
  trial.in_flight = true;
  trial.cancelling = false;
  ++trial.submission;
  step_.effects.emplace_back(SubmitJob{trial.number, trial.attempt, trial.submission});
  // Taken over to be ended: whoever drove it died before, or while, it was told to stop.
  if (!trial.early_stop.empty()) Cancel(trial, /*now=*/false);
}

void Reconciler::SubmitWaiting() {
  for (auto& [number, trial] : state_.active) {
    if (trial.in_flight) continue;
    if (trial.retry_at && *trial.retry_at > now_) {
      step_.wake_at = std::min(step_.wake_at, *trial.retry_at);
      continue;
    }
    trial.retry_at = std::nullopt;
    Submit(trial);
  }
}

int64_t Reconciler::TrialsLeft() const {
  const std::optional<int64_t>& max = state_.record.max_trial_count;
  if (!max) return std::numeric_limits<int64_t>::max();
  return *max - CompletedTrials(state_.counts) - static_cast<int64_t>(state_.active.size());
}

int64_t Reconciler::Room() const {
  const auto active = static_cast<int64_t>(state_.active.size());
  return std::min(state_.record.parallel_trial_count - active, TrialsLeft());
}

void Reconciler::AskForMore() {
  if (state_.asking || state_.waiting_for_trials || Room() <= 0) return;
  if (NextInitialTrial() != nullptr) return;
  state_.asking = true;
  state_.ended_since_asked = false;
  state_.asked_count = static_cast<int>(Room());
  step_.effects.emplace_back(AskSuggestions{++state_.ask_id, state_.asked_count});
}

void Reconciler::Settle() {
  if (IsFinished(state_.record)) return;
  if (!state_.stopping) CreateInitialTrials();
  const std::optional<ExperimentEnding> ending = FindEnding(state_, now_);
  if (ending) {
    End(*ending);
  } else if (state_.stopping) {
    End({"Suspended", "ExperimentSuspended",
         "Experiment was stopped by its user and can be resumed"});
  } else {
    SubmitWaiting();
    AskForMore();
    step_.wake_at = std::min(step_.wake_at, TimeLimit(state_));
  }
}

}  // namespace

Step Reconcile(ExperimentState& state, const Event& event, absl::Time now) {
  Reconciler reconciler(state, now);
  std::visit([&](const auto& e) { reconciler.Handle(e); }, event);
  reconciler.Settle();
  return reconciler.Take();
}

Step Resume(ExperimentState& state, absl::Time now) {
  Reconciler reconciler(state, now);
  for (auto& [number, trial] : state.active) {
    trial.in_flight = false;
    trial.cancelling = false;
    trial.retry_at = std::nullopt;
  }
  state.asking = false;
  reconciler.Begin();
  reconciler.Settle();
  return reconciler.Take();
}

}  // namespace qalam
