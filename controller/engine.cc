#include "controller/engine.h"

#include <algorithm>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "controller/asked.h"
#include "controller/data_dir.h"
#include "controller/driven_experiment.h"
#include "controller/event_queue.h"
#include "controller/idle_gate.h"
#include "controller/reconcile.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

constexpr absl::Duration kCommitRetryDelay = absl::Seconds(1);
// How long changes that nothing waits for (a trial started or ended, a metric came) may wait for
// others to be committed with, such as the trial that follows the one that ended. What a crash
// takes of them is told again by the runner.
constexpr absl::Duration kCommitDelay = absl::Milliseconds(20);

// The engine: one thread runs everything below "engine thread"; the public methods and the runner
// only post to its queue. Each round handles all events that have come, commits what they change in
// one transaction, and only then carries out the effects; only the algorithm, which changes
// nothing, is asked before.
class EngineImpl final : public Engine, private JobEventSink {
 public:
  EngineImpl(const EngineOptions& options, DataDir data_dir)
      : options_(options), data_dir_(std::move(data_dir)), thread_([this] { Run(); }) {}
  ~EngineImpl() override {
    queue_.Close();
    thread_.join();
    runner_.reset();  // before the sink that it reports to
  }

  JobEventSink* sink() override { return this; }
  void UseRunner(std::unique_ptr<Runner> runner) override { runner_ = std::move(runner); }
  absl::Status Start(const ExperimentRecord& record, const ExperimentSpec& spec) override;
  absl::Status Stop(const std::string& ns, const std::string& name, StopMode mode) override;
  absl::Status Edit(const std::string& ns, const std::string& name, const Budget& budget) override;
  absl::StatusOr<ExperimentView> View(const std::string& ns, const std::string& name) override;
  void WaitUntilIdle() override { idle_gate_.Wait(); }

 private:
  struct JobKey {
    int64_t experiment = 0;
    int64_t number = 0;
    int attempt = 1;
  };
  // What is driven, with the lock that says so to other processes.
  struct Entry {
    std::unique_ptr<ExperimentLock> lock;
    std::unique_ptr<DrivenExperiment> driven;
    absl::Time wake_at = absl::InfiniteFuture();
    // Since the last commit.
    std::vector<Change> changes;
    std::vector<Effect> effects;
    Asked asked;
  };
  using Reply = std::shared_ptr<std::promise<absl::Status>>;

  // JobEventSink: the runner's thread.
  void OnStarted(const std::string& job, absl::Time when) override;
  void OnLines(const std::string& job, int64_t first_line,
               std::vector<CapturedLine> lines) override;
  void OnEnded(const std::string& job, const JobOutcome& outcome) override;
  void OnNotice(const std::string& job, const std::string& text) override;

  // Runs `action` on the engine's thread and waits for the status that it or a later commit gives.
  absl::Status Call(std::function<void(Reply)> action);

  // ---- Engine thread.
  void Run();
  // Carries out the requests for suggestions whose answer does not depend on the store.
  void AskEarly();
  // True when all that has changed since the last commit can wait for more.
  bool MayWait();
  void FinishRound();
  bool CommitUntilDone(const std::vector<Change>& changes);
  void TellPaused(const std::string& text);
  void Abandon(const std::string& why);
  void DoStart(const ExperimentRecord& record, const ExperimentSpec& spec,
               std::unique_ptr<ExperimentLock> lock, const Reply& reply);
  void DoEdit(const std::string& ns, const std::string& name, const Budget& budget,
              const Reply& reply);
  void Deliver(Entry& entry, const Event& event);
  void Take(Entry& entry, Step step);
  void WakeUp();
  absl::Time NextWake() const;
  Entry* FindByName(const std::string& ns, const std::string& name);
  std::pair<Entry*, JobKey> FindJob(const std::string& job);

  void TakeAnswer(Entry& entry, int64_t ask_id,
                  const absl::StatusOr<SuggestionWorker::Answer>& answer);

  void CarryOut(Entry& entry, const AskSuggestions& effect);
  void CarryOut(Entry& entry, const SubmitJob& effect);
  void CarryOut(Entry& entry, const CancelJob& effect);
  void CarryOut(Entry& entry, const ReleaseJob& effect);
  void CarryOut(Entry& entry, const EndDrive& effect);
  absl::Status Submit(Entry& entry, const SubmitJob& effect);

  const EngineOptions options_;
  const DataDir data_dir_;
  std::unique_ptr<Runner> runner_;
  EventQueue queue_;

  std::map<int64_t, Entry> entries_;  // by experiment id
  absl::flat_hash_map<std::string, JobKey> jobs_;
  std::vector<int64_t> ended_;  // experiments whose drive ends after this round's effects
  std::vector<std::pair<Reply, absl::Status>> replies_;  // made after the commit
  int64_t last_sequence_ = 0;
  absl::Time commit_by_ = absl::InfiniteFuture();  // set while changes wait
  IdleGate idle_gate_;

  std::thread thread_;  // last: it uses all of the above
};

// ---- Public methods and the runner's thread: post to the queue.

absl::Status EngineImpl::Call(std::function<void(Reply)> action) {
  auto reply = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> answer = reply->get_future();
  if (!queue_.Post([action = std::move(action), reply] { action(reply); })) {
    return absl::UnavailableError("the engine is shutting down");
  }
  return answer.get();
}

absl::Status EngineImpl::Start(const ExperimentRecord& record, const ExperimentSpec& spec) {
  if (record.condition == "Succeeded" || record.condition == "Failed") {
    return absl::FailedPreconditionError(absl::StrCat("experiment ", record.ns, "/", record.name,
                                                      " is finished (", record.condition, ")"));
  }
  QALAM_ASSIGN_OR_RETURN(
      std::unique_ptr<ExperimentLock> lock,
      TakeExperimentLock(data_dir_.LockPath(record.uid),
                         absl::StrCat("experiment ", record.ns, "/", record.name)));
  auto shared_lock = std::make_shared<std::unique_ptr<ExperimentLock>>(std::move(lock));
  return Call([this, record, spec, shared_lock](const Reply& reply) {
    DoStart(record, spec, std::move(*shared_lock), reply);
  });
}

absl::Status EngineImpl::Stop(const std::string& ns, const std::string& name, StopMode mode) {
  if (mode == StopMode::kNow) queue_.Interrupt();
  return Call([this, ns, name, mode](const Reply& reply) {
    Entry* entry = FindByName(ns, name);
    if (entry == nullptr) {
      return reply->set_value(
          absl::NotFoundError(absl::StrCat("experiment ", ns, "/", name, " is not being run")));
    }
    Deliver(*entry, StopRequested{mode});
    replies_.emplace_back(reply, absl::OkStatus());
  });
}

absl::Status EngineImpl::Edit(const std::string& ns, const std::string& name,
                              const Budget& budget) {
  return Call([=, this](const Reply& reply) { DoEdit(ns, name, budget, reply); });
}

absl::StatusOr<ExperimentView> EngineImpl::View(const std::string& ns, const std::string& name) {
  auto view = std::make_shared<ExperimentView>();
  QALAM_RETURN_IF_ERROR(Call([this, ns, name, view](const Reply& reply) {
    Entry* entry = FindByName(ns, name);
    if (entry != nullptr) *view = entry->driven->View();
    reply->set_value(entry != nullptr ? absl::OkStatus()
                                      : absl::NotFoundError(absl::StrCat(
                                            "experiment ", ns, "/", name, " is not being run")));
  }));
  return *view;
}

void EngineImpl::OnStarted(const std::string& job, absl::Time when) {
  queue_.Post([this, job, when] {
    const auto [entry, key] = FindJob(job);
    if (entry != nullptr) Deliver(*entry, JobStarted{key.number, key.attempt, when});
  });
}

void EngineImpl::OnLines(const std::string& job, int64_t /*first_line*/,
                         std::vector<CapturedLine> lines) {
  queue_.Post([this, job, lines = std::move(lines)] {
    const auto [entry, key] = FindJob(job);
    if (entry == nullptr) return;
    DrivenExperiment::TakenLines taken = entry->driven->TakeLines(key.number, key.attempt, lines);
    std::move(taken.changes.begin(), taken.changes.end(), std::back_inserter(entry->changes));
    if (taken.stop.has_value()) Deliver(*entry, *taken.stop);
  });
}

void EngineImpl::OnEnded(const std::string& job, const JobOutcome& outcome) {
  queue_.Post([this, job, outcome] {
    const auto [entry, key] = FindJob(job);
    if (entry == nullptr) return;
    auto event = entry->driven->JudgeEnd(key.number, key.attempt, outcome);
    if (event) Deliver(*entry, *std::move(event));
  });
}

void EngineImpl::OnNotice(const std::string& job, const std::string& text) {
  queue_.Post([this, job, text] {
    const auto [entry, key] = FindJob(job);
    if (entry != nullptr && options_.observer != nullptr) {
      options_.observer->OnNotice(entry->driven->View(), text);
    }
  });
}

// ---- Engine thread.

void EngineImpl::Run() {
  while (true) {
    std::vector<EventQueue::Action> actions;
    if (!queue_.WaitForActions(NextWake() - options_.clock->Now(), &actions)) return;
    for (const EventQueue::Action& action : actions) action();
    WakeUp();
    FinishRound();
  }
}

void EngineImpl::AskEarly() {
  for (auto& [id, entry] : entries_) {
    if (entry.driven->spec().duplicates == DuplicatePolicy::kReuse) continue;
    std::vector<Effect> others;
    for (const Effect& effect : std::exchange(entry.effects, {})) {
      if (const auto* ask = std::get_if<AskSuggestions>(&effect)) {
        CarryOut(entry, *ask);
      } else {
        others.push_back(effect);
      }
    }
    entry.effects = std::move(others);
  }
}

bool EngineImpl::MayWait() {
  bool changed = false;
  for (const auto& [id, entry] : entries_) {
    const bool urgent = std::any_of(
        entry.effects.begin(), entry.effects.end(),
        [](const Effect& effect) { return !std::holds_alternative<ReleaseJob>(effect); });
    if (urgent) return false;
    changed |= !entry.changes.empty();
  }
  if (!changed || !replies_.empty()) return false;
  const absl::Time now = options_.clock->Now();
  if (commit_by_ == absl::InfiniteFuture()) commit_by_ = now + kCommitDelay;
  return now < commit_by_;
}

void EngineImpl::FinishRound() {
  AskEarly();
  if (MayWait()) return;
  commit_by_ = absl::InfiniteFuture();
  std::vector<Change> changes;
  for (auto& [id, entry] : entries_) {
    changes.insert(changes.end(), entry.changes.begin(), entry.changes.end());
  }
  const bool committed = changes.empty() || CommitUntilDone(changes);
  for (auto& [reply, status] : std::exchange(replies_, {})) {
    reply->set_value(committed ? status : absl::UnavailableError("the store cannot be written"));
  }
  if (!committed) return;
  size_t not_passed = changes.size();
  for (auto& [id, entry] : entries_) {
    entry.asked.OnCommitted(last_sequence_, not_passed);
    not_passed -= entry.changes.size();
    const std::vector<Change> written = std::exchange(entry.changes, {});
    if (!written.empty()) entry.driven->SweepCheckpoints();
    if (!written.empty() && options_.observer != nullptr) {
      options_.observer->OnCommitted(entry.driven->View(), written);
    }
    for (const Effect& effect : std::exchange(entry.effects, {})) {
      std::visit([this, &entry = entry](const auto& e) { CarryOut(entry, e); }, effect);
    }
  }
  for (const int64_t id : std::exchange(ended_, {})) {
    const auto it = entries_.find(id);
    if (it == entries_.end()) continue;
    const ExperimentView view = it->second.driven->View();
    entries_.erase(it);
    if (options_.observer != nullptr) options_.observer->OnFinished(view);
    idle_gate_.Leave();
  }
}

// Writes the changes, waiting for room when the disk is full. False when that was given up.
bool EngineImpl::CommitUntilDone(const std::vector<Change>& changes) {
  bool waited = false;
  while (true) {
    const absl::StatusOr<int64_t> sequence = options_.store->Commit(changes);
    if (sequence.ok()) {
      last_sequence_ = *sequence;
      if (waited) TellPaused("");
      return true;
    }
    const absl::Status& status = sequence.status();
    if (!absl::IsResourceExhausted(status) && !absl::IsUnavailable(status)) {
      Abandon(absl::StrCat("the store cannot be written: ", status.message()));
      return false;
    }
    if (!waited) {
      TellPaused(absl::StrCat("paused: ", status.message(),
                              "; going on as soon as the store can be written again"));
    }
    waited = true;
    if (queue_.WaitForInterrupt(kCommitRetryDelay)) {
      Abandon(absl::StrCat("stopped while paused: ", status.message()));
      return false;
    }
  }
}

void EngineImpl::TellPaused(const std::string& text) {
  for (auto& [id, entry] : entries_) {
    entry.driven->set_paused(text);
    if (options_.observer == nullptr) continue;
    options_.observer->OnNotice(entry.driven->View(),
                                text.empty() ? "the store can be written again; going on" : text);
  }
}

// Gives up all experiments without writing: what runs is killed and will run again on resume.
void EngineImpl::Abandon(const std::string& why) {
  for (auto& [id, entry] : entries_) {
    for (const auto& [number, trial] : entry.driven->state().active) {
      if (!trial.in_flight) continue;
      runner_->Cancel(entry.driven->jobs().JobName(trial.name, trial.attempt),
                      absl::ZeroDuration());
    }
    entry.driven->set_paused(why);
    if (options_.observer != nullptr) options_.observer->OnFinished(entry.driven->View());
  }
  const size_t given_up = entries_.size();
  entries_.clear();
  jobs_.clear();
  ended_.clear();
  for (size_t i = 0; i < given_up; ++i) idle_gate_.Leave();
}

void EngineImpl::DoStart(const ExperimentRecord& record, const ExperimentSpec& spec,
                         std::unique_ptr<ExperimentLock> lock, const Reply& reply) {
  const auto sequence = options_.store->LastSequence();
  // Read again now that the lock is held: its former driver may have moved on since.
  const auto current = options_.store->GetExperiment(record.ns, record.name);
  if (!sequence.ok()) return reply->set_value(sequence.status());
  if (!current.ok()) return reply->set_value(current.status());
  if (current->condition == "Succeeded" || current->condition == "Failed") {
    return reply->set_value(absl::FailedPreconditionError(absl::StrCat(
        "experiment ", record.ns, "/", record.name, " is finished (", current->condition, ")")));
  }
  auto driven = DrivenExperiment::Load(*options_.store, *current, spec, options_, data_dir_);
  if (!driven.ok()) return reply->set_value(driven.status());
  last_sequence_ = std::max(last_sequence_, *sequence);
  Entry& entry = entries_[record.id];
  entry.lock = std::move(lock);
  entry.driven = *std::move(driven);
  idle_gate_.Enter();
  Take(entry, entry.driven->Begin(options_.clock->Now()));
  replies_.emplace_back(reply, absl::OkStatus());
}

void EngineImpl::DoEdit(const std::string& ns, const std::string& name, const Budget& budget,
                        const Reply& reply) {
  Entry* entry = FindByName(ns, name);
  if (entry == nullptr) {
    return reply->set_value(
        absl::NotFoundError(absl::StrCat("experiment ", ns, "/", name, " is not being run")));
  }
  const std::vector<absl::Status> problems =
      ValidateBudget(budget, entry->driven->state().next_number);
  if (!problems.empty()) return reply->set_value(problems.front());
  Deliver(*entry, BudgetEdited{budget});
  replies_.emplace_back(reply, absl::OkStatus());
}

void EngineImpl::Deliver(Entry& entry, const Event& event) {
  Take(entry, entry.driven->Apply(event, options_.clock->Now()));
}

void EngineImpl::Take(Entry& entry, Step step) {
  std::move(step.changes.begin(), step.changes.end(), std::back_inserter(entry.changes));
  std::move(step.effects.begin(), step.effects.end(), std::back_inserter(entry.effects));
  entry.wake_at = step.wake_at;
}

void EngineImpl::WakeUp() {
  const absl::Time now = options_.clock->Now();
  for (auto& [id, entry] : entries_) {
    if (entry.wake_at <= now) Deliver(entry, TimePassed{});
  }
}

absl::Time EngineImpl::NextWake() const {
  absl::Time next = commit_by_;
  for (const auto& [id, entry] : entries_) next = std::min(next, entry.wake_at);
  return next;
}

EngineImpl::Entry* EngineImpl::FindByName(const std::string& ns, const std::string& name) {
  for (auto& [id, entry] : entries_) {
    if (entry.driven->spec().ns == ns && entry.driven->spec().name == name) return &entry;
  }
  return nullptr;
}

std::pair<EngineImpl::Entry*, EngineImpl::JobKey> EngineImpl::FindJob(const std::string& job) {
  const auto it = jobs_.find(job);
  if (it == jobs_.end()) return {nullptr, {}};
  const auto entry = entries_.find(it->second.experiment);
  if (entry == entries_.end()) return {nullptr, {}};
  return {&entry->second, it->second};
}

void EngineImpl::CarryOut(Entry& entry, const AskSuggestions& effect) {
  const int64_t id = entry.driven->state().record.id;
  entry.asked = Asked(effect.ask_id, last_sequence_, entry.changes.size());
  entry.driven->Ask(effect.count, [this, id, ask_id = effect.ask_id](
                                      const absl::StatusOr<SuggestionWorker::Answer>& answer) {
    queue_.Post([this, id, ask_id, answer] {
      const auto it = entries_.find(id);
      if (it != entries_.end()) TakeAnswer(it->second, ask_id, answer);
    });
  });
}

void EngineImpl::TakeAnswer(Entry& entry, int64_t ask_id,
                            const absl::StatusOr<SuggestionWorker::Answer>& answer) {
  if (entry.asked.ask_id() != ask_id) return;
  const size_t first = entry.changes.size();
  Deliver(entry, entry.driven->ToEvent(ask_id, entry.asked.sequence(), answer, *options_.store));
  entry.asked.Mark(entry.changes, first);
}

absl::Status EngineImpl::Submit(Entry& entry, const SubmitJob& effect) {
  const TrialTracker* tracker = entry.driven->FindTracker(effect.number);
  if (tracker == nullptr) return absl::OkStatus();  // ended in the same round
  const StoredTrial& trial = tracker->trial();
  QALAM_ASSIGN_OR_RETURN(const Job job, entry.driven->jobs().Build(trial.name, effect.attempt,
                                                                   trial.assignment, trial.labels));
  jobs_[job.name] = {entry.driven->state().record.id, effect.number, effect.attempt};
  return runner_->Submit(job);
}

void EngineImpl::CarryOut(Entry& entry, const SubmitJob& effect) {
  const absl::Status status = Submit(entry, effect);
  if (status.ok()) {
    if (!entry.driven->paused().empty()) entry.driven->set_paused("");
    return;
  }
  if (absl::IsResourceExhausted(status) || absl::IsUnavailable(status)) {
    entry.driven->set_paused(absl::StrCat("waiting: ", status.message()));
    if (options_.observer != nullptr) {
      options_.observer->OnNotice(entry.driven->View(), entry.driven->paused());
    }
  }
  const int64_t id = entry.driven->state().record.id;
  queue_.Post([this, id, effect, status] {
    const auto it = entries_.find(id);
    if (it != entries_.end()) {
      Deliver(it->second, JobRefused{effect.number, effect.attempt, effect.submission, status});
    }
  });
}

void EngineImpl::CarryOut(Entry& entry, const CancelJob& effect) {
  const auto it = entry.driven->state().active.find(effect.number);
  if (it == entry.driven->state().active.end()) return;
  const absl::Duration grace = effect.now ? absl::ZeroDuration() : absl::InfiniteDuration();
  runner_->Cancel(entry.driven->jobs().JobName(it->second.name, effect.attempt), grace);
}

void EngineImpl::CarryOut(Entry& entry, const ReleaseJob& effect) {
  const Job job = entry.driven->jobs().ReleasedJob(effect.trial, effect.attempt);
  jobs_.erase(job.name);
  runner_->Release(job, /*keep_log=*/true);
}

void EngineImpl::CarryOut(Entry& entry, const EndDrive&) {
  ended_.push_back(entry.driven->state().record.id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> CreateEngine(const EngineOptions& options) {
  QALAM_ASSIGN_OR_RETURN(DataDir data_dir, DataDir::Open(options.data_dir));
  return std::make_unique<EngineImpl>(options, std::move(data_dir));
}

}  // namespace qalam
