#include "bench/disguise.h"

#include <gtest/gtest.h>

#include <set>

#include "core/parameter.h"

namespace qalam::bench {
namespace {

std::shared_ptr<const SearchSpace> Original() {
  std::vector<Parameter> parameters = {
      {.name = "rate", .min = 1e-5, .max = 1, .distribution = Distribution::kLogUniform},
      {.name = "depth", .type = ParameterType::kInt, .min = 1, .max = 9},
      {.name = "optimizer", .type = ParameterType::kCategorical, .list = {"sgd", "adam", "rms"}},
      {.name = "batch", .type = ParameterType::kDiscrete, .list = {"16", "32", "64"}}};
  return std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
}

TEST(DisguiseTest, TellsNoNamesAndKeepsRanges) {
  const Disguise disguise(Original(), 3);
  std::set<std::string> names;
  for (const Parameter& parameter : disguise.space()->parameters()) {
    names.insert(parameter.name);
    if (parameter.type == ParameterType::kCategorical) {
      EXPECT_EQ(parameter.list, (std::vector<std::string>{"c0", "c1", "c2"}));
    }
    if (parameter.type == ParameterType::kDiscrete) {
      EXPECT_EQ(parameter.list, (std::vector<std::string>{"16", "32", "64"}));
    }
  }
  EXPECT_EQ(names, (std::set<std::string>{"p0", "p1", "p2", "p3"}));
  EXPECT_EQ(disguise.space()->Cardinality(), Original()->Cardinality());
}

TEST(DisguiseTest, MapsEachPointToOneOfTheOriginal) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Disguise disguise(Original(), seed);
    std::set<Assignment> originals;
    for (int i = 0; i < 81; ++i) {
      const std::vector<double> unit = {(i % 3 + 0.5) / 3, (i / 3 % 3 + 0.5) / 3,
                                        (i / 9 % 3 + 0.5) / 3, (i / 27 + 0.5) / 3};
      const Assignment original = disguise.Original(disguise.space()->FromUnit(unit));
      EXPECT_TRUE(Original()->Contains(original));
      originals.insert(original);
    }
    EXPECT_EQ(originals.size(), 81u);
  }
}

TEST(DisguiseTest, KeepsConditionsUnderNewNames) {
  std::vector<Parameter> parameters = {
      {.name = "booster", .type = ParameterType::kCategorical, .list = {"linear", "tree", "dart"}},
      {.name = "drop",
       .condition = ParameterCondition{.parent = "booster", .values = {"dart", "tree"}}},
      {.name = "size", .type = ParameterType::kInt, .min = 1, .max = 4},
      {.name = "rest", .condition = ParameterCondition{.parent = "size", .values = {"3"}}}};
  for (Parameter& parameter : parameters) {
    if (parameter.type == ParameterType::kDouble) parameter.max = 1;
  }
  const auto original =
      std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const Disguise disguise(original, seed);
    for (int i = 0; i < 12; ++i) {
      const std::vector<double> unit = {(i % 3 + 0.5) / 3, (i % 4 + 0.5) / 4, (i % 3 + 0.5) / 3,
                                        (i % 4 + 0.5) / 4};
      const Assignment assignment = disguise.space()->FromUnit(unit);
      const Assignment truth = disguise.Original(assignment);
      for (int k = 0; k < original->size(); ++k) {
        EXPECT_EQ(original->IsActive(truth, k),
                  disguise.space()->IsActive(assignment, disguise.Place(k)));
      }
    }
  }
}

TEST(DisguiseTest, SeedsDiffer) {
  std::set<std::string> orders;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::string order;
    const Disguise disguise(Original(), seed);
    for (const Parameter& parameter : disguise.space()->parameters()) {
      order += ParameterTypeName(parameter.type)[0];
    }
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 5u);
}

}  // namespace
}  // namespace qalam::bench
