#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

std::vector<Assignment> Draw(std::shared_ptr<const SearchSpace> space, int count,
                             const History* history = nullptr, uint64_t seed = 1) {
  SuggesterSpec spec;
  spec.space = space;
  spec.seed = seed;
  const History empty(space, {});
  const auto random = CreateSuggester("random", spec).value();
  const std::vector<Suggestion> batch =
      random->Suggest(history != nullptr ? *history : empty, count).value();
  std::vector<Assignment> points;
  for (const Suggestion& suggestion : batch) {
    points.push_back(suggestion.assignment);
  }
  return points;
}

TEST(RandomTest, FollowsTheDeclaredDistributions) {
  const auto space = TestSpace("bell");
  int inside = 0;
  double log_mean = 0;
  constexpr int kDraws = 4000;
  for (const Assignment& point : Draw(space, kDraws)) {
    inside += std::fabs(point[0]) < 10.0 / 6 ? 1 : 0;  // one deviation
    log_mean += std::log10(point[1]) / kDraws;
  }
  EXPECT_NEAR(inside, 0.683 * kDraws, 120);
  EXPECT_NEAR(log_mean, -2.5, 0.06);
}

TEST(RandomTest, LogUniformGivesEveryDecadeTheSameShare) {
  std::map<int, int> decades;
  for (const Assignment& point : Draw(TestSpace("log"), 6000)) {
    ++decades[static_cast<int>(std::floor(std::log10(point[0])))];
  }
  for (int decade = -6; decade < 0; ++decade) EXPECT_NEAR(decades[decade], 1000, 120) << decade;
}

TEST(RandomTest, UsesUpASmallSpaceWithoutRepetition) {
  const auto space = TestSpace("tiny");
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const auto points = Draw(space, 6, nullptr, seed);
    ASSERT_EQ(std::set<Assignment>(points.begin(), points.end()).size(), 6);
  }
}

TEST(RandomTest, GoesOnWhenEverythingHasBeenTried) {
  const auto points = Draw(TestSpace("tiny"), 1000);
  ASSERT_EQ(points.size(), 1000);
  std::map<Assignment, int> counts;
  for (const Assignment& point : points) ++counts[point];
  for (const auto& [point, count] : counts) EXPECT_NEAR(count, 1000 / 6, 60);
}

// Ten thousand points, all but one of them tried: a few draws would not find it.
TEST(RandomTest, FindsTheLastUnseenPoint) {
  const auto space = MakeSpace({IntParameter("a", 1, 100), IntParameter("b", 1, 100)});
  History history(space, {});
  for (int a = 1; a <= 100; ++a) {
    for (int b = 1; b <= 100; ++b) {
      if (a == 37 && b == 73) continue;
      history.Put(PendingTrial(history.next_number(), {double(a), double(b)}));
    }
  }
  EXPECT_EQ(Draw(space, 1, &history).front(), Assignment({37, 73}));
}

TEST(RandomTest, ATrialsPointDependsOnItsNumberNotOnTheBatch) {
  const auto space = TestSpace("flat");
  const auto together = Draw(space, 10);
  History history(space, {});
  for (int i = 0; i < 9; ++i) history.Put(PendingTrial(i, space->FromUnit({0.1, 0.1, 0.1, 0.1})));
  EXPECT_EQ(Draw(space, 1, &history).front(), together[9]);
}

TEST(RandomTest, RandomStateOverridesTheSeedOfTheExperiment) {
  SuggesterSpec spec;
  spec.space = TestSpace("flat");
  const History history(spec.space, {});
  spec.seed = 8;
  const auto expected = CreateSuggester("random", spec).value()->Suggest(history, 3).value();
  spec.seed = 9;
  EXPECT_NE(CreateSuggester("random", spec).value()->Suggest(history, 3).value(), expected);
  spec.settings["random_state"] = "8";
  EXPECT_EQ(CreateSuggester("random", spec).value()->Suggest(history, 3).value(), expected);
}

}  // namespace
}  // namespace qalam
