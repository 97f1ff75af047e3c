#include "math/permutation.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace qalam {
namespace {

TEST(IndexPermutationTest, VisitsEveryElementOnce) {
  for (const int64_t size : {1, 2, 3, 4, 5, 7, 16, 17, 100, 1000, 4097}) {
    SCOPED_TRACE(size);
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const IndexPermutation order(size, seed);
      std::set<int64_t> seen;
      for (int64_t i = 0; i < size; ++i) {
        const int64_t element = order.At(i);
        ASSERT_GE(element, 0);
        ASSERT_LT(element, size);
        seen.insert(element);
      }
      ASSERT_EQ(static_cast<int64_t>(seen.size()), size);
    }
  }
}

TEST(IndexPermutationTest, HoldsTheLargestSize) {
  const int64_t size = int64_t{1} << 62;
  const IndexPermutation order(size, 1);
  std::set<int64_t> seen;
  for (int64_t i = 0; i < 1000; ++i) {
    const int64_t element = order.At(size - 1 - i);
    ASSERT_GE(element, 0);
    ASSERT_LT(element, size);
    seen.insert(element);
  }
  EXPECT_EQ(seen.size(), 1000);
}

TEST(IndexPermutationTest, SeedsGiveDifferentOrdersAndTheSameSeedTheSame) {
  std::set<std::vector<int64_t>> orders;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<int64_t> order, again;
    for (int64_t i = 0; i < 10; ++i) order.push_back(IndexPermutation(10, seed).At(i));
    for (int64_t i = 0; i < 10; ++i) again.push_back(IndexPermutation(10, seed).At(i));
    ASSERT_EQ(order, again);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 100);
}

// Each of 6 elements comes first for about a sixth of the seeds.
TEST(IndexPermutationTest, IsFairOnSmallSizes) {
  std::map<int64_t, int> first;
  for (uint64_t seed = 0; seed < 6000; ++seed) ++first[IndexPermutation(6, seed).At(0)];
  ASSERT_EQ(first.size(), 6);
  for (const auto& [element, count] : first) EXPECT_NEAR(count, 1000, 150) << element;
}

}  // namespace
}  // namespace qalam
