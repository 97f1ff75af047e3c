#include "trials/runners/runner_inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace qalam {

RunnerInbox::RunnerInbox() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void RunnerInbox::Post(RunnerCommand command) {
  {
    const MutexLock lock(&mutex_);
    commands_.push_back(std::move(command));
    if (commands_.size() > 1) return;  // woken already
  }
  eventfd_write(wake_.get(), 1);
}

std::vector<RunnerCommand> RunnerInbox::TakeAll() {
  eventfd_t count = 0;
  eventfd_read(wake_.get(), &count);
  const MutexLock lock(&mutex_);
  return std::exchange(commands_, {});
}

bool RunnerInbox::Enter(const std::string& job) {
  const MutexLock lock(&mutex_);
  return in_hand_.insert(job).second;
}

void RunnerInbox::Leave(const std::string& job) {
  const MutexLock lock(&mutex_);
  in_hand_.erase(job);
}

bool RunnerInbox::Holds(const std::string& job) const {
  const MutexLock lock(&mutex_);
  return in_hand_.count(job) > 0;
}

}  // namespace qalam
