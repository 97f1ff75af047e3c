#include "suggestion/fidelity/promotion_rung.h"

#include <cmath>
#include <iterator>

namespace qalam {

void PromotionRung::Add(const RankedTrial& trial) {
  by_number_[trial.number] = trial;
  if (!promoted_.contains(trial.number)) left_.insert(trial);
  const bool among_best = !best_.empty() && trial < *best_.rbegin();
  (among_best ? best_ : rest_).insert(trial);
  AddWithoutResult();
}

void PromotionRung::AddWithoutResult() {
  ++ended_;
  share_ = static_cast<int64_t>(std::floor(static_cast<double>(ended_) / eta_ * (1 + 1e-12)));
  Rebalance();
}

void PromotionRung::MarkPromoted(int64_t number) {
  promoted_.insert(number);
  const auto found = by_number_.find(number);
  if (found != by_number_.end()) left_.erase(found->second);
}

void PromotionRung::Rebalance() {
  while (static_cast<int64_t>(best_.size()) > share_) {
    rest_.insert(best_.extract(std::prev(best_.end())));
  }
  while (static_cast<int64_t>(best_.size()) < share_ && !rest_.empty()) {
    best_.insert(rest_.extract(rest_.begin()));
  }
}

std::optional<RankedTrial> PromotionRung::Promotable() const {
  if (left_.empty() || !best_.contains(*left_.begin())) return std::nullopt;
  return *left_.begin();
}

std::optional<RankedTrial> PromotionRung::BestLeft() const {
  if (left_.empty()) return std::nullopt;
  return *left_.begin();
}

bool PromotionRung::IsLeft(int64_t number) const {
  const auto found = by_number_.find(number);
  return found != by_number_.end() && left_.contains(found->second);
}

}  // namespace qalam
