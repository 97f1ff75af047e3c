#include "suggestion/gp/kernel.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "math/matern.h"
#include "suggestion/gp/input_warp.h"

namespace qalam::gp {
namespace {

// The distance on one axis, in lengthscales, times this is what Matern's exponential is of.
const double kSqrt5 = std::sqrt(5.0);

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

Matrix Kernel::WarpedPoints(Matrix points) const {
  for (int d = 0; d < axes(); ++d) {
    if (!IsWarped(d)) continue;
    const InputWarp warp(parameters_.input_warps[d]);
    for (double& x : points.col(d)) x = warp.Apply(x);
  }
  return points;
}

Matrix Kernel::WarpedColumns(Matrix xs) const {
  for (int d = 0; d < axes(); ++d) {
    if (!IsWarped(d)) continue;
    const InputWarp warp(parameters_.input_warps[d]);
    for (int j = 0; j < xs.cols(); ++j) xs(d, j) = warp.Apply(xs(d, j));
  }
  return xs;
}

void Kernel::UnwarpGradient(absl::Span<const double> x, absl::Span<double> gradient) const {
  for (int d = 0; d < axes(); ++d) {
    if (IsWarped(d)) gradient[d] *= InputWarp(parameters_.input_warps[d]).Slope(x[d]);
  }
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

// row[i] = c + signal M(...).
void Kernel::JointRow(const Matrix& points, int from, absl::Span<const double> x,
                      absl::Span<double> row) const {
  JointDistances(points, from, x, row);
  Matern52(row, row);
  for (double& element : row) element = kMeanVariance + parameters_.signal * element;
}

void Kernel::AddAxis(int d, absl::Span<const double> column, double x,
                     absl::Span<double> row) const {
  const double share = parameters_.additive_signal / axes();
  const double lengthscale = parameters_.additive_lengthscales[d];
  if (categorical_[d]) {
    AddMatches(column, x, share, share * Mismatch(lengthscale).value, row);
  } else {
    AddMatern52(column, x, kSqrt5 / lengthscale, share, row);
  }
}

void Kernel::Row(const Matrix& points, int from, absl::Span<const double> x,
                 absl::Span<double> row) const {
  JointRow(points, from, x, row);
  if (!parameters_.additive()) return;
  for (int d = 0; d < axes(); ++d) {
    AddAxis(d, points.col(d).subspan(static_cast<size_t>(from), row.size()), x[d], row);
  }
}

Kernel::SharedParts Kernel::PartsOfShared(const Matrix& points, const Matrix& xs) const {
  SharedParts shared;
  shared.slots.assign(static_cast<size_t>(xs.rows()) * static_cast<size_t>(xs.cols()), -1);
  std::vector<std::pair<double, int>> order(static_cast<size_t>(xs.cols()));
  for (int d = 0; d < xs.rows(); ++d) {
    if (categorical_[d]) continue;
    for (int j = 0; j < xs.cols(); ++j) order[j] = {xs(d, j), j};
    std::sort(order.begin(), order.end());
    for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
      while (end < order.size() && order[end].first == order[begin].first) ++end;
      if (end - begin < 2) continue;
      for (size_t k = begin; k < end; ++k) {
        shared.slots[order[k].second * xs.rows() + d] = static_cast<int>(shared.parts.size());
      }
      shared.parts.emplace_back(static_cast<size_t>(points.rows()));
      AddAxis(d, points.col(d), order[begin].first, absl::MakeSpan(shared.parts.back()));
    }
  }
  return shared;
}

Matrix Kernel::Rows(const Matrix& points, const Matrix& xs) const {
  Matrix rows(points.rows(), xs.cols());
  for (int j = 0; j < xs.cols(); ++j) JointRow(points, 0, xs.col(j), rows.col(j));
  if (!parameters_.additive()) return rows;
  const SharedParts shared = PartsOfShared(points, xs);
  const int* slot = shared.slots.data();
  for (int j = 0; j < xs.cols(); ++j) {
    for (int d = 0; d < xs.rows(); ++d, ++slot) {
      if (*slot >= 0) {
        AddScaled(1, shared.parts[*slot], rows.col(j));
      } else {
        AddAxis(d, points.col(d), xs(d, j), rows.col(j));
      }
    }
  }
  return rows;
}

void Kernel::RowWithSlopes(const Matrix& points, absl::Span<const double> x, absl::Span<double> row,
                           Matrix& slopes) const {
  JointDistances(points, 0, x, row);
  Matern52WithSlopes(row, row, slopes.col(0));
  for (double& element : row) element = kMeanVariance + parameters_.signal * element;
  if (!parameters_.additive()) return;
  const double share = parameters_.additive_signal / axes();
  for (int d = 0; d < axes(); ++d) {
    if (categorical_[d]) {
      AddAxis(d, points.col(d), x[d], row);
    } else {
      AddMatern52WithSlopes(points.col(d), x[d], kSqrt5 / parameters_.additive_lengthscales[d],
                            share, row, slopes.col(1 + d));
    }
  }
}

void Kernel::RowGradient(const Matrix& points, absl::Span<const double> x, const Matrix& slopes,
                         absl::Span<const double> weights, absl::Span<double> gradient) const {
  const double share = parameters_.additive() ? parameters_.additive_signal / axes() : 0;
  for (int d = 0; d < axes(); ++d) {
    gradient[d] = 0;
    if (categorical_[d]) continue;
    const absl::Span<const double> column = points.col(d);
    gradient[d] = -2 * parameters_.signal * InverseSquare(parameters_.lengthscales[d]) *
                  WeightedOffset(weights, slopes.col(0), column, x[d]);
    if (!parameters_.additive()) continue;
    gradient[d] -= 2 * share * InverseSquare(parameters_.additive_lengthscales[d]) *
                   WeightedOffset(weights, slopes.col(1 + d), column, x[d]);
  }
}

Matrix Kernel::Covariances(const Matrix& points, const Matrix& known, int shared) const {
  const int n = points.rows();
  Matrix covariances(n, n);
  for (int j = 0; j < shared; ++j) {
    const absl::Span<const double> column = known.col(j).subspan(0, static_cast<size_t>(shared));
    std::copy(column.begin() + j, column.end(), covariances.col(j).begin() + j);
  }
  std::vector<double> x(static_cast<size_t>(axes()));
  std::vector<double> row(static_cast<size_t>(shared));
  for (int j = shared; j < n; ++j) {
    for (int d = 0; d < axes(); ++d) x[d] = points(j, d);
    Row(points, j, x, covariances.col(j).subspan(static_cast<size_t>(j)));
    Row(points, 0, x, absl::MakeSpan(row));
    for (int k = 0; k < shared; ++k) covariances(j, k) = row[k];
  }
  return covariances;
}

Matrix Kernel::Gram(const Matrix& points, absl::Span<const double> extra_noise) const {
  Matrix gram = Covariances(points, Matrix(), 0);
  AddNoise(extra_noise, gram);
  return gram;
}

void Kernel::AddNoise(absl::Span<const double> extra_noise, Matrix& covariances) const {
  for (int i = 0; i < covariances.rows(); ++i) {
    covariances(i, i) += parameters_.noise + extra_noise[i];
  }
}

}  // namespace qalam::gp
