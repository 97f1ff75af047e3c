#include "suggestion/tpe/kernel_blocks.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "math/vector_clones.h"

#define QALAM_INLINE inline __attribute__((always_inline))

namespace qalam {
namespace {

constexpr int kLanes = 8;
constexpr int kVectors = KernelBlocks::kRows / kLanes;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Ints = int __attribute__((vector_size(kLanes * sizeof(int))));

// Terms smaller than the largest by this factor's logarithm are left out.
constexpr float kNegligible = 20;

QALAM_INLINE void Load(const float* from, Floats& to) { std::memcpy(&to, from, sizeof(to)); }

// x := exp(x) for -87 <= x <= 0, 0 below; to 2e-7 relative. Cody-Waite reduction by log 2 and a
// polynomial of degree 6 (Cephes expf).
QALAM_INLINE void ExpInPlace(Floats& x) {
  const Ints underflow = x < -87.0F;
  x = underflow ? Floats{} - 87.0F : x;
  // Adding 1.5 * 2^23 rounds to the nearest whole number.
  const Floats shifted = x * 1.44269504F + 12582912.0F;
  const Floats n = shifted - 12582912.0F;
  const Floats r = (x - n * 0.693359375F) - n * -2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats power;
  std::memcpy(&power, &exponent, sizeof(power));
  x = underflow ? Floats{} : p * power;
}

// A sum kept as scale and logarithm: exp(top) * sum.
struct ScaledSum {
  float top = 2 * KernelBlocks::kAbsent;
  double sum = 0;
};

struct BlocksView {
  const float* data;
  size_t block_size;
  int numbers;
  int labels;
  bool optional;
  int first;  // block
  int blocks;
  int stride;
  const float* gains;
  const float* missing_gains;
};

QALAM_INLINE void AddColumn(const float* column, Floats* log_kernel) {
  for (int v = 0; v < kVectors; ++v) {
    Floats value;
    Load(column + v * kLanes, value);
    log_kernel[v] += value;
  }
}

QALAM_INLINE void AddNumber(const float* column, float x, Floats* log_kernel) {
  for (int v = 0; v < kVectors; ++v) {
    Floats centre;
    Floats scale;
    Load(column + v * kLanes, centre);
    Load(column + KernelBlocks::kRows + v * kLanes, scale);
    const Floats z = (x - centre) * scale;
    log_kernel[v] -= z * z;
  }
}

QALAM_INLINE void AddWhereEqual(const float* column, float x, float gain, Floats* log_kernel) {
  for (int v = 0; v < kVectors; ++v) {
    Floats label;
    Load(column + v * kLanes, label);
    log_kernel[v] += label == x ? Floats{} + gain : Floats{};
  }
}

// The logarithms of one block's kernels at point x.
QALAM_INLINE void LogKernels(const BlocksView& view, const float* block, const float* x,
                             Floats* log_kernel) {
  for (int v = 0; v < kVectors; ++v) Load(block + v * kLanes, log_kernel[v]);
  const float* column = block + KernelBlocks::kRows;
  for (int d = 0; d < view.numbers; ++d) {
    if (view.optional && std::isnan(x[d])) {
      AddColumn(column + 2 * KernelBlocks::kRows, log_kernel);
    } else {
      AddNumber(column, x[d], log_kernel);
    }
    column += (view.optional ? 3 : 2) * KernelBlocks::kRows;
  }
  for (int d = 0; d < view.labels; ++d, column += KernelBlocks::kRows) {
    const float label = x[view.numbers + d];
    AddWhereEqual(column, label, view.gains[d], log_kernel);
    if (view.optional && !std::isnan(label)) {
      AddWhereEqual(column, KernelBlocks::kNoLabel, view.missing_gains[d], log_kernel);
    }
  }
}

// Adds one block's kernels at point x to `total`.
QALAM_INLINE void AddBlock(const BlocksView& view, const float* block, const float* x,
                           const float* weights, ScaledSum& total) {
  Floats log_kernel[kVectors];
  LogKernels(view, block, x, log_kernel);
  Floats tops = log_kernel[0];
  for (int v = 1; v < kVectors; ++v) tops = log_kernel[v] > tops ? log_kernel[v] : tops;
  float top = tops[0];
  for (int lane = 1; lane < kLanes; ++lane) top = tops[lane] > top ? tops[lane] : top;
  if (top < total.top - kNegligible) return;
  if (top > total.top) {
    total.sum *= std::exp(static_cast<double>(total.top) - static_cast<double>(top));
    total.top = top;
  }
  Floats sums = {};
  for (int v = 0; v < kVectors; ++v) {
    Floats weight;
    Load(weights + v * kLanes, weight);
    Floats kernel = log_kernel[v] - total.top;
    ExpInPlace(kernel);
    sums += weight * kernel;
  }
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += sums[lane];
  total.sum += static_cast<double>(sum);
}

// Blocks outside, points inside: a block stays in the nearest cache while all points pass.
QALAM_VECTOR_CLONES void AddAll(const BlocksView& view, const float* points, int count,
                                const float* weights, ScaledSum* totals) {
  const int width = view.numbers + view.labels;
  for (int b = view.first; b < view.blocks; b += view.stride) {
    const float* block = view.data + static_cast<size_t>(b) * view.block_size;
    for (int i = 0; i < count; ++i) {
      AddBlock(view, block, points + i * width, weights + b * KernelBlocks::kRows, totals[i]);
    }
  }
}

}  // namespace

KernelBlocks::KernelBlocks(int numbers, int labels, bool optional)
    : numbers_(numbers), labels_(labels), optional_(optional) {}

float* KernelBlocks::Cell(int row, int column) {
  return data_.data() + static_cast<size_t>(row / kRows) * BlockSize() +
         static_cast<size_t>(column) * kRows + static_cast<size_t>(row % kRows);
}

void KernelBlocks::Resize(int rows) {
  for (int row = rows; row < rows_; ++row) SetBase(row, kAbsent);
  rows_ = rows;
  const size_t known = data_.size() / BlockSize();
  const size_t needed = static_cast<size_t>(blocks());
  data_.resize(needed * BlockSize());
  for (size_t b = known; b < needed; ++b) {
    std::fill_n(data_.begin() + static_cast<ptrdiff_t>(b * BlockSize()), kRows, kAbsent);
  }
}

void KernelBlocks::SetNumber(int row, int number, float centre, float scale, float log_mass) {
  const int column = 1 + NumberColumns() * number;
  *Cell(row, column) = centre;
  *Cell(row, column + 1) = scale;
  if (optional_) *Cell(row, column + 2) = log_mass;
}

void KernelBlocks::SetLabel(int row, int label, float value) {
  *Cell(row, 1 + NumberColumns() * numbers_ + label) = value;
}

void KernelBlocks::SetBase(int row, float base) { *Cell(row, 0) = base; }

void KernelBlocks::LogSums(const Query& query, absl::Span<double> log_sums) const {
  const int count = static_cast<int>(log_sums.size());
  std::vector<ScaledSum> totals(log_sums.size());
  const BlocksView view = {.data = data_.data(),
                           .block_size = BlockSize(),
                           .numbers = numbers_,
                           .labels = labels_,
                           .optional = optional_,
                           .first = blocks() == 0 ? 0 : (blocks() - 1) % query.block_stride,
                           .blocks = blocks(),
                           .stride = query.block_stride,
                           .gains = query.gains.data(),
                           .missing_gains = query.missing_gains.data()};
  AddAll(view, query.points.data(), count, query.weights.data(), totals.data());
  for (size_t i = 0; i < totals.size(); ++i) {
    log_sums[i] = totals[i].sum > 0 ? static_cast<double>(totals[i].top) + std::log(totals[i].sum)
                                    : -std::numeric_limits<double>::infinity();
  }
}

}  // namespace qalam
