#ifndef QALAM_MATH_LINEAR_ALGEBRA_H_
#define QALAM_MATH_LINEAR_ALGEBRA_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace qalam {

// The dense linear algebra that the algorithms need, over OpenBLAS and its LAPACK. No header of
// theirs is included anywhere else, so that the backend can be exchanged in one file. Everything
// runs on the calling thread. Results are the same on every run of one binary on one kind of
// processor; OPENBLAS_CORETYPE=Prescott forces kernels that every x86-64 processor has.

// A matrix of doubles, column by column: element (i, j) is data()[i + j * rows()].
class Matrix {
 public:
  Matrix() = default;
  // Zeros.
  Matrix(int rows, int cols)
      : rows_(rows), cols_(cols), data_(static_cast<size_t>(rows) * static_cast<size_t>(cols)) {}
  static Matrix Identity(int size);

  int rows() const { return rows_; }
  int cols() const { return cols_; }
  double& operator()(int i, int j) { return data_[Offset(i, j)]; }
  double operator()(int i, int j) const { return data_[Offset(i, j)]; }
  double* data() { return data_.data(); }
  const double* data() const { return data_.data(); }
  // Column j.
  absl::Span<double> col(int j) { return absl::MakeSpan(data_).subspan(Offset(0, j), rows_); }
  absl::Span<const double> col(int j) const {
    return absl::MakeConstSpan(data_).subspan(Offset(0, j), rows_);
  }

 private:
  size_t Offset(int i, int j) const {
    return static_cast<size_t>(i) + static_cast<size_t>(j) * static_cast<size_t>(rows_);
  }

  int rows_ = 0;
  int cols_ = 0;
  std::vector<double> data_;
};

// A lower triangular factor L of a symmetric positive definite A = L L', that can grow by rows.
class Cholesky {
 public:
  // Factors the lower triangle of a square matrix. False, and then the factor is empty, when it is
  // not positive definite to working precision or holds a number that is not finite.
  bool Factor(const Matrix& a);
  // Extends the factor by one row of A: its elements left of the diagonal (size() of them) and on
  // it. O(size^2). False, and then nothing changes, when the larger matrix is not positive
  // definite.
  bool Append(absl::Span<const double> row, double diagonal);

  int size() const { return size_; }
  // L(i, j); j <= i.
  double At(int i, int j) const { return data_[Index(i, j)]; }
  // b := L b; b has size() elements.
  void MultiplyLower(absl::Span<double> b) const;
  // b := L^-1 b and b := L'^-1 b; b has size() elements.
  void SolveLower(absl::Span<double> b) const;
  void SolveUpper(absl::Span<double> b) const;
  // The same for all columns of B (size() rows) at once: much faster than one by one.
  void SolveLower(Matrix& b) const;
  void SolveUpper(Matrix& b) const;
  // b := A^-1 b.
  void Solve(absl::Span<double> b) const;
  // log det A.
  double LogDeterminant() const;
  // A^-1, both triangles filled.
  Matrix Inverse() const;

 private:
  size_t Index(int i, int j) const {
    return static_cast<size_t>(i) + static_cast<size_t>(j) * static_cast<size_t>(stride_);
  }
  void Reserve(int size);

  int size_ = 0;
  int stride_ = 0;  // rows that the storage has room for
  std::vector<double> data_;
};

double Dot(absl::Span<const double> x, absl::Span<const double> y);
// y := y + alpha x.
void AddScaled(double alpha, absl::Span<const double> x, absl::Span<double> y);
// A x and A' x.
std::vector<double> Multiply(const Matrix& a, absl::Span<const double> x);
std::vector<double> MultiplyTransposed(const Matrix& a, absl::Span<const double> x);
// A B, A' B and A B'.
Matrix Multiply(const Matrix& a, const Matrix& b);
Matrix MultiplyTransposedLeft(const Matrix& a, const Matrix& b);
Matrix MultiplyTransposedRight(const Matrix& a, const Matrix& b);

// A = V diag(values) V' of a symmetric matrix, of which the lower triangle is read.
struct Eigendecomposition {
  std::vector<double> values;  // in increasing order
  Matrix vectors;              // columns; the largest element of each (in size) is positive
};
// Failed when a number is not finite or the iteration does not converge: `values` is empty then.
Eigendecomposition SymmetricEigen(Matrix a);

}  // namespace qalam

#endif  // QALAM_MATH_LINEAR_ALGEBRA_H_
