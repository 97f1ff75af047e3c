#ifndef QALAM_SUGGESTION_CMA_WEIGHTS_H_
#define QALAM_SUGGESTION_CMA_WEIGHTS_H_

#include <vector>

#include "absl/types/span.h"

namespace qalam {

// Recombination weights and learning rates of CMA-ES for one generation, by Hansen, "The CMA
// Evolution Strategy: A Tutorial" (arXiv 1604.00772), table 1. The separable form learns (n + 2) /
// 3 times faster (Ros and Hansen, PPSN 2008).
struct CmaWeights {
  // One a member, best first; the sum is 1. Members of the worse half have 0.
  std::vector<double> mean;
  // The same with negative weights for the worse half.
  std::vector<double> covariance;
  double mu_eff = 1;  // the effective number of members that move the mean
  double c_sigma = 0, d_sigma = 1;
  double c_c = 0, c_1 = 0, c_mu = 0;
  double chi_n = 1;  // expected length of a standard normal vector of n elements
};

// For `members` >= 2 members in n >= 1 dimensions. `ranks`: for each member, best first, a number
// that is equal for members that are equally good, such as their loss; they share their weights.
CmaWeights CmaWeightsFor(absl::Span<const int> ranks, int dimensions, bool separable);

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_WEIGHTS_H_
