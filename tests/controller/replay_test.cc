#include "controller/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "controller/engine.h"
#include "controller/spec/load.h"
#include "controller/trial_history.h"
#include "core/history.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kExperiment[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: e}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: tpe, algorithmSettings: [{name: n_startup_trials, value: "2"}]}
  parallelTrialCount: 3
  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  - {name: c, parameterType: categorical, feasibleSpace: {list: [a, b]}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{name: x, reference: x}, {name: c, reference: c}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - {name: main, image: none, command: [a, "${trialParameters.x}${trialParameters.c}"]}
            restartPolicy: Never
)";

// A store that a made-up driver fills: it asks the algorithm itself, so that each test decides what
// has been written when.
class ReplayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LoadResult loaded = LoadExperiments("e.yaml", kExperiment, {}, {});
    ASSERT_THAT(loaded.experiments, SizeIs(1));
    spec_ = loaded.experiments[0];
    ASSERT_OK_AND_ASSIGN(store_, OpenSqliteStore(absl::StrCat(dir_.path(), "/db")));
    ASSERT_OK_AND_ASSIGN(record_, CreateExperiment(store_.get(), spec_, absl::UnixEpoch()));
    ASSERT_OK_AND_ASSIGN(suggester_, CreateSuggester("tpe", SuggesterSpecOf(spec_)));
    history_ = std::make_unique<History>(spec_.space, spec_.objective);
  }

  // One request: the trials that it leads to are stored, as `change` makes them.
  void Ask(
      int count, const std::function<void(StoredTrial&)>& change = [](StoredTrial&) {}) {
    const int64_t asked_at = *store_->LastSequence();
    const std::vector<Suggestion> suggestions = *suggester_->Suggest(*history_, count);
    for (const Suggestion& suggestion : suggestions) {
      StoredTrial trial{.number = history_->next_number(),
                        .assignment = spec_.space->Format(suggestion.assignment),
                        .labels = suggestion.labels,
                        .explanation = suggestion.explanation,
                        .asked_at = asked_at};
      trial.name = absl::StrCat("e-", trial.number);
      change(trial);
      ASSERT_OK(store_->Commit({TrialCreated{record_.id, trial}}));
      history_->Put(RecordOf(trial, *spec_.space->Parse(trial.assignment), spec_.objective));
    }
  }

  void Change(int64_t number, TrialCondition condition, int attempt = 1) {
    TrialChanged change{
        .experiment = record_.id, .number = number, .condition = condition, .attempt = attempt};
    if (condition == TrialCondition::kSucceeded) change.objective = 1.0 / (1 + number % 5);
    ASSERT_OK(store_->Commit({change}));
    history_->Put(RecordOf(*store_->GetTrialByNumber(record_.id, number),
                           history_->trial(static_cast<int>(number)).assignment, spec_.objective));
  }

  ReplayResult Replay() const { return *ReplayExperiment(*store_, record_, spec_); }

  TempDir dir_;
  ExperimentSpec spec_;
  std::unique_ptr<Store> store_;
  ExperimentRecord record_;
  std::unique_ptr<Suggester> suggester_;
  std::unique_ptr<History> history_;
};

TEST_F(ReplayTest, KnowsOfEachRequestWhichTrialsHadEndedAndWhichHadNot) {
  Ask(3);
  Change(1, TrialCondition::kRunning);
  Change(1, TrialCondition::kSucceeded);
  Change(0, TrialCondition::kSucceeded);
  Ask(1);  // 2 is active
  Change(2, TrialCondition::kRunning);
  Change(2, TrialCondition::kCreated, /*attempt=*/2);  // lost
  Ask(2);
  Change(4, TrialCondition::kSucceeded);
  Change(2, TrialCondition::kFailed, /*attempt=*/2);
  Ask(3);
  for (int64_t number : {3, 5, 7, 6}) Change(number, TrialCondition::kSucceeded);
  Ask(2);
  const ReplayResult result = Replay();
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_EQ(result.requests, 5);
  EXPECT_EQ(result.trials, 11);
  EXPECT_TRUE(result.same());
}

TEST_F(ReplayTest, NamesWhatIsRecordedOtherwise) {
  Ask(3);
  for (int64_t number : {0, 1, 2}) Change(number, TrialCondition::kSucceeded);
  std::string proposed;
  Ask(1, [&](StoredTrial& trial) {
    proposed = trial.assignment[0].second;
    trial.assignment[0].second = "0.125";
    trial.labels["made-up"] = "1";
  });
  Ask(2);
  const ReplayResult result = Replay();
  EXPECT_FALSE(result.same());
  EXPECT_EQ(result.trials, 6);
  EXPECT_EQ(result.matched, 5);  // later ones are asked for with what is recorded
  ASSERT_THAT(result.differences, SizeIs(2));
  EXPECT_EQ(result.differences[0].what, "parameter x");
  EXPECT_EQ(result.differences[0].trial, "e-3");
  EXPECT_EQ(result.differences[0].recorded, "0.125");
  EXPECT_EQ(result.differences[0].replayed, proposed);
  EXPECT_EQ(result.differences[1].what, "label made-up");
  EXPECT_EQ(result.differences[1].replayed, "");
}

TEST_F(ReplayTest, AChangedResultChangesWhatIsProposed) {
  Ask(3);
  for (int64_t number : {0, 1, 2}) Change(number, TrialCondition::kSucceeded);
  Ask(3);
  TrialChanged change{.experiment = record_.id,
                      .number = 2,
                      .condition = TrialCondition::kSucceeded,
                      .objective = -5};
  // As if somebody had written into the store: the later sequence number says that the trial had
  // not ended when the last ones were asked for.
  ASSERT_OK(store_->Commit({change}));
  EXPECT_FALSE(Replay().same());
}

TEST_F(ReplayTest, AnEditedBudgetIsNoDifference) {
  Ask(2);
  ExperimentRecord edited = record_;
  edited.max_trial_count = 5;
  ASSERT_OK(store_->Commit({ExperimentChange{record_.id, edited}}));
  spec_.budget.max_trial_count = 5;
  EXPECT_TRUE(Replay().same());
  EXPECT_EQ(SuggesterSpecOf(spec_).max_trial_count, std::nullopt);
}

}  // namespace
}  // namespace qalam
