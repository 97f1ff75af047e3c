#include "suggestion/settings.h"

#include <gtest/gtest.h>

#include <limits>

namespace qalam {
namespace {

TEST(SettingsTest, TextsDenoteValuesOrNothing) {
  EXPECT_EQ(ParseIntSetting("-3"), -3);
  EXPECT_EQ(ParseIntSetting("9223372036854775807"), std::numeric_limits<int64_t>::max());
  for (const char* text : {"", " 1", "1 ", "1.0", "1e3", "x", "9223372036854775808"}) {
    EXPECT_EQ(ParseIntSetting(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDoubleSetting("1e-3"), 0.001);
  for (const char* text : {"", "nan", "inf", "1,5"}) {
    EXPECT_EQ(ParseDoubleSetting(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseBoolSetting("True"), true);
  EXPECT_EQ(ParseBoolSetting("false"), false);
  EXPECT_EQ(ParseBoolSetting("1"), std::nullopt);
}

TEST(SettingsReaderTest, ReadsWhatIsGivenElseTheDefaultElseNothing) {
  const std::vector<SettingSpec> specs = {
      {.name = "n", .type = SettingType::kInt, .default_value = "10"},
      {.name = "gamma", .type = SettingType::kDouble, .default_value = "0.25"},
      {.name = "liar", .type = SettingType::kBool, .default_value = "true"},
      {.name = "mode", .type = SettingType::kString, .default_value = "auto"},
      {.name = "bare", .type = SettingType::kInt},
  };
  const Settings settings = {{"n", "7"}, {"liar", "False"}};
  const SettingsReader reader(specs, settings);
  EXPECT_EQ(reader.Int("n"), 7);
  EXPECT_EQ(reader.Double("gamma"), 0.25);
  EXPECT_EQ(reader.Bool("liar"), false);
  EXPECT_EQ(reader.String("mode"), "auto");
  EXPECT_EQ(reader.Int("bare"), std::nullopt);
  EXPECT_EQ(reader.Int("unknown"), std::nullopt);
}

TEST(EffectiveSeedTest, RandomStateComesBeforeTheExperimentsSeed) {
  SuggesterSpec spec;
  spec.seed = 5;
  EXPECT_EQ(EffectiveSeed(spec), 5);
  spec.settings["random_state"] = "0";
  EXPECT_EQ(EffectiveSeed(spec), 0);
}

}  // namespace
}  // namespace qalam
