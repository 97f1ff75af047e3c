#include "server/ask_tell/ask_tell_engine.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/engine.h"
#include "controller/spec/load.h"
#include "controller/state.h"
#include "controller/warm_start.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// How often a thread that waits for an answer looks whether anybody still wants it.
constexpr absl::Duration kAskLook = absl::Milliseconds(100);

// How long a change may wait for others to be written with when no answer depends on it: that a
// trial was handed out which was kept for its client anyway.
constexpr absl::Duration kMaxUnwritten = absl::Milliseconds(50);

std::string FullName(const ExperimentName& name) { return absl::StrCat(name.ns, "/", name.name); }

absl::StatusOr<ExperimentSpec> ReadManifest(const std::string& manifest,
                                            std::vector<std::string>* warnings) {
  LoadResult read = LoadExperiments("manifest", manifest, {}, {.without_template = true});
  for (const Diagnostic& problem : read.diagnostics) warnings->push_back(problem.ToString());
  if (HasErrors(read.diagnostics)) {
    return absl::InvalidArgumentError(FormatDiagnostics(std::move(read.diagnostics)));
  }
  if (read.experiments.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("manifest: there are ", read.experiments.size(),
                                                   " Experiments in it; give one"));
  }
  ExperimentSpec spec = std::move(read.experiments.front());
  if (spec.trial_template.manifest != nullptr) {
    return absl::InvalidArgumentError(
        "spec.trialTemplate: clients run the trials themselves; leave it out, or use `qalam run`");
  }
  return spec;
}

// OK when what is stored is the same experiment.
absl::Status CheckSame(const ExperimentRecord& stored, const ExperimentSpec& spec) {
  const Json manifest = Json::parse(stored.manifest, nullptr, /*allow_exceptions=*/false);
  const std::vector<std::string> differences = DiffSpecs(manifest, *spec.manifest);
  if (differences.empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("experiment ", stored.ns, "/", stored.name, " exists with another ",
                   differences.front(), "; choose another metadata.name, or delete it first"));
}

std::optional<WatchedChange> ToWatched(const Change& change) {
  if (const auto* created = std::get_if<TrialCreated>(&change)) {
    return WatchedChange{created->trial.number, "Created", created->trial.explanation, {}};
  }
  if (const auto* changed = std::get_if<TrialChanged>(&change)) {
    return WatchedChange{changed->number, std::string(TrialConditionName(changed->condition)),
                         changed->message, changed->objective};
  }
  return std::nullopt;
}

}  // namespace

AskTellEngine::AskTellEngine(Store* store, const DataDir* dir, const Clock* clock)
    : store_(store), dir_(dir), clock_(clock), thread_(&AskTellEngine::Loop, this) {}

AskTellEngine::~AskTellEngine() {
  {
    MutexLock lock(&mutex_);
    stop_ = true;
    called_.NotifyAll();
  }
  thread_.join();
}

absl::StatusOr<AskTellEngine::Created> AskTellEngine::Create(const std::string& manifest) {
  Created created;
  QALAM_ASSIGN_OR_RETURN(ExperimentSpec spec, ReadManifest(manifest, &created.warnings));
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
  QALAM_RETURN_IF_ERROR(CheckSame(*stored, spec));
  created.existed = true;
  return created;
}

absl::StatusOr<AskTellEngine::Asked> AskTellEngine::Ask(const ExperimentName& experiment,
                                                        const std::string& client,
                                                        absl::Duration lease, absl::Duration wait,
                                                        const std::function<bool()>& wanted) {
  if (client.empty()) {
    return absl::InvalidArgumentError("client_id is empty; give each client a name of its own");
  }
  Asked asked;
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->asks = true;
  call->deadline = clock_->Now() + wait;
  call->run = [&, self = call.get()](ClientExperiment& driven, absl::Time now) {
    absl::StatusOr<ClientExperiment::AskAnswer> answer = driven.Ask(client, lease, now);
    if (!answer.ok()) {
      self->status = answer.status();
      return true;
    }
    asked.trial = std::move(answer->trial);
    self->needs_commit = !answer->safe_before_commit;
    return asked.trial.has_value() || driven.ended();
  };
  QALAM_RETURN_IF_ERROR(RunCall(call, wanted));
  asked.ended = call->ended;
  return asked;
}

absl::StatusOr<AskTellEngine::Told> AskTellEngine::Report(const ExperimentName& experiment,
                                                          const TrialClaim& claim,
                                                          const ToldMetrics& metrics) {
  Told told;
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->needs_commit = !metrics.empty();
  call->run = [&](ClientExperiment& driven, absl::Time now) {
    told.why_not = driven.Report(claim, metrics, now);
    return true;
  };
  QALAM_RETURN_IF_ERROR(RunCall(call, nullptr));
  told.ended = call->ended;
  return told;
}

absl::StatusOr<AskTellEngine::Told> AskTellEngine::Tell(const ExperimentName& experiment,
                                                        const TrialClaim& claim,
                                                        const ToldMetrics& metrics, bool failed,
                                                        const std::string& message, bool ask) {
  Told told;
  auto call = std::make_shared<Call>();
  call->experiment = experiment;
  call->run = [&](ClientExperiment& driven, absl::Time now) {
    told.why_not = driven.Tell(claim, metrics, failed, message, now);
    if (!ask || claim.client.empty()) return true;
    absl::StatusOr<ClientExperiment::AskAnswer> asked = driven.AskAgain(claim.client, now);
    if (asked.ok()) told.next = std::move(asked->trial);
    return true;
  };
  QALAM_RETURN_IF_ERROR(RunCall(call, nullptr));
  told.ended = call->ended;
  return told;
}

absl::Status AskTellEngine::Stop(const std::string& trial) {
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record, FindExperimentOf(trial));
  auto call = std::make_shared<Call>();
  call->experiment = {record.ns, record.name};
  call->run = [&](ClientExperiment& driven, absl::Time now) {
    driven.Stop(trial, now);
    return true;
  };
  QALAM_RETURN_IF_ERROR(RunCall(call, nullptr));
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
  call->needs_commit = false;
  call->run = [&](ClientExperiment& driven, absl::Time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_) {
    if (driven.ended()) {
      watch->End(absl::OkStatus());
    } else {
      loaded_.at(experiment).watches.push_back(watch);
    }
    return true;
  };
  QALAM_RETURN_IF_ERROR(RunCall(call, nullptr));
  return watch;
}

// The call refers to what the caller owns, so that the caller stays until it is answered.
absl::Status AskTellEngine::RunCall(const std::shared_ptr<Call>& call,
                                    const std::function<bool()>& wanted) {
  bool has_turn = false;
  {
    MutexLock lock(&mutex_);
    if (stop_) return absl::UnavailableError("the server is ending");
    calls_.push_back(call);
    has_turn = !std::exchange(driven_, true);
  }
  if (has_turn) Drive();
  while (!WaitForAnswer(call.get(), wanted)) Drive();
  return call->status;
}

bool AskTellEngine::WaitForAnswer(Call* call, const std::function<bool()>& wanted) {
  MutexLock lock(&call->mutex);
  while (!call->done && !call->has_turn) {
    call->answered.WaitWithTimeout(&call->mutex, wanted ? kAskLook : absl::InfiniteDuration());
    if (call->done || call->has_turn || !wanted || wanted()) continue;
    call->abandoned = true;
    MutexLock calls_lock(&mutex_);
    look_ = true;
    if (!driven_) called_.NotifyOne();
  }
  call->has_turn = false;
  return call->done;
}

void AskTellEngine::Answer(Call* call) {
  MutexLock lock(&call->mutex);
  call->done = true;
  call->answered.NotifyAll();
}

void AskTellEngine::Loop() {
  while (WaitForOwnTurn()) Drive();
  Drive();
}

bool AskTellEngine::WaitForOwnTurn() {
  MutexLock lock(&mutex_);
  while (true) {
    // Whoever drives wakes this thread, if need be, when its turn is over.
    sleeps_until_ = driven_ ? absl::InfiniteFuture() : wake_at_;
    const absl::Duration left = sleeps_until_ - clock_->Now();
    if (!driven_ && (stop_ || look_ || left <= absl::ZeroDuration())) break;
    called_.WaitWithTimeout(&mutex_, left);
  }
  driven_ = true;
  return !stop_;
}

void AskTellEngine::Drive() noexcept { PassTurn(TakeTurn()); }

absl::Time AskTellEngine::TakeTurn() {
  std::deque<std::shared_ptr<Call>> calls;
  bool stopping = false;
  {
    MutexLock lock(&mutex_);
    calls = std::exchange(calls_, {});
    stopping = stop_;
    look_ = false;
  }
  MutexLock turn(&turn_);
  const absl::Time now = clock_->Now();
  for (auto& [name, loaded] : loaded_) loaded.experiment->Expire(now);
  std::deque<std::shared_ptr<Call>> answered;
  std::deque<std::shared_ptr<Call>> waiting;
  // Those that tell something come first: those that wait may be waiting for it. Then whoever
  // waits longest.
  const auto asks = std::stable_partition(
      calls.begin(), calls.end(), [](const std::shared_ptr<Call>& call) { return !call->asks; });
  calls.insert(asks, waiting_.begin(), waiting_.end());
  for (std::shared_ptr<Call>& call : calls) {
    const bool done = Process(call.get(), now) || stopping;
    (done ? answered : waiting).push_back(std::move(call));
  }
  waiting_ = std::move(waiting);
  if (stopping) write_at_ = now;
  Commit(&answered, now);
  for (const std::shared_ptr<Call>& call : answered) Answer(call.get());
  Release();
  return NextWake();
}

void AskTellEngine::PassTurn(absl::Time wake_at) {
  std::shared_ptr<Call> next;
  {
    MutexLock lock(&mutex_);
    wake_at_ = wake_at;
    if (calls_.empty()) {
      driven_ = false;
      if (stop_ || look_ || wake_at_ < sleeps_until_) called_.NotifyOne();
      return;
    }
    next = calls_.front();
  }
  MutexLock lock(&next->mutex);
  next->has_turn = true;
  next->answered.NotifyAll();
}

absl::Time AskTellEngine::NextWake() const {
  absl::Time wake = write_at_;
  for (const auto& [name, loaded] : loaded_) {
    wake = std::min(wake, loaded.experiment->NextExpiry());
  }
  for (const std::shared_ptr<Call>& call : waiting_) wake = std::min(wake, call->deadline);
  return wake;
}

absl::StatusOr<AskTellEngine::Loaded*> AskTellEngine::Find(const ExperimentName& name) {
  const auto found = loaded_.find(name);
  if (found != loaded_.end()) return &found->second;
  QALAM_ASSIGN_OR_RETURN(Loaded loaded, Load(name));
  return &loaded_.emplace(name, std::move(loaded)).first->second;
}

absl::StatusOr<AskTellEngine::Loaded> AskTellEngine::Load(const ExperimentName& name) const {
  QALAM_ASSIGN_OR_RETURN(const ExperimentRecord record, store_->GetExperiment(name.ns, name.name));
  QALAM_ASSIGN_OR_RETURN(ExperimentSpec spec,
                         RestoreExperiment(record.manifest, record.companions));
  if (spec.trial_template.manifest != nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(
        "experiment ", FullName(name), " has a trialTemplate: `qalam run` runs its trials"));
  }
  Loaded loaded;
  QALAM_ASSIGN_OR_RETURN(loaded.lock,
                         TakeExperimentLock(dir_->LockPath(record.uid), FullName(name)));
  QALAM_ASSIGN_OR_RETURN(loaded.experiment,
                         ClientExperiment::Load(store_, record, spec, clock_->Now()));
  return loaded;
}

bool AskTellEngine::Process(Call* call, absl::Time now) {
  const absl::StatusOr<Loaded*> found = Find(call->experiment);
  if (!found.ok()) {
    call->status = found.status();
    return true;
  }
  ClientExperiment& driven = *(*found)->experiment;
  const bool done = call->run(driven, now);
  call->ended = driven.ended();
  return done || call->deadline <= now || call->abandoned;
}

bool AskTellEngine::HasChanges(absl::Time now) {
  const bool any = std::any_of(loaded_.begin(), loaded_.end(), [](const auto& entry) {
    return entry.second.experiment->HasChanges();
  });
  write_at_ = any ? std::min(write_at_, now + kMaxUnwritten) : absl::InfiniteFuture();
  return any;
}

void AskTellEngine::Commit(std::deque<std::shared_ptr<Call>>* answered, absl::Time now) {
  // What needs no write is answered at once.
  const auto waits = [](const std::shared_ptr<Call>& call) {
    return call->needs_commit && call->status.ok();
  };
  const auto first = std::stable_partition(answered->begin(), answered->end(), waits);
  for (auto it = first; it != answered->end(); ++it) Answer(it->get());
  answered->erase(first, answered->end());
  if (!HasChanges(now) || (answered->empty() && now < write_at_)) return;

  write_at_ = absl::InfiniteFuture();
  std::vector<Change> changes;
  std::vector<Made> made;
  for (auto& [name, loaded] : loaded_) {
    std::vector<Change> own = loaded.experiment->TakeChanges();
    if (own.empty()) continue;
    std::move(own.begin(), own.end(), std::back_inserter(changes));
    made.push_back({name, changes.size()});
  }
  const absl::Status status = store_->Append(changes).status();
  if (status.ok()) {
    Publish(made, changes);
  } else {
    // What is in memory is not what is on disk: it is read again when it is needed.
    for (const std::shared_ptr<Call>& call : *answered) call->status = status;
    for (const Made& of : made) {
      for (const auto& watch : loaded_.at(of.experiment).watches) watch->End(status);
      loaded_.erase(of.experiment);
    }
  }
}

// Tells those who watch.
void AskTellEngine::Publish(const std::vector<Made>& made, const std::vector<Change>& changes) {
  size_t next = 0;
  for (const Made& of : made) {
    const Loaded& loaded = loaded_.at(of.experiment);
    for (; next < of.end; ++next) {
      if (loaded.watches.empty()) continue;
      const std::optional<WatchedChange> watched = ToWatched(changes[next]);
      if (!watched.has_value()) continue;
      for (const auto& watch : loaded.watches) watch->Add(*watched);
    }
  }
}

void AskTellEngine::Release() {
  std::erase_if(loaded_, [](const auto& entry) {
    const Loaded& loaded = entry.second;
    if (!loaded.experiment->ended() || loaded.experiment->HasChanges()) return false;
    for (const auto& watch : loaded.watches) watch->End(absl::OkStatus());
    return true;
  });
}

}  // namespace qalam
