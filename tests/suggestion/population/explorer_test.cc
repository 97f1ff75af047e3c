#include "suggestion/population/explorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/random_stream.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AnyOf;
using testing::DoubleEq;

// What `count` perturbations of one parameter's value lead to.
std::set<double> Reached(const Parameter& parameter, double value, int count,
                         std::optional<double> resample = std::nullopt) {
  const auto space = MakeSpace({parameter});
  const PerturbingExplorer explorer(resample, 1);
  RandomStream random(1, 0, "test");
  std::set<double> reached;
  for (int i = 0; i < count; ++i) {
    reached.insert(explorer.Perturb(*space, {value}, {false}, random)[0]);
  }
  return reached;
}

TEST(ExplorerTest, NumbersAreMultipliedByTheFactorsOfThePaper) {
  EXPECT_THAT(Reached(DoubleParameter("x", 0, 10), 2, 50),
              testing::ElementsAre(DoubleEq(1.6), DoubleEq(2.4)));
  Parameter log = DoubleParameter("x", 1e-5, 1);
  log.distribution = Distribution::kLogUniform;
  EXPECT_THAT(Reached(log, 1e-3, 50), testing::ElementsAre(DoubleEq(8e-4), DoubleEq(1.2e-3)));
}

TEST(ExplorerTest, AtABoundItMovesTheOtherWay) {
  EXPECT_THAT(Reached(DoubleParameter("x", 0, 1), 1, 50), testing::ElementsAre(DoubleEq(0.8)));
}

TEST(ExplorerTest, ZeroAndRangesFarFromItMoveByAPartOfTheRange) {
  EXPECT_THAT(Reached(DoubleParameter("x", -1, 1), 0, 50),
              testing::ElementsAre(DoubleEq(-0.02), DoubleEq(0.02)));
  EXPECT_THAT(Reached(DoubleParameter("x", 100, 110), 105, 50),
              testing::ElementsAre(DoubleEq(103), DoubleEq(107)));
}

TEST(ExplorerTest, WholeNumbersAlwaysMove) {
  EXPECT_THAT(Reached(IntParameter("x", 1, 9), 1, 50), testing::ElementsAre(2));
  EXPECT_THAT(Reached(IntParameter("x", 1, 9), 2, 50), testing::ElementsAre(1, 3));
  EXPECT_THAT(Reached(IntParameter("x", 1, 100), 50, 50), testing::ElementsAre(40, 60));
  EXPECT_THAT(Reached(IntParameter("x", 3, 3), 3, 5), testing::ElementsAre(3));
}

TEST(ExplorerTest, DiscreteValuesMoveToANeighbour) {
  Parameter discrete;
  discrete.name = "x";
  discrete.type = ParameterType::kDiscrete;
  discrete.list = {"1", "10", "100", "1000"};
  EXPECT_THAT(Reached(discrete, 1, 50), testing::ElementsAre(0, 2));
  EXPECT_THAT(Reached(discrete, 3, 50), testing::ElementsAre(2));
}

TEST(ExplorerTest, CategoriesChangeNowAndThen) {
  Parameter category;
  category.name = "x";
  category.type = ParameterType::kCategorical;
  category.list = {"a", "b", "c"};
  EXPECT_THAT(Reached(category, 1, 100), testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(Reached(category, 1, 100, 0.0), testing::ElementsAre(1));
}

TEST(ExplorerTest, ValuesAreDrawnAnewAsOftenAsAsked) {
  EXPECT_EQ(Reached(DoubleParameter("x", 0, 1), 0.5, 100, 1.0).size(), 100);
  EXPECT_EQ(Reached(DoubleParameter("x", 0, 1), 0.5, 100, 0.0).size(), 2);
}

// Of every kind of space, conditions and constraints included.
TEST(ExplorerTest, EveryGenerationIsAPointOfTheSpace) {
  for (const std::string& name : TestSpaceNames()) {
    SCOPED_TRACE(name);
    const auto space = TestSpace(name);
    PerturbingExplorer explorer(std::nullopt, 1);
    History history(space, Objective());
    Assignment point = space->known_point();
    bool moved = false;
    for (int generation = 0; generation < 100; ++generation) {
      ASSERT_TRUE(history.Put(PendingTrial(generation, point)));
      const Assignment next = explorer.Explore(history, {.from = generation});
      ASSERT_TRUE(space->IsPoint(next)) << generation;
      moved = moved || next != point;
      point = next;
    }
    EXPECT_EQ(moved, space->Cardinality() > 1);
  }
}

TEST(ExplorerTest, WhatIsKeptStays) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1), DoubleParameter("y", 0, 1)});
  const PerturbingExplorer explorer(std::nullopt, 1);
  RandomStream random(1, 0, "test");
  const Assignment next = explorer.Perturb(*space, {0.5, 0.5}, {true, false}, random);
  EXPECT_EQ(next[0], 0.5);
  EXPECT_THAT(next[1], AnyOf(DoubleEq(0.4), DoubleEq(0.6)));
}

TEST(ExplorerTest, ChangesAreToldByNameAndValue) {
  const auto space = MakeSpace({DoubleParameter("x", 0, 1), IntParameter("n", 1, 9)});
  EXPECT_EQ(DescribeChanges(*space, {0.5, 2}, {0.25, 2}), "x 0.5 -> 0.25");
  EXPECT_EQ(DescribeChanges(*space, {0.5, 2}, {0.5, 2}), "nothing");
}

}  // namespace
}  // namespace qalam
