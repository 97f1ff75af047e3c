// Several objectives and outcome constraints, from the file to what people and programs see.
#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/qalam_program.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

class OutcomesTest : public QalamTest {
 protected:
  // An experiment with other fields in place of its objective.
  std::string WriteWith(const std::string& fields, const std::string& command) {
    const std::string text = absl::StrReplaceAll(
        ShellExperiment{.max_trials = 20, .command = command}.Yaml(),
        {{"  objective: {type: minimize, objectiveMetricName: loss}\n", fields}});
    WriteFile(Path("outcomes.yaml"), text);
    return Path("outcomes.yaml");
  }
  static std::vector<std::string> Lines(const std::string& text) {
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }
};

TEST_F(OutcomesTest, TheExampleEndsWithTheFrontThatAllVerbsShow) {
  const Finished run = Qalam({"run", "examples/tradeoff/experiment.yaml"});
  ASSERT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("minimize error; minimize latency_ms; memory_mb <= 16"),
                             HasSubstr("(on the front)"), HasSubstr("(violates a constraint)"),
                             ContainsRegex("Front:  [0-9]+ trials")));

  // The front by hand, from what the trials reported.
  const Json trials = QalamJson({"export", "tradeoff", "--format", "json"});
  std::set<std::string> front;
  int infeasible = 0;
  for (const Json& trial : trials) {
    const auto number = [](const Json& of, const char* metric) {
      return std::atof(of["metrics"][metric]["latest"].get<std::string>().c_str());
    };
    EXPECT_EQ(trial["feasible"], number(trial, "memory_mb") <= 16);
    infeasible += trial["feasible"] == false;
    bool best = trial["feasible"];
    for (const Json& other : trials) {
      if (!other["feasible"]) continue;
      const double error = number(other, "error") - number(trial, "error");
      const double latency = number(other, "latency_ms") - number(trial, "latency_ms");
      if (error <= 0 && latency <= 0 && error + latency < 0) best = false;
    }
    if (best) front.insert(trial["name"]);
    EXPECT_EQ(trial["onFront"], best) << trial;
    EXPECT_EQ(trial["objectives"]["latency_ms"], number(trial, "latency_ms"));
  }
  EXPECT_GT(front.size(), 2U);
  EXPECT_GT(infeasible, 0);

  const std::vector<std::string> names = Lines(Qalam({"best", "tradeoff", "-o", "name"}).out);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), front);
  const Json status = QalamJson({"get", "experiment", "tradeoff", "-o", "json"})["status"];
  ASSERT_EQ(status["paretoFront"].size(), front.size());
  EXPECT_TRUE(front.contains(status["paretoFront"][0]["trialName"]));
  EXPECT_EQ(status["paretoFront"][0]["objectives"][1]["name"], "latency_ms");
  EXPECT_EQ(status["paretoFront"][0]["parameterAssignments"].size(), 3U);
  EXPECT_EQ(status["currentOptimalTrial"]["bestTrialName"], names[0])
      << "the best by the first objective comes first";
  EXPECT_EQ(QalamJson({"best", "tradeoff", "-o", "json"}).size(), front.size());
  EXPECT_THAT(Qalam({"best", "tradeoff"}).out,
              AllOf(HasSubstr("Pareto front"), ContainsRegex("TRIAL +error +latency_ms"),
                    HasSubstr(names.back())));
  EXPECT_THAT(Qalam({"describe", "tradeoff"}).out,
              AllOf(HasSubstr("Pareto front"), HasSubstr("memory_mb <= 16")));
  EXPECT_THAT(Qalam({"describe", names[0]}).out, HasSubstr("Pareto front"));
  EXPECT_THAT(Qalam({"get", "experiments", "-o", "wide"}).out,
              HasSubstr(absl::StrCat("(front of ", front.size(), ")")));
  EXPECT_THAT(Qalam({"get", "trials", "tradeoff"}).out,
              AllOf(HasSubstr("(front)"), HasSubstr("(infeasible)")));
  EXPECT_THAT(Lines(Qalam({"export", "tradeoff"}).out)[0],
              HasSubstr(",objective,objectives.error,objectives.latency_ms,on_front,feasible,"
                        "violation,metrics.error"));
}

TEST_F(OutcomesTest, RunPrintsTheFrontForPrograms) {
  const std::string file = WriteWith(R"(  objectives:
    - {objectiveMetricName: a, type: minimize}
    - {objectiveMetricName: b, type: maximize}
)",
                                     "echo a=$X b=$X");
  EXPECT_THAT(Qalam({"validate", file}).out,
              HasSubstr("minimize a; maximize b; random, 1 parameter, 2 objectives\n"));
  const Finished events = Qalam({"run", file, "--json"});
  ASSERT_EQ(events.code, 0) << events.err;
  const Json last = Json::parse(Lines(events.out).back());
  EXPECT_EQ(last["event"], "experimentFinished");
  EXPECT_EQ(last["paretoFront"].size(), 20U) << "what is better in one is worse in the other";
  EXPECT_EQ(last["paretoFront"][0]["objectives"]["a"], last["paretoFront"][0]["objectives"]["b"]);
  const Json object = QalamJson({"run", file, "-o", "json"});
  EXPECT_EQ(object["status"]["paretoFront"].size(), 20U);
}

TEST_F(OutcomesTest, WithoutATrialThatKeepsToTheConstraintsThereIsNoBestOne) {
  const std::string file = WriteWith(
      "  objective: {type: minimize, objectiveMetricName: loss, goal: 2}\n"
      "  constraints: [\"memory_mb <= -1\"]\n",
      "echo loss=$X memory_mb=$X");
  EXPECT_THAT(Qalam({"validate", file}).out, HasSubstr("1 outcome constraint\n"));
  const Finished run = Qalam({"run", file});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_THAT(run.out, AllOf(HasSubstr("none of them keeps to spec.constraints"),
                             HasSubstr("no trial keeps to the constraints yet; nearest: digits-"),
                             HasSubstr("beyond memory_mb <= -1")));
  const Finished best = Qalam({"best", "digits"});
  EXPECT_EQ(best.code, 1);
  EXPECT_THAT(best.err, HasSubstr("nearest: digits-"));
  EXPECT_THAT(Qalam({"describe", "digits"}).out, HasSubstr("nearest: digits-"));
  const Json status = QalamJson({"get", "experiment", "digits", "-o", "json"})["status"];
  EXPECT_FALSE(status["currentOptimalTrial"].contains("bestTrialName"));
  EXPECT_FALSE(status.contains("paretoFront"));
}

TEST_F(OutcomesTest, AFileWithMistakesNamesEachWithItsPlace) {
  const std::string file = WriteWith(R"(  objectives:
    - {objectiveMetricName: a, type: minimise}
  constraints:
    - memory < 3
)",
                                     "echo a=$X");
  const Finished result = Qalam({"validate", file});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr(":6:38: error: spec.objectives[0].type: "),
                                HasSubstr(":8:7: error: spec.constraints[0]: ")));
}

// Trials leave the front after they ended; when they ended must still be known.
TEST_F(OutcomesTest, TheSearchForAFrontIsReplayedToTheLastBit) {
  ASSERT_EQ(Qalam({"run", "-q", "examples/tradeoff/experiment.yaml"}).code, 0);
  const Finished replay = Qalam({"replay", "tradeoff"});
  EXPECT_EQ(replay.code, 0) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("40 of 40"));
}

}  // namespace
}  // namespace qalam
