#ifndef QALAM_SUGGESTION_GP_COVARIANCE_CACHE_H_
#define QALAM_SUGGESTION_GP_COVARIANCE_CACHE_H_

#include "math/linear_algebra.h"
#include "suggestion/gp/kernel.h"

namespace qalam::gp {

// The covariances of one call, of which the next takes what it shares: from one suggestion to the
// next most points stay, and the kernel as long as it is not fitted again. An element depends on
// nothing but its two points, so that the same bits come out as without.
class CovarianceCache {
 public:
  // See Kernel::Covariances. Valid until the next call.
  const Matrix& Get(const Kernel& kernel, const Matrix& points);

 private:
  // How many of the first points are those of the call before, under the same covariance function.
  int Shared(const Kernel& kernel, const Matrix& points) const;

  KernelParameters parameters_;
  Matrix points_;
  Matrix covariances_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_COVARIANCE_CACHE_H_
