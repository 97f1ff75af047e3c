#ifndef QALAM_TRIALS_KINDS_QUANTITY_H_
#define QALAM_TRIALS_KINDS_QUANTITY_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace qalam {

// The number that a Kubernetes quantity denotes: a decimal number, and after it nothing, an
// exponent (e3, E3), n, u, m, k, M, G, T, P, E (powers of 1000) or Ki, Mi, Gi, Ti, Pi, Ei (powers
// of 1024). Nothing for any other text.
std::optional<double> ParseQuantity(absl::string_view text);

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_QUANTITY_H_
