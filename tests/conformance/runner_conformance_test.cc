// What trials/runner.h promises, asked of every runner.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/runner_test_support.h"
#include "trials/runner.h"
#include "trials/runners/local_runner.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

absl::StatusOr<std::unique_ptr<Runner>> MakeRunner(const std::string& name, JobEventSink* sink) {
  if (name == "local") return CreateLocalRunner({}, sink);
  return absl::NotFoundError(name);
}

class RunnerConformanceTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { Restart(); }
  void Restart() {
    runner_.reset();
    sink_ = std::make_unique<RecordingSink>();
    ASSERT_OK_AND_ASSIGN(runner_, MakeRunner(GetParam(), sink_.get()));
  }
  Job Shell(const std::string& name, const std::string& script) const {
    return ShellJob(name, folder_.File("jobs/" + name), script);
  }
  JobOutcome Run(const Job& job) {
    EXPECT_OK(runner_->Submit(job));
    return sink_->WaitEnded(job.name);
  }
  void TearDown() override { EXPECT_THAT(sink_->Violations(), IsEmpty()); }

  TestFolder folder_;
  std::unique_ptr<RecordingSink> sink_;
  std::unique_ptr<Runner> runner_;
};

TEST_P(RunnerConformanceTest, EachWayToEndIsToldApart) {
  EXPECT_EQ(Run(Shell("ok", "true")).end, JobEnd::kSucceeded);
  const JobOutcome code = Run(Shell("code", "exit 42"));
  EXPECT_EQ(code.end, JobEnd::kExitCode);
  EXPECT_EQ(code.exit_code, 42);
  EXPECT_FALSE(code.message.empty());
  const JobOutcome signal = Run(Shell("signal", "kill -USR1 $$"));
  EXPECT_EQ(signal.end, JobEnd::kSignal);
  EXPECT_EQ(signal.signal, SIGUSR1);
  Job missing = Shell("missing", "");
  missing.pod.main.argv = {"/no/such/program"};
  EXPECT_EQ(Run(missing).end, JobEnd::kSpecMistake);
  Job slow = Shell("slow", "sleep 600");
  slow.active_deadline = absl::Milliseconds(100);
  EXPECT_EQ(Run(slow).end, JobEnd::kTimeLimit);
}

TEST_P(RunnerConformanceTest, LinesAreCountedFromZeroAndToldBeforeTheEnd) {
  Run(Shell("t", "for i in 0 1 2 3 4 5 6 7 8 9; do echo $i; done"));
  EXPECT_THAT(sink_->Lines("t"), ElementsAre("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"));
}

TEST_P(RunnerConformanceTest, JobRunsOnceHoweverOftenItIsSubmitted) {
  const Job job = Shell("t", "echo x >> " + folder_.File("effect"));
  for (int i = 0; i < 3; ++i) ASSERT_OK(runner_->Submit(job));
  sink_->WaitEnded("t");
  Restart();
  EXPECT_EQ(Run(job).end, JobEnd::kSucceeded);
  EXPECT_THAT(LinesOf(folder_.File("effect")), ElementsAre("x"));
}

TEST_P(RunnerConformanceTest, OutcomeIsTheSameHoweverOftenItIsTold) {
  const Job job = Shell("t", "echo why; exit 3");
  const JobOutcome first = Run(job);
  Restart();
  const JobOutcome second = Run(job);
  EXPECT_EQ(first.end, second.end);
  EXPECT_EQ(first.exit_code, second.exit_code);
  EXPECT_EQ(first.message, second.message);
  EXPECT_EQ(first.started, second.started);
  EXPECT_EQ(first.ended, second.ended);
  EXPECT_EQ(first.failed_pods, second.failed_pods);
}

TEST_P(RunnerConformanceTest, JobsRunOnWithoutTheirRunnerAndAreAdopted) {
  const std::string go = folder_.File("go");
  const Job job = Shell("t", "echo a; while ! test -e " + go + "; do sleep 0.01; done; echo b");
  ASSERT_OK(runner_->Submit(job));
  ASSERT_TRUE(sink_->WaitLines("t", 1));
  Restart();
  ASSERT_OK(runner_->Submit(job));
  ASSERT_TRUE(sink_->WaitLines("t", 1));
  WriteText(go, "");
  EXPECT_EQ(sink_->WaitEnded("t").end, JobEnd::kSucceeded);
  EXPECT_THAT(sink_->Lines("t"), ElementsAre("a", "b"));
}

TEST_P(RunnerConformanceTest, CancelEndsARunningAnAdoptedAndAnUnknownJob) {
  runner_->Cancel("unknown", absl::ZeroDuration());
  for (const bool adopted : {false, true}) {
    const Job job = Shell(absl::StrCat("t", adopted), "echo a; sleep 600");
    ASSERT_OK(runner_->Submit(job));
    ASSERT_TRUE(sink_->WaitLines(job.name, 1));
    if (adopted) {
      Restart();
      ASSERT_OK(runner_->Submit(job));
    }
    runner_->Cancel(job.name, absl::Seconds(5));
    EXPECT_EQ(sink_->WaitEnded(job.name).end, JobEnd::kCancelled);
  }
}

TEST_P(RunnerConformanceTest, ReleaseRemovesAllButTheLog) {
  const Job job = Shell("t", "echo text");
  Run(job);
  runner_->Release(job, /*keep_log=*/true);
  EXPECT_EQ(ReadText(job.directory + kLogSuffix), "text\n");
  runner_->Release(job, /*keep_log=*/false);
  EXPECT_NE(access(job.directory.c_str(), F_OK), 0);
}

INSTANTIATE_TEST_SUITE_P(Runners, RunnerConformanceTest, testing::Values("local"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace qalam
