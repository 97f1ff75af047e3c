#include "trials/runners/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/memory_guard.h"

namespace qalam {
namespace {

constexpr char kCgroupRoot[] = "/sys/fs/cgroup";

// The folders of this process' cgroup for `controller` and of those above it: what limits it.
// Version 1 has a tree for each controller, version 2 one tree, whose line in /proc/self/cgroup
// names none.
std::vector<std::string> CgroupFolders(const std::string& controller) {
  std::vector<std::string> folders;
  const std::string text = supervisor::ReadSmallFile("/proc/self/cgroup");
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3) continue;
    const std::vector<std::string> controllers = absl::StrSplit(parts[1], ',');
    const bool version_1 =
        std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
    if (!version_1 && !parts[1].empty()) continue;
    const std::string root = version_1 ? absl::StrCat(kCgroupRoot, "/", controller) : kCgroupRoot;
    // In a container the path may be one that is only valid outside; the root then is its own.
    for (std::string path = parts[2]; !path.empty(); path.resize(path.rfind('/'))) {
      folders.push_back(root + (path == "/" ? "" : path));
      if (path == "/") break;
    }
    folders.push_back(root);
  }
  return folders;
}

int64_t FileNumber(const std::string& path) {
  int64_t number = -1;
  const std::string text = supervisor::ReadSmallFile(path);
  return absl::SimpleAtoi(absl::StripAsciiWhitespace(text), &number) ? number : -1;
}

// Both versions' quota: so many CPUs' worth of time, or nothing.
double CpuQuota(const std::string& folder) {
  double quota = FileNumber(folder + "/cpu.cfs_quota_us");
  double period = FileNumber(folder + "/cpu.cfs_period_us");
  const std::vector<std::string> parts =
      absl::StrSplit(supervisor::ReadSmallFile(folder + "/cpu.max"), absl::ByAnyChar(" \n"));
  if (parts.size() >= 2 &&
      (!absl::SimpleAtod(parts[0], &quota) || !absl::SimpleAtod(parts[1], &period))) {
    return 0;  // "max"
  }
  return quota > 0 && period > 0 ? quota / period : 0;
}

double UsableCpus() {
  cpu_set_t set;
  double cpus = sched_getaffinity(0, sizeof(set), &set) == 0
                    ? CPU_COUNT(&set)
                    : static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  for (const std::string& folder : CgroupFolders("cpu")) {
    const double quota = CpuQuota(folder);
    if (quota > 0) cpus = std::min(cpus, quota);
  }
  return cpus;
}

int64_t UsableMemory() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  for (const std::string& folder : CgroupFolders("memory")) {
    for (const char* name : {"/memory.max", "/memory.limit_in_bytes"}) {
      const int64_t limit = FileNumber(folder + name);
      if (limit > 0) bytes = std::min(bytes, limit);
    }
  }
  return bytes;
}

std::vector<std::string> UsableGpus() {
  std::vector<std::string> gpus;
  if (const char* ids = std::getenv("QALAM_GPUS")) {
    for (const absl::string_view id : absl::StrSplit(ids, ',', absl::SkipWhitespace())) {
      gpus.emplace_back(absl::StripAsciiWhitespace(id));
    }
    return gpus;
  }
  for (int id = 0; access(absl::StrCat("/dev/nvidia", id).c_str(), F_OK) == 0; ++id) {
    gpus.push_back(absl::StrCat(id));
  }
  return gpus;
}

}  // namespace

MachineResources DetectMachine() {
  return {.cpus = UsableCpus(), .memory_bytes = UsableMemory(), .gpus = UsableGpus()};
}

std::string FindMemoryCgroup() {
  for (const std::string& folder : CgroupFolders("memory")) {
    if (supervisor::CanLimitMemoryBelow(folder)) return folder;
  }
  return "";
}

}  // namespace qalam
