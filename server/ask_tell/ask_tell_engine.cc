#include "server/ask_tell/ask_tell_engine.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/engine.h"
#include "controller/state.h"
#include "controller/warm_start.h"
#include "core/status_macros.h"
#include "server/ask_tell/client_manifest.h"

namespace qalam {

AskTellEngine::AskTellEngine(Store* store, const DataDir* dir, const Clock* clock)
    : store_(store), dir_(dir), clock_(clock), thread_(&AskTellEngine::Loop, this) {}

AskTellEngine::~AskTellEngine() {
  {
    MutexLock turn(&turn_);
    stop_ = true;
    called_.NotifyAll();
  }
  thread_.join();
}

absl::StatusOr<AskTellEngine::Created> AskTellEngine::Create(const std::string& manifest) {
  Created created;
  QALAM_ASSIGN_OR_RETURN(ExperimentSpec spec, ReadClientManifest(manifest, &created.warnings));
  created.experiment = {spec.ns, spec.name};
  absl::StatusOr<ExperimentRecord> stored = store_->GetExperiment(spec.ns, spec.name);
  if (absl::IsNotFound(stored.status())) {
    // What it learns from is copied now: it need not be there when somebody creates this again.
    QALAM_ASSIGN_OR_RETURN(const std::vector<std::string> warnings, AddSources(*store_, &spec));
    created.warnings.insert(created.warnings.end(), warnings.begin(), warnings.end());
    const absl::Status made = CreateExperiment(store_, spec, clock_->Now()).status();
    if (!absl::IsAlreadyExists(made)) {
      QALAM_RETURN_IF_ERROR(made);
      return created;
    }
    stored = store_->GetExperiment(spec.ns, spec.name);  // another call was faster
  }
  QALAM_RETURN_IF_ERROR(stored.status());
  QALAM_RETURN_IF_ERROR(CheckSameExperiment(*stored, spec));
  created.existed = true;
  if (stored->condition != "Suspended") return created;
  auto call = std::make_shared<Call>();
  call->experiment = created.experiment;
  call->run = [&](ClientExperiment& driven, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_) {
    driven.ResumeStopped(now);
    Loaded& loaded = loaded_.at(created.experiment);
    if (loaded.control == nullptr) loaded.control = ListenFor(created.experiment, stored->uid);
    return true;
  };
  QALAM_RETURN_IF_ERROR(Run(call, nullptr));
  return created;
}

absl::Status AskTellEngine::StopExperiment(const ExperimentName& experiment, StopMode mode) {
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->run = [mode](ClientExperiment& driven, absl::Time now) {
    driven.StopAll(mode, now);
    return true;
  };
  return Run(call, nullptr);
}

absl::StatusOr<Budget> AskTellEngine::BudgetOf(const ExperimentName& experiment) {
  Budget budget;
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->needs_commit = false;
  call->run = [&](ClientExperiment& driven, absl::Time) {
    budget = driven.budget();
    return true;
  };
  QALAM_RETURN_IF_ERROR(Run(call, nullptr));
  return budget;
}

absl::Status AskTellEngine::Edit(const ExperimentName& experiment, const Budget& budget) {
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->run = [&, self = call.get()](ClientExperiment& driven, absl::Time now) {
    self->status = driven.Edit(budget, now);
    return true;
  };
  return Run(call, nullptr);
}

std::shared_ptr<AskTellEngine::Call> AskTellEngine::NewAsk(const Asking& asking,
                                                           std::shared_ptr<Asked> asked) const {
  auto call = std::make_shared<Call>();
  call->experiment = asking.experiment;
  call->asks = true;
  call->deadline = clock_->Now() + asking.wait;
  call->run = [asking, asked = std::move(asked), self = call.get()](ClientExperiment& driven,
                                                                    absl::Time now) {
    if (asking.client.empty()) {
      self->status =
          absl::InvalidArgumentError("client_id is empty; give each client a name of its own");
      return true;
    }
    absl::StatusOr<ClientExperiment::AskAnswer> answer =
        driven.Ask(asking.client, asking.lease, now);
    if (!answer.ok()) {
      self->status = answer.status();
      return true;
    }
    asked->trial = std::move(answer->trial);
    asked->ended = driven.ended();
    self->needs_commit = !answer->safe_before_commit;
    return asked->trial.has_value() || asked->ended;
  };
  return call;
}

std::shared_ptr<AskTellEngine::Call> AskTellEngine::NewTell(const Telling& telling,
                                                            std::shared_ptr<Told> told) {
  auto call = std::make_shared<Call>();
  call->experiment = telling.experiment;
  call->run = [telling, told = std::move(told)](ClientExperiment& driven, absl::Time now) {
    told->why_not =
        driven.Tell(telling.claim, telling.metrics, telling.failed, telling.message, now);
    if (telling.ask && !telling.claim.client.empty()) {
      absl::StatusOr<ClientExperiment::AskAnswer> asked =
          driven.AskAgain(telling.claim.client, now);
      if (asked.ok()) told->next = std::move(asked->trial);
    }
    told->ended = driven.ended();
    return true;
  };
  return call;
}

std::shared_ptr<AskTellEngine::Call> AskTellEngine::NewReport(const ExperimentName& experiment,
                                                              const TrialClaim& claim,
                                                              const ToldMetrics& metrics,
                                                              std::shared_ptr<Told> told) {
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->needs_commit = !metrics.empty();
  call->run = [claim, metrics, told = std::move(told)](ClientExperiment& driven, absl::Time now) {
    told->why_not = driven.Report(claim, metrics, now);
    told->ended = driven.ended();
    return true;
  };
  return call;
}

absl::StatusOr<AskTellEngine::Asked> AskTellEngine::Ask(const Asking& asking,
                                                        const std::function<bool()>& wanted) {
  const auto asked = std::make_shared<Asked>();
  QALAM_RETURN_IF_ERROR(Run(NewAsk(asking, asked), wanted));
  return *asked;
}

absl::StatusOr<AskTellEngine::Told> AskTellEngine::Tell(const Telling& telling) {
  const auto told = std::make_shared<Told>();
  QALAM_RETURN_IF_ERROR(Run(NewTell(telling, told), nullptr));
  return *told;
}

absl::StatusOr<AskTellEngine::Told> AskTellEngine::Report(const ExperimentName& experiment,
                                                          const TrialClaim& claim,
                                                          const ToldMetrics& metrics) {
  const auto told = std::make_shared<Told>();
  QALAM_RETURN_IF_ERROR(Run(NewReport(experiment, claim, metrics, told), nullptr));
  return *told;
}

void AskTellEngine::StartTell(const Telling& telling, std::function<void(const Asked&)> ahead,
                              std::function<void(absl::StatusOr<Told>)> then) {
  const auto told = std::make_shared<Told>();
  const std::shared_ptr<Call> call = NewTell(telling, told);
  call->then = [call = call.get(), told, then = std::move(then)] {
    then(call->status.ok() ? absl::StatusOr<Told>(*told) : call->status);
  };
  Asked next;
  // The next trial may be known before it is on disk when nobody else could be given it after a
  // crash: then the same calls of the same client lead to the same trial.
  call->run = [&, run = std::move(call->run)](ClientExperiment& driven, absl::Time now)
                  ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_) {
                    run(driven, now);
                    if (!told->next.has_value() || !waiting_.empty()) return true;
                    call->ahead = told->ahead = driven.IsAlone(telling.claim.client);
                    if (told->ahead) next.trial = told->next;
                    return true;
                  };
  Start(call);
  if (next.trial.has_value()) ahead(next);
}

void AskTellEngine::StartReport(const ExperimentName& experiment, const TrialClaim& claim,
                                const ToldMetrics& metrics,
                                std::function<void(absl::StatusOr<Told>)> then) {
  const auto told = std::make_shared<Told>();
  const std::shared_ptr<Call> call = NewReport(experiment, claim, metrics, told);
  call->then = [call = call.get(), told, then = std::move(then)] {
    then(call->status.ok() ? absl::StatusOr<Told>(*told) : call->status);
  };
  Start(call);
}

std::function<void()> AskTellEngine::StartAsk(const Asking& asking,
                                              std::function<void(absl::StatusOr<Asked>)> then) {
  const auto asked = std::make_shared<Asked>();
  const std::shared_ptr<Call> call = NewAsk(asking, asked);
  call->then = [call = call.get(), asked, then = std::move(then)] {
    then(call->status.ok() ? absl::StatusOr<Asked>(*asked) : call->status);
  };
  Start(call);
  return [this, call] { Abandon(call.get()); };
}

absl::Status AskTellEngine::Stop(const std::string& trial) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record, FindExperimentOf(trial));
  auto call = std::make_shared<Call>();
  call->experiment = {record.ns, record.name};
  call->run = [&](ClientExperiment& driven, absl::Time now) {
    driven.Stop(trial, now);
    return true;
  };
  QALAM_RETURN_IF_ERROR(Run(call, nullptr));
  QALAM_ASSIGN_OR_RETURN(const StoredTrial stored, store_->GetTrial(record.id, trial));
  if (stored.condition == TrialCondition::kEarlyStopped) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("trial ", trial, " is ", TrialConditionName(stored.condition),
                   "; only a trial that runs can be stopped early"));
}

absl::StatusOr<ExperimentRecord> AskTellEngine::FindExperimentOf(const std::string& trial) const {
  QALAM_ASSIGN_OR_RETURN(std::vector<ExperimentRecord> records, store_->ListExperiments());
  for (ExperimentRecord& record : records) {
    if (!absl::StartsWith(trial, absl::StrCat(record.name, "-"))) continue;
    const absl::Status found = store_->GetTrial(record.id, trial).status();
    if (found.ok()) return std::move(record);
    if (!absl::IsNotFound(found)) return found;
  }
  return absl::NotFoundError(absl::StrCat("there is no trial ", trial));
}

absl::StatusOr<std::shared_ptr<TrialWatch>> AskTellEngine::Watch(const ExperimentName& experiment) {
  auto watch = std::make_shared<TrialWatch>();
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->run = [&](ClientExperiment& driven, absl::Time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_) {
    if (driven.ended()) {
      watch->End(absl::OkStatus());
    } else {
      loaded_.at(experiment).watches.push_back(watch);
    }
    return true;
  };
  QALAM_RETURN_IF_ERROR(Run(call, nullptr));
  return watch;
}

}  // namespace qalam
