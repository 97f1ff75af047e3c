#include "trials/supervisor/process.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "trials/supervisor/fd.h"
#include "trials/supervisor/files.h"

namespace qalam::supervisor {
namespace {

// How long to try when the machine has no process or memory to spare: 3 seconds.
constexpr int kForkAttempts = 30;
constexpr useconds_t kForkPauseUs = 100'000;

constexpr size_t kStackBytes = 64 << 10;

enum class FailedAt { kNothing, kSetup, kFolder, kProgram };

// Everything the child needs, made ready before: it runs in the supervisor's memory until exec.
struct Launch {
  std::vector<std::string> candidates;  // where the program may be
  std::vector<char*> argv;
  std::vector<char*> shell_argv;  // to run a file without #! as execvp does
  std::vector<char*> envp;
  const char* folder = nullptr;
  int input = -1;
  int output = -1;
  int cgroup = -1;
  pid_t supervisor = 0;
  FailedAt failed_at = FailedAt::kNothing;
  int error = 0;
};

bool SameName(const char* entry, const std::string& assignment) {
  const size_t name = assignment.find('=');
  return name != std::string::npos && std::strncmp(entry, assignment.c_str(), name + 1) == 0;
}

void SetVariable(const std::string& assignment, std::vector<char*>* envp) {
  char* const value = const_cast<char*>(assignment.c_str());
  for (char*& entry : *envp) {
    if (SameName(entry, assignment)) {
      entry = value;
      return;
    }
  }
  envp->push_back(value);
}

// Points into environ, `process` and `surroundings`, which must outlive it.
std::vector<char*> EnvironmentOf(const ProcessPlan& process, const Surroundings& surroundings) {
  std::vector<char*> envp;
  for (char** entry = environ; *entry != nullptr; ++entry) envp.push_back(*entry);
  for (const std::string& assignment : process.env) SetVariable(assignment, &envp);
  for (const std::string& assignment : surroundings.env) SetVariable(assignment, &envp);
  envp.push_back(nullptr);
  return envp;
}

// A call of exec that fails costs many times what a look costs. Relative paths count from another
// folder than ours.
bool MayExist(const std::string& program) {
  return program[0] != '/' || access(program.c_str(), F_OK) == 0 ||
         (errno != ENOENT && errno != ENOTDIR);
}

std::vector<std::string> CandidatesFor(const std::string& program, const std::vector<char*>& envp) {
  if (program.find('/') != std::string::npos) return {program};
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  for (const char* entry : envp) {
    if (entry != nullptr && std::strncmp(entry, "PATH=", 5) == 0) path = entry + 5;
  }
  std::vector<std::string> candidates;
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin);
    if (!candidate.empty()) candidate.append("/");
    candidate.append(program);
    if (MayExist(candidate)) candidates.push_back(std::move(candidate));
    begin = end + 1;
  }
  return candidates;
}

void ResetSignals() {
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGXFSZ}) {
    struct sigaction action = {};
    action.sa_handler = SIG_DFL;
    sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// The errno of the failure that says most: a file that is there but cannot be run before none.
int ExecFirst(Launch* launch) {
  int error = ENOENT;
  for (const std::string& program : launch->candidates) {
    execve(program.c_str(), launch->argv.data(), launch->envp.data());
    if (errno == ENOEXEC) {
      launch->shell_argv[1] = const_cast<char*>(program.c_str());
      execve("/bin/sh", launch->shell_argv.data(), launch->envp.data());
    }
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  return error;
}

[[noreturn]] void Fail(Launch* launch, FailedAt where, int error) {
  launch->failed_at = where;
  launch->error = error;
  _exit(127);
}

int Child(void* argument) noexcept {
  auto* launch = static_cast<Launch*>(argument);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launch->supervisor) _exit(127);
  ResetSignals();
  if (launch->cgroup >= 0 && write(launch->cgroup, "0", 1) != 1) {
    Fail(launch, FailedAt::kSetup, errno);
  }
  if (dup2(launch->input, 0) < 0 || dup2(launch->output, 1) < 0 || dup2(launch->output, 2) < 0) {
    Fail(launch, FailedAt::kSetup, errno);
  }
  if (chdir(launch->folder) != 0) Fail(launch, FailedAt::kFolder, errno);
  Fail(launch, FailedAt::kProgram, ExecFirst(launch));
}

std::string Explain(const ProcessPlan& process, const Launch& launch) {
  const std::string reason = ErrnoText(launch.error);
  if (launch.failed_at == FailedAt::kFolder) {
    return "cannot enter its working folder \"" + std::string(launch.folder) + "\": " + reason;
  }
  std::string text = "cannot start \"" + process.argv[0] + "\": " + reason;
  if (launch.failed_at == FailedAt::kProgram && launch.error == ENOENT) {
    // A script whose interpreter is missing fails the same way as a missing file.
    text += process.argv[0].find('/') == std::string::npos
                ? " (no such program in PATH)"
                : " (neither the file nor, for a script, its interpreter may be missing)";
  }
  return text;
}

}  // namespace

StartResult StartProcess(const ProcessPlan& process, const Surroundings& surroundings, int output) {
  StartResult result;
  if (process.argv.empty() || process.argv[0].empty()) {
    result.error = "has no command to run";
    result.error_number = EINVAL;
    return result;
  }
  const UniqueFd input(open("/dev/null", O_RDONLY | O_CLOEXEC));
  Launch launch;
  launch.envp = EnvironmentOf(process, surroundings);
  launch.candidates = CandidatesFor(process.argv[0], launch.envp);
  for (const std::string& argument : process.argv) {
    launch.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  launch.argv.push_back(nullptr);
  launch.shell_argv = launch.argv;
  launch.shell_argv.insert(launch.shell_argv.begin(), const_cast<char*>("sh"));
  const std::string& folder =
      process.working_dir.empty() ? surroundings.work_folder : process.working_dir;
  launch.folder = folder.c_str();
  launch.input = input.get();
  launch.output = output;
  launch.cgroup = surroundings.cgroup;
  launch.supervisor = getpid();
  // As vfork: no page table is copied, and an error is simply written to `launch`.
  const auto stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  char* const stack_top =
      stack.get() + kStackBytes - reinterpret_cast<uintptr_t>(stack.get() + kStackBytes) % 16;
  pid_t pid = -1;
  for (int attempt = 0; pid < 0 && attempt < kForkAttempts; ++attempt) {
    if (attempt > 0) usleep(kForkPauseUs);
    pid = clone(Child, stack_top, CLONE_VM | CLONE_VFORK | SIGCHLD, &launch);
    if (pid < 0 && errno != EAGAIN && errno != ENOMEM) break;
  }
  if (pid < 0) {
    result.error_number = errno;
    result.error = "cannot start a process: " + ErrnoText(errno);
  } else if (launch.failed_at != FailedAt::kNothing) {
    waitpid(pid, nullptr, 0);
    result.error_number = launch.error;
    result.error = Explain(process, launch);
  } else {
    result.pid = pid;
  }
  return result;
}

}  // namespace qalam::supervisor
