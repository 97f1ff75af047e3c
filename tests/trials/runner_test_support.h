#ifndef QALAM_TESTS_TRIALS_RUNNER_TEST_SUPPORT_H_
#define QALAM_TESTS_TRIALS_RUNNER_TEST_SUPPORT_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "trials/runner.h"
#include "trials/runners/local_runner.h"

namespace qalam {

// A folder that is removed with what is in it.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Checks `condition` every few milliseconds until it holds; false after `limit`.
bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(30));

std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& text);
std::vector<std::string> LinesOf(const std::string& path);
// Whether a process is there and not a zombie.
bool IsRunning(pid_t pid);
// The number in a file that a process writes; waits for it.
pid_t ReadPid(const std::string& path);
int OpenFiles();

// Keeps what a runner tells, and checks the order in which it may tell it.
class RecordingSink final : public JobEventSink {
 public:
  void OnStarted(const std::string& job, absl::Time when) override;
  void OnLines(const std::string& job, int64_t first_line,
               std::vector<CapturedLine> lines) override;
  void OnEnded(const std::string& job, const JobOutcome& outcome) override;
  void OnNotice(const std::string& job, const std::string& text) override;

  // Waits for the end of a job and returns its outcome; a failure when it does not come in time.
  JobOutcome WaitEnded(const std::string& job, absl::Duration limit = absl::Seconds(60));
  bool WaitStarted(const std::string& job);
  bool WaitLines(const std::string& job, size_t count);

  bool HasStarted(const std::string& job) const;
  bool HasEnded(const std::string& job) const;
  int TimesEnded(const std::string& job) const;
  std::vector<std::string> Lines(const std::string& job) const;
  std::vector<absl::Time> LineTimes(const std::string& job) const;
  std::vector<absl::Time> ToldTimes(const std::string& job) const;
  std::vector<std::string> Notices() const;
  std::vector<std::string> StartOrder() const;
  // Empty when every call came in an order that the interface allows.
  std::vector<std::string> Violations() const;

 private:
  struct Record {
    int started = 0;
    int ended = 0;
    JobOutcome outcome;
    std::vector<CapturedLine> lines;
    std::vector<absl::Time> told;  // when each line was told
  };
  Record Get(const std::string& job) const;
  bool WaitFor(const std::string& job, const std::function<bool(const Record&)>& condition,
               absl::Duration limit);

  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Record> records_;
  std::vector<std::string> notices_;
  std::vector<std::string> start_order_;
  std::vector<std::string> violations_;
};

// A runner with its sink and a folder for its jobs.
class RunnerFixture {
 public:
  explicit RunnerFixture(LocalRunnerOptions options = {});

  // A job that runs `script` with sh, in a folder of its own.
  Job Shell(const std::string& name, const std::string& script) const;
  // Submits, waits for the end.
  JobOutcome Run(const Job& job);
  // No runner is there until Restart().
  void Stop() { runner_.reset(); }
  // As if this process was started anew, with nothing but its folder.
  void Restart();

  Runner& runner() { return *runner_; }
  RecordingSink& sink() { return *sink_; }
  const TestFolder& folder() const { return folder_; }
  std::string File(const std::string& name) const { return folder_.File(name); }

 private:
  LocalRunnerOptions options_;
  TestFolder folder_;
  std::unique_ptr<RecordingSink> sink_;
  std::unique_ptr<Runner> runner_;
};

ProcessSpec ShellProcess(const std::string& name, const std::string& script);
Job ShellJob(const std::string& name, const std::string& directory, const std::string& script);

// The supervisor of a job, and the host that forks them; waits for it, -1 when there is none.
pid_t SupervisorOf(const Job& job);
pid_t HostOfThisProcess();

// SIGKILL to one process. A failure, and no signal, when `pid` is not the number of a process: to
// kill(2), 0, 1 and negative numbers are groups, init, or everybody.
void KillProcess(pid_t pid);

// Processes of the job that run, except its supervisor.
std::vector<pid_t> ProcessesOf(const Job& job);

}  // namespace qalam

#endif  // QALAM_TESTS_TRIALS_RUNNER_TEST_SUPPORT_H_
