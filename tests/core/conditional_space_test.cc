// Search spaces with conditions and constraints.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "core/feasible_point.h"
#include "core/random_stream.h"
#include "core/search_space.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_spaces.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

Parameter Optimizer() {
  return ListParameter("optimizer", ParameterType::kCategorical, {"sgd", "adam", "ftrl"});
}

// momentum [0, 1] below sgd, nesterov below momentum >= 0.5, lr always. In another order.
std::shared_ptr<const SearchSpace> SgdSpace() {
  Parameter nesterov =
      When(ListParameter("nesterov", ParameterType::kCategorical, {"no", "yes"}), "momentum", {});
  nesterov.condition->min = 0.5;
  return MakeSpace({nesterov,
                    WithDefault(When(DoubleParameter("momentum", 0, 1), "optimizer", {"sgd"}), 0.9),
                    Optimizer(), DoubleParameter("lr", 0, 1)});
}

TEST(ConditionalSpaceTest, WhatDoesNotExistHoldsItsCanonicalValue) {
  const auto space = SgdSpace();
  EXPECT_TRUE(space->has_conditions());
  EXPECT_EQ(space->Canonical({0, 0.3, 0, 0.1}), Assignment({1, 0.3, 0, 0.1})) << "no nesterov";
  EXPECT_EQ(space->Canonical({0, 0.7, 0, 0.1}), Assignment({0, 0.7, 0, 0.1})) << "all exist";
  EXPECT_EQ(space->Canonical({0, 0.7, 1, 0.1}), Assignment({1, 0.9, 1, 0.1})) << "only lr";
  EXPECT_FALSE(space->IsActive({0, 0.7, 1, 0.1}, 0)) << "its parent does not exist";
  EXPECT_TRUE(space->Contains({1, 0.9, 1, 0.1}));
  EXPECT_FALSE(space->Contains({0, 0.9, 1, 0.1})) << "not canonical";
}

TEST(ConditionalSpaceTest, MapsOfTheUnitCubeAreCanonical) {
  for (const char* name : {"conditional", "conditional_finite"}) {
    const auto space = TestSpace(name);
    RandomStream random(1, 0, "test");
    for (int i = 0; i < 200; ++i) {
      std::vector<double> unit(static_cast<size_t>(space->size()));
      for (double& u : unit) u = random.Uniform();
      for (const Assignment& point : {space->FromUnit(unit), space->FromQuantiles(unit)}) {
        ASSERT_TRUE(space->Contains(point));
        space->ToUnit(point, absl::MakeSpan(unit));
        const Assignment back = space->FromUnit(unit);
        for (int k = 0; k < space->size(); ++k) {
          ASSERT_NEAR(back[k], point[k], 1e-12 * std::max(1.0, std::fabs(point[k])));
        }
      }
    }
  }
}

TEST(ConditionalSpaceTest, UnitsOfForeignTrialsAreThoseOfTheirCanonicalForm) {
  const auto space = SgdSpace();
  std::vector<double> a(4), b(4);
  space->ToUnit({0, 0.2, 1, 0.1}, absl::MakeSpan(a));
  space->ToUnit({1, 0.9, 1, 0.1}, absl::MakeSpan(b));
  EXPECT_EQ(a, b);
}

TEST(ConditionalSpaceTest, TextsLeaveOutWhatDoesNotExist) {
  const auto space = SgdSpace();
  EXPECT_EQ(space->Format({1, 0.9, 1, 0.1}), NamedValues({{"optimizer", "adam"}, {"lr", "0.1"}}));
  ASSERT_OK_AND_ASSIGN(Assignment read, space->Parse({{"optimizer", "adam"}, {"lr", "0.1"}}));
  EXPECT_EQ(read, Assignment({1, 0.9, 1, 0.1}));
  ASSERT_OK_AND_ASSIGN(
      read,
      space->Parse(
          {{"nesterov", "nonsense"}, {"momentum", ""}, {"optimizer", "adam"}, {"lr", "0.1"}}));
  EXPECT_EQ(read, Assignment({1, 0.9, 1, 0.1}));
  EXPECT_THAT(space->Parse({{"optimizer", "sgd"}, {"lr", "0.1"}}),
              StatusIs(kInvalid, HasSubstr("\"momentum\" has no value")));
}

// Walks all combinations of values and counts the different canonical ones.
TEST(ConditionalSpaceTest, CardinalityCountsDifferentPoints) {
  for (const char* name : {"conditional_finite", "constrained_finite", "tiny"}) {
    SCOPED_TRACE(name);
    const auto space = TestSpace(name);
    std::set<Assignment> points;
    Assignment assignment(static_cast<size_t>(space->size()));
    int64_t all = 1;
    for (const Parameter& p : space->parameters()) all *= static_cast<int64_t>(p.Cardinality());
    for (int64_t k = 0; k < all; ++k) {
      int64_t rest = k;
      for (int i = 0; i < space->size(); ++i) {
        const auto count = static_cast<int64_t>(space->parameter(i).Cardinality());
        assignment[i] = space->parameter(i).ValueAt(rest % count);
        rest /= count;
      }
      if (space->Satisfies(assignment)) points.insert(space->Canonical(assignment));
    }
    EXPECT_EQ(space->Cardinality(), static_cast<double>(points.size()));
    ASSERT_EQ(space->PointCount(), static_cast<int64_t>(points.size()));
    std::set<Assignment> numbered;
    for (int64_t k = 0; k < *space->PointCount(); ++k) numbered.insert(space->PointAt(k));
    EXPECT_EQ(numbered, points);
  }
}

TEST(ConditionalSpaceTest, CountsLargeTreesWithoutOverflow) {
  std::vector<Parameter> parameters = {IntParameter("root", 0, 1e6)};
  for (int i = 0; i < 6; ++i) {
    parameters.push_back(
        WhenWithin(IntParameter(absl::StrCat("p", i), 0, 1e6 - 1), "root", i, 1e5));
  }
  const auto space = MakeSpace(parameters);
  EXPECT_NEAR(space->Cardinality() / 1e41, 1, 0.01);
  EXPECT_EQ(space->PointCount(), std::nullopt);
  EXPECT_TRUE(std::isinf(SgdSpace()->Cardinality()));
}

TEST(ConditionalSpaceTest, ConditionsThatMakeNoSenseAreRefused) {
  const auto create = [](Parameter child) {
    return SearchSpace::Create(
               {Optimizer(), IntParameter("n", 1, 9), DoubleParameter("x", 0, 1), std::move(child)})
        .status();
  };
  const Parameter c = DoubleParameter("c", 0, 1);
  EXPECT_OK(create(When(c, "n", {"3", "4"})));
  EXPECT_OK(create(WhenWithin(c, "x", 0.5, 2)));
  EXPECT_THAT(create(When(c, "optimiser", {"sgd"})),
              StatusIs(kInvalid, AllOf(HasSubstr("parameter \"c\""), HasSubstr("\"optimiser\""),
                                       HasSubstr("did you mean \"optimizer\"?"))));
  EXPECT_THAT(create(When(c, "optimizer", {"sdg"})),
              StatusIs(kInvalid, HasSubstr("\"sdg\", which is not a value of its parent")));
  EXPECT_THAT(create(When(c, "n", {"10"})), StatusIs(kInvalid, HasSubstr("not a value")));
  EXPECT_THAT(create(When(c, "x", {"0.5"})), StatusIs(kInvalid, HasSubstr("give min and max")));
  EXPECT_THAT(create(WhenWithin(c, "optimizer", 0, 1)), StatusIs(kInvalid, HasSubstr("list val")));
  EXPECT_THAT(create(WhenWithin(c, "n", 10, 20)), StatusIs(kInvalid, HasSubstr("never holds")));
  EXPECT_THAT(create(WhenWithin(c, "n", 2.1, 2.9)), StatusIs(kInvalid, HasSubstr("never holds")));
  EXPECT_THAT(create(WhenWithin(c, "n", 3, 2)), StatusIs(kInvalid, HasSubstr("empty range")));
  EXPECT_THAT(create(When(c, "n", {})), StatusIs(kInvalid, HasSubstr("either values, or min")));
  EXPECT_THAT(create(WhenWithin(c, "c", 0, 1)), StatusIs(kInvalid, HasSubstr("c -> c")));
  EXPECT_THAT(create(WithDefault(c, 3)), StatusIs(kInvalid, HasSubstr("default is 3")));
}

TEST(ConditionalSpaceTest, CirclesAreRefusedAndNamed) {
  EXPECT_THAT(SearchSpace::Create({WhenWithin(DoubleParameter("a", 0, 1), "b", 0, 1),
                                   WhenWithin(DoubleParameter("b", 0, 1), "c", 0, 1),
                                   WhenWithin(DoubleParameter("c", 0, 1), "a", 0, 1)}),
              StatusIs(kInvalid, HasSubstr("conditions form a circle: a -> b -> c -> a")));
  std::vector<Parameter> chain = {DoubleParameter("p0", 0, 1)};
  for (int i = 1; i <= 65; ++i) {
    chain.push_back(
        WhenWithin(DoubleParameter(absl::StrCat("p", i), 0, 1), absl::StrCat("p", i - 1), 0, 1));
  }
  EXPECT_THAT(SearchSpace::Create(chain), StatusIs(kInvalid, HasSubstr("more than 64 levels")));
  chain.pop_back();
  EXPECT_OK(SearchSpace::Create(chain));
}

TEST(ConstrainedSpaceTest, AConstraintOnWhatDoesNotExistHolds) {
  const auto space =
      MakeSpace({Optimizer(), When(DoubleParameter("momentum", 0, 1), "optimizer", {"sgd"})},
                {"momentum < 0.4"});
  EXPECT_FALSE(space->Satisfies({0, 0.5}));
  EXPECT_TRUE(space->Satisfies({0, 0.3}));
  EXPECT_TRUE(space->Satisfies({1, 0.5}));
  EXPECT_GT(space->Violation({0, 0.5}), 0);
  EXPECT_EQ(space->Violation({1, 0.5}), 0);
}

absl::Status CreateStatus(std::vector<Parameter> parameters, std::vector<std::string> texts) {
  std::vector<ParameterConstraint> constraints;
  for (const std::string& text : texts) {
    constraints.push_back(ParameterConstraint::Parse(text, parameters).value());
  }
  return SearchSpace::Create(std::move(parameters), std::move(constraints)).status();
}

TEST(ConstrainedSpaceTest, TheConstraintThatExcludesEverythingIsNamed) {
  const std::vector<Parameter> finite = {IntParameter("i", 1, 9), IntParameter("j", 1, 9)};
  const std::vector<Parameter> continuous = {DoubleParameter("i", 1, 9),
                                             DoubleParameter("j", 1, 9)};
  for (const auto& parameters : {finite, continuous}) {
    EXPECT_THAT(CreateStatus(parameters, {"i < j", "i + j > 18"}),
                StatusIs(kInvalid, AllOf(HasSubstr("\"i + j > 18\""), HasSubstr("no point"))));
    EXPECT_THAT(
        CreateStatus(parameters, {"i < j", "j < i"}),
        StatusIs(kInvalid, HasSubstr("\"j < i\": no point was found that satisfies it together")));
  }
}

TEST(ConstrainedSpaceTest, NarrowConstraintsAreSatisfied) {
  std::vector<Parameter> shares;
  std::string sum = "x0";
  for (int i = 0; i < 20; ++i) {
    shares.push_back(DoubleParameter(absl::StrCat("x", i), 0, 1));
    if (i > 0) absl::StrAppend(&sum, " + x", i);
  }
  const auto simplex = MakeSpace(shares, {sum + " == 1", "x0 > 0.2", "x1 < x2", "x2 < x3"});
  EXPECT_TRUE(simplex->IsPoint(simplex->known_point()));
  const auto chain =
      MakeSpace({IntParameter("a", 0, 1e6), IntParameter("b", 0, 1e6), IntParameter("c", 0, 1e6)},
                {"a == 3 * b", "c == 7 * a", "c > 900000"});
  EXPECT_TRUE(chain->IsPoint(chain->known_point()));
}

TEST(ConstrainedSpaceTest, KnownPointIsTheDefaultsWhereTheyAreAPoint) {
  const std::vector<Parameter> parameters = {WithDefault(DoubleParameter("a", 0, 1), 0.25),
                                             WithDefault(DoubleParameter("b", 0, 1), 0.75)};
  EXPECT_EQ(MakeSpace(parameters)->known_point(), Assignment({0.25, 0.75}));
  EXPECT_EQ(MakeSpace(parameters, {"a < b"})->known_point(), Assignment({0.25, 0.75}));
  EXPECT_NE(MakeSpace(parameters, {"a > b"})->known_point(), Assignment({0.25, 0.75}));
}

TEST(ConstrainedSpaceTest, LargeFiniteSpacesHaveNoNumbering) {
  const auto space = TestSpace("constrained_large");
  EXPECT_EQ(space->PointCount(), std::nullopt);
  EXPECT_EQ(space->Cardinality(), 1e9) << "an upper bound";
  EXPECT_TRUE(space->IsPoint(space->known_point()));
}

}  // namespace
}  // namespace qalam
