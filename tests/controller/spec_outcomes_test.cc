// spec.objectives and spec.constraints.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tests/controller/spec_support.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kObjective[] =
    "  objective:\n    type: minimize\n    goal: 0.001\n    objectiveMetricName: loss\n";

// kExperiment with other fields in place of spec.objective.
std::string With(const std::string& fields) { return Changed({{kObjective, fields}}); }

std::string ProblemsOf(const std::string& fields) {
  return FormatDiagnostics(Load(With(fields), /*strict=*/true).diagnostics);
}

ExperimentSpec Read(const std::string& fields) {
  const LoadResult result = Load(With(fields), /*strict=*/true);
  EXPECT_EQ(FormatDiagnostics(result.diagnostics), "");
  return result.experiments.at(0);
}

constexpr char kTwo[] = R"(  objectives:
    - {objectiveMetricName: accuracy, type: maximize}
    - {objectiveMetricName: latency, type: minimize, goal: 20, metricStrategy: latest}
)";

TEST(SpecOutcomes, SeveralObjectivesAreReadAndSurviveTheStore) {
  const ExperimentSpec spec = Read(absl::StrCat(kTwo, R"(  constraints:
    - memory_mb <= 512
    - {metric: recall, min: 0.5, max: 1}
    - "`a >= b` >= -1e-3"
)"));
  ASSERT_OK_AND_ASSIGN(const ExperimentSpec restored,
                       RestoreExperiment(spec.manifest->dump(), spec.companion_objects->dump()));
  EXPECT_EQ(*restored.manifest, *spec.manifest);
  for (const ExperimentSpec* one : {&spec, &restored}) {
    const Objective& objective = one->objective;
    EXPECT_EQ(objective.direction, Direction::kMaximize);
    EXPECT_EQ(objective.goal, std::nullopt);
    EXPECT_THAT(objective.metrics, ElementsAre(MetricSpec{"accuracy", MetricStrategy::kMax},
                                               MetricSpec{"latency", MetricStrategy::kLatest},
                                               MetricSpec{"memory_mb", MetricStrategy::kLatest},
                                               MetricSpec{"recall", MetricStrategy::kLatest},
                                               MetricSpec{"a >= b", MetricStrategy::kLatest}));
    EXPECT_THAT(objective.further, ElementsAre(FurtherObjective{"latency"}));
    EXPECT_THAT(one->further_goals, ElementsAre(20));
    EXPECT_THAT(objective.constraints, ElementsAre(OutcomeConstraint{"memory_mb", true, 512},
                                                   OutcomeConstraint{"recall", false, 0.5},
                                                   OutcomeConstraint{"recall", true, 1},
                                                   OutcomeConstraint{"a >= b", false, -1e-3}));
  }
  const Json& filled = (*spec.manifest)["spec"]["objective"];
  EXPECT_EQ(filled["objectiveMetricName"], "accuracy");
  EXPECT_EQ(filled["type"], "maximize");
  EXPECT_EQ(filled["additionalMetricNames"].dump(), R"(["latency","memory_mb","recall","a >= b"])");
}

TEST(SpecOutcomes, OneEntryIsTheSameAsSpecObjective) {
  const ExperimentSpec listed =
      Read("  objectives:\n    - {objectiveMetricName: loss, type: minimize, goal: 0.001}\n");
  const ExperimentSpec single = Read(kObjective);
  EXPECT_EQ(listed.objective.metrics, single.objective.metrics);
  EXPECT_EQ(listed.objective.goal, single.objective.goal);
  EXPECT_EQ(listed.objective.count(), 1);
  for (const char* field : {"type", "goal", "objectiveMetricName", "metricStrategies"}) {
    EXPECT_EQ((*listed.manifest)["spec"]["objective"][field],
              (*single.manifest)["spec"]["objective"][field]);
  }
}

TEST(SpecOutcomes, TheMetricOfSpecObjectiveIsTheFirst) {
  const ExperimentSpec spec = Read(absl::StrCat(R"(  objective:
    type: minimize
    objectiveMetricName: latency
    additionalMetricNames: [loss, memory_mb]
    metricStrategies:
    - {name: accuracy, value: latest}
)",
                                                kTwo, "  constraints: [memory_mb <= 512]\n"));
  const Objective& objective = spec.objective;
  EXPECT_EQ(objective.direction, Direction::kMinimize);
  EXPECT_EQ(objective.goal, 20);
  EXPECT_THAT(objective.metrics, ElementsAre(MetricSpec{"latency", MetricStrategy::kLatest},
                                             MetricSpec{"loss", MetricStrategy::kMin},
                                             MetricSpec{"memory_mb", MetricStrategy::kLatest},
                                             MetricSpec{"accuracy", MetricStrategy::kLatest}));
  EXPECT_THAT(objective.further, ElementsAre(FurtherObjective{"accuracy", Direction::kMaximize}));
  EXPECT_THAT(spec.further_goals, ElementsAre(std::nullopt));
}

TEST(SpecOutcomes, MistakesInObjectivesAreToldAtTheirPlace) {
  const auto with = [](const std::string& items) {
    return ProblemsOf(absl::StrCat("  objectives: ", items, "\n"));
  };
  EXPECT_THAT(with("[]"), HasSubstr("exp.yaml:6:3: error: spec.objectives: is empty"));
  EXPECT_THAT(with("loss"), HasSubstr("expected a list of maps, found \"loss\""));
  EXPECT_THAT(with("[loss]"), HasSubstr("spec.objectives[0]: expected a map"));
  EXPECT_THAT(with("[{type: minimize}]"),
              HasSubstr("spec.objectives[0].objectiveMetricName: is missing"));
  EXPECT_THAT(with("[{objectiveMetricName: a}]"),
              HasSubstr("spec.objectives[0].type: is missing; allowed: minimize or maximize"));
  EXPECT_THAT(with("[{objectiveMetricName: a, type: minimise}]"),
              AllOf(HasSubstr("spec.objectives[0].type: \"minimise\" is not allowed"),
                    HasSubstr("Did you mean \"minimize\"?")));
  EXPECT_THAT(
      with("[{objectiveMetricName: a, type: minimize}, "
           "{objectiveMetricName: a, type: maximize}]"),
      HasSubstr("spec.objectives[1].objectiveMetricName: the metric \"a\" is listed twice"));
  EXPECT_THAT(with("[{objectiveMetricName: a, type: minimize, goal: inf}]"),
              HasSubstr("spec.objectives[0].goal: the goal is \"inf\""));
  EXPECT_THAT(with("[{objectiveMetricName: a, type: minimize, gaol: 1}]"),
              HasSubstr("Did you mean \"goal\"?"));
  std::string many = "[";
  for (int i = 0; i < 9; ++i) {
    absl::StrAppend(&many, "{objectiveMetricName: m", i, ", type: minimize}, ");
  }
  EXPECT_THAT(with(many + "]"), HasSubstr("has 9 objectives; at most 8"));
}

TEST(SpecOutcomes, SpecObjectiveMustAgreeWithTheList) {
  EXPECT_THAT(ProblemsOf(absl::StrCat(kObjective, kTwo)),
              HasSubstr("exp.yaml:9:26: error: spec.objective.objectiveMetricName: \"loss\" is not "
                        "among spec.objectives; list it there, or remove spec.objective"));
  const std::string first = "  objective: {type: minimize, objectiveMetricName: accuracy}\n";
  EXPECT_THAT(
      ProblemsOf(first + kTwo),
      HasSubstr("spec.objectives[0].type: \"maximize\" is not what spec.objective.type says "
                "of the same metric, \"minimize\""));
  const std::string goals =
      "  objective: {type: minimize, objectiveMetricName: latency, goal: 30}\n";
  EXPECT_THAT(ProblemsOf(goals + kTwo),
              HasSubstr("spec.objectives[1].goal: 20 is not the goal that spec.objective has for "
                        "the same metric, 30"));
  const std::string strategies =
      "  objective: {type: minimize, objectiveMetricName: latency, "
      "metricStrategies: [{name: latency, value: min}]}\n";
  EXPECT_THAT(
      ProblemsOf(strategies + kTwo),
      HasSubstr("spec.objectives[1].metricStrategy: the metric \"latency\" has the strategy "
                "\"min\" already"));
}

TEST(SpecOutcomes, MistakesInConstraintsAreToldAtTheirPlace) {
  const auto with = [](const std::string& items) {
    return ProblemsOf(absl::StrCat(kObjective, "  constraints: ", items, "\n"));
  };
  EXPECT_THAT(with("[a <= 1, {metric: a, min: 1}, loss <= 3]"), IsEmpty());
  EXPECT_THAT(with("[a < 1]"),
              AllOf(HasSubstr("exp.yaml:10:17: error: spec.constraints[0]: \"a < 1\" has another "
                              "comparison than <= and >="),
                    HasSubstr("\"memory_mb <= 512\"")));
  EXPECT_THAT(with("[a == 1]"), HasSubstr("another comparison"));
  EXPECT_THAT(with("[a]"), HasSubstr("compares nothing"));
  EXPECT_THAT(with("[\">= 1\"]"), HasSubstr("names no metric"));
  EXPECT_THAT(with("[1 <= a]"), HasSubstr("has the number on the left"));
  EXPECT_THAT(with("[a <= b]"), HasSubstr("has \"b\" where a number belongs"));
  EXPECT_THAT(with("[0.1 <= a <= 1]"), HasSubstr("has the number on the left"));
  EXPECT_THAT(with("[\"`a <= 1\"]"), HasSubstr("has no second backquote"));
  EXPECT_THAT(with("[\"`1` <= 1\"]"), IsEmpty());
  EXPECT_THAT(with("[\"`a` b <= 1\"]"), HasSubstr("has more than a metric there"));
  EXPECT_THAT(with("[a <= inf]"), HasSubstr("has a bound that is not finite"));
  EXPECT_THAT(with("[{max: 1}]"), HasSubstr("spec.constraints[0].metric: is missing"));
  EXPECT_THAT(with("[{metric: a}]"), HasSubstr("has no bound; give min, max or both"));
  EXPECT_THAT(with("[{metric: a, max: x}]"), HasSubstr("expected a number, found \"x\""));
  EXPECT_THAT(with("[{metric: a, max: nan}]"), HasSubstr("must be a finite number"));
  EXPECT_THAT(with("[{metric: a, maxx: 1}]"), HasSubstr("Did you mean \"max\"?"));
  EXPECT_THAT(with("[{metric: a, min: 2, max: 1}]"),
              HasSubstr("the metric \"a\" cannot be at least 2 and at most 1"));
  EXPECT_THAT(
      with("[a >= 2, b <= 1, {metric: a, max: 1}]"),
      HasSubstr("spec.constraints[2]: the metric \"a\" cannot be at least 2 and at most 1"));
  EXPECT_THAT(with("[{metric: a, max: 1, metricStrategy: max}, "
                   "{metric: a, min: 0, metricStrategy: min}]"),
              HasSubstr("spec.constraints[1].metricStrategy: the metric \"a\" has the strategy"));
  EXPECT_THAT(with("[[1]]"), HasSubstr("expected a text or a map, found a list"));
  std::string many = "[";
  for (int i = 0; i < 101; ++i) absl::StrAppend(&many, "a <= 1, ");
  EXPECT_THAT(with(many + "]"), HasSubstr("more than 100 constraints"));
}

TEST(SpecOutcomes, AnAlgorithmThatKnowsOneObjectiveIsRefused) {
  const std::string text =
      Changed({{kObjective, kTwo}, {"algorithmName: random", "algorithmName: cmaes"}});
  EXPECT_THAT(FormatDiagnostics(Load(text, true).diagnostics),
              AllOf(HasSubstr("error: spec.algorithm.algorithmName: "), HasSubstr("cmaes")));
}

TEST(SpecOutcomes, KnownTrialsGiveAllObjectivesAndConstraintMetrics) {
  const auto with = [](const std::string& metrics) {
    return ProblemsOf(absl::StrCat(
        kTwo, "  constraints: [memory_mb <= 512]\n",
        "  initialTrials:\n    - {assignments: {lr: 0.02}, metrics: ", metrics, "}\n"));
  };
  EXPECT_THAT(with("{accuracy: 0.9, latency: 3, memory_mb: 600}"), IsEmpty());
  EXPECT_THAT(with("{accuracy: 0.9, memory_mb: 600}"),
              AllOf(HasSubstr("spec.initialTrials[0].metrics: has no value of the objective metric "
                              "\"latency\""),
                    Not(HasSubstr("memory_mb"))));
  EXPECT_THAT(with("{accuracy: 0.9, latency: 3}"),
              HasSubstr("has no value of the constraint metric \"memory_mb\""));
  EXPECT_THAT(with("{accuracy: 0.9, latency: nan, memory_mb: 1}"),
              HasSubstr("spec.initialTrials[0].metrics.latency: \"nan\" is not a finite number"));
}

TEST(SpecOutcomes, ExplainKnowsTheFields) {
  ASSERT_OK_AND_ASSIGN(const std::string text, ExplainField("spec.constraints"));
  EXPECT_THAT(text, AllOf(HasSubstr("memory_mb <= 512"), HasSubstr("metricStrategy")));
  EXPECT_THAT(*ExplainField("spec.objectives"), HasSubstr("objectiveMetricName"));
}

}  // namespace
}  // namespace qalam
