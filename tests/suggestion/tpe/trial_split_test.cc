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

class ConstrainedSplitTest : public testing::Test {
 protected:
  // Adds a trial with a loss for each objective.
  void Succeed(const std::vector<double>& losses, double violation = 0) {
    TrialRecord trial = PendingTrial(history_.next_number(), {0.5});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = losses[0];
    trial.further_objectives.assign(losses.begin() + 1, losses.end());
    trial.violations = {violation};
    history_.Put(trial);
  }
  std::vector<int> Good(double gamma) {
    TrialSplit split(gamma, 50);
    split.Update(history_);
    std::vector<int> rows;
    for (const TrialSplit::GoodTrial& trial : split.good()) rows.push_back(trial.row);
    return rows;
  }
  static Objective With(int objectives) {
    Objective objective;
    objective.constraints = {{.metric = "c"}};
    objective.further.resize(static_cast<size_t>(objectives) - 1);
    return objective;
  }

  History history_{MakeSpace({DoubleParameter("x", 0, 1)}), With(1)};
};

TEST_F(ConstrainedSplitTest, ViolatingTrialsComeLastByHowMuch) {
  Succeed({1}, 3);
  Succeed({7});
  Succeed({2}, 0.5);
  Succeed({8});
  EXPECT_EQ(Good(0.9), (std::vector<int>{1, 3, 2, 0}));
  EXPECT_EQ(Good(0.5), (std::vector<int>{1, 3}));
}

TEST_F(ConstrainedSplitTest, SeveralObjectivesCountFrontByFront) {
  history_ = History(MakeSpace({DoubleParameter("x", 0, 1)}), With(2));
  Succeed({5, 5});      // third front
  Succeed({1, 4});      // first
  Succeed({0, 0}, 1);   // violates
  Succeed({4, 1});      // first
  Succeed({9, 9});      // fourth
  Succeed({2, 2});      // first
  Succeed({3.9, 2.1});  // second
  EXPECT_EQ(Good(0.4), (std::vector<int>{1, 3, 5}));
  EXPECT_EQ(Good(0.99), (std::vector<int>{1, 3, 5, 6, 0, 4, 2}));
}

TEST_F(ConstrainedSplitTest, OfAFrontThatDoesNotFitTheLargestVolumeIsTaken) {
  history_ = History(MakeSpace({DoubleParameter("x", 0, 1)}), With(2));
  Succeed({0, 10});
  Succeed({0.9, 5});
  Succeed({1, 1});
  Succeed({1.1, 0.95});
  Succeed({10, 0});
  EXPECT_EQ(Good(0.2), (std::vector<int>{2}));
}

// However it came about: a split that has followed results is that of one who sees them at once.
TEST_F(ConstrainedSplitTest, FollowsResultsOfSeveralObjectives) {
  history_ = History(MakeSpace({DoubleParameter("x", 0, 1)}), With(3));
  RandomStream random(1, 0, "losses");
  TrialSplit followed(0.2, 20);
  for (int i = 0; i < 200; ++i) {
    if (random.Below(3) == 0) {
      history_.Put(PendingTrial(history_.next_number(), {0.5}));
    } else {
      Succeed({random.Uniform(), random.Uniform(), random.Uniform()},
              random.Below(4) == 0 ? random.Uniform() : 0.0);
    }
    TrialRecord trial = history_.trial(static_cast<int>(random.Below(i + 1)));
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = random.Uniform();
    trial.further_objectives = {random.Uniform(), random.Uniform()};
    trial.violations = {0};
    if (random.Below(2) == 0) history_.Put(trial);
    followed.Update(history_);
    TrialSplit fresh(0.2, 20);
    fresh.Update(history_);
    std::vector<int> rows[2];
    for (const auto& good : followed.good()) rows[0].push_back(good.row);
    for (const auto& good : fresh.good()) rows[1].push_back(good.row);
    ASSERT_EQ(rows[0], rows[1]) << i;
  }
}

}  // namespace
}  // namespace qalam
