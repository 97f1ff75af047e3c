#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LocalRunnerPodsTest, InitProcessesRunInTurnBeforeMain) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "cat " + fixture.File("order"));
  job.pod.init = {ShellProcess("first", "sleep 0.05; echo one >> " + fixture.File("order")),
                  ShellProcess("second", "echo two >> " + fixture.File("order"))};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("one", "two"));
}

TEST(LocalRunnerPodsTest, FailedInitProcessFailsThePodAndIsNamed) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo never");
  job.pod.init = {ShellProcess("prepare", "echo no data; exit 4"), ShellProcess("next", "echo x")};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.message, "container \"prepare\" exited with code 4: no data");
  EXPECT_THAT(fixture.sink().Lines("t"), IsEmpty());
  EXPECT_EQ(ReadText(job.directory + kLogSuffix), "[prepare] no data\n");
}

TEST(LocalRunnerPodsTest, SidecarsEndWithMain) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "while ! test -e ready; do sleep 0.01; done; echo main");
  job.pod.sidecars = {ShellProcess(
      "side", "trap 'echo bye; exit 9' TERM; touch ready; while :; do sleep 0.01; done")};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("main"));
  // The shell may remark that a command of it was terminated.
  EXPECT_THAT(ReadText(job.directory + kLogSuffix),
              testing::AllOf(testing::StartsWith("main\n"), testing::EndsWith("\n[side] bye\n")));
}

TEST(LocalRunnerPodsTest, SidecarThatIgnoresTermIsKilledAfterTheGrace) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "while ! test -e ready; do sleep 0.01; done");
  job.pod.sidecars = {
      ShellProcess("side", "trap '' TERM; touch ready; while :; do sleep 0.01; done")};
  job.grace = absl::Milliseconds(200);
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, SidecarThatCannotStartIsASpecMistakeAndMainDoesNotRun) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo x >> " + fixture.File("effect"));
  ProcessSpec missing;
  missing.name = "proxy";
  missing.argv = {"/no/such/proxy"};
  job.pod.sidecars = {ShellProcess("good", "sleep 600"), missing};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("container \"proxy\" cannot start \"/no/such/proxy\""));
  EXPECT_EQ(access(fixture.File("effect").c_str(), F_OK), -1);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, CompletionsRunSoManyPodsInParallel) {
  RunnerFixture fixture;
  Job job = fixture.Shell(
      "t", "mkdir -p running; mkdir running/$$; ls running | wc -l; sleep 0.1; rmdir running/$$");
  job.completions = 5;
  job.parallelism = 2;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSucceeded);
  EXPECT_EQ(outcome.succeeded_pods, 5);
  const std::vector<std::string> counts = fixture.sink().Lines("t");
  EXPECT_EQ(counts.size(), 5u);
  EXPECT_THAT(counts, testing::Each(testing::AnyOf("1", "2")));
  EXPECT_THAT(counts, testing::Contains("2"));
}

TEST(LocalRunnerPodsTest, FailedPodIsTriedAgainAfterAPause) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "test -e been || { touch been; exit 1; }; echo loss=1");
  job.backoff_limit = 1;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSucceeded);
  EXPECT_EQ(outcome.succeeded_pods, 1);
  EXPECT_EQ(outcome.failed_pods, 1);
  EXPECT_GE(outcome.ended - outcome.started, absl::Seconds(1));
}

TEST(LocalRunnerPodsTest, OneFailureMoreThanTheBackoffLimitFailsTheJob) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo x >> " + fixture.File("effect") + "; exit 7");
  job.backoff_limit = 1;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.failed_pods, 2);
  EXPECT_THAT(outcome.message,
              HasSubstr("2 pods failed (backoffLimit 1), the last one: container"));
  EXPECT_EQ(LinesOf(fixture.File("effect")).size(), 2u);
}

TEST(LocalRunnerPodsTest, FailureEndsTheOtherPods) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "mkdir first 2>/dev/null && exec sleep 600; exit 5");
  job.completions = job.parallelism = 2;
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, DeadlineCountsThePausesBetweenPods) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "exit 1");
  job.backoff_limit = 100;
  job.active_deadline = absl::Milliseconds(500);
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kTimeLimit);
  EXPECT_LT(outcome.ended - outcome.started, absl::Milliseconds(950));
}

TEST(LocalRunnerPodsTest, CancelDuringThePauseEndsAtOnce) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo failed; exit 1");
  job.backoff_limit = 100;
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 2));  // the next pause is 2 s
  const absl::Time before = SystemClock().Now();
  fixture.runner().Cancel("t", absl::Seconds(30));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kCancelled);
  EXPECT_LT(SystemClock().Now() - before, absl::Seconds(1));
}

// A daemon in a session of its own, whose parent is gone, that holds the job's output.
std::string Daemon(const std::string& pid_file) {
  return "setsid sh -c 'trap \"\" TERM HUP; (echo $$ > " + pid_file +
         "; sleep 601; sleep 602) & "
         "sleep 603' & while ! test -s " +
         pid_file + "; do sleep 0.01; done; ";
}

TEST(LocalRunnerPodsTest, DaemonsAreGoneWhenTheJobHasEnded) {
  RunnerFixture fixture;
  const std::string pid_file = fixture.File("pid");
  const JobOutcome outcome = fixture.Run(fixture.Shell("t", Daemon(pid_file) + "echo loss=1"));
  EXPECT_EQ(outcome.end, JobEnd::kSucceeded);
  EXPECT_FALSE(IsRunning(ReadPid(pid_file)));
  EXPECT_THAT(ProcessesOf(fixture.Shell("t", "")), IsEmpty());
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("loss=1"));
}

TEST(LocalRunnerPodsTest, DaemonsAreGoneAfterACancel) {
  RunnerFixture fixture;
  const std::string pid_file = fixture.File("pid");
  const Job job = fixture.Shell("t", Daemon(pid_file) + "echo ready; sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  EXPECT_TRUE(IsRunning(ReadPid(pid_file)));
  fixture.runner().Cancel("t", absl::Seconds(5));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kCancelled);
  EXPECT_FALSE(IsRunning(ReadPid(pid_file)));
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, DaemonsThatKeepDaemonisingAreCaught) {
  RunnerFixture fixture;
  WriteText(fixture.File("hop"),
            "#!/bin/sh\nsleep 0.002\nsetsid sh " + fixture.File("hop") + " &\n");
  const Job job = fixture.Shell(
      "t", "for i in 1 2 3 4; do setsid sh " + fixture.File("hop") + " & done; sleep 0.1");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, BackgroundProcessesOfMainDoNotHoldUpItsEnd) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "sleep 600 & sleep 600 & echo done");
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerPodsTest, AllOutputBeforeTheExitIsKept) {
  RunnerFixture fixture;
  for (int round = 0; round < 10; ++round) {
    const Job job = fixture.Shell(absl::StrCat("t", round), "seq 1 20000; exec sleep 0");
    EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
    const std::vector<std::string> lines = fixture.sink().Lines(job.name);
    ASSERT_EQ(lines.size(), 20000u);
    EXPECT_EQ(lines.back(), "20000");
  }
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerPodsTest, IndexedPodsGetTheirNumbersAndEachSucceedsOnce) {
  RunnerFixture fixture;
  // The second one fails at its first try.
  Job job = fixture.Shell("t",
                          "test $JOB_COMPLETION_INDEX != 1 || test -e been || { touch been; exit "
                          "1; }; echo index $JOB_COMPLETION_INDEX");
  job.completions = 4;
  job.parallelism = 2;
  job.backoff_limit = 1;
  job.indexed = true;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"),
              testing::UnorderedElementsAre("index 0", "index 1", "index 2", "index 3"));
}

TEST(LocalRunnerPodsTest, FilesAreWrittenBeforeTheFirstProcess) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "cat ../volumes/conf/a; stat -c %a ../volumes/conf/a");
  const std::string big(100'000, 'x');
  job.files = {{job.directory + "/volumes/conf/a", "from a ConfigMap\n"},
               {job.directory + "/volumes/conf/deep/b", big}};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("from a ConfigMap", "600"));
  EXPECT_EQ(ReadText(job.directory + "/volumes/conf/deep/b"), big);
}

TEST(LocalRunnerPodsTest, AFileThatCannotBeWrittenIsASpecMistake) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo x >> " + fixture.File("effect"));
  job.files = {{"/proc/none/a", ""}};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("cannot write the file \"/proc/none/a\": "));
  EXPECT_EQ(access(fixture.File("effect").c_str(), F_OK), -1);
}

// A job whose cleanup writes down that it was run, as `name-N` of pod N.
Job JobWithCleanup(const RunnerFixture& fixture, const std::string& script) {
  Job job = fixture.Shell("t", script);
  job.pod.main.unique_name = "name";
  job.pod.main.cleanup_argv = {"/bin/sh", "-c", "echo $* >> " + fixture.File("cleaned"), "sh",
                               "name"};
  return job;
}

TEST(LocalRunnerPodsTest, WhatFailsOrIsKilledIsCleanedUpAfterBeforeTheJobEnds) {
  RunnerFixture fixture;
  Job job = JobWithCleanup(fixture, "exit 3");
  job.backoff_limit = 1;
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kExitCode);
  EXPECT_THAT(LinesOf(fixture.File("cleaned")), ElementsAre("name-0", "name-1"));
  RunnerFixture other;
  job = JobWithCleanup(other, "echo ready; sleep 600");
  ASSERT_OK(other.runner().Submit(job));
  ASSERT_TRUE(other.sink().WaitLines("t", 1));
  other.runner().Cancel("t", absl::ZeroDuration());
  EXPECT_EQ(other.sink().WaitEnded("t").end, JobEnd::kCancelled);
  EXPECT_THAT(LinesOf(other.File("cleaned")), ElementsAre("name-0"));
}

TEST(LocalRunnerPodsTest, WhatSucceedsLeavesNothingToCleanUp) {
  RunnerFixture fixture;
  EXPECT_EQ(fixture.Run(JobWithCleanup(fixture, "true")).end, JobEnd::kSucceeded);
  EXPECT_EQ(access(fixture.File("cleaned").c_str(), F_OK), -1);
}

TEST(LocalRunnerPodsTest, WhatALostSupervisorLeftIsCleanedUp) {
  RunnerFixture fixture;
  Job job = JobWithCleanup(fixture, "echo ready; sleep 600");
  job.backoff_limit = 1;
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  KillProcess(SupervisorOf(job));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kLost);
  EXPECT_THAT(LinesOf(fixture.File("cleaned")), ElementsAre("name-0 name-1"));
}

}  // namespace
}  // namespace qalam
