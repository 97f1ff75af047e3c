#include "core/text.h"

#include <gtest/gtest.h>

namespace qalam {
namespace {

TEST(ClosestMatchTest, ForgivesSlipsOfThePen) {
  const std::vector<std::string> names = {"random", "grid", "sobol", "random_state"};
  EXPECT_EQ(ClosestMatch("random", names), "random");
  EXPECT_EQ(ClosestMatch("Grid", names), "grid");
  EXPECT_EQ(ClosestMatch("gird", names), "grid") << "a swap counts as one edit";
  EXPECT_EQ(ClosestMatch("sobel", names), "sobol");
  EXPECT_EQ(ClosestMatch("ramdomstate", names), "random_state");
  EXPECT_EQ(ClosestMatch("rndm", names), "random");
}

TEST(ClosestMatchTest, DoesNotGuessWildly) {
  EXPECT_EQ(ClosestMatch("hyperband", {"random", "grid"}), "");
  EXPECT_EQ(ClosestMatch("", {"a", "b"}), "");
  EXPECT_EQ(ClosestMatch("x", {"y"}), "");
  EXPECT_EQ(ClosestMatch("anything", {}), "");
  EXPECT_EQ(ClosestMatch("anything", {""}), "");
}

TEST(ClosestMatchTest, TheFirstOfEqualsWins) {
  EXPECT_EQ(ClosestMatch("beat", {"boat", "bear"}), "boat");
}

TEST(JoinAlternativesTest, ReadsLikeASentence) {
  EXPECT_EQ(JoinAlternatives({}), "");
  EXPECT_EQ(JoinAlternatives({"a"}), "a");
  EXPECT_EQ(JoinAlternatives({"a", "b"}), "a or b");
  EXPECT_EQ(JoinAlternatives({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace qalam
