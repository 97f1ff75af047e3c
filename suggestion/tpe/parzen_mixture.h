#ifndef QALAM_SUGGESTION_TPE_PARZEN_MIXTURE_H_
#define QALAM_SUGGESTION_TPE_PARZEN_MIXTURE_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "core/random_stream.h"
#include "suggestion/tpe/kernel_blocks.h"
#include "suggestion/tpe/parzen_space.h"

namespace qalam {

// Which points a density is asked of, in both forms that it takes.
struct ParzenPoints {
  int count = 0;
  std::vector<double> values;      // count rows of width() values
  std::vector<float> coordinates;  // the same in single precision
  std::vector<double> log_priors;  // ParzenSpace::LogPrior of each

  void Add(const ParzenSpace& space, absl::Span<const double> point);
  absl::Span<const double> point(int i) const {
    const size_t width = count == 0 ? 0 : values.size() / static_cast<size_t>(count);
    return absl::MakeConstSpan(values).subspan(static_cast<size_t>(i) * width, width);
  }
};

// A density: the weighted sum of one kernel for each present row, and the prior. A kernel is the
// product of a bell for each number and a distribution over each parameter's labels.
//
// The bandwidth of a bell is the distance to the farther of the two neighbours in that parameter,
// at least 1 / min(50, 2 m + 2) with m rows. A kernel has its row's label with probability
// (s + 1) / (1 + C s), and each other of the C labels with s / (1 + C s), where s = 1 / sqrt(m +
// 1).
//
// Where parameters have conditions, a point's density is that of the values it has: what it lacks
// is left out of every product. A kernel has the prior in place of what its row lacks, and m counts
// the rows that have the value.
//
// Rows come and go one by one at little cost: only the bandwidths next to a change are computed
// again. Every number kept is a function of the present rows alone, whatever came before.
class ParzenMixture {
 public:
  struct Options {
    double prior_weight = 1;
    // Rows are in the order of their age, and of more than 25 all but the newest 25 count less:
    // from 1 / m of their weight for the oldest, growing evenly.
    bool fades = false;
  };

  // `space` must outlive the mixture.
  ParzenMixture(const ParzenSpace* space, const Options& options);

  int rows() const { return rows_; }
  // How many rows are present.
  int count() const { return count_; }
  bool present(int row) const { return present_[Index(row)] != 0; }

  // Adds a row, absent yet. `point` has width() values.
  void Append(absl::Span<const double> point, double weight = 1);
  // Drops the last rows.
  void Truncate(int rows);
  void SetPresent(int row, bool present);
  // To be called after any of these and before any of the following.
  void Commit();

  // log density at each point, up to a summand that all mixtures of the space share. With a
  // `block_stride` of more than 1 an estimate, from every so many blocks of rows.
  void LogDensities(const ParzenPoints& points, int block_stride,
                    absl::Span<double> log_densities) const;

  // A point drawn from the mixture, with a value for everything: the kernel is the one at the share
  // `choice`, in [0, 1), of all weight. The row of the kernel; nothing where it is the prior.
  std::optional<int> Draw(double choice, RandomStream& random, absl::Span<double> point) const;

 private:
  static size_t Index(int i) { return static_cast<size_t>(i); }
  bool Has(int column, int row) const;
  int CountOf(int column) const { return counts_[Index(column)]; }
  bool Precedes(int number, int a, int b) const;
  double LabelShare(int label) const;
  double MissingScale(absl::Span<const double> point, absl::Span<const double> label_scales) const;
  double Bandwidth(int number, int position) const;
  int PositionOf(int number, int row) const;
  void RebuildOrder(int number);
  void ApplyChanges(int number, const std::vector<int>& changes);
  void Refresh(int number, int position);
  void SetBell(int number, int row, const Bell& bell);
  void UpdateBases();
  void UpdateWeights();

  const ParzenSpace* space_;
  Options options_;
  int rows_ = 0;
  int count_ = 0;
  std::vector<int> counts_;                      // [column]: present rows that have a value
  std::vector<double> floors_;                   // [number]: of the bandwidths
  std::vector<std::vector<double>> columns_;     // [column][row]: values
  std::vector<std::vector<double>> bandwidths_;  // [number][row]
  std::vector<std::vector<double>> log_masses_;  // [number][row]
  std::vector<std::vector<int>> orders_;         // [number]: those rows by place, then row
  std::vector<char> present_;                    // [row]
  std::vector<char> ordered_;                    // [row]: is in orders_
  std::vector<int> changed_;                     // rows whose presence may have changed
  std::vector<int> stale_;                       // rows whose base must be summed again
  std::vector<double> row_weights_;              // [row]: as given
  std::vector<float> weights_;                   // [row]: of the present, now; whole blocks
  std::vector<double> block_weights_;            // their sums
  double total_weight_ = 0;                      // of all rows
  KernelBlocks kernels_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_TPE_PARZEN_MIXTURE_H_
