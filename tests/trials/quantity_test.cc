#include "trials/kinds/quantity.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace qalam {
namespace {

TEST(QuantityTest, ReadsKubernetesSuffixes) {
  const std::vector<std::pair<std::string, double>> cases = {
      {"2", 2},
      {"0.5", 0.5},
      {"500m", 0.5},
      {"1500m", 1.5},
      {"1k", 1000},
      {"1M", 1e6},
      {"1G", 1e9},
      {"1Ki", 1024},
      {"1.5Gi", 1610612736},
      {"1e3", 1000},
      {"1E3", 1000},
      {"1E", 1e18},
      {"2Ei", 2305843009213693952.0},
      {"100u", 1e-4},
      {"-1", -1},
      {"+2", 2},
      {".5", 0.5},
  };
  for (const auto& [text, value] : cases) {
    EXPECT_EQ(ParseQuantity(text), value) << text;
  }
}

TEST(QuantityTest, RefusesWhatIsNone) {
  for (const char* text : {"", "m", "Gi", "1 Gi", "1GB", "1gi", "one", "1e", "0x10", "1e3k", "nan",
                           "inf", "1Gii", "--1", "${trialParameters.cpu}"}) {
    EXPECT_EQ(ParseQuantity(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace qalam
