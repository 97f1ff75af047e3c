#ifndef QALAM_MATH_NORMAL_DISTRIBUTION_H_
#define QALAM_MATH_NORMAL_DISTRIBUTION_H_

namespace qalam {

// Functions of the standard normal distribution, phi its density and Phi its distribution function,
// that stay accurate far out in the lower tail, where phi and Phi themselves are 0 in doubles. All
// accept any z down to -1e5 and up to infinity; relative errors of the logarithms are below 1e-9.

// exp(x^2) erfc(x); infinity where that exceeds the largest double (x < -26).
double ScaledErfc(double x);

// A function's value and its derivative at the same place.
struct ValueAndSlope {
  double value = 0;
  double slope = 0;
};

// log Phi(z).
ValueAndSlope LogNormalCdf(double z);

// log(phi(z) + z Phi(z)): the logarithm of the expected improvement of a standard normal variable
// below z (Ament et al., "Unexpected improvements to expected improvement for Bayesian
// optimization", NeurIPS 2023, section 4.1).
ValueAndSlope LogNormalImprovement(double z);

}  // namespace qalam

#endif  // QALAM_MATH_NORMAL_DISTRIBUTION_H_
