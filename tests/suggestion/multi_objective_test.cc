// Searches for Pareto fronts, and the parts of nsga2 and nsga3.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "math/hypervolume.h"
#include "math/pareto.h"
#include "suggestion/multi_objective/crossover.h"
#include "suggestion/multi_objective/front_cuts.h"
#include "suggestion/multi_objective/outcome_fronts.h"
#include "suggestion/multi_objective/survivors.h"
#include "tests/suggestion/asynchronous_search.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

// Of all kinds, with few different losses and violations.
std::vector<Outcome> RandomOutcomes(uint64_t seed, int count) {
  RandomStream random(seed, 0, "outcomes");
  std::vector<Outcome> outcomes;
  for (int i = 0; i < count; ++i) {
    Outcome outcome;
    outcome.kind = random.Below(4) == 0 ? OutcomeKind::kPartial : OutcomeKind::kObserved;
    outcome.violation = std::max(0.0, static_cast<double>(random.Below(6)) - 3);
    outcome.loss = static_cast<double>(random.Below(6));
    outcome.further_losses = {static_cast<double>(random.Below(6))};
    outcomes.push_back(outcome);
  }
  return outcomes;
}

TEST(OutcomeFrontsTest, NobodyIsBeforeWhoDominatesHim) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Outcome> outcomes = RandomOutcomes(seed, 30);
    std::vector<const Outcome*> pointers;
    for (const Outcome& outcome : outcomes) pointers.push_back(&outcome);
    std::vector<int> front_of(outcomes.size(), -1);
    int number = 0;
    for (const std::vector<int>& front : OutcomeFronts(pointers)) {
      EXPECT_TRUE(std::is_sorted(front.begin(), front.end()));
      for (const int i : front) front_of[static_cast<size_t>(i)] = number;
      ++number;
    }
    for (size_t i = 0; i < outcomes.size(); ++i) {
      ASSERT_GE(front_of[i], 0);
      for (size_t j = 0; j < outcomes.size(); ++j) {
        if (outcomes[i].violation == outcomes[j].violation && outcomes[i].violation > 0) continue;
        if (DominatesOutcome(outcomes[i], outcomes[j])) {
          EXPECT_LT(front_of[i], front_of[j]);
        }
      }
    }
  }
}

TEST(OutcomeFrontsTest, EndWithTheFrontThatMakesThemEnough) {
  const std::vector<Outcome> outcomes = RandomOutcomes(3, 30);
  std::vector<const Outcome*> pointers;
  for (const Outcome& outcome : outcomes) pointers.push_back(&outcome);
  const std::vector<std::vector<int>> all = OutcomeFronts(pointers);
  for (size_t enough = 1; enough <= outcomes.size(); ++enough) {
    SCOPED_TRACE(enough);
    std::vector<std::vector<int>> expected;
    for (size_t members = 0; members < enough; members += expected.back().size()) {
      expected.push_back(all[expected.size()]);
    }
    EXPECT_EQ(OutcomeFronts(pointers, enough), expected);
  }
}

TEST(OutcomeFrontsTest, OneObjectiveIsOrderedAsByBetterOutcome) {
  for (Outcome a : RandomOutcomes(1, 20)) {
    for (Outcome b : RandomOutcomes(2, 20)) {
      a.further_losses.clear();
      b.further_losses.clear();
      EXPECT_EQ(DominatesOutcome(a, b), BetterOutcome(a, b));
    }
  }
}

// Results come in any order, most of them of no consequence; what is known is as good as a new
// look.
TEST(SurvivorsTest, AreThoseOfANewLookAfterEachResult) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  for (const bool constrained : {false, true}) {
    SCOPED_TRACE(constrained);
    Objective objective;
    objective.metrics = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
    objective.further = {{.metric = "b"}};
    if (constrained) objective.constraints = {{.metric = "c"}};
    History history(space, objective);
    Survivors survivors(12, CutByCrowding);
    std::vector<TrialRecord> running;
    RandomStream random(constrained ? 1 : 0, 0, "survivors");
    for (int step = 0; step < 300; ++step) {
      SCOPED_TRACE(step);
      running.push_back(PendingTrial(history.next_number(), {random.Uniform()}));
      history.Put(running.back());
      while (running.size() > random.Below(5)) {
        const auto ends = running.begin() + static_cast<ptrdiff_t>(random.Below(running.size()));
        ends->condition = TrialCondition::kSucceeded;
        ends->objective = static_cast<double>(random.Below(20));
        ends->further_objectives = {static_cast<double>(random.Below(20))};
        if (constrained) ends->violations = {static_cast<double>(random.Below(4)) - 2};
        history.Put(*ends);
        running.erase(ends);
      }
      survivors.Update(history);
      Survivors fresh(12, CutByCrowding);
      fresh.Update(history);
      ASSERT_EQ(survivors.members().size(), fresh.members().size());
      for (size_t i = 0; i < fresh.members().size(); ++i) {
        ASSERT_EQ(survivors.members()[i].trial, fresh.members()[i].trial);
        ASSERT_EQ(survivors.members()[i].front, fresh.members()[i].front);
        ASSERT_EQ(survivors.members()[i].crowding, fresh.members()[i].crowding);
      }
    }
  }
}

TEST(CrowdingCutTest, KeepsTheEndsAndSpreadsTheRest) {
  // A line of eleven, the middle of which is crowded.
  std::vector<double> front;
  for (const double x : {0.0, 0.1, 0.2, 0.49, 0.5, 0.51, 0.52, 0.6, 0.8, 0.9, 1.0}) {
    front.insert(front.end(), {x, 1 - x});
  }
  const std::vector<int> left = CutByCrowding({.front = front, .width = 2, .count = 6});
  EXPECT_EQ(left.size(), 6);
  EXPECT_EQ(left.front(), 0);
  EXPECT_EQ(left.back(), 10);
  EXPECT_LE(std::count_if(left.begin(), left.end(), [](int i) { return i >= 3 && i <= 6; }), 1);
}

TEST(CrowdingCutTest, DropsCopiesFirst) {
  const std::vector<double> front = {0, 2, 1, 1, 1, 1, 1, 1, 2, 0};
  EXPECT_EQ(CutByCrowding({.front = front, .width = 2, .count = 3}), (std::vector<int>{0, 1, 4}));
}

TEST(NicheCutTest, DirectionsLieOnTheSimplex) {
  for (int width = 1; width <= 5; ++width) {
    for (int divisions = 1; divisions <= 4; ++divisions) {
      const std::vector<double> points = SimplexPoints(width, divisions);
      const LossRows rows{points, width};
      EXPECT_EQ(rows.size(), SimplexPointCount(width, divisions, 100000));
      std::set<std::vector<double>> different;
      for (int i = 0; i < rows.size(); ++i) {
        double sum = 0;
        for (const double x : rows.row(i)) sum += x;
        EXPECT_NEAR(sum, 1, 1e-12);
        different.insert({rows.row(i).begin(), rows.row(i).end()});
      }
      EXPECT_EQ(static_cast<int>(different.size()), rows.size());
    }
  }
}

// Losses of very different scales on a line: of 40 rows most of which are at one end, a cut to five
// with four divisions takes one near each direction.
TEST(NicheCutTest, ServesEachDirection) {
  std::vector<double> front;
  for (int i = 0; i < 40; ++i) {
    const double x = i < 30 ? 0.001 * i : 0.1 * (i - 29);
    front.insert(front.end(), {1e6 * x, 1e-3 * (1 - x)});
  }
  const std::vector<int> chosen = NicheCut(1, 4, 5)({.front = front, .width = 2, .count = 5});
  std::set<int> quarters;
  for (const int i : chosen) {
    quarters.insert(static_cast<int>(std::lround(4e-6 * front[static_cast<size_t>(2 * i)])));
  }
  EXPECT_EQ(chosen.size(), 5);
  EXPECT_EQ(quarters.size(), 5);
}

TEST(NicheCutTest, TakesFrontsWithoutExtent) {
  const std::vector<double> front = {1, 2, 1, 2, 1, 2, 1, 2};
  EXPECT_EQ(NicheCut(1, 0, 50)({.front = front, .width = 2, .count = 3}).size(), 3);
  const std::vector<double> huge = {1e308, -1e308, -1e308, 1e308, 0, 0, 1, -1};
  EXPECT_EQ(NicheCut(1, 0, 50)({.front = huge, .width = 2, .count = 3}).size(), 3);
  EXPECT_EQ(CutByCrowding({.front = huge, .width = 2, .count = 3}).size(), 3);
}

TEST(CrossoverTest, ChildrenAreAllowedAndNoCopies) {
  const std::shared_ptr<const SearchSpace> space = TestSpace("flat");
  History history(space, Objective());
  RandomStream random(1, 0, "parents");
  for (int i = 0; i < 10; ++i) {
    std::vector<double> unit(static_cast<size_t>(space->size()));
    for (double& u : unit) u = random.Uniform();
    history.Put(PendingTrial(i, space->FromUnit(unit)));
  }
  for (int i = 0; i < 500; ++i) {
    const int first = i % 10;
    const Assignment child = BreedByCrossover(history, first, (i * 3) % 10, {}, random);
    EXPECT_TRUE(space->Contains(child));
    EXPECT_NE(child, history.trial(first).assignment);
  }
}

TEST(CrossoverTest, WithoutMutationChildrenStayNearTheirParents) {
  const std::shared_ptr<const SearchSpace> space = MakeSpace({DoubleParameter("x", 0, 1)});
  History history(space, Objective());
  history.Put(PendingTrial(0, {0.4}));
  history.Put(PendingTrial(1, {0.6}));
  RandomStream random(1, 0, "children");
  int near_first = 0, near_second = 0;
  for (int i = 0; i < 1000; ++i) {
    const double child =
        BreedByCrossover(history, 0, 1, {.crossover = 1, .swapping = 1, .mutation = 0}, random)[0];
    EXPECT_GE(child, 0);
    EXPECT_LE(child, 1);
    near_first += std::fabs(child - 0.4) < 0.1 ? 1 : 0;
    near_second += std::fabs(child - 0.6) < 0.1 ? 1 : 0;
  }
  EXPECT_NEAR(near_first, 500, 80);
  EXPECT_NEAR(near_second, 500, 80);
}

std::shared_ptr<const SearchSpace> Cube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(DoubleParameter(absl::StrCat("x", i), 0, 1));
  }
  return MakeSpace(parameters);
}

// Distance to two corners of the plane of the first two parameters, made worse by all others.
double DistanceTo(absl::Span<const double> unit, double x, double y) {
  double penalty = 0;
  for (size_t i = 2; i < unit.size(); ++i) penalty += (unit[i] - 0.5) * (unit[i] - 0.5);
  return std::hypot(unit[0] - x, unit[1] - y) + 4 * penalty;
}

AsynchronousSearch SearchOf(const std::string& algorithm, int trials) {
  AsynchronousSearch search{.algorithm = algorithm, .trials = trials, .parallel = 4};
  search.spec.space = Cube(6);
  search.spec.objective.metrics = {{.name = "loss"}, {.name = "second"}};
  search.spec.objective.further = {{.metric = "second", .direction = Direction::kMaximize}};
  search.spec.seed = 3;
  search.loss = [](absl::Span<const double> unit) { return DistanceTo(unit, 0.2, 0.2); };
  search.further = [](absl::Span<const double> unit) {
    return std::vector<double>{-DistanceTo(unit, 0.8, 0.6)};
  };
  return search;
}

double VolumeFound(const History& history, double reference) {
  std::vector<double> rows;
  for (int i = 0; i < history.size(); ++i) {
    const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
    if (outcome.feasible()) AppendLosses(outcome, rows);
  }
  const int width = history.objective().count();
  return Hypervolume({rows, width}, std::vector<double>(static_cast<size_t>(width), reference));
}

class FrontSearchTest : public testing::TestWithParam<std::string> {};

// There is 0.74.
TEST_P(FrontSearchTest, FindsMostOfTheFront) {
  EXPECT_GT(VolumeFound(SearchOf(GetParam(), 300).Run(), 1), 0.5);
}

TEST_P(FrontSearchTest, KeepsToConstraints) {
  AsynchronousSearch search = SearchOf(GetParam(), 300);
  search.spec.objective.constraints = {{.metric = "excess"}};
  search.violations = [](absl::Span<const double> unit) {
    return std::vector<double>{unit[3] - 0.2};
  };
  // Feasible points lose 0.36 of both objectives: there is 0.156.
  EXPECT_GT(VolumeFound(search.Run(), 1), 0.03);
}

// The state must follow from the results, not from the order in which they came in.
TEST_P(FrontSearchTest, ARestartAtAnyTimeChangesNothing) {
  for (const int parallel : {1, 7, 60}) {
    AsynchronousSearch search = SearchOf(GetParam(), 200);
    search.parallel = parallel;
    search.failing = 0.1;
    search.early_stopped = 0.1;
    search.foreign = 0.1;
    const History once = search.Run();
    search.new_instance_each_call = true;
    const History again = search.Run();
    for (int i = 0; i < once.size(); ++i) ASSERT_EQ(once.trial(i), again.trial(i)) << parallel;
  }
}

TEST_P(FrontSearchTest, OneObjectiveIsSearchedToo) {
  AsynchronousSearch search = SearchOf(GetParam(), 300);
  search.spec.objective.further.clear();
  search.further = nullptr;
  EXPECT_LT(BestLoss(search.Run()), 0.25);
}

TEST_P(FrontSearchTest, ManyObjectivesAreSearchedToo) {
  AsynchronousSearch search = SearchOf(GetParam(), 150);
  for (int k = 0; k < 4; ++k) search.spec.objective.further.push_back({.metric = "more"});
  search.further = [](absl::Span<const double> unit) {
    return std::vector<double>{-unit[0], unit[1], unit[2], 1 - unit[3], unit[4] * unit[5]};
  };
  EXPECT_EQ(search.Run().size(), 150);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, FrontSearchTest,
                         testing::Values("nsga2", "nsga3", "tpe", "multivariate-tpe"),
                         [](const auto& info) { return TestNameOf(info.param); });

}  // namespace
}  // namespace qalam
