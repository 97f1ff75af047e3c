#include "core/parameter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/random_stream.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

constexpr auto kDouble = ParameterType::kDouble;
constexpr auto kInt = ParameterType::kInt;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Parameter Number(ParameterType type, double min, double max, std::optional<double> step = {},
                 Distribution distribution = Distribution::kUniform) {
  return {.name = "p",
          .type = type,
          .min = min,
          .max = max,
          .step = step,
          .distribution = distribution};
}

Parameter Discrete(std::vector<std::string> list) {
  return {.name = "p", .type = ParameterType::kDiscrete, .list = std::move(list)};
}

// One of each kind, and the hard ones.
std::vector<Parameter> Zoo() {
  const auto log = Distribution::kLogUniform;
  return {
      Number(kDouble, 0, 1),
      Number(kDouble, -1e308, 1e308),
      Number(kDouble, 1e-300, 1e300, {}, log),
      Number(kDouble, 3, 3),
      Number(kDouble, 3, 3, {}, log),
      Number(kDouble, 0, 5e-324),
      Number(kDouble, 0.1, 0.9, 0.1),
      Number(kDouble, -1, 1, 0.05),
      Number(kDouble, 0, 1, 0.3),
      Number(kDouble, -1e308, 1e308, 1e307),
      Number(kDouble, -1000, 1000, 0.1),
      Number(kDouble, 0.001, 0.1, 0.001, log),
      Number(kDouble, 1, 100, 10.0, log),
      Number(kDouble, 1e-8, 1, 0.25, log),
      Number(kDouble, 0, 1, 7.0),
      Number(kInt, 5, 5),
      Number(kInt, 5, 5, {}, log),
      Number(kInt, 1, 10),
      Number(kInt, -7, 7, 2.0),
      Number(kInt, 1, 1024, {}, log),
      Number(kInt, 2, 100, 7.0, log),
      Number(kInt, 1, 0x1p40, {}, log),
      Number(kInt, 0, 0x1p49),
      Number(kInt, -0x1p40, 0x1p40),
      Number(kInt, 0, 100, {}, Distribution::kNormal),
      Number(kDouble, -1, 1, {}, Distribution::kNormal),
      Number(kDouble, 1e-5, 1, {}, Distribution::kLogNormal),
      Discrete({"7"}),
      Discrete({"-1", "0.5", "128"}),
      {.name = "p", .type = ParameterType::kCategorical, .list = {"a", "b", "c", "d", "e"}},
  };
}

std::string Describe(const Parameter& p) {
  return std::string(ParameterTypeName(p.type)) + " [" + FormatNumber(p.min) + ", " +
         FormatNumber(p.max) + "] step " + FormatNumber(p.step.value_or(0)) + " " +
         std::string(DistributionName(p.distribution));
}

TEST(ParameterTest, NamesReadBack) {
  for (const char* name : {"double", "int", "discrete", "categorical"}) {
    EXPECT_EQ(ParameterTypeName(ParseParameterType(name).value()), name);
  }
  for (const char* name : {"uniform", "logUniform", "normal", "logNormal"}) {
    EXPECT_EQ(DistributionName(ParseDistribution(name).value()), name);
  }
  EXPECT_EQ(ParseParameterType("unknown"), std::nullopt);
  EXPECT_EQ(ParseDistribution("loguniform"), std::nullopt);
}

TEST(ParameterTest, GridIncludesMaxDespiteRounding) {
  EXPECT_EQ(Number(kDouble, 0, 1, 0.1).Cardinality(), 11);
  EXPECT_EQ(Number(kDouble, 0.001, 0.1, 0.001).Cardinality(), 100);
  EXPECT_EQ(Number(kDouble, 0, 1, 0.3).Cardinality(), 4);
  EXPECT_EQ(Number(kDouble, 0, 1, 7.0).Cardinality(), 1);
  EXPECT_EQ(Number(kDouble, -1e308, 1e308, 1e307).Cardinality(), 21);
  EXPECT_EQ(Number(kInt, -7, 7, 2.0).Cardinality(), 8);
  EXPECT_EQ(Number(kInt, -7, 8, 2.0).Cardinality(), 8);
  EXPECT_EQ(Number(kInt, -0x1p53, 0x1p53).Cardinality(), 0x1p54);
  EXPECT_EQ(Number(kDouble, 3, 3).Cardinality(), 1);
  EXPECT_EQ(Number(kDouble, 0, 1).Cardinality(), kInfinity);
  EXPECT_EQ(Discrete({"1", "2"}).Cardinality(), 2);
}

TEST(ParameterTest, GridValuesAreTheDecimalsThatPeopleMean) {
  const Parameter tenths = Number(kDouble, 0.1, 0.9, 0.1);
  const char* expected[] = {"0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9"};
  for (int k = 0; k < 9; ++k) EXPECT_EQ(tenths.FormatValue(tenths.ValueAt(k)), expected[k]);
  const Parameter wide = Number(kDouble, -1000, 1000, 0.1);
  EXPECT_EQ(wide.FormatValue(wide.ValueAt(9999)), "-0.1");
  EXPECT_EQ(wide.FormatValue(wide.ValueAt(10000)), "0");
  EXPECT_EQ(wide.FormatValue(wide.ValueAt(10003)), "0.3");
  const Parameter tiny = Number(kDouble, 1e-5, 1e-4, 1e-5);
  EXPECT_EQ(tiny.FormatValue(tiny.ValueAt(2)), "3e-05");
  const Parameter odd = Number(kDouble, 0.1234567890123456, 1, 0.1);
  EXPECT_EQ(odd.FormatValue(odd.ValueAt(1)), "0.2234567890123456");
  const Parameter huge = Number(kDouble, -1e308, 1e308, 1e307);
  EXPECT_EQ(huge.FormatValue(huge.ValueAt(20)), "1e+308");
}

TEST(ParameterTest, ValuesIncreaseAndIndicesAreTheirInverse) {
  for (const Parameter& p : Zoo()) {
    SCOPED_TRACE(Describe(p));
    ASSERT_OK(p.Validate());
    if (std::isinf(p.Cardinality())) continue;
    const int64_t count = static_cast<int64_t>(p.Cardinality());
    const int64_t stride = std::max<int64_t>(1, count / 1000);
    for (int64_t k = 0; k < count; k += stride) {
      const double value = p.ValueAt(k);
      ASSERT_EQ(p.IndexOf(value), k);
      ASSERT_TRUE(p.Contains(value));
      ASSERT_EQ(p.Snap(value), value);
      if (k > 0) {
        ASSERT_GT(value, p.ValueAt(k - 1));
      }
      if (p.is_numeric()) {
        ASSERT_LE(value, p.max);
      }
    }
  }
}

TEST(ParameterTest, FromUnitIsTheInverseOfToUnit) {
  for (const Parameter& p : Zoo()) {
    SCOPED_TRACE(Describe(p));
    const bool finite = std::isfinite(p.Cardinality());
    const uint64_t count = finite ? static_cast<uint64_t>(p.Cardinality()) : 0;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
      RandomStream random(seed, 0, "value");
      const double value = finite ? p.ValueAt(static_cast<int64_t>(random.Below(count)))
                                  : p.FromUnit(random.Uniform());
      const double unit = p.ToUnit(value);
      ASSERT_GE(unit, 0);
      ASSERT_LE(unit, 1);
      const double back = p.FromUnit(unit);
      if (finite) {
        ASSERT_EQ(back, value);
      } else {
        const double scale = p.is_log() ? 1e-12 * value : 1e-15 * std::max(-p.min, p.max);
        ASSERT_NEAR(back, value, scale);
      }
    }
  }
}

TEST(ParameterTest, AnyUnitAndAnyQuantileGivesAnAllowedValue) {
  for (const Parameter& p : Zoo()) {
    SCOPED_TRACE(Describe(p));
    for (uint64_t seed = 0; seed < 500; ++seed) {
      const double u = RandomStream(seed, 0, "u").Uniform();
      ASSERT_TRUE(p.Contains(p.FromUnit(u))) << u;
      ASSERT_TRUE(p.Contains(p.Quantile(u))) << u;
    }
    for (const double u : {-1.0, 0.0, 1e-300, 1 - 0x1p-53, 1.0, 2.0, kInfinity, std::nan("")}) {
      ASSERT_TRUE(p.Contains(p.FromUnit(u))) << u;
      ASSERT_TRUE(p.Contains(p.Quantile(u))) << u;
    }
    for (const double value :
         {-kInfinity, -1e308, -0.7, 0.0, 3.3, 1e308, kInfinity, std::nan("")}) {
      ASSERT_TRUE(p.Contains(p.Snap(value))) << value;
      ASSERT_GE(p.ToUnit(value), 0) << value;
      ASSERT_LE(p.ToUnit(value), 1) << value;
    }
  }
}

TEST(ParameterTest, EndsOfTheUnitIntervalAreTheEndsOfTheRange) {
  for (const Parameter& p : Zoo()) {
    SCOPED_TRACE(Describe(p));
    const bool finite = std::isfinite(p.Cardinality());
    EXPECT_EQ(p.FromUnit(0), p.is_numeric() ? p.min : 0);
    EXPECT_EQ(p.FromUnit(1), finite ? p.ValueAt(static_cast<int64_t>(p.Cardinality()) - 1) : p.max);
  }
}

TEST(ParameterTest, LinearCellsHaveEqualShares) {
  const Parameter p = Number(kInt, 1, 5);
  std::map<double, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[p.FromUnit((i + 0.5) / 1000)];
  ASSERT_EQ(counts.size(), 5);
  for (const auto& [value, count] : counts) EXPECT_EQ(count, 200) << value;
}

TEST(ParameterTest, LogScalesGiveEveryDecadeTheSameShare) {
  const Parameter p = Number(kDouble, 1e-4, 1, {}, Distribution::kLogUniform);
  EXPECT_NEAR(p.FromUnit(0.25), 1e-3, 1e-15);
  EXPECT_NEAR(p.FromUnit(0.5), 1e-2, 1e-14);
  EXPECT_NEAR(p.ToUnit(0.1), 0.75, 1e-15);
}

TEST(ParameterTest, LogIntsKeepTheSmallValuesApart) {
  const Parameter p = Number(kInt, 1, 1000, {}, Distribution::kLogUniform);
  std::map<double, int> counts;
  for (int i = 0; i < 10000; ++i) ++counts[p.FromUnit((i + 0.5) / 10000)];
  // The cell of 1 is [0.5, 1.5]: log(3) of log(1000.5 / 0.5).
  EXPECT_NEAR(counts[1], 10000 * std::log(3) / std::log(2001), 2);
  EXPECT_GT(counts[1], counts[2]);
  EXPECT_GT(counts[2], counts[3]);
}

TEST(ParameterTest, NormalPutsTheMassInTheMiddleAndNoneOnTheEnds) {
  const Parameter p = Number(kDouble, 0, 6, {}, Distribution::kNormal);  // deviation 1
  EXPECT_NEAR(p.Quantile(0.5), 3, 1e-12);
  EXPECT_NEAR(p.Quantile(NormalCdf(1)), 4, 0.01);
  EXPECT_NEAR(p.Quantile(NormalCdf(-2)), 1, 0.05);
  EXPECT_GT(p.Quantile(1e-4), 0);
  EXPECT_LT(p.Quantile(1 - 1e-4), 6);
  const Parameter log = Number(kDouble, 1e-6, 1, {}, Distribution::kLogNormal);
  EXPECT_NEAR(log.Quantile(0.5), 1e-3, 1e-9);
  EXPECT_NEAR(std::log10(log.Quantile(NormalCdf(1))), -2, 0.01);
}

TEST(ParameterTest, ContainsForgivesRoundingOnly) {
  const Parameter p = Number(kDouble, 0, 1, 0.1);
  EXPECT_TRUE(p.Contains(0.1 + 0.2));
  EXPECT_FALSE(p.Contains(0.31));
  EXPECT_FALSE(p.Contains(1.1));
  EXPECT_FALSE(p.Contains(std::nan("")));
  EXPECT_FALSE(Number(kInt, 0, 10, 2.0).Contains(3));
  EXPECT_FALSE(Number(kInt, 0, 10).Contains(3.0000001));
}

TEST(ParameterTest, SnapMovesToTheNearestAllowedValue) {
  EXPECT_EQ(Number(kDouble, 0, 1, 0.3).Snap(1), 0.9);
  EXPECT_EQ(Number(kDouble, 0, 1, 0.3).Snap(0.44), 0.3);
  EXPECT_EQ(Number(kDouble, 0, 1).Snap(-3), 0);
  EXPECT_EQ(Number(kInt, 0, 10, 4.0).Snap(6.1), 8);
  EXPECT_EQ(Number(kInt, -0x1p53, 0x1p53).Snap(0x1p53 - 1), 0x1p53 - 1);
  EXPECT_EQ(Discrete({"1", "2", "3"}).Snap(1.6), 2);
}

TEST(ParameterTest, TextReadsBackAsTheSameValue) {
  for (const Parameter& p : Zoo()) {
    SCOPED_TRACE(Describe(p));
    for (uint64_t seed = 0; seed < 200; ++seed) {
      const double value = p.FromUnit(RandomStream(seed, 0, "text").Uniform());
      ASSERT_OK_AND_ASSIGN(const double back, p.ParseValue(p.FormatValue(value)));
      ASSERT_EQ(back, value);
    }
  }
}

TEST(ParameterTest, ParseValueReadsWhatOthersWrote) {
  EXPECT_EQ(Number(kDouble, 0, 1, 0.1).ParseValue("0.30000000000000004").value(), 0.3);
  EXPECT_EQ(Number(kInt, 0, 10).ParseValue("7.0").value(), 7);
  EXPECT_EQ(Number(kDouble, 0, 1).ParseValue("25").value(), 25) << "kept although out of range";
  EXPECT_EQ(Discrete({"1", "2.50"}).ParseValue("2.5").value(), 1);
  EXPECT_THAT(Number(kDouble, 0, 1).ParseValue("nan"),
              StatusIs(absl::StatusCode::kInvalidArgument, "value \"nan\" is not a number"));
  EXPECT_THAT(Number(kInt, 0, 1).ParseValue(""),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a number")));
  EXPECT_THAT(Discrete({"1", "2"}).ParseValue("3"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not in the list [1, 2]")));
}

}  // namespace
}  // namespace qalam
