#include "suggestion/finite_space.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

TEST(FiniteSpaceTest, NumbersPointsWithTheLastParameterFastest) {
  const auto points = FiniteSpace::Of(TestSpace("tiny"));
  ASSERT_TRUE(points.has_value());
  ASSERT_EQ(points->size(), 6);
  EXPECT_EQ(points->At(0), Assignment({1, 0}));
  EXPECT_EQ(points->At(1), Assignment({1, 1}));
  EXPECT_EQ(points->At(2), Assignment({2, 0}));
  EXPECT_EQ(points->At(5), Assignment({3, 1}));
}

TEST(FiniteSpaceTest, EveryNumberIsAnotherPoint) {
  const auto space = TestSpace("finite");
  const auto points = FiniteSpace::Of(space);
  ASSERT_EQ(points->size(), 10 * 8 * 4 * 3);
  std::set<Assignment> seen;
  for (int64_t i = 0; i < points->size(); ++i) {
    ASSERT_TRUE(space->Contains(points->At(i)));
    seen.insert(points->At(i));
  }
  EXPECT_EQ(static_cast<int64_t>(seen.size()), points->size());
}

TEST(FiniteSpaceTest, HoldsUpTo2To62Points) {
  const double side = 0x1p31 - 1;
  const auto points =
      FiniteSpace::Of(MakeSpace({IntParameter("a", 0, side), IntParameter("b", 0, side)}));
  ASSERT_TRUE(points.has_value());
  EXPECT_EQ(points->size(), FiniteSpace::kMaxSize);
  EXPECT_EQ(points->At(points->size() - 1), Assignment({side, side}));
  EXPECT_FALSE(
      FiniteSpace::Of(MakeSpace({IntParameter("a", 0, side), IntParameter("b", 0, side + 1)})));
}

TEST(FiniteSpaceTest, ContinuousSpacesHaveNoNumbering) {
  EXPECT_FALSE(FiniteSpace::Of(TestSpace("flat")).has_value());
  EXPECT_FALSE(FiniteSpace::Of(TestSpace("singletons")).has_value());
  EXPECT_TRUE(FiniteSpace::Of(TestSpace("one_point")).has_value());
}

}  // namespace
}  // namespace qalam
