#include "suggestion/cma/weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace qalam {
namespace {

// Members of equal rank get the mean of their weights: the order among them says nothing.
void ShareTies(absl::Span<const int> ranks, std::vector<double>& weights) {
  for (size_t begin = 0, end = 0; begin < ranks.size(); begin = end) {
    double sum = 0;
    for (end = begin; end < ranks.size() && ranks[end] == ranks[begin]; ++end) sum += weights[end];
    if (end - begin == 1) continue;
    std::fill(weights.begin() + static_cast<std::ptrdiff_t>(begin),
              weights.begin() + static_cast<std::ptrdiff_t>(end),
              sum / static_cast<double>(end - begin));
  }
}

struct Sums {
  double sum = 0;
  double squares = 0;
  double Effective() const { return squares > 0 ? sum * sum / squares : 0; }
};

// Learning rates of the covariance for `mu_eff`; before the factor of the separable form.
void SetRates(double mu_eff, double n, bool separable, CmaWeights& w) {
  w.c_c = (4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n);
  const double faster = separable ? (n + 2) / 3 : 1;
  w.c_1 = std::min(0.5, faster * 2 / ((n + 1.3) * (n + 1.3) + mu_eff));
  w.c_mu = std::min(1 - w.c_1,
                    faster * 2 * (0.25 + mu_eff + 1 / mu_eff - 2) / ((n + 2) * (n + 2) + mu_eff));
}

}  // namespace

CmaWeights CmaWeightsFor(absl::Span<const int> ranks, int dimensions, bool separable) {
  const size_t members = ranks.size();
  const double n = dimensions;
  const double middle = std::log((static_cast<double>(members) + 1) / 2);
  CmaWeights w;
  w.mean.resize(members);
  w.covariance.resize(members);
  Sums positive, negative;
  for (size_t i = 0; i < members; ++i) {
    const double raw = middle - std::log(static_cast<double>(i) + 1);
    Sums& side = raw > 0 ? positive : negative;
    side.sum += std::fabs(raw);
    side.squares += raw * raw;
    w.covariance[i] = raw;
  }
  const double mu_eff = positive.Effective();
  SetRates(mu_eff, n, separable, w);
  const double limit =
      w.c_mu > 0 ? std::min({1 + w.c_1 / w.c_mu, 1 + 2 * negative.Effective() / (mu_eff + 2),
                             (1 - w.c_1 - w.c_mu) / (n * w.c_mu)})
                 : 0;
  for (size_t i = 0; i < members; ++i) {
    const double raw = w.covariance[i];
    w.mean[i] = raw > 0 ? raw / positive.sum : 0;
    w.covariance[i] = raw > 0 ? w.mean[i] : limit * raw / std::max(negative.sum, 1e-300);
  }
  ShareTies(ranks, w.mean);
  ShareTies(ranks, w.covariance);
  double squares = 0;
  for (const double weight : w.mean) squares += weight * weight;
  w.mu_eff = 1 / squares;
  w.c_sigma = (mu_eff + 2) / (n + mu_eff + 5);
  w.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mu_eff - 1) / (n + 1)) - 1) + w.c_sigma;
  w.chi_n = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  return w;
}

}  // namespace qalam
