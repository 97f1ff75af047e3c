#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

class TrialHistoryTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}});
  }

  void Move(TrialCondition condition, double seconds, int attempt = 1) {
    TrialChanged change = Moved(experiment_, 0, condition, seconds);
    change.attempt = attempt;
    Commit({change});
  }

  StoredTrial Read() { return *store_->GetTrialByNumber(experiment_, 0); }

  // "Created+ Running-": + for true.
  std::string History() {
    return absl::StrJoin(Read().conditions, " ", [](std::string* out, const ConditionRecord& c) {
      absl::StrAppend(out, c.type, c.status ? "+" : "-");
    });
  }
};

TEST_F(TrialHistoryTest, StartsWithTheConditionOfTheNewTrial) {
  const StoredTrial trial = Read();
  ASSERT_EQ(trial.conditions.size(), 1U);
  EXPECT_EQ(trial.conditions[0], (ConditionRecord{.type = "Created",
                                                  .status = true,
                                                  .reason = "TrialCreated",
                                                  .message = "Trial is created",
                                                  .last_update = trial.created,
                                                  .last_transition = trial.created}));
}

TEST_F(TrialHistoryTest, RunningEndsWhenAFinalConditionComesAndCreatedStays) {
  Move(TrialCondition::kRunning, 5);
  EXPECT_EQ(History(), "Created+ Running+");
  Move(TrialCondition::kEarlyStopped, 8);
  EXPECT_EQ(History(), "Created+ Running- EarlyStopped+");
  const StoredTrial trial = Read();
  EXPECT_EQ(trial.conditions[1].last_transition, At(8));
  EXPECT_EQ(trial.conditions[1].reason, "TrialRunning");
  EXPECT_EQ(trial.started, At(5));
  EXPECT_EQ(trial.completed, At(8));
  EXPECT_EQ(trial.reason, "TrialEarlyStopped");
}

TEST_F(TrialHistoryTest, TheSameConditionAgainRenewsItsEntry) {
  Move(TrialCondition::kRunning, 5);
  TrialChanged renewed = Moved(experiment_, 0, TrialCondition::kRunning, 7);
  renewed.message = "still";
  Commit({renewed});
  EXPECT_EQ(History(), "Created+ Running+");
  const StoredTrial trial = Read();
  EXPECT_EQ(trial.conditions[1].message, "still");
  EXPECT_EQ(trial.conditions[1].last_update, At(7));
  EXPECT_EQ(trial.conditions[1].last_transition, At(5));
  EXPECT_EQ(trial.started, At(5));
  EXPECT_EQ(store_->CountTrials(experiment_)->running, 1);
}

TEST_F(TrialHistoryTest, AFinalConditionToldAgainKeepsItsTime) {
  Commit({Succeeded(experiment_, 0, 1.5, 9)});
  Commit({Succeeded(experiment_, 0, 1.5, 20)});
  EXPECT_EQ(Read().completed, At(9));
  EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, 1);
}

TEST_F(TrialHistoryTest, ANewAttemptBeginsAgainAndKeepsTheOldEntries) {
  Move(TrialCondition::kRunning, 5);
  Move(TrialCondition::kCreated, 6, /*attempt=*/2);
  EXPECT_EQ(History(), "Created+ Running- Created+");
  EXPECT_EQ(Read().started, std::nullopt);
  EXPECT_EQ(Read().attempt, 2);
  Move(TrialCondition::kRunning, 7, 2);
  Commit({[this] {
    TrialChanged change = Succeeded(experiment_, 0, 0.5, 9);
    change.attempt = 2;
    return change;
  }()});
  EXPECT_EQ(History(), "Created+ Running- Created+ Running- Succeeded+");
  const StoredTrial trial = Read();
  EXPECT_EQ(trial.started, At(7));
  EXPECT_EQ(trial.objective, 0.5);
  EXPECT_EQ(trial.observation.size(), 1U);
}

TEST_F(TrialHistoryTest, AnAttemptThatStaysInItsConditionIsANewEntryToo) {
  Move(TrialCondition::kCreated, 5, /*attempt=*/2);
  EXPECT_EQ(History(), "Created+ Created+");
  EXPECT_EQ(store_->CountTrials(experiment_)->created, 1);
}

TEST_F(TrialHistoryTest, ATrialThatGoesBackHasNoResultAnyMore) {
  Commit({Succeeded(experiment_, 0, 1.5, 9)});
  Move(TrialCondition::kCreated, 10, /*attempt=*/2);
  const StoredTrial trial = Read();
  EXPECT_EQ(trial.objective, std::nullopt);
  EXPECT_TRUE(trial.observation.empty());
  EXPECT_EQ(trial.completed, std::nullopt);
  EXPECT_EQ(*store_->BestTrial(experiment_, true), std::nullopt);
}

TEST_F(TrialHistoryTest, AWholeLifeFitsInOneCommit) {
  Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(1)},
          Moved(experiment_, 1, TrialCondition::kRunning, 2), Succeeded(experiment_, 1, 0.5, 3)});
  EXPECT_EQ(*store_->CountTrials(experiment_), (TrialCounts{.created = 1, .succeeded = 1}));
}

}  // namespace
}  // namespace qalam
