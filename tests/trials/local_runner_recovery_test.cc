// Nothing is lost and nothing runs twice, whoever is killed.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"
#include "trials/supervisor/captured_lines.h"
#include "trials/supervisor/state_file.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A script that tells `first`, then waits for its file, then tells `second`.
std::string TwoSteps(const std::string& go) {
  return "echo first; while ! test -e " + go + "; do sleep 0.01; done; echo second";
}

TEST(LocalRunnerRecoveryTest, RestartedRunnerAdoptsAndTellsAllLinesAgain) {
  RunnerFixture fixture;
  const Job job = fixture.Shell(
      "t", "echo x >> " + fixture.File("effect") + "; " + TwoSteps(fixture.File("go")));
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.Restart();
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  EXPECT_FALSE(fixture.sink().HasEnded("t"));
  WriteText(fixture.File("go"), "");
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first", "second"));
  EXPECT_THAT(LinesOf(fixture.File("effect")), ElementsAre("x"));
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerRecoveryTest, JobGoesOnAndEndsWithoutARunner) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", TwoSteps(fixture.File("go")) + "; exit 3");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  const pid_t supervisor = SupervisorOf(job);
  fixture.Stop();
  WriteText(fixture.File("go"), "");
  ASSERT_TRUE(WaitUntil([&] { return !IsRunning(supervisor); }));
  fixture.Restart();
  ASSERT_OK(fixture.runner().Submit(job));
  const JobOutcome outcome = fixture.sink().WaitEnded("t");
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.message, HasSubstr("first | second"));
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first", "second"));
}

TEST(LocalRunnerRecoveryTest, AdoptedJobsCanBeCancelled) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.Restart();
  ASSERT_OK(fixture.runner().Submit(job));
  fixture.runner().Cancel("t", absl::Milliseconds(100));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kCancelled);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerRecoveryTest, AdoptedJobsKeepTheirCpusAndGpus) {
  LocalRunnerOptions options;
  options.cpus = 2;
  options.gpus = {{"4", "6"}};
  RunnerFixture fixture(options);
  Job first = fixture.Shell("first", TwoSteps(fixture.File("go")));
  first.pod.resources = {.cpus = 1.5, .gpus = 1};
  ASSERT_OK(fixture.runner().Submit(first));
  ASSERT_TRUE(fixture.sink().WaitLines("first", 1));
  fixture.Restart();
  ASSERT_OK(fixture.runner().Submit(first));
  Job second = fixture.Shell("second", "echo $CUDA_VISIBLE_DEVICES");
  second.pod.resources = {.cpus = 0.5, .gpus = 1};
  EXPECT_EQ(fixture.Run(second).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("second"), ElementsAre("6"));
  Job third = fixture.Shell("third", "echo $CUDA_VISIBLE_DEVICES");
  third.pod.resources = {.cpus = 1};
  ASSERT_OK(fixture.runner().Submit(third));
  WriteText(fixture.File("go"), "");
  const absl::Time first_ended = fixture.sink().WaitEnded("first").ended;
  EXPECT_GE(fixture.sink().WaitEnded("third").started, first_ended);
}

TEST(LocalRunnerRecoveryTest, KilledSupervisorIsALostJobOfWhichNothingRuns) {
  RunnerFixture fixture;
  const std::string pid_file = fixture.File("pid");
  const Job job = fixture.Shell("t", "setsid sh -c 'trap \"\" TERM HUP; echo $$ > " + pid_file +
                                         "; while :; do sleep 0.01; done' & echo first; sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  const pid_t daemon = ReadPid(pid_file);
  KillProcess(SupervisorOf(job));
  const JobOutcome outcome = fixture.sink().WaitEnded("t");
  EXPECT_EQ(outcome.end, JobEnd::kLost);
  EXPECT_THAT(outcome.message, HasSubstr("its supervisor was killed"));
  EXPECT_FALSE(IsRunning(daemon));
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first"));
  // It stays lost: it may have done half its work.
  ASSERT_OK(fixture.runner().Submit(job));
  EXPECT_TRUE(WaitUntil([&] { return fixture.sink().TimesEnded("t") == 2; }));
}

TEST(LocalRunnerRecoveryTest, SupervisorKilledBetweenTwoJobsHarmsNeither) {
  RunnerFixture fixture;
  const Job first = fixture.Shell("first", TwoSteps(fixture.File("go")));
  ASSERT_OK(fixture.runner().Submit(first));
  const pid_t supervisor = SupervisorOf(first);
  WriteText(fixture.File("go"), "");
  EXPECT_EQ(fixture.sink().WaitEnded("first").end, JobEnd::kSucceeded);
  ASSERT_TRUE(IsRunning(supervisor));  // it waits for another job
  KillProcess(supervisor);
  const Job second = fixture.Shell("second", "echo x >> " + fixture.File("effect"));
  EXPECT_EQ(fixture.Run(second).end, JobEnd::kSucceeded);
  EXPECT_THAT(LinesOf(fixture.File("effect")), ElementsAre("x"));
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerRecoveryTest, SupervisorsWithoutAJobEndWithTheRunner) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", TwoSteps(fixture.File("go")));
  ASSERT_OK(fixture.runner().Submit(job));
  const pid_t supervisor = SupervisorOf(job);
  WriteText(fixture.File("go"), "");
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kSucceeded);
  EXPECT_TRUE(IsRunning(supervisor));
  fixture.Stop();
  EXPECT_TRUE(WaitUntil([&] { return !IsRunning(supervisor); }));
}

TEST(LocalRunnerRecoveryTest, SupervisorKilledWhileNoRunnerWatchedIsFoundLost) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "echo first; exec sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  const pid_t supervisor = SupervisorOf(job);
  fixture.Restart();
  KillProcess(supervisor);
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kLost);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first"));
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerRecoveryTest, KilledHostHarmsNobody) {
  RunnerFixture fixture;
  const Job before = fixture.Shell("before", TwoSteps(fixture.File("go")));
  ASSERT_OK(fixture.runner().Submit(before));
  ASSERT_TRUE(fixture.sink().WaitLines("before", 1));
  KillProcess(HostOfThisProcess());
  std::vector<Job> after;
  for (int i = 0; i < 20; ++i) {
    after.push_back(fixture.Shell(absl::StrCat("after", i),
                                  absl::StrCat("echo x >> ", fixture.File("effect"), i)));
    ASSERT_OK(fixture.runner().Submit(after.back()));
    if (i == 10) KillProcess(HostOfThisProcess());
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(fixture.sink().WaitEnded(after[i].name).end, JobEnd::kSucceeded);
    EXPECT_THAT(LinesOf(absl::StrCat(fixture.File("effect"), i)), ElementsAre("x"));
  }
  WriteText(fixture.File("go"), "");
  EXPECT_EQ(fixture.sink().WaitEnded("before").end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerRecoveryTest, TwoRunnersShareAJobWithoutRunningItTwice) {
  RunnerFixture fixture;
  RecordingSink other_sink;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Runner> other, CreateLocalRunner({}, &other_sink));
  for (int i = 0; i < 50; ++i) {
    const std::string name = absl::StrCat("t", i);
    const Job job = fixture.Shell(name, "echo x >> " + fixture.File("effect-" + name));
    ASSERT_OK(fixture.runner().Submit(job));
    ASSERT_OK(other->Submit(job));
    EXPECT_EQ(fixture.sink().WaitEnded(name).end, JobEnd::kSucceeded);
    EXPECT_EQ(other_sink.WaitEnded(name).end, JobEnd::kSucceeded);
    EXPECT_THAT(LinesOf(fixture.File("effect-" + name)), ElementsAre("x"));
  }
  // One that tells nothing while it runs, so that nothing but its end can be noticed.
  Job silent = fixture.Shell("silent", TwoSteps(fixture.File("go")));
  silent.capture.source = CaptureSpec::Source::kNone;
  ASSERT_OK(fixture.runner().Submit(silent));
  EXPECT_GT(SupervisorOf(silent), 1);
  ASSERT_OK(other->Submit(silent));
  ASSERT_TRUE(other_sink.WaitStarted("silent"));
  WriteText(fixture.File("go"), "");
  EXPECT_EQ(other_sink.WaitEnded("silent").end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
  EXPECT_THAT(other_sink.Violations(), IsEmpty());
}

// Submits all jobs and then does nothing, as a controller that is about to be killed.
[[noreturn]] void BeController(const std::vector<Job>& jobs) {
  RecordingSink sink;
  const absl::StatusOr<std::unique_ptr<Runner>> runner = CreateLocalRunner({}, &sink);
  for (const Job& job : jobs) {
    if (runner.ok() && !(*runner)->Submit(job).ok()) _exit(1);
  }
  for (;;) pause();
}

TEST(LocalRunnerRecoveryTest, ControllerKilledAtAnyInstantRunsEachJobExactlyOnce) {
  constexpr int kJobs = 12;
  for (int seed = 0; seed < 25; ++seed) {
    SCOPED_TRACE(seed);
    const TestFolder folder;
    std::vector<Job> jobs;
    for (int i = 0; i < kJobs; ++i) {
      const std::string name = absl::StrCat("t", i);
      jobs.push_back(ShellJob(
          name, folder.File("jobs/" + name),
          "echo x >> " + folder.File("effect-" + name) + "; sleep 0.02; echo loss=" + name));
    }
    const pid_t controller = fork();
    ASSERT_GE(controller, 0);
    if (controller == 0) BeController(jobs);
    usleep(1500 * seed);  // not a wait for anything: the instant of the crash
    KillProcess(controller);
    waitpid(controller, nullptr, 0);
    RecordingSink sink;
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Runner> runner, CreateLocalRunner({}, &sink));
    for (const Job& job : jobs) ASSERT_OK(runner->Submit(job));
    for (const Job& job : jobs) {
      EXPECT_EQ(sink.WaitEnded(job.name).end, JobEnd::kSucceeded);
      EXPECT_THAT(sink.Lines(job.name), ElementsAre("loss=" + job.name));
      EXPECT_THAT(LinesOf(folder.File("effect-" + job.name)), ElementsAre("x"));
    }
    EXPECT_THAT(sink.Violations(), IsEmpty());
  }
}

TEST(LocalRunnerRecoveryTest, TornLastFrameOfALostJobIsLeftOut) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "echo first; exec sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  KillProcess(SupervisorOf(job));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kLost);
  std::string frame;
  supervisor::AppendFrame(0, "torn", 4, &frame);
  WriteText(supervisor::StatePath(job.directory), frame.substr(0, frame.size() - 2));
  fixture.Restart();
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kLost);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("first"));
}

}  // namespace
}  // namespace qalam
