#include "bench/comparison.h"

#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "bench/statistics.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam::bench {
namespace {

RunResult RunOf(const std::string& algorithm, const std::string& suite, const std::string& task,
                uint64_t seed, std::vector<double> nr) {
  RunResult result;
  result.key = {.algorithm = algorithm, .suite = suite, .task = task, .seed = seed};
  for (size_t i = 0; i < nr.size(); ++i) {
    result.curve.push_back({.n = static_cast<int>(i + 1), .nr = nr[i]});
  }
  return result;
}

TEST(StatisticsTest, EqualValuesShareRanks) {
  EXPECT_EQ(Ranks({3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
  EXPECT_EQ(Ranks({}), std::vector<double>{});
}

TEST(StatisticsTest, TheSignedRankTestIsExact) {
  EXPECT_NEAR(SignedRankPValue({1, 2, 3, 4, 5}), 2.0 / 32, 1e-12);
  EXPECT_NEAR(SignedRankPValue({-1, 2, 3, 4, 5}), 4.0 / 32, 1e-12);
  EXPECT_NEAR(SignedRankPValue({-1, -2, 3, 0}), 1, 1e-12);
  EXPECT_NEAR(SignedRankPValue({1, 1, 1, 1}), 2.0 / 16, 1e-12);
  EXPECT_EQ(SignedRankPValue({0, 0}), 1);
}

TEST(ComparisonTest, EverySuiteCountsTheSameHoweverManyTasksItHas) {
  Comparison comparison;
  comparison.Add({RunOf("a", "s", "1", 0, {0.2}), RunOf("a", "s", "2", 0, {0.4}),
                  RunOf("a", "s", "2", 1, {0.6}), RunOf("a", "t", "1", 0, {0.8})});
  EXPECT_NEAR(comparison.OfSuite("a", "s", 1, Measure::kNr)->mean, 0.35, 1e-12);
  EXPECT_NEAR(comparison.Overall("a", {"s", "t"}, 1, Measure::kNr)->mean, 0.575, 1e-12);
  // The error of the mean of 0.4 and 0.6 is 0.1; halved by the other task, and by the other suite.
  EXPECT_NEAR(comparison.Overall("a", {"s", "t"}, 1, Measure::kNr)->error, 0.025, 1e-12);
}

TEST(ComparisonTest, TasksOfOneSeedShareItsLuck) {
  Comparison comparison;
  for (const char* task : {"1", "2", "3", "4"}) {
    comparison.Add({RunOf("a", "s", task, 0, {0.4}), RunOf("a", "s", task, 1, {0.6})});
  }
  // Not halved by there being four of them.
  EXPECT_NEAR(comparison.OfSuite("a", "s", 1, Measure::kNr)->error, 0.1, 1e-12);
  EXPECT_NEAR(comparison.OfSuite("a", "s", 1, Measure::kNr)->mean, 0.5, 1e-12);
}

TEST(ComparisonTest, OnlyCommonTasksAreCompared) {
  Comparison comparison;
  comparison.Add({RunOf("a", "s", "1", 0, {0.2}), RunOf("a", "s", "2", 0, {0.9}),
                  RunOf("b", "s", "1", 0, {0.1})});
  EXPECT_EQ(comparison.CommonTasks(), 1);
  EXPECT_EQ(comparison.OtherTasks(), 1);
  EXPECT_NEAR(comparison.OfSuite("a", "s", 1, Measure::kNr)->mean, 0.2, 1e-12);
  EXPECT_EQ(comparison.MeanRank("a", 1), 2);
  EXPECT_EQ(comparison.MeanRank("b", 1), 1);
  EXPECT_EQ(comparison.Compare("b", "a", 1)->wins, 1);
}

TEST(ComparisonTest, ASmallPoolKeepsItsEndAndAShortRunHasNone) {
  Comparison comparison;
  comparison.Add({RunOf("a", "s", "pool", 0, {0.5, 0.3}), RunOf("b", "s", "pool", 0, {0.5, 0.4})});
  EXPECT_NEAR(comparison.OfSuite("a", "s", 100, Measure::kNr)->mean, 0.3, 1e-12);
  comparison.Add({RunOf("c", "s", "pool", 0, {0.5})});
  EXPECT_FALSE(comparison.OfSuite("c", "s", 100, Measure::kNr).has_value());
}

TEST(ComparisonTest, DifferencesWithinTheNoiseAreTies) {
  Comparison comparison;
  comparison.Add({RunOf("a", "s", "1", 0, {0.1}), RunOf("a", "s", "1", 1, {0.5}),
                  RunOf("b", "s", "1", 0, {0.2}), RunOf("b", "s", "1", 1, {0.5})});
  EXPECT_EQ(comparison.Compare("a", "b", 1)->ties, 1);
}

TEST(ComparisonTest, ReferencesDoNotNarrowTheTasks) {
  const TempDir folder;
  const std::string path = folder.path() + "/reference.csv";
  WriteFile(path, "suite,task,method,seeds,nr_1,nr_2,val_1\ns,1,gp,10,0.3,,5\nx,1,gp,10,0.3,,5\n");
  Comparison comparison;
  comparison.Add({RunOf("a", "s", "1", 0, {0.2, 0.1}), RunOf("a", "s", "2", 0, {0.9, 0.8})});
  ASSERT_OK(comparison.AddReferences(path));
  EXPECT_EQ(comparison.methods(), (std::vector<std::string>{"a", "ref:gp"}));
  EXPECT_EQ(comparison.CommonTasks(), 2);
  EXPECT_FALSE(comparison.OfSuite("ref:gp", "s", 1, Measure::kNr).has_value());
  EXPECT_EQ(comparison.Compare("a", "ref:gp", 1)->wins, 1);
  EXPECT_FALSE(comparison.Compare("a", "ref:gp", 2).has_value());
}

}  // namespace
}  // namespace qalam::bench
