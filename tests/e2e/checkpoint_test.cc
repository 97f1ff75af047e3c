// Trials that go on from what others left, as users run them, and with the program killed.
#include <gmock/gmock.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// What a trial leaves is the sum of what it found and its x times its epochs.
constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: $NAME}
spec:
  seed: 5
  objective:
    type: minimize
    objectiveMetricName: loss
    additionalMetricNames: [sum, before]
  algorithm:
    algorithmName: $ALGORITHM
    algorithmSettings: [$SETTINGS]
  parallelTrialCount: $PARALLEL
  maxTrialCount: $TRIALS
  resumePolicy: $POLICY
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  - {name: epochs, parameterType: int, feasibleSpace: {min: "1", max: "9"}}
  trialTemplate:
    primaryContainerName: main
    $CHECKPOINT
    trialParameters:
    - {name: x, reference: x}
    - {name: epochs, reference: epochs}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - name: main
              image: none
              command:
              - sh
              - -c
              - |
                before=$(cat $FOLDER/sum 2>/dev/null || echo 0)
                sum=$(awk "BEGIN { printf \"%.9f\", $before + ${trialParameters.x} * ${trialParameters.epochs} }")
                echo broken > $FOLDER/sum
                $PAUSE
                echo $sum > $FOLDER/sum
                echo before=$before sum=$sum
                echo loss=$(awk "BEGIN { printf \"%.9f\", ($sum - 4) ^ 2 }")
            restartPolicy: Never
)";

class CheckpointRunTest : public QalamTest {
 protected:
  std::string WriteExperiment(const std::string& name,
                              std::map<std::string, std::string> values) const {
    values.insert({{"$ALGORITHM", "pbt"},
                   {"$SETTINGS", "{name: n_population, value: \"5\"}"},
                   {"$PARALLEL", "1"},
                   {"$TRIALS", "30"},
                   {"$POLICY", "Never"},
                   {"$CHECKPOINT", "checkpoint: {path: /ckpt}"},
                   {"$FOLDER", "/ckpt"},
                   {"$PAUSE", ":"}});
    return WriteFilled(name, kExperiment, std::move(values));
  }

  static double Metric(const Json& trial, const char* name) {
    return std::stod(trial["metrics"][name]["latest"].get<std::string>());
  }

  // Every trial has begun with exactly what its parent left; returns how many had one.
  int ExpectInheritance(const std::vector<Json>& trials) {
    int inherited = 0;
    for (const Json& trial : trials) {
      SCOPED_TRACE(trial.dump());
      const bool resumed = trial["labels"].contains("qalam.dev/resume-from");
      double before = 0;
      if (resumed) {
        const auto parent = std::stoul(trial["labels"]["qalam.dev/resume-from"].get<std::string>());
        before = Metric(trials.at(parent), "sum");
        ++inherited;
      }
      EXPECT_EQ(Metric(trial, "before"), before);
      EXPECT_EQ(trial["status"], "Succeeded");
    }
    return inherited;
  }

  // What does not depend on the clock.
  static std::vector<std::string> Lineages(const std::vector<Json>& trials) {
    std::vector<std::string> lineages;
    for (const Json& trial : trials) {
      lineages.push_back(absl::StrCat(trial["parameters"].dump(), trial["labels"].dump(),
                                      trial["objective"].dump()));
    }
    return lineages;
  }

  std::set<std::string> CheckpointsOf(const std::string& name) {
    const std::string uid = QalamJson({"get", "experiment", name, "-o", "json"})["metadata"]["uid"];
    std::set<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator
             entry(Path("data/trials/") + uid + "/checkpoints", error),
         end;
         !error && entry != end; ++entry) {
      names.insert(entry->path().filename().string());
    }
    return names;
  }

  void RunWithKills(const std::string& name, const std::string& file, std::vector<size_t> after) {
    for (const size_t finished : after) {
      auto program = Start({"run", file}, absl::StrCat(name, finished));
      ASSERT_TRUE(WaitForTrials(name, "Succeeded", finished));
      program->Signal(SIGKILL);
      program->Wait();
    }
    const Finished last = Qalam({"run", file});
    ASSERT_EQ(last.code, 0) << last.out << last.err;
  }
};

TEST_F(CheckpointRunTest, MembersOfAPopulationGoOnFromWhatWinnersLeft) {
  const Finished run = Qalam({"run", WriteExperiment("pop", {{"$PARALLEL", "2"}})});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  const std::vector<Json> trials = Trials("pop");
  EXPECT_EQ(ExpectInheritance(trials), 25);
  int replaced = 0;
  for (const Json& trial : trials) {
    replaced += trial["explanation"].get<std::string>().find("gives up") != std::string::npos;
  }
  EXPECT_GT(replaced, 0);
  EXPECT_EQ(Qalam({"replay", "pop"}).code, 0);
}

TEST_F(CheckpointRunTest, AtTheEndTheBestTrialsFolderIsLeft) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("pop", {})}).code, 0);
  std::string best = Qalam({"best", "pop", "-o", "name"}).out;
  best.pop_back();
  EXPECT_THAT(CheckpointsOf("pop"), ElementsAre(best));
  EXPECT_THAT(Qalam({"describe", "trial", best}).out, HasSubstr("/checkpoints/" + best));
}

TEST_F(CheckpointRunTest, AllFoldersAreKeptWhereAsked) {
  ASSERT_EQ(Qalam({"run", WriteExperiment(
                              "pop", {{"$CHECKPOINT", "checkpoint: {path: /ckpt, keep: all}"}})})
                .code,
            0);
  EXPECT_EQ(CheckpointsOf("pop").size(), 30);
}

TEST_F(CheckpointRunTest, KatibsSettingSaysWhereTheFolderIs) {
  const std::string settings =
      "{name: n_population, value: \"5\"}, {name: suggestion_trial_dir, value: /opt/katib/data}";
  ASSERT_EQ(Qalam({"run", WriteExperiment("pop", {{"$SETTINGS", settings},
                                                  {"$CHECKPOINT", ""},
                                                  {"$FOLDER", "/opt/katib/data"}})})
                .code,
            0);
  EXPECT_EQ(ExpectInheritance(Trials("pop")), 25);
}

TEST_F(CheckpointRunTest, TheVariableSaysWhereTheFolderIs) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("pop", {{"$CHECKPOINT", "checkpoint: {}"},
                                                  {"$FOLDER", "$QALAM_CHECKPOINT_DIR"}})})
                .code,
            0);
  EXPECT_EQ(ExpectInheritance(Trials("pop")), 25);
}

TEST_F(CheckpointRunTest, WithoutAFolderAPopulationIsRefused) {
  const Finished run = Qalam({"validate", WriteExperiment("pop", {{"$CHECKPOINT", ""}})});
  EXPECT_NE(run.code, 0);
  EXPECT_THAT(run.out + run.err,
              AllOf(HasSubstr("trialTemplate.checkpoint"), HasSubstr("suggestion_trial_dir")));
}

TEST_F(CheckpointRunTest, AKilledPopulationHasTheSameLineage) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("calm", {})}).code, 0);
  const std::string file = WriteExperiment("killed", {{"$PAUSE", "sleep 0.05"}});
  RunWithKills("killed", file, {2, 7, 13, 22});
  EXPECT_EQ(ExpectInheritance(Trials("killed")), 25);
  EXPECT_EQ(Lineages(Trials("killed")), Lineages(Trials("calm")));
  EXPECT_EQ(CheckpointsOf("killed").size(), 1);
}

TEST_F(CheckpointRunTest, AKilledHyperbandHasTheSameLineage) {
  const std::map<std::string, std::string> hyperband = {
      {"$ALGORITHM", "hyperband"},
      {"$TRIALS", "22"},
      {"$SETTINGS", "{name: r_l, value: \"9\"}, {name: resource_name, value: epochs}"}};
  ASSERT_EQ(Qalam({"run", WriteExperiment("calm", hyperband)}).code, 0);
  std::map<std::string, std::string> slow = hyperband;
  slow["$PAUSE"] = "sleep 0.05";
  RunWithKills("killed", WriteExperiment("killed", slow), {3, 11, 19});
  EXPECT_EQ(ExpectInheritance(Trials("killed")), 3 + 1 + 1);
  EXPECT_EQ(Lineages(Trials("killed")), Lineages(Trials("calm")));
}

// The next attempt finds what the first one found, not what that one had begun to write.
TEST_F(CheckpointRunTest, ATrialThatIsStoppedAndRunAgainBeginsWithItsParentsFolder) {
  const std::string file = WriteExperiment("again", {{"$PAUSE", "sleep 0.2"}});
  for (const size_t finished : {1, 6, 12}) {
    auto program = Start({"run", file}, absl::StrCat("again", finished));
    ASSERT_TRUE(WaitForTrials("again", "Succeeded", finished));
    ASSERT_TRUE(WaitForTrials("again", "Running", 1));
    Qalam({"stop", "again", "--now"});
    program->Wait();
  }
  ASSERT_EQ(Qalam({"run", file}).code, 0);
  const std::vector<Json> trials = Trials("again");
  EXPECT_EQ(ExpectInheritance(trials), 25);
  int attempts = 0;
  for (const Json& trial : trials) attempts += trial["attempt"].get<int>() - 1;
  EXPECT_GT(attempts, 0) << "no trial was run again";
}

TEST_F(CheckpointRunTest, TheLineageOfATrialIsAScheduleFromNothing) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("pop", {})}).code, 0);
  const Json lineage = QalamJson({"lineage", "pop", "-o", "json"});
  double sum = 0;
  for (const Json& step : lineage["steps"]) {
    const auto number = [&](const char* name) {
      return std::stod(step["parameters"][name].get<std::string>());
    };
    sum += number("x") * number("epochs");
  }
  EXPECT_NEAR(lineage["steps"].back()["objective"].get<double>(), std::pow(sum - 4, 2), 1e-5);
  EXPECT_EQ(lineage["steps"].back()["trial"], lineage["trial"]);
  EXPECT_TRUE(lineage["steps"].back()["checkpoint"].is_string());
  EXPECT_THAT(Qalam({"lineage", "pop"}).out, HasSubstr("STEP"));
}

TEST_F(CheckpointRunTest, ALineageIsAnExperimentThatTrainsAlongIt) {
  const Finished search = Qalam({"run", WriteExperiment("pop", {})});
  ASSERT_EQ(search.code, 0);
  EXPECT_THAT(search.out, HasSubstr("lineage pop"));
  const Json lineage = QalamJson({"lineage", "pop", "-o", "json"});
  const Finished replay = Shell("$QALAM lineage pop -o experiment | $QALAM run -");
  ASSERT_EQ(replay.code, 0) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("nothing left to try"));
  const std::vector<Json> trials = Trials("pop-replay");
  ASSERT_GT(trials.size(), 1);
  ASSERT_EQ(trials.size(), lineage["steps"].size());
  EXPECT_EQ(ExpectInheritance(trials), static_cast<int>(trials.size()) - 1);
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i]["parameters"], lineage["steps"][i]["parameters"]);
    EXPECT_EQ(trials[i]["objective"], lineage["steps"][i]["objective"]);
  }
  EXPECT_EQ(ConditionOf("pop-replay"), "Succeeded");
  EXPECT_EQ(Qalam({"replay", "pop-replay"}).code, 0);
  EXPECT_EQ(CheckpointsOf("pop-replay").size(), 1);
}

TEST_F(CheckpointRunTest, ALineageOfAnyTrialMayBeTrainedAlongUnderAnyName) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("pop", {{"$TRIALS", "11"}})}).code, 0);
  const std::string last = Trials("pop").back()["name"];
  const std::string export_it = absl::StrCat("$QALAM lineage ", last, " -o experiment --as again");
  ASSERT_EQ(Shell(export_it + " | $QALAM run -").code, 0);
  EXPECT_EQ(Trials("again").size(), 3);
  EXPECT_EQ(Trials("again").back()["objective"], Trials("pop").back()["objective"]);
  EXPECT_EQ(Qalam({"lineage", "pop", "--as", "again"}).code, 2);
  EXPECT_THAT(Qalam({"lineage", "pop", "-o", "experiment", "--as", "A"}).err, HasSubstr("\"A\""));
}

TEST_F(CheckpointRunTest, WhatALineageIsTrainedWithComesWithItsExperiment) {
  const std::string experiment = kExperiment;
  const size_t job = experiment.find("    trialSpec:\n");
  std::string config_map = experiment.substr(job + std::string("    trialSpec:\n").size());
  config_map = absl::StrReplaceAll(
      config_map,
      {{"image: none\n", "image: none\n              envFrom: [{secretRef: {name: s}}]\n"},
       {"echo before=", "echo token=$TOKEN before="}});
  const std::string text = absl::StrCat(
      experiment.substr(0, job),
      "    configMap: {configMapName: m, configMapNamespace: default, templatePath: t}\n"
      "---\n{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {TOKEN: '7'}}\n"
      "---\napiVersion: v1\nkind: ConfigMap\n"
      "metadata: {name: m, labels: {katib.kubeflow.org/component: trial-templates}}\n"
      "data:\n  t: |\n",
      config_map);
  const std::string file =
      WriteFilled("mapped", absl::StrReplaceAll(text, {{"sum, before", "sum, token"}}),
                  {{"$ALGORITHM", "pbt"},
                   {"$SETTINGS", "{name: n_population, value: \"5\"}"},
                   {"$PARALLEL", "1"},
                   {"$TRIALS", "12"},
                   {"$POLICY", "Never"},
                   {"$CHECKPOINT", "checkpoint: {}"},
                   {"$FOLDER", "$QALAM_CHECKPOINT_DIR"},
                   {"$PAUSE", ":"}});
  const Finished search = Qalam({"run", file});
  ASSERT_EQ(search.code, 0) << search.err;
  const Finished written = Qalam({"lineage", "mapped", "-o", "experiment"});
  EXPECT_THAT(written.err, HasSubstr("Secrets"));
  ASSERT_EQ(Shell("$QALAM lineage mapped -o experiment | $QALAM run -").code, 0) << written.out;
  for (const Json& trial : Trials("mapped-replay")) EXPECT_EQ(Metric(trial, "token"), 7);
}

TEST_F(CheckpointRunTest, WithoutCheckpointsThereIsNoScheduleToTrainAlong) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("rnd", {{"$ALGORITHM", "random"},
                                                  {"$SETTINGS", ""},
                                                  {"$CHECKPOINT", ""},
                                                  {"$FOLDER", "."},
                                                  {"$TRIALS", "2"}})})
                .code,
            0);
  const Finished lineage = Qalam({"lineage", "rnd", "-o", "experiment"});
  EXPECT_NE(lineage.code, 0);
  EXPECT_EQ(lineage.out, "");
  EXPECT_THAT(lineage.err, HasSubstr("spec.trialTemplate.checkpoint"));
}

// Of three steps; there may be more trials than it has.
constexpr char kSchedule[] = R"({name: repeats, value: "3"}, {name: steps, value: '
  {"x": 0.5, "epochs": 4}

  {"x": 0.25, "epochs": 4}

  {"x": 0.125, "epochs": 8}'})";

TEST_F(CheckpointRunTest, AKilledScheduleComesToTheSameEnd) {
  const std::map<std::string, std::string> schedule = {{"$ALGORITHM", "schedule"},
                                                       {"$SETTINGS", kSchedule}};
  ASSERT_EQ(Qalam({"run", WriteExperiment("calm", schedule)}).code, 0);
  std::map<std::string, std::string> slow = schedule;
  slow["$PAUSE"] = "sleep 0.1";
  RunWithKills("killed", WriteExperiment("killed", slow), {1, 3, 5});
  const std::vector<Json> trials = Trials("killed");
  ASSERT_EQ(trials.size(), 9);
  EXPECT_EQ(ExpectInheritance(trials), 6);
  EXPECT_EQ(Metric(trials.back(), "sum"), 4);
  EXPECT_EQ(Lineages(trials), Lineages(Trials("calm")));
  EXPECT_EQ(Qalam({"replay", "killed"}).code, 0);
}

TEST_F(CheckpointRunTest, TheTemplateMayTakeASeedFromTheNumberOfTheTraining) {
  const std::string text = absl::StrReplaceAll(
      kExperiment,
      {{"[sum, before]", "[sum, before, seed]"},
       {"trialParameters:\n", "trialParameters:\n    - {name: seed, reference: \"$LABEL\"}\n"},
       {"kind: Job\n", "kind: Job\n      metadata: {labels: {pbt.member: \"0\"}}\n"},
       {"echo before=", "echo seed=${trialParameters.seed} before="}});
  const std::string file = WriteFilled("seeds", text,
                                       {{"$ALGORITHM", "schedule"},
                                        {"$SETTINGS", kSchedule},
                                        {"$LABEL", "${trialSpec.Labels[pbt.member]}"},
                                        {"$PARALLEL", "2"},
                                        {"$TRIALS", "30"},
                                        {"$POLICY", "Never"},
                                        {"$CHECKPOINT", "checkpoint: {path: /ckpt}"},
                                        {"$FOLDER", "/ckpt"},
                                        {"$PAUSE", ":"}});
  const Finished run = Qalam({"run", file});
  ASSERT_EQ(run.code, 0) << run.err;
  std::map<double, int> steps;  // by seed
  for (const Json& trial : Trials("seeds")) ++steps[Metric(trial, "seed")];
  EXPECT_EQ(steps, (std::map<double, int>{{0, 3}, {1, 3}, {2, 3}}));
}

TEST_F(CheckpointRunTest, AScheduleWhoseStepKeepsFailingFails) {
  const std::map<std::string, std::string> failing = {
      {"$ALGORITHM", "schedule"},
      {"$SETTINGS", kSchedule},
      {"$PAUSE", "[ ${trialParameters.x} != 0.25 ] || exit 1"}};
  const Finished run = Qalam({"run", WriteExperiment("failing", failing)});
  EXPECT_EQ(run.code, 1);
  EXPECT_THAT(run.out, HasSubstr("no training came to the last of the 3 steps"));
  EXPECT_EQ(Trials("failing").size(), 3 * 3);
}

}  // namespace
}  // namespace qalam
