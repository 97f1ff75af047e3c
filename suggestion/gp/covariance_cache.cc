#include "suggestion/gp/covariance_cache.h"

#include <algorithm>

namespace qalam::gp {
namespace {

// Noise apart, which covariances between points do not have.
bool AreEqual(const KernelParameters& a, const KernelParameters& b) {
  return a.lengthscales == b.lengthscales && a.additive_lengthscales == b.additive_lengthscales &&
         a.signal == b.signal && a.additive_signal == b.additive_signal;
}

}  // namespace

int CovarianceCache::Shared(const Kernel& kernel, const Matrix& points) const {
  if (points_.rows() == 0 || !AreEqual(kernel.parameters(), parameters_)) return 0;
  int shared = std::min(points.rows(), points_.rows());
  for (int d = 0; d < points.cols(); ++d) {
    const absl::Span<const double> now = points.col(d).subspan(0, static_cast<size_t>(shared));
    const auto different = std::mismatch(now.begin(), now.end(), points_.col(d).begin());
    shared = static_cast<int>(different.first - now.begin());
  }
  return shared;
}

const Matrix& CovarianceCache::Get(const Kernel& kernel, const Matrix& points) {
  covariances_ = kernel.Covariances(points, covariances_, Shared(kernel, points));
  points_ = points;
  parameters_ = kernel.parameters();
  return covariances_;
}

}  // namespace qalam::gp
