// Trials that are stopped at their rungs, after so many reports, as users run them, and with the
// program killed.
#include <gmock/gmock.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// A trial trains for ever, and saves and rests after 1, 3 and 9 epochs. Where it rests for long,
// whoever does not stop it there waits for it in vain.
constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: $NAME}
spec:
  seed: 5
  objective: {type: minimize, objectiveMetricName: loss, additionalMetricNames: [epoch]}
  algorithm:
    algorithmName: $ALGORITHM
    algorithmSettings: [{name: resource_type, value: reports}, {name: $MOST, value: "9"}$MORE]
  $STOPPING
  parallelTrialCount: $PARALLEL
  maxTrialCount: $TRIALS
  resumePolicy: LongRunning
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  trialTemplate:
    primaryContainerName: main
    $CHECKPOINT
    trialParameters:
    - {name: x, reference: x}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            terminationGracePeriodSeconds: 5
            containers:
            - name: main
              image: none
              command:
              - sh
              - -c
              - |
                folder=${QALAM_CHECKPOINT_DIR:-$EMPTY}
                epoch=$(cat $folder/epoch 2>/dev/null || echo 0)
                echo $epoch ${trialParameters.x} >> $BEGUN
                while sleep $PAUSE; do
                  epoch=`expr $epoch + 1`
                  case $epoch in 1|3|9) echo $epoch > $folder/epoch;; esac
                  echo epoch=$epoch loss=${trialParameters.x}
                  case $epoch in 1|3|9) $REST;; esac
                done
            restartPolicy: Never
)";

class ReportRungsTest : public QalamTest {
 protected:
  std::string WriteExperiment(const std::string& name,
                              std::map<std::string, std::string> values) const {
    values.insert({{"$ALGORITHM", "asha"},
                   {"$MOST", "max_resource"},
                   {"$MORE", ""},
                   {"$STOPPING", ""},
                   {"$PARALLEL", "1"},
                   {"$TRIALS", "16"},
                   {"$CHECKPOINT", "checkpoint: {}"},
                   {"$PAUSE", "0"},
                   {"$REST", "sleep 100"},
                   {"$EMPTY", Path("nowhere")},
                   {"$BEGUN", Path(name + ".begun")}});
    return WriteFilled(name, kExperiment, std::move(values));
  }

  // Epoch at which each trial began, in no order: "0", "3".
  std::map<std::string, int> Begun(const std::string& name) const {
    std::map<std::string, int> begun;
    for (const absl::string_view line :
         absl::StrSplit(ReadFile(Path(name + ".begun")), '\n', absl::SkipEmpty())) {
      ++begun[std::string(line.substr(0, line.find(' ')))];
    }
    return begun;
  }

  static std::string Label(const Json& trial, const std::string& name) {
    return trial["labels"].value("qalam.dev/" + name, "");
  }

  // Each has succeeded at its rung with what it was there; returns how many went on from others.
  static int ExpectRungs(const std::vector<Json>& trials) {
    int resumed = 0;
    for (const Json& trial : trials) {
      SCOPED_TRACE(trial.dump());
      EXPECT_EQ(trial["status"], "Succeeded");
      EXPECT_EQ(trial["metrics"]["epoch"]["latest"], Label(trial, "reports"));
      EXPECT_EQ(trial["metrics"]["loss"]["latest"], trial["parameters"]["x"]);
      if (Label(trial, "resume-from").empty()) continue;
      ++resumed;
      const Json& parent = trials.at(std::stoul(Label(trial, "resume-from")));
      EXPECT_EQ(trial["parameters"], parent["parameters"]);
    }
    return resumed;
  }

  static std::vector<std::string> Lineages(const std::vector<Json>& trials) {
    std::vector<std::string> lineages;
    for (const Json& trial : trials) {
      lineages.push_back(absl::StrCat(trial["parameters"].dump(), trial["labels"].dump(),
                                      trial["objective"].dump(), trial["attempt"].dump()));
    }
    return lineages;
  }
};

TEST_F(ReportRungsTest, TrialsAreStoppedAtTheirRungsAndGoOnFromTheirCheckpoints) {
  const Finished run = Qalam({"run", WriteExperiment("rungs", {{"$PARALLEL", "3"}})});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const std::vector<Json> trials = Trials("rungs");
  ASSERT_EQ(trials.size(), 16U);
  EXPECT_GE(ExpectRungs(trials), 4);
  std::map<std::string, int> expected;
  for (const Json& trial : trials) {
    const std::string before = Label(trial, "reports-before");
    EXPECT_EQ(before.empty(), Label(trial, "resume-from").empty());
    ++expected[before.empty() ? "0" : before];
  }
  EXPECT_EQ(Begun("rungs"), expected);
  const std::string name = trials[0]["name"];
  EXPECT_THAT(Qalam({"describe", "trial", name}).out,
              HasSubstr("Trial was stopped at its rung: 1 report of loss was wanted, and made"));
  const Finished replay = Qalam({"replay", "rungs"});
  EXPECT_EQ(replay.code, 0) << replay.out;
}

TEST_F(ReportRungsTest, WithoutACheckpointATrialBeginsAgainFromNothing) {
  const Finished run = Qalam(
      {"run", WriteExperiment("fresh", {{"$CHECKPOINT", ""}, {"$PAUSE", "0.02"}, {"$REST", ":"}})});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const std::vector<Json> trials = Trials("fresh");
  EXPECT_GE(ExpectRungs(trials), 4);
  for (const Json& trial : trials) EXPECT_EQ(Label(trial, "reports-before"), "");
  EXPECT_EQ(Begun("fresh"), (std::map<std::string, int>{{"0", 16}}));
}

TEST_F(ReportRungsTest, HyperbandRunsItsBracketsToTheEnd) {
  const Finished run = Qalam({"run", WriteExperiment("brackets", {{"$ALGORITHM", "hyperband"},
                                                                  {"$MOST", "r_l"},
                                                                  {"$REST", "sleep 0.7"},
                                                                  {"$PARALLEL", "4"},
                                                                  {"$TRIALS", "22"}})});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const std::vector<Json> trials = Trials("brackets");
  ASSERT_EQ(trials.size(), 22U);
  EXPECT_EQ(ExpectRungs(trials), 3 + 1 + 1);
  EXPECT_EQ(Begun("brackets"), (std::map<std::string, int>{{"0", 17}, {"1", 3}, {"3", 2}}));
}

TEST_F(ReportRungsTest, KilledAgainAndAgainItIsTheSameSearch) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("calm", {})}).code, 0);
  const std::string file = WriteExperiment("killed", {{"$PAUSE", "0.02"}});
  for (const double seconds : {0.3, 0.1, 0.5, 0.2, 0.15, 0.4, 0.25, 0.1, 0.35, 0.2}) {
    auto program = Start({"run", file}, absl::StrCat("killed", seconds));
    if (program->EndsWithin(seconds)) break;
    program->Signal(SIGKILL);
    program->Wait();
  }
  const Finished last = Qalam({"run", file});
  ASSERT_EQ(last.code, 0) << last.out << last.err;
  const std::vector<Json> trials = Trials("killed");
  EXPECT_GE(ExpectRungs(trials), 4);
  EXPECT_EQ(Lineages(trials), Lineages(Trials("calm")));
  EXPECT_EQ(Begun("killed"), Begun("calm"));
  EXPECT_EQ(Qalam({"replay", "killed"}).code, 0);
}

// Whether reports come one by one or together.
TEST_F(ReportRungsTest, AStoppingRuleGivesUpTrialsBeforeTheirRungButNotAtIt) {
  for (const int start_step : {2, 3}) {
    const std::string name = absl::StrCat("rule", start_step);
    const Finished run = Qalam(
        {"run", WriteExperiment(
                    name, {{"$MORE", ", {name: min_resource, value: \"3\"}"},
                           {"$TRIALS", "8"},
                           {"$CHECKPOINT", ""},
                           {"$REST", ":"},
                           {"$PAUSE", start_step == 2 ? "0" : "0.02"},
                           {"$STOPPING", absl::StrCat("earlyStopping: {algorithmName: threshold, "
                                                      "algorithmSettings: [{name: upper, value: "
                                                      "\"0.5\"}, {name: start_step, value: \"",
                                                      start_step, "\"}]}")}})});
    ASSERT_EQ(run.code, 0) << run.out << run.err;
    int stopped = 0;
    for (const Json& trial : Trials(name)) {
      if (Label(trial, "reports") != "3") continue;
      const bool bad = std::stod(trial["parameters"]["x"].get<std::string>()) > 0.5;
      EXPECT_EQ(trial["status"], bad && start_step == 2 ? "EarlyStopped" : "Succeeded") << trial;
      stopped += bad;
    }
    EXPECT_GT(stopped, 0);
  }
}

TEST_F(ReportRungsTest, WhatCannotBeCountedIsRefused) {
  const Finished own =
      Qalam({"validate", WriteExperiment("own", {{"$CHECKPOINT", "checkpoint: {retry: own}"}})});
  EXPECT_NE(own.code, 0);
  EXPECT_THAT(own.out + own.err, HasSubstr("with resource_type reports it must be parent"));
  const Finished none =
      Qalam({"validate", WriteExperiment("none", {{"$PARALLEL",
                                                   "1\n  metricsCollectorSpec: "
                                                   "{collector: {kind: None}}"}})});
  EXPECT_NE(none.code, 0);
  EXPECT_THAT(none.out + none.err, HasSubstr("reads no metrics (kind None)"));
}

}  // namespace
}  // namespace qalam
