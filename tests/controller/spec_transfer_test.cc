// spec.parameters[].prior, spec.duplicates and spec.warmStartFrom, as they are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "controller/spec/sources_json.h"
#include "tests/controller/spec_support.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// kExperiment with an optimizer, and with `prior` for its parameter lr.
std::string WithPrior(const std::string& prior, const std::string& optimizer_prior = "") {
  return Changed(
      {{"max: \"0.1\"\n",
        absl::StrCat("max: \"0.1\"\n", prior.empty() ? "" : "      prior: ", prior,
                     "\n    - name: optimizer\n      parameterType: categorical\n"
                     "      feasibleSpace: {list: [sgd, adam, lion]}\n",
                     optimizer_prior.empty() ? "" : "      prior: ", optimizer_prior, "\n")},
       {"reference: lr\n", "reference: lr\n      - {name: opt, reference: optimizer}\n"},
       {"trialParameters.rate}", "trialParameters.rate} ${trialParameters.opt}"}});
}

std::string WithField(const std::string& field) {
  return Changed({{"  parallelTrialCount: 2\n", absl::StrCat("  parallelTrialCount: 2\n", field)}});
}

std::string ProblemsOf(const std::string& text) {
  return FormatDiagnostics(Load(text).diagnostics);
}

ExperimentSpec Only(const std::string& text) {
  const LoadResult loaded = Load(text, /*strict=*/true);
  EXPECT_THAT(loaded.diagnostics, IsEmpty()) << FormatDiagnostics(loaded.diagnostics);
  return loaded.experiments.empty() ? ExperimentSpec() : loaded.experiments[0];
}

TEST(PriorFieldTest, AValueWithAConfidenceIsABellAroundIt) {
  const ExperimentSpec spec =
      Only(WithPrior("{value: 0.028, confidence: high}", "{value: adam, confidence: low}"));
  const ParameterPrior& lr = *spec.space->parameter(0).prior;
  EXPECT_NEAR(lr.mean, 0.2, 1e-12);
  EXPECT_EQ(lr.deviation, 0.05);
  EXPECT_THAT(spec.space->parameter(1).prior->weights, ElementsAre(1, 2, 1));
  EXPECT_EQ(Only(WithPrior("{value: 0.028}")).space->parameter(0).prior->deviation, 0.15);
}

TEST(PriorFieldTest, WeightsAreForCategoriesAndOneWhereNotGiven) {
  const ExperimentSpec spec = Only(WithPrior("", "{weights: {adam: 3, lion: 0.5}}"));
  EXPECT_THAT(spec.space->parameter(1).prior->weights, ElementsAre(1, 3, 0.5));
}

TEST(PriorFieldTest, FewValuesStayPossibleWhateverTheConfidence) {
  const ExperimentSpec spec = Only(
      Changed({{"parameterType: double", "parameterType: int"},
               {"min: \"0.01\"", "min: \"1\""},
               {"max: \"0.1\"\n", "max: \"4\"\n      prior: {value: 2, confidence: high}\n"}}));
  EXPECT_EQ(spec.space->parameter(0).prior->deviation, 0.125);
}

TEST(PriorFieldTest, MistakesAreNamed) {
  EXPECT_THAT(ProblemsOf(WithPrior("{value: 5}")),
              HasSubstr("spec.parameters[0].prior.value: \"5\" is not allowed by feasibleSpace"));
  EXPECT_THAT(ProblemsOf(WithPrior("{confidence: high}")),
              HasSubstr("give either value, with a confidence, or weights"));
  EXPECT_THAT(ProblemsOf(WithPrior("{value: 0.05, confidence: sure}")),
              HasSubstr("\"sure\" is not allowed"));
  EXPECT_THAT(ProblemsOf(WithPrior("{weights: {a: 1}}")), HasSubstr("is for categorical"));
  EXPECT_THAT(ProblemsOf(WithPrior("", "{weights: {adan: 1, sgd: 0}}")),
              AllOf(HasSubstr("Did you mean \"adam\"?"), HasSubstr("not a number greater than 0")));
}

TEST(DuplicatesFieldTest, IsReadAndCheckedAndAvoidsUnlessGiven) {
  EXPECT_EQ(Only(kExperiment).duplicates, DuplicatePolicy::kAvoid);
  EXPECT_EQ(Only(WithField("  duplicates: reuse\n")).duplicates, DuplicatePolicy::kReuse);
  EXPECT_EQ(Only(WithField("  duplicates: replicate\n")).duplicates, DuplicatePolicy::kReplicate);
  EXPECT_THAT(ProblemsOf(WithField("  duplicates: repeat\n")),
              HasSubstr("spec.duplicates: \"repeat\" is not allowed"));
}

TEST(WarmStartFieldTest, NamesMapsAndLabelsAreRead) {
  const ExperimentSpec spec = Only(WithField(
      "  warmStartFrom: [a, {name: b}, {namespace: x, name: a}, {matchLabels: {team: t}}]\n"));
  EXPECT_THAT(
      spec.warm_start_from,
      ElementsAre(WarmStartRef{"default", "a", {}}, WarmStartRef{"default", "b", {}},
                  WarmStartRef{"x", "a", {}}, WarmStartRef{"default", "", {{"team", "t"}}}));
}

TEST(WarmStartFieldTest, MistakesAreNamed) {
  const std::string problems = ProblemsOf(WithField(
      "  warmStartFrom: [a, tuning, {namespace: x}, {name: a, matchLabels: {t: u}}, a]\n"));
  EXPECT_THAT(problems, HasSubstr("warmStartFrom[1]: an experiment cannot start from itself"));
  EXPECT_THAT(problems, HasSubstr("warmStartFrom[2]: give either the name"));
  EXPECT_THAT(problems, HasSubstr("warmStartFrom[3]: give either the name"));
  EXPECT_THAT(problems, HasSubstr("warmStartFrom[4]: is given twice"));
}

TEST(SourcesJsonTest, ComeBackToTheLastBit) {
  const SourceList sources = {std::make_shared<const SourceTrials>(
      SourceTrials{"x/a", {{0.1, 1.0 / 3}, {-5e-324, 1e308}}, {1, -0.30000000000000004}})};
  ASSERT_OK_AND_ASSIGN(const SourceList read,
                       SourcesFromJson(Json::parse(SourcesToJson(sources).dump()), 2));
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0]->name, "x/a");
  EXPECT_EQ(read[0]->points, sources[0]->points);
  EXPECT_EQ(read[0]->losses, sources[0]->losses);
}

TEST(SourcesJsonTest, WhatIsDamagedIsRefused) {
  for (const char* text :
       {"1", "{}", R"({"sources":[1]})", R"({"sources":[{"name":"a","losses":[],"points":[]}]})",
        R"({"sources":[{"name":"a","losses":[1],"points":[[1]]}]})",
        R"({"sources":[{"name":"a","losses":[1],"points":[[1,"x"]]}]})"}) {
    EXPECT_THAT(SourcesFromJson(Json::parse(text), 2).status(),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")))
        << text;
  }
}

}  // namespace
}  // namespace qalam
