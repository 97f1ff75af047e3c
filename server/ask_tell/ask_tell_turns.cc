// The turns of AskTellEngine: how calls are run, and what they change is written.
#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "controller/control_requests.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"
#include "server/ask_tell/ask_tell_engine.h"

namespace qalam {
namespace {

// How often a thread that waits for an answer looks whether anybody still wants it.
constexpr absl::Duration kAskLook = absl::Milliseconds(100);

// How long a change may wait for others to be written with when no answer depends on it: that a
// trial was handed out which was kept for its client anyway.
constexpr absl::Duration kMaxUnwritten = absl::Milliseconds(50);

// And how long what a client told that has gone on already: others that it tells soon come with it.
constexpr absl::Duration kMaxAhead = absl::Milliseconds(2);

std::string FullName(const ExperimentName& name) { return absl::StrCat(name.ns, "/", name.name); }

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

absl::Status AskTellEngine::Run(const std::shared_ptr<Call>& call,
                                const std::function<bool()>& wanted) {
  Calls answered;
  bool writes = false;
  {
    MutexLock turn(&turn_);
    if (stop_) return absl::UnavailableError("the server is ending");
    answered = TakeTurn(call, clock_->Now());
    if (call->gathered && !writing_) writes = writing_ = true;
    if (NextWake() < sleeps_until_) called_.NotifyOne();
  }
  Answer(answered);
  if (writes) Write();
  while (!WaitForAnswer(call.get(), wanted)) Write();
  return call->status;
}

void AskTellEngine::Start(const std::shared_ptr<Call>& call) {
  Calls answered;
  {
    MutexLock turn(&turn_);
    if (stop_) {
      call->status = absl::UnavailableError("the server is ending");
      answered.push_back(call);
    } else {
      answered = TakeTurn(call, clock_->Now());
      if (NextWake() < sleeps_until_) called_.NotifyOne();
    }
  }
  Answer(answered);
}

bool AskTellEngine::WaitForAnswer(Call* call, const std::function<bool()>& wanted) {
  while (true) {
    const bool looks = wanted && !call->abandoned;
    {
      MutexLock lock(&call->mutex);
      if (!call->done && !call->writes) {
        call->answered.WaitWithTimeout(&call->mutex, looks ? kAskLook : absl::InfiniteDuration());
      }
      if (call->done) return true;
      if (std::exchange(call->writes, false)) return false;
    }
    if (looks && !wanted()) Abandon(call);
  }
}

void AskTellEngine::Abandon(Call* call) {
  call->abandoned = true;
  MutexLock turn(&turn_);
  look_ = true;
  called_.NotifyOne();
}

void AskTellEngine::Answer(const Calls& calls) {
  for (const std::shared_ptr<Call>& call : calls) {
    if (call->then) {
      call->then();
      continue;
    }
    MutexLock lock(&call->mutex);
    call->done = true;
    call->answered.NotifyAll();
  }
}

AskTellEngine::Calls AskTellEngine::TakeTurn(const std::shared_ptr<Call>& call,
                                             absl::Time now) noexcept {
  Calls answered;
  for (auto& [name, loaded] : loaded_) {
    if (loaded.experiment->NextExpiry() <= now) loaded.experiment->Expire(now);
  }
  // Those that tell something come first: those that wait may be waiting for it. Then whoever waits
  // longest.
  if (call == nullptr || call->asks) RunWaiting(now, &answered);
  if (call != nullptr && RunOnce(call.get(), now)) {
    answered.push_back(call);
  } else if (call != nullptr) {
    waiting_.push_back(call);
  }
  if (call != nullptr && !call->asks) RunWaiting(now, &answered);
  Gather(now, &answered);
  Release();
  return answered;
}

void AskTellEngine::RunWaiting(absl::Time now, Calls* answered) {
  if (waiting_.empty()) return;
  std::deque<std::shared_ptr<Call>> waiting;
  for (std::shared_ptr<Call>& call : waiting_) {
    if (RunOnce(call.get(), now) || stop_) {
      answered->push_back(std::move(call));
    } else {
      waiting.push_back(std::move(call));
    }
  }
  waiting_ = std::move(waiting);
}

bool AskTellEngine::RunOnce(Call* call, absl::Time now) {
  if (call->abandoned) return true;
  const absl::StatusOr<Loaded*> found = Find(call->experiment);
  if (!found.ok()) {
    call->status = found.status();
    return true;
  }
  return call->run(*(*found)->experiment, now) || call->deadline <= now;
}

void AskTellEngine::Gather(absl::Time now, Calls* answered) {
  for (auto& [name, loaded] : loaded_) {
    if (!loaded.experiment->HasChanges()) continue;
    ClientExperiment::Taken taken = loaded.experiment->TakeChanges();
    std::move(taken.changes.begin(), taken.changes.end(), std::back_inserter(gathered_.changes));
    gathered_.due = std::min(gathered_.due, now + kMaxUnwritten);
    if (gathered_.made.empty() || gathered_.made.back().experiment != name) {
      gathered_.made.push_back({.experiment = name});
      ++loaded.unwritten;
    }
    gathered_.made.back().end = gathered_.changes.size();
    gathered_.made.back().taken = taken.number;
  }
  const bool unwritten = writing_ || !gathered_.changes.empty();
  const auto waits = [unwritten](const std::shared_ptr<Call>& call) {
    call->gathered = unwritten && call->needs_commit && call->status.ok();
    return call->gathered;
  };
  const auto first = std::stable_partition(answered->begin(), answered->end(), waits);
  for (auto call = answered->begin(); call != first; ++call) {
    gathered_.due =
        std::min(gathered_.due, (*call)->ahead ? now + kMaxAhead : absl::InfinitePast());
  }
  std::move(answered->begin(), first, std::back_inserter(gathered_.calls));
  answered->erase(answered->begin(), first);
}

absl::StatusOr<AskTellEngine::Loaded*> AskTellEngine::Find(const ExperimentName& name) {
  const auto found = loaded_.find(name);
  if (found != loaded_.end()) return &found->second;
  QALAM_ASSIGN_OR_RETURN(Loaded loaded, Load(name));
  return &loaded_.emplace(name, std::move(loaded)).first->second;
}

absl::StatusOr<AskTellEngine::Loaded> AskTellEngine::Load(const ExperimentName& name) {
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
  if (!loaded.experiment->ended()) loaded.control = ListenFor(name, record.uid);
  return loaded;
}

std::unique_ptr<ControlServer> AskTellEngine::ListenFor(const ExperimentName& name,
                                                        const std::string& uid) {
  const ControlActions actions = {
      .budget = [this, name] { return BudgetOf(name); },
      .edit = [this, name](const Budget& budget) { return Edit(name, budget); },
      .stop = [this, name](StopMode mode) { return StopExperiment(name, mode); }};
  auto server = ListenForControl(dir_->ControlPath(uid), [actions](const Json& request) {
    return HandleControl(actions, request);
  });
  // Without it the experiment is driven all the same.
  return server.ok() ? *std::move(server) : nullptr;
}

void AskTellEngine::Forget(const ExperimentName& name) {
  const auto loaded = loaded_.find(name);
  if (loaded == loaded_.end()) return;
  if (loaded->second.control != nullptr) {
    retired_.push_back(std::move(loaded->second.control));
    look_ = true;
    called_.NotifyOne();
  }
  loaded_.erase(loaded);
}

void AskTellEngine::Release() {
  std::vector<ExperimentName> ended;
  for (const auto& [name, loaded] : loaded_) {
    if (!loaded.experiment->ended() || loaded.unwritten > 0) continue;
    for (const auto& watch : loaded.watches) watch->End(absl::OkStatus());
    ended.push_back(name);
  }
  for (const ExperimentName& name : ended) Forget(name);
}

void AskTellEngine::Write() noexcept {
  Batch batch;
  {
    MutexLock turn(&turn_);
    batch = TakeBatch();
  }
  absl::Status status;
  if (!batch.changes.empty()) status = store_->Append(std::move(batch.changes)).status();
  {
    MutexLock turn(&turn_);
    if (status.ok()) {
      Publish(batch);
    } else {
      Drop(status, &batch);
    }
    Release();
  }
  Answer(batch.calls);
  PassWriting();
}

AskTellEngine::Batch AskTellEngine::TakeBatch() {
  Batch batch = std::exchange(gathered_, Batch());
  size_t next = 0;
  for (const Made& made : batch.made) {
    const bool is_watched = !loaded_.at(made.experiment).watches.empty();
    for (; next < made.end; ++next) {
      if (!is_watched) continue;
      std::optional<WatchedChange> watched = ToWatched(batch.changes[next]);
      if (watched.has_value()) batch.watched.emplace_back(made.experiment, *std::move(watched));
    }
  }
  return batch;
}

void AskTellEngine::Publish(const Batch& batch) {
  for (const Made& made : batch.made) {
    Loaded& loaded = loaded_.at(made.experiment);
    loaded.experiment->Written(made.taken);
    --loaded.unwritten;
  }
  for (const auto& [experiment, change] : batch.watched) {
    for (const auto& watch : loaded_.at(experiment).watches) watch->Add(change);
  }
}

// What is in memory is not what is on disk: it is read again when it is needed.
void AskTellEngine::Drop(const absl::Status& status, Batch* batch) {
  Batch later = std::exchange(gathered_, Batch());
  std::move(later.calls.begin(), later.calls.end(), std::back_inserter(batch->calls));
  std::move(later.made.begin(), later.made.end(), std::back_inserter(batch->made));
  for (const Made& made : batch->made) {
    const auto loaded = loaded_.find(made.experiment);
    if (loaded == loaded_.end()) continue;
    for (const auto& watch : loaded->second.watches) watch->End(status);
    Forget(made.experiment);
  }
  for (const std::shared_ptr<Call>& call : batch->calls) call->status = status;
}

void AskTellEngine::PassWriting() {
  MutexLock turn(&turn_);
  const auto next =
      std::find_if(gathered_.calls.begin(), gathered_.calls.end(),
                   [](const std::shared_ptr<Call>& call) { return call->then == nullptr; });
  if (next == gathered_.calls.end()) {
    writing_ = false;
    if (stop_ || NextWake() < sleeps_until_) called_.NotifyOne();
    return;
  }
  MutexLock lock(&(*next)->mutex);
  (*next)->writes = true;
  (*next)->answered.NotifyAll();
}

void AskTellEngine::Loop() {
  while (TakeOwnTurn()) {
  }
}

bool AskTellEngine::TakeOwnTurn() {
  Calls answered;
  std::vector<std::unique_ptr<ControlServer>> retired;  // end without the lock
  bool writes = false;
  bool goes_on = true;
  {
    MutexLock turn(&turn_);
    WaitForOwnTurn();
    const absl::Time now = clock_->Now();
    look_ = false;
    answered = TakeTurn(nullptr, now);
    retired = std::exchange(retired_, {});
    if (!writing_ && (stop_ || gathered_.due <= now)) writes = writing_ = true;
    goes_on = !stop_ || !gathered_.changes.empty() || !gathered_.calls.empty();
  }
  Answer(answered);
  if (writes) Write();
  return goes_on;
}

void AskTellEngine::WaitForOwnTurn() {
  // Whoever writes when the engine is to end wakes this thread when it has done so.
  while (stop_ ? writing_ : !look_) {
    sleeps_until_ = NextWake();
    const absl::Duration left = sleeps_until_ - clock_->Now();
    if (!stop_ && left <= absl::ZeroDuration()) break;
    called_.WaitWithTimeout(&turn_, stop_ ? absl::InfiniteDuration() : left);
  }
  sleeps_until_ = absl::InfinitePast();
}

absl::Time AskTellEngine::NextWake() const {
  absl::Time wake = writing_ ? absl::InfiniteFuture() : gathered_.due;
  for (const auto& [name, loaded] : loaded_) {
    wake = std::min(wake, loaded.experiment->NextExpiry());
  }
  for (const std::shared_ptr<Call>& call : waiting_) wake = std::min(wake, call->deadline);
  return wake;
}

}  // namespace qalam
