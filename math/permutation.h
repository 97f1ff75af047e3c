#ifndef QALAM_MATH_PERMUTATION_H_
#define QALAM_MATH_PERMUTATION_H_

#include <cstdint>

namespace qalam {

// A pseudo-random order of 0 .. size-1 that is computed element by element and never stored: a
// Feistel network over the smallest even number of bits that holds `size`, walked until it lands
// inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). Constant memory; a
// call takes fewer than four walks on average. The same on every machine.
class IndexPermutation {
 public:
  // Requires 1 <= size <= 2^62. Different seeds give independent orders.
  IndexPermutation(int64_t size, uint64_t seed);

  // The element at place `i` of the order. Requires 0 <= i < size.
  int64_t At(int64_t i) const;

 private:
  uint64_t Encrypt(uint64_t value) const;

  uint64_t size_;
  uint64_t seed_;
  int half_bits_;  // of the network's domain, which has 2^(2 * half_bits_) elements
};

}  // namespace qalam

#endif  // QALAM_MATH_PERMUTATION_H_
