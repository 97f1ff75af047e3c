#include "suggestion/cma/margin.h"

#include <algorithm>
#include <cmath>

#include "core/random_stream.h"

namespace qalam {
namespace {

// One neighbour only: the mean is moved towards the edge that separates it from there.
std::optional<Marginal> TowardsEdge(const Marginal& marginal, double edge, double alpha) {
  const double reach = -NormalQuantile(alpha) * marginal.deviation;
  const double distance = marginal.mean - edge;
  if (std::fabs(distance) <= reach) return std::nullopt;
  return Marginal{edge + std::copysign(reach, distance), marginal.deviation};
}

}  // namespace

std::optional<Marginal> WithMargin(const Marginal& marginal, std::optional<double> lower,
                                   std::optional<double> upper, double alpha) {
  if (!(marginal.deviation > 0) || !(alpha > 0) || (!lower && !upper)) return std::nullopt;
  if (!lower) return TowardsEdge(marginal, *upper, alpha);
  if (!upper) return TowardsEdge(marginal, *lower, alpha);
  const double below = NormalCdf((*lower - marginal.mean) / marginal.deviation);
  const double above = NormalCdf((marginal.mean - *upper) / marginal.deviation);
  const double half = alpha / 2;
  if (below >= half && above >= half) return std::nullopt;
  // What the raised sides gain is taken from all three in proportion to what they can spare.
  const double inside = 1 - below - above;
  const double raised_below = std::max(below, half);
  const double raised_above = std::max(above, half);
  const double excess = 1 - raised_below - raised_above - inside;
  const double spare = raised_below + raised_above + inside - 3 * half;
  const double share = spare > 0 ? excess / spare : 0;
  const double p_below = std::clamp(raised_below + share * (raised_below - half), half, 0.49);
  const double p_above = std::clamp(raised_above + share * (raised_above - half), half, 0.49);
  const double z_below = -NormalQuantile(p_below);
  const double z_above = -NormalQuantile(p_above);
  const double deviation = (*upper - *lower) / (z_below + z_above);
  return Marginal{*lower + z_below * deviation, deviation};
}

}  // namespace qalam
