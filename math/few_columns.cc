#include "math/few_columns.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "math/vector_clones.h"

namespace qalam {
namespace {

// Right-hand sides that are worked on with one instruction where the processor can. They lie side
// by side: those of row i at kLanes i.
constexpr int kLanes = 4;
using Lanes = double __attribute__((vector_size(kLanes * sizeof(double))));

// Columns of the triangle that are worked on together, so that the right-hand sides are read and
// written once for all of them.
constexpr int kBlock = 4;

// Functions that are inlined, so that they are compiled for the processor of their caller.
#define QALAM_INLINE [[gnu::always_inline]] inline

QALAM_INLINE Lanes Load(const double* x, int row) {
  Lanes lanes;
  std::memcpy(&lanes, x + static_cast<ptrdiff_t>(row) * kLanes, sizeof(lanes));
  return lanes;
}

QALAM_INLINE void Store(Lanes lanes, double* x, int row) {
  std::memcpy(x + static_cast<ptrdiff_t>(row) * kLanes, &lanes, sizeof(lanes));
}

QALAM_INLINE const double* Column(LowerTriangle l, int j) {
  return l.data + static_cast<ptrdiff_t>(j) * l.stride;
}

// Rows `from` up to `to`, once what columns before `from` do to them is taken off.
QALAM_INLINE void SolveBlock(LowerTriangle l, int from, int to, double* x) {
  for (int i = from; i < to; ++i) {
    Lanes rest = Load(x, i);
    for (int j = from; j < i; ++j) rest -= Column(l, j)[i] * Load(x, j);
    Store(rest / Column(l, i)[i], x, i);
  }
}

// The same with the transposed triangle, where that is what columns from `to` on do.
QALAM_INLINE void SolveTransposedBlock(LowerTriangle l, int from, int to, double* x) {
  for (int i = to - 1; i >= from; --i) {
    const double* const column = Column(l, i);
    Lanes rest = Load(x, i);
    for (int j = i + 1; j < to; ++j) rest -= column[j] * Load(x, j);
    Store(rest / column[i], x, i);
  }
}

QALAM_VECTOR_CLONES void SolveLowerOfLanes(LowerTriangle l, int n, double* x) {
  int j = 0;
  for (; j + kBlock <= n; j += kBlock) {
    SolveBlock(l, j, j + kBlock, x);
    const double* const c0 = Column(l, j);
    const double* const c1 = Column(l, j + 1);
    const double* const c2 = Column(l, j + 2);
    const double* const c3 = Column(l, j + 3);
    const Lanes x0 = Load(x, j);
    const Lanes x1 = Load(x, j + 1);
    const Lanes x2 = Load(x, j + 2);
    const Lanes x3 = Load(x, j + 3);
    for (int i = j + kBlock; i < n; ++i) {
      Store(Load(x, i) - ((c0[i] * x0 + c1[i] * x1) + (c2[i] * x2 + c3[i] * x3)), x, i);
    }
  }
  SolveBlock(l, j, n, x);
}

QALAM_VECTOR_CLONES void SolveUpperOfLanes(LowerTriangle l, int n, double* x) {
  int i = n - n % kBlock;
  SolveTransposedBlock(l, i, n, x);
  while (i > 0) {
    i -= kBlock;
    const double* const c0 = Column(l, i);
    const double* const c1 = Column(l, i + 1);
    const double* const c2 = Column(l, i + 2);
    const double* const c3 = Column(l, i + 3);
    Lanes sum0 = {};
    Lanes sum1 = {};
    Lanes sum2 = {};
    Lanes sum3 = {};
    for (int j = i + kBlock; j < n; ++j) {
      const Lanes xj = Load(x, j);
      sum0 += c0[j] * xj;
      sum1 += c1[j] * xj;
      sum2 += c2[j] * xj;
      sum3 += c3[j] * xj;
    }
    Store(Load(x, i) - sum0, x, i);
    Store(Load(x, i + 1) - sum1, x, i + 1);
    Store(Load(x, i + 2) - sum2, x, i + 2);
    Store(Load(x, i + 3) - sum3, x, i + 3);
    SolveTransposedBlock(l, i, i + kBlock, x);
  }
}

#undef QALAM_INLINE

// Calls `solve` for kLanes columns at a time; missing ones are 0.
template <typename Solve>
void ForLanes(Matrix& b, Solve solve) {
  std::vector<double> x(static_cast<size_t>(b.rows()) * kLanes);
  for (int from = 0; from < b.cols(); from += kLanes) {
    const int count = std::min(kLanes, b.cols() - from);
    std::fill(x.begin(), x.end(), 0.0);
    for (int k = 0; k < count; ++k) {
      double* lane = x.data() + k;
      for (const double value : b.col(from + k)) {
        *lane = value;
        lane += kLanes;
      }
    }
    solve(x.data());
    for (int k = 0; k < count; ++k) {
      const double* lane = x.data() + k;
      for (double& value : b.col(from + k)) {
        value = *lane;
        lane += kLanes;
      }
    }
  }
}

}  // namespace

void SolveLowerForFew(LowerTriangle l, Matrix& b) {
  ForLanes(b, [&](double* x) { SolveLowerOfLanes(l, b.rows(), x); });
}

void SolveUpperForFew(LowerTriangle l, Matrix& b) {
  ForLanes(b, [&](double* x) { SolveUpperOfLanes(l, b.rows(), x); });
}

}  // namespace qalam
