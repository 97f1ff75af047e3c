// What Qalam adds to the Experiment: conditions, defaults, constraints, initial trials.
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
using testing::SizeIs;

// lr, and below it an optimizer with a momentum that only sgd has.
constexpr char kSpace[] = R"(max: "0.1"
    - name: optimizer
      parameterType: categorical
      feasibleSpace:
        list: [sgd, adam]
    - name: momentum
      parameterType: double
      feasibleSpace: {min: "0", max: "1"}
      default: 0.9
      condition: {parent: optimizer, values: [sgd]}
)";

std::string Extended(std::vector<std::pair<std::string, std::string>> changes = {}) {
  changes.insert(changes.begin(),
                 {{"max: \"0.1\"\n", kSpace},
                  {"reference: lr\n",
                   "reference: lr\n      - {name: opt, reference: optimizer}\n"
                   "      - {name: mom, reference: momentum}\n"},
                  {"trialParameters.rate}",
                   "trialParameters.rate} ${trialParameters.opt} ${trialParameters.mom}"}});
  return Changed(changes);
}

// With further fields below spec.
std::string With(const std::string& fields) {
  return Extended(
      {{"  parallelTrialCount: 2\n", absl::StrCat("  parallelTrialCount: 2\n", fields)}});
}

std::string ProblemsOf(const std::string& text) {
  return FormatDiagnostics(Load(text, /*strict=*/true).diagnostics);
}

TEST(SpecExtensions, AreReadAndSurviveTheStore) {
  const std::string text = With(R"(  parameterConstraints:
    - lr < 0.05 or optimizer == 'adam'
    - forbidden: {optimizer: adam, lr: 0.010}
  initialTrials:
    - assignments: {lr: 0.02, optimizer: sgd}
    - assignments: {lr: "0.05", optimizer: adam, momentum: ""}
      metrics: {loss: 0.25}
)");
  const LoadResult result = Load(text, /*strict=*/true);
  EXPECT_EQ(FormatDiagnostics(result.diagnostics), "");
  ASSERT_THAT(result.experiments, SizeIs(1));
  const ExperimentSpec& spec = result.experiments[0];
  ASSERT_OK_AND_ASSIGN(const ExperimentSpec restored,
                       RestoreExperiment(spec.manifest->dump(), spec.companion_objects->dump()));
  EXPECT_EQ(*restored.manifest, *spec.manifest);
  EXPECT_EQ(restored.initial_trials, spec.initial_trials);
  for (const ExperimentSpec* one : {&spec, &restored}) {
    EXPECT_EQ(one->space->parameter(2).default_value, 0.9);
    EXPECT_EQ(one->space->parameter(2).condition->parent, "optimizer");
    EXPECT_EQ(one->space->constraints().size(), 2);
    EXPECT_EQ(one->space->constraints()[1].text(), "not (optimizer == 'adam' and lr == '0.010')");
    EXPECT_THAT(one->trial_template.conditional, ElementsAre("momentum"));
    ASSERT_THAT(one->initial_trials, SizeIs(2));
  }
  const InitialTrial& known = spec.initial_trials[0];  // known ones first
  EXPECT_EQ(known.values, NamedValues({{"lr", "0.05"}, {"optimizer", "adam"}}));
  EXPECT_EQ(known.objective, 0.25);
  EXPECT_THAT(known.observation, ElementsAre(MetricSummary{"loss", "0.25", "0.25", "0.25"}));
  const InitialTrial& run = spec.initial_trials[1];
  EXPECT_FALSE(run.known());
  EXPECT_EQ(run.values, NamedValues({{"lr", "0.02"}, {"optimizer", "sgd"}, {"momentum", "0.9"}}))
      << "the default fills what is not given";
}

TEST(SpecExtensions, MistakesInConditionsAndDefaultsAreToldAtTheirPlace) {
  const std::string condition = "condition: {parent: optimizer, values: [sgd]}";
  const auto with = [&](const std::string& text) {
    return ProblemsOf(Extended({{condition, text}}));
  };
  EXPECT_THAT(with("condition: {values: [sgd]}"),
              HasSubstr("spec.parameters[2].condition.parent: is missing"));
  EXPECT_THAT(with("condition: {parent: optimizer}"),
              HasSubstr("spec.parameters[2].condition: give either values, or min or max"));
  EXPECT_THAT(with("condition: {parent: optimiser, values: [sgd]}"),
              AllOf(HasSubstr("exp.yaml:28:7: error: spec.parameters[2].condition: "),
                    HasSubstr("did you mean \"optimizer\"?")));
  EXPECT_THAT(with("condition: {parent: optimizer, values: [sdg]}"),
              HasSubstr("\"sdg\", which is not a value of its parent"));
  EXPECT_THAT(with("condition: {parent: lr, min: 0.05}"), IsEmpty());
  EXPECT_THAT(with("condition: {parent: lr, min: 0.5}"), HasSubstr("never holds"));
  EXPECT_THAT(with("condition: {parent: lr, min: x}"), HasSubstr("not a finite decimal number"));
  EXPECT_THAT(with("condition: {parent: momentum, min: 0}"), HasSubstr("circle"));
  EXPECT_THAT(with("condition: {parrent: optimizer}"), HasSubstr("Did you mean \"parent\"?"));
  EXPECT_THAT(with("condition: sgd"), HasSubstr("expected a map"));
  EXPECT_THAT(ProblemsOf(Extended({{"default: 0.9", "default: 9"}})),
              HasSubstr("spec.parameters[2].default: \"9\" is not allowed by feasibleSpace"));
  EXPECT_THAT(ProblemsOf(Extended({{"default: 0.9", "default: x"}})),
              HasSubstr("spec.parameters[2].default: value \"x\" is not a number"));
}

TEST(SpecExtensions, MistakesInConstraintsAreToldAtTheirPlace) {
  const auto with = [](const std::string& items) {
    return ProblemsOf(With(absl::StrCat("  parameterConstraints: ", items, "\n")));
  };
  EXPECT_THAT(with("[\"lr < 1\", \"lrr < 1\"]"),
              AllOf(HasSubstr("spec.parameterConstraints[1]: at character 1: there is no parameter "
                              "\"lrr\"; did you mean \"lr\"?"),
                    HasSubstr("exp.yaml:13:"), HasSubstr("error:")));
  EXPECT_THAT(with("[\"lr > 5\"]"), HasSubstr("spec.parameterConstraints[0]: constraint \"lr > 5\""
                                              ": no point of the space satisfies it"));
  EXPECT_THAT(
      with("[\"lr > 0.05\", \"lr < 0.04\"]"),
      HasSubstr("error: spec.parameterConstraints[1]: constraint \"lr < 0.04\": no point was "
                "found that satisfies it together with those before it"));
  EXPECT_THAT(with("[{forbid: {lr: 1}}]"), HasSubstr("Did you mean \"forbidden\"?"));
  EXPECT_THAT(with("[{forbidden: {optimizer: x}}]"), HasSubstr("\"x\" is not a value of"));
  EXPECT_THAT(with("[[1]]"), HasSubstr("expected a text or a map, found a list"));
  EXPECT_THAT(with("[{}]"), HasSubstr("expected a text such as \"a < b\""));
  EXPECT_THAT(with("lr < 1"), HasSubstr("expected a list of texts or maps"));
  std::string many = "[";
  for (int i = 0; i < 101; ++i) absl::StrAppend(&many, "lr < 1, ");
  EXPECT_THAT(with(many + "]"), HasSubstr("more than 100 constraints"));
}

TEST(SpecExtensions, MistakesInInitialTrialsAreToldAtTheirPlace) {
  const auto with = [](const std::string& items) {
    return ProblemsOf(With(
        absl::StrCat("  parameterConstraints: [lr != 0.03]\n", "  initialTrials: ", items, "\n")));
  };
  EXPECT_THAT(with("[{assignments: {lr: 0.02, optimizer: adam}}]"), IsEmpty());
  EXPECT_THAT(with("[{assignments: {lr: 0.02}}]"),
              HasSubstr("spec.initialTrials[0].assignments: parameter \"optimizer\" has no value"));
  EXPECT_THAT(with("[{assignments: {lr: 0.02, optimiser: adam}}]"),
              HasSubstr("did you mean \"optimizer\"?"));
  EXPECT_THAT(with("[{assignments: {lr: 5, optimizer: adam}}]"),
              HasSubstr("error: spec.initialTrials[0].assignments: the value 5 of \"lr\""));
  EXPECT_THAT(with("[{assignments: {lr: 5, optimizer: adam}, metrics: {loss: 1}}]"),
              HasSubstr("warning: spec.initialTrials[0].assignments: the value 5 of \"lr\""));
  EXPECT_THAT(with("[{assignments: {lr: 0.03, optimizer: adam}}]"),
              HasSubstr("violate the constraint \"lr != 0.03\""));
  EXPECT_THAT(with("[{assignments: {lr: 0.02, optimizer: adam}, metrics: {los: 1}}]"),
              AllOf(HasSubstr("Did you mean \"loss\"?"),
                    HasSubstr("has no value of the objective metric \"loss\"")));
  EXPECT_THAT(with("[{assignments: {lr: 0.02, optimizer: adam}, metrics: {loss: good}}]"),
              HasSubstr("spec.initialTrials[0].metrics.loss: \"good\" is not a finite number"));
  EXPECT_THAT(with("[{lr: 0.02}]"), HasSubstr("there is no field \"lr\" here"));
  std::string many = "[";
  for (int i = 0; i < 11; ++i)
    absl::StrAppend(&many, "{assignments: {lr: 0.02, optimizer: adam}}, ");
  EXPECT_THAT(with(many + "]"), HasSubstr("has 11 trials, and spec.maxTrialCount is 10"));
}

// ---- Checkpoints.

std::string WithCheckpoint(const std::string& fields) {
  return Changed({{"    primaryContainerName: main\n",
                   absl::StrCat("    primaryContainerName: main\n", fields)}});
}

CheckpointSpec CheckpointOf(const std::string& text) {
  const LoadResult result = Load(text, /*strict=*/true);
  EXPECT_EQ(FormatDiagnostics(result.diagnostics), "");
  if (result.experiments.size() != 1) return {};
  const ExperimentSpec& spec = result.experiments[0];
  const auto restored = RestoreExperiment(spec.manifest->dump(), spec.companion_objects->dump());
  EXPECT_OK(restored);
  return restored.ok() ? restored->trial_template.checkpoint : CheckpointSpec();
}

TEST(SpecCheckpoint, IsReadWithItsDefaultsAndSurvivesTheStore) {
  EXPECT_FALSE(CheckpointOf(kExperiment).declared());
  const CheckpointSpec plain = CheckpointOf(WithCheckpoint("    checkpoint: {}\n"));
  EXPECT_EQ(plain.path, "/opt/qalam/checkpoint");
  EXPECT_FALSE(plain.keep_all);
  EXPECT_FALSE(plain.retry_from_own);
  const CheckpointSpec full = CheckpointOf(
      WithCheckpoint("    checkpoint: {path: /data/weights/, keep: all, retry: own}\n"));
  EXPECT_EQ(full.path, "/data/weights");
  EXPECT_TRUE(full.keep_all);
  EXPECT_TRUE(full.retry_from_own);
}

TEST(SpecCheckpoint, MistakesAreNamed) {
  for (const char* path : {"weights", "/", "/a/../b", "/a//b"}) {
    EXPECT_THAT(ProblemsOf(WithCheckpoint(absl::StrCat("    checkpoint: {path: ", path, "}\n"))),
                AllOf(HasSubstr("spec.trialTemplate.checkpoint.path"),
                      HasSubstr("absolute path of a folder")))
        << path;
  }
  EXPECT_THAT(ProblemsOf(WithCheckpoint("    checkpoint: {keep: best}\n")),
              AllOf(HasSubstr("checkpoint.keep"), HasSubstr("needed or all")));
  EXPECT_THAT(ProblemsOf(WithCheckpoint("    checkpoint: /weights\n")),
              HasSubstr("spec.trialTemplate.checkpoint: expected a map"));
}

TEST(SpecCheckpoint, PopulationTrainingNeedsOneAndTakesKatibsSetting) {
  const auto pbt = [](const std::string& settings) {
    return Changed(
        {{"algorithmName: random\n",
          absl::StrCat("algorithmName: pbt\n    algorithmSettings: [", settings, "]\n")}});
  };
  EXPECT_THAT(ProblemsOf(pbt("")), AllOf(HasSubstr("spec.trialTemplate.checkpoint: is missing"),
                                         HasSubstr("suggestion_trial_dir")));
  EXPECT_EQ(CheckpointOf(pbt("{name: suggestion_trial_dir, value: /opt/katib/data}")).path,
            "/opt/katib/data");
  EXPECT_THAT(ProblemsOf(pbt("{name: suggestion_trial_dir, value: data}")),
              HasSubstr("(setting suggestion_trial_dir) is not allowed"));
}

TEST(SpecSchedule, MistakesInStepsAreToldAtTheSetting) {
  const auto problems = [](const std::string& lines) {
    return ProblemsOf(Changed(
        {{"algorithmName: random\n", absl::StrCat("algorithmName: schedule\n"
                                                  "    algorithmSettings:\n"
                                                  "    - {name: suggestion_trial_dir, value: /w}\n"
                                                  "    - name: steps\n"
                                                  "      value: |\n",
                                                  lines)}}));
  };
  EXPECT_EQ(problems("        {\"lr\": 0.05}\n"), "");
  EXPECT_THAT(problems("        {\"lr\": 0.05}\n        {\"lr\": 5}\n"),
              AllOf(HasSubstr("spec.algorithm.algorithmSettings[1].value: setting steps, line 2: "),
                    HasSubstr("the value 5 of \"lr\"")));
}

}  // namespace
}  // namespace qalam
