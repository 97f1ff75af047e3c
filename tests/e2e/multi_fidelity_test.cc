// Searches that give trials different amounts of a resource, as users run them.
#include <gmock/gmock.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kRungExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: rungs}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm:
    algorithmName: $ALGORITHM
    algorithmSettings: [{name: resource_name, value: epochs}, $SETTINGS]
  parallelTrialCount: $PARALLEL
  resumePolicy: LongRunning
  $LIMIT
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  - {name: epochs, parameterType: int, feasibleSpace: {min: "1", max: "$MOST"}}
  trialTemplate:
    primaryContainerName: main
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
              command: [sh, -c, "$COMMAND"]
            restartPolicy: Never
)";

class MultiFidelityTest : public QalamTest {
 protected:
  std::string WriteRungs(const std::map<std::string, std::string>& values) const {
    std::map<std::string, std::string> all = values;
    all.insert({"$LIMIT", ""});
    all.insert({"$COMMAND", "echo loss=${trialParameters.x} epochs=${trialParameters.epochs}"});
    const std::string path = Path("rungs.yaml");
    WriteFile(path, absl::StrReplaceAll(kRungExperiment, all));
    return path;
  }

  std::map<std::string, int> TrialsByEpochs() {
    std::map<std::string, int> counts;
    for (const Json& trial : QalamJson({"export", "rungs", "--format", "json"})) {
      ++counts[trial["parameters"]["epochs"].get<std::string>()];
    }
    return counts;
  }
};

struct BracketRun {
  int most = 0;
  int eta = 3;
  int parallel = 1;
  std::map<std::string, int> trials;  // by epochs, as the paper has them
};

class BracketRunTest : public MultiFidelityTest, public testing::WithParamInterface<BracketRun> {};

TEST_P(BracketRunTest, EveryBracketIsRunToItsEndAndThenTheExperimentSucceeds) {
  const BracketRun& run = GetParam();
  const Finished finished = Qalam(
      {"run", WriteRungs({{"$ALGORITHM", "hyperband"},
                          {"$SETTINGS", absl::StrCat("{name: r_l, value: \"", run.most,
                                                     "\"}, {name: eta, value: \"", run.eta, "\"}")},
                          {"$PARALLEL", absl::StrCat(run.parallel)},
                          {"$MOST", absl::StrCat(run.most)}})});
  EXPECT_EQ(finished.code, 0) << finished.out << finished.err;
  EXPECT_EQ(TrialsByEpochs(), run.trials);
  EXPECT_EQ(ConditionOf("rungs"), "Succeeded");
  EXPECT_EQ(Qalam({"replay", "rungs"}).code, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, BracketRunTest,
    testing::Values(
        BracketRun{9, 3, 9, {{"1", 9}, {"3", 3 + 5}, {"9", 1 + 1 + 3}}},
        BracketRun{4, 2, 4, {{"1", 4}, {"2", 2 + 3}, {"4", 1 + 1 + 3}}},
        BracketRun{27, 3, 27, {{"1", 27}, {"3", 9 + 12}, {"9", 3 + 4 + 6}, {"27", 1 + 1 + 2 + 4}}},
        BracketRun{27, 3, 4, {{"1", 27}, {"3", 9 + 12}, {"9", 3 + 4 + 6}, {"27", 1 + 1 + 2 + 4}}},
        BracketRun{81,
                   3,
                   81,
                   {{"1", 81},
                    {"3", 27 + 34},
                    {"9", 9 + 11 + 15},
                    {"27", 3 + 3 + 5 + 8},
                    {"81", 1 + 1 + 1 + 2 + 5}}}),
    [](const auto& info) {
      return absl::StrCat(info.param.most, "_", info.param.eta, "_", info.param.parallel);
    });

TEST_F(MultiFidelityTest, ARungIsToldWhereItsTrialsComeFrom) {
  ASSERT_EQ(Qalam({"run", WriteRungs({{"$ALGORITHM", "hyperband"},
                                      {"$SETTINGS", "{name: r_l, value: \"3\"}"},
                                      {"$PARALLEL", "1"},
                                      {"$MOST", "3"}})})
                .code,
            0);
  EXPECT_THAT(TrialsByEpochs(), ElementsAre(Pair("1", 3), Pair("3", 1 + 2)));
  int promoted = 0;
  for (const Json& trial : QalamJson({"export", "rungs", "--format", "json"})) {
    const std::string name = trial["name"];
    const std::string text = Qalam({"describe", "trial", name}).out;
    if (text.find("promoted from trial") == std::string::npos) continue;
    ++promoted;
    EXPECT_THAT(text, HasSubstr("hyperband: bracket 1, rung 2 of 2 (epochs 3), promoted"));
    EXPECT_THAT(text, HasSubstr("qalam.dev/resume-from"));
  }
  EXPECT_EQ(promoted, 1);
}

TEST_F(MultiFidelityTest, AKilledRunGoesOnAsIfNothingHadHappened) {
  const std::string file =
      WriteRungs({{"$ALGORITHM", "hyperband"},
                  {"$SETTINGS", "{name: r_l, value: \"9\"}"},
                  {"$PARALLEL", "2"},
                  {"$MOST", "9"},
                  {"$COMMAND",
                   "sleep 0.05; echo loss=${trialParameters.x} epochs=${trialParameters.epochs}"}});
  for (const size_t finished : {3, 11}) {
    auto program = Start({"run", file}, absl::StrCat("run", finished));
    ASSERT_TRUE(WaitForTrials("rungs", "Succeeded", finished));
    program->Signal(SIGKILL);
    program->Wait();
  }
  ASSERT_EQ(Qalam({"run", file}).code, 0);
  EXPECT_THAT(TrialsByEpochs(), ElementsAre(Pair("1", 9), Pair("3", 3 + 5), Pair("9", 1 + 1 + 3)));
  EXPECT_EQ(Qalam({"replay", "rungs"}).code, 0);
}

}  // namespace
}  // namespace qalam
