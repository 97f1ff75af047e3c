#ifndef QALAM_MATH_STUDENT_T_H_
#define QALAM_MATH_STUDENT_T_H_

#include <cstdint>

namespace qalam {

// The distribution function of Student's t with `freedom` >= 1 degrees of freedom, to 1e-12. Any t,
// infinities included.
double StudentTCdf(double t, int64_t freedom);

}  // namespace qalam

#endif  // QALAM_MATH_STUDENT_T_H_
