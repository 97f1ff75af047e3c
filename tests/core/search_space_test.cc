#include "core/search_space.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Parameter Double(std::string name, double min, double max) {
  return {.name = std::move(name), .type = ParameterType::kDouble, .min = min, .max = max};
}

Parameter Choice(std::string name, std::vector<std::string> list) {
  return {.name = std::move(name), .type = ParameterType::kCategorical, .list = std::move(list)};
}

Parameter Int(std::string name, double min, double max) {
  return {.name = std::move(name), .type = ParameterType::kInt, .min = min, .max = max};
}

SearchSpace TestSpace() {
  return SearchSpace::Create(
             {Double("lr", 0.1, 0.5), Int("layers", 1, 4), Choice("optimizer", {"sgd", "adam"})})
      .value();
}

TEST(SearchSpaceTest, CreateNamesTheParameterThatIsWrong) {
  EXPECT_THAT(SearchSpace::Create({Double("lr", 2, 1)}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("\"lr\""), HasSubstr("min 2 is greater than max 1"))));
  EXPECT_THAT(SearchSpace::Create({Double("a", 0, 1), Double("a", 0, 1)}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"a\" is given twice")));
  EXPECT_THAT(SearchSpace::Create({Double("a", 0, 1), Double("", 0, 1)}),
              StatusIs(absl::StatusCode::kInvalidArgument, "parameters[1].name is empty"));
}

TEST(SearchSpaceTest, FindsParametersByName) {
  const SearchSpace space = TestSpace();
  EXPECT_EQ(space.Find("layers"), 1);
  EXPECT_EQ(space.Find("Layers"), std::nullopt);
}

TEST(SearchSpaceTest, CardinalityIsAProductAndInfiniteWhenContinuous) {
  EXPECT_TRUE(std::isinf(TestSpace().Cardinality()));
  EXPECT_EQ(SearchSpace::Create({Int("a", 1, 4), Choice("b", {"x", "y", "z"})})->Cardinality(), 12);
  EXPECT_EQ(SearchSpace().Cardinality(), 1) << "a space without parameters has one point";
}

TEST(SearchSpaceTest, MapsToAndFromTheUnitCube) {
  const SearchSpace space = TestSpace();
  const Assignment assignment = {0.3, 4, 1};
  std::vector<double> unit(3);
  space.ToUnit(assignment, absl::MakeSpan(unit));
  EXPECT_THAT(unit, testing::ElementsAre(testing::DoubleNear(0.5, 1e-12), 0.875, 0.75));
  const Assignment back = space.FromUnit(unit);
  EXPECT_NEAR(back[0], 0.3, 1e-15);
  EXPECT_EQ(back[1], 4);
  EXPECT_EQ(back[2], 1);
  EXPECT_TRUE(space.Contains(space.FromQuantiles({0.01, 0.5, 0.99})));
}

TEST(SearchSpaceTest, ContainsNeedsEveryValueInPlace) {
  const SearchSpace space = TestSpace();
  EXPECT_TRUE(space.Contains({0.1, 1, 0}));
  EXPECT_FALSE(space.Contains({0.09, 1, 0}));
  EXPECT_FALSE(space.Contains({0.1, 1.5, 0}));
  EXPECT_FALSE(space.Contains({0.1, 1, 2}));
  EXPECT_FALSE(space.Contains({0.1, 1}));
}

TEST(SearchSpaceTest, ParseReadsNamesInAnyOrderAndFormatWritesThemInOurs) {
  const SearchSpace space = TestSpace();
  ASSERT_OK_AND_ASSIGN(const Assignment assignment,
                       space.Parse({{"optimizer", "adam"}, {"lr", "0.25"}, {"layers", "2"}}));
  EXPECT_EQ(assignment, Assignment({0.25, 2, 1}));
  EXPECT_EQ(space.Format(assignment),
            NamedValues({{"lr", "0.25"}, {"layers", "2"}, {"optimizer", "adam"}}));
}

TEST(SearchSpaceTest, ParseSaysWhatIsWrong) {
  const SearchSpace space = TestSpace();
  EXPECT_THAT(space.Parse({{"lr", "0.25"}, {"layers", "2"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "parameter \"optimizer\" has no value in the assignment"));
  EXPECT_THAT(space.Parse({{"layer", "2"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("\"layer\""), HasSubstr("did you mean \"layers\"?"))));
  EXPECT_THAT(space.Parse({{"lr", "0.2"}, {"lr", "0.2"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("given twice")));
  EXPECT_THAT(
      space.Parse({{"lr", "fast"}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"lr\": value \"fast\" is not a")));
  EXPECT_THAT(
      space.Parse({{"optimizer", "rmsprop"}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not in the list [sgd, adam]")));
}

}  // namespace
}  // namespace qalam
