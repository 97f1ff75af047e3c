#include "suggestion/gp/merit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/infinity.h"
#include "math/normal_distribution.h"

namespace qalam::gp {
namespace {

// Below this everything is equally hopeless.
constexpr double kLeastLog = -1e9;

struct Term {
  double value = 0;
  double mean_slope = 0;
  double deviation_slope = 0;
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

// log P(f <= bound).
Term LogProbability(double bound, double mean, double deviation) {
  const double z = (bound - mean) / deviation;
  const ValueAndSlope probability = LogNormalCdf(z);
  return {probability.value, -probability.slope / deviation, -probability.slope * z / deviation};
}

// log E[max(0, upper - max(lower, f))], the expected length of [lower, upper] above f.
Term LogLength(double lower, double upper, double mean, double deviation) {
  const Term whole = TermOf(AcquisitionKind::kLogExpectedImprovement, upper, mean, deviation);
  if (lower == -kInfinity) return whole;
  const Term cut = TermOf(AcquisitionKind::kLogExpectedImprovement, lower, mean, deviation);
  // share = what is cut off; whole and cut are close only when f is far below both.
  const double share = std::exp(std::min(0.0, cut.value - whole.value));
  const double rest = 1 - share;
  if (rest < 1e-6) return {std::log(upper - lower), 0, 0};
  return {whole.value + std::log(rest), (whole.mean_slope - share * cut.mean_slope) / rest,
          (whole.deviation_slope - share * cut.deviation_slope) / rest};
}

// log sum exp of the values; turns them into their shares.
double SumOfLogs(std::vector<double>& values) {
  const double most = *std::max_element(values.begin(), values.end());
  if (!(most > kLeastLog)) {
    std::fill(values.begin(), values.end(), 0.0);
    return kLeastLog;
  }
  double sum = 0;
  for (double& value : values) {
    value = std::exp(value - most);
    sum += value;
  }
  for (double& value : values) value /= sum;
  return most + std::log(sum);
}

class Improvement final : public Merit {
 public:
  Improvement(AcquisitionKind kind, std::vector<double> best)
      : kind_(kind), best_(std::move(best)) {}

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const Term term = TermOf(kind_, best_[fantasy], means[0], deviations[0]);
    if (slopes != nullptr) {
      slopes->means[0] = term.mean_slope;
      slopes->deviations[0] = term.deviation_slope;
    }
    return term.value;
  }

  bool is_logarithm() const override { return kind_ != AcquisitionKind::kLowerConfidenceBound; }

 private:
  AcquisitionKind kind_;
  std::vector<double> best_;
};

class ExpectedHypervolume final : public Merit {
 public:
  explicit ExpectedHypervolume(std::vector<Boxes> boxes) : boxes_(std::move(boxes)) {}

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const Boxes& boxes = boxes_[fantasy];
    const size_t width = static_cast<size_t>(boxes.width);
    std::vector<Term> terms(static_cast<size_t>(boxes.size()) * width);
    std::vector<double> volumes(static_cast<size_t>(boxes.size()));
    for (int k = 0; k < boxes.size(); ++k) {
      for (size_t m = 0; m < width; ++m) {
        Term& term = terms[static_cast<size_t>(k) * width + m];
        term = LogLength(boxes.lower_row(k)[m], boxes.upper_row(k)[m], means[m], deviations[m]);
        volumes[k] += term.value;
      }
    }
    if (volumes.empty()) volumes.push_back(-kInfinity);
    const double value = SumOfLogs(volumes);
    if (slopes == nullptr) return value;
    for (size_t m = 0; m < width; ++m) slopes->means[m] = slopes->deviations[m] = 0;
    for (int k = 0; k < boxes.size(); ++k) {
      for (size_t m = 0; m < width; ++m) {
        const Term& term = terms[static_cast<size_t>(k) * width + m];
        slopes->means[m] += volumes[k] * term.mean_slope;
        slopes->deviations[m] += volumes[k] * term.deviation_slope;
      }
    }
    return value;
  }

 private:
  std::vector<Boxes> boxes_;
};

// E[max(0, best - s)] is the integral over t < best of P(s < t), a product over the losses.
class Chebyshev final : public Merit {
 public:
  Chebyshev(std::vector<double> ideal, std::vector<double> widths, std::vector<double> best)
      : ideal_(std::move(ideal)), widths_(std::move(widths)), best_(std::move(best)) {}

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const size_t width = ideal_.size();
    std::vector<double> values(kNodes.size());
    std::vector<Term> terms(kNodes.size() * width);
    for (size_t k = 0; k < kNodes.size(); ++k) {
      // Trapezoids between nodes that are the closer the nearer they are to `best`.
      const double below = k == 0 ? 0 : kNodes[k - 1];
      const double above = k + 1 < kNodes.size() ? kNodes[k + 1] : kNodes[k];
      values[k] = std::log(0.5 * (above - below));
      for (size_t m = 0; m < width; ++m) {
        const double bound = ideal_[m] + widths_[m] * (best_[fantasy] - kNodes[k]);
        terms[k * width + m] = LogProbability(bound, means[m], deviations[m]);
        values[k] += terms[k * width + m].value;
      }
    }
    const double value = SumOfLogs(values);
    if (slopes == nullptr) return value;
    for (size_t m = 0; m < width; ++m) slopes->means[m] = slopes->deviations[m] = 0;
    for (size_t k = 0; k < kNodes.size(); ++k) {
      for (size_t m = 0; m < width; ++m) {
        slopes->means[m] += values[k] * terms[k * width + m].mean_slope;
        slopes->deviations[m] += values[k] * terms[k * width + m].deviation_slope;
      }
    }
    return value;
  }

 private:
  static constexpr std::array<double, 12> kNodes = {0.001, 0.003, 0.01, 0.03, 0.07, 0.15,
                                                    0.3,   0.5,   0.8,  1.2,  1.8,  3};
  std::vector<double> ideal_;
  std::vector<double> widths_;
  std::vector<double> best_;
};

class Constrained final : public Merit {
 public:
  Constrained(std::unique_ptr<Merit> merit, std::vector<double> bounds)
      : merit_(std::move(merit)), bounds_(std::move(bounds)) {}

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const size_t losses = means.size() - bounds_.size();
    double value = 0;
    if (slopes != nullptr) {
      std::fill(slopes->means.begin(), slopes->means.end(), 0.0);
      std::fill(slopes->deviations.begin(), slopes->deviations.end(), 0.0);
    }
    if (merit_ != nullptr) {
      value =
          merit_->Value(fantasy, means.subspan(0, losses), deviations.subspan(0, losses), slopes);
    }
    for (size_t c = 0; c < bounds_.size(); ++c) {
      const Term term = LogProbability(bounds_[c], means[losses + c], deviations[losses + c]);
      value += term.value;
      if (slopes == nullptr) continue;
      slopes->means[losses + c] = term.mean_slope;
      slopes->deviations[losses + c] = term.deviation_slope;
    }
    return value;
  }

  bool is_logarithm() const override { return merit_ == nullptr || merit_->is_logarithm(); }

 private:
  std::unique_ptr<Merit> merit_;
  std::vector<double> bounds_;
};

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

std::unique_ptr<Merit> ImprovementMerit(AcquisitionKind kind, std::vector<double> best) {
  return std::make_unique<Improvement>(kind, std::move(best));
}

std::unique_ptr<Merit> HypervolumeMerit(std::vector<Boxes> boxes) {
  return std::make_unique<ExpectedHypervolume>(std::move(boxes));
}

std::unique_ptr<Merit> ChebyshevMerit(std::vector<double> ideal, std::vector<double> widths,
                                      std::vector<double> best) {
  return std::make_unique<Chebyshev>(std::move(ideal), std::move(widths), std::move(best));
}

std::unique_ptr<Merit> ConstrainedMerit(std::unique_ptr<Merit> merit, std::vector<double> bounds) {
  return std::make_unique<Constrained>(std::move(merit), std::move(bounds));
}

}  // namespace qalam::gp
