// Several objectives and outcome constraints.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "math/hypervolume.h"
#include "suggestion/outcome.h"
#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

// All objectives, then the violations of all constraints.
using Function = std::function<std::vector<double>(const Assignment&)>;

std::shared_ptr<const SearchSpace> Cube(int dimensions) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < dimensions; ++i) {
    parameters.push_back(DoubleParameter("x" + std::to_string(i), 0, 1));
  }
  return MakeSpace(parameters);
}

SuggesterSpec SpecOf(int dimensions, int objectives, int constraints) {
  SuggesterSpec spec;
  spec.space = Cube(dimensions);
  spec.objective.metrics = {{.name = "loss"}};
  for (int m = 1; m < objectives; ++m) {
    spec.objective.further.push_back({.metric = "loss" + std::to_string(m)});
  }
  for (int c = 0; c < constraints; ++c) {
    spec.objective.constraints.push_back({.metric = "size" + std::to_string(c), .bound = 0});
  }
  spec.seed = 5;
  return spec;
}

// The history of `count` trials, `batch` at a time.
History Search(const std::string& algorithm, const SuggesterSpec& spec, int count, int batch,
               const Function& function) {
  History history(spec.space, spec.objective);
  const std::unique_ptr<Suggester> suggester = CreateSuggester(algorithm, spec).value();
  const size_t objectives = static_cast<size_t>(spec.objective.count());
  while (history.size() < count) {
    const std::vector<Suggestion> suggestions = suggester->Suggest(history, batch).value();
    for (const Suggestion& suggestion : suggestions) {
      TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
      trial.labels = suggestion.labels;
      trial.condition = TrialCondition::kSucceeded;
      const std::vector<double> values = function(suggestion.assignment);
      trial.objective = values[0];
      trial.further_objectives.assign(values.begin() + 1,
                                      values.begin() + static_cast<std::ptrdiff_t>(objectives));
      trial.violations.assign(values.begin() + static_cast<std::ptrdiff_t>(objectives),
                              values.end());
      history.Put(trial);
    }
  }
  return history;
}

double BestFeasible(const History& history) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < history.size(); ++i) {
    const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
    if (outcome.feasible()) best = std::min(best, outcome.loss);
  }
  return best;
}

double HypervolumeOf(const History& history, const std::vector<double>& reference) {
  std::vector<double> rows;
  for (int i = 0; i < history.size(); ++i) {
    const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
    if (!outcome.feasible()) continue;
    rows.push_back(outcome.loss);
    rows.insert(rows.end(), outcome.further_losses.begin(), outcome.further_losses.end());
  }
  return Hypervolume({rows, static_cast<int>(reference.size())}, reference);
}

// Gramacy et al., "Modeling an augmented Lagrangian for blackbox constrained optimization",
// Technometrics 58, 2016: the optimum 0.5998 lies where a curved bound meets the box.
std::vector<double> Curved(const Assignment& v) {
  const double x = v[0];
  const double y = v[1];
  return {x + y, 1.5 - x - 2 * y - 0.5 * std::sin(2 * std::numbers::pi * (x * x - 2 * y)),
          x * x + y * y - 1.5};
}

// Only a ball of a few thousandths of the space is allowed.
std::vector<double> SmallBall(const Assignment& v) {
  double sum = 0;
  double distance = 0;
  for (const double x : v) {
    sum += x;
    distance += (x - 0.7) * (x - 0.7);
  }
  return {sum, distance - 0.04};
}

// ZDT1 of four parameters; between (0, 1) and (1, 0) the front leaves 2/3 of the unit square.
std::vector<double> Zdt1(const Assignment& v) {
  const double g = 1 + 3 * (v[1] + v[2] + v[3]);
  return {v[0], g * (1 - std::sqrt(v[0] / g))};
}

// The squared distances from points at the corners of a simplex.
Function Corners(int count) {
  return [count](const Assignment& v) {
    std::vector<double> values;
    for (int m = 0; m < count; ++m) {
      double sum = 0;
      for (size_t i = 0; i < v.size(); ++i) {
        const double corner = static_cast<int>(i) == m ? 0.9 : 0.2;
        sum += (v[i] - corner) * (v[i] - corner);
      }
      values.push_back(sum);
    }
    return values;
  };
}

TEST(GpConstraintsTest, FindsAnOptimumOnACurvedBound) {
  for (const int batch : {1, 4}) {
    EXPECT_LT(BestFeasible(Search("gp", SpecOf(2, 1, 2), 44, batch, Curved)), 0.61);
  }
}

TEST(GpConstraintsTest, FindsTheFeasiblePartThatNoFirstTrialHits) {
  const double best = BestFeasible(Search("gp", SpecOf(4, 1, 1), 50, 1, SmallBall));
  EXPECT_LT(best, 4 * 0.7 - 2 * 0.2 + 0.02);
}

TEST(GpConstraintsTest, TakesTrialsWithoutTheConstrainedMetric) {
  const auto unknown = [](const Assignment& v) {
    std::vector<double> values = SmallBall(v);
    if (v[1] < 0.4) values[1] = std::nan("");
    return values;
  };
  EXPECT_LT(BestFeasible(Search("gp", SpecOf(4, 1, 1), 50, 1, unknown)), 2.42);
}

TEST(GpConstraintsTest, HoldForEveryModelOfBayesianOptimization) {
  SuggesterSpec spec = SpecOf(2, 1, 2);
  for (const char* estimator : {"GP", "RF", "ET", "GBRT"}) {
    spec.settings = {{"base_estimator", estimator}};
    EXPECT_LT(BestFeasible(Search("bayesianoptimization", spec, 50, 1, Curved)), 0.9) << estimator;
  }
}

TEST(GpObjectivesTest, CoversAFrontOfTwo) {
  for (const int batch : {1, 4}) {
    const History history = Search("gp", SpecOf(4, 2, 0), 60, batch, Zdt1);
    EXPECT_GT(HypervolumeOf(history, {1, 1}), 0.6);
  }
}

TEST(GpObjectivesTest, BeatsRandomSearchOnThreeToFive) {
  for (const int count : {3, 4, 5}) {
    const SuggesterSpec spec = SpecOf(4, count, 0);
    const std::vector<double> reference(static_cast<size_t>(count), 1.0);
    const double random = HypervolumeOf(Search("random", spec, 60, 1, Corners(count)), reference);
    EXPECT_GT(HypervolumeOf(Search("gp", spec, 30, 1, Corners(count)), reference), 1.05 * random)
        << count;
  }
}

TEST(GpObjectivesTest, KeepsToConstraintsMeanwhile) {
  const auto constrained = [](const Assignment& v) {
    std::vector<double> values = Zdt1(v);
    values.push_back(0.3 - v[0]);
    return values;
  };
  const History history = Search("gp", SpecOf(4, 2, 1), 50, 1, constrained);
  int kept = 0;
  for (int i = 10; i < history.size(); ++i) {
    kept += OutcomeOf(history.trial(i), history.objective()).feasible() ? 1 : 0;
  }
  EXPECT_GT(kept, 28);
}

TEST(GpObjectivesTest, BatchesAreWhatOneByOneGives) {
  const SuggesterSpec spec = SpecOf(4, 2, 0);
  History history = Search("gp", spec, 14, 1, Zdt1);
  const auto batched = CreateSuggester("gp", spec).value();
  const std::vector<Suggestion> batch = batched->Suggest(history, 3).value();
  for (const Suggestion& expected : batch) {
    const std::vector<Suggestion> one =
        CreateSuggester("gp", spec).value()->Suggest(history, 1).value();
    EXPECT_EQ(one.at(0).assignment, expected.assignment);
    history.Put(PendingTrial(history.next_number(), expected.assignment));
  }
}

TEST(GpObjectivesTest, TreesKnowOneObjective) {
  SuggesterSpec spec = SpecOf(2, 2, 0);
  spec.settings = {{"base_estimator", "RF"}};
  EXPECT_THAT(CreateSuggester("bayesianoptimization", spec),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("base_estimator")));
}

}  // namespace
}  // namespace qalam
