#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// The number of rows in all tables that hold something of an experiment.
int64_t CountRows(const std::string& path) {
  int64_t rows = 0;
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  for (const char* table :
       {"experiments", "trials", "trial_counts", "trial_conditions", "metric_points", "events"}) {
    sqlite3_stmt* statement = nullptr;
    const std::string sql = std::string("SELECT count(*) FROM ") + table;
    EXPECT_EQ(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    rows += sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
  }
  sqlite3_close(db);
  return rows;
}

class DeletionTest : public StoreTest {
 protected:
  void AddTrials(int64_t experiment, int count, int points) {
    std::vector<MetricPoint> series;
    for (int i = 0; i < points; ++i) series.push_back(Point("loss", std::to_string(i), i));
    std::vector<Change> changes;
    for (int i = 0; i < count; ++i) {
      changes.emplace_back(TrialCreated{.experiment = experiment, .trial = SampleTrial(i)});
      changes.emplace_back(
          MetricsAppended{.experiment = experiment, .number = i, .points = series});
      changes.emplace_back(EventAppended{.experiment = experiment, .event = {.trial = i}});
    }
    Commit(changes);
  }
};

TEST_F(DeletionTest, RemovesAllThatBelongsToTheExperimentAndNothingElse) {
  ASSERT_OK_AND_ASSIGN(const auto other, store_->CreateExperiment(SampleExperiment("other")));
  AddTrials(other.id, 3, 2);
  const int64_t rows = CountRows(path_);
  const std::string other_trial_before = store_->GetTrial(other.id, "2-trial")->uid;
  // More rows than one transaction of a deletion takes.
  AddTrials(experiment_, 6000, 4);
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  EXPECT_EQ(CountRows(path_), rows - 1);
  EXPECT_THAT(store_->GetExperiment("default", "sample"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("default/sample")));
  EXPECT_EQ(store_->GetTrial(other.id, "2-trial")->uid, other_trial_before);
  EXPECT_EQ(store_->CountTrials(other.id)->created, 3);
}

TEST_F(DeletionTest, WhatIsNotThereIsNotFound) {
  EXPECT_THAT(store_->DeleteExperiment(99),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("experiment 99")));
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  EXPECT_THAT(store_->DeleteExperiment(experiment_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("deleted")));
  EXPECT_THAT(store_->Commit({TrialCreated{.experiment = experiment_, .trial = SampleTrial(0)}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("deleted")));
}

TEST_F(DeletionTest, TheNameIsFreeAgainAndTheIdIsNot) {
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  ASSERT_OK_AND_ASSIGN(const auto again, store_->CreateExperiment(SampleExperiment("sample")));
  EXPECT_GT(again.id, experiment_);
  EXPECT_EQ(*store_->CountTrials(again.id), TrialCounts());
}

TEST_F(DeletionTest, TakesASequenceNumber) {
  const int64_t before = *store_->LastSequence();
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  EXPECT_EQ(*store_->LastSequence(), before + 1);
}

TEST_F(DeletionTest, WhatAKilledProcessLeftHalfRemovedIsGoneForReadersAndRemovedLater) {
  AddTrials(experiment_, 10, 1);
  ASSERT_OK_AND_ASSIGN(const auto other, store_->CreateExperiment(SampleExperiment("other")));
  store_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "UPDATE experiments SET deleted = 1 WHERE name = 'sample';"
                         "DELETE FROM metric_points WHERE trial % 2 = 0",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  Reopen();
  EXPECT_EQ(store_->ListExperiments()->size(), 1U);
  ASSERT_OK_AND_ASSIGN(const auto again, store_->CreateExperiment(SampleExperiment("sample")));
  ASSERT_OK(store_->DeleteExperiment(other.id));
  EXPECT_EQ(CountRows(path_), 1);
  EXPECT_EQ(store_->GetExperiment("default", "sample")->id, again.id);
}

}  // namespace
}  // namespace qalam
