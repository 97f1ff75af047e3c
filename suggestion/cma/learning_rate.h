#ifndef QALAM_SUGGESTION_CMA_LEARNING_RATE_H_
#define QALAM_SUGGESTION_CMA_LEARNING_RATE_H_

#include <vector>

#include "absl/types/span.h"

namespace qalam {

// A factor on the updates of a quantity that keeps their signal-to-noise ratio up: noise and many
// local optima make updates that disagree, and the factor falls (Nomura, Akimoto and Ono, "CMA-ES
// with learning rate adaptation", arXiv 2304.03473, section 3).
class LearningRate {
 public:
  // `decay` of the running means: 0.1 for the mean, 0.03 for the covariance.
  explicit LearningRate(double decay) : decay_(decay) {}

  // Learns from an update as it would be at factor 1, in coordinates in which the search
  // distribution is standard normal.
  void Adapt(absl::Span<const double> update);
  // In (0, 1].
  double factor() const { return factor_; }

 private:
  double decay_;
  double factor_ = 1;
  std::vector<double> average_;  // of the updates
  double average_square_ = 0;    // of their lengths
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_LEARNING_RATE_H_
