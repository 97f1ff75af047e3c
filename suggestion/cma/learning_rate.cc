#include "suggestion/cma/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace qalam {
namespace {

constexpr double kAimedRatio = 1.4;     // the ratio aimed at
constexpr double kFastestChange = 0.1;  // the fastest relative change
constexpr double kLeast = 1e-4;

}  // namespace

void LearningRate::Adapt(absl::Span<const double> update) {
  average_.resize(update.size());
  double square = 0;
  double average_norm = 0;
  for (size_t i = 0; i < update.size(); ++i) {
    square += update[i] * update[i];
    average_[i] = (1 - decay_) * average_[i] + decay_ * update[i];
    average_norm += average_[i] * average_[i];
  }
  average_square_ = (1 - decay_) * average_square_ + decay_ * square;
  const double noise = average_square_ - average_norm;
  if (!(noise > 0)) return;
  const double ratio = (average_norm - decay_ / (2 - decay_) * average_square_) / noise;
  const double change = std::clamp(ratio / (kAimedRatio * factor_) - 1, -1.0, 1.0);
  factor_ = std::clamp(factor_ * std::exp(std::min(kFastestChange * factor_, decay_) * change),
                       kLeast, 1.0);
}

}  // namespace qalam
