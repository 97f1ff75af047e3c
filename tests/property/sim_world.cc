#include "tests/property/sim_world.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "controller/trial_values.h"
#include "core/parameter.h"

namespace qalam {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool IsKnown(const StoredTrial& trial) {
  const auto label = trial.labels.find(kInitialTrialLabel);
  return label != trial.labels.end() && label->second == "known";
}

}  // namespace

SimWorld::SimWorld(uint64_t seed) : random_(seed, 0, "sim") {
  objective_.direction = With(0.5) ? Direction::kMinimize : Direction::kMaximize;
  objective_.metrics = {{"loss", MetricStrategy::kLatest}};
  if (With(0.3)) objective_.goal = objective_.direction == Direction::kMinimize ? 0.03 : 0.97;
  for (const char* name : {"cost", "size"}) {
    objective_.metrics.push_back({name, MetricStrategy::kLatest});
    if (!With(0.3)) continue;
    objective_.further.push_back({name, With(0.5) ? Direction::kMinimize : Direction::kMaximize});
  }
  objective_.metrics.push_back({"memory", MetricStrategy::kLatest});
  if (With(0.3)) objective_.constraints = {{"memory", true, 0.4}, {"size", false, 0.125}};
  stored_.id = 1;
  stored_.name = "sim";
  stored_.parallel_trial_count = 1 + static_cast<int64_t>(random_.Below(5));
  points_left_ = With(0.3) ? static_cast<int64_t>(random_.Below(12)) : 1000;
  if (points_left_ == 1000 || With(0.7)) stored_.max_trial_count = 1 + random_.Below(20);
  if (With(0.3)) stored_.max_failed_trial_count = static_cast<int64_t>(random_.Below(4));
  for (uint64_t i = With(0.3) ? 1 + random_.Below(6) : 0; i > 0; --i) {
    InitialTrial trial{.values = {{"i", absl::StrCat(i)}}};
    if (With(0.5)) {
      trial.objective = Chance();
      trial.observation = Observe(*trial.objective, /*complete=*/true);
    }
    initial_trials_.push_back(trial);
  }
  largest_parallel_ = stored_.parallel_trial_count;
  crash_rate_ = With(0.7) ? 0.1 * Chance() : 0;
  stop_rate_ = With(0.3) ? 0.02 : 0;
  edit_rate_ = With(0.3) ? 0.05 : 0;
  failure_rate_ = With(0.5) ? 0.5 * Chance() : 0;
  early_stop_rate_ = With(0.4) ? 0.3 * Chance() : 0;
  refusal_rate_ = With(0.3) ? 0.3 : 0;
  SetCondition(stored_, "Created", "ExperimentCreated", "", now_);
}

void SimWorld::Require(bool holds, const std::string& what) {
  if (!holds) problems_.push_back(what);
}

void SimWorld::Run(int max_steps) {
  for (int step = 0; step < max_steps && problems_.empty(); ++step) {
    now_ += absl::Milliseconds(100);
    if (!driven_) {
      if (stored_.condition == "Succeeded" || stored_.condition == "Failed") break;
      Reload();
    } else {
      MoveJobs();
      DeliverSomething();
    }
    CheckState();
  }
  Require(stored_.condition == "Succeeded" || stored_.condition == "Failed",
          absl::StrCat("the world does not end: ", Summary()));
  for (const auto& [id, job] : jobs_) {
    Require(job.ended, absl::StrCat("job ", id.first, " still runs at the end"));
  }
  for (const auto& [number, trial] : trials_) {
    Require(IsFinal(trial.condition), absl::StrCat("trial ", number, " is active at the end"));
  }
}

std::string SimWorld::Summary() const {
  return absl::StrCat(stored_.condition, ", ", trials_.size(), " trials, ", jobs_.size(), " jobs, ",
                      crashes_, " crashes, ", stops_, " stops, ", mail_.size(), " events waiting");
}

// ---- Jobs.

void SimWorld::MoveJobs() {
  for (auto& [id, job] : jobs_) {
    if (job.started && !job.ended && With(early_stop_rate_)) {
      mail_.push_back(EarlyStopDecided{id.first, id.second, "worse than others", With(0.3)});
    }
    if (job.ended || !With(0.3)) continue;
    if (!job.started) {
      job.started = true;
      mail_.push_back(JobStarted{id.first, id.second, now_});
    } else if (With(0.02)) {
      EndJob(id, JobEnd::kLost);
    } else {
      EndJob(id, With(failure_rate_) ? JobEnd::kExitCode : JobEnd::kSucceeded);
    }
  }
}

void SimWorld::EndJob(const JobId& id, JobEnd end) {
  SimJob& job = jobs_[id];
  job.ended = true;
  job.result = {.number = id.first, .attempt = id.second};
  job.result.outcome.end = end;
  job.result.judgement.verdict = end == JobEnd::kSucceeded ? Verdict::kSucceeded : Verdict::kFailed;
  // One that is cancelled has reported something by then.
  if ((end == JobEnd::kSucceeded || end == JobEnd::kCancelled) && !With(0.1)) {
    job.result.objective = With(0.1) ? (With(0.5) ? kNaN : INFINITY) : Chance();
    job.result.observation = Observe(*job.result.objective, /*complete=*/false);
  }
  TellJob(id);
}

void SimWorld::TellJob(const JobId& id) {
  const SimJob& job = jobs_[id];
  if (job.started) mail_.push_back(JobStarted{id.first, id.second, now_});
  if (job.ended) mail_.push_back(job.result);
}

// ---- The controller.

void SimWorld::DeliverSomething() {
  if (With(crash_rate_)) return Crash();
  if (With(stop_rate_) && stops_ < 5) {
    ++stops_;
    return Deliver(StopRequested{With(0.5) ? StopMode::kGraceful : StopMode::kNow});
  }
  if (With(edit_rate_)) {
    Budget budget{stored_.max_trial_count, 1 + static_cast<int64_t>(random_.Below(5)),
                  stored_.max_failed_trial_count};
    if (budget.max_trial_count) {
      *budget.max_trial_count = std::max<int64_t>(trials_.size(), 1 + random_.Below(20));
    }
    largest_parallel_ = std::max(largest_parallel_, budget.parallel_trial_count);
    return Deliver(BudgetEdited{budget});
  }
  if (now_ >= wake_at_) return Deliver(TimePassed{});
  if (!delivered_.empty() && With(0.1)) {
    return Deliver(delivered_[random_.Below(delivered_.size())]);  // repeated, long after
  }
  if (mail_.empty()) return;
  const size_t pick = With(0.5) ? 0 : random_.Below(mail_.size());  // reordered
  const Event event = mail_[pick];
  mail_.erase(mail_.begin() + static_cast<int64_t>(pick));
  if (std::holds_alternative<JobStarted>(event) && With(0.1)) return;  // lost
  delivered_.push_back(event);
  Deliver(event);
}

void SimWorld::Deliver(const Event& event) { Perform(Reconcile(state_, event, now_)); }

void SimWorld::Perform(Step step) {
  const bool creates = std::any_of(step.changes.begin(), step.changes.end(), [](const Change& c) {
    const auto* created = std::get_if<TrialCreated>(&c);
    return created != nullptr && !IsKnown(created->trial);
  });
  Require(
      !creates || static_cast<int64_t>(state_.active.size()) <= state_.record.parallel_trial_count,
      "more active trials than parallelTrialCount when one was created");
  wake_at_ = step.wake_at;
  if (With(crash_rate_ / 4)) return Crash();  // before anything was written
  Commit(step.changes);
  for (const Effect& effect : step.effects) {
    if (With(crash_rate_ / 8)) return Crash();  // written, but not all effects carried out
    std::visit([this](const auto& e) { Carry(e); }, effect);
  }
  for (const auto& [number, trial] : trials_) {
    if (IsFinal(trial.condition) || EarlyStopOf(trial).empty()) continue;
    Require(jobs_[{number, trial.attempt}].ended,
            absl::StrCat("trial ", number, " was given up, and runs"));
  }
}

void SimWorld::Commit(const std::vector<Change>& changes) {
  Require(changes.empty() || (stored_.condition != "Succeeded" && stored_.condition != "Failed"),
          "a finished experiment was changed");
  for (const Change& change : changes) {
    std::visit([this](const auto& c) { Write(c); }, change);
  }
  const bool ended = std::any_of(changes.begin(), changes.end(), [](const Change& change) {
    const auto* changed = std::get_if<TrialChanged>(&change);
    return changed != nullptr && IsFinal(changed->condition);
  });
  if (ended) CheckOutcomes();
}

void SimWorld::Write(const ExperimentChange& change) { stored_ = change.record; }

void SimWorld::Write(const TrialCreated& change) {
  Require(change.trial.number == static_cast<int64_t>(trials_.size()),
          "a trial number was skipped");
  const auto number = static_cast<size_t>(change.trial.number);
  if (number < initial_trials_.size()) {
    Require(change.trial.assignment == initial_trials_[number].values,
            "an initial trial is not the one that was given");
    Require(IsKnown(change.trial) == initial_trials_[number].known(),
            "an initial trial is wrongly labelled");
  } else {
    Require(change.trial.name == absl::StrCat("asked-", last_ask_),
            "a stale answer of the algorithm was used");
  }
  trials_[change.trial.number] = change.trial;
}

void SimWorld::Write(const TrialChanged& change) {
  const auto it = trials_.find(change.number);
  if (it == trials_.end()) return Require(false, "an unknown trial was changed");
  StoredTrial& trial = it->second;
  Require(!IsFinal(trial.condition), absl::StrCat("final trial ", change.number, " was changed"));
  CheckEarlyStop(trial, change);
  trial.condition = change.condition;
  trial.reason = change.reason;
  trial.message = change.message;
  trial.attempt = change.attempt;
  trial.objective = change.objective;
  trial.observation = change.observation;
  trial.violation = change.violation;
  trial.on_front = change.on_front;
}

// What a stopping rule decided holds, whatever comes after it.
void SimWorld::CheckEarlyStop(const StoredTrial& trial, const TrialChanged& change) {
  const bool stopped = change.condition == TrialCondition::kEarlyStopped;
  if (EarlyStopOf(trial).empty()) {
    return Require(!stopped, absl::StrCat("trial ", trial.number, " was stopped by nobody"));
  }
  const SimJob& job = jobs_[{trial.number, trial.attempt}];
  const bool by_itself = job.ended && job.result.outcome.end == JobEnd::kSucceeded;
  const bool fits = IsAtRung(trial) ? !stopped : stopped != by_itself;
  Require(fits && change.attempt == trial.attempt,
          absl::StrCat("trial ", trial.number, " was given up, and became ",
                       TrialConditionName(change.condition)));
  ++early_stopped_;
}

void SimWorld::Write(const FrontLeft& change) {
  Require(!change.numbers.empty(), "no trial left the front, and that was written");
  for (const int64_t number : change.numbers) {
    Require(trials_[number].on_front,
            absl::StrCat("trial ", number, " left a front it was not on"));
    trials_[number].on_front = false;
  }
}

void SimWorld::Carry(const AskSuggestions& effect) {
  last_ask_ = effect.ask_id;
  Require(trials_.size() >= initial_trials_.size(), "the algorithm was asked before its turn");
  SuggestionsArrived reply{.ask_id = effect.ask_id};
  const int64_t count = std::min<int64_t>(effect.count, points_left_ - trials_.size());
  for (int64_t i = 0; i < count; ++i) {
    reply.trials.push_back({.name = absl::StrCat("asked-", last_ask_)});
  }
  mail_.push_back(std::move(reply));
}

void SimWorld::Carry(const SubmitJob& effect) {
  const JobId id{effect.number, effect.attempt};
  const StoredTrial& trial = trials_[effect.number];
  Require(!IsFinal(trial.condition), "a job of a final trial was submitted");
  Require(!IsKnown(trial), "a trial with a known result was submitted");
  Require(trial.attempt == effect.attempt, "a job of another attempt was submitted");
  for (const auto& [other, job] : jobs_) {
    Require(other.first != effect.number || other == id || job.ended,
            "two attempts of a trial run at once");
  }
  if (!jobs_.contains(id) && With(refusal_rate_)) {
    const absl::Status why = With(0.9) ? absl::UnavailableError("no process can be started")
                                       : absl::InvalidArgumentError("more memory than there is");
    mail_.push_back(JobRefused{effect.number, effect.attempt, effect.submission, why});
    return;
  }
  const auto [it, is_new] = jobs_.try_emplace(id);
  if (!is_new) TellJob(id);  // adopted
}

void SimWorld::Carry(const CancelJob& effect) {
  const auto it = jobs_.find({effect.number, effect.attempt});
  if (it != jobs_.end() && !it->second.ended) EndJob(it->first, JobEnd::kCancelled);
}

void SimWorld::Carry(const EndDrive&) { driven_ = false; }

void SimWorld::Crash() {
  ++crashes_;
  driven_ = false;
}

void SimWorld::Reload() {
  mail_.clear();  // events die with the process
  delivered_.clear();
  state_ = StateFromStore();
  driven_ = true;
  Perform(Resume(state_, now_));
}

ExperimentState SimWorld::StateFromStore() const {
  ExperimentState state;
  state.record = stored_;
  state.objective = objective_;
  state.initial_trials = initial_trials_;
  state.next_number = static_cast<int64_t>(trials_.size());
  for (const auto& [number, trial] : trials_) {
    ++CountOf(state.counts, trial.condition);
    if (!IsFinal(trial.condition)) {
      state.active[number] = {.number = number,
                              .name = trial.name,
                              .condition = trial.condition,
                              .attempt = trial.attempt,
                              .early_stop = EarlyStopOf(trial),
                              .at_rung = IsAtRung(trial)};
    }
    if (!trial.objective) continue;
    const double value = *trial.objective;
    if (trial.violation == 0 && (trial.on_front || objective_.further.empty()) &&
        (!state.best || objective_.Better(value, state.best->value))) {
      state.best = ExperimentState::Best{number, value};
    }
    if (trial.violation > 0 && std::isfinite(trial.violation) &&
        (!state.nearest || trial.violation < state.nearest->violation)) {
      state.nearest = ExperimentState::Nearest{number, trial.violation};
    }
    if (!trial.on_front) continue;
    const TrialValues values = ValuesOf(trial.observation, objective_);
    state.front.Add({number, LossesOf(value, values, objective_)});
  }
  return state;
}

void SimWorld::CheckState() {
  int64_t running = 0;
  for (const auto& [id, job] : jobs_) running += job.started && !job.ended;
  Require(running <= largest_parallel_, "more jobs run than were ever allowed");
  if (!driven_) return;
  const ExperimentState expected = StateFromStore();
  Require(state_.counts == expected.counts, "counters differ from the store");
  Require(state_.best == expected.best, "the best trial differs from the store");
  Require(state_.nearest == expected.nearest, "the nearest trial differs from the store");
  Require(state_.front == expected.front, "the front differs from the store");
  Require(state_.next_number == expected.next_number, "numbers differ from the store");
  Require(state_.active.size() == expected.active.size(), "active trials differ from the store");
  const int64_t active = static_cast<int64_t>(state_.active.size());
  Require(!stored_.max_trial_count ||
              CompletedTrials(state_.counts) + active <= *stored_.max_trial_count,
          "more trials than maxTrialCount");
}

// ---- Several objectives and outcome constraints.

std::vector<MetricSummary> SimWorld::Observe(double objective, bool complete) {
  const auto metric = [](const std::string& name, double value) {
    const std::string text = FormatNumber(value);
    return MetricSummary{name, text, text, text};
  };
  std::vector<MetricSummary> observation = {metric("loss", objective)};
  for (const char* name : {"cost", "size", "memory"}) {
    if (!complete && With(0.03)) continue;
    const double value = 0.125 * static_cast<double>(random_.Below(8));  // with many equal ones
    observation.push_back(metric(name, !complete && With(0.03) ? kNaN : value));
  }
  return observation;
}

void SimWorld::CheckOutcomes() {
  const auto value = [](const StoredTrial& trial, const std::string& name) {
    for (const MetricSummary& summary : trial.observation) {
      if (summary.name == name) return ParseNumber(summary.latest).value_or(kNaN);
    }
    return kNaN;
  };
  std::map<int64_t, std::vector<double>> losses;  // of trials that keep to the constraints
  for (const auto& [number, trial] : trials_) {
    Require(trial.objective || (trial.violation == 0 && !trial.on_front),
            "a trial without a result has a place among the others");
    if (!trial.objective) continue;
    const bool keeps = objective_.constraints.empty() ||
                       (value(trial, "memory") <= 0.4 && value(trial, "size") >= 0.125);
    Require(keeps == (trial.violation == 0), absl::StrCat("trial ", number, " is wrongly judged"));
    Require(keeps || !trial.on_front, "an infeasible trial is on the front");
    std::vector<double> point = {objective_.direction == Direction::kMinimize ? *trial.objective
                                                                              : -*trial.objective};
    for (const FurtherObjective& further : objective_.further) {
      const double loss = value(trial, further.metric);
      Require(std::isfinite(loss), "a trial without all its objectives succeeded");
      point.push_back(further.direction == Direction::kMinimize ? loss : -loss);
    }
    if (keeps && point.size() > 1) losses[number] = point;
  }
  for (const auto& [number, point] : losses) {
    bool best = true;
    for (const auto& [other, rival] : losses) {
      bool nowhere_worse = other != number;
      for (size_t i = 0; i < point.size(); ++i) nowhere_worse &= rival[i] <= point[i];
      if (nowhere_worse && (rival != point || other < number)) best = false;
    }
    Require(trials_[number].on_front == best,
            absl::StrCat("trial ", number, best ? " is not" : " is wrongly", " on the front"));
  }
}

size_t SimWorld::front_size() const {
  return static_cast<size_t>(std::count_if(
      trials_.begin(), trials_.end(), [](const auto& entry) { return entry.second.on_front; }));
}

bool SimWorld::has_infeasible_trials() const {
  return std::any_of(trials_.begin(), trials_.end(),
                     [](const auto& entry) { return entry.second.violation > 0; });
}

}  // namespace qalam
