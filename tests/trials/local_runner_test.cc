#include "trials/runners/local_runner.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/clock.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"
#include "trials/supervisor/state_file.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(LocalRunnerTest, TellsStartLinesAndSuccessInOrder) {
  RunnerFixture fixture;
  const JobOutcome outcome = fixture.Run(fixture.Shell("t", "echo loss=0.5; echo loss=0.25"));
  EXPECT_EQ(outcome.end, JobEnd::kSucceeded);
  EXPECT_EQ(outcome.succeeded_pods, 1);
  EXPECT_EQ(outcome.failed_pods, 0);
  EXPECT_GE(outcome.ended, outcome.started);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("loss=0.5", "loss=0.25"));
  EXPECT_EQ(ReadText(fixture.File("jobs/t.log")), "loss=0.5\nloss=0.25\n");
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerTest, ExitCodeComesWithContainerAndLastLines) {
  RunnerFixture fixture;
  const JobOutcome outcome =
      fixture.Run(fixture.Shell("t", "echo one; echo two; echo three; echo four >&2; exit 3"));
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.message, "container \"main\" exited with code 3: two | three | four");
  EXPECT_EQ(outcome.failed_pods, 1);
}

TEST(LocalRunnerTest, ASyntaxErrorOfTheShellIsExplained) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "");
  job.pod.main.argv = {"/bin/sh", "-c", "python3 -c print(1)"};
  EXPECT_THAT(fixture.Run(job).message, HasSubstr("read by a shell, as Katib does"));
  EXPECT_THAT(fixture.Run(fixture.Shell("u", "echo SyntaxError: no shell; exit 1")).message,
              Not(HasSubstr("read by a shell")));
}

TEST(LocalRunnerTest, SignalIsNamed) {
  RunnerFixture fixture;
  const JobOutcome outcome = fixture.Run(fixture.Shell("t", "kill -SEGV $$"));
  EXPECT_EQ(outcome.end, JobEnd::kSignal);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_THAT(outcome.message, HasSubstr("signal 11 (SIGSEGV)"));
}

TEST(LocalRunnerTest, KillThatIsNotOursHintsAtMemory) {
  RunnerFixture fixture;
  const JobOutcome outcome = fixture.Run(fixture.Shell("t", "kill -KILL $$"));
  EXPECT_EQ(outcome.end, JobEnd::kSignal);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_THAT(outcome.message, HasSubstr("out of memory"));
}

TEST(LocalRunnerTest, MissingProgramIsASpecMistakeThatNamesIt) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "");
  job.backoff_limit = 5;  // no use to try again
  job.pod.main.argv = {"pyhton", "train.py"};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("container \"main\" cannot start \"pyhton\": No such file "
                                         "or directory (no such program in PATH)"));
}

TEST(LocalRunnerTest, FileThatMayNotBeRunIsASpecMistake) {
  RunnerFixture fixture;
  WriteText(fixture.File("script"), "#!/bin/sh\n");
  chmod(fixture.File("script").c_str(), 0644);
  Job job = fixture.Shell("t", "");
  job.pod.main.argv = {fixture.File("script")};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("Permission denied"));
}

TEST(LocalRunnerTest, MissingWorkingFolderIsASpecMistake) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "true");
  job.pod.main.working_dir = "/no/such/folder";
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("working folder \"/no/such/folder\""));
}

TEST(LocalRunnerTest, NoCommandIsASpecMistake) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "");
  job.pod.main.argv.clear();
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSpecMistake);
}

TEST(LocalRunnerTest, CommandNotFoundByAShellIsAnExitCodeThatSaysSo) {
  RunnerFixture fixture;
  const JobOutcome outcome = fixture.Run(fixture.Shell("t", "no-such-command"));
  EXPECT_EQ(outcome.end, JobEnd::kExitCode);
  EXPECT_EQ(outcome.exit_code, 127);
  EXPECT_THAT(outcome.message, HasSubstr("127 (command not found)"));
}

TEST(LocalRunnerTest, ScriptWithoutInterpreterLineRunsInTheShell) {
  RunnerFixture fixture;
  WriteText(fixture.File("script"), "echo plain $1\n");
  chmod(fixture.File("script").c_str(), 0755);
  Job job = fixture.Shell("t", "");
  job.pod.main.argv = {fixture.File("script"), "words"};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("plain words"));
}

TEST(LocalRunnerTest, DeadlineEndsTheJob) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "sleep 600");
  job.active_deadline = absl::Milliseconds(200);
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kTimeLimit);
  EXPECT_THAT(outcome.message, HasSubstr("activeDeadlineSeconds (0.2 s)"));
  EXPECT_GE(outcome.ended - outcome.started, absl::Milliseconds(200));
  EXPECT_LT(outcome.ended - outcome.started, absl::Seconds(8));
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerTest, CancelLetsAProcessEndInItsOwnWay) {
  RunnerFixture fixture;
  const Job job = fixture.Shell(
      "t", "trap 'echo loss=saved; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::Seconds(30));
  const JobOutcome outcome = fixture.sink().WaitEnded("t");
  EXPECT_EQ(outcome.end, JobEnd::kCancelled);
  // The shell may remark that a command of it was terminated.
  EXPECT_EQ(fixture.sink().Lines("t").back(), "loss=saved");
}

TEST(LocalRunnerTest, CancelKillsWhoIgnoresTermAfterTheGrace) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::Milliseconds(300));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kCancelled);
  EXPECT_THAT(ProcessesOf(job), IsEmpty());
}

TEST(LocalRunnerTest, TheJobsOwnGraceIsTheLongest) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  job.grace = absl::Milliseconds(300);
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::InfiniteDuration());
  EXPECT_EQ(fixture.sink().WaitEnded("t", absl::Seconds(20)).end, JobEnd::kCancelled);
}

TEST(LocalRunnerTest, ShorterGraceShortensALongOne) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::InfiniteDuration());
  fixture.runner().Cancel("t", absl::Milliseconds(50));
  EXPECT_EQ(fixture.sink().WaitEnded("t", absl::Seconds(20)).end, JobEnd::kCancelled);
}

TEST(LocalRunnerTest, StoppedProcessCanBeCancelled) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "echo ready; kill -STOP $$; sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Cancel("t", absl::Seconds(30));
  EXPECT_EQ(fixture.sink().WaitEnded("t", absl::Seconds(20)).end, JobEnd::kCancelled);
}

TEST(LocalRunnerTest, CancelRightAfterSubmitIsNotLost) {
  RunnerFixture fixture;
  for (int i = 0; i < 30; ++i) {
    const Job job = fixture.Shell(absl::StrCat("t", i), "sleep 600");
    ASSERT_OK(fixture.runner().Submit(job));
    fixture.runner().Cancel(job.name, absl::Seconds(5));
    EXPECT_EQ(fixture.sink().WaitEnded(job.name).end, JobEnd::kCancelled);
  }
}

TEST(LocalRunnerTest, CancelOfAnUnknownOrEndedJobDoesNothing) {
  RunnerFixture fixture;
  fixture.runner().Cancel("never heard of", absl::ZeroDuration());
  EXPECT_EQ(fixture.Run(fixture.Shell("t", "true")).end, JobEnd::kSucceeded);
  fixture.runner().Cancel("t", absl::ZeroDuration());
  EXPECT_EQ(fixture.Run(fixture.Shell("u", "true")).end, JobEnd::kSucceeded);
  EXPECT_EQ(fixture.sink().TimesEnded("t"), 1);
}

TEST(LocalRunnerTest, EnvironmentIsOursThenTheJobsLaterOnesWin) {
  setenv("QALAM_TEST_BASE", "base", 1);
  setenv("QALAM_TEST_OVER", "base", 1);
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo $QALAM_TEST_BASE $QALAM_TEST_OVER $A $QALAM_JOB");
  job.pod.main.env = {{"QALAM_TEST_OVER", "job"}, {"A", "1"}, {"A", "two words"}};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre(testing::StartsWith("base job two words t@")));
}

TEST(LocalRunnerTest, BigEnvironmentArrivesWhole) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "echo ${#BIG} ${#BIG9}");
  job.pod.main.env = {{"BIG", std::string(100'000, 'x')}};
  for (int i = 0; i < 10; ++i) {
    job.pod.main.env.emplace_back(absl::StrCat("BIG", i), std::string(60'000, 'y'));
  }
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre("100000 60000"));
}

TEST(LocalRunnerTest, ArgumentsThatTheSystemCannotTakeAreASpecMistake) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "true");
  job.pod.main.env = {{"TOO_BIG", std::string(300'000, 'x')}};
  const JobOutcome outcome = fixture.Run(job);
  EXPECT_EQ(outcome.end, JobEnd::kSpecMistake);
  EXPECT_THAT(outcome.message, HasSubstr("Argument list too long"));
}

TEST(LocalRunnerTest, ProcessInheritsNoFilesAndHasSignalsAtDefault) {
  const int leaked = open("/dev/null", O_RDONLY);  // without close-on-exec
  RunnerFixture fixture;
  EXPECT_EQ(fixture
                .Run(fixture.Shell("t",
                                   "ls /proc/self/fd; grep -E '^Sig(Blk|Ign)' "
                                   "/proc/self/status; readlink /proc/self/fd/0"))
                .end,
            JobEnd::kSucceeded);
  close(leaked);
  EXPECT_THAT(fixture.sink().Lines("t"),
              ElementsAre("0", "1", "2", "3", "SigBlk:\t0000000000000000",
                          testing::EndsWith("0000000"), "/dev/null"));
}

TEST(LocalRunnerTest, WorkFolderIsNotMixedWithOurFiles) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t", "touch state log captured; test -d data/deep && pwd");
  job.scratch_dirs = {"work/data/deep"};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(fixture.sink().Lines("t"), ElementsAre(job.directory + "/work"));
}

TEST(LocalRunnerTest, SubmittingTwiceRunsOnce) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "echo x >> " + fixture.File("effect") + "; sleep 0.2");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_OK(fixture.runner().Submit(job));
  EXPECT_EQ(fixture.sink().WaitEnded("t").end, JobEnd::kSucceeded);
  EXPECT_EQ(fixture.sink().TimesEnded("t"), 1);
  // Its end is told again, with its lines, when it is submitted after its end.
  ASSERT_OK(fixture.runner().Submit(job));
  EXPECT_TRUE(WaitUntil([&] { return fixture.sink().TimesEnded("t") == 2; }));
  EXPECT_THAT(LinesOf(fixture.File("effect")), ElementsAre("x"));
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerTest, ReleaseKeepsTheLogOnly) {
  RunnerFixture fixture;
  Job job = fixture.Shell("t",
                          "echo text; mkdir -p a/b; ln -s / a/root; touch a/b/c; "
                          "chmod 0 a/b");
  job.scratch_dirs = {"volume"};
  EXPECT_EQ(fixture.Run(job).end, JobEnd::kSucceeded);
  fixture.runner().Release(job, /*keep_log=*/true);
  EXPECT_EQ(ReadText(job.directory + kLogSuffix), "text\n");
  for (const char* name : {"state", "captured", "work", "volume"}) {
    EXPECT_NE(access((job.directory + "/" + name).c_str(), F_OK), 0) << name;
  }
  fixture.runner().Release(job, /*keep_log=*/false);
  EXPECT_NE(access(job.directory.c_str(), F_OK), 0);
}

TEST(LocalRunnerTest, ReleaseOfARunningJobDoesNothing) {
  RunnerFixture fixture;
  const Job job = fixture.Shell("t", "echo ready; sleep 600");
  ASSERT_OK(fixture.runner().Submit(job));
  ASSERT_TRUE(fixture.sink().WaitLines("t", 1));
  fixture.runner().Release(job, /*keep_log=*/false);
  EXPECT_EQ(access(supervisor::StatePath(job.directory).c_str(), F_OK), 0);
  fixture.runner().Cancel("t", absl::Seconds(5));
  fixture.sink().WaitEnded("t");
}

TEST(LocalRunnerTest, ImpossibleRequestsAreRefusedByName) {
  LocalRunnerOptions options;
  options.cpus = 2;
  options.memory_bytes = int64_t{64} << 20;
  options.gpus = {{"0"}};
  RunnerFixture fixture(options);
  Job job = fixture.Shell("t", "true");
  job.pod.resources.cpus = 2.5;
  EXPECT_THAT(fixture.runner().Submit(job),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::AllOf(HasSubstr("2.5 of cpu"), HasSubstr("has 2"))));
  job.pod.resources = {.memory_bytes = int64_t{1} << 30};
  EXPECT_THAT(fixture.runner().Submit(job),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("1024 MiB of memory")));
  job.pod.resources = {.gpus = 2};
  EXPECT_THAT(fixture.runner().Submit(job),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 of gpu")));
  job.pod.resources = {.cpus = 1.5};
  job.parallelism = job.completions = 2;
  EXPECT_THAT(fixture.runner().Submit(job),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("3 of cpu")));
}

TEST(LocalRunnerTest, SenselessJobsAreRefusedByField) {
  RunnerFixture fixture;
  const auto refused = [&](void (*change)(Job*), const std::string& text) {
    Job job = fixture.Shell("t", "true");
    change(&job);
    EXPECT_THAT(fixture.runner().Submit(job),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(text)));
  };
  refused([](Job* job) { job->completions = 0; }, "completions is 0: must be at least 1");
  refused([](Job* job) { job->parallelism = -1; }, "parallelism is -1");
  refused([](Job* job) { job->backoff_limit = -1; }, "backoff_limit");
  refused([](Job* job) { job->directory = "relative"; }, "an absolute path");
  refused([](Job* job) { job->name = ""; }, "name");
}

TEST(LocalRunnerTest, FolderThatCannotBeMadeIsToldAtOnce) {
  RunnerFixture fixture;
  WriteText(fixture.File("file"), "");
  Job job = fixture.Shell("t", "true");
  job.directory = fixture.File("file/below");
  EXPECT_THAT(fixture.runner().Submit(job),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Not a directory")));
}

TEST(LocalRunnerTest, JobsWaitForCpusInTheOrderOfSubmission) {
  LocalRunnerOptions options;
  options.cpus = 2;
  RunnerFixture fixture(options);
  std::vector<Job> jobs;
  for (const double cpus : {2.0, 2.0, 0.5, 2.0}) {
    jobs.push_back(fixture.Shell(absl::StrCat("t", jobs.size()), "sleep 0.1"));
    jobs.back().pod.resources.cpus = cpus;
    ASSERT_OK(fixture.runner().Submit(jobs.back()));
  }
  std::vector<JobOutcome> outcomes;
  for (const Job& job : jobs) outcomes.push_back(fixture.sink().WaitEnded(job.name));
  EXPECT_THAT(fixture.sink().StartOrder(), ElementsAre("t0", "t1", "t2", "t3"));
  EXPECT_GE(outcomes[1].started, outcomes[0].ended);
  EXPECT_GE(outcomes[2].started, outcomes[1].ended);
}

TEST(LocalRunnerTest, GpusAreHandedOutAndReturned) {
  LocalRunnerOptions options;
  options.gpus = {{"3", "5", "7"}};
  RunnerFixture fixture(options);
  const auto job = [&](const std::string& name, int gpus) {
    Job made = fixture.Shell(name, "echo gpus=${CUDA_VISIBLE_DEVICES-unset}; sleep 0.1");
    made.pod.resources.gpus = gpus;
    return made;
  };
  for (const auto& [name, gpus] : {std::pair("a", 2), {"b", 1}, {"c", 3}, {"d", 0}}) {
    ASSERT_OK(fixture.runner().Submit(job(name, gpus)));
  }
  for (const char* name : {"a", "b", "c", "d"}) fixture.sink().WaitEnded(name);
  EXPECT_THAT(fixture.sink().Lines("a"), ElementsAre("gpus=3,5"));
  EXPECT_THAT(fixture.sink().Lines("b"), ElementsAre("gpus=7"));
  EXPECT_THAT(fixture.sink().Lines("c"), ElementsAre("gpus=3,5,7"));
  EXPECT_THAT(fixture.sink().Lines("d"), ElementsAre("gpus=unset"));
}

TEST(LocalRunnerTest, CancelOfAWaitingJobEndsItForGood) {
  LocalRunnerOptions options;
  options.cpus = 1;
  RunnerFixture fixture(options);
  Job first = fixture.Shell("first", "echo ready; sleep 600");
  Job second = fixture.Shell("second", "echo x >> " + fixture.File("effect"));
  first.pod.resources.cpus = second.pod.resources.cpus = 1;
  ASSERT_OK(fixture.runner().Submit(first));
  ASSERT_TRUE(fixture.sink().WaitLines("first", 1));
  ASSERT_OK(fixture.runner().Submit(second));
  fixture.runner().Cancel("second", absl::Seconds(30));
  EXPECT_EQ(fixture.sink().WaitEnded("second").end, JobEnd::kCancelled);
  EXPECT_FALSE(fixture.sink().HasEnded("first"));
  fixture.runner().Cancel("first", absl::Seconds(5));
  fixture.sink().WaitEnded("first");
  fixture.Restart();
  EXPECT_EQ(fixture.Run(second).end, JobEnd::kCancelled);
  EXPECT_EQ(access(fixture.File("effect").c_str(), F_OK), -1);
}

TEST(LocalRunnerTest, OneSupervisorRunsJobsOneAfterTheOther) {
  RunnerFixture fixture;
  const auto parent_of = [&](const std::string& name) {
    EXPECT_EQ(fixture.Run(fixture.Shell(name, "echo $PPID > " + fixture.File(name))).end,
              JobEnd::kSucceeded);
    return ReadPid(fixture.File(name));
  };
  const pid_t supervisor = parent_of("first");
  EXPECT_EQ(parent_of("second"), supervisor);
  // However a job ends, the next one is not touched by it.
  EXPECT_EQ(fixture.Run(fixture.Shell("fails", "exit 3")).end, JobEnd::kExitCode);
  const Job cancelled = fixture.Shell("cancelled", "trap '' TERM; echo ready; sleep 600 & wait");
  ASSERT_OK(fixture.runner().Submit(cancelled));
  ASSERT_TRUE(fixture.sink().WaitLines("cancelled", 1));
  for (int i = 0; i < 3; ++i) fixture.runner().Cancel("cancelled", absl::ZeroDuration());
  EXPECT_EQ(fixture.sink().WaitEnded("cancelled").end, JobEnd::kCancelled);
  EXPECT_EQ(parent_of("third"), supervisor);
  EXPECT_THAT(fixture.sink().Violations(), IsEmpty());
}

TEST(LocalRunnerTest, SupervisorsOfOneRunnerHoldNoFilesOfEachOther) {
  RunnerFixture fixture;
  const auto files_of = [](pid_t pid) {
    const auto entries = std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/fd"));
    return std::distance(begin(entries), end(entries));
  };
  const std::string wait = "while ! test -e " + fixture.File("go") + "; do sleep 0.01; done";
  std::vector<Job> jobs;
  for (int i = 0; i < 6; ++i) {
    jobs.push_back(fixture.Shell(absl::StrCat("job", i), wait));
    ASSERT_OK(fixture.runner().Submit(jobs.back()));
    ASSERT_TRUE(fixture.sink().WaitStarted(jobs.back().name));
  }
  const pid_t first = SupervisorOf(jobs.front());
  const pid_t last = SupervisorOf(jobs.back());
  EXPECT_TRUE(WaitUntil([&] { return files_of(first) == files_of(last); }));
  WriteText(fixture.File("go"), "");
  for (const Job& job : jobs) {
    EXPECT_EQ(fixture.sink().WaitEnded(job.name).end, JobEnd::kSucceeded);
  }
}

}  // namespace
}  // namespace qalam
