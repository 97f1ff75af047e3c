// What every suggestion algorithm promises, on every named space. Deviations come from the
// algorithm's Capabilities alone, and from its settings.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Assignments = std::vector<Assignment>;

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

// In the space, to which the algorithm may have to add what it needs.
SuggesterSpec SpecFor(const AlgorithmDescriptor& algorithm,
                      std::shared_ptr<const SearchSpace> space, uint64_t seed = 1) {
  SuggesterSpec spec;
  spec.space = std::move(space);
  spec.objective.metrics = {{.name = "loss"}};
  spec.seed = seed;
  return CompleteSpec(algorithm, std::move(spec));
}

// A smooth function of the point, so that model-based algorithms have something to learn.
double Loss(absl::Span<const double> unit) {
  double sum = 0;
  for (const double u : unit) sum += (u - 0.3) * (u - 0.3);
  return sum;
}

struct SearchOptions {
  int batch = 1;
  bool new_instance_each_call = false;
  double sign = 1;  // of the objective
};

// Asks for `count` trials in batches and finishes each before the next batch.
Assignments Search(const std::string& name, const SuggesterSpec& spec, int count,
                   SearchOptions options) {
  History history(spec.space, spec.objective);
  std::unique_ptr<Suggester> suggester = CreateSuggester(name, spec).value();
  Assignments points;
  while (static_cast<int>(points.size()) < count) {
    if (options.new_instance_each_call) suggester = CreateSuggester(name, spec).value();
    const int wanted = std::min(options.batch, count - static_cast<int>(points.size()));
    const std::vector<Suggestion> batch = suggester->Suggest(history, wanted).value();
    if (batch.empty()) break;
    for (const Suggestion& suggestion : batch) {
      TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
      trial.labels = suggestion.labels;
      history.Put(trial);
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = options.sign * Loss(history.unit(history.size() - 1));
      history.Put(trial);
      points.push_back(suggestion.assignment);
    }
  }
  return points;
}

// `count` finished trials that the algorithm did not propose.
History HistoryOfOthers(const SuggesterSpec& spec, int count) {
  History history(spec.space, spec.objective);
  RandomStream random(3, 0, "others");
  std::vector<double> unit(static_cast<size_t>(spec.space->size()));
  for (int i = 0; i < count; ++i) {
    for (double& u : unit) u = random.Uniform();
    TrialRecord trial = PendingTrial(i, spec.space->FromUnit(unit));
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = Loss(unit);
    EXPECT_TRUE(history.Put(trial));
  }
  return history;
}

using Case = std::tuple<std::string, std::string>;

bool Accepts(const AlgorithmDescriptor& algorithm, const std::string& space) {
  return ValidateAlgorithm(algorithm, SpecFor(algorithm, TestSpace(space))).empty();
}

// Every algorithm with every space that it accepts, which is every space for most of them (the test
// below proves it). They are not asked here, because this runs again at the start of every test.
std::vector<Case> Cases() {
  const std::vector<std::string> spaces = TestSpaceNames();
  std::vector<Case> cases;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    for (const std::string& space : spaces) {
      if (algorithm.capabilities.continuous || Accepts(algorithm, space)) {
        cases.emplace_back(algorithm.name, space);
      }
    }
  }
  return cases;
}

TEST(SuggesterCapabilitiesTest, OnlyFiniteAlgorithmsRefuseASpaceAndOnlyOneWithoutNumbering) {
  for (const AlgorithmDescriptor& algorithm : Algorithms()) {
    for (const std::string& space : TestSpaceNames()) {
      const bool must_accept =
          algorithm.capabilities.continuous || FiniteSpace::Of(TestSpace(space)).has_value();
      EXPECT_EQ(Accepts(algorithm, space), must_accept) << algorithm.name << " on " << space;
    }
  }
}

class SuggesterConformanceTest : public testing::TestWithParam<Case> {
 protected:
  SuggesterConformanceTest()
      : algorithm_(*FindAlgorithm(std::get<0>(GetParam())).value()),
        space_(SpecFor(algorithm_, TestSpace(std::get<1>(GetParam()))).space),
        cardinality_(space_->Cardinality()) {}

  std::unique_ptr<Suggester> Create(const SuggesterSpec& spec) const {
    return CreateSuggester(algorithm_.name, spec).value();
  }

  // How many of `wanted` trials the algorithm owes.
  int Owed(int wanted) const {
    if (!algorithm_.capabilities.exhausts || cardinality_ >= wanted) return wanted;
    return static_cast<int>(cardinality_);
  }

  // Inside the bounds and on the grid to the last bit, whole where whole is meant, canonical,
  // satisfying every constraint, and the same after a trip through text.
  void ExpectAllowed(const Assignment& assignment) const {
    ASSERT_EQ(static_cast<int>(assignment.size()), space_->size());
    for (int i = 0; i < space_->size(); ++i) {
      const Parameter& parameter = space_->parameter(i);
      SCOPED_TRACE(parameter.name);
      ASSERT_TRUE(std::isfinite(assignment[i]));
      ASSERT_TRUE(parameter.Contains(assignment[i])) << assignment[i];
      ASSERT_EQ(parameter.Snap(assignment[i]), assignment[i]);
      if (parameter.type != ParameterType::kDouble) {
        ASSERT_EQ(assignment[i], std::round(assignment[i]));
      }
    }
    ASSERT_EQ(space_->Canonical(assignment), assignment);
    ASSERT_TRUE(space_->Contains(assignment));
    ASSERT_TRUE(space_->Satisfies(assignment));
    ASSERT_OK_AND_ASSIGN(const Assignment read, space_->Parse(space_->Format(assignment)));
    ASSERT_EQ(read, assignment);
  }

  const AlgorithmDescriptor& algorithm_;
  std::shared_ptr<const SearchSpace> space_;
  double cardinality_;
};

TEST_P(SuggesterConformanceTest, ProposesOnlyAllowedValues) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    SCOPED_TRACE(seed);
    for (const Assignment& point :
         Search(algorithm_.name, SpecFor(algorithm_, space_, seed), 40, {.batch = 5})) {
      ExpectAllowed(point);
    }
  }
}

TEST_P(SuggesterConformanceTest, GivesAsManyAsAskedUnlessExhausted) {
  const History empty(space_, Objective());
  for (const int count : {0, 1, 7, 50}) {
    ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch,
                         Create(SpecFor(algorithm_, space_))->Suggest(empty, count));
    EXPECT_EQ(static_cast<int>(batch.size()), Owed(count));
  }
}

TEST_P(SuggesterConformanceTest, DoesNotRepeatAPointWhileUnseenOnesAreLeft) {
  if (algorithm_.capabilities.may_repeat) GTEST_SKIP() << "may repeat by design";
  const int count = static_cast<int>(std::min(60.0, cardinality_));
  for (const int batch : {1, 7, 60}) {
    SCOPED_TRACE(batch);
    const Assignments points =
        Search(algorithm_.name, SpecFor(algorithm_, space_), count, {.batch = batch});
    ASSERT_EQ(static_cast<int>(points.size()), count);
    EXPECT_EQ(std::set<Assignment>(points.begin(), points.end()).size(), points.size());
  }
}

TEST_P(SuggesterConformanceTest, StopsWhenExhaustedOrNeverStops) {
  if (cardinality_ > 100) return;
  const int all = static_cast<int>(cardinality_);
  const Assignments points =
      Search(algorithm_.name, SpecFor(algorithm_, space_), all + 5, {.batch = 4});
  EXPECT_EQ(static_cast<int>(points.size()), Owed(all + 5));
  for (const Assignment& point : points) ExpectAllowed(point);
}

TEST_P(SuggesterConformanceTest, SameSeedSameAnswer) {
  const SuggesterSpec spec = SpecFor(algorithm_, space_, 9);
  EXPECT_EQ(Search(algorithm_.name, spec, 20, {}), Search(algorithm_.name, spec, 20, {}));
}

TEST_P(SuggesterConformanceTest, ANewInstanceBetweenEveryTwoCallsChangesNothing) {
  const SuggesterSpec spec = SpecFor(algorithm_, space_, 4);
  EXPECT_EQ(Search(algorithm_.name, spec, 30, {.batch = 2}),
            Search(algorithm_.name, spec, 30, {.batch = 2, .new_instance_each_call = true}));
}

// The same instance is shown an unrelated, then a shorter history: caches must notice.
TEST_P(SuggesterConformanceTest, AnswersDependOnTheHistoryGivenAndNoEarlierOne) {
  const SuggesterSpec spec = SpecFor(algorithm_, space_, 4);
  const std::unique_ptr<Suggester> used = Create(spec);
  History first(space_, spec.objective);
  const std::vector<Suggestion> batch = used->Suggest(first, 6).value();
  for (const Suggestion& suggestion : batch) {
    first.Put(PendingTrial(first.next_number(), suggestion.assignment));
  }
  ASSERT_OK(used->Suggest(first, 1));
  History second(space_, spec.objective);
  for (int i = 0; i < 8; ++i) {
    std::vector<double> unit(static_cast<size_t>(space_->size()), 0.1 * i);
    second.Put(PendingTrial(i, space_->FromUnit(unit)));
  }
  const History empty(space_, spec.objective);
  EXPECT_EQ(used->Suggest(second, 3).value(), Create(spec)->Suggest(second, 3).value());
  EXPECT_EQ(used->Suggest(empty, 3).value(), Create(spec)->Suggest(empty, 3).value());
}

TEST_P(SuggesterConformanceTest, OneRequestForManyEqualsManyRequestsForOne) {
  const SuggesterSpec spec = SpecFor(algorithm_, space_, 5);
  History history(space_, spec.objective);
  const std::unique_ptr<Suggester> suggester = Create(spec);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> together, suggester->Suggest(history, 3));
    std::vector<Suggestion> one_by_one;
    History growing = history;
    for (int i = 0; i < 3; ++i) {
      const std::vector<Suggestion> next = suggester->Suggest(growing, 1).value();
      if (next.empty()) break;
      one_by_one.push_back(next.front());
      TrialRecord pending = PendingTrial(growing.next_number(), next.front().assignment);
      pending.labels = next.front().labels;
      growing.Put(pending);
    }
    ASSERT_EQ(together, one_by_one);
    history = growing;
  }
}

TEST_P(SuggesterConformanceTest, OtherSeedsGiveOtherPoints) {
  if (TestSpace(std::get<1>(GetParam()))->Cardinality() < 6) return;
  if (!HasSetting(algorithm_, "random_state")) GTEST_SKIP() << "has no random choices";
  const auto seeded = [&](const char* random_state) {
    SuggesterSpec spec = SpecFor(algorithm_, space_);
    spec.settings["random_state"] = random_state;
    return Search(algorithm_.name, spec, 6, {});
  };
  EXPECT_NE(seeded("1"), seeded("2"));
  EXPECT_EQ(seeded("1"), seeded("1"));
}

TEST_P(SuggesterConformanceTest, MaximisingIsMinimisingTheNegative) {
  SuggesterSpec minimize = SpecFor(algorithm_, space_, 6);
  SuggesterSpec maximize = minimize;
  maximize.objective.direction = Direction::kMaximize;
  EXPECT_EQ(Search(algorithm_.name, minimize, 30, {.batch = 3}),
            Search(algorithm_.name, maximize, 30, {.batch = 3, .sign = -1}));
}

TEST_P(SuggesterConformanceTest, NamesOfParametersDoNotMatterForValidity) {
  std::vector<Parameter> renamed = space_->parameters();
  const auto name_of = [](int i) { return absl::StrCat("\"ü ", i, "\"\n"); };
  for (size_t i = 0; i < renamed.size(); ++i) {
    renamed[i].name = name_of(static_cast<int>(i));
    std::optional<ParameterCondition>& condition = renamed[i].condition;
    if (condition.has_value()) condition->parent = name_of(*space_->Find(condition->parent));
  }
  const SuggesterSpec spec =
      SpecFor(algorithm_, MakeSpace(renamed));  // names in constraints stay behind
  for (const Assignment& point : Search(algorithm_.name, spec, 20, {.batch = 2})) {
    EXPECT_TRUE(spec.space->Contains(point));
  }
}

// What one proposes is one point, so it must be marked as seen whatever else was proposed: trials
// that violate the constraints, or are not canonical, are not points of the space.
TEST_P(SuggesterConformanceTest, TrialsOutsideTheSpaceDoNotUseItUp) {
  if (algorithm_.capabilities.may_repeat || cardinality_ > 2000) return;
  const SuggesterSpec spec = SpecFor(algorithm_, space_);
  History history(space_, spec.objective);
  RandomStream random(5, 0, "violating");
  for (int i = 0; i < 50; ++i) {
    Assignment assignment;
    for (const Parameter& parameter : space_->parameters()) {
      assignment.push_back(parameter.FromUnit(random.Uniform()));
    }
    if (space_->IsPoint(assignment)) continue;
    ASSERT_TRUE(history.Put(PendingTrial(history.next_number(), assignment)));
  }
  EXPECT_EQ(history.distinct_points(), 0);
  const int all = static_cast<int>(cardinality_);
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, Create(spec)->Suggest(history, all));
  std::set<Assignment> points;
  for (const Suggestion& suggestion : batch) {
    ExpectAllowed(suggestion.assignment);
    points.insert(suggestion.assignment);
  }
  EXPECT_EQ(static_cast<int>(points.size()), all);
}

// Trials that failed, that others proposed, that never end, and values that are no good numbers.
TEST_P(SuggesterConformanceTest, TakesAnyHistory) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<std::optional<double>> objectives = {
      std::nullopt, std::nan(""), kInfinity, -kInfinity, 1e308, -1e308, 0.0, 1.0};
  const SuggesterSpec spec = SpecFor(algorithm_, space_);
  History history(space_, spec.objective);
  const std::unique_ptr<Suggester> suggester = Create(spec);
  RandomStream random(1, 0, "trouble");
  int64_t number = 0;
  for (const TrialCondition condition :
       {TrialCondition::kSucceeded, TrialCondition::kFailed, TrialCondition::kKilled,
        TrialCondition::kEarlyStopped, TrialCondition::kMetricsUnavailable,
        TrialCondition::kRunning}) {
    for (const std::optional<double>& objective : objectives) {
      std::vector<double> unit(static_cast<size_t>(space_->size()));
      for (double& u : unit) u = random.Uniform();
      Assignment assignment = space_->FromUnit(unit);
      switch (random.Below(4)) {
        case 0:
          assignment[0] = 1e308;
          break;
        case 1:
          assignment.back() = random.Below(2) == 0 ? -0.5 : std::nan("");
          break;
        case 2:
          if (history.size() > 0) assignment = history.trial(0).assignment;
          break;
        default:
          break;
      }
      TrialRecord trial = PendingTrial(number, assignment);
      trial.condition = condition;
      trial.objective = objective;
      trial.labels = {{"qalam", "no number"}, {"", ""}};
      ASSERT_TRUE(history.Put(trial));
      number += 1 + static_cast<int64_t>(random.Below(3));  // numbers may have gaps
    }
    ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, suggester->Suggest(history, 2));
    ASSERT_LE(batch.size(), 2);
    for (const Suggestion& suggestion : batch) ExpectAllowed(suggestion.assignment);
    EXPECT_EQ(batch, Create(spec)->Suggest(history, 2).value());
  }
}

TEST_P(SuggesterConformanceTest, TakesAThousandTrialsOfOthers) {
  const SuggesterSpec spec = SpecFor(algorithm_, space_);
  const History history = HistoryOfOthers(spec, 1000);
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, Create(spec)->Suggest(history, 5));
  for (const Suggestion& suggestion : batch) {
    ExpectAllowed(suggestion.assignment);
    if (static_cast<double>(history.distinct_points()) + 5 <= cardinality_ &&
        !algorithm_.capabilities.may_repeat) {
      EXPECT_FALSE(history.ContainsAssignment(suggestion.assignment));
    }
  }
  if (!algorithm_.capabilities.exhausts) {
    EXPECT_EQ(batch.size(), 5);
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterConformanceTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& info) {
                           return TestNameOf(
                               absl::StrCat(std::get<0>(info.param), "_", std::get<1>(info.param)));
                         });

class SuggesterCostTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "what a sanitizer costs is not the algorithm's doing, and takes hours";
#endif
  }

  // Processor seconds for `count` requests of one trial each; the least of some repetitions,
  // because disturbances only ever add to it.
  double LeastSeconds(int count, int repetitions) const {
    const SuggesterSpec spec = SpecFor(**FindAlgorithm(GetParam()), TestSpace("large_grid"));
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < repetitions; ++i) {
      const std::clock_t start = std::clock();
      EXPECT_EQ(static_cast<int>(Search(GetParam(), spec, count, {}).size()), count);
      const double ticks = static_cast<double>(std::clock() - start);
      least = std::min(least, ticks / CLOCKS_PER_SEC);
    }
    return least;
  }
};

// Ten times the trials cost ten times as much when the cost is linear and a hundred times when it
// is quadratic.
TEST_P(SuggesterCostTest, DoesNotGrowWithTheSquareOfTheHistory) {
  if ((*FindAlgorithm(GetParam()))->capabilities.costly) GTEST_SKIP() << "see the next test";
  EXPECT_LT(LeastSeconds(20000, 3), 40 * LeastSeconds(2000, 5));
}

// Those that build models must bound their size: one request costs about the same however long the
// history.
TEST_P(SuggesterCostTest, ARequestInALongHistoryCostsNoMoreThanAFewInAShorterOne) {
  const auto seconds = [](int trials) {
    const SuggesterSpec spec = SpecFor(**FindAlgorithm(GetParam()), TestSpace("large_grid"));
    const History history = HistoryOfOthers(spec, trials);
    const std::unique_ptr<Suggester> suggester = CreateSuggester(GetParam(), spec).value();
    EXPECT_OK(suggester->Suggest(history, 1));  // may fit a model
    const std::clock_t start = std::clock();
    EXPECT_OK(suggester->Suggest(history, 3));
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  EXPECT_LT(seconds(20000), 0.1 + 6 * seconds(2000));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, SuggesterCostTest, testing::ValuesIn(AlgorithmNames()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return TestNameOf(info.param);
                         });

}  // namespace
}  // namespace qalam
