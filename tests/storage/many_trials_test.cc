#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

constexpr int64_t kTrials = 50000;
constexpr int64_t kBatch = 500;

// A deterministic objective without order: its greatest value is that of one number only.
double ObjectiveOf(int64_t number) { return static_cast<double>(number * 7919 % 50021); }

class ManyTrialsTest : public StoreTest {
 protected:
  // Every 1,000th trial keeps running.
  void SetUp() override {
    StoreTest::SetUp();
    for (int64_t first = 0; first < kTrials; first += kBatch) {
      std::vector<Change> changes;
      for (int64_t i = first; i < first + kBatch; ++i) {
        changes.emplace_back(TrialCreated{.experiment = experiment_, .trial = SampleTrial(i)});
        changes.emplace_back(Moved(experiment_, i, TrialCondition::kRunning, 1));
        if (i % 1000 != 0) changes.emplace_back(Succeeded(experiment_, i, ObjectiveOf(i), 2));
      }
      Commit(changes);
    }
  }
};

TEST_F(ManyTrialsTest, EveryKindOfQuestionIsAnsweredRight) {
  EXPECT_EQ(*store_->CountTrials(experiment_),
            (TrialCounts{.running = kTrials / 1000, .succeeded = kTrials - kTrials / 1000}));

  int64_t best = 1;
  for (int64_t i = 1; i < kTrials; ++i) {
    if (i % 1000 != 0 && ObjectiveOf(i) > ObjectiveOf(best)) best = i;
  }
  EXPECT_EQ((*store_->BestTrial(experiment_, /*maximize=*/true))->number, best);

  EXPECT_EQ(store_->GetTrial(experiment_, "49999-trial")->number, 49999);
  const std::vector<StoredTrial> page =
      Trials(*store_, experiment_, {.first_number = kTrials - 100, .limit = 100});
  ASSERT_EQ(page.size(), 100U);
  EXPECT_EQ(page.back().number, kTrials - 1);
  EXPECT_EQ(page.back().conditions.size(), 3U);

  const std::vector<StoredTrial> active = Trials(*store_, experiment_, {.active_only = true});
  EXPECT_EQ(static_cast<int64_t>(active.size()), kTrials / 1000);

  int64_t visited = 0;
  EXPECT_OK(
      store_->VisitTrials(experiment_, {.with_conditions = false},
                          [&](const StoredTrial& trial) { return trial.number == visited++; }));
  EXPECT_EQ(visited, kTrials);
}

TEST_F(ManyTrialsTest, TheLogStaysShort) {
  // Far below the file, which is some 40 MB.
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 33U << 20);
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 33U << 20);
}

}  // namespace
}  // namespace qalam
