#include "math/signed_rank.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "core/random_stream.h"

namespace qalam {
namespace {

constexpr size_t kMaxExact = 30;

// Twice the rank of each size, so that shared ranks are whole numbers.
std::vector<int64_t> DoubledRanks(absl::Span<const double> differences) {
  std::vector<size_t> order(differences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto size = [&](size_t i) { return std::abs(differences[order[i]]); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::abs(differences[a]) < std::abs(differences[b]);
  });
  std::vector<int64_t> ranks(differences.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin + 1;
    while (end < order.size() && size(end) == size(begin)) ++end;
    // The mean of begin + 1, ..., end, doubled.
    for (size_t i = begin; i < end; ++i) ranks[order[i]] = static_cast<int64_t>(begin + 1 + end);
    begin = end;
  }
  return ranks;
}

// The probability that the signs, drawn at random, give the positive ones a sum of at least `sum`.
double ExactTail(const std::vector<int64_t>& ranks, int64_t sum) {
  const int64_t total = std::accumulate(ranks.begin(), ranks.end(), int64_t{0});
  std::vector<double> probability(static_cast<size_t>(total) + 1, 0.0);
  probability[0] = 1;
  int64_t reach = 0;
  for (const int64_t rank : ranks) {
    reach += rank;
    for (int64_t s = reach; s >= 0; --s) {
      const double with = s >= rank ? probability[static_cast<size_t>(s - rank)] : 0;
      double& here = probability[static_cast<size_t>(s)];
      here = 0.5 * (here + with);
    }
  }
  double tail = 0;
  for (int64_t s = total; s >= std::max<int64_t>(sum, 0); --s) {
    tail += probability[static_cast<size_t>(s)];
  }
  return std::min(tail, 1.0);
}

double NormalTail(const std::vector<int64_t>& ranks, int64_t sum) {
  double mean = 0;
  double variance = 0;
  for (const int64_t doubled : ranks) {
    const double rank = 0.5 * static_cast<double>(doubled);
    mean += 0.5 * rank;
    variance += 0.25 * rank * rank;
  }
  const double z = (0.5 * static_cast<double>(sum) - 0.5 - mean) / std::sqrt(variance);
  return NormalCdf(-z);
}

}  // namespace

double SignedRankPValue(absl::Span<const double> differences) {
  const std::vector<int64_t> ranks = DoubledRanks(differences);
  std::vector<int64_t> signed_ranks;  // of those that have a sign
  int64_t positive = 0;
  for (size_t i = 0; i < differences.size(); ++i) {
    if (differences[i] == 0) continue;  // half of its rank on either side: no part of the sum
    signed_ranks.push_back(ranks[i]);
    if (differences[i] > 0) positive += ranks[i];
  }
  if (signed_ranks.empty()) return 1;
  return signed_ranks.size() <= kMaxExact ? ExactTail(signed_ranks, positive)
                                          : NormalTail(signed_ranks, positive);
}

}  // namespace qalam
