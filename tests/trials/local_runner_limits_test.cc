// Memory, disk and other things that run out.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"
#include "trials/runners/machine.h"
#include "trials/supervisor/files.h"
#include "trials/supervisor/memory_guard.h"
#include "trials/supervisor/proc.h"

namespace qalam {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Takes 300 MB and keeps it.
constexpr char kHog[] =
    "exec /usr/bin/python3 -c 'import time; x = bytearray(300 << 20); print(\"full\", flush=True); "
    "time.sleep(600)'";

TEST(LocalRunnerLimitsTest, JobAboveItsMemoryLimitEndsAsOutOfMemory) {
  if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "needs /usr/bin/python3";
  RunnerFixture fixture;
  Job job = fixture.Shell("t", kHog);
  job.backoff_limit = 3;
  job.pod.resources.memory_limit = int64_t{100} << 20;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kOutOfMemory);
  EXPECT_THAT(outcome.message, HasSubstr("memory limit of 100 MiB"));
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerLimitsTest, MemoryOfAllProcessesOfAJobCounts) {
  if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "needs /usr/bin/python3";
  RunnerFixture fixture;
  Job job = fixture.Shell("t",
                          "for i in 1 2 3; do /usr/bin/python3 -c 'import time; x = "
                          "bytearray(60 << 20); time.sleep(600)' & done; wait");
  job.pod.resources.memory_limit = int64_t{120} << 20;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kOutOfMemory) << outcome.message;
}

TEST(LocalRunnerLimitsTest, JobBelowItsMemoryLimitIsLeftAlone) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "sleep 0.3; echo fine");
  job.pod.resources.memory_limit = int64_t{100} << 20;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
}

TEST(LocalRunnerLimitsTest, NoMemoryGroupIsLeftBehind) {
  const std::string parent = FindMemoryCgroup();
  if (parent.empty()) GTEST_SKIP() << "no memory cgroup can be made here";
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "setsid sleep 600 & cat /proc/self/cgroup");
  job.pod.resources.memory_limit = int64_t{100} << 20;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), testing::Contains(HasSubstr("/qalam-")));
  const std::string mark = supervisor::MarkOf(job.name, job.directory);
  EXPECT_FALSE(std::filesystem::exists(supervisor::MemoryGroupOf(parent, mark)));
}

TEST(LocalRunnerLimitsTest, WithoutCgroupTheMemoryOfAllDescendantsIsSampled) {
  if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "needs /usr/bin/python3";
  supervisor::MemoryGuard guard(int64_t{250} << 20, "", "mark");
  EXPECT_TRUE(guard.active());
  EXPECT_EQ(guard.cgroup(), -1);
  EXPECT_FALSE(guard.Exceeded(true));
  // Its grandchildren, as the runner's trials are the supervisor's.
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", kHog);
  ASSERT_OK(fixture.runner().Submit(job));
  EXPECT_TRUE(WaitUntil([&] { return guard.Exceeded(true); }));
  EXPECT_GT(guard.next_check(), supervisor::SteadyNs());
  fixture.runner().Cancel("t", absl::ZeroDuration());
  fixture.sink().WaitEnded("t");
  EXPECT_FALSE(guard.Exceeded(true));
  EXPECT_FALSE(supervisor::MemoryGuard(0, "", "mark").active());
}

// A file system of its own with room for `kilobytes`.
class SmallDisk {
 public:
  explicit SmallDisk(int kilobytes) {
    mounted_ = mount("qalam-test", folder_.path().c_str(), "tmpfs", 0,
                     absl::StrCat("size=", kilobytes, "k").c_str()) == 0;
    error_ = errno;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  std::string error() const { return strerror(error_); }
  std::string File(const std::string& name) const { return folder_.File(name); }
  // Leaves no room.
  void Fill() const {
    const std::string chunk(4096, 'x');
    for (int i = 0; i < 100'000; ++i) {
      const auto before = std::filesystem::space(folder_.path()).available;
      if (before == 0) return;
      WriteText(File("filler"), chunk);
    }
  }
  void MakeRoom() const { unlink(File("filler").c_str()); }

 private:
  TestFolder folder_;
  bool mounted_ = false;
  int error_ = 0;
};

TEST(LocalRunnerLimitsTest, FullDiskPausesTheTrialAndLosesNoLine) {
  const SmallDisk disk(1024);
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a small tmpfs: " << disk.error();
  RunnerFixture fixture;
  Job job =
      ShellJob("t", disk.File("job"),
               "echo ready; read x < " + fixture.File("go") + "; seq 100001 160000; echo last");
  ASSERT_EQ(mkfifo(fixture.File("go").c_str(), 0600), 0);
  job.log_limit_bytes = 100'000;
  job.capture.words = {"ready", "7777", "last"};
  job.pod.main.working_dir = "/";
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  disk.Fill();
  WriteText(fixture.File("go"), "\n");
  // It writes 420 kB: more than the pipe and what is left in the files' last pages can take.
  const pid_t supervisor = SupervisorOf(job);
  const SystemClock clock;
  const absl::Time until = clock.Now() + absl::Milliseconds(1500);
  EXPECT_FALSE(WaitUntil([&] { return fixture.sink().HasEnded("t"); }, until - clock.Now()));
  EXPECT_TRUE(IsRunning(supervisor));
  disk.MakeRoom();
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kSucceeded);
  const std::vector<std::string> lines = fixture.sink().Lines("t");
  ASSERT_EQ(lines.size(), 8u);  // 6 numbers have 7777 in them
  EXPECT_EQ(lines.back(), "last");
}

TEST(LocalRunnerLimitsTest, CancelDoesNotWaitForAFullDisk) {
  const SmallDisk disk(512);
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a small tmpfs: " << disk.error();
  RunnerFixture fixture;
  Job job = ShellJob("t", disk.File("job"), "echo ready; seq 1 10000000");
  job.pod.main.working_dir = "/";
  job.log_limit_bytes = 100 << 20;
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1000));
  ASSERT_TRUE(WaitUntil([&] { return std::filesystem::space(disk.File("job")).available == 0; }));
  fixture.runner().Cancel("t", absl::Milliseconds(200));
  EXPECT_EQ(fixture.sink().WaitEnded("t", absl::Seconds(20)).end, JobEnd::kCancelled);
}

TEST(LocalRunnerLimitsTest, HundredsOfJobsLeaveNothingBehind) {
  LocalRunnerOptions options;
  options.cpus = 2;
  RunnerFixture fixture(options);
  EXPECT_EQ(fixture.Run(fixture.Shell("warm-up", "true")).end, JobEnd::kSucceeded);
  const int files_before = OpenFiles();
  const pid_t host = HostOfThisProcess();
  const auto host_files = [host] {
    const auto entries = std::filesystem::directory_iterator(absl::StrCat("/proc/", host, "/fd"));
    return std::distance(begin(entries), end(entries));
  };
  const auto host_files_before = host_files();
  std::vector<Job> jobs;
  for (int i = 0; i < 500; ++i) {
    jobs.push_back(fixture.Shell(absl::StrCat("t", i), ""));
    jobs.back().pod.main.argv = {"/bin/true"};
    jobs.back().pod.resources.cpus = 0.25;
    ASSERT_OK(fixture.runner().Submit(jobs.back()));
  }
  for (const Job& job : jobs) {
    EXPECT_EQ(fixture.sink().WaitEnded(job.name).end, JobEnd::kSucceeded);
  }
  // Eight ran at a time: besides the first one's, their supervisors wait for other jobs.
  EXPECT_TRUE(WaitUntil([&] { return OpenFiles() <= files_before + 7; }));
  EXPECT_TRUE(WaitUntil([&] { return host_files() == host_files_before; }));
  for (const Job& job : jobs) fixture.runner().Release(job, /*keep_log=*/false);
  EXPECT_FALSE(std::filesystem::exists(jobs[499].directory));
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerLimitsTest, MachineHasSomethingToHandOut) {
  const MachineResources machine = DetectMachine();
  EXPECT_GT(machine.cpus, 0);
  EXPECT_GT(machine.memory_bytes, int64_t{16} << 20);
  setenv("QALAM_GPUS", "0, 2,", 1);
  EXPECT_THAT(DetectMachine().gpus, testing::ElementsAre("0", "2"));
  setenv("QALAM_GPUS", "", 1);
  EXPECT_THAT(DetectMachine().gpus, IsEmpty());
  unsetenv("QALAM_GPUS");
}

}  // namespace
}  // namespace qalam
