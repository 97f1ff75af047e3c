// Where a search has come to an end, and what it does then.
#include "suggestion/gp/settled_places.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/registry.h"
#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

// Trials in a space of two numbers and a category.
class Search {
 public:
  explicit Search(int spread = 10) : history_(space_, Objective()) {
    RandomStream random(1, 0, "spread");
    for (int i = 0; i < spread; ++i)
      Add({random.Uniform(), random.Uniform(), 1}, 1 + random.Uniform());
  }

  void Add(const Assignment& assignment, double loss) {
    TrialRecord trial = PendingTrial(history_.next_number(), assignment);
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = loss;
    history_.Put(trial);
  }

  // Six trials next to a place, the later of them better by `gain` each.
  void Stay(double x, double y, double loss, double gain) {
    for (int i = 0; i < 6; ++i) Add({x + 1e-4 * i, y - 1e-4 * i, 0}, loss - gain * i);
  }

  SettledPlaces Find() const { return SettledPlaces::Find(Table()); }

  TrialTable Table() const {
    TrialTable table(space_, Objective());
    table.Update(history_);
    return table;
  }

  bool IsSettled(const Assignment& assignment) const {
    const TrialTable table = Table();
    return Find().Contains(table.encoding(), table.encoding().Encode(assignment));
  }

 private:
  std::shared_ptr<const SearchSpace> space_ =
      MakeSpace({DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1),
                 ListParameter("c", ParameterType::kCategorical, {"a", "b"})});
  History history_;
};

TEST(SettledPlacesTest, NothingIsWhereTrialsAreFarApart) { EXPECT_TRUE(Search().Find().empty()); }

TEST(SettledPlacesTest, TheBestPlaceIsWhenNothingIsLeftToGain) {
  Search search;
  search.Stay(0.3, 0.4, 0, 1e-6);
  EXPECT_EQ(search.Find().size(), 1);
  EXPECT_TRUE(search.IsSettled({0.38, 0.32, 0}));
  EXPECT_FALSE(search.IsSettled({0.42, 0.4, 0}));
  EXPECT_FALSE(search.IsSettled({0.3, 0.4, 1}));
}

TEST(SettledPlacesTest, TheBestPlaceIsNotWhileTrialsThereGain) {
  Search search;
  search.Stay(0.3, 0.4, 0, 1e-2);
  EXPECT_TRUE(search.Find().empty());
}

TEST(SettledPlacesTest, APlaceIsNotWhileABetterOneIsStillSearched) {
  Search search;
  search.Stay(0.3, 0.4, 0, 1e-6);
  search.Add({0.8, 0.8, 0}, -1);
  EXPECT_TRUE(search.Find().empty());
}

TEST(SettledPlacesTest, TheNextBestPlacesAreInTheirTurn) {
  Search search;
  search.Stay(0.3, 0.4, 0, 1e-6);
  search.Stay(0.7, 0.8, 0.5, 1e-6);
  EXPECT_EQ(search.Find().size(), 2);
  EXPECT_TRUE(search.IsSettled({0.65, 0.75, 0}));
}

TEST(SettledPlacesTest, NothingIsWhenHardlyAnythingElseIsKnown) {
  Search search(4);
  search.Stay(0.3, 0.4, 0, 1e-6);
  EXPECT_TRUE(search.Find().empty());
  search.Add({0.9, 0.1, 0}, 1);
  EXPECT_EQ(search.Find().size(), 1);
}

TEST(TrialTableTest, ChosenTrialsKeepWhatIsKnownOfThem) {
  Search search;
  search.Stay(0.3, 0.4, 0, 1e-6);
  const TrialTable table = search.Table();
  const TrialTable chosen =
      table.Where([](absl::Span<const double> point) { return point[0] < 0.5; });
  ASSERT_GT(chosen.size(), 6);
  ASSERT_LT(chosen.size(), table.size());
  EXPECT_EQ(chosen.number(chosen.best()), table.number(table.best()));
  EXPECT_EQ(chosen.with_loss().size(), static_cast<size_t>(chosen.size()));
  for (int i = 0; i < chosen.size(); ++i) {
    const int original = static_cast<int>(chosen.number(i));
    EXPECT_LT(chosen.point(i)[0], 0.5);
    EXPECT_EQ(chosen.point(i), table.point(original));
    EXPECT_EQ(chosen.value(0, i), table.value(0, original));
  }
}

// Shekel's function with ten wells, here in the unit cube: the least value is -10.54, others are -2
// to -5.
double Shekel(const Assignment& x) {
  constexpr double kCenters[10][4] = {{4, 4, 4, 4}, {1, 1, 1, 1},    {8, 8, 8, 8}, {6, 6, 6, 6},
                                      {3, 7, 3, 7}, {2, 9, 2, 9},    {5, 5, 3, 3}, {8, 1, 8, 1},
                                      {6, 2, 6, 2}, {7, 3.6, 7, 3.6}};
  constexpr double kFloors[10] = {0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5};
  double sum = 0;
  for (int i = 0; i < 10; ++i) {
    double distance = kFloors[i];
    for (size_t d = 0; d < 4; ++d) distance += std::pow(10 * x[d] - kCenters[i][d], 2);
    sum += 1 / distance;
  }
  return -sum;
}

TEST(SettledPlacesTest, TheSearchGoesOnToOtherOptima) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    SuggesterSpec spec;
    std::vector<Parameter> parameters;
    for (int d = 0; d < 4; ++d) {
      parameters.push_back(DoubleParameter("x" + std::to_string(d), 0, 1));
    }
    spec.space = MakeSpace(parameters);
    spec.objective.metrics = {{.name = "loss"}};
    spec.seed = seed;
    History history(spec.space, spec.objective);
    const std::unique_ptr<Suggester> suggester = CreateSuggester("gp", spec).value();
    double best = 0;
    bool told = false;
    while (history.size() < 150) {
      const Suggestion suggestion = suggester->Suggest(history, 1).value()[0];
      TrialRecord trial = PendingTrial(history.next_number(), suggestion.assignment);
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = Shekel(suggestion.assignment);
      best = std::min(best, *trial.objective);
      told =
          told || suggestion.explanation.find("away from 1 settled optimum") != std::string::npos;
      history.Put(trial);
    }
    EXPECT_TRUE(told) << seed;
    EXPECT_LT(best, -10) << seed;
  }
}

}  // namespace
}  // namespace qalam::gp
