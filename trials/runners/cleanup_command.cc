#include "trials/runners/cleanup_command.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "trials/supervisor/files.h"
#include "trials/supervisor/plan.h"

namespace qalam {
namespace {

constexpr int64_t kLongestRun = int64_t{60} * 1'000'000'000;
// Names of more pods than this are not gone through.
constexpr int64_t kMostRemovedPods = 1000;

}  // namespace

CleanupCommand::CleanupCommand(const std::vector<std::string>& argv)
    : give_up_at_(supervisor::SteadyNs() + kLongestRun) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  if (posix_spawnp(&pid_, words[0], &files, &attributes, words.data(), environ) != 0) pid_ = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
}

CleanupCommand::CleanupCommand(CleanupCommand&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), give_up_at_(other.give_up_at_) {}

CleanupCommand::~CleanupCommand() { Kill(); }

void CleanupCommand::Kill() {
  if (pid_ <= 1) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

bool CleanupCommand::Done() {
  if (pid_ <= 1) return true;
  if (waitpid(pid_, nullptr, WNOHANG) != 0) {
    pid_ = -1;
  } else if (supervisor::SteadyNs() >= give_up_at_) {
    Kill();
  }
  return pid_ < 0;
}

std::vector<std::vector<std::string>> CleanupsOf(const Job& job) {
  std::vector<const ProcessSpec*> processes = {&job.pod.main};
  for (const ProcessSpec& process : job.pod.init) processes.push_back(&process);
  for (const ProcessSpec& process : job.pod.sidecars) processes.push_back(&process);
  const int64_t pods =
      std::min(kMostRemovedPods,
               int64_t{job.completions} + std::min<int64_t>(job.backoff_limit, kMostRemovedPods));
  std::vector<std::vector<std::string>> cleanups;
  for (const ProcessSpec* process : processes) {
    if (process->cleanup_argv.empty()) continue;
    std::vector<std::string> argv =
        supervisor::WordsForPod(process->cleanup_argv, process->unique_name, 0);
    for (int64_t pod = 1; pod < pods && !process->unique_name.empty(); ++pod) {
      argv.push_back(supervisor::WordsForPod({process->unique_name}, process->unique_name, pod)[0]);
    }
    cleanups.push_back(std::move(argv));
  }
  return cleanups;
}

}  // namespace qalam
