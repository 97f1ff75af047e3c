#include "math/permutation.h"

#include <bit>

#include "core/random_stream.h"

namespace qalam {
namespace {

// Four rounds are enough in theory for large domains; small ones need a few more to look random.
constexpr int kRounds = 8;

}  // namespace

IndexPermutation::IndexPermutation(int64_t size, uint64_t seed)
    : size_(static_cast<uint64_t>(size)),
      seed_(seed),
      half_bits_((static_cast<int>(std::bit_width(static_cast<uint64_t>(size) - 1)) + 1) / 2) {}

int64_t IndexPermutation::At(int64_t i) const {
  uint64_t value = static_cast<uint64_t>(i);
  do {
    value = Encrypt(value);
  } while (value >= size_);
  return static_cast<int64_t>(value);
}

uint64_t IndexPermutation::Encrypt(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_;
  uint64_t right = value & mask;
  for (uint64_t round = 0; round < kRounds; ++round) {
    // The round number sits above the half's at most 31 bits.
    const uint64_t mixed = left ^ (StableMix(seed_, right | round << 32) & mask);
    left = right;
    right = mixed;
  }
  return left << half_bits_ | right;
}

}  // namespace qalam
