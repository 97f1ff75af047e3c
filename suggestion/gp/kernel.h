#ifndef QALAM_SUGGESTION_GP_KERNEL_H_
#define QALAM_SUGGESTION_GP_KERNEL_H_

#include <vector>

#include "absl/types/span.h"
#include "math/linear_algebra.h"

namespace qalam::gp {

inline double InverseSquare(double x) { return 1 / (x * x); }

// What the covariance of values (of mean 0 and deviation 1) is made of; see Kernel.
struct KernelParameters {
  // One for each axis.
  std::vector<double> lengthscales;
  // One for each axis, or empty when there is no additive part.
  std::vector<double> additive_lengthscales;
  double signal = 1;           // variance of the joint part
  double additive_signal = 0;  // variance of the additive part
  double noise = 1e-4;         // variance of an observation around the function
  // Strengths of each axis' InputWarp, 0 on categorical axes; empty: none is warped.
  std::vector<double> input_warps;

  bool additive() const { return !additive_lengthscales.empty(); }
  // Noise is more than 2 % of the variance of observations: enough for the luckiest of them not to
  // be the best point.
  bool noisy() const { return noise > 0.02 * (noise + signal + additive_signal); }
};

// The covariance function
//   k(x, x') = c + signal M(sum_d q_d / l_d^2) + additive_signal / D sum_d M(q_d / a_d^2)
// with M the Matern-5/2 function, q_d = (x_d - x'_d)^2 on ordered axes and [x_d != x'_d] on
// categorical ones. Coordinates are those after input warping: all points, but for the arguments of
// the three functions that warp, are warped ones. The constant c stands for the unknown mean. The
// additive part lets what each parameter does by itself be learned from few points (Duvenaud et
// al., "Additive Gaussian processes", NeurIPS 2011, first order); the joint part has every
// interaction.
class Kernel {
 public:
  // The prior variance of the mean.
  static constexpr double kMeanVariance = 1;

  // `categorical`: one flag for each axis.
  Kernel(std::vector<bool> categorical, KernelParameters parameters);

  const KernelParameters& parameters() const { return parameters_; }
  int axes() const { return static_cast<int>(categorical_.size()); }
  // The same with other noise.
  Kernel WithNoise(double noise) const;
  // k(x, x).
  double Variance() const {
    return kMeanVariance + parameters_.signal + parameters_.additive_signal;
  }

  // Points as the functions below want them; points: (n x axes), xs: (axes x m).
  Matrix WarpedPoints(Matrix points) const;
  Matrix WarpedColumns(Matrix xs) const;
  // Turns a gradient with respect to the warped point into one with respect to x.
  void UnwarpGradient(absl::Span<const double> x, absl::Span<double> gradient) const;

  // row[i] = k(x, points(from + i, :)); points: (n x axes).
  void Row(const Matrix& points, int from, absl::Span<const double> x,
           absl::Span<double> row) const;
  // Column j holds k(x_j, points): (n x m), for all xs, (axes x m), at once. What points that are
  // equal on an axis share is worked out once.
  Matrix Rows(const Matrix& points, const Matrix& xs) const;
  // row[i] = k(x, points(i, :)), and its negative derivatives with respect to the squared
  // distances: slopes(i, 0) of the joint part, slopes(i, 1 + d) of axis d's additive part. slopes:
  // (n x slope_columns()).
  void RowWithSlopes(const Matrix& points, absl::Span<const double> x, absl::Span<double> row,
                     Matrix& slopes) const;
  int slope_columns() const { return parameters_.additive() ? 1 + axes() : 1; }
  // gradient[d] = sum_i weights[i] d k(x, points(i, :)) / d x_d on ordered axes, 0 on others.
  void RowGradient(const Matrix& points, absl::Span<const double> x, const Matrix& slopes,
                   absl::Span<const double> weights, absl::Span<double> gradient) const;
  // The lower triangle of k(points, points); that of the first `shared` points is copied from
  // `known`.
  Matrix Covariances(const Matrix& points, const Matrix& known, int shared) const;
  // The lower triangle of k(points, points) + diag(noise + extra_noise).
  Matrix Gram(const Matrix& points, absl::Span<const double> extra_noise) const;
  // Makes the latter of the former.
  void AddNoise(absl::Span<const double> extra_noise, Matrix& covariances) const;

 private:
  // Whether coordinates on axis d change.
  bool IsWarped(int d) const { return !parameters_.input_warps.empty() && !categorical_[d]; }

  // q[i] = sum_d q_d(x, points(from + i, d)) / l_d^2.
  void JointDistances(const Matrix& points, int from, absl::Span<const double> x,
                      absl::Span<double> q) const;

  void JointRow(const Matrix& points, int from, absl::Span<const double> x,
                absl::Span<double> row) const;
  // Adds an axis' additive part; `column`: its coordinates of points.
  void AddAxis(int d, absl::Span<const double> column, double x, absl::Span<double> row) const;

  // Additive parts of axes on which several of some points have the same coordinate.
  struct SharedParts {
    std::vector<std::vector<double>> parts;
    std::vector<int> slots;  // of axis d of point j at j axes + d: the index of its part, or -1
  };
  SharedParts PartsOfShared(const Matrix& points, const Matrix& xs) const;

  std::vector<bool> categorical_;
  KernelParameters parameters_;
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_KERNEL_H_
