#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "suggestion/auto/member_choice.h"
#include "suggestion/registry.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

const std::vector<AutoMember> kTwo = {{"a", 0.5, 0.5}, {"b", 0.5, 0.5}};

// A history in which `member_of(i)` proposed trial i, with the loss that is given.
History Proposed(int count, const std::function<std::string(int)>& member_of,
                 const std::function<double(int)>& loss_of) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1)});
  Objective objective;
  objective.metrics = {{.name = "loss"}};
  History history(space, objective);
  for (int i = 0; i < count; ++i) {
    TrialRecord trial = PendingTrial(i, {static_cast<double>(i) / count});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = loss_of(i);
    trial.labels[kAutoMemberLabel] = member_of(i);
    EXPECT_TRUE(history.Put(trial));
  }
  return history;
}

std::string InTurn(int i) { return i % 2 == 0 ? "a" : "b"; }

double Sum(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(AutoMembersTest, SharesOfEverySpaceSumToOne) {
  for (const std::string& name : TestSpaceNames()) {
    double early = 0;
    double late = 0;
    for (const AutoMember& member : AutoMembersFor(*TestSpace(name))) {
      EXPECT_TRUE(FindAlgorithm(member.name).ok()) << member.name;
      early += member.early_share;
      late += member.late_share;
    }
    EXPECT_NEAR(early, 1, 1e-12) << name;
    EXPECT_NEAR(late, 1, 1e-12) << name;
  }
}

TEST(AutoMembersTest, SeveralObjectivesAreForThoseThatKnowThem) {
  double early = 0;
  for (const AutoMember& member : AutoMembersFor(*TestSpace("flat"), 2)) {
    EXPECT_TRUE((*FindAlgorithm(member.name))->capabilities.multi_objective) << member.name;
    early += member.early_share;
  }
  EXPECT_NEAR(early, 1, 1e-12);
}

// Each trial of a adds a point to the front, and each of b is dominated by the one before it.
TEST(AutoCreditsTest, WhoEntersTheFrontEarnsMore) {
  Objective objective;
  objective.metrics = {{.name = "loss"}, {.name = "size"}};
  objective.further = {{.metric = "size"}};
  History history(MakeSpace({DoubleParameter("x", 0, 1)}), objective);
  for (int i = 0; i < 40; ++i) {
    TrialRecord trial = PendingTrial(i, {i / 40.0});
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = i / 2 + i % 2;
    trial.further_objectives = {-static_cast<double>(i / 2)};
    trial.labels[kAutoMemberLabel] = InTurn(i);
    ASSERT_TRUE(history.Put(trial));
  }
  const std::vector<double> credits = AutoCredits(history, kTwo);
  EXPECT_GT(credits[0], credits[1] + 0.3);
}

TEST(AutoCreditsTest, WhoImprovesEarnsMore) {
  // Each trial of a is a new best, each of b is bad.
  const History history = Proposed(20, InTurn, [](int i) { return i % 2 == 0 ? -i : 100.0 + i; });
  const std::vector<double> credits = AutoCredits(history, kTwo);
  EXPECT_GT(credits[0], credits[1] + 0.3);
  const std::vector<double> shares = AutoProbabilities(kTwo, credits, 20);
  EXPECT_GT(shares[0], 2 * shares[1]);
  EXPECT_NEAR(Sum(shares), 1, 1e-12);
}

TEST(AutoCreditsTest, WithoutResultsAllAreTrustedAlike) {
  const History history = Proposed(0, InTurn, [](int) { return 0.0; });
  EXPECT_EQ(AutoProbabilities(kTwo, AutoCredits(history, kTwo), 0),
            (std::vector<double>{0.5, 0.5}));
}

TEST(AutoCreditsTest, FailuresEarnNothing) {
  const double nan = std::nan("");
  const History history = Proposed(20, InTurn, [nan](int i) { return i % 2 == 0 ? nan : 1.0 * i; });
  const std::vector<double> credits = AutoCredits(history, kTwo);
  EXPECT_LT(credits[0], credits[1]);
}

TEST(AutoCreditsTest, ALosingMemberIsStillAskedNowAndThen) {
  const History history = Proposed(400, InTurn, [](int i) { return i % 2 == 0 ? -i : 1000.0 + i; });
  const std::vector<double> shares =
      AutoProbabilities({{"a", 0.99, 0.99}, {"b", 0.01, 0.01}}, AutoCredits(history, kTwo), 400);
  EXPECT_GT(shares[1], 0.0005);
}

TEST(AutoTest, EveryTrialSaysWhoProposedItAndSeveralTakePart) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1)});
  SuggesterSpec spec;
  spec.space = space;
  spec.objective.metrics = {{.name = "loss"}};
  History history(space, spec.objective);
  const std::unique_ptr<Suggester> suggester = CreateSuggester("auto", spec).value();
  std::map<std::string, int> counts;
  for (int i = 0; i < 60; ++i) {
    const Suggestion suggestion = suggester->Suggest(history, 1).value().at(0);
    ++counts[suggestion.labels.at(kAutoMemberLabel)];
    EXPECT_NE(suggestion.explanation, "");
    TrialRecord trial = PendingTrial(i, suggestion.assignment);
    trial.labels = suggestion.labels;
    trial.condition = TrialCondition::kSucceeded;
    trial.objective = std::pow(suggestion.assignment[0] - 0.3, 2) + suggestion.assignment[1];
    ASSERT_TRUE(history.Put(trial));
  }
  EXPECT_GT(counts["gp"], 30);
  EXPECT_GE(counts.size(), 2u);
}

TEST(AutoTest, TheSamePointsWithOtherResultsAreAnotherHistory) {
  const History first = Proposed(30, InTurn, [](int i) { return 1.0 * i; });
  const History second = Proposed(30, InTurn, [](int i) { return 1.0 * (29 - i); });
  SuggesterSpec spec;
  spec.space = MakeSpace({DoubleParameter("x", 0, 1)});
  spec.objective = first.objective();
  const std::unique_ptr<Suggester> used = CreateSuggester("auto", spec).value();
  const std::vector<Suggestion> of_first = used->Suggest(first, 3).value();
  const std::vector<Suggestion> of_second = used->Suggest(second, 3).value();
  EXPECT_EQ(of_second, CreateSuggester("auto", spec).value()->Suggest(second, 3).value());
  EXPECT_NE(of_first, of_second);
}

}  // namespace
}  // namespace qalam
