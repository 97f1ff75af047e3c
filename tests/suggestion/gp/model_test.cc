#include "suggestion/gp/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

Parameter Linear(const std::string& name) { return DoubleParameter(name, 0, 1); }
Parameter Logarithmic(const std::string& name) {
  return DoubleParameter(name, 1e-4, 1, Distribution::kLogUniform);
}
Parameter List(const std::string& name) {
  return ListParameter(name, ParameterType::kDiscrete, {"16", "32", "128"});
}
Parameter Categories(const std::string& name) {
  return ListParameter(name, ParameterType::kCategorical, {"relu", "tanh"});
}

FitData DataIn(std::vector<Parameter> parameters) {
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  const auto space = MakeSpace(std::move(parameters));
  History history(space, objective);
  for (int64_t i = 0; i < 2; ++i) {
    Assignment assignment;
    for (int d = 0; d < space->size(); ++d) {
      assignment.push_back(space->parameter(d).FromUnit(i == 0 ? 0.2 : 0.8));
    }
    TrialRecord trial = PendingTrial(i, assignment);
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = static_cast<double>(i);
    history.Put(trial);
  }
  TrialTable table(space, objective);
  table.Update(history);
  return MakeFitData(table, 0, {0, 1}, OutputWarp::Candidates(std::vector<double>{0, 1})[0]);
}

TEST(FitDataTest, LogarithmicAxesAndListsAreRougherAPrioriThanEvenOnes) {
  EXPECT_THAT(DataIn({Linear("a"), Logarithmic("b")}).length_shifts, ElementsAre(0.5, -0.5));
  EXPECT_THAT(DataIn({List("a"), Categories("b"), Linear("c")}).length_shifts,
              ElementsAre(-0.5, 0, 0.5));
}

TEST(FitDataTest, TheRoughnessOfAllAxesTogetherIsThatOfAxesOfOneKind) {
  EXPECT_THAT(DataIn({Linear("a"), Linear("b"), Categories("c")}).length_shifts,
              ElementsAre(0, 0, 0));
  EXPECT_THAT(DataIn({Logarithmic("a"), List("b")}).length_shifts, ElementsAre(0, 0));
  EXPECT_THAT(DataIn({Categories("a")}).length_shifts, ElementsAre(0));
  EXPECT_THAT(DataIn({Linear("a"), Linear("b"), Linear("c"), Logarithmic("d")}).length_shifts,
              ElementsAre(0.25, 0.25, 0.25, -0.75));
}

// Where a parameter makes no difference, its trials have one loss, here the least; the others are
// spread evenly.
TEST(ModelCacheTest, ManyEqualLossesDoNotBendTheWarp) {
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  const auto space = MakeSpace({Categories("branch"), Linear("x")});
  History history(space, objective);
  for (int64_t i = 0; i < 24; ++i) {
    const bool flat = i % 3 != 0;
    const double x = std::fmod(0.37 * static_cast<double>(i), 1);
    TrialRecord trial = PendingTrial(i, {flat ? 0.0 : 1.0, x});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = flat ? 0.2 : 1 + 2 * x;
    history.Put(trial);
  }
  TrialTable table(space, objective);
  table.Update(history);
  ModelCache cache;
  const OutputWarp& warp = cache.Get(table, 0).warp;
  // How many times as steep it is at the least loss as at the median of the others.
  EXPECT_LT(std::exp(warp.LogSlope(0.2) - warp.LogSlope(2)), 20);
}

// One point tells nothing of lengthscales, so that what is fitted is the prior's mode.
TEST(FitTest, LengthscalesThatNothingIsKnownOfAreThoseOfThePrior) {
  const FitData data{.categorical = {false, false},
                     .length_shifts = {-0.5, 0.5},
                     .points = Matrix(1, 2),
                     .values = {0},
                     .extra_noise = {0}};
  const Fit fit = FitHyperparameters(data, {.thorough = true});
  const double joint = std::sqrt(2) + 0.5 * std::log(2) - 3;
  EXPECT_THAT(std::log(fit.parameters.lengthscales[0]), DoubleNear(joint - 0.5, 0.1));
  EXPECT_THAT(std::log(fit.parameters.lengthscales[1]), DoubleNear(joint + 0.5, 0.1));
  const double additive = std::sqrt(2) - 3;
  EXPECT_THAT(std::log(fit.parameters.additive_lengthscales[0]), DoubleNear(additive - 0.5, 0.1));
  EXPECT_THAT(std::log(fit.parameters.additive_lengthscales[1]), DoubleNear(additive + 0.5, 0.1));
}

}  // namespace
}  // namespace qalam::gp
