#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "core/random_stream.h"
#include "suggestion/gp/model.h"
#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Function = std::function<double(const Assignment&)>;

std::shared_ptr<const SearchSpace> MixedSpace() {
  return MakeSpace({DoubleParameter("x", 0, 1), IntParameter("i", 1, 16),
                    DoubleParameter("lr", 1e-5, 1, Distribution::kLogUniform),
                    ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"})});
}

double Mixed(const Assignment& v) {
  return std::pow(v[0] - 0.3, 2) + std::pow((v[1] - 11) / 15, 2) +
         0.2 * std::pow(std::log10(v[2]) + 3, 2) + (v[3] == 1 ? 0 : 0.2);
}

// The least value among `count` trials; `outcome` may change a trial's record.
double Best(const std::string& algorithm, std::shared_ptr<const SearchSpace> space,
            const Settings& settings, int count, const Function& function, int batch = 1,
            const std::function<void(TrialRecord&)>& outcome = nullptr) {
  SuggesterSpec spec;
  spec.space = std::move(space);
  spec.objective.metrics = {{.name = "loss"}};
  spec.settings = settings;
  spec.seed = 3;
  History history(spec.space, spec.objective);
  const std::unique_ptr<Suggester> suggester = CreateSuggester(algorithm, spec).value();
  double best = std::numeric_limits<double>::infinity();
  while (history.size() < count) {
    const std::vector<Suggestion> suggestions = suggester->Suggest(history, batch).value();
    for (const Suggestion& suggestion : suggestions) {
      TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
      trial.labels = suggestion.labels;
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = function(suggestion.assignment);
      best = std::min(best, *trial.objective);
      if (outcome != nullptr) outcome(trial);
      history.Put(trial);
    }
  }
  return best;
}

TEST(GpTest, SolvesASmoothMixedProblem) {
  EXPECT_LT(Best("gp", MixedSpace(), {}, 45, Mixed), 1e-3);
}

TEST(GpTest, SolvesItInBatchesToo) { EXPECT_LT(Best("gp", MixedSpace(), {}, 60, Mixed, 5), 5e-3); }

TEST(GpTest, IsNotMisledByRareHugeLosses) {
  const Function tailed = [](const Assignment& v) {
    return v[0] > 0.8 ? 1e7 : std::exp(8 * Mixed(v)) - 1;
  };
  EXPECT_LT(Best("gp", MixedSpace(), {}, 60, tailed), 0.05);
}

TEST(GpTest, LearnsFromFailures) {
  // Half of the space fails, the half that is not good.
  EXPECT_LT(Best("gp", MixedSpace(), {}, 60, Mixed, 1,
                 [](TrialRecord& trial) {
                   if (trial.assignment[0] > 0.5) trial.condition = TrialCondition::kFailed;
                 }),
            5e-3);
}

TEST(GpTest, BeginsWithTheCentreAndExplainsItself) {
  SuggesterSpec spec;
  spec.space = MixedSpace();
  const History empty(spec.space, {});
  const auto suggester = CreateSuggester("gp", spec).value();
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> first, suggester->Suggest(empty, 1));
  EXPECT_EQ(first[0].assignment[0], 0.5);
  EXPECT_EQ(first[0].assignment[3], 0);
  EXPECT_EQ(first[0].explanation, "gp: the centre of the space");
}

TEST(GpTest, DoesNotDoubtInTheLastQuarterOfTheBudget) {
  SuggesterSpec spec;
  spec.space = MixedSpace();
  spec.objective.metrics = {{.name = "loss"}};
  const auto next = [&](const History& history, std::optional<int64_t> max_trial_count) {
    spec.max_trial_count = max_trial_count;
    return CreateSuggester("gp", spec).value()->Suggest(history, 1).value()[0].assignment;
  };
  History history(spec.space, spec.objective);
  const std::unique_ptr<Suggester> random = CreateSuggester("random", spec).value();
  while (history.size() < 43) {
    TrialRecord trial =
        PendingTrial(history.next_number(), random->Suggest(history, 1).value()[0].assignment);
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = Mixed(trial.assignment);
    history.Put(trial);
    // Trials 23 and 43 doubt where the budget is large, 42 does not.
    if (trial.number != 22 && trial.number != 41 && trial.number != 42) continue;
    SCOPED_TRACE(trial.number);
    const Assignment without_end = next(history, std::nullopt);
    EXPECT_EQ(next(history, 1000), without_end);
    EXPECT_EQ(next(history, 50) == without_end, trial.number != 42);
  }
}

// The plateau is better than most of the other branch, which has a better place all the same.
TEST(GpTest, SpendsLittleOnABranchWithNothingToSearch) {
  std::vector<Parameter> parameters = {
      ListParameter("branch", ParameterType::kCategorical, {"flat", "deep"}),
      When(DoubleParameter("idle", 0, 1), "branch", {"flat"})};
  for (int i = 0; i < 6; ++i) {
    parameters.push_back(When(DoubleParameter("x" + std::to_string(i), 0, 1), "branch", {"deep"}));
  }
  int flat = 0;
  const Function function = [&](const Assignment& v) {
    if (v[0] == 0) {
      ++flat;
      return 0.2;
    }
    double sum = 0;
    for (size_t i = 2; i < v.size(); ++i) sum += std::pow(v[i] - 0.15 * static_cast<double>(i), 2);
    return sum;
  };
  EXPECT_LT(Best("gp", MakeSpace(parameters), {}, 40, function), 0.01);
  EXPECT_LT(flat, 10);
}

TEST(GpTest, TakesTwoHundredParameters) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 200; ++i) {
    parameters.push_back(DoubleParameter("x" + std::to_string(i), 0, 1));
  }
  const Function few = [](const Assignment& v) {
    return std::pow(v[3] - 0.2, 2) + std::pow(v[77] - 0.7, 2);
  };
  EXPECT_LT(Best("gp", MakeSpace(parameters), {}, 30, few), 0.13);
}

TEST(GpTest, FitsAreRareWhereTheyAreExpensive) {
  EXPECT_EQ(gp::FittedCount(1), 1);
  EXPECT_EQ(gp::FittedCount(20), 20);
  int fits = 0;
  for (int count = 1; count <= 1000; ++count) {
    EXPECT_LE(gp::FittedCount(count), count);
    EXPECT_GT(gp::FittedCount(count), 0.9 * count - 1);
    if (gp::FittedCount(count) == count) ++fits;
  }
  EXPECT_LT(fits, 90);
  // A fit goes on from an anchor, which is not much older.
  int anchors = 0;
  for (int count = 1; count <= 1000; ++count) {
    EXPECT_GT(gp::AnchorCount(count), 0.75 * count - 1);
    if (gp::AnchorCount(gp::FittedCount(count)) == count) ++anchors;
  }
  EXPECT_LT(anchors, 60);
}

class BayesianOptimizationTest : public testing::TestWithParam<Settings> {};

TEST_P(BayesianOptimizationTest, BeatsRandomSearchFarther) {
  const double random = Best("random", MixedSpace(), {}, 60, Mixed);
  EXPECT_LT(Best("bayesianoptimization", MixedSpace(), GetParam(), 60, Mixed), 0.7 * random);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, BayesianOptimizationTest,
    testing::Values(Settings{}, Settings{{"base_estimator", "RF"}, {"acq_func", "EI"}},
                    Settings{{"base_estimator", "ET"}, {"acq_func", "EI"}},
                    Settings{{"base_estimator", "GBRT"}, {"acq_func", "EI"}},
                    Settings{{"acq_func", "LCB"}}, Settings{{"acq_func", "PIps"}},
                    Settings{{"acq_func", "EIps"}, {"acq_optimizer", "sampling"}},
                    Settings{{"acq_optimizer", "lbfgs"}, {"n_initial_points", "5"}}),
    [](const testing::TestParamInfo<Settings>& info) { return std::to_string(info.index); });

TEST(BayesianOptimizationSettingsTest, TreesHaveNoGradient) {
  SuggesterSpec spec;
  spec.space = MixedSpace();
  spec.settings = {{"base_estimator", "RF"}, {"acq_optimizer", "lbfgs"}};
  EXPECT_THAT(CreateSuggester("bayesianoptimization", spec),
              StatusIs(absl::StatusCode::kInvalidArgument, testing::HasSubstr("acq_optimizer")));
}

}  // namespace
}  // namespace qalam
