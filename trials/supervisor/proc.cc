#include "trials/supervisor/proc.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/wire.h"

namespace qalam::supervisor {
namespace {

// The numbers among the names in a folder of /proc.
std::vector<pid_t> NumbersIn(const std::string& folder) {
  std::vector<pid_t> numbers;
  DIR* entries = opendir(folder.c_str());
  if (entries == nullptr) return numbers;
  while (const dirent* entry = readdir(entries)) {
    const int number = std::atoi(entry->d_name);
    if (number > 0) numbers.push_back(number);
  }
  closedir(entries);
  return numbers;
}

std::string ProcPath(pid_t pid) { return "/proc/" + std::to_string(pid); }

// Where the kernel has no list of children, every process is asked for its parent.
std::vector<pid_t> ChildrenByScan(pid_t parent) {
  std::vector<pid_t> children;
  for (const pid_t pid : NumbersIn("/proc")) {
    const std::string stat = ReadSmallFile(ProcPath(pid) + "/stat");
    const size_t name_end = stat.rfind(')');  // the name may hold anything
    int found = 0;
    if (name_end != std::string::npos &&
        std::sscanf(stat.c_str() + name_end + 1, " %*c %d", &found) == 1 && found == parent) {
      children.push_back(pid);
    }
  }
  return children;
}

bool IsMarked(pid_t pid, const std::string& mark) {
  // A zombie's environment reads as empty.
  const std::string environment = '\0' + ReadSmallFile(ProcPath(pid) + "/environ", 4 << 20);
  return environment.find('\0' + mark + '\0') != std::string::npos;
}

bool HasChildrenLists() {
  const std::string self = std::to_string(getpid());
  return access(("/proc/self/task/" + self + "/children").c_str(), R_OK) == 0;
}

}  // namespace

std::vector<pid_t> ChildrenOf(pid_t pid) {
  if (!HasChildrenLists()) return ChildrenByScan(pid);
  std::vector<pid_t> children;
  const std::string tasks = ProcPath(pid) + "/task";
  for (const pid_t thread : NumbersIn(tasks)) {
    const std::string list = ReadSmallFile(tasks + "/" + std::to_string(thread) + "/children");
    const char* next = list.c_str();
    for (;;) {
      char* end = nullptr;
      const long child = std::strtol(next, &end, 10);
      if (end == next) break;
      // 0: a process of another namespace, which has no number here.
      if (child > 1) children.push_back(static_cast<pid_t>(child));
      next = end;
    }
  }
  return children;
}

int64_t PrivateMemoryOf(pid_t pid) {
  long long resident = 0;
  long long shared = 0;
  const std::string statm = ReadSmallFile(ProcPath(pid) + "/statm");
  if (std::sscanf(statm.c_str(), "%*s %lld %lld", &resident, &shared) != 2) return 0;
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

std::vector<pid_t> ProcessesMarked(const std::string& mark) {
  std::vector<pid_t> found;
  for (const pid_t pid : NumbersIn("/proc")) {
    if (IsMarked(pid, mark)) found.push_back(pid);
  }
  return found;
}

int KillMarked(const std::string& mark) {
  int count = 0;
  for (const pid_t pid : ProcessesMarked(mark)) {
    const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    // Asked again, as the number may be another process' by now.
    if (!process.valid() || !IsMarked(pid, mark)) continue;
    syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
    ++count;
  }
  return count;
}

std::string CommandOf(pid_t pid) {
  std::string name = ReadSmallFile(ProcPath(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

std::string MarkOf(const std::string& name, const std::string& directory) {
  char hash[24];
  std::snprintf(hash, sizeof(hash), "%016llx",
                static_cast<unsigned long long>(Fingerprint(directory)));
  return "QALAM_JOB=" + name + "@" + hash;
}

}  // namespace qalam::supervisor
