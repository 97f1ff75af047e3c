#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SuggesterSpec GridSpec(std::shared_ptr<const SearchSpace> space) {
  SuggesterSpec spec;
  spec.space = std::move(space);
  return spec;
}

std::vector<Assignment> Ask(Suggester& grid, const History& history, int count) {
  const std::vector<Suggestion> batch = grid.Suggest(history, count).value();
  std::vector<Assignment> points;
  for (const Suggestion& suggestion : batch) {
    points.push_back(suggestion.assignment);
  }
  return points;
}

class GridTest : public testing::Test {
 protected:
  GridTest() : spec_(GridSpec(TestSpace("tiny"))), history_(spec_.space, {}) {}

  std::unique_ptr<Suggester> Create() const { return CreateSuggester("grid", spec_).value(); }
  void Put(const std::vector<Assignment>& points) {
    for (const Assignment& point : points)
      history_.Put(PendingTrial(history_.next_number(), point));
  }

  SuggesterSpec spec_;
  History history_;
};

TEST_F(GridTest, GoesThroughTheGridInLexicographicOrder) {
  EXPECT_THAT(Ask(*Create(), history_, 10),
              ElementsAre(Assignment{1, 0}, Assignment{1, 1}, Assignment{2, 0}, Assignment{2, 1},
                          Assignment{3, 0}, Assignment{3, 1}));
}

TEST_F(GridTest, ThenHasNothingLeft) {
  const auto grid = Create();
  Put(Ask(*grid, history_, 4));
  EXPECT_EQ(Ask(*grid, history_, 4).size(), 2);
  Put(Ask(*grid, history_, 4));
  EXPECT_THAT(Ask(*grid, history_, 4), IsEmpty());
}

TEST_F(GridTest, SkipsWhatOthersHaveTried) {
  const auto grid = Create();
  Put({{3, 0}, {1, 1}, {77, 0}});
  EXPECT_THAT(Ask(*grid, history_, 2), ElementsAre(Assignment{1, 0}, Assignment{2, 0}));
  Put({{1, 0}, {2, 0}, {2, 1}});
  EXPECT_THAT(Ask(*grid, history_, 5), ElementsAre(Assignment{3, 1}));
}

TEST_F(GridTest, ProposesAgainWhatWasNeverRun) {
  const auto grid = Create();
  EXPECT_EQ(Ask(*grid, history_, 2), Ask(*grid, history_, 2))
      << "suggestions that did not become trials are not lost";
}

TEST_F(GridTest, RandomStateShufflesTheWholeGrid) {
  spec_ = GridSpec(TestSpace("finite"));
  const History history(spec_.space, {});
  const auto plain = Ask(*Create(), history, 1000);
  spec_.settings["random_state"] = "5";
  auto shuffled = Ask(*Create(), history, 1000);
  EXPECT_EQ(shuffled.size(), 960);
  EXPECT_NE(shuffled, plain);
  EXPECT_TRUE(std::is_permutation(shuffled.begin(), shuffled.end(), plain.begin()));
}

TEST_F(GridTest, TheExperimentsOwnSeedDoesNotShuffle) {
  const auto plain = Ask(*Create(), history_, 6);
  spec_.seed = 99;
  EXPECT_EQ(Ask(*Create(), history_, 6), plain);
}

TEST_F(GridTest, IsAtHomeInGridsThatFitInNoMemory) {
  const double side = 0x1p31 - 1;
  spec_ = GridSpec(MakeSpace({IntParameter("a", 0, side), IntParameter("b", 0, side)}));
  const History history(spec_.space, {});
  EXPECT_THAT(Ask(*Create(), history, 2), ElementsAre(Assignment{0, 0}, Assignment{0, 1}));
  spec_.settings["random_state"] = "1";
  const auto shuffled = Ask(*Create(), history, 100);
  EXPECT_EQ(std::set<Assignment>(shuffled.begin(), shuffled.end()).size(), 100);
  double mean = 0;
  for (const Assignment& point : shuffled) mean += point[0] / side / 100;
  EXPECT_NEAR(mean, 0.5, 0.15) << "a shuffled grid sees all of it at once";
}

TEST(GridValidationTest, EveryDoubleNeedsAStep) {
  EXPECT_THAT(CreateSuggester("grid", GridSpec(TestSpace("flat"))),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "Param lr step is nil; For discrete search space, all parameters must "
                       "include step"));
}

TEST(GridValidationTest, ARangeOfOneValueNeedsNone) {
  const auto space = MakeSpace({DoubleParameter("d", 0.5, 0.5), IntParameter("i", 1, 2)});
  EXPECT_OK(CreateSuggester("grid", GridSpec(space)));
}

TEST(GridValidationTest, TheBudgetMayNotExceedTheGrid) {
  SuggesterSpec spec = GridSpec(TestSpace("tiny"));
  spec.max_trial_count = 6;
  EXPECT_OK(CreateSuggester("grid", spec));
  spec.max_trial_count = 7;
  EXPECT_THAT(CreateSuggester("grid", spec),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "Max Trial Count: 7 > all possible search combinations: 6"));
}

TEST(GridValidationTest, AGridHasItsLimits) {
  const auto space = MakeSpace({IntParameter("a", 0, 0x1p40), IntParameter("b", 0, 0x1p40)});
  EXPECT_THAT(CreateSuggester("grid", GridSpec(space)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 2^62")));
}

}  // namespace
}  // namespace qalam
