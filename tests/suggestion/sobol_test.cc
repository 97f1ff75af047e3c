#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

std::vector<Assignment> Ask(std::shared_ptr<const SearchSpace> space, int count, uint64_t seed) {
  SuggesterSpec spec;
  spec.space = space;
  spec.seed = seed;
  const History empty(space, {});
  const std::unique_ptr<Suggester> sobol = CreateSuggester("sobol", spec).value();
  const std::vector<Suggestion> batch = sobol->Suggest(empty, count).value();
  std::vector<Assignment> points;
  for (const Suggestion& suggestion : batch) {
    points.push_back(suggestion.assignment);
  }
  return points;
}

TEST(SobolSuggesterTest, FillsEveryAxisEvenly) {
  const auto space = MakeSpace({DoubleParameter("a", 0, 1), DoubleParameter("b", -10, 10),
                                DoubleParameter("c", 1e-4, 1, Distribution::kLogUniform)});
  for (uint64_t seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE(seed);
    std::vector<std::set<int>> slices(3);
    for (const Assignment& point : Ask(space, 64, seed)) {
      for (int i = 0; i < 3; ++i) {
        slices[i].insert(static_cast<int>(space->parameter(i).ToUnit(point[i]) * 64));
      }
    }
    for (const std::set<int>& slice : slices) EXPECT_EQ(slice.size(), 64);
  }
}

// Katib's sequence never reaches the upper end of an int.
TEST(SobolSuggesterTest, ReachesEveryValueOfAnIntEquallyOften) {
  const auto space = MakeSpace({IntParameter("i", 1, 8), DoubleParameter("x", 0, 1)});
  std::map<double, int> counts;
  for (const Assignment& point : Ask(space, 64, 3)) ++counts[point[0]];
  ASSERT_EQ(counts.size(), 8);
  for (const auto& [value, count] : counts) EXPECT_EQ(count, 8) << value;
}

TEST(SobolSuggesterTest, TheFirstPointIsNotAlwaysTheSame) {
  std::set<Assignment> firsts;
  for (uint64_t seed = 0; seed < 20; ++seed) firsts.insert(Ask(TestSpace("log"), 1, seed).front());
  EXPECT_EQ(firsts.size(), 20);
}

TEST(SobolSuggesterTest, UsesUpAFiniteSpaceAndGoesOn) {
  const auto points = Ask(TestSpace("tiny"), 20, 1);
  ASSERT_EQ(points.size(), 20);
  EXPECT_EQ(std::set<Assignment>(points.begin(), points.begin() + 6).size(), 6);
}

}  // namespace
}  // namespace qalam
