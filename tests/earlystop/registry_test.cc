#include "earlystop/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "suggestion/setting_text.h"
#include "tests/earlystop/sample_curves.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<StopperProblem> Problems(const std::string& rule, const Settings& settings,
                                     const Objective& objective = SampleObjective()) {
  return ValidateStopper(**FindStopper(rule), {.objective = objective, .settings = settings});
}

TEST(StopperRegistryTest, NamesAreUniqueAndSettingsDescribed) {
  for (const StopperDescriptor& stopper : Stoppers()) {
    SCOPED_TRACE(stopper.name);
    ASSERT_OK_AND_ASSIGN(const StopperDescriptor* found, FindStopper(stopper.name));
    EXPECT_EQ(found, &stopper);
    EXPECT_FALSE(stopper.summary.empty());
    EXPECT_FALSE(stopper.source.empty());
    for (const SettingSpec& setting : stopper.settings) {
      EXPECT_FALSE(setting.help.empty()) << setting.name;
      if (!setting.default_value.empty()) {
        EXPECT_OK(ValidateSetting(setting, setting.default_value)) << setting.name;
      }
    }
  }
}

TEST(StopperRegistryTest, UnknownRulesGetAHint) {
  EXPECT_THAT(
      FindStopper("medianstp"),
      StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("unknown algorithm name \"medianstp\""),
                                                  HasSubstr("did you mean \"medianstop\"?"))));
}

TEST(StopperRegistryTest, EveryProblemIsReportedWithItsSetting) {
  const auto problems = Problems("medianstop", {{"start_step", "0"}, {"min_trial_required", "3"}});
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_EQ(problems[0].setting, "min_trial_required");
  EXPECT_TRUE(problems[0].unknown);
  EXPECT_THAT(problems[0].status.message(),
              AllOf(HasSubstr("unknown setting min_trial_required for algorithm medianstop"),
                    HasSubstr("did you mean \"min_trials_required\"?")));
  EXPECT_EQ(problems[1].setting, "start_step");
  EXPECT_EQ(problems[1].status.message(), "setting start_step is \"0\"; it must be an int >= 1");
}

TEST(StopperRegistryTest, InnerRulesAreValidatedUnderTheirNames) {
  const auto problems = Problems("any", {{"rules", "medianstop, treshold, medianstop"},
                                         {"medianstop.start_step", "x"},
                                         {"medianstop.colour", "red"},
                                         {"asha.eta", "2"}});
  std::vector<std::string> settings;
  for (const StopperProblem& problem : problems) settings.push_back(problem.setting);
  EXPECT_THAT(settings, testing::UnorderedElementsAre("medianstop.start_step", "medianstop.colour",
                                                      "asha.eta", "rules", "rules"));
}

TEST(StopperRegistryTest, CompositionsNeedRules) {
  for (const char* rule : {"any", "all"}) {
    EXPECT_THAT(SampleCurves(rule, {}).problem(), HasSubstr("needs the setting rules"));
    EXPECT_THAT(SampleCurves(rule, {{"rules", " , "}}).problem(), HasSubstr("needs the setting"));
  }
  EXPECT_THAT(SampleCurves("patient", {{"rule", "asha,curve"}}).problem(),
              HasSubstr("patient takes one"));
  EXPECT_THAT(SampleCurves("any", {{"rules", "hyperband"}}).problem(),
              HasSubstr("hyperband needs the setting max_resource"));
}

TEST(StopperRegistryTest, SeveralObjectivesAreForRulesThatDoNotCompare) {
  Objective objective = SampleObjective();
  objective.further = {{.metric = "size"}};
  for (const StopperDescriptor& stopper : Stoppers()) {
    if (!stopper.inner.empty() || stopper.name == "hyperband") continue;
    EXPECT_THAT(Problems(stopper.name, {}, objective), SizeIs(stopper.multi_objective ? 0 : 1))
        << stopper.name;
  }
  EXPECT_THAT(Problems("medianstop", {}, objective)[0].status.message(),
              HasSubstr("judges a trial by one metric"));
}

// The part of docs/early-stopping.md that is made of the registry.
std::string Reference() {
  std::string text;
  for (const StopperDescriptor& stopper : Stoppers()) {
    absl::StrAppend(&text, "\n### ", stopper.name, "\n\n", stopper.summary,
                    " Source: ", stopper.source, ".",
                    stopper.static_form ? " Works inside Katib, too.\n" : "\n");
    if (stopper.settings.empty()) continue;
    absl::StrAppend(&text, "\n| Setting | Default | Allowed | Meaning |\n|---|---|---|---|\n");
    for (const SettingSpec& setting : stopper.settings) {
      const std::string otherwise =
          setting.default_value.empty() ? "" : absl::StrCat("`", setting.default_value, "`");
      absl::StrAppend(&text, "| `", setting.name, "` | ", otherwise, " | ", AllowedText(setting),
                      " | ", setting.help, " |\n");
    }
  }
  return text;
}

TEST(StopperRegistryTest, TheReferencePageTellsAllOfIt) {
  const std::string path = "docs/early-stopping.md";
  std::ifstream in(path);
  std::string page((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const size_t mark = page.find("-->\n");
  ASSERT_NE(mark, std::string::npos);
  if (std::getenv("QALAM_UPDATE_GOLDEN") != nullptr) {
    page = page.substr(0, mark + 4) + Reference();
    std::ofstream(path) << page;
  }
  EXPECT_EQ(page.substr(mark + 4), Reference())
      << "run it with QALAM_UPDATE_GOLDEN=1 to rewrite " << path;
}

}  // namespace
}  // namespace qalam
