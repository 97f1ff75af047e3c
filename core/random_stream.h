#ifndef QALAM_CORE_RANDOM_STREAM_H_
#define QALAM_CORE_RANDOM_STREAM_H_

#include <array>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace qalam {

// A stream of random numbers that is a function of its name alone: (seed, index, purpose). Two
// streams of the same name are equal on every machine; streams of different names are independent.
// Generator: xoshiro256++ (Blackman and Vigna, 2021), seeded by SplitMix64. The distributions are
// our own, because those of the standard library differ between implementations.
class RandomStream {
 public:
  // `seed` is the experiment's, `index` usually a trial number, `purpose` a short constant word.
  RandomStream(uint64_t seed, uint64_t index, absl::string_view purpose);

  // Uniform over all 64-bit values.
  uint64_t Bits();
  // Uniform in [0, 1), with 53 random bits.
  double Uniform();
  // Uniform over 0 .. bound-1 without bias. Requires bound > 0.
  uint64_t Below(uint64_t bound);
  // Standard normal, by inversion of one uniform number.
  double Normal();

 private:
  std::array<uint64_t, 4> state_;
};

// A 64-bit hash of `text` that is the same on every machine (FNV-1a, finished by SplitMix64).
uint64_t StableHash(absl::string_view text);
// Mixes two 64-bit values into one; the same on every machine.
uint64_t StableMix(uint64_t a, uint64_t b);

// The quantile function of the standard normal distribution for p in (0, 1), accurate to 1e-15
// relative (Wichura, AS 241, 1988). p <= 0 gives -infinity, p >= 1 +infinity.
double NormalQuantile(double p);
// The distribution function of the standard normal distribution.
double NormalCdf(double x);

}  // namespace qalam

#endif  // QALAM_CORE_RANDOM_STREAM_H_
