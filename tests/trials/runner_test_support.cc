#include "tests/trials/runner_test_support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/clock.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/proc.h"
#include "trials/supervisor/state_file.h"

namespace qalam {

TestFolder::TestFolder() {
  std::string path = "/tmp/qalam-runner-test-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "mkdtemp failed";
  path_ = path;
}

TestFolder::~TestFolder() { supervisor::RemoveFolder(path_); }

bool WaitUntil(const std::function<bool()>& condition, absl::Duration limit) {
  const SystemClock clock;
  const absl::Time deadline = clock.Now() + limit;
  while (!condition()) {
    if (clock.Now() > deadline) return false;
    usleep(2000);
  }
  return true;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteText(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

std::vector<std::string> LinesOf(const std::string& path) {
  return absl::StrSplit(ReadText(path), '\n', absl::SkipEmpty());
}

bool IsRunning(pid_t pid) {
  const std::string stat = ReadText(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z';
}

pid_t ReadPid(const std::string& path) {
  int pid = 0;
  WaitUntil([&] {
    const std::string text = ReadText(path);
    return !text.empty() && text.back() == '\n' && absl::SimpleAtoi(text, &pid);
  });
  return pid;
}

int OpenFiles() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<int>(std::distance(begin(entries), end(entries)));
}

void RecordingSink::OnStarted(const std::string& job, absl::Time) {
  const MutexLock lock(&mutex_);
  Record& record = records_[job];
  if (record.started > record.ended) violations_.push_back(job + " started twice");
  if (record.ended > 0) record = {.ended = record.ended};
  record.started = record.ended + 1;
  start_order_.push_back(job);
  changed_.NotifyAll();
}

void RecordingSink::OnLines(const std::string& job, int64_t first_line,
                            std::vector<CapturedLine> lines) {
  const SystemClock clock;
  const MutexLock lock(&mutex_);
  Record& record = records_[job];
  if (record.started != record.ended + 1) violations_.push_back(job + ": lines before its start");
  if (first_line != static_cast<int64_t>(record.lines.size())) {
    violations_.push_back(
        absl::StrCat(job, ": line ", first_line, " told after ", record.lines.size(), " lines"));
  }
  if (lines.empty()) violations_.push_back(job + ": no lines told");
  for (CapturedLine& line : lines) {
    record.lines.push_back(std::move(line));
    record.told.push_back(clock.Now());
  }
  changed_.NotifyAll();
}

void RecordingSink::OnEnded(const std::string& job, const JobOutcome& outcome) {
  const MutexLock lock(&mutex_);
  Record& record = records_[job];
  const bool unstarted = outcome.end == JobEnd::kCancelled && record.started == record.ended;
  if (record.started != record.ended + 1 && !unstarted) {
    violations_.push_back(job + " ended without start");
  }
  record.started = record.ended + 1;
  ++record.ended;
  record.outcome = outcome;
  changed_.NotifyAll();
}

void RecordingSink::OnNotice(const std::string&, const std::string& text) {
  const MutexLock lock(&mutex_);
  notices_.push_back(text);
  changed_.NotifyAll();
}

bool RecordingSink::WaitFor(const std::string& job,
                            const std::function<bool(const Record&)>& condition,
                            absl::Duration limit) {
  const SystemClock clock;
  const absl::Time deadline = clock.Now() + limit;
  const MutexLock lock(&mutex_);
  while (!condition(records_[job])) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitWithTimeout(&mutex_, left);
  }
  return true;
}

JobOutcome RecordingSink::WaitEnded(const std::string& job, absl::Duration limit) {
  if (!WaitFor(
          job, [](const Record& record) { return record.ended > 0; }, limit)) {
    ADD_FAILURE() << job << " did not end in time";
  }
  return Get(job).outcome;
}

bool RecordingSink::WaitStarted(const std::string& job) {
  return WaitFor(
      job, [](const Record& record) { return record.started > 0; }, absl::Seconds(30));
}

bool RecordingSink::WaitLines(const std::string& job, size_t count) {
  return WaitFor(
      job, [count](const Record& record) { return record.lines.size() >= count; },
      absl::Seconds(30));
}

RecordingSink::Record RecordingSink::Get(const std::string& job) const {
  const MutexLock lock(&mutex_);
  const auto found = records_.find(job);
  return found == records_.end() ? Record() : found->second;
}

bool RecordingSink::HasStarted(const std::string& job) const { return Get(job).started > 0; }
bool RecordingSink::HasEnded(const std::string& job) const { return Get(job).ended > 0; }
int RecordingSink::TimesEnded(const std::string& job) const { return Get(job).ended; }

std::vector<std::string> RecordingSink::Lines(const std::string& job) const {
  std::vector<std::string> lines;
  for (const CapturedLine& line : Get(job).lines) lines.push_back(line.text);
  return lines;
}

std::vector<absl::Time> RecordingSink::LineTimes(const std::string& job) const {
  std::vector<absl::Time> times;
  for (const CapturedLine& line : Get(job).lines) times.push_back(line.time);
  return times;
}

std::vector<absl::Time> RecordingSink::ToldTimes(const std::string& job) const {
  return Get(job).told;
}

std::vector<std::string> RecordingSink::Notices() const {
  const MutexLock lock(&mutex_);
  return notices_;
}

std::vector<std::string> RecordingSink::StartOrder() const {
  const MutexLock lock(&mutex_);
  return start_order_;
}

std::vector<std::string> RecordingSink::Violations() const {
  const MutexLock lock(&mutex_);
  return violations_;
}

RunnerFixture::RunnerFixture(LocalRunnerOptions options) : options_(std::move(options)) {
  Restart();
}

void RunnerFixture::Restart() {
  runner_.reset();
  sink_ = std::make_unique<RecordingSink>();
  absl::StatusOr<std::unique_ptr<Runner>> runner = CreateLocalRunner(options_, sink_.get());
  if (!runner.ok()) ADD_FAILURE() << runner.status();
  if (runner.ok()) runner_ = *std::move(runner);
}

ProcessSpec ShellProcess(const std::string& name, const std::string& script) {
  ProcessSpec process;
  process.name = name;
  process.argv = {"sh", "-c", script};
  return process;
}

Job ShellJob(const std::string& name, const std::string& directory, const std::string& script) {
  Job job;
  job.name = name;
  job.directory = directory;
  job.pod.main = ShellProcess("main", script);
  job.grace = absl::Seconds(10);
  return job;
}

Job RunnerFixture::Shell(const std::string& name, const std::string& script) const {
  return ShellJob(name, File("jobs/" + name), script);
}

JobOutcome RunnerFixture::Run(const Job& job) {
  const absl::Status submitted = runner_->Submit(job);
  if (!submitted.ok()) ADD_FAILURE() << submitted;
  return sink_->WaitEnded(job.name);
}

pid_t SupervisorOf(const Job& job) {
  supervisor::JobState state;
  const bool running = WaitUntil([&] {
    state = supervisor::ReadJobState(job.directory);
    return state.phase == supervisor::JobPhase::kRunning;
  });
  return running && state.claim.pid > 1 ? static_cast<pid_t>(state.claim.pid) : -1;
}

pid_t HostOfThisProcess() {
  pid_t host = -1;
  WaitUntil([&host] {
    for (const pid_t child : supervisor::ChildrenOf(getpid())) {
      if (supervisor::CommandOf(child) == "qalam-host" && IsRunning(child)) host = child;
    }
    return host > 1;
  });
  return host;
}

void KillProcess(pid_t pid) {
  if (pid > 1) {
    kill(pid, SIGKILL);
  } else {
    ADD_FAILURE() << "no process to kill: " << pid;
  }
}

std::vector<pid_t> ProcessesOf(const Job& job) {
  return supervisor::ProcessesMarked(supervisor::MarkOf(job.name, job.directory));
}

}  // namespace qalam
