#include "math/linear_algebra.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "math/few_columns.h"

// LAPACK as Fortran names it; OpenBLAS exports it without a header of its own.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
             double* work, const int* lwork, int* iwork, const int* liwork, int* info);
}

namespace qalam {
namespace {

bool AllFinite(absl::Span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

// The signs of eigenvectors are arbitrary: choose them, so that results do not depend on them.
void FixSigns(Matrix& vectors) {
  for (int j = 0; j < vectors.cols(); ++j) {
    const absl::Span<double> v = vectors.col(j);
    const auto largest = std::max_element(
        v.begin(), v.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (*largest >= 0) continue;
    for (double& element : v) element = -element;
  }
}

}  // namespace

Matrix Matrix::Identity(int size) {
  Matrix identity(size, size);
  for (int i = 0; i < size; ++i) identity(i, i) = 1;
  return identity;
}

void Cholesky::Reserve(int size) {
  if (size <= stride_) return;
  const int stride = std::max(size, stride_ + stride_ / 2 + 8);
  std::vector<double> data(static_cast<size_t>(stride) * static_cast<size_t>(stride));
  for (int j = 0; j < size_; ++j) {
    std::copy_n(&data_[Index(0, j)], size_, &data[static_cast<size_t>(j) * stride]);
  }
  data_ = std::move(data);
  stride_ = stride;
}

bool Cholesky::Factor(const Matrix& a) {
  size_ = 0;
  const int n = a.rows();
  if (n == 0) return true;
  Reserve(n);
  for (int j = 0; j < n; ++j) {
    if (!AllFinite(a.col(j).subspan(j))) return false;
    std::copy(a.col(j).begin() + j, a.col(j).end(), &data_[Index(j, j)]);
  }
  int info = 0;
  dpotrf_("L", &n, data_.data(), &stride_, &info);
  if (info != 0) return false;
  size_ = n;
  return true;
}

bool Cholesky::Append(absl::Span<const double> row, double diagonal) {
  std::vector<double> l(row.begin(), row.end());
  SolveLower(absl::MakeSpan(l));
  const double rest = diagonal - Dot(l, l);
  if (!(rest > 0) || !std::isfinite(rest) || rest < 1e-14 * diagonal) return false;
  Reserve(size_ + 1);
  for (int j = 0; j < size_; ++j) data_[Index(size_, j)] = l[j];
  data_[Index(size_, size_)] = std::sqrt(rest);
  ++size_;
  return true;
}

void Cholesky::MultiplyLower(absl::Span<double> b) const {
  if (size_ == 0) return;
  cblas_dtrmv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, size_, data_.data(), stride_,
              b.data(), 1);
}

void Cholesky::SolveLower(absl::Span<double> b) const {
  if (size_ == 0) return;
  cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, size_, data_.data(), stride_,
              b.data(), 1);
}

void Cholesky::SolveUpper(absl::Span<double> b) const {
  if (size_ == 0) return;
  cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, size_, data_.data(), stride_,
              b.data(), 1);
}

void Cholesky::SolveLower(Matrix& b) const {
  if (size_ == 0 || b.cols() == 0) return;
  if (b.cols() <= kFewColumns) return SolveLowerForFew({data_.data(), stride_}, b);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, size_, b.cols(), 1,
              data_.data(), stride_, b.data(), b.rows());
}

void Cholesky::SolveUpper(Matrix& b) const {
  if (size_ == 0 || b.cols() == 0) return;
  if (b.cols() <= kFewColumns) return SolveUpperForFew({data_.data(), stride_}, b);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, size_, b.cols(), 1,
              data_.data(), stride_, b.data(), b.rows());
}

void Cholesky::Solve(absl::Span<double> b) const {
  SolveLower(b);
  SolveUpper(b);
}

double Cholesky::LogDeterminant() const {
  double sum = 0;
  for (int i = 0; i < size_; ++i) sum += std::log(At(i, i));
  return 2 * sum;
}

Matrix Cholesky::Inverse() const {
  Matrix inverse(size_, size_);
  if (size_ == 0) return inverse;
  for (int j = 0; j < size_; ++j) {
    for (int i = j; i < size_; ++i) inverse(i, j) = At(i, j);
  }
  int info = 0;
  dpotri_("L", &size_, inverse.data(), &size_, &info);
  for (int j = 0; j < size_; ++j) {
    for (int i = j + 1; i < size_; ++i) inverse(j, i) = inverse(i, j);
  }
  return inverse;
}

double Dot(absl::Span<const double> x, absl::Span<const double> y) {
  return cblas_ddot(static_cast<int>(x.size()), x.data(), 1, y.data(), 1);
}

void AddScaled(double alpha, absl::Span<const double> x, absl::Span<double> y) {
  cblas_daxpy(static_cast<int>(x.size()), alpha, x.data(), 1, y.data(), 1);
}

std::vector<double> Multiply(const Matrix& a, absl::Span<const double> x) {
  std::vector<double> y(static_cast<size_t>(a.rows()));
  if (a.rows() == 0 || a.cols() == 0) return y;
  cblas_dgemv(CblasColMajor, CblasNoTrans, a.rows(), a.cols(), 1, a.data(), a.rows(), x.data(), 1,
              0, y.data(), 1);
  return y;
}

std::vector<double> MultiplyTransposed(const Matrix& a, absl::Span<const double> x) {
  std::vector<double> y(static_cast<size_t>(a.cols()));
  if (a.rows() == 0 || a.cols() == 0) return y;
  cblas_dgemv(CblasColMajor, CblasTrans, a.rows(), a.cols(), 1, a.data(), a.rows(), x.data(), 1, 0,
              y.data(), 1);
  return y;
}

namespace {

Matrix Product(const Matrix& a, bool a_transposed, const Matrix& b, bool b_transposed) {
  const int rows = a_transposed ? a.cols() : a.rows();
  const int inner = a_transposed ? a.rows() : a.cols();
  const int cols = b_transposed ? b.rows() : b.cols();
  Matrix c(rows, cols);
  if (rows == 0 || cols == 0 || inner == 0) return c;
  cblas_dgemm(CblasColMajor, a_transposed ? CblasTrans : CblasNoTrans,
              b_transposed ? CblasTrans : CblasNoTrans, rows, cols, inner, 1, a.data(), a.rows(),
              b.data(), b.rows(), 0, c.data(), rows);
  return c;
}

}  // namespace

Matrix Multiply(const Matrix& a, const Matrix& b) { return Product(a, false, b, false); }
Matrix MultiplyTransposedLeft(const Matrix& a, const Matrix& b) {
  return Product(a, true, b, false);
}
Matrix MultiplyTransposedRight(const Matrix& a, const Matrix& b) {
  return Product(a, false, b, true);
}

Eigendecomposition SymmetricEigen(Matrix a) {
  const int n = a.rows();
  Eigendecomposition result;
  for (int j = 0; j < n; ++j) {
    if (!AllFinite(a.col(j).subspan(j))) return result;
  }
  if (n == 0) return result;
  std::vector<double> values(static_cast<size_t>(n));
  double work_size = 0;
  int iwork_size = 0;
  int info = 0;
  const int query = -1;
  dsyevd_("V", "L", &n, a.data(), &n, values.data(), &work_size, &query, &iwork_size, &query,
          &info);
  const int lwork = static_cast<int>(work_size);
  std::vector<double> work(static_cast<size_t>(lwork));
  std::vector<int> iwork(static_cast<size_t>(iwork_size));
  dsyevd_("V", "L", &n, a.data(), &n, values.data(), work.data(), &lwork, iwork.data(), &iwork_size,
          &info);
  if (info != 0) return result;
  FixSigns(a);
  result.values = std::move(values);
  result.vectors = std::move(a);
  return result;
}

}  // namespace qalam
