// The real program, killed with -9 again and again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "controller/data_dir.h"
#include "core/pareto_archive.h"
#include "core/random_stream.h"
#include "storage/store.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

constexpr int kTrials = 200;
constexpr int kKills = 50;
constexpr int kPoints = 5;

constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: crash}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  parallelTrialCount: $PARALLEL
  maxTrialCount: $TRIALS
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
$EXTRA
  trialTemplate:
    primaryContainerName: main
    trialParameters:
    - {name: x, reference: x}
    - {name: me, reference: "${trialSpec.Name}"}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - name: main
              image: none
              command: [sh, -c, '$COMMAND']
            restartPolicy: Never
)";

class CrashTest : public ::testing::Test {
 protected:
  // `extra`: more lines of the spec.
  void WriteExperiment(int trials, const std::string& command, const std::string& extra = "") {
    WriteFile(Path("crash.yaml"),
              absl::StrReplaceAll(kExperiment, {{"$TRIALS", absl::StrCat(trials)},
                                                {"$PARALLEL", absl::StrCat(std::min(trials, 8))},
                                                {"$EXTRA", extra},
                                                {"$COMMAND", command}}));
  }
  std::string Path(const std::string& name) const { return absl::StrCat(dir_.path(), "/", name); }
  std::unique_ptr<Program> Run() const {
    return std::make_unique<Program>(std::vector<std::string>{QALAM_BINARY, "run", "--data-dir",
                                                              Path("data"), Path("crash.yaml")},
                                     Path("out"), Path("err"));
  }
  std::vector<std::string> Lines(const std::string& file) const {
    return absl::StrSplit(ReadFile(Path(file)), '\n', absl::SkipEmpty());
  }
  std::vector<StoredTrial> Trials() {
    auto data_dir = DataDir::Open(Path("data"));
    EXPECT_OK(data_dir);
    auto store = OpenSqliteStore(data_dir->StorePath());
    EXPECT_OK(store);
    store_ = *std::move(store);
    auto record = store_->GetExperiment("default", "crash");
    EXPECT_OK(record);
    record_ = *record;
    std::vector<StoredTrial> trials;
    EXPECT_OK(store_->VisitTrials(record_.id, {}, [&](StoredTrial trial) {
      trials.push_back(std::move(trial));
      return true;
    }));
    return trials;
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
  ExperimentRecord record_;
};

TEST_F(CrashTest, KillingTheControllerLosesNothingAndRunsNothingTwice) {
  WriteExperiment(kTrials,
                  absl::StrCat("echo ${trialParameters.me} ${trialParameters.x} >> ", Path("runs"),
                               "; for i in 1 2 3 4 5; do echo loss=$i; sleep 0.05; done"));
  RandomStream random(20261123, 0, "crash-test");
  int kills = 0;
  while (kills < kKills) {
    auto program = Run();
    const double seconds = 0.2 * random.Uniform();
    if (program->EndsWithin(seconds)) break;
    program->Signal(SIGKILL);
    program->Wait();
    ++kills;
  }
  ASSERT_EQ(kills, kKills) << "the experiment ended before it was killed often enough";
  EXPECT_EQ(Run()->Wait(), 0) << ReadFile(Path("err"));

  const std::vector<StoredTrial> trials = Trials();
  EXPECT_EQ(record_.condition, "Succeeded");
  ASSERT_EQ(trials.size(), kTrials);
  std::map<std::string, std::string> assigned;
  for (const StoredTrial& trial : trials) {
    SCOPED_TRACE(trial.name);
    EXPECT_EQ(trial.condition, TrialCondition::kSucceeded) << trial.reason << trial.message;
    EXPECT_EQ(trial.attempt, 1);
    assigned[trial.name] = trial.assignment[0].second;
    std::vector<std::string> values;
    ASSERT_OK(store_->VisitMetrics(record_.id, trial.number, {}, [&](const MetricPoint& point) {
      values.push_back(point.text);
      return true;
    }));
    EXPECT_THAT(values, ::testing::ElementsAre("1", "2", "3", "4", "5"));
    static_assert(kPoints == 5);
  }
  // What the trials themselves saw: each ran once, with the values that were recorded for it.
  std::map<std::string, std::string> ran;
  for (const std::string& line : Lines("runs")) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    EXPECT_TRUE(ran.emplace(words[0], words[1]).second) << words[0] << " ran twice";
  }
  EXPECT_EQ(ran, assigned);
}

TEST_F(CrashTest, InitialTrialsAreStoredOnceAndRunOnceHoweverOftenItIsKilled) {
  constexpr int kInitial = 60;  // every third is known
  std::string initial = "  initialTrials:";
  for (int i = 0; i < kInitial; ++i) {
    absl::StrAppend(&initial, "\n  - {assignments: {x: ", i / 100.0, "}",
                    i % 3 == 0 ? ", metrics: {loss: 5}}" : "}");
  }
  WriteExperiment(kInitial + 5,
                  absl::StrCat("echo ${trialParameters.me} ${trialParameters.x} >> ", Path("runs"),
                               "; sleep 0.3; echo loss=1"),
                  initial);
  RandomStream random(20261124, 0, "crash-test");
  int kills = 0;
  for (; kills < kKills / 2; ++kills) {
    auto program = Run();
    if (program->EndsWithin(0.15 * random.Uniform())) break;
    program->Signal(SIGKILL);
    program->Wait();
  }
  EXPECT_GE(kills, 5) << "the experiment ended before it was killed often enough";
  EXPECT_EQ(Run()->Wait(), 0) << ReadFile(Path("err"));

  const std::vector<StoredTrial> trials = Trials();
  ASSERT_EQ(trials.size(), kInitial + 5);
  std::map<std::string, std::string> should_run;
  std::set<std::string> initial_values;
  for (const StoredTrial& trial : trials) {
    EXPECT_EQ(trial.condition, TrialCondition::kSucceeded);
    const auto label = trial.labels.find("qalam.dev/initial");
    const bool known = label != trial.labels.end() && label->second == "known";
    if (label != trial.labels.end()) initial_values.insert(trial.assignment[0].second);
    EXPECT_EQ(trial.objective, known ? 5 : 1);
    if (!known) should_run[trial.name] = trial.assignment[0].second;
  }
  EXPECT_EQ(initial_values.size(), kInitial);
  std::map<std::string, std::string> ran;
  for (const std::string& line : Lines("runs")) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    EXPECT_TRUE(ran.emplace(words[0], words[1]).second) << words[0] << " ran twice";
  }
  EXPECT_EQ(ran, should_run);
}

TEST_F(CrashTest, TheFrontIsWhatTheTrialsReportedHoweverOftenItIsKilled) {
  WriteExperiment(60,
                  "sleep 0.2; : ${trialParameters.me}; x=${trialParameters.x}; "
                  "awk -v x=$x \"BEGIN { print \\\"a=\\\" x }\"; "
                  "awk -v x=$x \"BEGIN { print \\\"b=\\\" (x < 0.5 ? 1 - x : x) }\"");
  WriteFile(Path("crash.yaml"),
            absl::StrReplaceAll(ReadFile(Path("crash.yaml")),
                                {{"  objective: {type: minimize, objectiveMetricName: loss}\n",
                                  "  objectives:\n"
                                  "  - {objectiveMetricName: a, type: minimize}\n"
                                  "  - {objectiveMetricName: b, type: minimize}\n"
                                  "  constraints: [a <= 0.8]\n"}}));
  RandomStream random(20261126, 0, "crash-test");
  int kills = 0;
  for (; kills < 15; ++kills) {
    auto program = Run();
    if (program->EndsWithin(0.25 * random.Uniform())) break;
    program->Signal(SIGKILL);
    program->Wait();
  }
  EXPECT_GE(kills, 5) << "the experiment ended before it was killed often enough";
  EXPECT_EQ(Run()->Wait(), 0) << ReadFile(Path("err"));
  const std::vector<StoredTrial> trials = Trials();
  ASSERT_EQ(trials.size(), 60);
  ParetoArchive expected;
  for (const StoredTrial& trial : trials) {
    ASSERT_EQ(trial.condition, TrialCondition::kSucceeded) << trial.reason << trial.message;
    double a = 0;
    double b = 0;
    ASSERT_TRUE(absl::SimpleAtod(trial.observation[0].latest, &a));
    ASSERT_TRUE(absl::SimpleAtod(trial.observation[1].latest, &b));
    EXPECT_EQ(trial.violation > 0, a > 0.8) << trial.name;
    if (a <= 0.8) expected.Add({trial.number, {a, b}});
  }
  std::set<std::string> names;
  for (const ParetoArchive::Member& member : expected.members()) {
    names.insert(trials[static_cast<size_t>(member.number)].name);
  }
  std::set<std::string> stored;
  ASSERT_OK_AND_ASSIGN(const std::vector<StoredTrial> front, store_->FrontTrials(record_.id));
  for (const StoredTrial& trial : front) stored.insert(trial.name);
  EXPECT_EQ(stored, names);
  EXPECT_GT(names.size(), 2U);
  EXPECT_LT(names.size(), 60U);
}

TEST_F(CrashTest, WhatAStoppingRuleDecidedHoldsHoweverOftenItIsKilled) {
  // Bad ones would run for ever: each must be told to end, whatever dies before it is.
  WriteExperiment(60,
                  absl::StrCat("x=${trialParameters.x}; echo ${trialParameters.me} >> ",
                               Path("runs"), "; sleep 0.4; echo loss=$x; ",
                               "case $x in 0.[5-9]*) while :; do sleep 0.05; done;; esac"),
                  "  earlyStopping: {algorithmName: threshold, algorithmSettings: [{name: upper, "
                  "value: \"0.5\"}]}");
  RandomStream random(20261127, 0, "crash-test");
  int kills = 0;
  for (; kills < 30; ++kills) {
    auto program = Run();
    if (program->EndsWithin(0.25 * random.Uniform())) break;
    program->Signal(SIGKILL);
    program->Wait();
  }
  EXPECT_GE(kills, 10) << "the experiment ended before it was killed often enough";
  EXPECT_EQ(Run()->Wait(), 0) << ReadFile(Path("err"));
  const std::vector<StoredTrial> trials = Trials();
  ASSERT_EQ(trials.size(), 60);
  int stopped = 0;
  for (const StoredTrial& trial : trials) {
    SCOPED_TRACE(trial.name);
    const bool bad = trial.assignment[0].second >= "0.5" && trial.assignment[0].second[0] == '0';
    EXPECT_EQ(trial.condition, bad ? TrialCondition::kEarlyStopped : TrialCondition::kSucceeded)
        << trial.reason << trial.message;
    EXPECT_EQ(trial.attempt, 1);
    ASSERT_EQ(trial.observation.size(), 1U);
    EXPECT_EQ(trial.observation[0].latest, trial.assignment[0].second);
    EXPECT_TRUE(trial.objective.has_value());
    stopped += bad;
  }
  EXPECT_GT(stopped, 10);
  EXPECT_EQ(Lines("runs").size(), 60U);
}

TEST_F(CrashTest, AKilledSupervisorLeavesNothingRunningAndItsTrialIsRunAgain) {
  // The first attempt of the only trial waits for ever; its descendant has left its process group.
  // ($$$$ is how Kubernetes writes the shell's $$.)
  WriteExperiment(
      1, absl::StrCat(": ${trialParameters.me} ${trialParameters.x}; if [ ! -e ",
                      Path("supervisor"), " ]; then setsid sleep 1000 & ", "echo $! > ",
                      Path("descendant"), "; echo loss=7; echo $$$$ > ", Path("shell"),
                      "; echo $PPID > ", Path("supervisor"), "; sleep 1000; fi; echo loss=1"));
  auto program = Run();
  ASSERT_TRUE(WaitUntil([&] { return !Lines("supervisor").empty(); }, 20))
      << ReadFile(Path("out")) << ReadFile(Path("err"));
  int supervisor = 0;
  int shell = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Lines("supervisor")[0], &supervisor));
  ASSERT_TRUE(absl::SimpleAtoi(Lines("shell")[0], &shell));
  ASSERT_EQ(kill(supervisor, SIGKILL), 0);

  EXPECT_EQ(program->Wait(), 0) << ReadFile(Path("err"));
  EXPECT_EQ(ReadFile(absl::StrCat("/proc/", shell, "/cmdline")), "");
  EXPECT_EQ(ReadFile(absl::StrCat("/proc/", Lines("descendant")[0], "/cmdline")), "");
  const std::vector<StoredTrial> trials = Trials();
  ASSERT_EQ(trials.size(), 1);
  EXPECT_EQ(trials[0].condition, TrialCondition::kSucceeded);
  EXPECT_EQ(trials[0].attempt, 2);
  EXPECT_EQ(trials[0].observation[0].max, "1");  // of the attempt that counts
  bool told = false;
  for (const ConditionRecord& condition : trials[0].conditions) {
    told |= condition.reason == "InfrastructureLost";
  }
  EXPECT_TRUE(told) << "the status history does not tell of the lost attempt";
}

}  // namespace
}  // namespace qalam
