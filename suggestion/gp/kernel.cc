#include "suggestion/gp/kernel.h"

#include <algorithm>
#include <utility>

#include "math/matern.h"

namespace qalam::gp {
namespace {

// What the additive part of one categorical axis is where categories differ.
struct Mismatch {
  explicit Mismatch(double lengthscale) : value(InverseSquare(lengthscale)) {
    Matern52(absl::MakeConstSpan(&value, 1), absl::MakeSpan(&value, 1));
  }
  double value;
};

}  // namespace

Kernel::Kernel(std::vector<bool> categorical, KernelParameters parameters)
    : categorical_(std::move(categorical)), parameters_(std::move(parameters)) {}

Kernel Kernel::WithNoise(double noise) const {
  Kernel kernel = *this;
  kernel.parameters_.noise = noise;
  return kernel;
}

void Kernel::JointDistances(const Matrix& points, int from, absl::Span<const double> x,
                            absl::Span<double> q) const {
  std::fill(q.begin(), q.end(), 0.0);
  for (int d = 0; d < axes(); ++d) {
    const absl::Span<const double> column =
        points.col(d).subspan(static_cast<size_t>(from), q.size());
    const double weight = InverseSquare(parameters_.lengthscales[d]);
    if (categorical_[d]) {
      AddMismatches(column, x[d], weight, q);
    } else {
      AddSquaredDistances(column, x[d], weight, q);
    }
  }
}

void Kernel::Row(const Matrix& points, int from, absl::Span<const double> x,
                 absl::Span<double> row) const {
  std::vector<double> q(row.size());
  JointDistances(points, from, x, absl::MakeSpan(q));
  Matern52(q, absl::MakeSpan(q));
  const size_t n = row.size();
  for (size_t i = 0; i < n; ++i) row[i] = kMeanVariance + parameters_.signal * q[i];
  if (!parameters_.additive()) return;
  const double share = parameters_.additive_signal / axes();
  for (int d = 0; d < axes(); ++d) {
    const absl::Span<const double> column = points.col(d).subspan(static_cast<size_t>(from), n);
    const double lengthscale = parameters_.additive_lengthscales[d];
    if (categorical_[d]) {
      const double other = share * Mismatch(lengthscale).value;
      for (size_t i = 0; i < n; ++i) row[i] += column[i] == x[d] ? share : other;
      continue;
    }
    std::fill(q.begin(), q.end(), 0.0);
    AddSquaredDistances(column, x[d], InverseSquare(lengthscale), absl::MakeSpan(q));
    Matern52(q, absl::MakeSpan(q));
    for (size_t i = 0; i < n; ++i) row[i] += share * q[i];
  }
}

void Kernel::RowWithSlopes(const Matrix& points, absl::Span<const double> x, absl::Span<double> row,
                           Matrix& slopes) const {
  const size_t n = row.size();
  std::vector<double> q(n);
  JointDistances(points, 0, x, absl::MakeSpan(q));
  Matern52WithSlopes(q, absl::MakeSpan(q), slopes.col(0));
  for (size_t i = 0; i < n; ++i) row[i] = kMeanVariance + parameters_.signal * q[i];
  if (!parameters_.additive()) return;
  const double share = parameters_.additive_signal / axes();
  for (int d = 0; d < axes(); ++d) {
    const absl::Span<const double> column = points.col(d);
    const double lengthscale = parameters_.additive_lengthscales[d];
    if (categorical_[d]) {
      const double other = share * Mismatch(lengthscale).value;
      for (size_t i = 0; i < n; ++i) row[i] += column[i] == x[d] ? share : other;
      continue;
    }
    std::fill(q.begin(), q.end(), 0.0);
    AddSquaredDistances(column, x[d], InverseSquare(lengthscale), absl::MakeSpan(q));
    Matern52WithSlopes(q, absl::MakeSpan(q), slopes.col(1 + d));
    for (size_t i = 0; i < n; ++i) row[i] += share * q[i];
  }
}

void Kernel::RowGradient(const Matrix& points, absl::Span<const double> x, const Matrix& slopes,
                         absl::Span<const double> weights, absl::Span<double> gradient) const {
  const int n = points.rows();
  std::vector<double> joint(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) joint[i] = weights[i] * slopes(i, 0);
  // sum_i w_i s_i (x_d - p_id): the sums of w s are the same for all axes.
  double joint_sum = 0;
  for (const double element : joint) joint_sum += element;
  const double share = parameters_.additive() ? parameters_.additive_signal / axes() : 0;
  std::vector<double> own(parameters_.additive() ? joint.size() : 0);
  for (int d = 0; d < axes(); ++d) {
    gradient[d] = 0;
    if (categorical_[d]) continue;
    const absl::Span<const double> column = points.col(d);
    double sum = joint_sum * x[d] - Dot(joint, column);
    gradient[d] = -2 * parameters_.signal * InverseSquare(parameters_.lengthscales[d]) * sum;
    if (!parameters_.additive()) continue;
    const absl::Span<const double> own_slopes = slopes.col(1 + d);
    double own_sum = 0;
    for (int i = 0; i < n; ++i) {
      own[i] = weights[i] * own_slopes[i];
      own_sum += own[i];
    }
    sum = own_sum * x[d] - Dot(own, column);
    gradient[d] -= 2 * share * InverseSquare(parameters_.additive_lengthscales[d]) * sum;
  }
}

Matrix Kernel::Gram(const Matrix& points, absl::Span<const double> extra_noise) const {
  const int n = points.rows();
  Matrix gram(n, n);
  std::vector<double> x(static_cast<size_t>(axes()));
  for (int j = 0; j < n; ++j) {
    for (int d = 0; d < axes(); ++d) x[d] = points(j, d);
    Row(points, j, x, gram.col(j).subspan(static_cast<size_t>(j)));
    gram(j, j) += parameters_.noise + extra_noise[j];
  }
  return gram;
}

}  // namespace qalam::gp
