#include "controller/driven_experiment.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/stored_state.h"
#include "controller/trial_history.h"
#include "controller/trial_names.h"
#include "controller/trial_values.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"

namespace qalam {
namespace {

std::vector<std::string> MetricNames(const Objective& objective) {
  std::vector<std::string> names;
  for (const MetricSpec& metric : objective.metrics) names.push_back(metric.name);
  return names;
}

}  // namespace

DrivenExperiment::DrivenExperiment(const ExperimentSpec& spec, const ExperimentRecord& record)
    : spec_(spec), state_(StateOf(record, spec)) {}

absl::StatusOr<std::unique_ptr<DrivenExperiment>> DrivenExperiment::Load(
    const Store& store, const ExperimentRecord& record, const ExperimentSpec& spec,
    const EngineOptions& options, const DataDir& data_dir) {
  auto driven = std::unique_ptr<DrivenExperiment>(new DrivenExperiment(spec, record));
  QALAM_ASSIGN_OR_RETURN(driven->jobs_,
                         JobFactory::Create(driven->spec_, record.uid, data_dir, options.image_map,
                                            options.container_engine));
  QALAM_ASSIGN_OR_RETURN(driven->parsers_,
                         MakeParserFactory(spec.collector, MetricNames(spec.objective)));
  if (spec.early_stopping.has_value()) {
    QALAM_ASSIGN_OR_RETURN(driven->judge_, StopJudge::Create(*spec.early_stopping, spec.objective));
  }
  const CheckpointSpec& checkpoint = spec.trial_template.checkpoint;
  if (checkpoint.declared()) {
    driven->checkpoints_ = std::make_unique<Checkpoints>(data_dir.CheckpointsPath(record.uid),
                                                         /*may_go=*/!checkpoint.keep_all);
  }
  QALAM_RETURN_IF_ERROR(driven->LoadTrials(store));
  return driven;
}

absl::Status DrivenExperiment::LoadTrials(const Store& store) {
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Suggester> suggester,
                         CreateSuggester(spec_.algorithm.name, SuggesterSpecOf(spec_)));
  QALAM_ASSIGN_OR_RETURN(StoredOutcomes outcomes, LoadOutcomes(store, &state_));
  best_ = std::move(outcomes.best);
  nearest_ = std::move(outcomes.nearest);
  for (StoredTrial& trial : outcomes.front) {
    const int64_t number = trial.number;
    front_[number] = std::make_shared<const StoredTrial>(std::move(trial));
  }

  History history(spec_.space, spec_.objective);
  absl::Status status;
  QALAM_RETURN_IF_ERROR(store.VisitTrials(state_.record.id, {.with_conditions = false},
                                          [&](const StoredTrial& trial) {
                                            status = AddStoredTrial(store, trial, &history);
                                            return status.ok();
                                          }));
  QALAM_RETURN_IF_ERROR(status);
  if (checkpoints_ != nullptr) checkpoints_->FinishLoading();
  worker_ = std::make_unique<SuggestionWorker>(std::move(suggester), std::move(history),
                                               OutlookOf(spec_));
  return absl::OkStatus();
}

absl::Status DrivenExperiment::AddStoredTrial(const Store& store, const StoredTrial& trial,
                                              History* history) {
  QALAM_ASSIGN_OR_RETURN(const Assignment assignment, StoredAssignment(*spec_.space, trial));
  history->Put(RecordOf(trial, assignment, spec_.objective));
  state_.next_number = trial.number + 1;
  if (checkpoints_ != nullptr) checkpoints_->Add(trial);
  if (judge_ != nullptr) QALAM_RETURN_IF_ERROR(judge_->Restore(store, state_.record.id, trial));
  if (IsFinal(trial.condition)) return absl::OkStatus();
  state_.active[trial.number] = TrialState{.number = trial.number,
                                           .name = trial.name,
                                           .condition = trial.condition,
                                           .attempt = trial.attempt,
                                           .early_stop = EarlyStopOf(trial),
                                           .at_rung = IsAtRung(trial)};
  QALAM_ASSIGN_OR_RETURN(const int64_t points,
                         store.CountMetrics(state_.record.id, trial.number, trial.attempt));
  trackers_[trial.number] = NewTracker(trial, points);
  return absl::OkStatus();
}

std::unique_ptr<TrialTracker> DrivenExperiment::NewTracker(const StoredTrial& trial,
                                                           int64_t stored_points) const {
  return std::make_unique<TrialTracker>(trial, parsers_->Create(), spec_.objective.metrics,
                                        stored_points);
}

Step DrivenExperiment::Begin(absl::Time now) {
  Step step = Resume(state_, now);
  Follow(step.changes);
  return step;
}

Step DrivenExperiment::Apply(const Event& event, absl::Time now) {
  Step step = Reconcile(state_, event, now);
  Follow(step.changes);
  return step;
}

void DrivenExperiment::Follow(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (const auto* created = std::get_if<TrialCreated>(&change)) Follow(*created);
    if (const auto* changed = std::get_if<TrialChanged>(&change)) Follow(*changed);
    if (const auto* left = std::get_if<FrontLeft>(&change)) {
      for (const int64_t number : left->numbers) front_.erase(number);
    }
  }
  FollowFront();
}

void DrivenExperiment::FollowFront() {
  // With three objectives or more, one that was on the front before may have become the best.
  if (front_.empty() || !state_.best) return;
  if (best_ && best_->number == state_.best->number) return;
  const auto it = front_.find(state_.best->number);
  if (it != front_.end()) best_ = *it->second;
}

void DrivenExperiment::Follow(const TrialCreated& change) {
  trackers_[change.trial.number] = NewTracker(change.trial, 0);
  if (judge_ != nullptr) judge_->Start(change.trial.number);
  if (checkpoints_ != nullptr) checkpoints_->Add(change.trial);
  if (auto assignment = spec_.space->Parse(change.trial.assignment); assignment.ok()) {
    worker_->Record(RecordOf(change.trial, *assignment, spec_.objective));
  }
}

void DrivenExperiment::Follow(const TrialChanged& change) {
  const auto it = trackers_.find(change.number);
  if (it == trackers_.end()) return;
  TrialTracker& tracker = *it->second;
  StoredTrial& trial = tracker.trial();
  const bool starts =
      change.condition == TrialCondition::kRunning && trial.condition != TrialCondition::kRunning;
  if (starts) trial.started = change.time;
  trial.condition = change.condition;
  trial.reason = change.reason;
  trial.message = change.message;
  if (change.attempt != trial.attempt) {
    tracker.Restart(change.attempt, parsers_->Create());
    if (judge_ != nullptr) judge_->Start(change.number);
  }
  if (!IsFinal(change.condition)) return;
  if (judge_ != nullptr) judge_->End(change.number, change.condition);
  if (checkpoints_ != nullptr) checkpoints_->End(change.number);

  trial.completed = change.time;
  trial.observation = change.observation;
  trial.objective = change.objective;
  if (auto assignment = spec_.space->Parse(trial.assignment); assignment.ok()) {
    worker_->Record(RecordOf(trial, *assignment, spec_.objective));
  }
  trial.violation = change.violation;
  trial.on_front = change.on_front;
  if (state_.best && state_.best->number == change.number) best_ = trial;
  if (state_.nearest && state_.nearest->number == change.number) nearest_ = trial;
  if (change.on_front) front_[change.number] = std::make_shared<const StoredTrial>(trial);
  trackers_.erase(it);
}

DrivenExperiment::TakenLines DrivenExperiment::TakeLines(int64_t number, int attempt,
                                                         const std::vector<CapturedLine>& lines) {
  const auto it = trackers_.find(number);
  if (it == trackers_.end() || it->second->trial().attempt != attempt) return {};
  TrialTracker::NewPoints fresh = it->second->TakeLines(lines);
  if (fresh.points.empty()) return {};
  TakenLines taken;
  taken.stop = JudgePoints(*it->second, fresh.points);
  taken.changes.push_back(MetricsAppended{.experiment = state_.record.id,
                                          .number = number,
                                          .attempt = attempt,
                                          .first_ordinal = fresh.first_ordinal,
                                          .points = std::move(fresh.points)});
  return taken;
}

// By the stopping rule, but at its rung a trial is complete whatever the rule says of that report.
// What is decided does not depend on how many reports come at once.
std::optional<EarlyStopDecided> DrivenExperiment::JudgePoints(
    const TrialTracker& tracker, const std::vector<MetricPoint>& points) {
  const int64_t number = tracker.trial().number;
  const int attempt = tracker.trial().attempt;
  std::optional<std::string> at_rung = tracker.AtRung();
  size_t judged = points.size();
  while (at_rung.has_value() && judged > 0) {
    if (IsReport(points[--judged], spec_.objective.metrics[0].name)) break;
  }
  if (judge_ != nullptr) {
    std::optional<std::string> why =
        judge_->Judge(number, absl::MakeConstSpan(points).first(judged));
    for (size_t i = judged; i < points.size(); ++i) judge_->Add(number, points[i]);
    if (why.has_value()) return EarlyStopDecided{number, attempt, *std::move(why)};
  }
  if (!at_rung.has_value()) return std::nullopt;
  return EarlyStopDecided{number, attempt, *std::move(at_rung), /*at_rung=*/true};
}

std::optional<JobFinished> DrivenExperiment::JudgeEnd(int64_t number, int attempt,
                                                      const JobOutcome& outcome) const {
  const TrialTracker* tracker = FindTracker(number);
  if (tracker == nullptr || tracker->trial().attempt != attempt) return std::nullopt;
  return JobFinished{.number = number,
                     .attempt = attempt,
                     .outcome = outcome,
                     .judgement = jobs_->Judge(tracker->trial().name, outcome),
                     .observation = tracker->Observation(),
                     .objective = tracker->Objective()};
}

void DrivenExperiment::Ask(int count, SuggestionWorker::Reply reply) {
  worker_->Ask(count, checkpoints_ == nullptr ? std::vector<int64_t>() : checkpoints_->InDoubt(),
               std::move(reply));
}

void DrivenExperiment::SweepCheckpoints() {
  if (checkpoints_ == nullptr) return;
  const std::string& condition = state_.record.condition;
  const bool over = condition == "Succeeded" || condition == "Failed";
  if (over && spec_.resume_policy == ResumePolicy::kNever) checkpoints_->AbandonAll();
  checkpoints_->Sweep([this](int64_t number) { return IsAmongBest(number); });
}

bool DrivenExperiment::IsAmongBest(int64_t number) const {
  if (state_.best.has_value()) return state_.best->number == number || front_.contains(number);
  return state_.nearest.has_value() && state_.nearest->number == number;
}

SuggestionsArrived DrivenExperiment::ToEvent(int64_t ask_id, int64_t asked_at,
                                             const absl::StatusOr<SuggestionWorker::Answer>& answer,
                                             const Store& store) {
  SuggestionsArrived event{.ask_id = ask_id, .asked_at = asked_at, .status = answer.status()};
  if (!answer.ok()) return event;
  event.no_improvement_left = answer->no_improvement_left;
  if (checkpoints_ != nullptr) checkpoints_->Abandon(answer->abandoned);
  const auto algorithm = FindAlgorithm(spec_.algorithm.name);
  // Where trials inherit from others, the same point does not give the same result.
  const bool reuses = spec_.duplicates == DuplicatePolicy::kReuse && algorithm.ok() &&
                      !NeedsCheckpoints(**algorithm) && !CountsReports(spec_.algorithm.settings);
  int64_t number = state_.next_number;
  for (size_t i = 0; i < answer->suggestions.size(); ++i) {
    const Suggestion& suggestion = answer->suggestions[i];
    const std::string& uid = state_.record.uid;
    event.trials.push_back({.name = TrialName(spec_.name, uid, number),
                            .uid = TrialUid(uid, number),
                            .values = spec_.space->Format(suggestion.assignment),
                            .labels = suggestion.labels,
                            .explanation = suggestion.explanation});
    SayWhatWasMadeBefore(store, &event.trials.back().labels);
    ++number;
    const std::optional<int64_t> same = answer->same_as[i];
    if (!reuses || !same.has_value()) continue;
    absl::StatusOr<StoredTrial> known = store.GetTrialByNumber(state_.record.id, *same);
    // It cannot be read just now: then the trial runs, which costs time and nothing else.
    if (known.ok()) event.trials.back().known = *std::move(known);
  }
  return event;
}

// A trial that begins with the checkpoint of another one does not make its reports again.
void DrivenExperiment::SayWhatWasMadeBefore(const Store& store,
                                            std::map<std::string, std::string>* labels) const {
  const std::optional<int64_t> parent = ResumedTrial(*labels);
  if (checkpoints_ == nullptr || !PlannedReports(*labels).has_value() || !parent) return;
  const absl::StatusOr<StoredTrial> before = store.GetTrialByNumber(state_.record.id, *parent);
  // It cannot be read just now: then the trial is trained for too long, which costs time.
  if (!before.ok() || !checkpoints_->HasContent(before->name)) return;
  const std::optional<int64_t> made = PlannedReports(before->labels);
  if (made.has_value()) (*labels)[kReportsBeforeLabel] = absl::StrCat(*made);
}

const TrialTracker* DrivenExperiment::FindTracker(int64_t number) const {
  const auto it = trackers_.find(number);
  return it == trackers_.end() ? nullptr : it->second.get();
}

ExperimentView DrivenExperiment::View() const {
  ExperimentView view{.record = state_.record,
                      .counts = state_.counts,
                      .active = {},
                      .best = best_,
                      .nearest = nearest_,
                      .front = {},
                      .paused = paused_};
  view.front.reserve(front_.size());
  for (const auto& [number, trial] : front_) view.front.push_back(trial);
  view.active.reserve(trackers_.size());
  for (const auto& [number, tracker] : trackers_) view.active.push_back(tracker->View());
  return view;
}

}  // namespace qalam
