#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/parameter.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

Parameter Number(ParameterType type, double min, double max, std::optional<double> step = {},
                 Distribution distribution = Distribution::kUniform) {
  return {.name = "p",
          .type = type,
          .min = min,
          .max = max,
          .step = step,
          .distribution = distribution};
}

Parameter List(ParameterType type, std::vector<std::string> list) {
  return {.name = "p", .type = type, .list = std::move(list)};
}

void ExpectInvalid(const Parameter& parameter, const char* reason) {
  EXPECT_THAT(parameter.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason)));
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kDouble = ParameterType::kDouble;
constexpr auto kInt = ParameterType::kInt;

TEST(ParameterValidateTest, AcceptsTheExtremes) {
  EXPECT_OK(Number(kDouble, -1e308, 1e308).Validate());
  EXPECT_OK(Number(kDouble, 3, 3).Validate());
  EXPECT_OK(Number(kDouble, 0, 1, 5.0).Validate()) << "a step beyond max leaves one value";
  EXPECT_OK(Number(kInt, -0x1p53, 0x1p53).Validate());
  EXPECT_OK(Number(kDouble, 5e-324, 1, {}, Distribution::kLogUniform).Validate());
  EXPECT_OK(List(ParameterType::kCategorical, {""}).Validate());
  EXPECT_OK(List(ParameterType::kDiscrete, {"-1", "0.5", "1e3"}).Validate());
}

TEST(ParameterValidateTest, RefusesImpossibleBounds) {
  ExpectInvalid(Number(kDouble, 2, 1), "min 2 is greater than max 1");
  ExpectInvalid(Number(kDouble, -kInfinity, 1), "min is -inf");
  ExpectInvalid(Number(kDouble, 0, std::nan("")), "max is nan");
  ExpectInvalid(Number(kDouble, 0, 1, {}, Distribution::kLogUniform), "logUniform needs min > 0");
  ExpectInvalid(Number(kInt, -1, 1, {}, Distribution::kLogNormal), "not -1");
}

TEST(ParameterValidateTest, RefusesImpossibleSteps) {
  ExpectInvalid(Number(kDouble, 0, 1, 0.0), "step is 0");
  ExpectInvalid(Number(kDouble, 0, 1, -0.1), "step is -0.1");
  ExpectInvalid(Number(kDouble, 0, 1, kInfinity), "step is inf");
  ExpectInvalid(Number(kDouble, 1, 2, 1e-17), "too small for the range");
  ExpectInvalid(Number(kInt, 1, 9, 1.5), "step 1.5 of an int parameter");
}

TEST(ParameterValidateTest, IntsAreWholeAndExact) {
  ExpectInvalid(Number(kInt, 0.5, 1), "min 0.5 of an int parameter is not a whole number");
  ExpectInvalid(Number(kInt, 0, 1e16), "outside -2^53 to 2^53");
}

TEST(ParameterValidateTest, RefusesImpossibleLists) {
  ExpectInvalid(List(ParameterType::kCategorical, {}), "a categorical parameter needs");
  ExpectInvalid(List(ParameterType::kCategorical, {"a", "b", "a"}), "\"a\" is repeated");
  ExpectInvalid(List(ParameterType::kDiscrete, {}), "a discrete parameter needs");
  ExpectInvalid(List(ParameterType::kDiscrete, {"1", "x"}), "\"x\" of a discrete parameter");
  ExpectInvalid(List(ParameterType::kDiscrete, {"1", "inf"}), "not a finite number");
  ExpectInvalid(List(ParameterType::kDiscrete, {"1", "1.0"}), "\"1.0\" is repeated");
  ExpectInvalid(List(ParameterType::kDiscrete, {"2", "1"}), "must increase");
}

}  // namespace
}  // namespace qalam
