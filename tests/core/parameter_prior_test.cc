#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/search_space.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;

Parameter Believed(Parameter parameter, double mean, double deviation) {
  parameter.prior = ParameterPrior{.mean = mean, .deviation = deviation};
  return parameter;
}

Parameter Weighted(std::vector<double> weights) {
  Parameter c = ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"});
  c.prior = ParameterPrior{.weights = std::move(weights)};
  return c;
}

TEST(ParameterPriorTest, TheDensityIntegratesToOneOverTheUnitInterval) {
  for (const double mean : {0.0, 0.3, 1.0}) {
    for (const double deviation : {0.05, 0.3, 2.0}) {
      const Parameter x = Believed(DoubleParameter("x", 2, 4), mean, deviation);
      double sum = 0;
      for (int i = 0; i < 10000; ++i) sum += std::exp(x.LogPrior(2 + 2 * (i + 0.5) / 10000));
      EXPECT_NEAR(sum / 10000, 1, 1e-4) << mean << " " << deviation;
    }
  }
  const Parameter c = Weighted({3, 1, 2});
  EXPECT_NEAR(std::exp(c.LogPrior(0)) + std::exp(c.LogPrior(1)) + std::exp(c.LogPrior(2)), 3,
              1e-12);
}

TEST(ParameterPriorTest, NothingIsAsGoodAsImpossible) {
  EXPECT_NEAR(Believed(DoubleParameter("x", 0, 1), 0, 0.01).LogPrior(1), std::log(0.25), 1e-12);
  EXPECT_GT(Weighted({1e9, 1, 1}).LogPrior(1), std::log(0.25));
}

TEST(ParameterPriorTest, QuantilesFollowTheDensity) {
  const Parameter x =
      Believed(DoubleParameter("x", 1e-4, 1, Distribution::kLogUniform), 0.75, 0.05);
  EXPECT_NEAR(x.PriorQuantile(0.5), 0.1, 1e-6);
  EXPECT_NEAR(x.PriorQuantile(0.8413447460685429), x.FromUnit(0.8), 1e-6);
  const Parameter end = Believed(DoubleParameter("x", 0, 1), 1, 0.1);
  EXPECT_NEAR(end.PriorQuantile(0.5), 1 - 0.0674, 1e-3) << "half of the bell is cut off";
  const Parameter c = Weighted({3, 1, 2});
  EXPECT_EQ(c.PriorQuantile(0.49), 0);
  EXPECT_EQ(c.PriorQuantile(0.51), 1);
  EXPECT_EQ(c.PriorQuantile(0.99), 2);
}

TEST(ParameterPriorTest, WithoutOneItIsTheDeclaredDistribution) {
  const Parameter x = DoubleParameter("x", 0, 6, Distribution::kNormal);
  EXPECT_EQ(x.PriorQuantile(0.2), x.Quantile(0.2));
  EXPECT_EQ(x.LogPrior(1), 0);
  EXPECT_EQ(x.StartValue(), std::nullopt);
}

TEST(ParameterPriorTest, StartsAtTheLikeliestValueElseTheDefault) {
  EXPECT_EQ(Believed(IntParameter("n", 1, 10), 0.35, 0.1).StartValue(), 4);
  EXPECT_EQ(Weighted({1, 1, 2}).StartValue(), 2);
  EXPECT_EQ(WithDefault(IntParameter("n", 1, 10), 7).StartValue(), 7);
}

TEST(ParameterPriorTest, SenselessOnesAreRefused) {
  EXPECT_THAT(Believed(DoubleParameter("x", 0, 1), 0.5, 0).Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deviation 0")));
  EXPECT_THAT(Believed(DoubleParameter("x", 0, 1), 1.5, 0.1).Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("mean 1.5")));
  EXPECT_THAT(Weighted({1, 2}).Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("2 weights for 3 values")));
  EXPECT_THAT(Weighted({1, 0, 2}).Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("weight of 0")));
}

TEST(SearchSpacePriorTest, AddsUpWhatExists) {
  const Parameter c = Weighted({2, 1, 1});
  const Parameter x = When(Believed(DoubleParameter("x", 0, 1), 0.5, 0.1), "c", {"b"});
  const auto space = MakeSpace({c, x});
  EXPECT_TRUE(space->has_priors());
  EXPECT_NEAR(space->LogPrior({0, 0.5}), c.LogPrior(0), 1e-12);
  EXPECT_NEAR(space->LogPrior({1, 0.5}), c.LogPrior(1) + x.LogPrior(0.5), 1e-12);
  EXPECT_EQ(space->StartPoint(), Assignment({0, 0.5}));
  EXPECT_EQ(space->FromPriorQuantiles({0.6, 0.5}), Assignment({1, 0.5}));
}

TEST(SearchSpacePriorTest, APointThatViolatesAConstraintIsNoStart) {
  const Parameter x = WithDefault(DoubleParameter("x", 0, 1), 0.75);
  EXPECT_EQ(MakeSpace({x})->StartPoint(), Assignment({0.75}));
  EXPECT_EQ(MakeSpace({x}, {"x <= 0.5"})->StartPoint(), std::nullopt);
}

}  // namespace
}  // namespace qalam
