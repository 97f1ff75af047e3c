#include "earlystop/step_order.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace qalam {
namespace {

// `value(i)` is the i-th of `size` ordered values.
template <typename Value>
double QuantileOf(size_t size, double share, Value value) {
  const double place = share * static_cast<double>(size - 1);
  const auto below = static_cast<size_t>(place);
  const double fraction = place - static_cast<double>(below);
  const double low = value(below);
  if (fraction == 0) return low;
  const double high = value(below + 1);
  if (low == high || std::isinf(low)) return low;
  return std::isinf(high) ? high : low + fraction * (high - low);
}

}  // namespace

void StepOrder::CatchUp(const CurveHistory& history) {
  cursor_.CatchUp(
      history, [this] { steps_.clear(); },
      [this](const Curve& curve, int64_t step) {
        if (step == 0 || (wanted_ && !wanted_(curve, step))) return;
        std::vector<double>& values = steps_[step];
        const double reached = curve.ReachedAt(step);
        values.insert(std::upper_bound(values.begin(), values.end(), reached), reached);
      });
}

absl::Span<const double> StepOrder::At(int64_t step) const {
  const auto it = steps_.find(step);
  return it == steps_.end() ? absl::Span<const double>() : it->second;
}

int64_t CountBelow(absl::Span<const double> values, double value) {
  return std::lower_bound(values.begin(), values.end(), value) - values.begin();
}

double Quantile(absl::Span<const double> values, double share) {
  return QuantileOf(values.size(), share, [&](size_t i) { return values[i]; });
}

double QuantileWithout(absl::Span<const double> values, double left_out, double share) {
  const auto place = static_cast<size_t>(CountBelow(values, left_out));
  return QuantileOf(values.size() - 1, share,
                    [&](size_t i) { return values[i < place ? i : i + 1]; });
}

}  // namespace qalam
