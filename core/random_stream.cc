#include "core/random_stream.h"

#include <bit>
#include <cmath>
#include <limits>

namespace qalam {
namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): advances `state` and returns the next output.
uint64_t SplitMix64(uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// c[0] + c[1] x + ... + c[7] x^7 by Horner's rule.
double Polynomial(const double (&c)[8], double x) {
  double sum = c[7];
  for (int i = 6; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

// The rational approximations of AS 241 (PPND16): the centre |p - 0.5| <= 0.425 ...
constexpr double kA[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                          1.9715909503065514427e+3, 1.3731693765509461125e+4,
                          4.5921953931549871457e+4, 6.7265770927008700853e+4,
                          3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr double kB[8] = {1.0,
                          4.2313330701600911252e+1,
                          6.8718700749205790830e+2,
                          5.3941960214247511077e+3,
                          2.1213794301586595867e+4,
                          3.9307895800092710610e+4,
                          2.8729085735721942674e+4,
                          5.2264952788528545610e+3};
// ... the near tail, r = sqrt(-log p) <= 5 ...
constexpr double kC[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                          5.76949722146069140550e0,  3.64784832476320460504e0,
                          1.27045825245236838258e0,  2.41780725177450611770e-1,
                          2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double kD[8] = {1.0,
                          2.05319162663775882187e0,
                          1.67638483018380384940e0,
                          6.89767334985100004550e-1,
                          1.48103976427480074590e-1,
                          1.51986665636164571966e-2,
                          5.47593808499534494600e-4,
                          1.05075007164441684324e-9};
// ... and the far one.
constexpr double kE[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                          1.78482653991729133580e0,  2.96560571828504891230e-1,
                          2.65321895265761230930e-2, 1.24266094738807843860e-3,
                          2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kF[8] = {1.0,
                          5.99832206555887937690e-1,
                          1.36929880922735805310e-1,
                          1.48753612908506148525e-2,
                          7.86869131145613259100e-4,
                          1.84631831751005468180e-5,
                          1.42151175831644588870e-7,
                          2.04426310338993978564e-15};

}  // namespace

uint64_t StableMix(uint64_t a, uint64_t b) {
  uint64_t state = a;
  const uint64_t mixed = SplitMix64(state);
  state = mixed ^ b;
  return SplitMix64(state);
}

uint64_t StableHash(absl::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return SplitMix64(hash);
}

RandomStream::RandomStream(uint64_t seed, uint64_t index, absl::string_view purpose) {
  uint64_t state = StableMix(StableMix(seed, index), StableHash(purpose));
  for (uint64_t& word : state_) word = SplitMix64(state);
}

uint64_t RandomStream::Bits() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double RandomStream::Uniform() { return static_cast<double>(Bits() >> 11) * 0x1p-53; }

// Lemire, "Fast random integer generation in an interval" (2019).
uint64_t RandomStream::Below(uint64_t bound) {
  unsigned __int128 product = static_cast<unsigned __int128>(Bits()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t threshold = -bound % bound;
    while (static_cast<uint64_t>(product) < threshold) {
      product = static_cast<unsigned __int128>(Bits()) * bound;
    }
  }
  return static_cast<uint64_t>(product >> 64);
}

double RandomStream::Normal() {
  // The middle of a cell of width 2^-53, so that neither end of (0, 1) occurs.
  return NormalQuantile((static_cast<double>(Bits() >> 12) + 0.5) * 0x1p-52);
}

double NormalQuantile(double p) {
  if (std::isnan(p)) return p;
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * Polynomial(kA, r) / Polynomial(kB, r);
  }
  const double tail = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  const double z = tail <= 5 ? Polynomial(kC, tail - 1.6) / Polynomial(kD, tail - 1.6)
                             : Polynomial(kE, tail - 5) / Polynomial(kF, tail - 5);
  return q < 0 ? -z : z;
}

double NormalCdf(double x) { return 0.5 * std::erfc(-x * 0.70710678118654752440); }

}  // namespace qalam
