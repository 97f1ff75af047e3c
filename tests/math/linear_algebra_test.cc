#include "math/linear_algebra.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random_stream.h"

namespace qalam {
namespace {

Matrix RandomMatrix(int rows, int cols, uint64_t seed) {
  RandomStream random(seed, 0, "matrix");
  Matrix m(rows, cols);
  for (int j = 0; j < cols; ++j) {
    for (int i = 0; i < rows; ++i) m(i, j) = random.Normal();
  }
  return m;
}

// Symmetric and well conditioned.
Matrix PositiveDefinite(int size, uint64_t seed) {
  const Matrix half = RandomMatrix(size, size, seed);
  Matrix a = MultiplyTransposedRight(half, half);
  for (int i = 0; i < size; ++i) a(i, i) += size;
  return a;
}

void ExpectNear(const Matrix& a, const Matrix& b, double tolerance) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.cols(), b.cols());
  for (int j = 0; j < a.cols(); ++j) {
    for (int i = 0; i < a.rows(); ++i) ASSERT_NEAR(a(i, j), b(i, j), tolerance) << i << "," << j;
  }
}

TEST(MatrixTest, ProductsAreThoseOfTheDefinition) {
  const Matrix a = RandomMatrix(3, 4, 1);
  const Matrix b = RandomMatrix(4, 2, 2);
  const Matrix c = Multiply(a, b);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 2; ++j) {
      double sum = 0;
      for (int k = 0; k < 4; ++k) sum += a(i, k) * b(k, j);
      EXPECT_NEAR(c(i, j), sum, 1e-14);
    }
  }
  const std::vector<double> x = {1, -2, 3};
  const std::vector<double> transposed = MultiplyTransposed(a, x);
  for (int k = 0; k < 4; ++k) {
    EXPECT_NEAR(transposed[k], a(0, k) - 2 * a(1, k) + 3 * a(2, k), 1e-14);
  }
  ExpectNear(MultiplyTransposedLeft(Matrix::Identity(4), b), b, 0);
}

TEST(CholeskyTest, TheFactorTimesItsTransposeIsTheMatrix) {
  for (const int size : {1, 2, 7, 65}) {
    SCOPED_TRACE(size);
    const Matrix a = PositiveDefinite(size, 3);
    Cholesky factor;
    ASSERT_TRUE(factor.Factor(a));
    Matrix l(size, size);
    for (int j = 0; j < size; ++j) {
      for (int i = j; i < size; ++i) l(i, j) = factor.At(i, j);
    }
    ExpectNear(MultiplyTransposedRight(l, l), a, 1e-10);
  }
}

TEST(CholeskyTest, AppendingRowsGivesTheFactorOfTheWhole) {
  const int size = 40;
  const Matrix a = PositiveDefinite(size, 4);
  Cholesky whole, grown;
  ASSERT_TRUE(whole.Factor(a));
  for (int n = 0; n < size; ++n) {
    std::vector<double> row(static_cast<size_t>(n));
    for (int j = 0; j < n; ++j) row[j] = a(n, j);
    ASSERT_TRUE(grown.Append(row, a(n, n)));
  }
  ASSERT_EQ(grown.size(), size);
  for (int j = 0; j < size; ++j) {
    for (int i = j; i < size; ++i) ASSERT_NEAR(grown.At(i, j), whole.At(i, j), 1e-11);
  }
}

TEST(CholeskyTest, SolvesAndInverts) {
  const Matrix a = PositiveDefinite(20, 5);
  Cholesky factor;
  ASSERT_TRUE(factor.Factor(a));
  const Matrix truth = RandomMatrix(20, 3, 6);
  Matrix b = Multiply(a, truth);
  std::vector<double> first(b.col(0).begin(), b.col(0).end());
  factor.Solve(absl::MakeSpan(first));
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(first[i], truth(i, 0), 1e-10);
  factor.SolveLower(b);
  factor.SolveUpper(b);
  ExpectNear(b, truth, 1e-10);
  ExpectNear(Multiply(a, factor.Inverse()), Matrix::Identity(20), 1e-10);
}

TEST(CholeskyTest, SolvesForFewColumnsAsForMany) {
  for (const int size : {1, 2, 3, 4, 5, 7, 8, 13, 65}) {
    Cholesky factor;
    ASSERT_TRUE(factor.Factor(PositiveDefinite(size, 7)));
    const Matrix many = RandomMatrix(size, 20, 8);
    Matrix lower = many;
    factor.SolveLower(lower);
    Matrix upper = many;
    factor.SolveUpper(upper);
    for (const int few : {1, 3, 4, 5, 8}) {
      SCOPED_TRACE(testing::Message() << size << " rows, " << few << " columns");
      Matrix some(size, few);
      std::copy_n(many.data(), static_cast<size_t>(size * few), some.data());
      Matrix some_lower = some;
      factor.SolveLower(some_lower);
      Matrix some_upper = some;
      factor.SolveUpper(some_upper);
      for (int j = 0; j < few; ++j) {
        for (int i = 0; i < size; ++i) {
          ASSERT_NEAR(some_lower(i, j), lower(i, j), 1e-13);
          ASSERT_NEAR(some_upper(i, j), upper(i, j), 1e-13);
        }
      }
    }
  }
}

TEST(CholeskyTest, SolvesForFewColumnsWithAFactorThatHasRoomToGrow) {
  Cholesky factor;
  ASSERT_TRUE(factor.Factor(PositiveDefinite(9, 7)));
  const Matrix larger = PositiveDefinite(12, 7);
  ASSERT_TRUE(factor.Factor(larger));
  std::vector<double> row(12, 0.5);
  ASSERT_TRUE(factor.Append(row, 30));
  const Matrix truth = RandomMatrix(13, 3, 9);
  Matrix b(13, 3);
  for (int j = 0; j < 3; ++j) {
    std::copy_n(truth.col(j).begin(), 13, b.col(j).begin());
    factor.MultiplyLower(b.col(j));
  }
  factor.SolveLower(b);
  ExpectNear(b, truth, 1e-12);
}

TEST(CholeskyTest, MultiplyLowerIsTheInverseOfSolveLower) {
  Cholesky factor;
  ASSERT_TRUE(factor.Factor(PositiveDefinite(20, 5)));
  const Matrix truth = RandomMatrix(20, 1, 6);
  std::vector<double> b(truth.col(0).begin(), truth.col(0).end());
  factor.MultiplyLower(absl::MakeSpan(b));
  EXPECT_NEAR(b[0], factor.At(0, 0) * truth(0, 0), 1e-12);
  factor.SolveLower(absl::MakeSpan(b));
  for (int i = 0; i < 20; ++i) EXPECT_NEAR(b[i], truth(i, 0), 1e-10);
}

TEST(CholeskyTest, LogDeterminantOfADiagonalMatrix) {
  Matrix a(3, 3);
  a(0, 0) = 2, a(1, 1) = 3, a(2, 2) = 4;
  Cholesky factor;
  ASSERT_TRUE(factor.Factor(a));
  EXPECT_NEAR(factor.LogDeterminant(), std::log(24.0), 1e-14);
}

TEST(CholeskyTest, WhatIsNotPositiveDefiniteIsRefused) {
  Matrix a = Matrix::Identity(2);
  a(1, 0) = 2;
  Cholesky factor;
  EXPECT_FALSE(factor.Factor(a));
  EXPECT_EQ(factor.size(), 0);
  a(1, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(factor.Factor(a));
  ASSERT_TRUE(factor.Factor(Matrix::Identity(2)));
  EXPECT_FALSE(factor.Append({1, 0}, 1));  // the same row again
  EXPECT_EQ(factor.size(), 2);
}

TEST(SymmetricEigenTest, DecomposesAndOrders) {
  const Matrix a = PositiveDefinite(12, 7);
  const Eigendecomposition eigen = SymmetricEigen(a);
  ASSERT_EQ(eigen.values.size(), 12u);
  Matrix scaled = eigen.vectors;
  for (int j = 0; j < 12; ++j) {
    EXPECT_LE(eigen.values[std::max(j - 1, 0)], eigen.values[j]);
    for (double& element : scaled.col(j)) element *= eigen.values[j];
  }
  ExpectNear(MultiplyTransposedRight(scaled, eigen.vectors), a, 1e-10);
}

TEST(SymmetricEigenTest, NumbersThatAreNotFiniteGiveNothing) {
  Matrix a = Matrix::Identity(3);
  a(2, 0) = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(SymmetricEigen(a).values.empty());
}

}  // namespace
}  // namespace qalam
