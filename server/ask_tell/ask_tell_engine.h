#ifndef QALAM_SERVER_ASK_TELL_ASK_TELL_ENGINE_H_
#define QALAM_SERVER_ASK_TELL_ASK_TELL_ENGINE_H_

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/data_dir.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "server/ask_tell/client_experiment.h"
#include "server/ask_tell/trial_watch.h"
#include "storage/store.h"

namespace qalam {

struct ExperimentName {
  std::string ns;
  std::string name;
  friend auto operator<=>(const ExperimentName&, const ExperimentName&) = default;
};

// Drives experiments whose trials are run by clients. Any thread may call it, and one of those that
// do moves all experiments on: it takes every call that waits, writes what they change in one
// transaction, and only then answers them. Its turn is over then, and a call that has come
// meanwhile has the next one. So many clients share the price of a write to the disk, and a single
// one waits for no other thread. A thread of the engine's own has the turns that no call has: when
// a lease is over, say.
//
// Errors: NotFound, FailedPrecondition (driven by another process, or with a trial template),
// InvalidArgument, and those of Store.
class AskTellEngine {
 public:
  // The arguments must outlive the engine.
  AskTellEngine(Store* store, const DataDir* dir, const Clock* clock);
  // Answers what was called; what waits for a trial gets none.
  ~AskTellEngine();
  AskTellEngine(const AskTellEngine&) = delete;
  AskTellEngine& operator=(const AskTellEngine&) = delete;

  struct Created {
    ExperimentName experiment;
    bool existed = false;
    std::vector<std::string> warnings;
  };
  // Of a manifest as text. InvalidArgument with each problem; AlreadyExists.
  absl::StatusOr<Created> Create(const std::string& manifest);

  struct Asked {
    std::optional<HandedTrial> trial;
    bool ended = false;
  };
  // Waits up to `wait` for a trial, as long as `wanted` says so.
  absl::StatusOr<Asked> Ask(const ExperimentName& experiment, const std::string& client,
                            absl::Duration lease, absl::Duration wait,
                            const std::function<bool()>& wanted);

  struct Told {
    std::optional<std::string> why_not;  // of a trial that is not the client's (any more)
    bool ended = false;
    std::optional<HandedTrial> next;  // where it was asked for, and there is one
  };
  absl::StatusOr<Told> Report(const ExperimentName& experiment, const TrialClaim& claim,
                              const ToldMetrics& metrics);
  // With `ask` as if the client asked at once, without waiting; what hinders that it learns when it
  // asks again.
  absl::StatusOr<Told> Tell(const ExperimentName& experiment, const TrialClaim& claim,
                            const ToldMetrics& metrics, bool failed, const std::string& message,
                            bool ask = false);

  // Ends a trial of whichever experiment it is one of as stopped early, on behalf of somebody who
  // has stopped its processes; its client learns it when it speaks of it. OK as well when it was
  // stopped early before.
  absl::Status Stop(const std::string& trial);

  absl::StatusOr<std::shared_ptr<TrialWatch>> Watch(const ExperimentName& experiment);

 private:
  // A call that a thread waits for.
  struct Call {
    ExperimentName experiment;
    // Runs in somebody's turn. False when the call has to wait for something to happen.
    std::function<bool(ClientExperiment&, absl::Time now)> run;
    bool asks = false;                           // for a trial
    absl::Time deadline = absl::InfinitePast();  // of waiting
    std::atomic<bool> abandoned = false;         // nobody wants the answer any more
    bool needs_commit = true;                    // set by run
    bool ended = false;                          // whether the experiment has
    absl::Status status;

    Mutex mutex;
    CondVar answered;
    bool done ABSL_GUARDED_BY(mutex) = false;
    bool has_turn ABSL_GUARDED_BY(mutex) = false;  // its thread is to take the next turn
  };
  struct Loaded {
    std::unique_ptr<ExperimentLock> lock;
    std::unique_ptr<ClientExperiment> experiment;
    std::vector<std::shared_ptr<TrialWatch>> watches;
  };

  // Of the experiment in the store that has a trial of that name.
  absl::StatusOr<ExperimentRecord> FindExperimentOf(const std::string& trial) const;
  absl::Status RunCall(const std::shared_ptr<Call>& call, const std::function<bool()>& wanted);
  // Until the call is answered, which is true, or its thread has the turn.
  bool WaitForAnswer(Call* call, const std::function<bool()>& wanted);
  static void Answer(Call* call);

  // The thread of the engine's own.
  void Loop();
  // False for the last one, which answers whatever waits.
  bool WaitForOwnTurn() ABSL_LOCKS_EXCLUDED(mutex_);
  // Of whoever has set driven_: one turn, and what follows it. An exception ends the program, as
  // what is in memory could be told to others and never be written.
  void Drive() noexcept;
  // When there is something to do next without a call.
  absl::Time TakeTurn() ABSL_LOCKS_EXCLUDED(turn_, mutex_);
  void PassTurn(absl::Time wake_at) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::StatusOr<Loaded*> Find(const ExperimentName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::StatusOr<Loaded> Load(const ExperimentName& name) const;
  // True when the call has an answer.
  bool Process(Call* call, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Writes what was changed; not yet when no answer waits for it and it may wait itself.
  void Commit(std::deque<std::shared_ptr<Call>>* answered, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Notes from when on there is something to be written. False when there is nothing.
  bool HasChanges(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Changes of an experiment in a list that has those of all: they end before `end`.
  struct Made {
    ExperimentName experiment;
    size_t end = 0;
  };
  void Publish(const std::vector<Made>& made, const std::vector<Change>& changes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Lets go of experiments that have ended.
  void Release() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::Time NextWake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  Store* const store_;
  const DataDir* const dir_;
  const Clock* const clock_;

  Mutex turn_;  // held during a turn
  std::map<ExperimentName, Loaded> loaded_ ABSL_GUARDED_BY(turn_);
  std::deque<std::shared_ptr<Call>> waiting_ ABSL_GUARDED_BY(turn_);
  // What is not written yet, at the latest.
  absl::Time write_at_ ABSL_GUARDED_BY(turn_) = absl::InfiniteFuture();

  Mutex mutex_;
  CondVar called_;  // for the engine's own thread
  std::deque<std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  bool driven_ ABSL_GUARDED_BY(mutex_) = false;  // a thread has the turn, or is about to
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool look_ ABSL_GUARDED_BY(mutex_) = false;  // at the calls that wait: one was abandoned
  // When the engine's own thread is to take a turn, and until when it sleeps: somewhat shorter than
  // it could, rather than being woken for each call that puts the time off.
  absl::Time wake_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time sleeps_until_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace qalam

#endif  // QALAM_SERVER_ASK_TELL_ASK_TELL_ENGINE_H_
