#include "suggestion/tpe/parzen_axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

TEST(ParzenAxisTest, ParametersOfOneValueAreConstants) {
  EXPECT_EQ(ParzenAxis(IntParameter("i", 3, 3)).kind(), ParzenAxis::Kind::kConstant);
  EXPECT_EQ(ParzenAxis(ListParameter("c", ParameterType::kCategorical, {"a"})).kind(),
            ParzenAxis::Kind::kConstant);
}

TEST(ParzenAxisTest, DiscreteListsAreNumbersAndCategoriesAreLabels) {
  const ParzenAxis list(ListParameter("l", ParameterType::kDiscrete, {"16", "32", "64"}));
  EXPECT_EQ(list.kind(), ParzenAxis::Kind::kNumber);
  const ParzenAxis label(ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"}));
  EXPECT_EQ(label.kind(), ParzenAxis::Kind::kLabel);
  EXPECT_EQ(label.labels(), 3);
}

TEST(ParzenAxisTest, EncodingSnapsAndDecodingLeadsBack) {
  for (const Parameter& parameter :
       {IntParameter("i", 1, 8), IntParameter("n", 1, 1000),
        IntParameter("l", 1, 20, Distribution::kLogUniform),
        ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"})}) {
    SCOPED_TRACE(parameter.Cardinality());
    const ParzenAxis axis(parameter);
    for (int i = 0; i <= 100; ++i) {
      const double unit = i / 100.0;
      const double code = axis.Encode(unit);
      EXPECT_EQ(parameter.FromUnit(axis.Decode(code)), parameter.FromUnit(unit)) << unit;
    }
  }
}

TEST(ParzenAxisTest, MassOfAContinuousBellIsItsIntegral) {
  const ParzenAxis axis(DoubleParameter("x", 0, 1));
  for (const Bell& bell : {Bell{0.5, 1}, Bell{0.02, 0.05}, Bell{1, 0.3}, Bell{0.5, 0.01}}) {
    double sum = 0;
    for (int i = 0; i < 100000; ++i) {
      const double z = ((i + 0.5) / 100000 - bell.mean) / bell.sigma;
      sum += std::exp(-0.5 * z * z) / 100000;
    }
    EXPECT_NEAR(axis.LogMass(bell), std::log(sum), 1e-6);
  }
}

TEST(ParzenAxisTest, ProbabilitiesOfFewValuesAddUpToOne) {
  const ParzenAxis axis(IntParameter("i", 1, 5));
  const Bell bell{0.3, 0.1};
  double sum = 0;
  for (int k = 0; k < 5; ++k) {
    const double z = ((k + 0.5) / 5 - bell.mean) / bell.sigma;
    sum += std::exp(-0.5 * z * z - axis.LogMass(bell)) / 5;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(ParzenAxisTest, BandwidthsCoverTheCellOfAValue) {
  EXPECT_EQ(ParzenAxis(DoubleParameter("x", 0, 1)).Widen(0.5, 0.1), 0.1);
  EXPECT_NEAR(ParzenAxis(IntParameter("i", 1, 4)).Widen(0.375, 0), 0.25 / std::sqrt(12), 1e-12);
  // On a logarithmic scale the cells of small values are wide.
  const Parameter wide = IntParameter("l", 1, 1000, Distribution::kLogUniform);
  const ParzenAxis log(wide);
  EXPECT_GT(log.Widen(wide.ToUnit(1), 0), 20 * log.Widen(wide.ToUnit(500), 0));
}

TEST(ParzenAxisTest, DrawsFollowTheBellAndStayInside) {
  const ParzenAxis axis(DoubleParameter("x", 0, 1));
  RandomStream random(1, 0, "draws");
  for (const Bell& bell : {Bell{0, 0.1}, Bell{0.5, 1}, Bell{1, 0.6}}) {
    double sum = 0;
    for (int i = 0; i < 4000; ++i) {
      const double x = axis.Draw(bell, random);
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      sum += x;
    }
    // The mean of the cut bell, by midpoints.
    double mass = 0;
    double moment = 0;
    for (int i = 0; i < 1000; ++i) {
      const double x = (i + 0.5) / 1000;
      const double z = (x - bell.mean) / bell.sigma;
      mass += std::exp(-0.5 * z * z);
      moment += x * std::exp(-0.5 * z * z);
    }
    EXPECT_NEAR(sum / 4000, moment / mass, 0.02);
  }
}

TEST(ParzenAxisTest, NormalDistributionsAreNarrowPriors) {
  EXPECT_LT(ParzenAxis(DoubleParameter("n", 0, 1, Distribution::kNormal)).prior().sigma, 0.2);
  EXPECT_EQ(ParzenAxis(DoubleParameter("n", 0, 1)).prior().sigma, 1);
}

}  // namespace
}  // namespace qalam
