#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "tests/support/status_matchers.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TrialTemplate MakeTemplate(const std::string& manifest, std::vector<TrialParameter> parameters) {
  TrialTemplate result;
  result.manifest = std::make_shared<const Json>(Json::parse(manifest));
  result.parameters = std::move(parameters);
  return result;
}

TrialIdentity MakeIdentity() {
  TrialIdentity identity;
  identity.name = "random-abc";
  identity.ns = "team";
  identity.labels = {{"katib.kubeflow.org/experiment", "random"}};
  return identity;
}

TEST(TemplateTest, ReplacesPlaceholdersInTextsAndKeysAndNowhereElse) {
  const TrialTemplate trial_template = MakeTemplate(
      R"({"kind":"Job","spec":{"n":3,"${trialParameters.lr}":true,
          "args":["--lr=${trialParameters.lr}","${trialParameters.lr}${trialParameters.lr}"]}})",
      {{"lr", "", "learning-rate"}});
  ASSERT_OK_AND_ASSIGN(const Json manifest,
                       RenderManifest(trial_template, {{"learning-rate", "0.01"}}, MakeIdentity()));
  EXPECT_EQ(manifest["spec"],
            Json::parse(R"({"n":3,"0.01":true,"args":["--lr=0.01","0.010.01"]})"));
}

TEST(TemplateTest, NumbersStayTextsInsideTexts) {
  const TrialTemplate trial_template =
      MakeTemplate(R"({"spec":{"completions":"${trialParameters.n}"}})", {{"n", "", "n"}});
  ASSERT_OK_AND_ASSIGN(const Json manifest,
                       RenderManifest(trial_template, {{"n", "4"}}, MakeIdentity()));
  EXPECT_EQ(manifest["spec"]["completions"], Json("4"));
}

TEST(TemplateTest, SetsNameNamespaceAndLabels) {
  const TrialTemplate trial_template = MakeTemplate(
      R"({"metadata":{"name":"old","labels":{"app":"x","katib.kubeflow.org/experiment":"y"}}})",
      {});
  ASSERT_OK_AND_ASSIGN(const Json manifest, RenderManifest(trial_template, {}, MakeIdentity()));
  EXPECT_EQ(manifest["metadata"], Json::parse(R"({"name":"random-abc","labels":{"app":"x",
                "katib.kubeflow.org/experiment":"random"},"namespace":"team"})"));
}

TEST(TemplateTest, NoValueCanChangeTheStructureOrBeReplacedItself) {
  const TrialTemplate trial_template =
      MakeTemplate(R"({"args":["${trialParameters.a}","${trialParameters.b}"]})",
                   {{"a", "", "a"}, {"b", "", "b"}});
  const std::vector<std::string> nasty = {
      R"("],"x":["y)", "line\nbreak", "${trialParameters.b}", "$(rm -rf /)", "'", "\\", "}",
      "é\x01"};
  for (const std::string& value : nasty) {
    SCOPED_TRACE(value);
    ASSERT_OK_AND_ASSIGN(
        const Json manifest,
        RenderManifest(trial_template, {{"a", value}, {"b", "B"}}, MakeIdentity()));
    EXPECT_EQ(manifest["args"], Json::array({value, "B"}));
  }
}

TEST(TemplateTest, MetaReferencesTellOfTheTrial) {
  const TrialTemplate trial_template = MakeTemplate(
      R"({"apiVersion":"batch/v1","kind":"Job",
          "metadata":{"labels":{"app":"mnist"},"annotations":{"team.io/owner":"me"}},
          "a":["${trialParameters.name}","${trialParameters.ns}","${trialParameters.kind}",
               "${trialParameters.api}","${trialParameters.app}","${trialParameters.owner}",
               "${trialParameters.experiment}"]})",
      {{"name", "", "${trialSpec.Name}"},
       {"ns", "", "${trialSpec.Namespace}"},
       {"kind", "", "${trialSpec.Kind}"},
       {"api", "", "${trialSpec.APIVersion}"},
       {"app", "", "${trialSpec.Labels[app]}"},
       {"owner", "", "${trialSpec.Annotations[team.io/owner]}"},
       {"experiment", "", "${trialSpec.Labels[katib.kubeflow.org/experiment]}"}});
  ASSERT_OK_AND_ASSIGN(const Json manifest, RenderManifest(trial_template, {}, MakeIdentity()));
  EXPECT_EQ(manifest["a"],
            Json::parse(R"(["random-abc","team","Job","batch/v1","mnist","me","random"])"));
}

TEST(TemplateTest, ErrorsNameThePlaceholderTheReferenceOrTheParameter) {
  const auto render = [](const std::string& text, std::vector<TrialParameter> parameters,
                         const NamedValues& values) {
    return RenderManifest(MakeTemplate(absl::StrCat("{\"a\":\"", text, "\"}"), parameters), values,
                          MakeIdentity())
        .status();
  };
  const auto is_invalid = [](const std::string& part) {
    return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(part));
  };
  EXPECT_THAT(render("${trialParameters.rl}", {{"lr", "", "lr"}}, {{"lr", "1"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("${trialParameters.rl}"), HasSubstr("there are: lr"))));
  EXPECT_THAT(render("${trialParameters.}", {}, {}), is_invalid("\"${trialParameters.}\""));
  EXPECT_THAT(render("${trialParameters.lr", {{"lr", "", "lr"}}, {{"lr", "1"}}),
              is_invalid("no closing brace"));
  EXPECT_THAT(render("x", {{"lr", "", "learning"}}, {}),
              is_invalid("the reference \"learning\" of \"lr\" has no value"));
  EXPECT_THAT(render("x", {}, {{"momentum", "1"}}),
              is_invalid("no entry refers to parameter \"momentum\""));
  EXPECT_THAT(render("x", {{"l", "", "${trialSpec.Labels[app]}"}}, {}),
              is_invalid("metadata.labels has no \"app\""));
  EXPECT_THAT(render("x", {{"l", "", "${trialSpec.Spec}"}}, {}),
              is_invalid("${trialSpec.X} has Name, Namespace"));
}

TEST(TemplateTest, PlaceholdersOfWhatDoesNotExistBecomeNothing) {
  TrialTemplate trial_template =
      MakeTemplate(R"({"args":["--m=${trialParameters.m}"]})", {{"m", "", "momentum"}});
  trial_template.conditional = {"momentum"};
  ASSERT_OK_AND_ASSIGN(Json manifest, RenderManifest(trial_template, {}, MakeIdentity()));
  EXPECT_EQ(manifest["args"][0], Json("--m="));
  ASSERT_OK_AND_ASSIGN(manifest,
                       RenderManifest(trial_template, {{"momentum", "0.9"}}, MakeIdentity()));
  EXPECT_EQ(manifest["args"][0], Json("--m=0.9"));
}

TEST(TemplateTest, TwoKeysMustNotBecomeOne) {
  const TrialTemplate trial_template =
      MakeTemplate(R"({"a":{"x":1,"${trialParameters.k}":2}})", {{"k", "", "k"}});
  EXPECT_THAT(RenderManifest(trial_template, {{"k", "x"}}, MakeIdentity()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("becomes \"x\"")));
}

TEST(TemplateTest, ListsThePlaceholdersOnceInOrder) {
  const Json manifest = Json::parse(
      R"({"${trialParameters.k}":["${trialParameters.b} ${trialParameters.a}",
          {"x":"${trialParameters.b}"}, 3, "${trialParameters.open"]})");
  EXPECT_THAT(PlaceholderNames(manifest), ElementsAre("k", "b", "a"));
}

TEST(TemplateTest, WhatIsPutInIsFoundAgainWhateverItIs) {
  const TrialTemplate trial_template = MakeTemplate(
      R"({"a":"<${trialParameters.x}>","b":["${trialParameters.x}"]})", {{"x", "", "x"}});
  const absl::string_view alphabet = "${}.trialPmes\"\\'\n x";
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    RandomStream random(seed, 0, "template_test");
    std::string value;
    for (uint64_t i = random.Below(30); i > 0; --i)
      value += alphabet[random.Below(alphabet.size())];
    ASSERT_OK_AND_ASSIGN(const Json manifest,
                         RenderManifest(trial_template, {{"x", value}}, MakeIdentity()));
    EXPECT_EQ(manifest["a"], Json("<" + value + ">"));
    EXPECT_EQ(manifest["b"], Json::array({value}));
  }
}

}  // namespace
}  // namespace qalam
