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
// Where points may lack values, which are NaN then: a number that x lacks adds log_mass_id in place
// of the square, a label that x lacks nothing, and one that kernel i lacks adds missing_gain_d.
// Sums are taken in an order that depends on the number of kernels alone, so they are the same
// however the blocks came about and whatever vector instructions the processor has.
class KernelBlocks {
 public:
  static constexpr int kRows = 64;

  KernelBlocks() = default;
  KernelBlocks(int numbers, int labels, bool optional = false);

  int rows() const { return rows_; }
  int blocks() const { return (rows_ + kRows - 1) / kRows; }
  // Values of one point: numbers() + labels() of them, numbers first.
  int width() const { return numbers_ + labels_; }

  // Grows by kernels that count for nothing, or drops the last ones.
  void Resize(int rows);
  // `log_mass` counts only where points may lack values.
  void SetNumber(int row, int number, float centre, float scale, float log_mass = 0);
  // kNoLabel is the value of a kernel that lacks the label.
  void SetLabel(int row, int label, float value);
  static constexpr float kNoLabel = -1;
  // The kernel's logarithm at its centre; kAbsent takes it out of the mixture.
  void SetBase(int row, float base);
  static constexpr float kAbsent = -1e30F;

  // What is asked.
  struct Query {
    absl::Span<const float> points;   // rows of width() values
    absl::Span<const float> gains;    // labels() values
    absl::Span<const float> weights;  // blocks() * kRows values, each >= 0
    int block_stride = 1;             // only every block_stride-th block, counted from the last
    absl::Span<const float> missing_gains = {};  // labels() values where points may lack some
  };
  // log of the weighted sum of the kernels at each point; -infinity where nothing counts.
  void LogSums(const Query& query, absl::Span<double> log_sums) const;

 private:
  int NumberColumns() const { return optional_ ? 3 : 2; }
  size_t BlockSize() const {
    return static_cast<size_t>(kRows) *
           static_cast<size_t>(1 + NumberColumns() * numbers_ + labels_);
  }
  float* Cell(int row, int column);

  int numbers_ = 0;
  int labels_ = 0;
  bool optional_ = false;  // points may lack values
  int rows_ = 0;
  // Of each block: kRows bases; of each number kRows centres, kRows scales and, where points may
  // lack values, kRows log masses; of each label kRows values.
  std::vector<float> data_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_KERNEL_BLOCKS_H_
