// What suggestion algorithms promise when trials report more than one value: several objectives, of
// those that say they look for Pareto fronts, and outcome constraints, of all.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "suggestion/registry.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Case = std::tuple<std::string, std::string>;

// As many objectives as the algorithm knows up to two, in both directions, and a constraint.
SuggesterSpec SpecFor(const AlgorithmDescriptor& algorithm, const std::string& space) {
  SuggesterSpec spec;
  spec.space = TestSpace(space);
  spec.objective.metrics = {{.name = "loss"}, {.name = "gain"}, {.name = "cost"}};
  if (algorithm.capabilities.multi_objective) {
    spec.objective.further = {{.metric = "gain", .direction = Direction::kMaximize}};
  }
  spec.objective.constraints = {{.metric = "cost", .bound = 1}};
  spec.seed = 5;
  return CompleteSpec(algorithm, std::move(spec));
}

// The objectives pull to 0.3 and to 0.7; about half of the points violate the constraint.
void Finish(History& history, int index, TrialCondition condition) {
  TrialRecord trial = history.trial(index);
  double loss = 0, gain = 0, cost = 0.5;
  for (const double u : history.unit(index)) {
    loss += (u - 0.3) * (u - 0.3);
    gain -= (u - 0.7) * (u - 0.7);
    cost += u / static_cast<double>(history.space().size());
  }
  trial.condition = condition;
  trial.objective = loss;
  if (history.objective().count() > 1) trial.further_objectives = {gain};
  trial.violations = {history.objective().constraints[0].Violation(cost)};
  history.Put(trial);
}

void AddPending(History& history, const Suggestion& suggestion) {
  TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
  trial.labels = suggestion.labels;
  ASSERT_TRUE(history.Put(trial));
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    for (const char* const space : {"flat", "finite", "conditional_constrained"}) {
      if (ValidateAlgorithm(algorithm, SpecFor(algorithm, space)).empty()) {
        cases.emplace_back(algorithm.name, space);
      }
    }
  }
  return cases;
}

class SuggesterOutcomesTest : public testing::TestWithParam<Case> {
 protected:
  SuggesterOutcomesTest()
      : algorithm_(*FindAlgorithm(std::get<0>(GetParam())).value()),
        spec_(SpecFor(algorithm_, std::get<1>(GetParam()))) {}

  std::unique_ptr<Suggester> Create() const {
    return CreateSuggester(algorithm_.name, spec_).value();
  }

  // Four trials at a time, which end in random order and sometimes early.
  std::vector<Suggestion> Search(int count, bool new_instance_each_call) const {
    History history(spec_.space, spec_.objective);
    std::unique_ptr<Suggester> suggester = Create();
    RandomStream random(7, 0, "world");
    std::vector<Suggestion> all;
    std::vector<int> running;
    while (static_cast<int>(all.size()) < count) {
      if (new_instance_each_call) suggester = Create();
      const std::vector<Suggestion> next = suggester->Suggest(history, 1).value();
      if (next.empty() && running.empty()) break;
      if (!next.empty()) {
        all.push_back(next[0]);
        running.push_back(history.size());
        AddPending(history, next[0]);
      }
      if (running.size() < 4 && !next.empty()) continue;
      const size_t done = random.Below(running.size());
      Finish(history, running[done],
             random.Below(5) == 0 ? TrialCondition::kEarlyStopped : TrialCondition::kSucceeded);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(done));
    }
    return all;
  }

  const AlgorithmDescriptor& algorithm_;
  SuggesterSpec spec_;
};

TEST_P(SuggesterOutcomesTest, ProposesOnlyPointsOfTheSpace) {
  for (const Suggestion& suggestion : Search(60, false)) {
    EXPECT_TRUE(spec_.space->IsPoint(suggestion.assignment));
  }
}

TEST_P(SuggesterOutcomesTest, ANewInstanceBetweenEveryTwoCallsChangesNothing) {
  EXPECT_EQ(Search(70, false), Search(70, true));
}

// Each result is unknown once, and once no good number.
TEST_P(SuggesterOutcomesTest, TakesAnyValuesAndNone) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {std::nan(""), kInfinity, -kInfinity, 1e308, -1e308, 0, 0.5};
  History history(spec_.space, spec_.objective);
  const std::unique_ptr<Suggester> used = Create();
  const auto unit = [&](int i) {
    std::vector<double> point(static_cast<size_t>(spec_.space->size()));
    RandomStream random(2, static_cast<uint64_t>(i), "points");
    for (double& u : point) u = random.Uniform();
    return point;
  };
  for (const double first : values) {
    for (const double second : values) {
      TrialRecord trial =
          PendingTrial(history.next_number(), spec_.space->FromUnit(unit(history.size())));
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = first;
      if (history.size() % 5 != 0) {
        if (history.objective().count() > 1) trial.further_objectives = {second};
        trial.violations = {second};
      }
      ASSERT_TRUE(history.Put(trial));
    }
    ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, used->Suggest(history, 2));
    for (const Suggestion& suggestion : batch) {
      EXPECT_TRUE(spec_.space->IsPoint(suggestion.assignment));
    }
    EXPECT_EQ(batch, Create()->Suggest(history, 2).value());
  }
}

// An instance that has seen the results come last to first answers as one that sees the history for
// the first time.
TEST_P(SuggesterOutcomesTest, TheOrderOfResultsHasNoPart) {
  History history(spec_.space, spec_.objective);
  const std::unique_ptr<Suggester> used = Create();
  const std::vector<Suggestion> batch = used->Suggest(history, 40).value();
  for (const Suggestion& suggestion : batch) AddPending(history, suggestion);
  for (int i = history.size() - 1; i >= 0; --i) {
    Finish(history, i, TrialCondition::kSucceeded);
    if (i % 4 == 0) {
      ASSERT_OK(used->Suggest(history, 1));
    }
  }
  EXPECT_EQ(used->Suggest(history, 3).value(), Create()->Suggest(history, 3).value());
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterOutcomesTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& info) {
                           return TestNameOf(
                               absl::StrCat(std::get<0>(info.param), "_", std::get<1>(info.param)));
                         });

std::vector<std::string> FrontSeekers() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    if (algorithm.capabilities.multi_objective) names.push_back(algorithm.name);
  }
  return names;
}

class SuggesterFrontsTest : public testing::TestWithParam<std::string> {};

TEST_P(SuggesterFrontsTest, OthersRefuseSeveralObjectivesAndTheseDoNot) {
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    SuggesterSpec spec = SpecFor(algorithm, "tiny");
    spec.objective.further = {{.metric = "gain"}, {.metric = "cost"}};
    EXPECT_EQ(ValidateAlgorithm(algorithm, spec).empty(), algorithm.capabilities.multi_objective)
        << algorithm.name;
  }
}

// Ten times the trials cost ten times as much when the cost is linear.
TEST_P(SuggesterFrontsTest, CostDoesNotGrowWithTheSquareOfTheHistory) {
  const AlgorithmDescriptor& algorithm = **FindAlgorithm(GetParam());
  if (algorithm.capabilities.costly) GTEST_SKIP() << "builds models";
  const SuggesterSpec spec = SpecFor(algorithm, "large_grid");
  const auto seconds = [&](int count) {
    History history(spec.space, spec.objective);
    const std::unique_ptr<Suggester> suggester = CreateSuggester(GetParam(), spec).value();
    const std::clock_t start = std::clock();
    for (int i = 0; i < count; ++i) {
      AddPending(history, suggester->Suggest(history, 1).value().at(0));
      Finish(history, i, TrialCondition::kSucceeded);
    }
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  const double few = std::min({seconds(1000), seconds(1000), seconds(1000)});
  EXPECT_LT(seconds(10000), 40 * few);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterFrontsTest, testing::ValuesIn(FrontSeekers()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return TestNameOf(info.param);
                         });

}  // namespace
}  // namespace qalam
