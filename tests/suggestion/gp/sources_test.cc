// Learning from earlier experiments.

#include "suggestion/gp/sources.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/registry.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Function = std::function<double(const Assignment&)>;

std::shared_ptr<const SearchSpace> SixAxes() {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 5; ++i) {
    parameters.push_back(DoubleParameter("x" + std::to_string(i), 0, 1));
  }
  parameters.push_back(ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"}));
  return MakeSpace(parameters);
}

double Wavy(const Assignment& v) {
  double sum = v[5] == 2 ? 0 : 0.2;
  for (size_t i = 0; i < 5; ++i) {
    const double distance = v[i] - 0.2 - 0.12 * static_cast<double>(i);
    sum += distance * distance + 0.05 * (1 - std::cos(15 * distance));
  }
  return sum;
}

std::shared_ptr<const SourceTrials> SourceOf(const SearchSpace& space, const Function& function) {
  auto source = std::make_shared<SourceTrials>();
  source->name = "earlier";
  std::vector<double> unit(static_cast<size_t>(space.size()));
  for (uint64_t i = 0; i < 80; ++i) {
    RandomStream random(9, i, "source");
    for (double& u : unit) u = random.Uniform();
    source->points.push_back(space.FromUnit(unit));
    source->losses.push_back(function(source->points.back()));
  }
  return source;
}

// The mean over seeds of the least value among `count` trials.
double MeanBest(const std::vector<std::shared_ptr<const SourceTrials>>& sources, int count) {
  constexpr int kSeeds = 4;
  double sum = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SuggesterSpec spec;
    spec.space = SixAxes();
    spec.objective.metrics = {{.name = "loss"}};
    spec.seed = seed;
    spec.sources = sources;
    History history(spec.space, spec.objective);
    const auto suggester = CreateSuggester("gp", spec).value();
    double best = std::numeric_limits<double>::infinity();
    while (history.size() < count) {
      const std::vector<Suggestion> suggestions = suggester->Suggest(history, 1).value();
      TrialRecord trial = PendingTrial(history.next_number(), suggestions.at(0).assignment);
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = Wavy(trial.assignment);
      best = std::min(best, *trial.objective);
      history.Put(trial);
    }
    sum += best;
  }
  return sum / kSeeds;
}

TEST(SourcesTest, AGoodOneSpeedsUpTheBeginning) {
  const auto space = SixAxes();
  // Another scale, and the optimum is elsewhere by a little.
  const auto good = SourceOf(*space, [](Assignment v) {
    for (size_t i = 0; i < 5; ++i) v[i] += 0.03;
    return 1000 * std::pow(Wavy(v), 2) - 50;
  });
  EXPECT_LT(MeanBest({good}, 10), 0.5 * MeanBest({}, 10));
}

TEST(SourcesTest, OnesThatMisleadDoNoHarmAfterAWhile) {
  const auto space = SixAxes();
  const auto opposite = SourceOf(*space, [](const Assignment& v) { return -Wavy(v); });
  const auto noise = SourceOf(*space, [](const Assignment& v) { return std::sin(1e6 * v[0]); });
  EXPECT_LT(MeanBest({opposite, noise}, 40), 1.5 * MeanBest({}, 40) + 0.01);
}

TEST(SourcesTest, WeighsByWhoTellsTheOrder) {
  const auto space = SixAxes();
  const gp::Sources sources(
      space, {SourceOf(*space, [](const Assignment& v) { return -Wavy(v); }),
              SourceOf(*space, [](const Assignment& v) { return 3 * Wavy(v) + 1; })});
  History history(space, Objective());
  const auto few = SourceOf(*space, Wavy);
  for (int i = 0; i < 8; ++i) {
    TrialRecord trial = PendingTrial(i, few->points[static_cast<size_t>(i)]);
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = few->losses[static_cast<size_t>(i)];
    history.Put(trial);
  }
  gp::TrialTable table(space, Objective());
  table.Update(history);
  gp::ModelCache cache;
  const std::vector<double> weights = sources.Weights(table, cache.Get(table, 0), 1);
  ASSERT_EQ(weights.size(), 2);
  EXPECT_LT(weights[0], 0.1);
  EXPECT_GT(weights[1], 0.5);
}

TEST(SourcesTest, TakesEmptyConstantAndForeignOnes) {
  const auto space = SixAxes();
  auto empty = std::make_shared<SourceTrials>();
  auto outside = std::make_shared<SourceTrials>();
  outside->points = {Assignment{7, -3, 0.5, 0.5, 0.5, 1}};
  outside->losses = {1e300};
  const auto constant = SourceOf(*space, [](const Assignment&) { return 4.0; });
  EXPECT_LT(MeanBest({empty, outside, constant}, 20), 1.0);
}

}  // namespace
}  // namespace qalam
