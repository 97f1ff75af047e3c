#include "core/curve_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/infinity.h"
#include "core/outcomes.h"

namespace qalam {
namespace {

MetricStrategy StrategyOf(const Objective& objective) {
  if (!objective.metrics.empty()) return objective.metrics[0].strategy;
  return objective.direction == Direction::kMinimize ? MetricStrategy::kMin : MetricStrategy::kMax;
}

// What the objective amounts to after `loss`, when it was `before`. The strategy min of a metric
// that is maximised keeps the worst value: that is what the trial will count for.
double Reach(const Objective& objective, double before, double loss) {
  const MetricStrategy strategy = StrategyOf(objective);
  if (strategy == MetricStrategy::kLatest) return std::isnan(loss) ? kInfinity : loss;
  if (std::isnan(loss)) return before;
  if (before == kInfinity) return loss;
  const bool keeps_best =
      (strategy == MetricStrategy::kMin) == (objective.direction == Direction::kMinimize);
  return keeps_best ? std::min(before, loss) : std::max(before, loss);
}

}  // namespace

CurveHistory::CurveHistory(Objective objective) : objective_(std::move(objective)) {}

void CurveHistory::Start(int64_t number) {
  const auto [it, is_new] = index_by_number_.try_emplace(number, size());
  if (is_new) {
    curves_.push_back({.number = number});
    return;
  }
  Forget(&curves_[static_cast<size_t>(it->second)]);
}

void CurveHistory::Forget(Curve* curve) {
  const bool nothing_to_forget = curve->losses.empty() && !IsFinal(curve->condition);
  *curve = {.number = curve->number};
  if (nothing_to_forget) return;
  ++generation_;
  log_.clear();
  for (int i = 0; i < size(); ++i) {
    const Curve& kept = curves_[static_cast<size_t>(i)];
    for (int64_t step = 1; step <= kept.steps(); ++step) {
      log_.push_back({i, static_cast<int32_t>(step)});
    }
    if (IsFinal(kept.condition)) log_.push_back({i, 0});
  }
}

Curve* CurveHistory::FindRunning(int64_t number) {
  const auto it = index_by_number_.find(number);
  if (it == index_by_number_.end()) return nullptr;
  Curve* const curve = &curves_[static_cast<size_t>(it->second)];
  return IsFinal(curve->condition) ? nullptr : curve;
}

bool CurveHistory::Report(int64_t number, double value) {
  Curve* const curve = FindRunning(number);
  if (curve == nullptr) return false;
  const double loss = LossOf(objective_, 0, value);
  const double before = curve->reached.empty() ? kInfinity : curve->reached.back();
  curve->losses.push_back(loss);
  curve->reached.push_back(Reach(objective_, before, loss));
  log_.push_back(
      {static_cast<int32_t>(curve - curves_.data()), static_cast<int32_t>(curve->steps())});
  return true;
}

bool CurveHistory::End(int64_t number, TrialCondition condition) {
  Curve* const curve = FindRunning(number);
  if (curve == nullptr || !IsFinal(condition)) return false;
  curve->condition = condition;
  log_.push_back({static_cast<int32_t>(curve - curves_.data()), 0});
  return true;
}

const Curve* CurveHistory::Find(int64_t number) const {
  const auto it = index_by_number_.find(number);
  return it == index_by_number_.end() ? nullptr : &curves_[static_cast<size_t>(it->second)];
}

}  // namespace qalam
