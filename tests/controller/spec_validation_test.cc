// Every rule for an experiment: what is said of a violation, and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/controller/spec_support.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kFeasibleSpace[] = "        min: \"0.01\"\n        max: \"0.1\"\n";

// Problems of the parameter lr with another type and space.
std::string SpaceProblems(const std::string& type, const std::string& space) {
  return Problems(
      {{"parameterType: double", "parameterType: " + type},
       {std::string("feasibleSpace:\n") + kFeasibleSpace, "feasibleSpace: " + space + "\n"}});
}

TEST(Validation, TheUnchangedExperimentHasNoProblem) { EXPECT_EQ(Problems({}), ""); }

TEST(Validation, Name) {
  EXPECT_THAT(
      Problems({{"name: tuning", "name: a_B"}}),
      StartsWith(
          "exp.yaml:4:9: error: metadata.name: \"a_B\" is not allowed; a name has at most 40"));
  for (const char* name :
       {"-a", "a-", "1a", "a.b", "\"\xC3\xA9\"", "a2345678901234567890123456789012345678901"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(Problems({{"name: tuning", absl::StrCat("name: ", name)}}),
                HasSubstr("metadata.name: "));
  }
  EXPECT_EQ(Problems({{"name: tuning", "name: a234567890123456789012345678901234567-90"}}), "");
  EXPECT_THAT(
      Problems({{"  name: tuning", "  generateName: tuning-"}}),
      StartsWith("exp.yaml:3:1: error: metadata.name: is missing; generateName is not supported"));
  EXPECT_THAT(Problems({{"name: tuning", "name: tuning\n  namespace: A"}}),
              StartsWith("exp.yaml:5:14: error: metadata.namespace: \"A\" is not allowed"));
}

TEST(Validation, Limits) {
  EXPECT_THAT(Problems({{"maxTrialCount: 10", "maxTrialCount: 0"}}),
              StartsWith("exp.yaml:13:18: error: spec.maxTrialCount: 0 is not allowed"));
  EXPECT_THAT(Problems({{"parallelTrialCount: 2", "parallelTrialCount: 0"}}),
              StartsWith("exp.yaml:12:23: error: spec.parallelTrialCount: 0 is not allowed"));
  EXPECT_THAT(
      Problems({{"parallelTrialCount: 2", "parallelTrialCount: 11"}}),
      StartsWith(
          "exp.yaml:12:23: error: spec.parallelTrialCount: 11 is more than maxTrialCount, 10"));
  EXPECT_THAT(
      Problems({{"maxTrialCount: 10", "maxTrialCount: ten"}}),
      StartsWith(
          "exp.yaml:13:18: error: spec.maxTrialCount: expected a whole number, found \"ten\""));
  EXPECT_EQ(Problems({{"maxTrialCount: 10", "maxTrialCount: \"10\""}}), "");
}

TEST(Validation, Cost) {
  const auto problems = [](const std::string& cost) {
    return Problems({{"  maxTrialCount", "  maxCost: " + cost + "\n  maxTrialCount"}});
  };
  EXPECT_EQ(problems("{metricName: loss, total: \"2.5\"}"), "");
  EXPECT_THAT(
      problems("{metricName: dollars, total: 9}"),
      HasSubstr("spec.maxCost.metricName: \"dollars\" is not read from the trials; add it to "
                "spec.objective.additionalMetricNames"));
  EXPECT_THAT(problems("{metricName: loss, total: -1}"),
              HasSubstr("spec.maxCost.total: \"-1\" is not allowed; it must be a number above 0"));
  EXPECT_THAT(problems("{metric: loss}"),
              AllOf(HasSubstr("spec.maxCost.metricName: is missing; name the metric"),
                    HasSubstr("spec.maxCost.total: is missing; give what all trials may cost")));
}

TEST(Validation, Terminator) {
  const auto problems = [](const std::string& below, const std::string& algorithm = "random") {
    return Problems(
        {{"algorithmName: random", "algorithmName: " + algorithm},
         {"  maxTrialCount", "  terminator: {improvementBelow: " + below + "}\n  maxTrialCount"}});
  };
  EXPECT_EQ(problems("noise"), "");
  EXPECT_EQ(problems("\"0.5\""), "");
  for (const char* const wrong : {"0", "-1", "nan", "1e999", "soon"}) {
    EXPECT_THAT(problems(wrong), HasSubstr("is not allowed; it must be noise, or a number above 0"))
        << wrong;
  }
  EXPECT_THAT(problems("noise", "pbt"),
              HasSubstr("spec.terminator.improvementBelow: does not work with the algorithm pbt"));
}

TEST(Validation, Objective) {
  EXPECT_THAT(
      Problems({{"type: minimize", "type: minimise"}}),
      AllOf(StartsWith("exp.yaml:7:11: error: spec.objective.type: \"minimise\" is not allowed."),
            EndsWith("Did you mean \"minimize\"? Allowed: minimize or maximize\n")));
  EXPECT_THAT(Problems({{"    objectiveMetricName: loss\n", ""}}),
              StartsWith("exp.yaml:6:3: error: spec.objective.objectiveMetricName: is missing"));
  EXPECT_THAT(Problems({{"goal: 0.001", "goal: nan"}}),
              HasSubstr("8:11: error: spec.objective.goal: the goal is \"nan\""));
  EXPECT_THAT(Problems({{"goal: 0.001", "goal: [1]"}}),
              HasSubstr("8:5: error: spec.objective.goal: expected a number, found a list"));
  EXPECT_EQ(Problems({{"goal: 0.001", "goal: \"1e-3\""}}), "");
  EXPECT_THAT(
      Problems({{"MetricName: loss", "MetricName: loss\n    additionalMetricNames: [acc, loss]"}}),
      StartsWith("exp.yaml:10:34: error: spec.objective.additionalMetricNames[1]: \"loss\" is the "
                 "objective metric"));
  EXPECT_THAT(Problems({{"MetricName: loss",
                         "MetricName: loss\n    metricStrategies: [{name: los, value: max}]"}}),
              StartsWith("exp.yaml:10:31: warning: spec.objective.metricStrategies[0].name: "
                         "\"los\" is no metric"));
}

TEST(Validation, Algorithm) {
  EXPECT_THAT(
      Problems({{"algorithmName: random", "algorithmName: randm"}}),
      AllOf(StartsWith("exp.yaml:11:20: error: spec.algorithm.algorithmName: unknown algorithm"),
            HasSubstr("did you mean \"random\"?")));
  EXPECT_THAT(Problems({{"algorithmName: random",
                         "algorithmName: random\n    algorithmSettings:\n      - {name: "
                         "random_state, value: \"-1\"}"}}),
              StartsWith("exp.yaml:13:37: error: spec.algorithm.algorithmSettings[0].value: "
                         "setting random_state is"));
  EXPECT_THAT(
      Problems({{"algorithmName: random",
                 "algorithmName: random\n    algorithmSettings:\n      - {name: random_stat, "
                 "value: \"1\"}"}}),
      AllOf(StartsWith(
                "exp.yaml:13:16: error: spec.algorithm.algorithmSettings[0].name: unknown setting"),
            HasSubstr("Did you mean \"random_state\"?")));
  EXPECT_THAT(Problems({{"algorithmName: random",
                         "algorithmName: random\n    algorithmSettings: [{name: random_state, "
                         "value: 1}, {name: random_state, value: 2}]"}}),
              HasSubstr("the setting \"random_state\" is given twice"));
  EXPECT_THAT(
      Problems({{"algorithmName: random", "algorithmName: grid"}}),
      StartsWith("exp.yaml:17:7: error: spec.parameters[0].feasibleSpace: Param lr step is nil"));
  EXPECT_EQ(Problems({{"  algorithm:\n    algorithmName: random\n", ""}}), "");
}

TEST(Validation, EarlyStopping) {
  const auto problems = [](const std::string& rule) {
    return Problems(
        {{"  parallelTrialCount", "  earlyStopping: " + rule + "\n  parallelTrialCount"}});
  };
  EXPECT_EQ(
      problems("{algorithmName: medianstop, algorithmSettings: [{name: start_step, value: 2}]}"),
      "");
  EXPECT_THAT(problems("{algorithmName: medianstp}"), HasSubstr("did you mean \"medianstop\"?"));
  EXPECT_THAT(problems("{}"), HasSubstr("spec.earlyStopping.algorithmName: is missing"));
  EXPECT_THAT(problems("{algorithmName: hyperband}"),
              HasSubstr("spec.earlyStopping.algorithmName: hyperband needs the setting "
                        "max_resource"));
  EXPECT_THAT(problems("{algorithmName: any, algorithmSettings: [{name: rules, value: \"asha, "
                       "threshold\"}, {name: asha.eta, value: 1}, {name: asha.etta, value: 4}]}"),
              testing::AllOf(HasSubstr("algorithmSettings[1].value: setting eta is \"1\"; it must "
                                       "be an int >= 2"),
                             HasSubstr("algorithmSettings[2].name: unknown setting etta for "
                                       "algorithm asha")));
  EXPECT_THAT(problems("{algorithmName: medianstop, algorithmSettings: [{name: "
                       "min_trials_required, value: 0}]}"),
              HasSubstr("algorithmSettings[0].value: setting min_trials_required is \"0\"; it must "
                        "be an int >= 1"));
}

TEST(Validation, ResumePolicy) {
  EXPECT_THAT(Problems({{"  maxTrialCount", "  resumePolicy: never\n  maxTrialCount"}}),
              StartsWith("exp.yaml:13:17: error: spec.resumePolicy: \"never\" is not allowed. Did "
                         "you mean \"Never\"?"));
  EXPECT_EQ(Problems({{"  maxTrialCount", "  resumePolicy: FromVolume\n  maxTrialCount"}}), "");
}

TEST(Validation, ParametersOrNas) {
  EXPECT_THAT(
      Problems(
          {{"  parameters:\n    - name: lr\n      parameterType: double\n      feasibleSpace:\n",
            "  x:\n"},
           {kFeasibleSpace, "    y: 1\n"}}),
      HasSubstr("5:1: error: spec.parameters: is missing"));
  EXPECT_THAT(
      Problems({{"  parameters:", "  nasConfig: {graphConfig: {numLayers: 2}}\n  parameters:"}}),
      StartsWith("exp.yaml:14:3: error: spec.nasConfig: architecture search is not supported yet"));
}

TEST(Validation, RangesOfNumbers) {
  EXPECT_THAT(SpaceProblems("double", "{min: 2, max: 1}"),
              StartsWith("exp.yaml:17:28: error: spec.parameters[0].feasibleSpace.min: min 2 is "
                         "greater than max 1"));
  EXPECT_THAT(SpaceProblems("double", "{min: 0.1}"),
              HasSubstr("17:7: error: spec.parameters[0].feasibleSpace.max: is missing"));
  EXPECT_THAT(
      SpaceProblems("double", "{min: a, max: inf}"),
      AllOf(HasSubstr("17:28: error: spec.parameters[0].feasibleSpace.min: \"a\" is not a finite"),
            HasSubstr(
                "17:36: error: spec.parameters[0].feasibleSpace.max: \"inf\" is not a finite")));
  EXPECT_THAT(SpaceProblems("double", "{min: 0, max: 1, step: -0.1}"),
              HasSubstr("step: step is -0.1; it must be greater than 0"));
  EXPECT_THAT(SpaceProblems("int", "{min: 1.5, max: 2}"),
              HasSubstr("min: \"1.5\" is not a whole number"));
  EXPECT_THAT(SpaceProblems("int", "{min: 1, max: 1e300}"),
              HasSubstr("max: \"1e300\" is too large"));
  EXPECT_THAT(SpaceProblems("double", "{min: 0, max: 1, distribution: logNormal}"),
              HasSubstr("min: min is 0; distribution logNormal needs a min greater than 0"));
  EXPECT_THAT(SpaceProblems("double", "{min: 0, max: 1, distribution: loguniform}"),
              HasSubstr("\"loguniform\" is not allowed. Did you mean \"logUniform\"?"));
  EXPECT_THAT(SpaceProblems("double", "{min: 0, max: 1, list: [a]}"),
              HasSubstr("list: is not allowed for a parameter of type double"));
  EXPECT_EQ(SpaceProblems("int", "{min: 1, max: 1}"), "");
}

TEST(Validation, AMaxOffTheStepGridIsAWarning) {
  EXPECT_THAT(SpaceProblems("int", "{min: 1, max: 10, step: 4}"),
              AllOf(StartsWith("exp.yaml:17:36: warning: spec.parameters[0].feasibleSpace.max: max "
                               "10 is not a whole"),
                    EndsWith("the largest value tried is 9\n")));
  EXPECT_EQ(SpaceProblems("double", "{min: 0.1, max: 0.7, step: 0.1}"), "");
  EXPECT_EQ(SpaceProblems("double", "{min: 0, max: 1, step: 0.001}"), "");
}

TEST(Validation, Lists) {
  EXPECT_THAT(SpaceProblems("categorical", "{list: []}"),
              HasSubstr("17:23: error: spec.parameters[0].feasibleSpace.list: the list is empty"));
  EXPECT_THAT(
      SpaceProblems("categorical", "{list: [a, b, a]}"),
      HasSubstr(
          "17:36: error: spec.parameters[0].feasibleSpace.list[2]: \"a\" repeats the value \"a\""));
  EXPECT_THAT(SpaceProblems("discrete", "{list: [1, 1.0]}"),
              HasSubstr("\"1.0\" repeats the value \"1\""));
  EXPECT_THAT(SpaceProblems("discrete", "{list: [1, x]}"),
              HasSubstr("\"x\" is not a finite decimal number"));
  EXPECT_THAT(SpaceProblems("discrete", "{list: [1], min: 1}"),
              HasSubstr("min: is not allowed for a parameter of type discrete"));
  EXPECT_THAT(SpaceProblems("discrete", "{min: 1}"),
              HasSubstr("list: is missing; a parameter of type discrete"));
  EXPECT_THAT(SpaceProblems("categorical", "{list: [a, [b]]}"),
              HasSubstr("expected a text, found a list"));
}

TEST(Validation, ParameterNamesAndTypes) {
  EXPECT_THAT(Problems({{"  trialTemplate:",
                         "    - {name: lr, parameterType: int, feasibleSpace: {min: 1, max: 2}}\n  "
                         "trialTemplate:"}}),
              StartsWith("exp.yaml:20:14: error: spec.parameters[1].name: the name \"lr\" is taken "
                         "by spec.parameters[0]"));
  EXPECT_THAT(Problems({{"name: lr", "nam: lr"}}),
              HasSubstr("15:7: warning: spec.parameters[0].nam: there is no field \"nam\" here. "
                        "Did you mean \"name\"?"));
  EXPECT_THAT(Problems({{"      parameterType: double\n", ""}}),
              HasSubstr("parameterType: is missing; allowed: double, int"));
  EXPECT_THAT(SpaceProblems("unknown", "{min: 1, max: 2}"),
              HasSubstr("parameterType: \"unknown\" is not allowed."));
}

TEST(Validation, Collector) {
  const auto problems = [](const std::string& spec) {
    return Problems(
        {{"  trialTemplate:", "  metricsCollectorSpec: " + spec + "\n  trialTemplate:"}});
  };
  EXPECT_THAT(problems("{collector: {kind: Push}}"),
              HasSubstr("20:44: error: spec.metricsCollectorSpec.collector.kind: the collector "
                        "Push is not supported yet; supported: StdOut, File"));
  EXPECT_THAT(problems("{collector: {kind: Stdout}}"), HasSubstr("Did you mean \"StdOut\"?"));
  EXPECT_THAT(problems("{collector: {kind: File}, source: {fileSystemPath: {path: m.log}}}"),
              HasSubstr("\"m.log\" is not the absolute path of a file"));
  EXPECT_THAT(
      problems("{collector: {kind: File}, source: {fileSystemPath: {path: /m, format: XML}}}"),
      HasSubstr("\"XML\" is not allowed"));
  EXPECT_THAT(
      problems("{collector: {kind: File}, source: {fileSystemPath: {path: /m, kind: Directory}}}"),
      HasSubstr("not a Directory"));
  EXPECT_THAT(problems("{collector: {kind: File}, source: {fileSystemPath: {path: /m, format: "
                       "JSON}, filter: {metricsFormat: ['(a)(b)']}}}"),
              HasSubstr("source.filter: is not allowed with format JSON"));
  EXPECT_THAT(problems("{source: {filter: {metricsFormat: ['(a)=(b)', '(a', 'b']}}}"),
              AllOf(HasSubstr("metricsFormat[1]: "), HasSubstr("metricsFormat[2]: "),
                    Not(HasSubstr("metricsFormat[0]"))));
  EXPECT_EQ(problems("{collector: {kind: None}, source: {httpGet: {path: /metrics, port: 80}}}"),
            "");
}

TEST(Validation, WhereTheTemplateComesFrom) {
  EXPECT_THAT(
      Problems({{"    trialSpec:\n", "    configMap: {configMapName: x}\n    trialSpec:\n"}}),
      StartsWith("exp.yaml:25:5: error: spec.trialTemplate.configMap: trialSpec and configMap are "
                 "both given"));
  EXPECT_THAT(Problems({{"    trialSpec:\n", "    trialSpek:\n"}}),
              AllOf(HasSubstr("20:3: error: spec.trialTemplate: has no job; give trialSpec"),
                    HasSubstr("Did you mean \"trialSpec\"?")));
  EXPECT_THAT(
      Problems({{"primaryContainerName: main", "primaryContainerName: trainer"}}),
      AllOf(HasSubstr("31:13: error: spec.trialTemplate.trialSpec.spec.template.spec.containers: "),
            HasSubstr("\"trainer\"")));
  EXPECT_THAT(Problems({{"    primaryContainerName: main\n", ""}}),
              HasSubstr("primaryContainerName: is missing"));
}

TEST(Validation, TheManifest) {
  EXPECT_THAT(Problems({{"      kind: Job\n",
                         "      kind: Job\n      metadata: {name: x, namespace: y}\n"}}),
              AllOf(HasSubstr("28:24: error: spec.trialTemplate.trialSpec.metadata.name: "
                              "metadata.name is not allowed"),
                    HasSubstr("28:38: error: spec.trialTemplate.trialSpec.metadata.namespace: ")));
  EXPECT_THAT(Problems({{"      apiVersion: batch/v1\n", ""}}),
              HasSubstr("trialSpec.apiVersion: is missing"));
  EXPECT_THAT(Problems({{"      kind: Job\n", "      kind: Jobb\n"}}),
              HasSubstr("27:13: error: spec.trialTemplate.trialSpec.kind: jobs of kind \"Jobb\" "
                        "with apiVersion \"batch/v1\" cannot be run. Supported: Job (batch/v1)"));
  EXPECT_THAT(Problems({{"    trialSpec:\n", "    successCondition: \"a.#(\"\n    trialSpec:\n"}}),
              HasSubstr("25:23: error: spec.trialTemplate.successCondition: "));
}

TEST(Validation, Placeholders) {
  EXPECT_THAT(Problems({{"reference: lr", "reference: lrr"}}),
              AllOf(HasSubstr("24:20: error: spec.trialTemplate.trialParameters[0].reference: "
                              "\"lrr\" is no parameter of this experiment. Did you mean \"lr\"?"),
                    HasSubstr("trialParameters: the parameter \"lr\" reaches no trial")));
  EXPECT_THAT(
      Problems({{"trialParameters.rate", "trialParameters.rat"}}),
      AllOf(HasSubstr("23:15: error: spec.trialTemplate.trialParameters[0].name: the template has "
                      "no placeholder \"${trialParameters.rate}\". Did you mean \"rat\"?"),
            HasSubstr("34:35: error: "
                      "spec.trialTemplate.trialSpec.spec.template.spec.containers[0].command[2]: "
                      "the placeholder \"${trialParameters.rat}\" has no entry")));
  EXPECT_THAT(Problems({{"trialParameters.rate}", "trialParameters.rate"}}),
              HasSubstr("has no closing brace"));
  EXPECT_THAT(Problems({{"reference: lr", "reference: lr\n      - {name: rate, reference: lr}"}}),
              AllOf(HasSubstr("25:16: error: spec.trialTemplate.trialParameters[1].name: the name "
                              "\"rate\" is used twice"),
                    HasSubstr("25:33: error: spec.trialTemplate.trialParameters[1].reference: the "
                              "reference \"lr\" is used twice")));
  EXPECT_THAT(Problems({{"reference: lr",
                         "reference: lr\n      - {name: id, reference: '${trialSpec.Id}'}"},
                        {"echo loss", "echo ${trialParameters.id} loss"}}),
              HasSubstr("\"${trialSpec.Id}\" is not known"));
  EXPECT_EQ(Problems({{"reference: lr",
                       "reference: lr\n      - {name: id, reference: '${trialSpec.Name}'}"},
                      {"echo loss", "echo ${trialParameters.id} loss"}}),
            "");
  EXPECT_THAT(
      Problems({{"reference: lr",
                 "reference: lr\n      - {name: id, reference: '${trialSpec.Labels[team]}'}"},
                {"echo loss", "echo ${trialParameters.id} loss"}}),
      HasSubstr("metadata.labels has no \"team\""));
}

TEST(Validation, UnknownFieldsAreWarningsOrErrorsWhenStrict) {
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"  maxTrialCount: 10", "  maxTrialCounts: 10"},
      {"                command:", "                comand:"}};
  EXPECT_EQ(Problems(changes),
            "exp.yaml:13:3: warning: spec.maxTrialCounts: there is no field \"maxTrialCounts\" "
            "here. Did you mean "
            "\"maxTrialCount\"? It is ignored.\n"
            "exp.yaml:34:17: warning: "
            "spec.trialTemplate.trialSpec.spec.template.spec.containers[0].comand: there is no "
            "field \"comand\" here. Did you mean \"command\"? It is ignored.\n");
  EXPECT_THAT(Problems(changes, /*strict=*/true),
              AllOf(HasSubstr("13:3: error: spec.maxTrialCounts"), HasSubstr("34:17: error: "),
                    Not(HasSubstr("ignored"))));
}

TEST(Validation, EmptyTextsCountAsAbsent) {
  EXPECT_EQ(SpaceProblems("double", "{min: 1, max: 2, step: '', distribution: ''}"), "");
  EXPECT_EQ(SpaceProblems("categorical", "{list: [a], min: '', max: '', step: ''}"), "");
  EXPECT_THAT(SpaceProblems("double", "{min: 1, max: ''}"), HasSubstr("max: is missing"));
  EXPECT_THAT(Problems({{"type: minimize", "type: ''"}}), HasSubstr("objective.type: is missing"));
  EXPECT_EQ(Problems({{"  maxTrialCount", "  resumePolicy: ''\n  maxTrialCount"}}), "");
}

TEST(Validation, WrongTypesAreNamed) {
  EXPECT_THAT(Problems({{"metadata:\n  name: tuning", "metadata: tuning"}}),
              HasSubstr("3:11: error: metadata: expected a map, found \"tuning\""));
  EXPECT_THAT(Problems({{"  trialTemplate:", "  earlyStopping: []\n  trialTemplate:"}}),
              HasSubstr("expected a map, found a list"));
  EXPECT_THAT(Problems({{"    - name: lr", "    - lr\n    - name: lr"}}),
              HasSubstr("15:7: error: spec.parameters[0]: expected a map, found \"lr\""));
  EXPECT_THAT(Problems({{"name: tuning", "name: tuning\n  labels: {a: {b: c}}"}}),
              HasSubstr("metadata.labels.a: expected a text, found a map"));
}

TEST(Validation, DocumentsThatAreNoExperiments) {
  const auto problems = [](const std::string& text) {
    return FormatDiagnostics(Load(text).diagnostics);
  };
  EXPECT_EQ(problems(""), "exp.yaml: error: there is no Experiment in this file: it is empty\n");
  EXPECT_EQ(problems("hello"),
            "exp.yaml:1:1: error: expected an object with apiVersion and kind, found a text\n");
  EXPECT_EQ(problems("a: 1"),
            "exp.yaml:1:1: error: kind: is missing; for an experiment it is Experiment\n");
  EXPECT_THAT(problems("kind: experiment"), AllOf(HasSubstr("Did you mean \"Experiment\"?"),
                                                  HasSubstr("it holds only \"experiment\"")));
  EXPECT_THAT(problems("kind: Experiment"),
              HasSubstr("apiVersion: is missing; it must be kubeflow.org/v1beta1"));
  EXPECT_EQ(problems("kind: Experiment\napiVersion: kubeflow.org/v1alpha3\n"),
            "exp.yaml:2:13: error: apiVersion: \"kubeflow.org/v1alpha3\" is not supported; an "
            "Experiment must have "
            "kubeflow.org/v1beta1\n");
  EXPECT_THAT(
      problems(absl::StrCat("kind: Namespace\n---\n", kExperiment)),
      StartsWith("exp.yaml:1:7: warning: kind: an object of kind \"Namespace\" is ignored"));
}

TEST(Validation, AFloodOfProblemsIsCut) {
  std::string fields;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&fields, "  unknown", i, ": 1\n");
  const LoadResult result = Load(Changed({{"spec:\n", "spec:\n" + fields}}));
  EXPECT_EQ(result.diagnostics.size(), 201u);
  EXPECT_THAT(FormatDiagnostics(result.diagnostics),
              EndsWith("and 800 more problems that are not listed\n"));
}

TEST(Diagnostic, SortsByPlaceAndPutsWholeFileProblemsLast) {
  const auto at = [](int line, int column) {
    return Diagnostic{Diagnostic::Severity::kWarning, "f", line, column, "p", "m"};
  };
  EXPECT_EQ(FormatDiagnostics({at(0, 0), at(3, 1), at(2, 9), at(2, 1)}),
            "f:2:1: warning: p: m\nf:2:9: warning: p: m\nf:3:1: warning: p: m\nf: warning: p: m\n");
  EXPECT_FALSE(HasErrors({at(1, 1)}));
}

std::string Slurp(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// tests/golden/spec/NAME.yaml, and in NAME.txt what is said of it. QALAM_UPDATE_GOLDEN=1 rewrites
// them.
class GoldenSpec : public testing::TestWithParam<std::string> {};

TEST_P(GoldenSpec, SaysWhatItSaidBefore) {
  const std::string base = absl::StrCat("tests/golden/spec/", GetParam());
  const std::string text = Slurp(base + ".yaml");
  ASSERT_NE(text, "");
  const LoadResult result = LoadExperiments(GetParam() + ".yaml", text, {}, LoadOptions());
  const std::string said = FormatDiagnostics(result.diagnostics);
  if (getenv("QALAM_UPDATE_GOLDEN") != nullptr) std::ofstream(base + ".txt") << said;
  EXPECT_EQ(said, Slurp(base + ".txt"));
  EXPECT_EQ(result.experiments.empty(), HasErrors(result.diagnostics));
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenSpec,
                         testing::Values("bare", "config_map", "many_mistakes", "no_experiment",
                                         "old_version", "unsupported", "valid", "yaml_broken",
                                         "yaml_duplicate"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace qalam
