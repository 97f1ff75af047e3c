#ifndef QALAM_MATH_FEW_COLUMNS_H_
#define QALAM_MATH_FEW_COLUMNS_H_

#include "math/linear_algebra.h"

namespace qalam {

// Solving with a triangular matrix for few right-hand sides. BLAS prepares for many: it copies the
// triangle first, which takes longer than the rest when there are few.

// The most columns that are few.
inline constexpr int kFewColumns = 8;

// The lower triangle of an (n x n) matrix, column by column, each `stride` after the one before.
struct LowerTriangle {
  const double* data = nullptr;
  int stride = 0;
};

// b := L^-1 b and b := L'^-1 b; b: (n x at most kFewColumns). What a column becomes does not depend
// on the others.
void SolveLowerForFew(LowerTriangle l, Matrix& b);
void SolveUpperForFew(LowerTriangle l, Matrix& b);

}  // namespace qalam

#endif  // QALAM_MATH_FEW_COLUMNS_H_
