#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "storage/store.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using ProcessesTest = StoreTest;

// Runs `work` in a child process; its result is the exit code.
template <typename Work>
pid_t Start(Work work) {
  const pid_t child = fork();
  if (child != 0) return child;
  _exit(work());
}

int ExitCode(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

std::vector<Change> Life(int64_t experiment, int64_t number) {
  return {TrialCreated{.experiment = experiment, .trial = SampleTrial(number)},
          Moved(experiment, number, TrialCondition::kRunning, 1),
          MetricsAppended{
              .experiment = experiment, .number = number, .points = {Point("loss", "1", 0)}},
          EventAppended{.experiment = experiment, .event = {.trial = number, .reason = "R"}},
          Succeeded(experiment, number, static_cast<double>(number), 2)};
}

TEST_F(ProcessesTest, TwoWritersLoseNothingAndShareTheSequence) {
  constexpr int kCommits = 200;
  store_.reset();
  std::vector<pid_t> children;
  for (int p = 0; p < 2; ++p) {
    children.push_back(Start([this, p] {
      const auto store = OpenSqliteStore(path_);
      if (!store.ok()) return 1;
      const auto record = (*store)->CreateExperiment(SampleExperiment(absl::StrCat("process-", p)));
      if (!record.ok()) return 2;
      int64_t last = 0;
      for (int i = 0; i < kCommits; ++i) {
        const auto sequence = (*store)->Commit(Life(record->id, i));
        if (!sequence.ok()) return 3;
        if (*sequence < last + 5) return 4;  // grows by one for each change at least
        last = *sequence;
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(ExitCode(child), 0);
  Reopen();
  EXPECT_EQ(*store_->LastSequence(), 1 + 2 * (1 + 5 * kCommits));
  std::set<int64_t> sequences;
  for (int p = 0; p < 2; ++p) {
    ASSERT_OK_AND_ASSIGN(const auto record,
                         store_->GetExperiment("default", absl::StrCat("process-", p)));
    EXPECT_EQ(*store_->CountTrials(record.id), TrialCounts{.succeeded = kCommits});
    for (const StoredTrial& trial : Trials(*store_, record.id, {})) {
      sequences.insert(trial.resource_version);
    }
    for (const EventRecord& event : Events(*store_, record.id, std::nullopt, -1)) {
      sequences.insert(event.sequence);
    }
  }
  EXPECT_EQ(sequences.size(), 4U * kCommits) << "no number was given twice";
}

// Writes lives of trials until it is killed, and tells the number of each that was acknowledged.
int WriteUntilKilled(const std::string& path, int64_t experiment, int64_t first, int tell) {
  const auto store = OpenSqliteStore(path);
  if (!store.ok()) return 1;
  for (int64_t number = first;; ++number) {
    if (!(*store)->Commit(Life(experiment, number)).ok()) return 2;
    if (write(tell, &number, sizeof(number)) != sizeof(number)) return 3;
  }
}

TEST_F(ProcessesTest, KillingAWriterAtAnyInstantLosesNothingAndLeavesNothingHalf) {
  store_.reset();
  RandomStream random(/*seed=*/1, /*index=*/0, "kill");
  int64_t next = 0;
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    int tell[2];
    ASSERT_EQ(pipe(tell), 0);
    const pid_t child = Start([&] { return WriteUntilKilled(path_, experiment_, next, tell[1]); });
    close(tell[1]);
    // Some acknowledged commits first, then any instant of the following ones.
    int64_t acknowledged = -1;
    ASSERT_EQ(read(tell[0], &acknowledged, sizeof(acknowledged)), 8);
    usleep(static_cast<useconds_t>(random.Below(20000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    for (int64_t number; read(tell[0], &number, sizeof(number)) == sizeof(number);) {
      acknowledged = number;
    }
    close(tell[0]);

    Reopen();
    const std::vector<StoredTrial> trials = Trials(*store_, experiment_, {});
    const int64_t count = static_cast<int64_t>(trials.size());
    EXPECT_GT(count, acknowledged) << "an acknowledged commit is missing";
    EXPECT_LE(count, acknowledged + 2);
    EXPECT_EQ(*store_->CountTrials(experiment_), TrialCounts{.succeeded = count});
    EXPECT_EQ(*store_->LastSequence(), 1 + 5 * count);
    for (const StoredTrial& trial : trials) {
      ASSERT_EQ(trial.condition, TrialCondition::kSucceeded);
      ASSERT_EQ(*store_->CountMetrics(experiment_, trial.number, 1), 1);
    }
    EXPECT_EQ(static_cast<int64_t>(Events(*store_, experiment_, std::nullopt, -1).size()), count);
    store_.reset();
    next = count;
  }
}

TEST_F(ProcessesTest, ReadersSeeOneMomentWhileAWriterGoesOn) {
  for (int i = 0; i < 10; ++i) Commit(Life(experiment_, i));
  int64_t visited = 0;
  EXPECT_OK(store_->VisitTrials(experiment_, {}, [&](const StoredTrial&) {
    Commit(Life(experiment_, 10 + visited));
    ++visited;
    return true;
  }));
  EXPECT_EQ(visited, 10) << "what came after the start of the visit is not seen";
  EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, 20);
}

TEST_F(ProcessesTest, ThreadsReadAndWriteAtOnce) {
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int r = 0; r < 6; ++r) {
    readers.emplace_back([&] {
      while (!done) {
        const int64_t counted = store_->CountTrials(experiment_)->succeeded;
        const int64_t listed =
            static_cast<int64_t>(Trials(*store_, experiment_, {.with_conditions = false}).size());
        EXPECT_LE(counted, listed) << "a later look sees no less";
        const auto best = store_->BestTrial(experiment_, /*maximize=*/true);
        EXPECT_OK(best);
        if (counted > 0) {
          EXPECT_GE((*best)->number, counted - 1);
        }
      }
    });
  }
  std::vector<std::thread> writers;
  std::atomic<int64_t> next = 0;
  for (int w = 0; w < 2; ++w) {
    writers.emplace_back([&] {
      while (true) {
        const int64_t number = next++;
        if (number >= 200) return;
        EXPECT_OK(store_->Commit(Life(experiment_, number)));
      }
    });
  }
  for (std::thread& thread : writers) thread.join();
  done = true;
  for (std::thread& thread : readers) thread.join();
  EXPECT_EQ(store_->CountTrials(experiment_)->succeeded, 200);
}

}  // namespace
}  // namespace qalam
