// Population based training against small worlds, in which weights are numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "core/random_stream.h"
#include "core/trial_labels.h"
#include "suggestion/population/place.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::Each;
using testing::Ge;
using testing::HasSubstr;

// Trials that end in random order; a trial begins with what its parent left.
struct Training {
  SuggesterSpec spec;
  int parallel = 1;
  int most = 200;
  bool new_instance_each_call = false;
  std::function<void(TrialRecord& trial, std::array<double, 2>& weights)> train;

  struct Result {
    History history;
    int idle = 0;  // how often a worker had nothing to do
    std::vector<std::string> explanations;
    // Trials that were gone on from after the algorithm had given them up.
    std::set<int64_t> given_up_and_used;
    size_t most_kept = 0;  // ended trials that it had not given up
  };
  Result Run() const;
};

Training::Result Training::Run() const {
  Result result{.history = History(spec.space, spec.objective)};
  History& history = result.history;
  RandomStream random(spec.seed, 0, "world");
  std::unique_ptr<Suggester> suggester = CreateSuggester("pbt", spec).value();
  std::vector<TrialRecord> running;
  std::map<int64_t, std::array<double, 2>> weights;
  std::set<int64_t> given_up;
  while (true) {
    while (static_cast<int>(running.size()) < parallel && history.size() < most) {
      if (new_instance_each_call) suggester = CreateSuggester("pbt", spec).value();
      size_t kept = 0;
      for (int i = 0; i < history.size(); ++i) {
        if (!IsFinal(history.trial(i).condition)) continue;
        auto* resuming = dynamic_cast<ResumingSuggester*>(suggester.get());
        if (resuming->MayGoOnFrom(history, i)) {
          ++kept;
        } else {
          given_up.insert(history.trial(i).number);
        }
      }
      result.most_kept = std::max(result.most_kept, kept);
      const std::vector<Suggestion> next = suggester->Suggest(history, 1).value();
      if (next.empty()) break;
      TrialRecord trial = PendingTrial(history.next_number(), next[0].assignment);
      trial.labels = next[0].labels;
      result.explanations.push_back(next[0].explanation);
      const std::optional<int64_t> parent = ResumedTrial(trial.labels);
      weights[trial.number] = parent.has_value() ? weights[*parent] : std::array{0.9, 0.9};
      if (parent.has_value() && given_up.contains(*parent)) {
        result.given_up_and_used.insert(*parent);
      }
      history.Put(trial);
      running.push_back(std::move(trial));
    }
    if (running.empty()) return result;
    if (history.size() < most) result.idle += parallel - static_cast<int>(running.size());
    // Of those that began first, most end first.
    const size_t done = random.Below(std::min<size_t>(running.size(), 4));
    TrialRecord trial = std::move(running[done]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(done));
    trial.condition = TrialCondition::kSucceeded;
    train(trial, weights[trial.number]);
    history.Put(trial);
  }
}

// The paper's own: what is maximised is 1.2 - w0^2 - w1^2, and what is trained on is
// 1.2 - h0 w0^2 - h1 w1^2, h0 + h1 <= 1: each h alone leaves a weight as it is.
SuggesterSpec ToySpec(const std::string& population) {
  SuggesterSpec spec;
  spec.space = MakeSpace({DoubleParameter("h0", 0, 1), DoubleParameter("h1", 0, 1)});
  spec.objective.metrics = {{.name = "q"}};
  spec.objective.direction = Direction::kMaximize;
  spec.settings = {{"n_population", population}};
  spec.seed = 7;
  return spec;
}

void TrainToy(TrialRecord& trial, std::array<double, 2>& weights) {
  for (int step = 0; step < 4; ++step) {
    for (size_t i = 0; i < 2; ++i) {
      // Whatever is turned up is trained; both together do not converge.
      const double other = trial.assignment[1 - i];
      weights[i] *= 1 - 0.2 * trial.assignment[i] * (1 - other);
    }
  }
  trial.objective = 1.2 - weights[0] * weights[0] - weights[1] * weights[1];
}

PopulationPlace PlaceOf(const History& history, int i) {
  const auto place = ParsePopulationPlace(history.trial(i).labels);
  EXPECT_TRUE(place.has_value()) << i;
  return place.value_or(PopulationPlace());
}

class PopulationTest : public testing::TestWithParam<int> {};

TEST_P(PopulationTest, NobodyWaitsAndNothingThatWasGivenUpIsGoneOnFrom) {
  const Training training{
      .spec = ToySpec("8"), .parallel = GetParam(), .most = 300, .train = TrainToy};
  const Training::Result result = training.Run();
  EXPECT_EQ(result.idle, 0);
  EXPECT_EQ(result.history.size(), 300);
  EXPECT_TRUE(result.given_up_and_used.empty());
  EXPECT_LE(result.most_kept, 4U * static_cast<size_t>(std::max(8, GetParam())));
}

TEST_P(PopulationTest, MembersAreChainsOfTrialsThatAreTrainedEquallyLong) {
  const Training training{
      .spec = ToySpec("8"), .parallel = GetParam(), .most = 300, .train = TrainToy};
  const History history = training.Run().history;
  std::map<int64_t, int64_t> generations;  // of each member's last trial
  for (int i = 0; i < history.size(); ++i) {
    const PopulationPlace place = PlaceOf(history, i);
    if (place.parent.has_value()) {
      ASSERT_LT(*place.parent, i);
      EXPECT_EQ(PlaceOf(history, static_cast<int>(*place.parent)).generation + 1, place.generation);
    }
    if (generations.contains(place.member)) {
      EXPECT_EQ(place.generation, generations[place.member] + 1);
    }
    generations[place.member] = place.generation;
  }
  EXPECT_EQ(generations.size(), std::max(8, GetParam()));
  const auto generation = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] =
      std::minmax_element(generations.begin(), generations.end(), generation);
  // Where there are fewer workers than members, those that are behind come first.
  if (GetParam() < 8) {
    EXPECT_LE(most->second - least->second, 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Workers, PopulationTest, testing::Values(1, 3, 8, 13));

TEST(PbtTest, LosersTakeOverFromWinnersOfTheirGeneration) {
  const Training training{.spec = ToySpec("10"), .parallel = 1, .most = 200, .train = TrainToy};
  const Training::Result result = training.Run();
  int replaced = 0;
  for (int i = 0; i < result.history.size(); ++i) {
    if (!absl::StrContains(result.explanations[static_cast<size_t>(i)], "gives up")) continue;
    ++replaced;
    const PopulationPlace place = PlaceOf(result.history, i);
    const TrialRecord& winner = result.history.trial(static_cast<int>(*place.parent));
    EXPECT_NE(PlaceOf(result.history, static_cast<int>(*place.parent)).member, place.member);
    int better = 0;
    for (int j = 0; j < i; ++j) {
      if (PlaceOf(result.history, j).generation + 1 != place.generation) continue;
      better += *result.history.trial(j).objective > *winner.objective ? 1 : 0;
    }
    EXPECT_LT(better, 2) << "of 10, the best 2 are taken over from";
    EXPECT_NE(winner.assignment, result.history.trial(i).assignment);
  }
  // A fifth of each of 19 generations, one worker knowing all of it.
  EXPECT_EQ(replaced, 2 * 19);
}

TEST(PbtTest, AWinnerGoesOnAsItIs) {
  const Training training{.spec = ToySpec("10"), .parallel = 1, .most = 200, .train = TrainToy};
  const Training::Result result = training.Run();
  for (int i = 0; i < result.history.size(); ++i) {
    if (!absl::StrContains(result.explanations[static_cast<size_t>(i)], "goes on from its")) {
      continue;
    }
    const PopulationPlace place = PlaceOf(result.history, i);
    EXPECT_EQ(PlaceOf(result.history, static_cast<int>(*place.parent)).member, place.member);
    EXPECT_EQ(result.history.trial(static_cast<int>(*place.parent)).assignment,
              result.history.trial(i).assignment);
  }
}

TEST(PbtTest, WithoutATruncationNobodyIsReplaced) {
  SuggesterSpec spec = ToySpec("6");
  spec.settings["truncation_threshold"] = "0";
  const Training training{.spec = spec, .parallel = 2, .most = 60, .train = TrainToy};
  for (const std::string& why : training.Run().explanations) {
    EXPECT_THAT(why, testing::Not(HasSubstr("gives up")));
  }
}

TEST(PbtTest, ANewInstanceBetweenEveryTwoCallsChangesNothing) {
  Training training{.spec = ToySpec("6"), .parallel = 4, .most = 120, .train = TrainToy};
  const Training::Result once = training.Run();
  training.new_instance_each_call = true;
  const Training::Result again = training.Run();
  EXPECT_EQ(once.explanations, again.explanations);
  EXPECT_EQ(once.history.PrefixHash(120), again.history.PrefixHash(120));
}

TEST(PbtTest, AFailedTrialIsRepeatedFromItsParentAndThenReplaced) {
  std::map<int64_t, int> failures;  // by member
  const Training training{.spec = ToySpec("6"),
                          .parallel = 1,
                          .most = 60,
                          .train = [](TrialRecord& trial, std::array<double, 2>& weights) {
                            TrainToy(trial, weights);
                            const auto place = ParsePopulationPlace(trial.labels);
                            if (place->member != 2 || place->generation != 3) return;
                            if (trial.number % 50 == 49) return;
                            trial.condition = TrialCondition::kFailed;
                            trial.objective.reset();
                          }};
  const Training::Result result = training.Run();
  std::vector<int> tried;
  for (int i = 0; i < result.history.size(); ++i) {
    const PopulationPlace place = PlaceOf(result.history, i);
    if (place.member == 2 && place.generation == 3) tried.push_back(i);
  }
  ASSERT_EQ(tried.size(), 2) << "the third try begins in the generation of who has a result";
  EXPECT_EQ(result.history.trial(tried[0]).assignment, result.history.trial(tried[1]).assignment);
  EXPECT_EQ(PlaceOf(result.history, tried[0]), PlaceOf(result.history, tried[1]));
  EXPECT_THAT(result.explanations[static_cast<size_t>(tried[1])], HasSubstr("once more"));
  const auto next = std::find_if(
      result.explanations.begin(), result.explanations.end(), [](const std::string& why) {
        return absl::StrContains(why, "member 2, generation 4: gives up (no result)");
      });
  EXPECT_NE(next, result.explanations.end());
}

TEST(PbtTest, WhereEveryTrialFailsItBeginsAnew) {
  const Training training{.spec = ToySpec("5"),
                          .parallel = 2,
                          .most = 40,
                          .train = [](TrialRecord& trial, std::array<double, 2>&) {
                            trial.condition = TrialCondition::kFailed;
                          }};
  const History history = training.Run().history;
  EXPECT_EQ(history.size(), 40);
  for (int i = 0; i < history.size(); ++i) EXPECT_EQ(PlaceOf(history, i).generation, 0);
}

TEST(PbtTest, InheritingFindsWhatNoFixedValueReaches) {
  const Training training{.spec = ToySpec("10"), .parallel = 5, .most = 200, .train = TrainToy};
  const History history = training.Run().history;
  double best = 0;
  for (int i = 0; i < history.size(); ++i) best = std::max(best, *history.trial(i).objective);
  // The best fixed values, trained for as long as any member was.
  double best_fixed = 0;
  for (int a = 0; a <= 20; ++a) {
    for (int b = 0; b <= 20; ++b) {
      TrialRecord trial = PendingTrial(0, {a / 20.0, b / 20.0});
      std::array<double, 2> weights = {0.9, 0.9};
      for (int generation = 0; generation < 20; ++generation) TrainToy(trial, weights);
      best_fixed = std::max(best_fixed, *trial.objective);
    }
  }
  EXPECT_GT(best, best_fixed);
}

TEST(PbtTest, SettingsOutsideTheirRangesAreRefused) {
  const AlgorithmDescriptor& pbt = **FindAlgorithm("pbt");
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"n_population", "4"},
                                                        {"truncation_threshold", "1.5"},
                                                        {"resample_probability", "-0.1"}}) {
    SuggesterSpec spec = ToySpec("8");
    spec.settings[name] = value;
    EXPECT_EQ(ValidateAlgorithm(pbt, spec).size(), 1) << name;
  }
  EXPECT_TRUE(NeedsCheckpoints(pbt));
  EXPECT_FALSE(NeedsCheckpoints(**FindAlgorithm("hyperband")));
}

}  // namespace
}  // namespace qalam
