#include "suggestion/gp/prior_term.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace qalam::gp {
namespace {

constexpr double kBeta = 3;
// The uniform part of the density that Parameter::LogPrior is the logarithm of.
constexpr double kUniform = 0.25;

// log pi at encoded points, up to a constant.
class LogPriors {
 public:
  explicit LogPriors(const Encoding& encoding) : encoding_(encoding) {}

  double At(absl::Span<const double> point) const {
    Assignment assignment;
    const bool conditional = encoding_.space().has_conditions();
    if (conditional) assignment = encoding_.Decode(point);
    double sum = 0;
    for (int d = 0; d < encoding_.size(); ++d) {
      if (conditional && !encoding_.space().IsActive(assignment, encoding_.axis(d).parameter)) {
        continue;
      }
      const Parameter& parameter = ParameterOf(d);
      if (!parameter.prior.has_value()) continue;
      sum += parameter.is_ordered()
                 ? parameter.LogPrior(parameter.FromUnit(point[d]))
                 : parameter.LogPrior(parameter.ValueAt(encoding_.PlaceIndex(d, point[d])));
    }
    return sum;
  }

  // The derivative by coordinate `d`, of axes that are not categorical.
  double Slope(absl::Span<const double> point, int d) const {
    const Parameter& parameter = ParameterOf(d);
    if (!parameter.prior.has_value() || !parameter.is_ordered()) return 0;
    // Of log(bell + uniform part): the bell's own slope times its share.
    const double density = std::exp(parameter.LogPrior(parameter.FromUnit(point[d])));
    const double deviation = parameter.prior->deviation;
    return (1 - kUniform / density) * (parameter.prior->mean - point[d]) / (deviation * deviation);
  }

 private:
  const Parameter& ParameterOf(int d) const {
    return encoding_.space().parameter(encoding_.axis(d).parameter);
  }

  const Encoding& encoding_;
};

}  // namespace

SearchTarget WithPriors(const Encoding& encoding, int results, SearchTarget target) {
  const LogPriors priors(encoding);
  const double weight = kBeta / std::max(1, results);
  SearchTarget sum;
  sum.values = [priors, weight, values = std::move(target.values)](const Matrix& xs) {
    std::vector<double> result = values(xs);
    for (size_t j = 0; j < result.size(); ++j) {
      result[j] += weight * priors.At(xs.col(static_cast<int>(j)));
    }
    return result;
  };
  if (!target.gradients) return sum;
  sum.gradients = [priors, weight, gradients_of = std::move(target.gradients)](const Matrix& xs,
                                                                               Matrix& gradients) {
    std::vector<double> result = gradients_of(xs, gradients);
    for (int j = 0; j < xs.cols(); ++j) {
      for (int d = 0; d < xs.rows(); ++d) {
        gradients(d, j) += weight * priors.Slope(xs.col(j), d);
      }
      result[static_cast<size_t>(j)] += weight * priors.At(xs.col(j));
    }
    return result;
  };
  return sum;
}

}  // namespace qalam::gp
