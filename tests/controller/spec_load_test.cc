// What a loaded experiment holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "core/random_stream.h"
#include "tests/controller/spec_support.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

ExperimentSpec LoadOne(const std::string& text) {
  LoadResult result = Load(text);
  EXPECT_EQ(FormatDiagnostics(result.diagnostics), "");
  if (result.experiments.size() != 1) {
    ADD_FAILURE() << result.experiments.size() << " experiments";
    return {};
  }
  return std::move(result.experiments[0]);
}

TEST(LoadExperiments, FillsInKatibsDefaults) {
  const ExperimentSpec spec = LoadOne(Changed({{"  parallelTrialCount: 2\n", ""}}));
  EXPECT_EQ(spec.ns, "default");
  EXPECT_EQ(spec.name, "tuning");
  EXPECT_EQ(spec.budget.parallel_trial_count, 3);
  EXPECT_EQ(spec.budget.max_trial_count, 10);
  EXPECT_EQ(spec.budget.max_failed_trial_count, std::nullopt);
  EXPECT_EQ(spec.resume_policy, ResumePolicy::kNever);
  EXPECT_EQ(spec.collector.kind, CollectorKind::kStdOut);
  EXPECT_EQ(spec.objective.direction, Direction::kMinimize);
  EXPECT_EQ(spec.objective.goal, 0.001);
  EXPECT_THAT(spec.objective.metrics, ElementsAre(MetricSpec{"loss", MetricStrategy::kMin}));
  EXPECT_EQ(spec.trial_template.success_condition,
            "status.conditions.#(type==\"Complete\")#|#(status==\"True\")#");
  EXPECT_EQ((*spec.manifest)["spec"]["parallelTrialCount"], 3);
  EXPECT_EQ((*spec.manifest)["spec"]["resumePolicy"], "Never");
  EXPECT_EQ((*spec.manifest)["metadata"]["namespace"], "default");
}

TEST(LoadExperiments, DefaultParallelismIsNeverMoreThanTheTrials) {
  const ExperimentSpec spec = LoadOne(
      Changed({{"  parallelTrialCount: 2\n", ""}, {"maxTrialCount: 10", "maxTrialCount: 1"}}));
  EXPECT_EQ(spec.budget.parallel_trial_count, 1);
}

TEST(LoadExperiments, MetricStrategiesApplyByName) {
  const ExperimentSpec spec =
      LoadOne(Changed({{"    objectiveMetricName: loss\n",
                        "    objectiveMetricName: loss\n    additionalMetricNames: [acc, time]\n"
                        "    metricStrategies:\n      - {name: acc, value: latest}\n"}}));
  EXPECT_THAT(spec.objective.metrics, ElementsAre(MetricSpec{"loss", MetricStrategy::kMin},
                                                  MetricSpec{"acc", MetricStrategy::kLatest},
                                                  MetricSpec{"time", MetricStrategy::kMin}));
}

TEST(LoadExperiments, TakesUnquotedNumbersWithTheirOwnText) {
  const ExperimentSpec spec = LoadOne(Changed(
      {{"      parameterType: double\n      feasibleSpace:\n        min: \"0.01\"\n        max: "
        "\"0.1\"\n",
        "      parameterType: discrete\n      feasibleSpace: {list: [1e-1, 0.010, '5']}\n"}}));
  EXPECT_THAT(spec.space->parameter(0).list, ElementsAre("0.010", "1e-1", "5"));
  EXPECT_EQ((*spec.manifest)["spec"]["parameters"][0]["feasibleSpace"]["list"].dump(),
            R"(["1e-1","0.010","5"])");
}

TEST(LoadExperiments, KeepsCategoriesInOrderAndAsWritten) {
  const ExperimentSpec spec =
      LoadOne(Changed({{"      parameterType: double\n      feasibleSpace:\n        min: "
                        "\"0.01\"\n        max: \"0.1\"\n",
                        "      parameterType: categorical\n      feasibleSpace: {list: [true, "
                        "'yes', 010, ReLU, \"\"]}\n"}}));
  EXPECT_THAT(spec.space->parameter(0).list, ElementsAre("true", "yes", "010", "ReLU", ""));
}

TEST(LoadExperiments, SeedComesFromTheFieldElseTheSettingElseTheName) {
  EXPECT_EQ(LoadOne(Changed({{"  parallelTrialCount", "  seed: 7\n  parallelTrialCount"}})).seed,
            7u);
  const std::string settings =
      "algorithmName: random\n    algorithmSettings: [{name: random_state, value: 9}]";
  EXPECT_EQ(LoadOne(Changed({{"algorithmName: random", settings}})).seed, 9u);
  EXPECT_EQ(
      LoadOne(Changed({{"algorithmName: random", settings}, {"spec:", "spec:\n  seed: 7"}})).seed,
      7u);
  EXPECT_EQ(LoadOne(kExperiment).seed, StableHash("default/tuning"));
}

TEST(LoadExperiments, ReadsWhatEndsIt) {
  const EndRules none = LoadOne(kExperiment).end_rules;
  EXPECT_EQ(none, EndRules{});
  const EndRules rules =
      LoadOne(Changed({{"  parallelTrialCount",
                        "  maxDurationSeconds: 90\n  terminator: {trialsWithoutImprovement: 5}\n"
                        "  maxCost: {metricName: loss, total: 2.5}\n"
                        "  parallelTrialCount"}}))
          .end_rules;
  EXPECT_EQ(rules.max_duration, absl::Seconds(90));
  EXPECT_EQ(rules.trials_without_improvement, 5);
  EXPECT_EQ(rules.improvement_below, std::nullopt);
  EXPECT_EQ(rules.max_cost, (EndRules::MaxCost{.metric = "loss", .total = 2.5}));
}

TEST(LoadExperiments, ReadsWhichImprovementItGoesOnFor) {
  const auto below = [](const std::string& value) {
    return LoadOne(Changed({{"  parallelTrialCount", "  terminator: {improvementBelow: " + value +
                                                         "}\n  parallelTrialCount"}}))
        .end_rules.improvement_below;
  };
  EXPECT_EQ(below("noise"), EndRules::ImprovementBelow{});
  EXPECT_EQ(below("0.25"), EndRules::ImprovementBelow{0.25});
}

TEST(LoadExperiments, ReadsTheFileCollector) {
  const ExperimentSpec spec = LoadOne(
      Changed({{"  trialTemplate:",
                "  metricsCollectorSpec:\n    collector: {kind: File}\n    source:\n      "
                "fileSystemPath: {path: /out/m.log}\n"
                "      filter: {metricsFormat: ['([a-z]+): ([0-9.]+)']}\n  trialTemplate:"}}));
  EXPECT_EQ(spec.collector.kind, CollectorKind::kFile);
  EXPECT_EQ(spec.collector.path, "/out/m.log");
  EXPECT_EQ(spec.collector.format, FileFormat::kText);
  EXPECT_THAT(spec.collector.filters, ElementsAre("([a-z]+): ([0-9.]+)"));
  EXPECT_EQ((*spec.manifest)["spec"]["metricsCollectorSpec"]["source"]["fileSystemPath"]["format"],
            "TEXT");
}

TEST(LoadExperiments, FileCollectorHasKatibsDefaultPath) {
  const ExperimentSpec spec =
      LoadOne(Changed({{"  trialTemplate:",
                        "  metricsCollectorSpec: {collector: {kind: File}}\n  trialTemplate:"}}));
  EXPECT_EQ(spec.collector.path, "/var/log/katib/metrics.log");
}

TEST(LoadExperiments, KeepsUnknownFieldsAndDropsWhatAServerHadSet) {
  LoadResult result =
      Load(Changed({{"  name: tuning\n",
                     "  name: tuning\n  uid: 1-2\n  resourceVersion: \"5\"\n  creationTimestamp: "
                     "null\n  labels: {team: 7}\n"},
                    {"spec:\n", "status: {trials: 3}\nspec:\n  futureField: [1, two]\n"}}));
  ASSERT_THAT(result.experiments, SizeIs(1));
  const Json& manifest = *result.experiments[0].manifest;
  EXPECT_EQ(manifest["metadata"].dump(),
            R"({"name":"tuning","labels":{"team":"7"},"namespace":"default"})");
  EXPECT_FALSE(manifest.contains("status"));
  EXPECT_EQ(manifest["spec"]["futureField"].dump(), R"([1,"two"])");
  EXPECT_THAT(result.experiments[0].labels, ElementsAre(Pair("team", "7")));
}

constexpr char kConfigMap[] = R"(apiVersion: v1
kind: ConfigMap
metadata: {name: templates, namespace: demo}
data:
  job.yaml: |
    apiVersion: batch/v1
    kind: Job
    spec:
      template:
        spec:
          containers:
            - name: main
              command: [echo, "loss=${trialParameters.rate}"]
)";

std::string WithConfigMap() {
  const std::string text = kExperiment;
  return text.substr(0, text.find("    trialSpec:")) +
         "    configMap: {configMapName: templates, configMapNamespace: demo, templatePath: "
         "job.yaml}\n";
}

TEST(LoadExperiments, TakesTheTemplateFromAConfigMapOfTheSameFile) {
  const ExperimentSpec spec = LoadOne(absl::StrCat(WithConfigMap(), "---\n", kConfigMap));
  EXPECT_EQ((*spec.trial_template.manifest)["kind"], "Job");
  EXPECT_NE(spec.trial_template.success_condition, "");
  EXPECT_THAT(spec.companions.config_maps, SizeIs(1));
  EXPECT_EQ(spec.companion_objects->size(), 1u);
}

TEST(LoadExperiments, TakesTheTemplateFromACompanionFile) {
  const LoadResult result =
      LoadExperiments("exp.yaml", WithConfigMap(), {{"maps.yaml", kConfigMap}}, LoadOptions());
  EXPECT_EQ(FormatDiagnostics(result.diagnostics), "");
  EXPECT_THAT(result.experiments, SizeIs(1));
}

TEST(LoadExperiments, NamesTheCompanionFileInAMistakeInsideIt) {
  std::string map = kConfigMap;
  map.replace(map.find("kind: Job"), 9, "kind: Jobs");
  const LoadResult result =
      LoadExperiments("exp.yaml", WithConfigMap(), {{"maps.yaml", map}}, LoadOptions());
  EXPECT_THAT(FormatDiagnostics(result.diagnostics),
              StartsWith("maps.yaml:7:11: error: data[job.yaml].kind: jobs of kind \"Jobs\""));
}

TEST(LoadExperiments, SaysWhichConfigMapIsNotThere) {
  EXPECT_THAT(FormatDiagnostics(Load(WithConfigMap()).diagnostics),
              HasSubstr("the ConfigMap \"demo/templates\" did not come with the experiment"));
}

TEST(LoadExperiments, DecodesSecrets) {
  const ExperimentSpec spec =
      LoadOne(absl::StrCat(kExperiment,
                           "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {token: "
                           "aGVsbG8=}\nstringData: {user: me}\n"));
  EXPECT_THAT(spec.companions.secrets.at("default/s"),
              ElementsAre(Pair("token", "hello"), Pair("user", "me")));
  EXPECT_THAT(FormatDiagnostics(
                  Load(absl::StrCat(kExperiment,
                                    "---\nkind: Secret\nmetadata: {name: s}\ndata: {token: '%'}\n"))
                      .diagnostics),
              HasSubstr("data.token: is not base64"));
}

TEST(LoadExperiments, ReadsSeveralExperimentsAndKubernetesLists) {
  const std::string second = Changed({{"name: tuning", "name: second"}});
  EXPECT_THAT(Load(absl::StrCat(kExperiment, "---\n", second)).experiments, SizeIs(2));
  const ExperimentSpec spec = LoadOne(kExperiment);
  const std::string list =
      absl::StrCat(R"({"kind": "List", "items": [)", spec.manifest->dump(), "]}");
  EXPECT_THAT(Load(list).experiments, SizeIs(1));
}

TEST(LoadExperiments, RefusesASecondExperimentOfTheSameName) {
  const LoadResult result = Load(absl::StrCat(kExperiment, "---\n", kExperiment));
  EXPECT_THAT(result.experiments, SizeIs(1));
  EXPECT_THAT(FormatDiagnostics(result.diagnostics),
              HasSubstr("error: metadata.name: there is another Experiment named \"tuning\""));
}

TEST(LoadExperiments, OneBadExperimentDoesNotSpoilTheOther) {
  const std::string bad =
      Changed({{"name: tuning", "name: bad"}, {"type: minimize", "type: less"}});
  const LoadResult result = Load(absl::StrCat(bad, "---\n", kExperiment));
  ASSERT_THAT(result.experiments, SizeIs(1));
  EXPECT_EQ(result.experiments[0].name, "tuning");
}

// Whatever a file holds, judging it takes time in proportion to it.
// Processor seconds; sanitizers cost a multiple of what the program does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kLongestLoad = 100;
#else
constexpr double kLongestLoad = 10;
#endif

TEST(LoadExperiments, TakesNoLongerForHostileExperiments) {
  std::string parameters, entries, containers, placeholders, filters, fields;
  for (int i = 0; i < 10'000; ++i) {
    absl::StrAppend(&parameters, "    - {name: p", i, ", parameterType: int, feasibleSpace: {}}\n");
    absl::StrAppend(&entries, "      - {name: q", i, ", reference: r", i, "}\n");
    absl::StrAppend(&containers, "              - {}\n");
    absl::StrAppend(&placeholders, "${trialParameters.z", i, "} ${trialParameters.z");
    absl::StrAppend(&filters, "(a{999}){999}, ");
    if (i < 4'000) absl::StrAppend(&fields, "  ", std::string(60, 'x'), i, ": 1\n");
  }
  const std::vector<std::pair<std::string, std::string>> attacks[] = {
      {{"  parameters:\n", "  parameters:\n" + parameters}},
      {{"    trialParameters:\n", "    trialParameters:\n" + entries}},
      {{"            containers:\n", "            containers:\n" + containers}},
      {{"echo loss", placeholders}},
      {{"spec:\n",
        "spec:\n  metricsCollectorSpec: {source: {filter: {metricsFormat: [" + filters + "]}}}\n"}},
      {{"spec:\n", "spec:\n" + fields}},
      {{"  parameters:\n", "  parameters:\n" + parameters},
       {"    trialParameters:\n", "    trialParameters:\n" + entries},
       {"echo loss", placeholders}}};
  for (const auto& changes : attacks) {
    SCOPED_TRACE(changes[0].first);
    const std::string text = Changed(changes);
    const std::clock_t begin = std::clock();
    const LoadResult result = Load(text);
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kLongestLoad);
    EXPECT_LT(FormatDiagnostics(result.diagnostics).size(), 500'000u);
  }
}

TEST(RestoreExperiment, GivesBackWhatWasLoaded) {
  const ExperimentSpec spec = LoadOne(absl::StrCat(WithConfigMap(), "---\n", kConfigMap));
  ASSERT_OK_AND_ASSIGN(const ExperimentSpec restored,
                       RestoreExperiment(spec.manifest->dump(), spec.companion_objects->dump()));
  EXPECT_EQ(*restored.manifest, *spec.manifest);
  EXPECT_EQ(*restored.companion_objects, *spec.companion_objects);
  EXPECT_EQ(*restored.trial_template.manifest, *spec.trial_template.manifest);
  EXPECT_EQ(restored.seed, spec.seed);
  EXPECT_EQ(restored.space->parameters(), spec.space->parameters());
  EXPECT_EQ(restored.budget, spec.budget);
}

TEST(RestoreExperiment, SaysThatDamagedDataIsDamaged) {
  EXPECT_THAT(RestoreExperiment("{", "[]"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("manifest")));
  EXPECT_THAT(RestoreExperiment("{}", "[]"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("metadata.name: is missing")));
  EXPECT_THAT(RestoreExperiment("{}", "1"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("companions")));
}

TEST(ValidateBudget, FindsEveryImpossibleLimit) {
  const auto problems = [](Budget budget, int64_t existing) {
    std::string text;
    for (const absl::Status& status : ValidateBudget(budget, existing)) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      absl::StrAppend(&text, status.message(), "\n");
    }
    return text;
  };
  EXPECT_EQ(problems({10, 3, 2}, 10), "");
  EXPECT_EQ(problems({std::nullopt, 100, std::nullopt}, 5), "");
  EXPECT_THAT(problems({0, 1, std::nullopt}, 0),
              StartsWith("spec.maxTrialCount: 0 is not allowed"));
  EXPECT_THAT(problems({10, 3, 2}, 11),
              StartsWith("spec.maxTrialCount: 10 is less than the 11 trials"));
  EXPECT_THAT(problems({10, 0, 2}, 0), StartsWith("spec.parallelTrialCount: 0"));
  EXPECT_THAT(problems({10, 11, 2}, 0), StartsWith("spec.parallelTrialCount: 11 is more than"));
  EXPECT_THAT(problems({10, 1, 11}, 0), StartsWith("spec.maxFailedTrialCount: 11 is more than"));
  EXPECT_THAT(problems({-1, -1, -1}, 0),
              testing::AllOf(HasSubstr("maxTrialCount"), HasSubstr("parallelTrialCount"),
                             HasSubstr("maxFailedTrialCount")));
}

TEST(DiffSpecs, NamesTheFieldsThatDifferOtherThanTheLimits) {
  const ExperimentSpec a = LoadOne(kExperiment);
  EXPECT_THAT(DiffSpecs(*a.manifest, *a.manifest), IsEmpty());
  const ExperimentSpec b =
      LoadOne(Changed({{"maxTrialCount: 10", "maxTrialCount: 20"},
                       {"parallelTrialCount: 2", "parallelTrialCount: 1\n  maxFailedTrialCount: 3"},
                       {"max: \"0.1\"", "max: \"0.2\""},
                       {"name: tuning", "name: tuning\n  labels: {a: b}"},
                       {"    goal: 0.001\n", ""}}));
  EXPECT_THAT(DiffSpecs(*a.manifest, *b.manifest),
              ElementsAre("spec.objective.goal", "spec.parameters[0].feasibleSpace.max"));
}

}  // namespace
}  // namespace qalam
