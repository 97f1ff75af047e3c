#include "trials/supervisor/memory_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "trials/supervisor/files.h"
#include "trials/supervisor/proc.h"
#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

constexpr int64_t kSampleEvery = 100'000'000;
// A look may take at most this part of the time.
constexpr int64_t kSampleCostShare = 50;

bool WriteNumber(const std::string& path, int64_t number) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(number);
  return file.valid() &&
         write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Version 2 calls it memory.max, version 1 memory.limit_in_bytes. Swap must not stretch the limit.
bool SetLimit(const std::string& group, int64_t limit) {
  if (WriteNumber(group + "/memory.max", limit)) {
    WriteNumber(group + "/memory.swap.max", 0);
    WriteNumber(group + "/memory.oom.group", 1);
    return true;
  }
  if (!WriteNumber(group + "/memory.limit_in_bytes", limit)) return false;
  WriteNumber(group + "/memory.memsw.limit_in_bytes", limit);
  return true;
}

// The kernel counts a process as a member for a moment after it was waited for.
void RemoveGroup(const std::string& group) {
  for (int attempt = 0; attempt < 50; ++attempt) {
    if (rmdir(group.c_str()) == 0 || errno != EBUSY) return;
    usleep(2000);
  }
}

// The number behind `key ` in a file of lines.
int64_t NumberAfter(const std::string& text, const std::string& key) {
  size_t at = text.rfind("\n" + key + " ");
  if (at == std::string::npos && text.compare(0, key.size() + 1, key + " ") != 0) return 0;
  at = at == std::string::npos ? 0 : at + 1;
  return std::atoll(text.c_str() + at + key.size() + 1);
}

}  // namespace

MemoryGuard::MemoryGuard(int64_t limit, const std::string& parent, const std::string& mark)
    : limit_(limit) {
  if (limit_ <= 0 || parent.empty()) return;
  group_ = MemoryGroupOf(parent, mark);
  if (!MakeGroup()) group_.clear();
}

MemoryGuard::~MemoryGuard() {
  procs_.Reset();
  if (!group_.empty()) RemoveGroup(group_);
}

bool MemoryGuard::MakeGroup() {
  if (mkdir(group_.c_str(), 0755) != 0 && access(group_.c_str(), F_OK) != 0) return false;
  procs_.Reset(open((group_ + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (procs_.valid() && SetLimit(group_, limit_)) return true;
  procs_.Reset();
  rmdir(group_.c_str());
  return false;
}

int64_t MemoryGuard::KilledInGroup() const {
  const std::string events = ReadSmallFile(group_ + "/memory.events");
  if (!events.empty()) return NumberAfter(events, "oom_kill");
  return NumberAfter(ReadSmallFile(group_ + "/memory.oom_control"), "oom_kill");
}

bool MemoryGuard::Exceeded(bool force) {
  if (limit_ <= 0) return false;
  const int64_t begin = SteadyNs();
  if (!force && begin < next_check_) return false;
  const bool exceeded = group_.empty() ? MemoryBelow(getpid()) > limit_ : KilledInGroup() > 0;
  const int64_t end = SteadyNs();
  next_check_ = end + std::max(kSampleEvery, (end - begin) * kSampleCostShare);
  return exceeded;
}

int64_t MemoryBelow(int root) {
  int64_t bytes = 0;
  std::vector<pid_t> todo = ChildrenOf(root);
  while (!todo.empty()) {
    const pid_t pid = todo.back();
    todo.pop_back();
    bytes += PrivateMemoryOf(pid);
    const std::vector<pid_t> children = ChildrenOf(pid);
    todo.insert(todo.end(), children.begin(), children.end());
  }
  return bytes;
}

std::string MemoryGroupOf(const std::string& parent, const std::string& mark) {
  return parent + "/qalam-" + std::to_string(Fingerprint(mark));
}

void RemoveMemoryGroup(const std::string& parent, const std::string& mark) {
  if (!parent.empty()) RemoveGroup(MemoryGroupOf(parent, mark));
}

bool CanLimitMemoryBelow(const std::string& parent) {
  const MemoryGuard probe(int64_t{1} << 40, parent, "probe " + std::to_string(getpid()));
  return probe.cgroup() >= 0;
}

}  // namespace qalam::supervisor
