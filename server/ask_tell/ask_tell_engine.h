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
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/control.h"
#include "controller/data_dir.h"
#include "controller/state.h"
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

// Drives experiments whose trials are run by clients. Any thread may call it. A call changes what
// is in memory at once, in its own thread, and is answered when its changes are on disk. They are
// written in batches, one after the other, each in one transaction: what is called while one is
// being written goes into the next, so that many clients share the price of a write. The first
// caller of a batch writes it, so that a single client waits for no other thread. A thread of the
// engine's own does what no caller does: it writes for those that do not wait, and takes trials
// away whose lease is over.
//
// Errors: NotFound, FailedPrecondition (driven by another process, or with a trial template),
// InvalidArgument, and those of Store. After an error of the store everything that it hit is
// answered with it, and what is in memory is read again from the store.
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

  struct Asking {
    ExperimentName experiment;
    std::string client;
    absl::Duration lease = ClientExperiment::kDefaultLease;
    absl::Duration wait;  // for a trial, at most
  };
  struct Asked {
    std::optional<HandedTrial> trial;
    bool ended = false;
  };
  // Waits as long as `wanted` says so.
  absl::StatusOr<Asked> Ask(const Asking& asking, const std::function<bool()>& wanted);

  struct Telling {
    ExperimentName experiment;
    TrialClaim claim;
    ToldMetrics metrics;
    bool failed = false;
    std::string message = {};
    // As if the client asked at once, without waiting; what hinders that it learns when it asks.
    bool ask = false;
  };
  struct Told {
    std::optional<std::string> why_not;  // of a trial that is not the client's (any more)
    bool ended = false;
    std::optional<HandedTrial> next;  // where it was asked for, and there is one
    bool ahead = false;               // `next` was given before (StartTell)
  };
  absl::StatusOr<Told> Tell(const Telling& telling);
  absl::StatusOr<Told> Report(const ExperimentName& experiment, const TrialClaim& claim,
                              const ToldMetrics& metrics);

  // The same for callers that do not wait: `then` is called once, in some thread, without a lock
  // of the engine, in the order of the calls that were written. It must not wait for anything.
  // `ahead` is called at most once, before StartTell returns, with a next trial that may be known
  // before the result is on disk; what was told then waits a little for others to be written with.
  void StartTell(const Telling& telling, std::function<void(const Asked&)> ahead,
                 std::function<void(absl::StatusOr<Told>)> then);
  void StartReport(const ExperimentName& experiment, const TrialClaim& claim,
                   const ToldMetrics& metrics, std::function<void(absl::StatusOr<Told>)> then);
  // The function that is returned says that nobody waits for a trial any more.
  std::function<void()> StartAsk(const Asking& asking,
                                 std::function<void(absl::StatusOr<Asked>)> then);

  // Ends a trial of whichever experiment it is one of as stopped early, on behalf of somebody who
  // has stopped its processes; its client learns it when it speaks of it. OK as well when it was
  // stopped early before.
  absl::Status Stop(const std::string& trial);

  // For `qalam stop` and `qalam edit`, which reach the process over the control socket that each
  // experiment has while it is driven. Who creates a stopped experiment again resumes it.
  absl::Status StopExperiment(const ExperimentName& experiment, StopMode mode);
  absl::StatusOr<Budget> BudgetOf(const ExperimentName& experiment);
  absl::Status Edit(const ExperimentName& experiment, const Budget& budget);

  absl::StatusOr<std::shared_ptr<TrialWatch>> Watch(const ExperimentName& experiment);

 private:
  struct Call {
    ExperimentName experiment;
    // False when the call has to wait for something to happen.
    std::function<bool(ClientExperiment&, absl::Time now)> run;
    bool asks = false;                           // for a trial
    absl::Time deadline = absl::InfinitePast();  // of waiting
    std::atomic<bool> abandoned = false;         // nobody wants the answer any more
    bool needs_commit = true;                    // set by run
    bool gathered = false;                       // its answer waits for a batch
    bool ahead = false;                          // and is known in part already
    absl::Status status;
    // Takes the answer. Empty: a thread waits for it, with what follows.
    std::function<void()> then;

    Mutex mutex;
    CondVar answered;
    bool done ABSL_GUARDED_BY(mutex) = false;
    bool writes ABSL_GUARDED_BY(mutex) = false;  // its thread is to write the next batch
  };
  using Calls = std::vector<std::shared_ptr<Call>>;
  struct Loaded {
    std::unique_ptr<ExperimentLock> lock;
    std::unique_ptr<ControlServer> control;  // null where it cannot listen
    std::unique_ptr<ClientExperiment> experiment;
    std::vector<std::shared_ptr<TrialWatch>> watches;
    int unwritten = 0;  // entries of batches that are not on disk
  };
  // Changes of one experiment in a batch.
  struct Made {
    ExperimentName experiment;
    size_t end = 0;  // of them, in the batch's changes
    int64_t taken = 0;
  };
  struct Batch {
    std::vector<Change> changes;
    std::vector<Made> made;
    Calls calls;  // to be answered when it is written
    // What those who watch are told then.
    std::vector<std::pair<ExperimentName, WatchedChange>> watched;
    absl::Time due = absl::InfiniteFuture();
  };

  std::shared_ptr<Call> NewAsk(const Asking& asking, std::shared_ptr<Asked> asked) const;
  static std::shared_ptr<Call> NewTell(const Telling& telling, std::shared_ptr<Told> told);
  static std::shared_ptr<Call> NewReport(const ExperimentName& experiment, const TrialClaim& claim,
                                         const ToldMetrics& metrics, std::shared_ptr<Told> told);
  // Of the experiment in the store that has a trial of that name.
  absl::StatusOr<ExperimentRecord> FindExperimentOf(const std::string& trial) const;

  // Runs the call; returns its status when it is answered.
  absl::Status Run(const std::shared_ptr<Call>& call, const std::function<bool()>& wanted)
      ABSL_LOCKS_EXCLUDED(turn_);
  // Runs a call that has a `then`.
  void Start(const std::shared_ptr<Call>& call) ABSL_LOCKS_EXCLUDED(turn_);
  // Until the call is answered, which is true, or its thread is to write.
  bool WaitForAnswer(Call* call, const std::function<bool()>& wanted) ABSL_LOCKS_EXCLUDED(turn_);
  void Abandon(Call* call) ABSL_LOCKS_EXCLUDED(turn_);
  static void Answer(const Calls& calls);

  // A turn: time passes, the call (if any) and those that wait run, and what they change is
  // gathered. Returns the calls that are answered without a write.
  // An exception ends the program, as what is in memory could be told to others and never be
  // written.
  Calls TakeTurn(const std::shared_ptr<Call>& call, absl::Time now) noexcept
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void RunWaiting(absl::Time now, Calls* answered) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // True when the call has an answer.
  bool RunOnce(Call* call, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void Gather(absl::Time now, Calls* answered) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::StatusOr<Loaded*> Find(const ExperimentName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::StatusOr<Loaded> Load(const ExperimentName& name);
  std::unique_ptr<ControlServer> ListenFor(const ExperimentName& name, const std::string& uid);
  void Forget(const ExperimentName& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Lets go of experiments that have ended.
  void Release() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  // Writes the batch that is gathered and answers its calls; of whoever has set writing_.
  void Write() noexcept ABSL_LOCKS_EXCLUDED(turn_);
  Batch TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void Publish(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Of what could not be written, and what was gathered since.
  void Drop(const absl::Status& status, Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void PassWriting() ABSL_LOCKS_EXCLUDED(turn_);

  // The thread of the engine's own.
  void Loop();
  // False when the engine ends and all is written.
  bool TakeOwnTurn() ABSL_LOCKS_EXCLUDED(turn_);
  void WaitForOwnTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // When there is something for it to do.
  absl::Time NextWake() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  Store* const store_;
  const DataDir* const dir_;
  const Clock* const clock_;

  Mutex turn_;
  CondVar called_;  // for the engine's own thread
  std::map<ExperimentName, Loaded> loaded_ ABSL_GUARDED_BY(turn_);
  std::deque<std::shared_ptr<Call>> waiting_ ABSL_GUARDED_BY(turn_);
  // Of experiments that were let go of: their threads end when the engine's own one waits for them,
  // which no thread may do that such a one waits for.
  std::vector<std::unique_ptr<ControlServer>> retired_ ABSL_GUARDED_BY(turn_);
  Batch gathered_ ABSL_GUARDED_BY(turn_);
  bool writing_ ABSL_GUARDED_BY(turn_) = false;  // a thread writes a batch, or is about to
  bool stop_ ABSL_GUARDED_BY(turn_) = false;
  bool look_ ABSL_GUARDED_BY(turn_) = false;  // at the calls that wait: one was abandoned
  // Until when the engine's thread sleeps: somewhat shorter than it could, rather than being woken
  // for each call that puts the time off.
  absl::Time sleeps_until_ ABSL_GUARDED_BY(turn_) = absl::InfiniteFuture();
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace qalam

#endif  // QALAM_SERVER_ASK_TELL_ASK_TELL_ENGINE_H_
