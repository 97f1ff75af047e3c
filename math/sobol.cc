#include "math/sobol.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "core/random_stream.h"

namespace qalam {
namespace {

constexpr int kBits = 32;
constexpr int kTableDimensions = 1024;

constexpr uint16_t kJoeKuo[] = {
#include "math/sobol_directions.inc"
};

// Owen's nested uniform scrambling, exactly: each digit is flipped by a random bit that depends on
// all higher digits. The random bits are hashes of (seed, place, higher digits), so no tree is
// stored. The usual shortcut (Laine and Karras, 2011) takes a few multiplications for all digits
// but only comes near the ideal; 32 hashes cost a fraction of a microsecond, nothing beside a
// trial.
uint32_t NestedUniformScramble(uint32_t digits, uint64_t seed) {
  uint32_t scrambled = 0;
  for (int place = 0; place < kBits; ++place) {
    // A 1 in front tells prefixes of different lengths apart.
    const uint64_t prefix =
        (uint64_t{1} << place) | (static_cast<uint64_t>(digits) >> (kBits - place));
    const uint32_t flip = static_cast<uint32_t>(StableMix(seed, prefix) >> 63);
    const uint32_t digit = (digits >> (kBits - 1 - place)) & 1;
    scrambled = scrambled << 1 | (digit ^ flip);
  }
  return scrambled;
}

// The recurrence of Bratley and Fox (1988) for the polynomial `row[0]` with initial numbers
// row[1..s].
std::array<uint32_t, kBits> Expand(const uint16_t* row) {
  const uint32_t polynomial = row[0];
  const int degree = static_cast<int>(std::bit_width(polynomial)) - 1;
  std::array<uint32_t, kBits> v;
  for (int i = 0; i < kBits; ++i) {
    if (i < degree) {
      v[i] = static_cast<uint32_t>(row[i + 1]) << (kBits - 1 - i);
      continue;
    }
    v[i] = v[i - degree] ^ (v[i - degree] >> degree);
    for (int k = 1; k < degree; ++k) {
      if ((polynomial >> (degree - k)) & 1) v[i] ^= v[i - k];
    }
  }
  return v;
}

}  // namespace

SobolSequence::SobolSequence(int dimensions, uint64_t seed) : dimensions_(dimensions), seed_(seed) {
  const int known = std::min(dimensions, kTableDimensions);
  directions_.reserve(static_cast<size_t>(known));
  const uint16_t* row = kJoeKuo;
  for (int d = 0; d < known; ++d) {
    if (d == 0) {  // the radical inverse in base 2, which has no polynomial
      DirectionNumbers& first = directions_.emplace_back();
      for (int i = 0; i < kBits; ++i) first[i] = uint32_t{1} << (kBits - 1 - i);
      continue;
    }
    directions_.push_back(Expand(row));
    row += std::bit_width(row[0]);  // the polynomial and as many numbers as its degree
  }
}

double SobolSequence::Coordinate(uint64_t index, int dimension) const {
  // Indices beyond 2^32 begin the sequence anew under another seed.
  const uint64_t seed = (index >> kBits) == 0 ? seed_ : StableMix(seed_, index >> kBits);
  const uint64_t axis_seed = StableMix(seed, static_cast<uint64_t>(dimension));
  uint32_t place = static_cast<uint32_t>(index);
  const int repetition = dimension / kTableDimensions;
  if (repetition > 0) {
    // One shuffle for all axes of a repetition keeps them evenly filled together.
    place = NestedUniformScramble(place, StableMix(StableMix(seed, StableHash("shuffle")),
                                                   static_cast<uint64_t>(repetition)));
  }

  const DirectionNumbers& v = directions_[static_cast<size_t>(dimension % kTableDimensions)];
  uint32_t digits = 0;
  for (uint32_t rest = place; rest != 0; rest &= rest - 1) digits ^= v[std::countr_zero(rest)];

  // Below the 32nd digit scrambling is a fresh random tail for each point.
  const uint64_t tail = StableMix(axis_seed, uint64_t{1} << kBits | digits) >> 44;
  const uint64_t scrambled = uint64_t{NestedUniformScramble(digits, axis_seed)} << 20 | tail;
  return (static_cast<double>(scrambled) + 0.5) * 0x1p-52;
}

void SobolSequence::Point(uint64_t index, absl::Span<double> point) const {
  for (int d = 0; d < dimensions_; ++d) point[d] = Coordinate(index, d);
}

}  // namespace qalam
