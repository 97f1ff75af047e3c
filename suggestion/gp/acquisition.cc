#include "suggestion/gp/acquisition.h"

#include <algorithm>
#include <cmath>

#include "math/normal_distribution.h"

namespace qalam::gp {
namespace {

// One fantasy's share: the value (a logarithm for the logarithmic kinds) and its derivatives.
struct Term {
  double value = 0;
  double mean_derivative = 0;
  double deviation_derivative = 0;
};

Term TermOf(AcquisitionKind kind, double best, double mean, double deviation) {
  switch (kind) {
    case AcquisitionKind::kLogExpectedImprovement: {
      const double z = (best - mean) / deviation;
      const ValueAndSlope improvement = LogNormalImprovement(z);
      return {std::log(deviation) + improvement.value, -improvement.slope / deviation,
              (1 - improvement.slope * z) / deviation};
    }
    case AcquisitionKind::kLogProbabilityOfImprovement: {
      const double z = (best - kImprovementMargin - mean) / deviation;
      const ValueAndSlope probability = LogNormalCdf(z);
      return {probability.value, -probability.slope / deviation,
              -probability.slope * z / deviation};
    }
    case AcquisitionKind::kLowerConfidenceBound:
      break;
  }
  return {kConfidenceKappa * deviation - mean, -1, kConfidenceKappa};
}

bool IsLogarithm(AcquisitionKind kind) {
  return kind == AcquisitionKind::kLogExpectedImprovement ||
         kind == AcquisitionKind::kLogProbabilityOfImprovement;
}

// The shares of the terms in the derivative of their average, and the average itself.
double Average(bool logarithm, const std::vector<Term>& terms, std::vector<double>& shares) {
  const double count = static_cast<double>(terms.size());
  if (!logarithm) {
    double sum = 0;
    for (const Term& term : terms) sum += term.value;
    shares.assign(terms.size(), 1 / count);
    return sum / count;
  }
  double most = terms.front().value;
  for (const Term& term : terms) most = std::max(most, term.value);
  double sum = 0;
  for (const Term& term : terms) {
    shares.push_back(std::exp(term.value - most));
    sum += shares.back();
  }
  for (double& share : shares) share /= sum;
  return most + std::log(sum / count);
}

}  // namespace

double AcquisitionValue(AcquisitionKind kind, double best, double mean, double deviation) {
  return TermOf(kind, best, mean, deviation).value;
}

absl::string_view AcquisitionName(AcquisitionKind kind) {
  switch (kind) {
    case AcquisitionKind::kLogExpectedImprovement:
      return "EI";
    case AcquisitionKind::kLogProbabilityOfImprovement:
      return "PI";
    case AcquisitionKind::kLowerConfidenceBound:
      break;
  }
  return "LCB";
}

Acquisition::Acquisition(AcquisitionKind kind, const Posterior& posterior)
    : kind_(kind), posterior_(posterior) {
  for (int r = 0; r < posterior.fantasies(); ++r) {
    const absl::Span<const double> values = posterior.smoothed().col(r);
    best_.push_back(*std::min_element(values.begin(), values.end()));
  }
}

double Acquisition::Value(absl::Span<const double> means, double variance,
                          Derivatives* derivatives) const {
  const double deviation = std::sqrt(variance);
  std::vector<Term> terms;
  for (size_t r = 0; r < means.size(); ++r) {
    terms.push_back(TermOf(kind_, best_[r], means[r], deviation));
  }
  std::vector<double> shares;
  const double value = Average(IsLogarithm(kind_), terms, shares);
  if (derivatives == nullptr) return value;
  for (size_t r = 0; r < terms.size(); ++r) {
    derivatives->means.push_back(shares[r] * terms[r].mean_derivative);
    derivatives->variance += shares[r] * terms[r].deviation_derivative / (2 * deviation);
  }
  return value;
}

std::vector<double> Acquisition::Evaluate(const Matrix& xs) const {
  const Predictions predictions = posterior_.Predict(xs);
  std::vector<double> values;
  for (int j = 0; j < xs.cols(); ++j) {
    values.push_back(Value(predictions.means.col(j), predictions.variances[j], nullptr));
  }
  return values;
}

double Acquisition::EvaluateWithGradient(absl::Span<const double> x,
                                         absl::Span<double> gradient) const {
  const Posterior::Local local = posterior_.PredictLocal(x);
  Derivatives derivatives;
  const double value = Value(local.means, local.variance, &derivatives);
  posterior_.Gradient(x, local, derivatives.means, derivatives.variance, gradient);
  return value;
}

}  // namespace qalam::gp
