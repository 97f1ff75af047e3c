#ifndef QALAM_EARLYSTOP_STEP_ORDER_H_
#define QALAM_EARLYSTOP_STEP_ORDER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "absl/types/span.h"
#include "earlystop/log_cursor.h"

namespace qalam {

// For each step, what trials had reached there (Curve::reached), in increasing order. A report is
// put in its place once; nothing is looked at again.
class StepOrder {
 public:
  // Which reports are kept; empty: all.
  using Wanted = std::function<bool(const Curve&, int64_t step)>;
  explicit StepOrder(Wanted wanted = {}) : wanted_(std::move(wanted)) {}

  void CatchUp(const CurveHistory& history);
  // Empty where nothing was reported.
  absl::Span<const double> At(int64_t step) const;

 private:
  Wanted wanted_;
  LogCursor cursor_;
  std::map<int64_t, std::vector<double>> steps_;
};

// How many of the ordered `values` are strictly smaller.
int64_t CountBelow(absl::Span<const double> values, double value);

// The quantile of ordered values, 0 <= share <= 1, linear between two of them (share 0.5: the
// median). Requires some. Where it lies between a number and an infinity it is the infinity.
double Quantile(absl::Span<const double> values, double share);
// The same of all but one of them, `left_out`, which is there. Requires two.
double QuantileWithout(absl::Span<const double> values, double left_out, double share);

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_STEP_ORDER_H_
