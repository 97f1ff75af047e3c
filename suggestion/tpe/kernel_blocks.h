#ifndef QALAM_SUGGESTION_TPE_KERNEL_BLOCKS_H_
#define QALAM_SUGGESTION_TPE_KERNEL_BLOCKS_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// The kernels of a mixture of products, laid out so that their sum at many points is quick: single
// precision, in blocks of kRows kernels that hold one parameter after the other.
//
// Kernel i at x, up to factors that are the same for all kernels:
//   exp(base_i - sum over numbers ((x_d - centre_id) * scale_id)^2 + sum over labels of gain_d
//   where x_d equals label_id)
// Sums are taken in an order that depends on the number of kernels alone, so they are the same
// however the blocks came about and whatever vector instructions the processor has.
class KernelBlocks {
 public:
  static constexpr int kRows = 64;

  KernelBlocks() = default;
  KernelBlocks(int numbers, int labels);

  int rows() const { return rows_; }
  int blocks() const { return (rows_ + kRows - 1) / kRows; }
  // Values of one point: numbers() + labels() of them, numbers first.
  int width() const { return numbers_ + labels_; }

  // Grows by kernels that count for nothing, or drops the last ones.
  void Resize(int rows);
  void SetNumber(int row, int number, float centre, float scale);
  void SetLabel(int row, int label, float value);
  // The kernel's logarithm at its centre; kAbsent takes it out of the mixture.
  void SetBase(int row, float base);
  static constexpr float kAbsent = -1e30F;

  // What is asked.
  struct Query {
    absl::Span<const float> points;   // rows of width() values
    absl::Span<const float> gains;    // labels() values
    absl::Span<const float> weights;  // blocks() * kRows values, each >= 0
    int block_stride = 1;             // only every block_stride-th block, counted from the last
  };
  // log of the weighted sum of the kernels at each point; -infinity where nothing counts.
  void LogSums(const Query& query, absl::Span<double> log_sums) const;

 private:
  size_t BlockSize() const {
    return static_cast<size_t>(kRows) * static_cast<size_t>(1 + 2 * numbers_ + labels_);
  }
  float* Cell(int row, int column);

  int numbers_ = 0;
  int labels_ = 0;
  int rows_ = 0;
  // Of each block: kRows bases; of each number kRows centres and kRows scales; of each label kRows
  // values.
  std::vector<float> data_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_KERNEL_BLOCKS_H_
