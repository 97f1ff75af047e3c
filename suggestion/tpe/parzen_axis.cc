#include "suggestion/tpe/parzen_axis.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/random_stream.h"

namespace qalam {
namespace {

// Up to this many values of a number are gone through one by one; beyond, a kernel is at least
// about as wide as its cell and an integral is as good as the sum.
constexpr double kFewValues = 32;
// Bells narrower than this have a good part of their mass inside [0, 1], wherever their mean.
constexpr double kWideBell = 0.5;
// Beyond this many deviations there is no mass to speak of.
constexpr double kWholeBell = 8.5;
constexpr double kSqrtTwoPi = 2.5066282746310002;

}  // namespace

ParzenAxis::ParzenAxis(const Parameter& parameter) : parameter_(parameter) {
  const double cardinality = parameter.Cardinality();
  if (cardinality == 1) return;
  if (!parameter.is_ordered()) {
    kind_ = Kind::kLabel;
    labels_ = static_cast<int>(cardinality);
    return;
  }
  kind_ = Kind::kNumber;
  const Distribution distribution = parameter.distribution;
  if (distribution == Distribution::kNormal || distribution == Distribution::kLogNormal) {
    prior_.sigma = 1.0 / 6;  // see Parameter::Quantile
  }
  if (!std::isfinite(cardinality)) return;
  cells_ = cardinality;
  if (cells_ > kFewValues) return;
  for (int64_t k = 0; k < static_cast<int64_t>(cells_); ++k) {
    places_.push_back(parameter.ToUnit(parameter.ValueAt(k)));
    if (k > 0) {
      edges_.push_back(parameter.ToUnit(parameter.ValueAt(k - 1) / 2 + parameter.ValueAt(k) / 2));
    }
  }
}

double ParzenAxis::Encode(double unit) const {
  if (kind_ == Kind::kConstant) return 0;
  if (kind_ == Kind::kLabel) {
    return std::clamp(std::floor(unit * labels_), 0.0, static_cast<double>(labels_ - 1));
  }
  if (!places_.empty()) {
    const auto edge = std::upper_bound(edges_.begin(), edges_.end(), unit);
    return places_[static_cast<size_t>(edge - edges_.begin())];
  }
  if (cells_ > 0 && !parameter_.is_log()) {
    return (std::clamp(std::floor(unit * cells_), 0.0, cells_ - 1) + 0.5) / cells_;
  }
  return unit;
}

double ParzenAxis::Decode(double value) const {
  if (kind_ == Kind::kConstant) return 0.5;
  return kind_ == Kind::kLabel ? (value + 0.5) / labels_ : value;
}

double ParzenAxis::CellWidth(double place) const {
  if (!parameter_.is_log()) return 1 / cells_;
  const double value = parameter_.FromUnit(place);
  const double half = parameter_.step.value_or(1) / 2;
  const double low = value <= parameter_.min ? 0 : parameter_.ToUnit(value - half);
  const double high = value >= parameter_.max ? 1 : parameter_.ToUnit(value + half);
  return high - low;
}

double ParzenAxis::Widen(double place, double sigma) const {
  if (cells_ == 0) return sigma;
  const double width = CellWidth(place);
  return std::sqrt(sigma * sigma + width * width / 12);
}

double ParzenAxis::LogMass(const Bell& bell) const {
  if (!places_.empty()) {
    double sum = 0;
    for (const double place : places_) {
      const double z = (place - bell.mean) / bell.sigma;
      sum += std::exp(-0.5 * z * z);
    }
    return std::log(sum / cells_);
  }
  const double low = -bell.mean / bell.sigma;
  const double high = (1 - bell.mean) / bell.sigma;
  const bool whole = low < -kWholeBell && high > kWholeBell;
  const double inside = whole ? 1 : NormalCdf(high) - NormalCdf(low);
  return std::log(bell.sigma * kSqrtTwoPi * inside);
}

double ParzenAxis::Draw(const Bell& bell, RandomStream& random) const {
  // Narrow bells lie inside by half at least, so a few trials are quicker than the tails.
  if (bell.sigma < kWideBell) {
    for (;;) {
      const double place = bell.mean + bell.sigma * random.Normal();
      if (place >= 0 && place <= 1) return Encode(place);
    }
  }
  const double low = NormalCdf(-bell.mean / bell.sigma);
  const double high = NormalCdf((1 - bell.mean) / bell.sigma);
  const double z = NormalQuantile(low + random.Uniform() * (high - low));
  return Encode(std::clamp(bell.mean + bell.sigma * z, 0.0, 1.0));
}

}  // namespace qalam
