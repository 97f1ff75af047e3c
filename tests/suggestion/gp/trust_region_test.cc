#include "suggestion/gp/trust_region.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

// The radius after trials with these losses, in a space of eight axes: even numbers are local.
double RadiusAfter(const std::vector<double>& losses) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 8; ++i) {
    parameters.push_back(DoubleParameter("x" + std::to_string(i), 0, 1));
  }
  const auto space = MakeSpace(parameters);
  History history(space, Objective());
  for (size_t i = 0; i < losses.size(); ++i) {
    TrialRecord trial = PendingTrial(static_cast<int64_t>(i), Assignment(8, 0.5));
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = losses[i];
    history.Put(trial);
  }
  TrialTable table(space, Objective());
  table.Update(history);
  return TrustRadius(table, 2);
}

TEST(TrustRegionTest, MoreTrialsAreLocalTheMoreAxesThereAre) {
  for (const auto& [axes, expected] :
       std::vector<std::pair<int, int>>{{2, 0}, {4, 0}, {5, 5}, {6, 5}, {7, 10}, {40, 10}}) {
    int local = 0;
    for (int64_t number = 0; number < 20; ++number) local += IsLocalTrial(axes, number) ? 1 : 0;
    EXPECT_EQ(local, expected) << axes;
  }
}

TEST(TrustRegionTest, ShrinksWhenLocalTrialsFailAndGrowsWhenTheySucceed) {
  const double first = RadiusAfter({9, 9});
  EXPECT_EQ(RadiusAfter({9, 9, 10, 1, 10, 10, 10}), first / 2);
  // Trials with odd numbers succeed, which says nothing of the region.
  EXPECT_EQ(RadiusAfter({9, 9, 10, 8, 10, 7, 10, 6}), first / 2);
  EXPECT_EQ(RadiusAfter({9, 9, 10, 9, 10, 9, 10, 9, 8, 9, 7}), first);
}

TEST(TrustRegionTest, BeginsAnewWhenNothingIsLeftToImprove) {
  const double first = RadiusAfter({9, 9});
  std::vector<double> losses(300, 10);
  losses[0] = 9;
  double least = first;
  bool again = false;
  while (losses.size() > 2) {
    const double radius = RadiusAfter(losses);
    least = std::min(least, radius);
    again = again || (radius == first && losses.size() > 100);
    losses.resize(losses.size() - 6);
  }
  EXPECT_LT(least, 0.05);
  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace qalam::gp
