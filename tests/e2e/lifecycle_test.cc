// Stopping, resuming, editing and deleting experiments, by signals and from other processes.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr double kPatience = 30;  // seconds

// Trials wait for a file that the test makes.
class LifecycleTest : public QalamTest {
 protected:
  ShellExperiment Waiting() const {
    ShellExperiment experiment;
    experiment.command =
        absl::StrCat("until [ -e ", Path("go"), " ]; do sleep 0.02; done; echo loss=$X");
    return experiment;
  }
  void Go() const { WriteFile(Path("go"), ""); }
};

TEST_F(LifecycleTest, CtrlCStopsAndResumeGoesOn) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  run->Signal(SIGINT);
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 3);
  EXPECT_THAT(
      ReadFile(Path("run.out")),
      AllOf(HasSubstr("Stopping: running trials get their grace time"), HasSubstr("Ctrl-C again"),
            HasSubstr("qalam resume digits"), HasSubstr("Suspended")));
  EXPECT_EQ(ConditionOf("digits"), "Suspended");
  Go();
  const Finished resumed = Qalam({"resume", "digits"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.out, AllOf(HasSubstr("resumed"), HasSubstr("4 succeeded")));
}

TEST_F(LifecycleTest, RunningTheFileAgainResumes) {
  const std::string file = Write(Waiting());
  const auto run = Start({"run", file}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  run->Signal(SIGTERM);
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 3);
  Go();
  const Finished again = Qalam({"run", file});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, HasSubstr("experiment default/digits resumed"));
}

TEST_F(LifecycleTest, ASecondCtrlCKillsTrialsThatDoNotListen) {
  ShellExperiment stubborn;
  stubborn.command = "trap \"\" TERM; while true; do sleep 0.05; done";
  const auto run = Start({"run", Write(stubborn)}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  run->Signal(SIGINT);
  ASSERT_TRUE(WaitUntil(
      [&] { return ReadFile(Path("run.out")).find("Stopping") != std::string::npos; }, kPatience));
  EXPECT_FALSE(run->EndsWithin(0.5));
  run->Signal(SIGINT);
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 3);
  EXPECT_THAT(ReadFile(Path("run.out")), HasSubstr("Stopping at once"));
}

TEST_F(LifecycleTest, ASecondProcessIsRefused) {
  const std::string file = Write(Waiting());
  const auto run = Start({"run", file}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run", file}, {"resume", "digits"}}) {
    const Finished second = Qalam(words);
    EXPECT_EQ(second.code, 4);
    EXPECT_THAT(second.err, HasSubstr(absl::StrCat(run->pid())));
  }
  EXPECT_FALSE(run->EndsWithin(0));
  Go();
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 0);
}

TEST_F(LifecycleTest, StopAsksTheProcessThatDrivesIt) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  const Finished stop = Qalam({"stop", "digits"});
  EXPECT_EQ(stop.code, 0) << stop.err;
  EXPECT_THAT(stop.out,
              AllOf(HasSubstr("default/digits is Suspended"), HasSubstr("qalam resume digits")));
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 3);
  EXPECT_THAT(ReadFile(Path("run.out")), HasSubstr("as `qalam stop` asked"));
  const Finished again = Qalam({"stop", "digits"});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, HasSubstr("nothing to stop"));
}

TEST_F(LifecycleTest, StopEndsWhatAKilledProcessLeftRunning) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  run->Signal(SIGKILL);
  run->Wait();
  EXPECT_THAT(Qalam({"describe", "digits"}).out, HasSubstr("nobody; `qalam resume digits`"));
  EXPECT_THAT(Qalam({"get", "experiments"}).err,
              HasSubstr("no process runs experiment default/digits any more; `qalam resume`"));
  const Finished stop = Qalam({"stop", "digits"});
  EXPECT_EQ(stop.code, 0) << stop.err;
  EXPECT_THAT(stop.out, HasSubstr("no process runs experiment default/digits"));
  EXPECT_EQ(ConditionOf("digits"), "Suspended");
  Go();
  EXPECT_EQ(Qalam({"resume", "digits"}).code, 0);
}

TEST_F(LifecycleTest, AKilledProcessLosesNothing) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  run->Signal(SIGKILL);
  run->Wait();
  Go();
  const Finished resumed = Qalam({"resume", "digits"});
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  for (const Json& trial : QalamJson({"export", "digits", "--format", "json"})) {
    EXPECT_EQ(trial["status"], "Succeeded");
    EXPECT_EQ(trial["attempt"], 1);  // taken over, not run again
  }
}

TEST_F(LifecycleTest, LimitsCanBeEditedWhileItRuns) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  const Finished edit =
      Qalam({"edit", "digits", "--max-trial-count", "6", "--parallel-trial-count=3"});
  EXPECT_EQ(edit.code, 0) << edit.err;
  EXPECT_THAT(edit.out, HasSubstr("6 trials, 3 at once"));
  ASSERT_TRUE(WaitForTrials("digits", "Running", 3));
  Go();
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(run->Wait(), 0);
  EXPECT_EQ(QalamJson({"export", "digits", "--format", "json"}).size(), 6U);
}

TEST_F(LifecycleTest, AFinishedExperimentCanBeEditedAndResumed) {
  ASSERT_EQ(Qalam({"run", Write({.resume_policy = "LongRunning"})}).code, 0);
  EXPECT_EQ(Qalam({"edit", "digits", "--max-trial-count", "2"}).code, 2);
  const Finished edit = Qalam({"edit", "digits", "--max-trial-count", "5"});
  EXPECT_EQ(edit.code, 0) << edit.err;
  EXPECT_THAT(edit.out, HasSubstr("qalam resume digits"));
  EXPECT_EQ(ConditionOf("digits"), "Restarting");
  EXPECT_EQ(Qalam({"resume", "digits"}).code, 0);
  EXPECT_EQ(QalamJson({"export", "digits", "--format", "json"}).size(), 5U);
}

TEST_F(LifecycleTest, EditsThatMakeNoSenseAreRefused) {
  ASSERT_EQ(Qalam({"run", Write({})}).code, 0);
  EXPECT_THAT(Qalam({"edit", "digits"}).err, HasSubstr("nothing to change"));
  EXPECT_THAT(Qalam({"edit", "digits", "--parallel-trial-count", "0"}).err,
              HasSubstr("--parallel-trial-count"));
  EXPECT_THAT(Qalam({"edit", "digits", "--max-trial-count", "lots"}).err,
              HasSubstr("at least 0, or none"));
  const Finished never = Qalam({"edit", "digits", "--max-trial-count", "9"});
  EXPECT_EQ(never.code, 4);
  EXPECT_THAT(never.err, HasSubstr("resumePolicy"));
}

TEST_F(LifecycleTest, DeleteRemovesRowsAndFiles) {
  ASSERT_EQ(Qalam({"run", Write({})}).code, 0);
  const std::string uid =
      QalamJson({"get", "experiment", "digits", "-o", "json"})["metadata"]["uid"];
  const std::string folder = absl::StrCat(Path("data"), "/trials/", uid);
  EXPECT_EQ(Shell(absl::StrCat("test -d ", folder)).code, 0);
  const Finished unasked = Shell("$QALAM delete experiment digits < /dev/null");
  EXPECT_EQ(unasked.code, 4);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  const Finished deleted = Qalam({"delete", "experiment", "digits", "--yes"});
  EXPECT_EQ(deleted.code, 0) << deleted.err;
  EXPECT_THAT(deleted.out, HasSubstr("deleted experiment default/digits with 4 trials"));
  EXPECT_NE(Shell(absl::StrCat("test -e ", folder)).code, 0);
  EXPECT_EQ(ConditionOf("digits"), "");
  EXPECT_EQ(Qalam({"delete", "experiment", "digits", "--yes"}).code, 2);
  EXPECT_EQ(Qalam({"run", Path("e.yaml")}).code, 0);  // the name is free again
}

TEST_F(LifecycleTest, WhatIsDrivenIsDeletedOnlyWithNow) {
  const auto run = Start({"run", Write(Waiting())}, "run");
  ASSERT_TRUE(WaitForTrials("digits", "Running", 2));
  const Finished refused = Qalam({"delete", "experiment", "digits", "--yes"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("qalam stop digits"), HasSubstr("--now")));
  const Finished deleted = Qalam({"delete", "experiment", "digits", "--yes", "--now"});
  EXPECT_EQ(deleted.code, 0) << deleted.err;
  ASSERT_TRUE(run->EndsWithin(kPatience));
  EXPECT_EQ(ConditionOf("digits"), "");
}

TEST_F(LifecycleTest, ItsTimeEndsItAndTheTrialsThatRun) {
  ShellExperiment experiment = Waiting();
  experiment.more = "  maxDurationSeconds: 1\n";
  const auto run = Start({"run", Write(experiment)}, "run");
  ASSERT_TRUE(run->EndsWithin(kPatience));  // nobody lets the trials go on
  EXPECT_EQ(ConditionOf("digits"), "Succeeded");
  EXPECT_THAT(ReadFile(Path("run.out")),
              AllOf(HasSubstr("its 1 seconds are over"), HasSubstr("2 killed")));
}

TEST_F(LifecycleTest, TheTerminatorEndsIt) {
  ShellExperiment experiment;
  experiment.max_trials = 100;
  experiment.parallel = 1;
  experiment.command = "echo loss=1 # $X";  // none is better than the first
  experiment.more = "  terminator: {trialsWithoutImprovement: 3}\n";
  const Finished run = Qalam({"run", Write(experiment)});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("its last 3 trials brought nothing better"),
                             HasSubstr("4 succeeded")));
}

// It is the same end for a process that goes on after one that was killed.
TEST_F(LifecycleTest, ItEndsWhenAModelExpectsNothingBetter) {
  ShellExperiment experiment;
  experiment.max_trials = 200;
  experiment.parallel = 1;
  experiment.algorithm = "gp";
  experiment.command = "awk -v x=$X \"BEGIN { print \\\"loss=\\\" (x - 0.3) ^ 2 }\"";
  experiment.more = "  seed: 5\n  terminator: {improvementBelow: 0.001}\n";
  const Finished run = Qalam({"run", Write(experiment)});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("results a model of them gives nothing a chance of 0.1 to be "
                                 "better than the best by 0.001"));
  EXPECT_THAT(Qalam({"get", "experiments", "digits", "-o", "json"}).out,
              HasSubstr("ExperimentNoImprovement"));

  experiment.name = "again";
  const auto killed = Start({"run", Write(experiment)}, "killed");
  ASSERT_TRUE(WaitForTrials("again", "Succeeded", 12));
  killed->Signal(SIGKILL);
  killed->Wait();
  EXPECT_EQ(Qalam({"resume", "again"}).code, 0);
  const auto trials = [&](const char* name) {
    const Json list = Json::parse(Qalam({"get", "trials", name, "-o", "json"}).out);
    return list["items"].size();
  };
  EXPECT_EQ(trials("again"), trials("digits"));
  EXPECT_GE(trials("digits"), 30U);
  EXPECT_LT(trials("digits"), 100U);
}

TEST_F(LifecycleTest, AClosedPipeStopsTheRunSafely) {
  const Finished run = Shell(absl::StrCat(
      "$QALAM run --json ", Write({.max_trials = 2000, .parallel = 1}), " | head -n 3"));
  EXPECT_THAT(run.out, HasSubstr("experimentStarted"));
  EXPECT_EQ(ConditionOf("digits"), "Suspended");
}

}  // namespace
}  // namespace qalam
