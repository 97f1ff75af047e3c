#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using Function = std::function<double(const Assignment&)>;

SuggesterSpec SpecFor(std::shared_ptr<const SearchSpace> space, uint64_t seed) {
  SuggesterSpec spec;
  spec.space = std::move(space);
  spec.seed = seed;
  return spec;
}

void Finish(History& history, const Assignment& assignment, std::optional<double> objective,
            TrialCondition condition = TrialCondition::kSucceeded) {
  TrialRecord trial = PendingTrial(history.next_number(), assignment);
  trial.condition = condition;
  trial.objective = objective;
  history.Put(trial);
}

// The best of `trials` proposals, averaged over seeds.
double Regret(const std::string& algorithm, std::shared_ptr<const SearchSpace> space, int trials,
              const Function& function) {
  constexpr int kSeeds = 10;
  double sum = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const SuggesterSpec spec = SpecFor(space, seed);
    const auto suggester = CreateSuggester(algorithm, spec).value();
    History history(space, spec.objective);
    double best = HUGE_VAL;
    while (history.size() < trials) {
      const Assignment point = suggester->Suggest(history, 1).value().front().assignment;
      const double loss = function(point);
      best = std::min(best, loss);
      Finish(history, point, loss);
    }
    sum += best;
  }
  return sum / kSeeds;
}

TEST(TpeTest, FindsTheBottomOfABowlMuchCloserThanRandomSearch) {
  std::vector<Parameter> parameters;
  for (int i = 0; i < 4; ++i) parameters.push_back(DoubleParameter(std::string(1, 'a' + i), -5, 5));
  const Function bowl = [](const Assignment& x) {
    double sum = 0;
    for (const double v : x) sum += (v - 2) * (v - 2);
    return sum;
  };
  const auto space = MakeSpace(parameters);
  EXPECT_LT(Regret("tpe", space, 100, bowl), 0.2 * Regret("random", space, 100, bowl));
}

TEST(TpeTest, LearnsCategoriesListsAndLogScales) {
  const auto space = MakeSpace(
      {DoubleParameter("lr", 1e-6, 1, Distribution::kLogUniform),
       ListParameter("batch", ParameterType::kDiscrete, {"8", "16", "32", "64", "128", "256"}),
       IntParameter("layers", 1, 12),
       ListParameter("opt", ParameterType::kCategorical, {"a", "b", "c", "d", "e"})});
  const Function loss = [](const Assignment& x) {
    return std::pow(std::log10(x[0]) + 2, 2) + std::fabs(x[1] - 4) + std::fabs(x[2] - 9) / 3 +
           (x[3] == 3 ? 0 : 1);
  };
  EXPECT_LT(Regret("tpe", space, 80, loss), 0.4 * Regret("random", space, 80, loss));
}

TEST(TpeTest, TheFirstTrialIsTheMiddleOfTheRanges) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 10), IntParameter("i", 1, 3)});
  const auto suggester = CreateSuggester("tpe", SpecFor(space, 1)).value();
  const auto first = suggester->Suggest(History(space, {}), 1).value();
  EXPECT_EQ(first.front().assignment, (Assignment{5, 2}));
}

TEST(TpeTest, KeepsAwayFromPendingTrials) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1)});
  const SuggesterSpec spec = SpecFor(space, 1);
  History history(space, spec.objective);
  RandomStream random(1, 0, "points");
  for (int i = 0; i < 40; ++i) {
    const Assignment point = {random.Uniform(), random.Uniform()};
    Finish(history, point, std::hypot(point[0] - 0.3, point[1] - 0.6));
  }
  const auto batch = CreateSuggester("tpe", spec).value()->Suggest(history, 12).value();
  int close = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const Assignment& a = batch[i].assignment;
      const Assignment& b = batch[j].assignment;
      if (std::hypot(a[0] - b[0], a[1] - b[1]) < 0.005) ++close;
    }
  }
  EXPECT_LE(close, 1);
}

TEST(TpeTest, KeepsAwayFromWhereTrialsFail) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  int failed = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const SuggesterSpec spec = SpecFor(space, seed);
    const auto suggester = CreateSuggester("tpe", spec).value();
    History history(space, spec.objective);
    for (int i = 0; i < 60; ++i) {
      const Assignment point = suggester->Suggest(history, 1).value().front().assignment;
      const bool fails = point[0] < 0.5;
      if (i >= 20 && fails) ++failed;
      // Nothing but whether it fails can be learnt.
      Finish(history, point, fails ? std::nullopt : std::optional<double>(1),
             fails ? TrialCondition::kFailed : TrialCondition::kSucceeded);
    }
  }
  EXPECT_LT(failed, 120) << "of 400; 200 by chance";
}

// A long history is screened in part; a suggester that knows it answers like a new one.
TEST(TpeTest, LongHistoriesAreAnsweredAlikeByOldAndNewInstances) {
  const auto space = TestSpace("wide");
  const SuggesterSpec spec = SpecFor(space, 1);
  History history(space, spec.objective);
  RandomStream random(5, 0, "points");
  std::vector<double> unit(static_cast<size_t>(space->size()));
  for (int i = 0; i < 2500; ++i) {
    for (double& u : unit) u = random.Uniform();
    Finish(history, space->FromUnit(unit), std::fabs(unit[0] - 0.4) + unit[1]);
  }
  const auto used = CreateSuggester("tpe", spec).value();
  for (int i = 0; i < 20; ++i) {
    const auto got = used->Suggest(history, 2).value();
    ASSERT_EQ(got, CreateSuggester("tpe", spec).value()->Suggest(history, 2).value());
    Finish(history, got[0].assignment, i % 3 == 0 ? -i : i);
    history.Put(PendingTrial(history.next_number(), got[1].assignment));
    if (i % 4 == 0) {
      TrialRecord late = history.trial(history.size() - 1);
      late.condition = TrialCondition::kSucceeded;
      late.objective = -0.5 * i;
      history.Put(late);
    }
  }
}

// Where a parameter does not exist it holds its default: a value that no trial had.
TEST(TpeTest, DefaultsOfParametersThatDoNotExistTeachNothing) {
  std::vector<std::string> proposals;
  for (const double value : {0.1, 0.9}) {
    const auto space = MakeSpace(
        {ListParameter("branch", ParameterType::kCategorical, {"left", "right"}),
         When(WithDefault(DoubleParameter("x", 0, 1), value), "branch", {"left"}),
         When(WithDefault(IntParameter("n", 0, 10), std::round(10 * value)), "branch", {"right"})});
    const SuggesterSpec spec = SpecFor(space, 3);
    History history(space, spec.objective);
    for (int i = 0; i < 30; ++i) {
      const double share = (i % 10) / 10.0;
      Finish(history, space->Canonical({i % 2 == 0 ? 0.0 : 1.0, share, 10 * share}), share);
    }
    const auto suggester = CreateSuggester("tpe", spec).value();
    std::string text;
    const std::vector<Suggestion> suggestions = suggester->Suggest(history, 10).value();
    for (const Suggestion& suggestion : suggestions) {
      for (const auto& [name, shown] : space->Format(suggestion.assignment)) {
        absl::StrAppend(&text, name, "=", shown, " ");
      }
    }
    proposals.push_back(text);
  }
  EXPECT_EQ(proposals[0], proposals[1]);
}

// Of two branches, the better one has more parameters or fewer.
TEST(TpeTest, FindsTheBetterBranchWhateverItsSize) {
  for (const bool left_is_better : {false, true}) {
    SCOPED_TRACE(left_is_better);
    std::vector<Parameter> parameters = {
        ListParameter("branch", ParameterType::kCategorical, {"left", "right"})};
    for (const char* name : {"a", "b", "c", "d"}) {
      parameters.push_back(When(DoubleParameter(name, 0, 1), "branch", {"left"}));
    }
    parameters.push_back(When(DoubleParameter("e", 0, 1), "branch", {"right"}));
    const double regret = Regret("tpe", MakeSpace(parameters), 60, [&](const Assignment& x) {
      if (x[0] == 1) return (left_is_better ? 0.5 : 0) + std::fabs(x[5] - 0.8);
      double sum = left_is_better ? 0 : 0.5;
      for (int i = 1; i < 5; ++i) sum += (x[i] - 0.3) * (x[i] - 0.3);
      return sum;
    });
    EXPECT_LT(regret, 0.1);
  }
}

TEST(TpeTest, SaysWhyAPointIsProposed) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  const SuggesterSpec spec = SpecFor(space, 1);
  const auto suggester = CreateSuggester("tpe", spec).value();
  History history(space, spec.objective);
  EXPECT_EQ(suggester->Suggest(history, 1).value().front().explanation,
            "tpe: start, 0 of 10 trials finished");
  for (int i = 0; i < 20; ++i) Finish(history, {i / 20.0}, i);
  EXPECT_THAT(suggester->Suggest(history, 1).value().front().explanation,
              testing::ContainsRegex("tpe: drawn .* best of 64 .* 2 good to 18 bad trials"));
}

TEST(TpeTest, SettingsOfBothNamesMeanTheSame) {
  const auto space = TestSpace("flat");
  SuggesterSpec tpe = SpecFor(space, 1);
  tpe.settings = {{"n_EI_candidates", "7"}, {"n_startup_trials", "3"}};
  SuggesterSpec multivariate = SpecFor(space, 1);
  multivariate.settings = {{"n_ei_candidates", "7"}, {"n_startup_trials", "3"}};
  History history(space, tpe.objective);
  for (int i = 0; i < 6; ++i) {
    Finish(history, space->FromUnit(std::vector<double>(4, i / 6.0)), i);
  }
  EXPECT_EQ(CreateSuggester("tpe", tpe).value()->Suggest(history, 3).value(),
            CreateSuggester("multivariate-tpe", multivariate).value()->Suggest(history, 3).value());
  SuggesterSpec more_good = SpecFor(space, 1);
  more_good.settings = {{"gamma", "0.9"}};
  more_good.settings["n_startup_trials"] = "3";
  EXPECT_NE(CreateSuggester("tpe", tpe).value()->Suggest(history, 3).value(),
            CreateSuggester("tpe", more_good).value()->Suggest(history, 3).value());
}

}  // namespace
}  // namespace qalam
