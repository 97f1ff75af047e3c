#include "core/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() : history_(MakeSpace(), Objective()) {}

  static std::shared_ptr<const SearchSpace> MakeSpace() {
    Parameter x{.name = "x", .type = ParameterType::kDouble, .min = 0, .max = 10};
    Parameter c{.name = "c", .type = ParameterType::kCategorical, .list = {"a", "b"}};
    return std::make_shared<const SearchSpace>(SearchSpace::Create({x, c}).value());
  }

  static TrialRecord Trial(int64_t number, Assignment assignment,
                           TrialCondition condition = TrialCondition::kCreated) {
    TrialRecord record;
    record.number = number;
    record.assignment = std::move(assignment);
    record.condition = condition;
    return record;
  }

  History history_;
};

TEST_F(HistoryTest, StartsEmpty) {
  EXPECT_EQ(history_.size(), 0);
  EXPECT_EQ(history_.next_number(), 0);
  EXPECT_EQ(history_.active(), 0);
  EXPECT_FALSE(history_.ContainsAssignment({1, 0}));
}

TEST_F(HistoryTest, GrowsInOrderOfNumber) {
  EXPECT_TRUE(history_.Put(Trial(0, {5, 0})));
  EXPECT_TRUE(history_.Put(Trial(4, {10, 1})));
  EXPECT_FALSE(history_.Put(Trial(2, {1, 1}))) << "2 comes before 4 and is new";
  ASSERT_EQ(history_.size(), 2);
  EXPECT_EQ(history_.next_number(), 5);
  EXPECT_EQ(history_.trial(1).number, 4);
  EXPECT_THAT(history_.unit(0), testing::ElementsAre(0.5, 0.25));
  EXPECT_THAT(history_.unit(1), testing::ElementsAre(1, 0.75));
}

TEST_F(HistoryTest, KnowsTheFirstTrialOfAPointAndTheFirstWithAResult) {
  history_.Put(Trial(0, {5, 0}, TrialCondition::kFailed));
  history_.Put(Trial(1, {5, 0}));
  TrialRecord last = Trial(2, {5, 0}, TrialCondition::kSucceeded);
  last.objective = 1;
  history_.Put(last);
  EXPECT_EQ(history_.FirstWith({5, 0}), 0);
  EXPECT_EQ(history_.FirstResultOf({5, 0}), 2);
  TrialRecord earlier = Trial(1, {5, 0}, TrialCondition::kSucceeded);
  earlier.objective = 3;
  history_.Put(earlier);
  EXPECT_EQ(history_.FirstResultOf({5, 0}), 1) << "in order of number, not of time";
  EXPECT_EQ(history_.FirstWith({6, 0}), std::nullopt);
  EXPECT_EQ(history_.FirstResultOf({6, 0}), std::nullopt);
}

TEST_F(HistoryTest, RefusesAssignmentsOfTheWrongLength) {
  EXPECT_FALSE(history_.Put(Trial(0, {5})));
  EXPECT_FALSE(history_.Put(Trial(0, {5, 0, 1})));
  EXPECT_EQ(history_.size(), 0);
}

TEST_F(HistoryTest, AnUpdateChangesTheResultButNotThePoint) {
  ASSERT_TRUE(history_.Put(Trial(0, {5, 0})));
  TrialRecord update = Trial(0, {7, 1}, TrialCondition::kSucceeded);
  update.objective = 0.25;
  update.labels["rung"] = "1";
  ASSERT_TRUE(history_.Put(update));
  ASSERT_EQ(history_.size(), 1);
  EXPECT_EQ(history_.trial(0).condition, TrialCondition::kSucceeded);
  EXPECT_EQ(history_.trial(0).objective, 0.25);
  EXPECT_EQ(history_.trial(0).labels.at("rung"), "1");
  EXPECT_EQ(history_.trial(0).assignment, Assignment({5, 0}));
  EXPECT_FALSE(history_.ContainsAssignment({7, 1}));
}

TEST_F(HistoryTest, CountsActiveTrials) {
  history_.Put(Trial(0, {1, 0}));
  history_.Put(Trial(1, {2, 0}, TrialCondition::kRunning));
  history_.Put(Trial(2, {3, 0}, TrialCondition::kFailed));
  EXPECT_EQ(history_.active(), 2);
  history_.Put(Trial(0, {1, 0}, TrialCondition::kRunning));
  EXPECT_EQ(history_.active(), 2);
  history_.Put(Trial(0, {1, 0}, TrialCondition::kEarlyStopped));
  EXPECT_EQ(history_.active(), 1);
  history_.Put(Trial(1, {2, 0}, TrialCondition::kSucceeded));
  EXPECT_EQ(history_.active(), 0);
}

TEST_F(HistoryTest, FindsAssignmentsWhateverTheirCondition) {
  history_.Put(Trial(0, {1, 0}, TrialCondition::kFailed));
  history_.Put(Trial(1, {0.0, 1}));
  EXPECT_TRUE(history_.ContainsAssignment({1, 0}));
  EXPECT_TRUE(history_.ContainsAssignment({-0.0, 1}));
  EXPECT_FALSE(history_.ContainsAssignment({1, 1}));
}

TEST_F(HistoryTest, CountsDifferentPointsOfTheSpaceOnly) {
  history_.Put(Trial(0, {1, 0}, TrialCondition::kFailed));
  history_.Put(Trial(1, {1, 0}));
  history_.Put(Trial(2, {1, 0.5}));
  history_.Put(Trial(3, {11, 0}));
  history_.Put(Trial(4, {std::nan(""), 0}));
  EXPECT_EQ(history_.distinct_points(), 1);
  history_.Put(Trial(5, {1, 1}));
  EXPECT_EQ(history_.distinct_points(), 2);
}

TEST_F(HistoryTest, ResultsHashDependsOnResultsAndNotOnTheirOrder) {
  History other(MakeSpace(), Objective());
  for (History* history : {&history_, &other}) {
    history->Put(Trial(0, {5, 0}));
    history->Put(Trial(1, {6, 0}));
  }
  const uint64_t pending = history_.ResultsHash();
  EXPECT_EQ(other.ResultsHash(), pending);
  TrialRecord first = Trial(0, {5, 0}, TrialCondition::kSucceeded);
  first.objective = 1;
  TrialRecord second = Trial(1, {6, 0}, TrialCondition::kFailed);
  history_.Put(first);
  EXPECT_NE(history_.ResultsHash(), pending);
  history_.Put(second);
  other.Put(second);
  other.Put(first);
  EXPECT_EQ(history_.ResultsHash(), other.ResultsHash());
  first.objective = 2;
  other.Put(first);
  EXPECT_NE(history_.ResultsHash(), other.ResultsHash());
}

TEST_F(HistoryTest, PrefixHashesTellWhetherOneHistoryExtendsAnother) {
  History longer = history_;
  longer.Put(Trial(0, {1, 0}));
  longer.Put(Trial(1, {2, 0}));
  History same = history_;
  same.Put(Trial(0, {1, 0}, TrialCondition::kSucceeded));
  History other = history_;
  other.Put(Trial(0, {1, 1}));
  EXPECT_EQ(longer.PrefixHash(0), history_.PrefixHash(0));
  EXPECT_EQ(longer.PrefixHash(1), same.PrefixHash(1)) << "conditions do not count";
  EXPECT_NE(longer.PrefixHash(1), other.PrefixHash(1));
  EXPECT_NE(longer.PrefixHash(1), longer.PrefixHash(2));
}

TEST_F(HistoryTest, ForeignValuesAreClampedIntoTheCube) {
  const double infinity = std::numeric_limits<double>::infinity();
  history_.Put(Trial(0, {-1e308, -7}));
  history_.Put(Trial(1, {infinity, 99}));
  history_.Put(Trial(2, {std::nan(""), std::nan("")}));
  EXPECT_FALSE(history_.ContainsAssignment({std::nan(""), std::nan("")}));
  for (int i = 0; i < history_.size(); ++i) {
    for (const double u : history_.unit(i)) {
      EXPECT_GE(u, 0) << i;
      EXPECT_LE(u, 1) << i;
    }
  }
}

TEST_F(HistoryTest, SkippedNumbersAreNotGivenAgain) {
  history_.SkipNumbers(3);
  EXPECT_EQ(history_.next_number(), 3);
  EXPECT_TRUE(history_.Put(Trial(1, {1, 0}))) << "a trial of a skipped number may come to be known";
  EXPECT_EQ(history_.next_number(), 3);
  EXPECT_TRUE(history_.Put(Trial(7, {2, 0})));
  history_.SkipNumbers(5);
  EXPECT_EQ(history_.next_number(), 8);
  EXPECT_FALSE(history_.Put(Trial(6, {3, 0})));
}

}  // namespace
}  // namespace qalam
