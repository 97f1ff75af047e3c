#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "core/infinity.h"
#include "math/pareto.h"
#include "suggestion/multi_objective/front_cuts.h"

namespace qalam {
namespace {

// The rows of a front in the order of one loss, as a list from which rows can be taken.
class LossOrder {
 public:
  LossOrder(LossRows rows, size_t loss, absl::Span<const RowLoss> order)
      : rows_(rows), loss_(loss) {
    before_.assign(order.size(), -1);
    after_.assign(order.size(), -1);
    for (size_t i = 0; i + 1 < order.size(); ++i) {
      after_[static_cast<size_t>(order[i].row)] = order[i + 1].row;
      before_[static_cast<size_t>(order[i + 1].row)] = order[i].row;
    }
    range_ = order.back().loss - order.front().loss;
  }

  int before(int row) const { return before_[static_cast<size_t>(row)]; }
  int after(int row) const { return after_[static_cast<size_t>(row)]; }

  // How far the neighbours are apart, in units of the whole range; infinity at the ends.
  double Gap(int row) const {
    if (before(row) < 0 || after(row) < 0) return range_ > 0 ? kInfinity : 0;
    return range_ > 0 && range_ < kInfinity ? (Value(after(row)) - Value(before(row))) / range_ : 0;
  }

  void Remove(int row) {
    if (before(row) >= 0) after_[static_cast<size_t>(before(row))] = after(row);
    if (after(row) >= 0) before_[static_cast<size_t>(after(row))] = before(row);
  }

 private:
  double Value(int row) const { return rows_.row(row)[loss_]; }

  LossRows rows_;
  size_t loss_;
  double range_ = 0;
  std::vector<int> before_, after_;  // -1 at the ends
};

}  // namespace

std::vector<int> CutByCrowding(const FrontCut& cut) {
  const LossRows rows{cut.front, cut.width};
  std::vector<LossOrder> orders;
  orders.reserve(static_cast<size_t>(cut.width));
  for (const std::vector<RowLoss>& order : OrdersByLoss(rows)) {
    orders.emplace_back(rows, orders.size(), order);
  }
  std::vector<double> distances(static_cast<size_t>(rows.size()));
  const auto measure = [&](int row) {
    double sum = 0;
    for (const LossOrder& order : orders) sum += order.Gap(row);
    distances[static_cast<size_t>(row)] = sum;
  };
  std::vector<int> left(distances.size());
  std::iota(left.begin(), left.end(), 0);
  for (const int row : left) measure(row);
  while (static_cast<int>(left.size()) > cut.count) {
    // Of equals the newest goes.
    auto most = left.begin();
    for (auto row = left.begin(); row != left.end(); ++row) {
      if (distances[static_cast<size_t>(*row)] <= distances[static_cast<size_t>(*most)]) most = row;
    }
    const int removed = *most;
    left.erase(most);
    for (LossOrder& order : orders) order.Remove(removed);
    for (const LossOrder& order : orders) {
      if (order.before(removed) >= 0) measure(order.before(removed));
      if (order.after(removed) >= 0) measure(order.after(removed));
    }
  }
  return left;
}

}  // namespace qalam
