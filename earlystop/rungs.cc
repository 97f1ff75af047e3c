#include "earlystop/rungs.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "earlystop/parts.h"

namespace qalam {
namespace {

constexpr int64_t kEarliestRung = 2;
constexpr int kMostHalvings = 3;

}  // namespace

bool Rungs::Contains(int64_t step) const {
  if (end > 0 && step >= end) return false;
  while (step > first && step % eta == 0) step /= eta;
  return step == first;
}

int64_t GoOn(int64_t count, int64_t eta) { return std::max<int64_t>(1, count / eta); }

std::vector<SettingSpec> RungSettings(int64_t eta, absl::string_view max_resource_help) {
  return {{.name = "min_resource",
           .type = SettingType::kInt,
           .min = 1,
           .help = "Reports of the objective at the first rung; 2, or max_resource / eta^3 where "
                   "that is more."},
          {.name = "eta",
           .type = SettingType::kInt,
           .default_value = absl::StrCat(eta),
           .min = 2,
           .help = "One trial in so many goes on from a rung, to so many times the reports."},
          MaxResourceSetting(max_resource_help),
          MinTrialsSetting("1", "Other trials at a rung before any is stopped there.")};
}

Rungs RungsOf(const SettingsReader& settings) {
  Rungs rungs{.eta = settings.Int("eta").value_or(3),
              .end = settings.Int("max_resource").value_or(0)};
  const double halved =
      static_cast<double>(rungs.end) / std::pow(static_cast<double>(rungs.eta), kMostHalvings);
  rungs.first =
      settings.Int("min_resource").value_or(std::max<int64_t>(kEarliestRung, std::llround(halved)));
  return rungs;
}

Ladder::Ladder(const SettingsReader& settings)
    : rungs_(RungsOf(settings)),
      min_trials_(settings.Int("min_trials_required").value_or(1)),
      order_([rungs = rungs_](const Curve&, int64_t step) { return rungs.Contains(step); }) {}

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
