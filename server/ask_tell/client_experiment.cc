#include "server/ask_tell/client_experiment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/load.h"
#include "controller/stored_state.h"
#include "controller/trial_end.h"
#include "controller/trial_history.h"
#include "controller/trial_names.h"
#include "controller/trial_values.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "core/trial_labels.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/registry.h"

namespace qalam {
namespace {

constexpr size_t kMaxRegulars = 10'000;

std::string LabelOf(const StoredTrial& trial, const char* name) {
  const auto found = trial.labels.find(name);
  return found == trial.labels.end() ? "" : found->second;
}

absl::Duration LeaseOf(const StoredTrial& trial) {
  int64_t seconds = 0;
  const bool known = absl::SimpleAtoi(LabelOf(trial, kLeaseLabel), &seconds) && seconds > 0;
  return known ? absl::Seconds(seconds) : ClientExperiment::kDefaultLease;
}

}  // namespace

ClientExperiment::ClientExperiment(const Store* store, const ExperimentRecord& record,
                                   const ExperimentSpec& spec)
    : store_(store),
      spec_(spec),
      state_(StateOf(record, spec)),
      history_(spec_.space, spec_.objective) {}

absl::StatusOr<std::unique_ptr<ClientExperiment>> ClientExperiment::Load(
    const Store* store, const ExperimentRecord& record, const ExperimentSpec& spec,
    absl::Time now) {
  auto loaded = std::unique_ptr<ClientExperiment>(new ClientExperiment(store, record, spec));
  loaded->now_ = now;
  loaded->ended_ = IsFinished(record);
  QALAM_ASSIGN_OR_RETURN(loaded->suggester_,
                         CreateSuggester(spec.algorithm.name, SuggesterSpecOf(spec)));
  loaded->outlook_ = OutlookOf(spec);
  if (spec.early_stopping.has_value()) {
    QALAM_ASSIGN_OR_RETURN(loaded->judge_, StopJudge::Create(*spec.early_stopping, spec.objective));
  }
  QALAM_RETURN_IF_ERROR(loaded->LoadTrials());
  if (!loaded->ended_) loaded->Absorb(Resume(loaded->state_, now));
  return loaded;
}

absl::Status ClientExperiment::LoadTrials() {
  QALAM_RETURN_IF_ERROR(LoadOutcomes(*store_, &state_).status());
  absl::Status status;
  std::vector<StoredTrial> active;
  QALAM_RETURN_IF_ERROR(
      store_->VisitTrials(id(), {.with_conditions = false}, [&](const StoredTrial& trial) {
        absl::StatusOr<Assignment> assignment = StoredAssignment(*spec_.space, trial);
        status = assignment.status();
        if (!status.ok()) return false;
        history_.Put(RecordOf(trial, *assignment, spec_.objective));
        state_.next_number = trial.number + 1;
        if (!IsFinal(trial.condition)) active.push_back(trial);
        if (judge_ != nullptr) status = judge_->Restore(*store_, id(), trial);
        return status.ok();
      }));
  QALAM_RETURN_IF_ERROR(status);
  for (const StoredTrial& trial : active) QALAM_RETURN_IF_ERROR(LoadActive(trial));
  return absl::OkStatus();
}

// A trial may be with the client that it was made for, or with another one if it was taken away
// once (its attempt tells): then nobody may have it before the lease is over.
absl::Status ClientExperiment::LoadActive(const StoredTrial& trial) {
  state_.active[trial.number] = TrialState{.number = trial.number,
                                           .name = trial.name,
                                           .condition = trial.condition,
                                           .attempt = trial.attempt,
                                           .early_stop = EarlyStopOf(trial),
                                           .at_rung = IsAtRung(trial)};
  Active& active = active_.try_emplace(trial.number, trial, spec_.objective.metrics).first->second;
  by_name_[trial.name] = trial.number;
  QALAM_RETURN_IF_ERROR(store_->VisitMetrics(id(), trial.number, {.attempt = trial.attempt},
                                             [&](const MetricPoint& point) {
                                               active.observation.Add(point);
                                               ++active.points;
                                               active.steps[point.metric] = point.step + 1;
                                               return true;
                                             }));
  const std::string client = LabelOf(trial, kClientLabel);
  const bool never_out =
      trial.condition == TrialCondition::kCreated && (client.empty() || trial.attempt > 1);
  if (never_out) return absl::OkStatus();
  active.owner = trial.attempt == 1 ? client : "";
  active.handed = true;
  active.lease = LeaseOf(trial);
  active.expires = now_ + active.lease;
  expiries_.emplace(active.expires, trial.number);
  if (!active.owner.empty()) by_owner_[active.owner] = trial.number;
  return absl::OkStatus();
}

absl::StatusOr<ClientExperiment::AskAnswer> ClientExperiment::Ask(const std::string& client,
                                                                  absl::Duration lease,
                                                                  absl::Time now) {
  now_ = now;
  if (auto told = regulars_.find(client); told != regulars_.end()) told->second = lease;
  if (Active* own = FindOwned(client); own != nullptr) {
    Hand(own, client, lease, now);
    return AskAnswer{.trial = Describe(*own),
                     .safe_before_commit = !unwritten_.contains(own->trial.number)};
  }
  Active* active = ended_ ? nullptr : FirstFree();
  if (active == nullptr && CreateFor(client, lease, now)) active = FindOwned(client);
  if (!state_.suggestion_error.empty()) return absl::InternalError(state_.suggestion_error);
  if (active == nullptr) return AskAnswer();
  unwritten_[active->trial.number] = taken_ + 1;
  Hand(active, client, lease, now);
  return AskAnswer{.trial = Describe(*active)};
}

absl::StatusOr<ClientExperiment::AskAnswer> ClientExperiment::AskAgain(const std::string& client,
                                                                       absl::Time now) {
  const auto told = regulars_.find(client);
  return Ask(client, told == regulars_.end() ? kDefaultLease : told->second, now);
}

void ClientExperiment::Written(int64_t taken) {
  std::erase_if(unwritten_, [taken](const auto& entry) { return entry.second <= taken; });
}

std::optional<std::string> ClientExperiment::Report(const TrialClaim& claim,
                                                    const ToldMetrics& metrics, absl::Time now) {
  now_ = now;
  std::string why_not;
  Active* active = Find(claim, &why_not);
  if (active == nullptr) return why_not;
  const absl::Duration lease = active->lease;
  Hand(active, claim.client, lease, now);
  const std::vector<MetricPoint> points = AddPoints(active, metrics, now);
  const std::optional<EarlyStopDecided> stop = Judge(*active, points);
  if (!stop.has_value()) return std::nullopt;
  // The trial ends here and now: its client need not tell of it again.
  Absorb(Reconcile(state_, *stop, now));
  ExpectAgain(claim.client, lease, now);
  return absl::StrCat(stop->at_rung ? "complete: " : "stopped early: ", stop->why);
}

std::optional<EarlyStopDecided> ClientExperiment::Judge(const Active& active,
                                                        const std::vector<MetricPoint>& points) {
  EarlyStopDecided stop{.number = active.trial.number, .attempt = active.trial.attempt};
  if (judge_ != nullptr) stop.why = judge_->Judge(stop.number, points).value_or("");
  const std::string& metric = spec_.objective.metrics[0].name;
  const std::optional<int64_t> wanted = ReportsToMake(active.trial.labels);
  const auto made = active.steps.find(metric);
  stop.at_rung = wanted.has_value() && made != active.steps.end() && made->second >= *wanted;
  if (stop.at_rung) stop.why = AtRungText(active.trial.labels, metric);
  return stop.why.empty() ? std::nullopt : std::optional<EarlyStopDecided>(std::move(stop));
}

std::optional<std::string> ClientExperiment::Tell(const TrialClaim& claim,
                                                  const ToldMetrics& metrics, bool failed,
                                                  const std::string& message, absl::Time now) {
  now_ = now;
  std::string why_not;
  Active* active = Find(claim, &why_not);
  if (active == nullptr) return why_not;
  const std::vector<MetricPoint> points = AddPoints(active, metrics, now);
  const absl::Duration lease = active->lease;
  if (judge_ != nullptr) {
    for (const MetricPoint& point : points) judge_->Add(active->trial.number, point);
  }
  JobFinished event{.number = active->trial.number, .attempt = active->trial.attempt};
  event.outcome.end = failed ? JobEnd::kExitCode : JobEnd::kSucceeded;
  event.outcome.message = failed && message.empty() ? "its client told that it failed" : message;
  event.judgement = {.verdict = failed ? Verdict::kFailed : Verdict::kSucceeded,
                     .message = message};
  event.observation = active->observation.Observation();
  event.objective = active->observation.Objective();
  Absorb(Reconcile(state_, event, now));
  ExpectAgain(claim.client, lease, now);
  return std::nullopt;
}

void ClientExperiment::Stop(const std::string& trial, absl::Time now) {
  now_ = now;
  const auto found = by_name_.find(trial);
  if (found == by_name_.end()) return;
  const Active& active = active_.at(found->second);
  Absorb(Reconcile(state_,
                   EarlyStopDecided{.number = found->second,
                                    .attempt = active.trial.attempt,
                                    .why = "early stopping was asked for (SetTrialStatus)"},
                   now));
}

void ClientExperiment::StopAll(StopMode mode, absl::Time now) {
  now_ = now;
  if (!ended_) Absorb(Reconcile(state_, StopRequested{mode}, now));
}

void ClientExperiment::ResumeStopped(absl::Time now) {
  now_ = now;
  if (state_.record.condition != "Suspended") return;
  ended_ = false;
  Absorb(Resume(state_, now));
}

absl::Status ClientExperiment::Edit(const Budget& budget, absl::Time now) {
  now_ = now;
  const std::vector<absl::Status> problems = ValidateBudget(budget, state_.next_number);
  if (!problems.empty()) return problems.front();
  Absorb(Reconcile(state_, BudgetEdited{budget}, now));
  return absl::OkStatus();
}

void ClientExperiment::ExpectAgain(const std::string& client, absl::Duration lease,
                                   absl::Time now) {
  if (regulars_.size() >= kMaxRegulars) regulars_.clear();
  const bool regular = !regulars_.insert_or_assign(client, lease).second;
  // Written together with what was told, so that to ask for it costs no time.
  if (regular && !ended_ && FirstFree() == nullptr) CreateFor(client, lease, now);
}

void ClientExperiment::Expire(absl::Time now) {
  now_ = now;
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const int64_t number = expiries_.begin()->second;
    const Active& active = active_.at(number);
    JobFinished event{.number = number, .attempt = active.trial.attempt};
    event.outcome.end = JobEnd::kLost;
    event.outcome.message = active.owner.empty()
                                ? "nothing was heard of its client"
                                : absl::StrCat("nothing was heard of its client ", active.owner);
    Absorb(Reconcile(state_, event, now));
  }
  if (wake_at_ <= now) Absorb(Reconcile(state_, TimePassed{}, now));
}

absl::Time ClientExperiment::NextExpiry() const {
  return expiries_.empty() ? wake_at_ : std::min(wake_at_, expiries_.begin()->first);
}

void ClientExperiment::Absorb(Step step) {
  wake_at_ = step.wake_at;
  for (Change& change : step.changes) Follow(&change);
  std::move(step.changes.begin(), step.changes.end(), std::back_inserter(changes_));
  for (const Effect& effect : step.effects) {
    if (const auto* cancel = std::get_if<CancelJob>(&effect)) Cancel(*cancel);
    if (std::holds_alternative<EndDrive>(effect)) ended_ = true;
  }
}

void ClientExperiment::Follow(Change* change) {
  if (auto* created = std::get_if<TrialCreated>(change)) Follow(created);
  if (const auto* changed = std::get_if<TrialChanged>(change)) Follow(*changed);
}

void ClientExperiment::Follow(TrialCreated* change) {
  const StoredTrial& trial = change->trial;
  // What the algorithm knew is what stands before this in the store.
  change->asked_back = trial.labels.contains(kInitialTrialLabel) ? 0 : 1;
  unwritten_[trial.number] = taken_ + 1;
  Record(trial);
  if (judge_ != nullptr) judge_->Start(trial.number);
  if (IsFinal(trial.condition)) return;
  Active& active = active_.try_emplace(trial.number, trial, spec_.objective.metrics).first->second;
  by_name_[trial.name] = trial.number;
  active.owner = LabelOf(trial, kClientLabel);
  if (active.owner.empty()) return;
  by_owner_[active.owner] = trial.number;
  active.lease = LeaseOf(trial);
  active.expires = now_ + kPreparedLease;
  expiries_.emplace(active.expires, trial.number);
}

void ClientExperiment::Follow(const TrialChanged& change) {
  const auto found = active_.find(change.number);
  if (found == active_.end()) return;
  Active& active = found->second;
  StoredTrial& trial = active.trial;
  const bool again = change.attempt != trial.attempt;
  if (judge_ != nullptr && again) judge_->Start(change.number);
  if (judge_ != nullptr && IsFinal(change.condition)) {
    judge_->End(change.number, change.condition);
  }
  trial.condition = change.condition;
  trial.attempt = change.attempt;
  if (!again && !IsFinal(change.condition)) return;
  expiries_.erase({active.expires, change.number});
  const auto owned = by_owner_.find(active.owner);
  if (owned != by_owner_.end() && owned->second == change.number) by_owner_.erase(owned);
  if (again) {
    active = Active(std::move(trial), spec_.objective.metrics);
    return;
  }
  trial.observation = change.observation;
  trial.objective = change.objective;
  Record(trial);
  by_name_.erase(trial.name);
  active_.erase(found);
}

// The trial was stopped early, or the experiment has come to its end and nobody waits for it any
// more. Its client learns it when it speaks of it.
void ClientExperiment::Cancel(const CancelJob& effect) {
  JobFinished event{.number = effect.number, .attempt = effect.attempt};
  event.outcome.end = JobEnd::kCancelled;
  const auto found = active_.find(effect.number);
  if (found != active_.end()) {
    event.observation = found->second.observation.Observation();
    event.objective = found->second.observation.Objective();
  }
  Absorb(Reconcile(state_, event, now_));
}

void ClientExperiment::Record(const StoredTrial& trial) {
  if (auto assignment = spec_.space->Parse(trial.assignment); assignment.ok()) {
    history_.Put(RecordOf(trial, *assignment, spec_.objective));
  }
}

bool ClientExperiment::CreateFor(const std::string& client, absl::Duration lease, absl::Time now) {
  // More than once where results of earlier trials are reused, which takes no client.
  while (!ended_ && state_.asking) {
    SuggestionsArrived event{.ask_id = state_.ask_id};
    if (outlook_ != nullptr) event.no_improvement_left = outlook_->Verdict(history_);
    if (event.no_improvement_left.empty()) {
      const absl::StatusOr<std::vector<Suggestion>> suggestions = suggester_->Suggest(history_, 1);
      event.status = suggestions.status();
      if (suggestions.ok() && !suggestions->empty()) {
        event.trials.push_back(Propose(suggestions->front(), client, lease));
      }
    }
    // One is asked for at a time: when there is a client for it.
    state_.asked_count = 1;
    Absorb(Reconcile(state_, event, now));
    if (by_owner_.contains(client)) return true;
    if (event.trials.empty()) return false;
  }
  return false;
}

ProposedTrial ClientExperiment::Propose(const Suggestion& suggestion, const std::string& client,
                                        absl::Duration lease) const {
  const int64_t number = state_.next_number;
  const std::string& uid = state_.record.uid;
  ProposedTrial proposed{.name = TrialName(spec_.name, uid, number),
                         .uid = TrialUid(uid, number),
                         .values = spec_.space->Format(suggestion.assignment),
                         .labels = suggestion.labels,
                         .explanation = suggestion.explanation};
  proposed.labels[kClientLabel] = client;
  proposed.labels[kLeaseLabel] = absl::StrCat(absl::ToInt64Seconds(lease));
  const bool reuses =
      spec_.duplicates == DuplicatePolicy::kReuse && !CountsReports(spec_.algorithm.settings);
  if (!reuses) return proposed;
  const std::optional<int> same = history_.FirstResultOf(suggestion.assignment);
  if (!same.has_value()) return proposed;
  absl::StatusOr<StoredTrial> known = store_->GetTrialByNumber(id(), history_.trial(*same).number);
  // When it is not written yet the trial is run, which costs time and nothing else.
  if (known.ok() && known->objective.has_value()) proposed.known = *std::move(known);
  return proposed;
}

void ClientExperiment::Hand(Active* active, const std::string& client, absl::Duration lease,
                            absl::Time now) {
  const int64_t number = active->trial.number;
  if (active->owner != client) {
    active->owner = client;
    by_owner_[client] = number;
  }
  active->handed = true;
  active->lease = lease;
  expiries_.erase({active->expires, number});
  active->expires = now + lease;
  expiries_.emplace(active->expires, number);
  if (active->trial.condition == TrialCondition::kRunning) return;
  Absorb(Reconcile(
      state_, JobStarted{.number = number, .attempt = active->trial.attempt, .when = now}, now));
}

HandedTrial ClientExperiment::Describe(const Active& active) const {
  return {.name = active.trial.name,
          .number = active.trial.number,
          .attempt = active.trial.attempt,
          .parameters = active.trial.assignment,
          .explanation = active.trial.explanation};
}

ClientExperiment::Active* ClientExperiment::Find(const TrialClaim& claim, std::string* why_not) {
  const auto number = by_name_.find(claim.trial);
  if (number == by_name_.end()) {
    *why_not =
        ended_ ? absl::StrCat("the experiment has ended: ", state_.record.conditions.back().message)
               : absl::StrCat("trial ", claim.trial, " has ended, or there is none");
    return nullptr;
  }
  Active& active = active_.at(number->second);
  const bool same_client = active.owner.empty() || active.owner == claim.client;
  if (active.trial.attempt == claim.attempt && same_client) return &active;
  *why_not = absl::StrCat("trial ", claim.trial,
                          " was given to another client, as nothing was heard of this one");
  return nullptr;
}

std::vector<MetricPoint> ClientExperiment::AddPoints(Active* active, const ToldMetrics& metrics,
                                                     absl::Time now) {
  MetricsAppended change{.experiment = id(),
                         .number = active->trial.number,
                         .attempt = active->trial.attempt,
                         .first_ordinal = active->points};
  for (const auto& [name, text] : metrics) {
    const std::optional<double> value = ParseNumber(text);
    change.points.push_back({.metric = name,
                             .text = text,
                             .value = value.value_or(std::numeric_limits<double>::quiet_NaN()),
                             .time = now,
                             .step = active->steps[name]++});
    active->observation.Add(change.points.back());
  }
  active->points += static_cast<int64_t>(change.points.size());
  const std::vector<MetricPoint> points = change.points;
  if (!points.empty()) changes_.emplace_back(std::move(change));
  return points;
}

ClientExperiment::Active* ClientExperiment::FindOwned(const std::string& client) {
  const auto owned = by_owner_.find(client);
  return owned == by_owner_.end() ? nullptr : &active_.at(owned->second);
}

ClientExperiment::Active* ClientExperiment::FirstFree() {
  for (auto& [number, active] : active_) {
    if (active.owner.empty() && !active.handed) return &active;
  }
  return nullptr;
}

}  // namespace qalam
