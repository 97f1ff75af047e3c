#include "bench/problem.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace qalam::bench {
namespace {

// Spread of the simulated run times: the slowest of ten takes about three times the fastest.
constexpr double kSecondsDeviation = 0.4;
// The protocol's offset between the seed of an optimiser and that of the evaluator.
constexpr uint64_t kNoiseSeedOffset = 1000;

}  // namespace

Objective ObjectiveOf(const ProblemInfo& info) {
  Objective objective;
  objective.direction = info.direction;
  const auto add_metric = [&](std::string name) {
    objective.metrics.push_back({.name = name, .strategy = MetricStrategy::kLatest});
    return name;
  };
  add_metric("objective");
  for (const Direction direction : info.further) {
    const size_t number = objective.further.size() + 2;
    objective.further.push_back({add_metric(absl::StrCat("objective", number)), direction});
  }
  for (int i = 1; i <= info.constraints; ++i) {
    objective.constraints.push_back({.metric = add_metric(absl::StrCat("violation", i))});
  }
  return objective;
}

RandomQuantiles RandomQuantiles::FromLosses(std::vector<double> losses) {
  std::sort(losses.begin(), losses.end());
  RandomQuantiles quantiles;
  const double count = static_cast<double>(losses.size());
  for (size_t i = 0; i < losses.size(); ++i) {
    const double share = static_cast<double>(i + 1) / count;
    // Of equal losses the last: all of them are at least as good.
    if (!quantiles.pairs_.empty() && quantiles.pairs_.back().second == losses[i]) {
      quantiles.pairs_.back().first = share;
    } else {
      quantiles.pairs_.emplace_back(share, losses[i]);
    }
  }
  return quantiles;
}

RandomQuantiles RandomQuantiles::FromPairs(const std::vector<std::pair<double, double>>& pairs) {
  RandomQuantiles quantiles;
  for (const auto& [share, loss] : pairs) {
    if (share > 0) quantiles.pairs_.emplace_back(share, loss);
  }
  return quantiles;
}

double RandomQuantiles::Median() const {
  const auto it = std::lower_bound(pairs_.begin(), pairs_.end(), 0.5,
                                   [](const auto& pair, double q) { return pair.first < q; });
  return it == pairs_.end() ? pairs_.back().second : it->second;
}

double RandomQuantiles::EvaluationsNeeded(double loss) const {
  // The first pair that is worse than `loss`; the share of `loss` lies before it.
  const auto above = std::upper_bound(pairs_.begin(), pairs_.end(), loss,
                                      [](double l, const auto& pair) { return l < pair.second; });
  if (above == pairs_.begin()) return 1 / pairs_.front().first - 1;
  const auto below = above - 1;
  double share = below->first;
  if (above != pairs_.end() && std::isfinite(above->second) && above->second > below->second) {
    const double t = (loss - below->second) / (above->second - below->second);
    share = below->first * std::pow(above->first / below->first, t);
  }
  return 1 / share - 1;
}

double SimulatedSeconds(RandomStream& noise) {
  return std::exp(kSecondsDeviation * noise.Normal());
}

RandomStream NoiseStream(uint64_t seed, int n) {
  return RandomStream(seed + kNoiseSeedOffset, static_cast<uint64_t>(n), "bench evaluation");
}

}  // namespace qalam::bench
