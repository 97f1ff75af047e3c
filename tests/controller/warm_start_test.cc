#include "controller/warm_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controller/engine.h"
#include "controller/spec/load.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: $NAME, labels: {team: t}}
spec:
  objective: {type: $TYPE, objectiveMetricName: $METRIC, additionalMetricNames: [$OTHER]}
  algorithm: {algorithmName: $ALGORITHM}
$FIELDS
  parameters:
$PARAMETERS
  trialTemplate:
    primaryContainerName: main
    trialParameters: [$REFERENCES]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - {name: main, image: none, command: [a, "$USES"]}
            restartPolicy: Never
)";

struct Parts {
  std::string name = "new";
  std::string type = "minimize";
  std::string metric = "loss";
  std::string algorithm = "tpe";
  std::string fields = "  warmStartFrom: [old]";
  // Name, type, feasible space.
  std::vector<std::vector<std::string>> parameters = {{"x", "double", "{min: '0', max: '1'}"},
                                                      {"c", "categorical", "{list: [a, b]}"}};
};

ExperimentSpec SpecOf(const Parts& parts) {
  std::string parameters, references, uses;
  for (const auto& parameter : parts.parameters) {
    absl::StrAppend(&parameters, "  - {name: ", parameter[0], ", parameterType: ", parameter[1],
                    ", feasibleSpace: ", parameter[2], "}\n");
    absl::StrAppend(&references, references.empty() ? "" : ", ", "{name: ", parameter[0],
                    ", reference: ", parameter[0], "}");
    absl::StrAppend(&uses, "${trialParameters.", parameter[0], "}");
  }
  const LoadResult loaded = LoadExperiments(
      "e.yaml",
      absl::StrReplaceAll(kExperiment, {{"$NAME", parts.name},
                                        {"$TYPE", parts.type},
                                        {"$METRIC", parts.metric},
                                        {"$OTHER", parts.metric == "seconds" ? "loss" : "seconds"},
                                        {"$ALGORITHM", parts.algorithm},
                                        {"$FIELDS", parts.fields},
                                        {"$PARAMETERS", parameters},
                                        {"$REFERENCES", references},
                                        {"$USES", uses}}),
      {}, {});
  EXPECT_THAT(loaded.experiments, SizeIs(1)) << FormatDiagnostics(loaded.diagnostics);
  return loaded.experiments.empty() ? ExperimentSpec() : loaded.experiments[0];
}

class WarmStartTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(store_, OpenSqliteStore(absl::StrCat(dir_.path(), "/db")));
  }

  // An experiment in the store, with succeeded trials of these values and objectives.
  ExperimentRecord Store(const Parts& parts,
                         const std::vector<std::pair<NamedValues, double>>& trials) {
    const ExperimentRecord record =
        *CreateExperiment(store_.get(), SpecOf(parts), absl::UnixEpoch());
    int64_t number = 0;
    std::vector<Change> changes;
    for (const auto& [values, objective] : trials) {
      StoredTrial trial{.number = number++, .assignment = values};
      trial.name = absl::StrCat(parts.name, "-", trial.number);
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = objective;
      trial.observation = {{"seconds", absl::StrCat(10 * objective), "99", "50"}};
      changes.emplace_back(TrialCreated{record.id, std::move(trial)});
    }
    EXPECT_OK(store_->Commit(changes));
    return record;
  }
  Parts Old(std::string name = "old") const {
    Parts parts;
    parts.name = std::move(name);
    parts.fields = "";
    return parts;
  }

  TempDir dir_;
  std::unique_ptr<class Store> store_;
};

TEST_F(WarmStartTest, MapsTrialsByNameValueAndText) {
  Parts old = Old();
  old.parameters = {{"i", "int", "{min: '1', max: '9'}"},
                    {"d", "double", "{min: '0', max: '100'}"},
                    {"l", "discrete", "{list: ['16', '32']}"},
                    {"c", "categorical", "{list: [a, b]}"},
                    {"gone", "double", "{min: '0', max: '1'}"}};
  Store(old, {{{{"i", "7"}, {"d", "2.4"}, {"l", "32"}, {"c", "b"}, {"gone", "1"}}, 0.5}});
  Parts parts;
  parts.parameters = {{"i", "double", "{min: '0', max: '4'}"},  // keeps 7, outside of its range
                      {"d", "int", "{min: '0', max: '10'}"},    // rounded
                      {"l", "discrete", "{list: ['8', '30', '64']}"},  // the nearest
                      {"c", "categorical", "{list: [z, b]}"},
                      {"added", "double", "{min: '0', max: '8'}"}};
  ASSERT_OK_AND_ASSIGN(const WarmStart warm, ResolveWarmStart(*store_, SpecOf(parts)));
  EXPECT_THAT(warm.warnings, IsEmpty());
  ASSERT_THAT(warm.sources, SizeIs(1));
  EXPECT_EQ(warm.sources[0]->name, "default/old");
  EXPECT_THAT(warm.sources[0]->points, ElementsAre(Assignment{7, 2, 1, 1, 4}));
  EXPECT_THAT(warm.sources[0]->losses, ElementsAre(0.5));
}

TEST_F(WarmStartTest, CategoriesThatAreNotThereLoseTheTrial) {
  Store(Old(), {{{{"x", "0.5"}, {"c", "a"}}, 1}, {{{"x", "0.6"}, {"c", "b"}}, 2}});
  Parts parts;
  parts.parameters[1][2] = "{list: [b, z]}";
  ASSERT_OK_AND_ASSIGN(const WarmStart warm, ResolveWarmStart(*store_, SpecOf(parts)));
  EXPECT_THAT(warm.warnings, ElementsAre(HasSubstr("1 of 2 trials of default/old")));
  EXPECT_THAT(warm.sources[0]->points, ElementsAre(Assignment{0.6, 0}));
}

TEST_F(WarmStartTest, LossesAreSmallWhereThisExperimentIsWell) {
  Store(Old(), {{{{"x", "0.5"}, {"c", "a"}}, 3}});
  Parts parts;
  parts.type = "maximize";
  ASSERT_OK_AND_ASSIGN(WarmStart warm, ResolveWarmStart(*store_, SpecOf(parts)));
  EXPECT_THAT(warm.sources[0]->losses, ElementsAre(-3));
  EXPECT_THAT(warm.warnings, ElementsAre(HasSubstr("the other way round")));
  // Another metric of the source, by the strategy that the source has for it.
  parts = Parts();
  parts.metric = "seconds";
  parts.fields = "  warmStartFrom: [{name: old}]";
  ExperimentSpec spec = SpecOf(parts);
  ASSERT_OK_AND_ASSIGN(warm, ResolveWarmStart(*store_, spec));
  EXPECT_THAT(warm.sources[0]->losses, ElementsAre(30));
}

TEST_F(WarmStartTest, WhatCannotBeLearntFromIsAnErrorThatNamesTheWayOut) {
  Store(Old("old"), {{{{"x", "0.5"}, {"c", "a"}}, 3}});
  Parts parts;
  parts.fields = "  warmStartFrom: [odl]";
  EXPECT_THAT(
      ResolveWarmStart(*store_, SpecOf(parts)).status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("no experiment default/odl in this data folder; did you mean old?")));
  parts = Parts();
  parts.parameters = {{"other", "double", "{min: '0', max: '1'}"}};
  EXPECT_THAT(ResolveWarmStart(*store_, SpecOf(parts)).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no parameter in common")));
  parts = Parts();
  parts.metric = "accuracy";
  EXPECT_THAT(
      ResolveWarmStart(*store_, SpecOf(parts)).status(),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("does not report the metric \"accuracy\" (it has loss, seconds)")));
}

TEST_F(WarmStartTest, WhatIsOnlyOddIsAWarning) {
  Store(Old(), {});
  ASSERT_OK_AND_ASSIGN(WarmStart warm, ResolveWarmStart(*store_, SpecOf(Parts())));
  EXPECT_THAT(warm.warnings, ElementsAre(HasSubstr("has no succeeded trial yet")));
  EXPECT_THAT(warm.sources, IsEmpty());
  Parts parts;
  parts.fields = "  warmStartFrom: [{matchLabels: {team: u}}]";
  parts.algorithm = "random";
  ASSERT_OK_AND_ASSIGN(warm, ResolveWarmStart(*store_, SpecOf(parts)));
  EXPECT_THAT(warm.warnings,
              ElementsAre(HasSubstr("has the labels team=u"), HasSubstr("algorithm random")));
}

TEST_F(WarmStartTest, LabelsFindAllOthersOfTheNamespaceThatHaveThem) {
  for (const char* name : {"a", "b", "new"}) Store(Old(name), {{{{"x", "0"}, {"c", "a"}}, 1}});
  Parts parts;
  parts.fields = "  warmStartFrom: [{matchLabels: {team: t}}, a]";
  ASSERT_OK_AND_ASSIGN(const WarmStart warm, ResolveWarmStart(*store_, SpecOf(parts)));
  ASSERT_THAT(warm.sources, SizeIs(2));
  EXPECT_EQ(warm.sources[0]->name, "default/a");
  EXPECT_EQ(warm.sources[1]->name, "default/b");
}

TEST_F(WarmStartTest, OfManyTrialsTheBestHalfStaysAndTheOthersAreThinnedOut) {
  std::vector<std::pair<NamedValues, double>> trials;
  const int count = 3000;
  for (int i = 0; i < count; ++i) {
    trials.push_back({{{"x", absl::StrCat(i)}, {"c", "a"}}, static_cast<double>((i * 7) % count)});
  }
  Store(Old(), trials);
  ASSERT_OK_AND_ASSIGN(const WarmStart warm, ResolveWarmStart(*store_, SpecOf(Parts())));
  std::vector<double> losses = warm.sources[0]->losses;
  ASSERT_EQ(losses.size(), kMaxSourceTrials);
  EXPECT_EQ(warm.sources[0]->points[0][0], 0) << "the order of the trials stays";
  std::sort(losses.begin(), losses.end());
  EXPECT_EQ(losses[999], 999);
  EXPECT_EQ(losses.back(), count - 1);
  for (size_t i = 1001; i < losses.size(); ++i) EXPECT_EQ(losses[i] - losses[i - 1], 2);
}

TEST_F(WarmStartTest, TheSourcesAreStoredWithTheExperimentAndOutliveTheirOrigin) {
  const ExperimentRecord old = Store(
      Old(), {{{{"x", "0.1"}, {"c", "a"}}, 3}, {{{"x", "0.30000000000000004"}, {"c", "b"}}, 1}});
  ExperimentSpec spec = SpecOf(Parts());
  ASSERT_OK(AddSources(*store_, &spec).status());
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord record,
                       CreateExperiment(store_.get(), spec, absl::UnixEpoch()));
  ASSERT_OK(store_->DeleteExperiment(old.id));
  ASSERT_OK_AND_ASSIGN(const ExperimentSpec restored,
                       RestoreExperiment(record.manifest, record.companions));
  ASSERT_THAT(restored.sources, SizeIs(1));
  EXPECT_EQ(restored.sources[0]->points, spec.sources[0]->points);
  EXPECT_EQ(restored.sources[0]->losses, spec.sources[0]->losses);
}

}  // namespace
}  // namespace qalam
