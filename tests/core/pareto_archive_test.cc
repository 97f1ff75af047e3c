#include "core/pareto_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "core/random_stream.h"

namespace qalam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

bool Dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better |= a[i] < b[i];
  }
  return better;
}

std::vector<int64_t> Numbers(const ParetoArchive& front) {
  std::vector<int64_t> numbers;
  for (const ParetoArchive::Member& member : front.members()) numbers.push_back(member.number);
  return numbers;
}

TEST(ParetoArchiveTest, KeepsWhatNothingDominates) {
  ParetoArchive front;
  EXPECT_THAT(front.Add({0, {3, 3}}), Optional(IsEmpty()));
  EXPECT_THAT(front.Add({1, {1, 4}}), Optional(IsEmpty()));
  EXPECT_EQ(front.Add({2, {3, 4}}), std::nullopt);
  EXPECT_THAT(front.Add({5, {4, 2}}), Optional(IsEmpty()));
  EXPECT_THAT(front.Add({4, {3, 2}}), Optional(ElementsAre(0, 5)));
  EXPECT_THAT(Numbers(front), ElementsAre(1, 4));
}

TEST(ParetoArchiveTest, OfEqualPointsTheOneWithTheSmallestNumberStays) {
  ParetoArchive front;
  EXPECT_THAT(front.Add({7, {1, 2}}), Optional(IsEmpty()));
  EXPECT_EQ(front.Add({8, {1, 2}}), std::nullopt);
  EXPECT_THAT(front.Add({3, {1, 2}}), Optional(ElementsAre(7)));
  EXPECT_EQ(front.Add({3, {1, 2}}), std::nullopt) << "told twice";
  EXPECT_THAT(Numbers(front), ElementsAre(3));
}

TEST(ParetoArchiveTest, IsTheSameInWhateverOrderPointsCome) {
  RandomStream random(1, 0, "points");
  for (size_t dimensions = 1; dimensions <= 4; ++dimensions) {
    SCOPED_TRACE(dimensions);
    std::vector<ParetoArchive::Member> points;
    for (int64_t number = 0; number < 200; ++number) {
      ParetoArchive::Member point{number, {}};
      for (size_t i = 0; i < dimensions; ++i) {
        point.losses.push_back(static_cast<double>(random.Below(8)));  // with many equal ones
      }
      points.push_back(point);
    }
    ParetoArchive expected;
    for (const ParetoArchive::Member& point : points) expected.Add(point);
    for (const ParetoArchive::Member& point : points) {
      const bool dominated =
          std::any_of(points.begin(), points.end(), [&](const ParetoArchive::Member& other) {
            return Dominates(other.losses, point.losses);
          });
      const bool kept = std::any_of(
          expected.members().begin(), expected.members().end(),
          [&](const ParetoArchive::Member& member) { return member.losses == point.losses; });
      EXPECT_NE(dominated, kept) << point.number;
    }
    for (int round = 0; round < 10; ++round) {
      for (size_t i = points.size() - 1; i > 0; --i) {
        std::swap(points[i], points[random.Below(i + 1)]);
      }
      ParetoArchive front;
      for (const ParetoArchive::Member& point : points) front.Add(point);
      EXPECT_EQ(front, expected);
    }
  }
}

}  // namespace
}  // namespace qalam
