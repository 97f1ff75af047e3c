// Training along a schedule in small worlds, in which a trial's weights are the steps that they
// went through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

using Weights = std::vector<double>;

// Four steps; the third is like the first.
SuggesterSpec SpecOf(const std::string& repeats) {
  SuggesterSpec spec;
  spec.space = MakeSpace({DoubleParameter("h", 0, 1)});
  spec.objective.metrics = {{.name = "loss"}};
  spec.settings = {{"steps", "{\"h\": 0.5}\n{\"h\": 0.25}\n{\"h\": 0.5}\n{\"h\": 0.75}"},
                   {"repeats", repeats}};
  return spec;
}

struct World {
  SuggesterSpec spec = SpecOf("1");
  int parallel = 1;
  int most = 100;
  bool new_instance_each_call = false;
  // How a trial, which would have succeeded, ends.
  std::function<void(TrialRecord& trial)> end = [](TrialRecord&) {};

  struct Result {
    std::vector<TrialRecord> trials;
    std::vector<std::string> explanations;
    std::map<int64_t, Weights> weights;  // after each trial that succeeded
    absl::Status status;                 // of the last request
    size_t most_active = 0;
    std::set<int64_t> given_up_and_used;
    size_t most_kept = 0;  // ended trials that may be gone on from

    // The weights of those that no other one which succeeded went on from.
    std::vector<Weights> Ends() const;
  };
  Result Run() const;
};

std::vector<Weights> World::Result::Ends() const {
  std::set<int64_t> parents;
  for (const TrialRecord& trial : trials) {
    const std::optional<int64_t> parent = ResumedTrial(trial.labels);
    if (weights.contains(trial.number) && parent.has_value()) parents.insert(*parent);
  }
  std::vector<Weights> ends;
  for (const auto& [number, all] : weights) {
    if (!parents.contains(number)) ends.push_back(all);
  }
  return ends;
}

World::Result World::Run() const {
  Result result;
  History history(spec.space, spec.objective);
  RandomStream random(3, 0, "world");
  std::unique_ptr<Suggester> suggester = CreateSuggester("schedule", spec).value();
  std::vector<TrialRecord> running;
  std::set<int64_t> given_up;
  while (true) {
    while (static_cast<int>(running.size()) < parallel && history.size() < most) {
      if (new_instance_each_call) suggester = CreateSuggester("schedule", spec).value();
      auto* resuming = dynamic_cast<ResumingSuggester*>(suggester.get());
      size_t kept = 0;
      for (int i = 0; i < history.size(); ++i) {
        if (!IsFinal(history.trial(i).condition)) continue;
        const bool may = resuming->MayGoOnFrom(history, i);
        kept += may ? 1 : 0;
        if (!may) given_up.insert(history.trial(i).number);
      }
      result.most_kept = std::max(result.most_kept, kept);
      const auto next = suggester->Suggest(history, 1);
      result.status = next.status();
      if (!next.ok() || next->empty()) break;
      TrialRecord trial = PendingTrial(history.next_number(), (*next)[0].assignment);
      trial.labels = (*next)[0].labels;
      result.explanations.push_back((*next)[0].explanation);
      const std::optional<int64_t> parent = ResumedTrial(trial.labels);
      if (parent.has_value() && given_up.contains(*parent)) {
        result.given_up_and_used.insert(*parent);
      }
      history.Put(trial);
      running.push_back(std::move(trial));
    }
    result.most_active = std::max(result.most_active, running.size());
    if (running.empty()) break;
    const size_t ended = random.Below(running.size());
    TrialRecord trial = std::move(running[ended]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(ended));
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = 1;
    end(trial);
    if (trial.condition == TrialCondition::kSucceeded) {
      if (const auto parent = ResumedTrial(trial.labels)) {
        result.weights[trial.number] = result.weights[*parent];
      }
      result.weights[trial.number].push_back(trial.assignment[0]);
    }
    history.Put(trial);
  }
  for (int i = 0; i < history.size(); ++i) result.trials.push_back(history.trial(i));
  return result;
}

const Weights kWhole = {0.5, 0.25, 0.5, 0.75};

TEST(ScheduleTest, EachStepGoesOnFromTheOneBefore) {
  const World::Result result = World{.parallel = 3}.Run();
  EXPECT_OK(result.status);
  EXPECT_THAT(result.trials, SizeIs(4));
  EXPECT_EQ(result.most_active, 1);
  EXPECT_THAT(result.Ends(), ElementsAre(kWhole));
  EXPECT_THAT(result.explanations,
              ElementsAre("schedule: step 1 of 4: from nothing",
                          "schedule: step 2 of 4: goes on from trial 0, changed: h 0.5 -> 0.25",
                          "schedule: step 3 of 4: goes on from trial 1, changed: h 0.25 -> 0.5",
                          "schedule: step 4 of 4: goes on from trial 2, changed: h 0.5 -> 0.75"));
}

class ScheduleRepeatsTest : public testing::TestWithParam<int> {};

TEST_P(ScheduleRepeatsTest, AreSoManyWholeTrainingsSideBySide) {
  const World::Result result = World{.spec = SpecOf("5"), .parallel = GetParam()}.Run();
  EXPECT_OK(result.status);
  EXPECT_THAT(result.trials, SizeIs(20));
  EXPECT_THAT(result.Ends(), AllOf(SizeIs(5), Each(kWhole)));
  EXPECT_EQ(result.most_active, std::min(5, GetParam()));
  EXPECT_TRUE(result.given_up_and_used.empty());
  EXPECT_LE(result.most_kept, static_cast<size_t>(2 * std::min(5, GetParam())));
}

TEST_P(ScheduleRepeatsTest, ANewInstanceBetweenEveryTwoCallsChangesNothing) {
  World world{.spec = SpecOf("5"), .parallel = GetParam(), .end = [](TrialRecord& trial) {
                if (trial.number % 5 == 3) trial.condition = TrialCondition::kFailed;
              }};
  const World::Result once = world.Run();
  world.new_instance_each_call = true;
  EXPECT_EQ(world.Run().explanations, once.explanations);
}

INSTANTIATE_TEST_SUITE_P(Workers, ScheduleRepeatsTest, testing::Values(1, 2, 5, 8));

TEST(ScheduleTest, WithOneWorkerATrainingComesToItsEndBeforeTheNextBegins) {
  const World::Result result = World{.spec = SpecOf("2")}.Run();
  ASSERT_THAT(result.explanations, SizeIs(8));
  EXPECT_THAT(result.explanations[3], HasSubstr("training 1, step 4 of 4"));
  EXPECT_THAT(result.explanations[4], HasSubstr("training 2, step 1 of 4: from nothing"));
}

TEST(ScheduleTest, AStepThatFailsIsRunAgainFromItsParent) {
  const World::Result result = World{.end = [](TrialRecord& trial) {
                                 if (trial.number != 2) return;
                                 trial.condition = TrialCondition::kFailed;
                                 trial.objective.reset();
                               }}.Run();
  EXPECT_OK(result.status);
  ASSERT_THAT(result.trials, SizeIs(5));
  EXPECT_EQ(result.trials[3].labels, result.trials[2].labels);
  EXPECT_EQ(result.explanations[3], "schedule: step 3 of 4: trial 2 once more");
  EXPECT_EQ(result.weights.rbegin()->second, kWhole);
  EXPECT_TRUE(result.given_up_and_used.empty());
}

TEST(ScheduleTest, ATrainingEndsWhereAStepFailsTwiceAndTheOthersGoOn) {
  const World::Result result = World{
      .spec = SpecOf("3"), .end = [](TrialRecord& trial) {
        const bool bad = trial.number == 2 || trial.number == 3;
        if (bad) trial.condition = TrialCondition::kFailed;
      }}.Run();
  EXPECT_OK(result.status);
  EXPECT_THAT(result.trials, SizeIs(2 + 2 + 4 + 4));
  EXPECT_THAT(result.Ends(), ElementsAre(Weights{0.5, 0.25}, kWhole, kWhole));
}

TEST(ScheduleTest, WhereNoTrainingComesToItsEndTheSearchFails) {
  for (const TrialCondition condition :
       {TrialCondition::kFailed, TrialCondition::kMetricsUnavailable}) {
    const World::Result result = World{
        .spec = SpecOf("2"), .end = [&](TrialRecord& trial) {
          if (trial.assignment[0] != 0.25) return;
          trial.condition = condition;
          trial.objective.reset();
        }}.Run();
    EXPECT_THAT(result.status,
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         AllOf(HasSubstr("the last of the 4 steps"), HasSubstr("training 1"),
                               HasSubstr("step 2"), HasSubstr(TrialConditionName(condition)))));
    const bool again = condition == TrialCondition::kFailed;
    EXPECT_THAT(result.trials, SizeIs(again ? 6 : 4));
  }
}

TEST(ScheduleTest, WhatIsStoppedEarlyIsNotGoneOnFromAndNoFailure) {
  const World::Result result = World{.end = [](TrialRecord& trial) {
                                 if (trial.number != 1) return;
                                 trial.condition = TrialCondition::kEarlyStopped;
                               }}.Run();
  EXPECT_OK(result.status);
  EXPECT_THAT(result.trials, SizeIs(2));
}

TEST(ScheduleTest, WhatWasKilledIsRunAgainHoweverOften) {
  const World::Result result = World{.end = [](TrialRecord& trial) {
                                 if (trial.number < 1 || trial.number > 5) return;
                                 trial.condition = TrialCondition::kKilled;
                                 trial.objective.reset();
                               }}.Run();
  EXPECT_OK(result.status);
  EXPECT_THAT(result.trials, SizeIs(9));
  EXPECT_EQ(result.weights.rbegin()->second, kWhole);
}

TEST(ScheduleTest, LabelsMayComeAfterATrialBegan) {
  const SuggesterSpec spec = SpecOf("1");
  History history(spec.space, spec.objective);
  const auto suggester = CreateSuggester("schedule", spec).value();
  const Suggestion first = suggester->Suggest(history, 1).value().at(0);
  TrialRecord trial = PendingTrial(0, first.assignment);
  history.Put(trial);  // as of someone else
  ASSERT_OK(suggester->Suggest(history, 1));
  trial.labels = first.labels;
  trial.condition = TrialCondition::kSucceeded;
  trial.objective = 1;
  history.Put(trial);
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> next, suggester->Suggest(history, 1));
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_THAT(next[0].explanation, HasSubstr("step 2 of 4"));
}

TEST(ScheduleTest, WhoeverNeverWaitsGetsMoreTrainings) {
  World world{.parallel = 3, .most = 12};
  world.spec.never_waits = true;
  const World::Result result = world.Run();
  EXPECT_EQ(result.most_active, 3);
  EXPECT_THAT(result.trials, SizeIs(12));
}

TEST(ScheduleTest, WhoeverNeverWaitsComesToAnEndWithAsManyWorkersAsTrainings) {
  World world{.parallel = 1};
  world.spec.never_waits = true;
  EXPECT_THAT(world.Run().trials, SizeIs(4));
}

TEST(ScheduleTest, NeedsCheckpointsAndSteps) {
  const AlgorithmDescriptor& schedule = **FindAlgorithm("schedule");
  EXPECT_TRUE(NeedsCheckpoints(schedule));
  SuggesterSpec spec = SpecOf("1");
  EXPECT_THAT(ValidateAlgorithm(schedule, spec), SizeIs(0));
  spec.settings.erase("steps");
  EXPECT_THAT(ValidateAlgorithm(schedule, spec), SizeIs(1));
}

}  // namespace
}  // namespace qalam
