#include "suggestion/gp/prior_term.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/test_spaces.h"

namespace qalam::gp {
namespace {

Parameter Believed(Parameter parameter, double mean, double deviation) {
  parameter.prior = ParameterPrior{.mean = mean, .deviation = deviation};
  return parameter;
}

// Beliefs about a number, a number in decades and a category; none about the last number.
std::shared_ptr<const SearchSpace> BelievedSpace() {
  Parameter category = ListParameter("c", ParameterType::kCategorical, {"a", "b", "c"});
  category.prior = ParameterPrior{.weights = {1, 6, 3}};
  return MakeSpace({Believed(DoubleParameter("x", -2, 2), 0.3, 0.1),
                    Believed(DoubleParameter("y", 1e-4, 1, Distribution::kLogUniform), 0.8, 0.2),
                    category, DoubleParameter("z", 0, 1)});
}

// A target that is flat but for a slope along the first axis.
SearchTarget Slope() {
  SearchTarget target;
  target.values = [](const Matrix& xs) {
    std::vector<double> values;
    for (int j = 0; j < xs.cols(); ++j) values.push_back(2 * xs(0, j));
    return values;
  };
  target.gradients = [values = target.values](const Matrix& xs, Matrix& gradients) {
    gradients = Matrix(xs.rows(), xs.cols());
    for (int j = 0; j < xs.cols(); ++j) gradients(0, j) = 2;
    return values(xs);
  };
  return target;
}

Matrix Column(const std::vector<double>& x) {
  Matrix column(static_cast<int>(x.size()), 1);
  std::copy(x.begin(), x.end(), column.col(0).begin());
  return column;
}

double ValueAt(const SearchTarget& target, const std::vector<double>& x) {
  return target.values(Column(x))[0];
}

TEST(PriorTermTest, AddsTheLogDensityOfAllBeliefsByTheirShareInTheResults) {
  const Encoding encoding(BelievedSpace());
  const std::vector<double> x = {0.35, 0.6, 1, 0.2};
  const double belief = encoding.space().LogPrior(encoding.Decode(x));
  EXPECT_GT(belief, 0.5);
  const double first = ValueAt(WithPriors(encoding, 1, Slope()), x) - 0.7;
  EXPECT_NEAR(ValueAt(WithPriors(encoding, 10, Slope()), x) - 0.7, first / 10, 1e-12);
  EXPECT_NEAR(first / belief, 3, 1e-9);
  // Before any result as after one.
  EXPECT_EQ(ValueAt(WithPriors(encoding, 0, Slope()), x), first + 0.7);
}

TEST(PriorTermTest, FavoursWhatIsBelievedOnEachAxisAndNothingElse) {
  const Encoding encoding(BelievedSpace());
  const SearchTarget target = WithPriors(encoding, 5, Slope());
  const double at_belief = ValueAt(target, {0.3, 0.8, 1, 0.5});
  EXPECT_GT(at_belief, ValueAt(target, {0.3, 0.1, 1, 0.5}));
  EXPECT_GT(at_belief, ValueAt(target, {0.3, 0.8, 2, 0.5}));
  EXPECT_GT(at_belief, ValueAt(target, {0.0, 0.8, 1, 0.5}));
  EXPECT_EQ(at_belief, ValueAt(target, {0.3, 0.8, 1, 0.9}));
  // Far from all that is believed, what is known decides: the density has a uniform part.
  EXPECT_GT(ValueAt(target, {0.99, 0.8, 1, 0.5}), ValueAt(target, {0.9, 0.8, 1, 0.5}));
}

TEST(PriorTermTest, GradientsAreTheDerivativesOfValues) {
  const Encoding encoding(BelievedSpace());
  const SearchTarget target = WithPriors(encoding, 2, Slope());
  for (const std::vector<double>& x :
       {std::vector<double>{0.25, 0.6, 1, 0.2}, {0.5, 0.95, 0, 0.7}, {0.9, 0.1, 2, 0.4}}) {
    Matrix gradients;
    const std::vector<double> values = target.gradients(Column(x), gradients);
    EXPECT_NEAR(values[0], ValueAt(target, x), 1e-12);
    for (const int d : {0, 1, 3}) {
      std::vector<double> above = x;
      std::vector<double> below = x;
      above[d] += 1e-6;
      below[d] -= 1e-6;
      const double difference = (ValueAt(target, above) - ValueAt(target, below)) / 2e-6;
      EXPECT_NEAR(gradients(d, 0), difference, 1e-4 * (1 + std::abs(difference))) << d;
    }
    EXPECT_EQ(gradients(2, 0), 0);
  }
}

TEST(PriorTermTest, BeliefsAboutParametersThatDoNotExistCountNothing) {
  const Encoding encoding(
      MakeSpace({ListParameter("kind", ParameterType::kCategorical, {"a", "b"}),
                 When(Believed(DoubleParameter("x", 0, 1), 0.5, 0.1), "kind", {"a"})}));
  const SearchTarget target = WithPriors(
      encoding, 1,
      {.values =
           [](const Matrix& xs) { return std::vector<double>(static_cast<size_t>(xs.cols())); },
       .gradients = nullptr});
  EXPECT_GT(ValueAt(target, {0, 0.5}), 1);
  EXPECT_EQ(ValueAt(target, {1, 0.5}), 0);
  EXPECT_EQ(target.gradients, nullptr);
}

}  // namespace
}  // namespace qalam::gp
