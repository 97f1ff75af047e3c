#include "suggestion/gp/merit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
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

// log E[max(0, t - f)], the expected length of what is below t and above f.
Term LogLengthBelow(double t, double mean, double deviation) {
  return TermOf(AcquisitionKind::kLogExpectedImprovement, t, mean, deviation);
}

// Of a part of that, of the given length, of which `cut` is the length below it.
Term LogLengthWithout(const Term& whole, const Term& cut, double length) {
  // share = what is cut off; whole and cut are close only when f is far below both.
  const double share = std::exp(std::min(0.0, cut.value - whole.value));
  const double rest = 1 - share;
  if (rest < 1e-6) return {std::log(length), 0, 0};
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

// The sides of boxes, each once: boxes that lie beside each other share many.
class Sides {
 public:
  explicit Sides(const Boxes& boxes) : width_(static_cast<size_t>(boxes.width)) {
    std::map<std::tuple<size_t, double, double>, size_t> numbers;
    std::vector<std::map<double, size_t>> places(width_);
    const auto place = [&](size_t m, double value) {
      const auto [at, is_new] = places[m].try_emplace(value, places_.size());
      if (is_new) places_.push_back({value, m});
      return at->second;
    };
    for (int k = 0; k < boxes.size(); ++k) {
      for (size_t m = 0; m < width_; ++m) {
        const double lower = boxes.lower_row(k)[m];
        const double upper = boxes.upper_row(k)[m];
        const auto [at, is_new] = numbers.try_emplace({m, lower, upper}, sides_.size());
        if (is_new) {
          sides_.push_back({.upper = place(m, upper), .length = upper - lower});
          if (lower != -kInfinity) sides_.back().lower = place(m, lower);
        }
        side_of_.push_back(at->second);
      }
    }
  }

  size_t boxes() const { return side_of_.size() / width_; }
  // The side of a box in one loss.
  size_t side(size_t box, size_t m) const { return side_of_[box * width_ + m]; }

  // For each side, log of its expected length above the loss.
  std::vector<Term> LogLengths(absl::Span<const double> means,
                               absl::Span<const double> deviations) const {
    std::vector<Term> below;
    below.reserve(places_.size());
    for (const Place& place : places_) {
      below.push_back(LogLengthBelow(place.value, means[place.loss], deviations[place.loss]));
    }
    std::vector<Term> lengths;
    lengths.reserve(sides_.size());
    for (const Side& side : sides_) {
      const Term& whole = below[side.upper];
      lengths.push_back(side.lower.has_value()
                            ? LogLengthWithout(whole, below[*side.lower], side.length)
                            : whole);
    }
    return lengths;
  }

 private:
  struct Place {
    double value = 0;
    size_t loss = 0;
  };
  struct Side {
    std::optional<size_t> lower;  // nothing: minus infinity
    size_t upper = 0;
    double length = 0;
  };

  size_t width_;
  std::vector<Place> places_;
  std::vector<Side> sides_;
  std::vector<size_t> side_of_;  // rows of `width_`
};

class ExpectedHypervolume final : public Merit {
 public:
  explicit ExpectedHypervolume(const std::vector<Boxes>& boxes)
      : width_(static_cast<size_t>(boxes.front().width)) {
    for (const Boxes& of_fantasy : boxes) sides_.emplace_back(of_fantasy);
  }

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const Sides& sides = sides_[fantasy];
    const std::vector<Term> lengths = sides.LogLengths(means, deviations);
    std::vector<double> volumes(sides.boxes());
    for (size_t k = 0; k < volumes.size(); ++k) {
      for (size_t m = 0; m < width_; ++m) volumes[k] += lengths[sides.side(k, m)].value;
    }
    if (volumes.empty()) volumes.push_back(-kInfinity);
    const double value = SumOfLogs(volumes);
    if (slopes == nullptr) return value;
    for (size_t m = 0; m < width_; ++m) slopes->means[m] = slopes->deviations[m] = 0;
    for (size_t k = 0; k < sides.boxes(); ++k) {
      for (size_t m = 0; m < width_; ++m) {
        const Term& length = lengths[sides.side(k, m)];
        slopes->means[m] += volumes[k] * length.mean_slope;
        slopes->deviations[m] += volumes[k] * length.deviation_slope;
      }
    }
    return value;
  }

 private:
  size_t width_;
  std::vector<Sides> sides_;  // for each fantasy
};

// Along a ray from the reference point that is free up to a distance b of it, the expected growth
// is the integral over t > b of d t^width / d t times the probability that all losses are below the
// point at distance t.
class RaysOfHypervolume final : public Merit {
 public:
  explicit RaysOfHypervolume(Rays rays) : rays_(std::move(rays)) {}

  double Value(int fantasy, absl::Span<const double> means, absl::Span<const double> deviations,
               MeritSlopes* slopes) const override {
    const size_t width = rays_.reference.size();
    const absl::Span<const double> reached = rays_.reached.col(fantasy);
    std::vector<double> values;
    std::vector<Term> terms;
    values.reserve(reached.size() * kNodes.size());
    terms.reserve(values.capacity() * width);
    for (size_t ray = 0; ray < reached.size(); ++ray) {
      const absl::Span<const double> direction = rays_.directions.col(static_cast<int>(ray));
      for (size_t k = 0; k < kNodes.size(); ++k) {
        const double t = reached[ray] + kNodes[k];
        values.push_back(LogWeight(k) + LogSlopeOfPower(t, width));
        for (size_t m = 0; m < width; ++m) {
          terms.push_back(
              LogProbability(rays_.reference[m] - t * direction[m], means[m], deviations[m]));
          values.back() += terms.back().value;
        }
      }
    }
    const double value = SumOfLogs(values);
    if (slopes == nullptr) return value;
    for (size_t m = 0; m < width; ++m) slopes->means[m] = slopes->deviations[m] = 0;
    for (size_t k = 0; k < values.size(); ++k) {
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

  // Trapezoids between nodes that are the closer the nearer they are to what is reached.
  static double LogWeight(size_t node) {
    const double below = node == 0 ? 0 : kNodes[node - 1];
    const double above = node + 1 < kNodes.size() ? kNodes[node + 1] : kNodes[node];
    return std::log(0.5 * (above - below));
  }

  static double LogSlopeOfPower(double t, size_t exponent) {
    const double power = static_cast<double>(exponent);
    return std::log(power) + (power - 1) * std::log(t);
  }

  Rays rays_;
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

std::unique_ptr<Merit> HypervolumeMerit(const std::vector<Boxes>& boxes) {
  return std::make_unique<ExpectedHypervolume>(boxes);
}

std::unique_ptr<Merit> RaysMerit(Rays rays) {
  return std::make_unique<RaysOfHypervolume>(std::move(rays));
}

std::unique_ptr<Merit> ConstrainedMerit(std::unique_ptr<Merit> merit, std::vector<double> bounds) {
  return std::make_unique<Constrained>(std::move(merit), std::move(bounds));
}

}  // namespace qalam::gp
