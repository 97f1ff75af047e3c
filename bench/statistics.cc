#include "bench/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace qalam::bench {

double Mean(absl::Span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double VarianceOfMean(absl::Span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / (n - 1) / n;
}

std::vector<double> Ranks(absl::Span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = static_cast<double>(begin + 1 + end) / 2;
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = shared;
    begin = end;
  }
  return ranks;
}

double SignedRankPValue(absl::Span<const double> differences) {
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (const double difference : differences) {
    if (difference == 0) continue;
    sizes.push_back(std::fabs(difference));
    positive.push_back(difference > 0);
  }
  if (sizes.empty()) return 1;
  // Ranks in halves are whole numbers when doubled, so the distribution of their signed sum can be
  // counted: ways[s] is the share of sign patterns whose positive ranks sum to s.
  const std::vector<double> ranks = Ranks(sizes);
  std::vector<double> ways = {1};
  size_t observed = 0;
  for (size_t i = 0; i < ranks.size(); ++i) {
    const size_t rank = static_cast<size_t>(std::lround(2 * ranks[i]));
    if (positive[i]) observed += rank;
    std::vector<double> next(ways.size() + rank);
    for (size_t s = 0; s < ways.size(); ++s) {
      next[s] += ways[s] / 2;
      next[s + rank] += ways[s] / 2;
    }
    ways = std::move(next);
  }
  double below = 0;
  double above = 0;
  for (size_t s = 0; s < ways.size(); ++s) {
    if (s <= observed) below += ways[s];
    if (s >= observed) above += ways[s];
  }
  return std::min(1.0, 2 * std::min(below, above));
}

}  // namespace qalam::bench
