// Changes that are appended: on disk at once, and put in their place when somebody looks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/random_stream.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

class AppendTest : public StoreTest {
 protected:
  // The changes of an experiment with a few trials at a time, each with all that can happen to one.
  std::vector<Change> Lives(int64_t count) const {
    std::vector<Change> changes;
    for (int64_t n = 0; n < count; ++n) {
      changes.push_back(
          TrialCreated{.experiment = experiment_, .trial = SampleTrial(n), .asked_back = 1});
      if (n < 3) continue;
      const int64_t old = n - 3;
      const auto number = static_cast<double>(old);
      changes.push_back(Moved(experiment_, old, TrialCondition::kRunning, number + 10));
      changes.push_back(MetricsAppended{
          .experiment = experiment_, .number = old, .points = {Point("loss", "0.5", 0)}});
      if (old % 4 == 0) {  // lost, and run again
        TrialChanged lost = Moved(experiment_, old, TrialCondition::kCreated, number + 11);
        lost.attempt = 2;
        changes.push_back(lost);
        TrialChanged again = Moved(experiment_, old, TrialCondition::kRunning, number + 12);
        again.attempt = 2;
        changes.push_back(again);
        again.message = "said again";
        changes.push_back(again);
        changes.push_back(MetricsAppended{.experiment = experiment_,
                                          .number = old,
                                          .attempt = 2,
                                          .points = {Point("loss", "0.25", 0)}});
      }
      TrialChanged end = Succeeded(experiment_, old, number, number + 13);
      end.attempt = old % 4 == 0 ? 2 : 1;
      end.on_front = true;
      changes.push_back(end);
      changes.push_back(EventAppended{.experiment = experiment_,
                                      .event = {.trial = old, .reason = "R", .time = At(number)}});
      if (old > 0) changes.push_back(FrontLeft{.experiment = experiment_, .numbers = {old - 1}});
    }
    return changes;
  }

  // Whether something waits to be put in its place, behind the store's back.
  bool HasPending() const {
    sqlite3* db = nullptr;
    int rows = 0;
    const auto count = [](void* rows, int, char**, char**) {
      return ++*static_cast<int*>(rows), 0;
    };
    EXPECT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, "SELECT 1 FROM pending", count, &rows, nullptr), SQLITE_OK);
    sqlite3_close(db);
    return rows > 0;
  }
};

TEST_F(AppendTest, WhatWasAppendedIsInAllThatIsRead) {
  const std::vector<Change> changes = Lives(5);
  ASSERT_OK_AND_ASSIGN(const int64_t last, store_->Append(changes));
  EXPECT_EQ(last, 1 + static_cast<int64_t>(changes.size()));
  EXPECT_TRUE(HasPending());
  EXPECT_EQ(*store_->LastSequence(), last);
  EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, 2);
  EXPECT_FALSE(HasPending());
  EXPECT_EQ(Metrics(*store_, experiment_, 0, {}).size(), 1U);
}

TEST_F(AppendTest, AppendedInAnyPortionsOrCommittedOneByOneTheStoreIsTheSame) {
  const std::vector<Change> changes = Lives(200);
  for (const Change& change : changes) Commit({change});
  const std::string committed = Describe(*store_);
  for (uint64_t seed = 0; seed < 4; ++seed) {
    SCOPED_TRACE(seed);
    TempFolder folder;
    ASSERT_OK_AND_ASSIGN(auto store, OpenSqliteStore(folder.File("qalam.db")));
    ASSERT_OK(store->CreateExperiment(SampleExperiment("sample")));
    RandomStream random(seed, 0, "portions");
    for (size_t done = 0; done < changes.size();) {
      const size_t portion =
          std::min<size_t>(1 + random.Below(seed == 3 ? 300 : 12), changes.size() - done);
      const auto part = absl::MakeConstSpan(changes).subspan(done, portion);
      const bool commit = random.Below(4) == 0;
      ASSERT_OK(commit ? store->Commit(part) : store->Append({part.begin(), part.end()}));
      if (random.Below(8) == 0) {
        ASSERT_OK(store->CountTrials(experiment_));
      }
      done += portion;
    }
    EXPECT_EQ(Describe(*store), committed);
  }
}

TEST_F(AppendTest, AnotherStoreReadsWhatThisOneAppended) {
  ASSERT_OK_AND_ASSIGN(const auto other, OpenSqliteStore(path_));
  ASSERT_OK(store_->Append(Lives(5)));
  EXPECT_EQ(other->CountTrials(experiment_)->succeeded, 2);
  ASSERT_OK(store_->Append({Moved(experiment_, 2, TrialCondition::kRunning, 50)}));
  ASSERT_OK(other->Commit({EventAppended{.experiment = experiment_}}));
  EXPECT_FALSE(HasPending()) << "what comes later is not put in its place before";
  EXPECT_EQ(store_->CountTrials(experiment_)->running, 1);
  EXPECT_EQ(*store_->LastSequence(), *other->LastSequence());
}

TEST_F(AppendTest, ClosingPutsAllInItsPlace) {
  ASSERT_OK(store_->Append(Lives(5)));
  store_.reset();
  EXPECT_FALSE(HasPending());
}

TEST_F(AppendTest, WhatWasAcknowledgedOutlivesTheProcess) {
  const std::vector<Change> changes = Lives(100);
  store_.reset();
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto store = OpenSqliteStore(path_);
    for (const Change& change : changes) {
      if (!(*store)->Append({change}).ok()) _exit(1);
      if (write(pipes[1], "x", 1) != 1) _exit(2);
    }
    pause();
  }
  close(pipes[1]);
  char byte = 0;
  int acknowledged = 0;
  while (acknowledged < 300 && read(pipes[0], &byte, 1) == 1) ++acknowledged;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(pipes[0], &byte, 1) == 1) ++acknowledged;
  close(pipes[0]);
  Reopen();
  ASSERT_OK_AND_ASSIGN(const int64_t last, store_->LastSequence());
  EXPECT_GE(last, 1 + acknowledged);
  TempFolder folder;
  ASSERT_OK_AND_ASSIGN(const auto same, OpenSqliteStore(folder.File("qalam.db")));
  ASSERT_OK(same->CreateExperiment(SampleExperiment("sample")));
  ASSERT_OK(same->Commit(absl::MakeConstSpan(changes).first(last - 1)));
  EXPECT_EQ(Describe(*store_), Describe(*same));
}

TEST_F(AppendTest, NothingIsAppendedToWhatWasDeleted) {
  ASSERT_OK(store_->Append(Lives(5)));
  ASSERT_OK(store_->DeleteExperiment(experiment_));
  EXPECT_THAT(store_->Append({EventAppended{.experiment = experiment_}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("was deleted")));
  EXPECT_FALSE(HasPending());
}

TEST_F(AppendTest, DamagedBytesAreToldAndNotPassedOver) {
  ASSERT_OK(store_->Append(Lives(1)));
  store_.reset();
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(db, "INSERT INTO pending VALUES(1000, x'01ff')", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(db);
  Reopen();
  EXPECT_THAT(store_->ListExperiments(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")));
  EXPECT_THAT(store_->Commit({EventAppended{.experiment = experiment_}}),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")));
  EXPECT_TRUE(HasPending());
}

}  // namespace
}  // namespace qalam
