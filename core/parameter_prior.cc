// What a parameter's prior means. (Everything else about parameters is in parameter.cc.)
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "core/parameter.h"
#include "core/random_stream.h"

namespace qalam {
namespace {

// The share of the prior in its density; the rest is uniform, for beliefs may be wrong.
constexpr double kBelieved = 0.75;
constexpr double kSqrtTwoPi = 2.5066282746310002;

double Total(const ParameterPrior& prior) {
  return std::accumulate(prior.weights.begin(), prior.weights.end(), 0.0);
}

}  // namespace

double Parameter::PriorQuantile(double p) const {
  if (!prior.has_value()) return Quantile(p);
  if (is_ordered()) {
    const double low = NormalCdf(-prior->mean / prior->deviation);
    const double high = NormalCdf((1 - prior->mean) / prior->deviation);
    const double z = NormalQuantile(low + std::clamp(p, 0.0, 1.0) * (high - low));
    return FromUnit(std::clamp(prior->mean + prior->deviation * z, 0.0, 1.0));
  }
  double left = p * Total(*prior);
  size_t k = 0;
  while (k + 1 < prior->weights.size() && left >= prior->weights[k]) left -= prior->weights[k++];
  return ValueAt(static_cast<int64_t>(k));
}

double Parameter::LogPrior(double value) const {
  if (!prior.has_value()) return 0;
  if (is_ordered()) {
    const double low = NormalCdf(-prior->mean / prior->deviation);
    const double high = NormalCdf((1 - prior->mean) / prior->deviation);
    const double z = (ToUnit(value) - prior->mean) / prior->deviation;
    const double bell = std::exp(-0.5 * z * z) / (prior->deviation * kSqrtTwoPi * (high - low));
    return std::log(kBelieved * bell + 1 - kBelieved);
  }
  const double weight = prior->weights[static_cast<size_t>(IndexOf(value))];
  const double share = weight * static_cast<double>(list.size()) / Total(*prior);
  return std::log(kBelieved * share + 1 - kBelieved);
}

std::optional<double> Parameter::StartValue() const {
  if (!prior.has_value()) return default_value;
  if (is_ordered()) return FromUnit(prior->mean);
  const auto likeliest = std::max_element(prior->weights.begin(), prior->weights.end());
  return ValueAt(likeliest - prior->weights.begin());
}

}  // namespace qalam
