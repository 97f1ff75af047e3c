#include "suggestion/unseen_points.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

class UnseenPointsTest : public testing::Test {
 protected:
  UnseenPointsTest()
      : space_(TestSpace("tiny")), finite_(FiniteSpace::Of(space_)), history_(space_, {}) {}

  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  History history_;
};

TEST_F(UnseenPointsTest, SeesTheHistoryAndTheRequest) {
  history_.Put(PendingTrial(0, {1, 0}));
  UnseenPoints unseen(history_, &*finite_);
  EXPECT_FALSE(unseen.IsUnseen({1, 0}));
  EXPECT_TRUE(unseen.IsUnseen({2, 0}));
  unseen.Take({2, 0});
  EXPECT_FALSE(unseen.IsUnseen({2, 0}));
}

TEST_F(UnseenPointsTest, CountsEachPointOnce) {
  for (int i = 0; i < 5; ++i) history_.Put(PendingTrial(i, finite_->At(i)));
  history_.Put(PendingTrial(7, finite_->At(0)));
  history_.Put(PendingTrial(8, {99, 0}));
  UnseenPoints unseen(history_, &*finite_);
  unseen.Take(finite_->At(1));
  EXPECT_TRUE(unseen.AnyLeft());
  EXPECT_EQ(unseen.Pick(1), finite_->At(5));
  unseen.Take(finite_->At(5));
  unseen.Take(finite_->At(5));
  EXPECT_FALSE(unseen.AnyLeft());
  EXPECT_EQ(unseen.Pick(1), std::nullopt);
}

TEST_F(UnseenPointsTest, PicksEveryUnseenPointEquallyOften) {
  for (int i = 0; i < 3; ++i) history_.Put(PendingTrial(i, finite_->At(i)));
  const UnseenPoints unseen(history_, &*finite_);
  std::map<Assignment, int> picked;
  for (uint64_t key = 0; key < 3000; ++key) ++picked[*unseen.Pick(key)];
  ASSERT_EQ(picked.size(), 3);
  for (const auto& [point, count] : picked) EXPECT_NEAR(count, 1000, 120);
}

TEST_F(UnseenPointsTest, InfiniteSpacesAlwaysHaveMoreButNoneToPick) {
  const UnseenPoints unseen(history_, nullptr);
  EXPECT_TRUE(unseen.AnyLeft());
  EXPECT_EQ(unseen.Pick(0), std::nullopt);
}

}  // namespace
}  // namespace qalam
