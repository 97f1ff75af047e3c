#include "suggestion/gp/kernel.h"

#include <algorithm>
#include <utility>

#include "math/matern.h"

namespace qalam::gp {
namespace {

double InverseSquare(double x) { return 1 / (x * x); }

}  // namespace

Kernel::Kernel(std::vector<bool> categorical, KernelParameters parameters)
    : categorical_(std::move(categorical)), parameters_(std::move(parameters)) {}

void Kernel::AddDistances(const Matrix& points, int from, int d, double x, double weight,
                          absl::Span<double> out) const {
  const absl::Span<const double> column =
      points.col(d).subspan(static_cast<size_t>(from), out.size());
  if (categorical_[d]) {
    AddMismatches(column, x, weight, out);
  } else {
    AddSquaredDistances(column, x, weight, out);
  }
}

void Kernel::Row(const Matrix& points, int from, absl::Span<const double> x,
                 absl::Span<double> row) const {
  std::vector<double> q(row.size());
  for (int d = 0; d < axes(); ++d) {
    AddDistances(points, from, d, x[d], InverseSquare(parameters_.lengthscales[d]),
                 absl::MakeSpan(q));
  }
  Matern52(q, absl::MakeSpan(q));
  for (size_t i = 0; i < row.size(); ++i) row[i] = kMeanVariance + parameters_.signal * q[i];
  if (!parameters_.additive()) return;
  const double share = parameters_.additive_signal / axes();
  for (int d = 0; d < axes(); ++d) {
    std::fill(q.begin(), q.end(), 0.0);
    AddDistances(points, from, d, x[d], InverseSquare(parameters_.additive_lengthscales[d]),
                 absl::MakeSpan(q));
    Matern52(q, absl::MakeSpan(q));
    for (size_t i = 0; i < row.size(); ++i) row[i] += share * q[i];
  }
}

void Kernel::RowGradient(const Matrix& points, absl::Span<const double> x,
                         absl::Span<const double> weights, absl::Span<double> gradient) const {
  const int n = points.rows();
  std::vector<double> q(static_cast<size_t>(n));
  std::vector<double> slopes(static_cast<size_t>(n));
  for (int d = 0; d < axes(); ++d) {
    AddDistances(points, 0, d, x[d], InverseSquare(parameters_.lengthscales[d]), absl::MakeSpan(q));
  }
  Matern52WithSlopes(q, absl::MakeSpan(q), absl::MakeSpan(slopes));
  // joint[i] = weights[i] dk/dq.
  std::vector<double> joint(static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) joint[i] = -parameters_.signal * weights[i] * slopes[i];
  const double share = parameters_.additive() ? parameters_.additive_signal / axes() : 0;
  for (int d = 0; d < axes(); ++d) {
    gradient[d] = 0;
    if (categorical_[d]) continue;
    const absl::Span<const double> column = points.col(d);
    const double factor = 2 * InverseSquare(parameters_.lengthscales[d]);
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += joint[i] * (x[d] - column[i]);
    gradient[d] = factor * sum;
    if (!parameters_.additive()) continue;
    const double inverse = InverseSquare(parameters_.additive_lengthscales[d]);
    std::fill(q.begin(), q.end(), 0.0);
    AddDistances(points, 0, d, x[d], inverse, absl::MakeSpan(q));
    Matern52WithSlopes(q, absl::MakeSpan(q), absl::MakeSpan(slopes));
    sum = 0;
    for (int i = 0; i < n; ++i) sum += weights[i] * slopes[i] * (x[d] - column[i]);
    gradient[d] -= share * 2 * inverse * sum;
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
