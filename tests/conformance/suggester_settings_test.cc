// What the registry promises of every algorithm's descriptor and settings, straight from the
// schema.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "suggestion/registry.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

// The nearest number above or below that a setting of this type can have.
double Next(const SettingSpec& spec, double value, double towards) {
  if (spec.type == SettingType::kInt) return value + (towards > value ? 1 : -1);
  return std::nextafter(value, towards);
}

class SuggesterSettingsTest : public testing::TestWithParam<std::string> {
 protected:
  SuggesterSettingsTest() : algorithm_(*FindAlgorithm(GetParam()).value()) {}

  std::vector<absl::Status> Validate(const std::string& name, const std::string& value) const {
    SuggesterSpec spec;
    spec.space = TestSpace("finite");
    spec.objective.metrics = {{.name = "loss"}};
    spec = CompleteSpec(algorithm_, std::move(spec));
    spec.settings[name] = value;
    return ValidateAlgorithm(algorithm_, spec);
  }

  void ExpectRejected(const std::string& name, const std::string& value) const {
    EXPECT_THAT(Validate(name, value),
                ElementsAre(StatusIs(absl::StatusCode::kInvalidArgument,
                                     AllOf(HasSubstr(name), HasSubstr(value)))))
        << name << " = " << value;
  }

  void ExpectAccepted(const std::string& name, const std::string& value) const {
    EXPECT_THAT(Validate(name, value), ElementsAre()) << name << " = " << value;
  }

  const AlgorithmDescriptor& algorithm_;
};

TEST_P(SuggesterSettingsTest, DescriptorsAreComplete) {
  EXPECT_TRUE(absl::EndsWith(algorithm_.summary, ".")) << "a sentence";
  EXPECT_FALSE(algorithm_.source.empty());
  EXPECT_TRUE(algorithm_.create);
  std::set<std::string> names;
  for (const SettingSpec& setting : algorithm_.settings) {
    EXPECT_TRUE(names.insert(setting.name).second) << setting.name << " is there twice";
    EXPECT_TRUE(absl::EndsWith(setting.help, ".")) << setting.name;
    if (!setting.default_value.empty()) ExpectAccepted(setting.name, setting.default_value);
  }
}

TEST_P(SuggesterSettingsTest, UnknownSettingsAreRejected) {
  EXPECT_THAT(Validate("no_such_setting", "1"),
              ElementsAre(StatusIs(absl::StatusCode::kInvalidArgument,
                                   HasSubstr("unknown setting no_such_setting"))));
  if (!HasSetting(algorithm_, "random_state")) return;
  for (const absl::Status& status : Validate("random_stat", "1")) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 AllOf(HasSubstr(absl::StrCat("unknown setting random_stat for "
                                                              "algorithm ",
                                                              algorithm_.name)),
                                       HasSubstr("did you mean \"random_state\"?"))));
  }
}

TEST_P(SuggesterSettingsTest, EndsOfRangesAreAcceptedAndWhatLiesBeyondIsNot) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const SettingSpec& setting : algorithm_.settings) {
    if (setting.min.has_value()) {
      const double inside = Next(setting, *setting.min, kInfinity);
      const double least = setting.min_exclusive ? inside : *setting.min;
      ExpectAccepted(setting.name, FormatNumber(least));
      ExpectRejected(setting.name, FormatNumber(Next(setting, least, -kInfinity)));
    }
    if (setting.max.has_value()) {
      const double inside = Next(setting, *setting.max, -kInfinity);
      const double greatest = setting.max_exclusive ? inside : *setting.max;
      ExpectAccepted(setting.name, FormatNumber(greatest));
      ExpectRejected(setting.name, FormatNumber(Next(setting, greatest, kInfinity)));
    }
    for (const std::string& choice : setting.choices) {
      // There is no parameter for the resource then, nor may one be named (report_resource_test).
      if (setting.name == "resource_type" && choice == "reports") continue;
      ExpectAccepted(setting.name, choice);
    }
  }
}

TEST_P(SuggesterSettingsTest, ValuesOfTheWrongTypeAreRejected) {
  for (const SettingSpec& setting : algorithm_.settings) {
    if (setting.type == SettingType::kString && setting.choices.empty()) continue;
    ExpectRejected(setting.name, "no such value");
    ExpectRejected(setting.name, "");
    if (setting.type == SettingType::kInt) ExpectRejected(setting.name, "1.5");
    if (setting.type == SettingType::kInt) ExpectRejected(setting.name, "99999999999999999999");
    if (setting.type == SettingType::kDouble) ExpectRejected(setting.name, "nan");
  }
}

TEST_P(SuggesterSettingsTest, IsFoundByItsExactNameOnly) {
  ASSERT_OK(FindAlgorithm(algorithm_.name));
  EXPECT_THAT(FindAlgorithm(absl::AsciiStrToUpper(algorithm_.name)),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr(absl::StrCat("did you mean \"", algorithm_.name, "\"?"))));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterSettingsTest, testing::ValuesIn(AlgorithmNames()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return TestNameOf(info.param);
                         });

}  // namespace
}  // namespace qalam
