#ifndef QALAM_CORE_INFINITY_H_
#define QALAM_CORE_INFINITY_H_

#include <limits>

namespace qalam {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace qalam

#endif  // QALAM_CORE_INFINITY_H_
