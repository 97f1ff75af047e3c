// What each policy for duplicates makes of every algorithm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_replace.h"
#include "suggestion/registry.h"
#include "suggestion/resumption.h"
#include "suggestion/unseen_points.h"
#include "tests/support/algorithm_spec.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

TrialRecord Succeeded(int64_t number, Assignment assignment, double objective) {
  TrialRecord trial = PendingTrial(number, std::move(assignment));
  trial.condition = TrialCondition::kSucceeded;
  trial.objective = objective;
  return trial;
}

class DuplicatesTest : public testing::Test {
 protected:
  DuplicatesTest() : space_(TestSpace("tiny")), history_(space_, {}) {
    finite_ = FiniteSpace::Of(space_);
  }
  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  History history_;
};

TEST_F(DuplicatesTest, ReuseAllowsPointsWithAResultAndNoOthers) {
  history_.Put(Succeeded(0, {1, 0}, 1));
  history_.Put(PendingTrial(1, {2, 0}));
  TrialRecord failed = PendingTrial(2, {3, 0});
  failed.condition = TrialCondition::kFailed;
  history_.Put(failed);
  UnseenPoints unseen(history_, &*finite_, DuplicatePolicy::kReuse);
  EXPECT_TRUE(unseen.IsUnseen({1, 0}));
  EXPECT_FALSE(unseen.IsUnseen({2, 0})) << "its result is not known yet";
  EXPECT_FALSE(unseen.IsUnseen({3, 0})) << "it has no result";
  EXPECT_TRUE(unseen.IsUnseen({1, 1}));
  EXPECT_FALSE(unseen.IsNew({1, 0}));
}

TEST_F(DuplicatesTest, ReuseAsksForSomethingNewAfterManyResultsInARow) {
  history_.Put(Succeeded(0, {1, 0}, 1));
  for (int i = 1; i < UnseenPoints::kMaxReusedInARow; ++i) {
    history_.Put(Succeeded(i, {1, 0}, 1));
  }
  UnseenPoints unseen(history_, &*finite_, DuplicatePolicy::kReuse);
  EXPECT_TRUE(unseen.IsUnseen({1, 0}));
  unseen.Take({1, 0});
  EXPECT_FALSE(unseen.IsUnseen({1, 0}));
  unseen.Take({2, 1});
  EXPECT_TRUE(unseen.IsUnseen({1, 0}));
}

TEST_F(DuplicatesTest, ReplicateAllowsEverythingForEver) {
  for (int i = 0; i < finite_->size(); ++i) history_.Put(PendingTrial(i, finite_->At(i)));
  const UnseenPoints unseen(history_, &*finite_, DuplicatePolicy::kReplicate);
  EXPECT_TRUE(unseen.AnyLeft());
  EXPECT_TRUE(unseen.IsUnseen(finite_->At(0)));
  EXPECT_FALSE(unseen.IsNew(finite_->At(0)));
  EXPECT_EQ(unseen.Pick(1), std::nullopt);
}

class DuplicatesOfAlgorithmTest : public testing::TestWithParam<std::string> {
 protected:
  // Asks for trials one by one, each of which succeeds, until there are `most` or no more come.
  History Search(const std::string& space, DuplicatePolicy duplicates, int most) const {
    SuggesterSpec spec{.space = TestSpace(space), .seed = 3, .duplicates = duplicates};
    spec.objective.metrics = {{.name = "loss"}};
    spec = CompleteSpec(**FindAlgorithm(GetParam()), std::move(spec));
    History history(spec.space, spec.objective);
    const auto suggester = CreateSuggester(GetParam(), spec).value();
    while (history.size() < most) {
      const std::vector<Suggestion> answer = suggester->Suggest(history, 1).value();
      if (answer.empty()) break;
      TrialRecord trial = PendingTrial(history.next_number(), answer[0].assignment);
      trial.labels = answer[0].labels;
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = std::fabs(trial.assignment[0] - 2);
      history.Put(trial);
    }
    return history;
  }
};

TEST_P(DuplicatesOfAlgorithmTest, ReuseEndsWhenEveryPointHasBeenTried) {
  if (NeedsCheckpoints(**FindAlgorithm(GetParam()))) {
    GTEST_SKIP() << "what comes of a point depends on what it goes on from";
  }
  const History history = Search("tiny", DuplicatePolicy::kReuse, 500);
  EXPECT_LT(history.size(), 6 * (UnseenPoints::kMaxReusedInARow + 1));
  std::set<Assignment> points;  // without the amount of a resource
  for (int i = 0; i < history.size(); ++i) {
    points.insert({history.trial(i).assignment[0], history.trial(i).assignment[1]});
  }
  EXPECT_EQ(points.size(), 6U);
}

TEST_P(DuplicatesOfAlgorithmTest, ReplicateGoesOnWhenEveryPointHasBeenTried) {
  const bool exhausts = (*FindAlgorithm(GetParam()))->capabilities.exhausts;
  const History history = Search("tiny", DuplicatePolicy::kReplicate, 30);
  EXPECT_EQ(history.size(), exhausts ? 6 : 30);
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const AlgorithmDescriptor& algorithm : Algorithms()) names.push_back(algorithm.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, DuplicatesOfAlgorithmTest, testing::ValuesIn(Names()),
                         [](const auto& info) { return TestNameOf(info.param); });

TEST(ReplicateTest, RandomDrawsRepeatLongBeforeTheSpaceIsUsedUp) {
  SuggesterSpec spec{.space = TestSpace("finite"), .duplicates = DuplicatePolicy::kReplicate};
  ASSERT_EQ(spec.space->Cardinality(), 960);
  const auto random = CreateSuggester("random", spec).value();
  std::set<Assignment> points;
  ASSERT_OK_AND_ASSIGN(const std::vector<Suggestion> drawn,
                       random->Suggest(History(spec.space, {}), 960));
  for (const Suggestion& suggestion : drawn) {
    points.insert(suggestion.assignment);
  }
  EXPECT_NEAR(static_cast<double>(points.size()), 960 * (1 - std::exp(-1)), 45);
}

}  // namespace
}  // namespace qalam
