#include "cli/stopper.h"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/exit_code.h"
#include "cli/workspace.h"

namespace qalam {

Stopper::~Stopper() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void Stopper::OnSignal(int signal) {
  switch (signal) {
    case SIGTSTP:
      reporter_->Suspend();
      raise(SIGSTOP);
      return;
    case SIGCONT:
      reporter_->Continue();
      return;
    case SIGPIPE:  // also raised by other pipes, which look after themselves
      if (!reporter_->OutputWorks() && !requested_) Escalate();
      return;
    default:
      Escalate();
  }
}

absl::Status Stopper::StopOne(const ExperimentRecord& record, StopMode mode) {
  requested_ = true;
  reporter_->Stopping(absl::StrCat("Stopping ", FullName(record), ", as `qalam stop` asked: ",
                                   mode == StopMode::kNow
                                       ? "running trials are killed."
                                       : "running trials get their grace time."));
  return engine_->Stop(record.ns, record.name, mode);
}

void Stopper::StopLateStarters() {
  if (signals_ > 0) StopAll(signals_ > 1 ? StopMode::kNow : StopMode::kGraceful);
}

void Stopper::Escalate() {
  requested_ = true;
  const int count = ++signals_;
  if (count == 1) {
    const std::string names = absl::StrJoin(
        records_, " ",
        [](std::string* out, const ExperimentRecord& record) { out->append(record.name); });
    reporter_->Stopping(
        absl::StrCat("Stopping: running trials get their grace time; Ctrl-C again kills them at "
                     "once. `qalam resume ",
                     names, "` goes on later."));
    StopAll(StopMode::kGraceful);
  } else if (count == 2) {
    reporter_->Stopping("Stopping at once: running trials are killed.");
    StopAll(StopMode::kNow);
  } else {
    reporter_->Suspend();
    _exit(static_cast<int>(ExitCode::kStopped));
  }
}

// Does not wait: Engine::Stop returns when the request is on disk, and while the disk is full only
// a further signal helps.
void Stopper::StopAll(StopMode mode) {
  MutexLock lock(&mutex_);
  threads_.emplace_back([this, mode] {
    for (const ExperimentRecord& record : records_) {
      // NotFound: it is finished, or not started yet (see StopLateStarters).
      engine_->Stop(record.ns, record.name, mode).IgnoreError();
    }
  });
}

}  // namespace qalam
