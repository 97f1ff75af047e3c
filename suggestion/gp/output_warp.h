#ifndef QALAM_SUGGESTION_GP_OUTPUT_WARP_H_
#define QALAM_SUGGESTION_GP_OUTPUT_WARP_H_

#include <vector>

#include "absl/types/span.h"

namespace qalam::gp {

// An increasing map from losses to the values that a Gaussian process is fitted to, chosen so that
// they look more like a draw from one: losses over many decades are taken as logarithms, rare huge
// ones are tamed (after Snelson et al., "Warped Gaussian processes", NeurIPS 2003, with a few fixed
// shapes in place of a fitted one).
//
// With u = (loss - least) / scale, scale being the median distance from the least loss:
enum class WarpShape {
  kIdentity,  // u
  kRoot,      // 2 sqrt(u + d)
  kLog,       // log(u + d)
  kBounded,   // u up to 1, then 2 - 1/u
  kSigned,    // sign(u) log(1 + |u|), u = loss / scale, scale being the median size: keeps what is
              // near 0 apart, which is where a constraint's bound lies
};

// A shape and its d; losses below the least known one continue with the slope at u = 0. The mean of
// the fitted losses is moved to 0 and their deviation to 1.
class OutputWarp {
 public:
  // Of the identity, without data.
  OutputWarp() = default;
  // Any finite losses, in any number.
  OutputWarp(WarpShape shape, double offset, absl::Span<const double> losses);

  // The same shape for other losses.
  OutputWarp Refitted(absl::Span<const double> losses) const {
    return OutputWarp(shape_, offset_, losses);
  }

  // The shapes that are worth trying, the plainest first.
  static std::vector<OutputWarp> Candidates(absl::Span<const double> losses);

  double Apply(double loss) const;
  // The loss that maps to `value`; infinity where a bounded shape never gets there.
  double Invert(double value) const;
  // The logarithm of the derivative of Apply: turns densities of values into densities of losses.
  double LogSlope(double loss) const;

 private:
  double Shape(double u) const;
  double SlopeOfShape(double u) const;

  WarpShape shape_ = WarpShape::kIdentity;
  double offset_ = 0;
  double least_ = 0;
  double scale_ = 1;
  double mean_ = 0;
  double deviation_ = 1;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_OUTPUT_WARP_H_
