#include "earlystop/rungs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "earlystop/parts.h"

namespace qalam {

bool Rungs::Contains(int64_t step) const {
  if (end > 0 && step >= end) return false;
  while (step > first && step % eta == 0) step /= eta;
  return step == first;
}

int64_t GoOn(int64_t count, int64_t eta) { return std::max<int64_t>(1, count / eta); }

Ladder::Ladder(const Rungs& rungs, int64_t min_trials, Wanted wanted)
    : rungs_(rungs),
      min_trials_(min_trials),
      order_([rungs, wanted = std::move(wanted)](const Curve& curve, int64_t step) {
        return rungs.Contains(step) && (!wanted || wanted(curve));
      }) {}

StopDecision Ladder::Judge(const Curve& running, const CurveHistory& history,
                           const std::string& where) {
  order_.CatchUp(history);
  if (!rungs_.Contains(running.steps())) return {};
  const absl::Span<const double> values = order_.At(running.steps());
  const auto count = static_cast<int64_t>(values.size());
  if (count - 1 < min_trials_) return {};
  const int64_t better = CountBelow(values, running.reached.back());
  if (better < GoOn(count, rungs_.eta)) return {};
  return {true, absl::StrCat(ReachedText(history.objective(), running), " is number ", better + 1,
                             " of ", count, " at this rung", where, ", of which ",
                             GoOn(count, rungs_.eta), " may go on")};
}

std::vector<EarlyStoppingRule> Ladder::FirstRule(const CurveHistory& history) {
  order_.CatchUp(history);
  const absl::Span<const double> values = order_.At(rungs_.first);
  const auto count = static_cast<int64_t>(values.size());
  if (count < min_trials_ || !rungs_.Contains(rungs_.first)) return {};
  const int64_t kept = std::min(GoOn(count + 1, rungs_.eta), count);
  return {WorseThan(history.objective(), values[static_cast<size_t>(kept) - 1], rungs_.first)};
}

}  // namespace qalam
