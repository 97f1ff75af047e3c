#include "suggestion/feasible.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>

#include "suggestion/finite_space.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

class RepairPointTest : public testing::TestWithParam<std::string> {};

TEST_P(RepairPointTest, ResultsSatisfyAndAreUnseenWhileAnyAreLeft) {
  const auto space = TestSpace(GetParam());
  const auto finite = FiniteSpace::Of(space);
  const History history(space, {});
  UnseenPoints unseen(history, finite.has_value() ? &*finite : nullptr);
  RandomStream random(1, 0, "test");
  const int count = static_cast<int>(std::min(200.0, space->Cardinality()));
  for (int i = 0; i < count; ++i) {
    std::vector<double> unit(static_cast<size_t>(space->size()));
    for (double& u : unit) u = random.Uniform();
    if (space->Satisfies(space->FromUnit(unit))) continue;
    const Assignment point = RepairPoint(unit, history, unseen, &random);
    ASSERT_TRUE(space->IsPoint(point));
    EXPECT_TRUE(unseen.IsUnseen(point));
    unseen.Take(point);
  }
}

INSTANTIATE_TEST_SUITE_P(Spaces, RepairPointTest,
                         testing::Values("constrained", "constrained_equal", "constrained_finite",
                                         "constrained_few", "constrained_large",
                                         "conditional_constrained"),
                         [](const auto& info) { return info.param; });

TEST(RepairTest, StaysNear) {
  const auto space =
      MakeSpace({DoubleParameter("a", 0, 1), DoubleParameter("b", 0, 1)}, {"a + b <= 1"});
  const History history(space, {});
  const UnseenPoints unseen(history, nullptr);
  RandomStream random(1, 0, "test");
  const Assignment point = RepairPoint({0.6, 0.6}, history, unseen, &random);
  EXPECT_NEAR(point[0] + point[1], 1, 0.05) << "near the border";
  EXPECT_LT(std::hypot(point[0] - 0.6, point[1] - 0.6), 0.25);
  EXPECT_EQ(RepairPoint({0.2, 0.6}, history, unseen, &random), Assignment({0.2, 0.6}));
}

TEST(RepairTest, TheLineIsFollowedUpToTheBorder) {
  const auto space = MakeSpace({DoubleParameter("a", 0, 1)}, {"a <= 0.5"});
  const Assignment point = LastSatisfyingTowards(*space, {0.9}, {0.1});
  EXPECT_NEAR(point[0], 0.5, 1e-8);
  EXPECT_LE(point[0], 0.5);
}

// An algorithm that knows nothing of constraints.
class Stubborn final : public OneByOneSuggester {
 public:
  explicit Stubborn(std::shared_ptr<const SearchSpace> space)
      : OneByOneSuggester({.space = std::move(space)}) {}

 private:
  void Update(const History&) override {}
  std::optional<Suggestion> Propose(const Request& request) override {
    const std::vector<double> unit(static_cast<size_t>(space().size()),
                                   request.number % 2 == 0 ? 1.0 : 0.9);
    EXPECT_FALSE(request.Allowed(space().FromUnit(unit)));
    return Suggestion{space().FromUnit(unit), {}, "stubborn"};
  }
};

TEST(OneByOneSuggesterTest, WhatViolatesConstraintsIsRepaired) {
  const auto space = TestSpace("constrained");
  Stubborn suggester(space);
  const History empty(space, {});
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> batch, suggester.Suggest(empty, 10));
  std::set<Assignment> points;
  for (const Suggestion& suggestion : batch) {
    EXPECT_TRUE(space->IsPoint(suggestion.assignment));
    EXPECT_EQ(suggestion.explanation, "stubborn; moved to satisfy the constraints");
    points.insert(suggestion.assignment);
  }
  EXPECT_EQ(points.size(), 10);
}

TEST(SobolUnderConstraintsTest, TakesThePointsOfTheSequenceThatSatisfyThem) {
  const std::vector<Parameter> parameters = {DoubleParameter("a", 0, 1),
                                             DoubleParameter("b", 0, 1)};
  SuggesterSpec free, bound;
  free.space = MakeSpace(parameters);
  bound.space = MakeSpace(parameters, {"a + b <= 1"});
  const auto all = CreateSuggester("sobol", free).value()->Suggest({free.space, {}}, 200).value();
  const auto some = CreateSuggester("sobol", bound).value()->Suggest({bound.space, {}}, 50).value();
  size_t next = 0;
  for (const Suggestion& suggestion : all) {
    if (!bound.space->Satisfies(suggestion.assignment) || next == some.size()) continue;
    EXPECT_EQ(some[next++].assignment, suggestion.assignment);
  }
  EXPECT_EQ(next, some.size());
}

TEST(GridUnderConstraintsTest, CountsAndTriesWhatSatisfiesThem) {
  SuggesterSpec spec;
  spec.space = MakeSpace({IntParameter("i", 1, 9), IntParameter("j", 1, 9)}, {"i < j"});
  spec.max_trial_count = 37;
  const auto problems = ValidateAlgorithm(**FindAlgorithm("grid"), spec);
  ASSERT_EQ(problems.size(), 1);
  EXPECT_THAT(problems[0], StatusIs(absl::StatusCode::kInvalidArgument,
                                    testing::HasSubstr("> all possible search combinations: 36")));
  spec.max_trial_count = std::nullopt;
  const auto grid = CreateSuggester("grid", spec).value();
  EXPECT_EQ(grid->Suggest({spec.space, {}}, 100)->size(), 36);
}

}  // namespace
}  // namespace qalam
