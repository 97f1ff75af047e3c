// Every proposal of a real experiment can be asked for again: eight trials at once, some that fail,
// a process that is killed and one that goes on, initial trials, and limits that change.
#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Trials take different times ($$$$ is how Kubernetes writes the shell's $$) and every seventh or
// so fails.
constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: again}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: $ALGORITHM, algorithmSettings: [$SETTINGS]}
  parallelTrialCount: 8
  maxTrialCount: 56
  resumePolicy: LongRunning
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "-2", max: "2", step: "0.1"}}
  - {name: n, parameterType: int, feasibleSpace: {min: "1", max: "6"}}
  - {name: c, parameterType: categorical, feasibleSpace: {list: [a, b, c]}}
  initialTrials:
  - assignments: {x: 1, n: 3, c: b}
  - {assignments: {x: "-1", n: 2, c: a}, metrics: {loss: 2.5}}
  trialTemplate:
    primaryContainerName: main
    trialParameters:
    - {name: x, reference: x}
    - {name: n, reference: n}
    - {name: c, reference: c}
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
              - >-
                sleep 0.0$(( $$$$ % 10 )); [ $(( $$$$ % 7 )) != 3 ] || exit 1;
                awk -v x=${trialParameters.x} -v n=${trialParameters.n} -v c=${trialParameters.c}
                'BEGIN { print "loss=" (x - 0.7) ^ 2 + n / 10 + (c == "b") }'
            restartPolicy: Never
)";

// Of a schedule; as often as needed.
constexpr char kSteps[] = R"(, {name: repeats, value: "100"}, {name: steps, value: "
    {\"x\": 1.5, \"n\": 2, \"c\": \"a\"}

    {\"x\": 0.5, \"n\": 3, \"c\": \"b\"}"})";

class ReplayTest : public QalamTest {
 protected:
  std::string WriteExperiment(const std::string& algorithm) const {
    const std::string path = Path("again.yaml");
    std::string settings;
    if ((*FindAlgorithm(algorithm))->capabilities.multi_fidelity) {
      settings = "{name: resource_name, value: n}";
      if (algorithm == "hyperband") settings += ", {name: r_l, value: \"6\"}";
    }
    if (NeedsCheckpoints(**FindAlgorithm(algorithm))) {
      settings = "{name: suggestion_trial_dir, value: /ckpt}";
      settings += algorithm == "schedule" ? kSteps : ", {name: n_population, value: \"5\"}";
    }
    WriteFile(path, absl::StrReplaceAll(kExperiment,
                                        {{"$ALGORITHM", algorithm}, {"$SETTINGS", settings}}));
    return path;
  }
};

class ReplayOfAlgorithmTest : public ReplayTest, public testing::WithParamInterface<std::string> {};

TEST_P(ReplayOfAlgorithmTest, ProposesEveryTrialOfAParallelKilledAndEditedRunAgain) {
  const std::string file = WriteExperiment(GetParam());
  for (const size_t finished : {6, 20}) {
    auto program = Start({"run", file}, absl::StrCat("run", finished));
    ASSERT_TRUE(WaitForTrials("again", "Succeeded", finished));
    program->Signal(SIGKILL);
    program->Wait();
  }
  ASSERT_EQ(Qalam({"edit", "again", "--max-trial-count", "64", "--parallel-trial-count", "5"}).code,
            0);
  const Finished run = Qalam({"resume", "again"});
  ASSERT_EQ(run.code, 0) << run.out << run.err;

  const Finished replay = Qalam({"replay", "again", "-o", "json"});
  EXPECT_EQ(replay.code, 0) << replay.out << replay.err;
  const Json result = Json::parse(replay.out);
  EXPECT_EQ(result["trials"], 62) << replay.out;
  EXPECT_EQ(result["initialTrials"], 2);
  EXPECT_EQ(result["matched"], 64);
  EXPECT_GT(result["requests"], 2);
}

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, ReplayOfAlgorithmTest, testing::ValuesIn(AlgorithmNames()),
                         [](const auto& info) {
                           return absl::StrReplaceAll(info.param, {{"-", "_"}});
                         });

TEST_F(ReplayTest, SaysInWordsHowManyMatched) {
  ASSERT_EQ(Qalam({"run", WriteExperiment("random")}).code, 0);
  const Finished replay = Qalam({"replay", "again"});
  EXPECT_EQ(replay.code, 0) << replay.err;
  EXPECT_THAT(replay.out, AllOf(HasSubstr("54 trials in "), HasSubstr("2 initial trials"),
                                HasSubstr("56 of 56")));
  EXPECT_EQ(Qalam({"replay", "agian"}).code, 2);
}

}  // namespace
}  // namespace qalam
