#include "suggestion/tpe/trial_split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/random_stream.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Side = TrialSplit::Side;

class TrialSplitTest : public testing::Test {
 protected:
  void Put(int64_t number, TrialCondition condition, std::optional<double> objective) {
    TrialRecord trial = PendingTrial(number, {0.5});
    trial.condition = condition;
    trial.objective = objective;
    history_.Put(trial);
  }
  void Succeed(int64_t number, double objective) {
    Put(number, TrialCondition::kSucceeded, objective);
  }
  std::vector<int> Good(const TrialSplit& split) const {
    std::vector<int> rows;
    for (const TrialSplit::GoodTrial& trial : split.good()) rows.push_back(trial.row);
    return rows;
  }

  std::vector<Side> sides_;  // after the last update
  History history_{MakeSpace({DoubleParameter("x", 0, 1)}), Objective()};
};

TEST_F(TrialSplitTest, GoodAreTheFirstByLoss) {
  for (int i = 0; i < 10; ++i) Succeed(i, (i * 7) % 10);
  TrialSplit split(0.3, 50);
  split.Update(history_);
  EXPECT_EQ(Good(split), (std::vector<int>{0, 3, 6})) << "3 of 10, not 4 by rounding";
  EXPECT_EQ(split.side(3), Side::kGood);
  EXPECT_EQ(split.side(4), Side::kBad);
  TrialSplit few(0.3, 2);
  few.Update(history_);
  EXPECT_EQ(Good(few).size(), 2);
}

TEST_F(TrialSplitTest, OrderIsWholeThenPartialAndNeverThoseWithoutResult) {
  Put(0, TrialCondition::kFailed, std::nullopt);
  Put(1, TrialCondition::kEarlyStopped, -5);
  Put(2, TrialCondition::kSucceeded, std::numeric_limits<double>::quiet_NaN());
  Succeed(3, 9);
  Put(4, TrialCondition::kRunning, -7);
  Put(5, TrialCondition::kKilled, -9);
  TrialSplit split(0.99, 50);
  split.Update(history_);
  EXPECT_EQ(Good(split), (std::vector<int>{3, 1}));
  EXPECT_EQ(split.finished(), 4);
  EXPECT_EQ(split.side(0), Side::kBad);
  EXPECT_EQ(split.side(2), Side::kBad);
  EXPECT_EQ(split.side(4), Side::kBad) << "pending";
  EXPECT_EQ(split.side(5), Side::kNone) << "killed";
}

TEST_F(TrialSplitTest, BetterTrialsWeighMoreAndEqualOnesTheSame) {
  for (const double loss : {3.0, 1.0, 3.0, 2.0}) Succeed(history_.next_number(), loss);
  TrialSplit split(0.99, 50);
  split.Update(history_);
  EXPECT_THAT(split.good(),
              testing::ElementsAre(TrialSplit::GoodTrial{1, 1}, TrialSplit::GoodTrial{3, 0.75},
                                   TrialSplit::GoodTrial{0, 0.5}, TrialSplit::GoodTrial{2, 0.5}));
}

TEST_F(TrialSplitTest, AnEmptyHistoryHasNoSides) {
  TrialSplit split(0.2, 50);
  split.Update(history_);
  EXPECT_EQ(split.finished(), 0);
  EXPECT_TRUE(split.good().empty());
}

// Results that arrive late, change, or belong to another, shorter history.
TEST_F(TrialSplitTest, AnUpdatedSplitIsThatOfANewOne) {
  RandomStream random(1, 0, "split");
  TrialSplit used(0.2, 50);
  const auto expect_same = [&] {
    TrialSplit fresh(0.2, 50);
    fresh.Update(history_);
    const std::vector<Side> before = sides_;
    used.Update(history_);
    ASSERT_EQ(used.rows(), fresh.rows());
    ASSERT_EQ(used.good(), fresh.good());
    ASSERT_EQ(used.finished(), fresh.finished());
    sides_.resize(static_cast<size_t>(used.rows()));
    for (int row = 0; row < used.rows(); ++row) {
      Side& side = sides_[static_cast<size_t>(row)];
      side = used.side(row);
      ASSERT_EQ(side, fresh.side(row));
      const bool moved =
          static_cast<size_t>(row) >= before.size() || before[static_cast<size_t>(row)] != side;
      if (moved) {
        ASSERT_THAT(used.moved(), testing::Contains(row));
      }
    }
  };
  for (int step = 0; step < 300; ++step) {
    const uint64_t choice = random.Below(4);
    const int64_t number =
        choice < 2 || history_.size() == 0
            ? history_.next_number()
            : static_cast<int64_t>(random.Below(static_cast<uint64_t>(history_.size())));
    if (choice == 0) {
      Put(number, TrialCondition::kRunning, std::nullopt);
    } else {
      Succeed(number, static_cast<double>(random.Below(10)));
    }
    if (step == 200) history_ = History(MakeSpace({DoubleParameter("x", 0, 1)}), Objective());
    ASSERT_NO_FATAL_FAILURE(expect_same());
  }
}

}  // namespace
}  // namespace qalam
