#include "math/pareto.h"

#include <algorithm>

#include "core/dominance.h"
#include "core/infinity.h"

namespace qalam {
namespace {

bool Equal(absl::Span<const double> a, absl::Span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin());
}

std::vector<RowLoss> LossesOfRows(LossRows rows, int loss) {
  std::vector<RowLoss> losses(static_cast<size_t>(rows.size()));
  size_t at = static_cast<size_t>(loss);
  for (size_t i = 0; i < losses.size(); ++i, at += static_cast<size_t>(rows.width)) {
    losses[i] = {rows.values[at], static_cast<int>(i)};
  }
  return losses;
}

// The rows of an order by the first of two losses from its end, with their second ones.
std::vector<RowLoss> Backwards(absl::Span<const RowLoss> order, LossRows rows) {
  std::vector<RowLoss> backwards;
  backwards.reserve(order.size());
  for (size_t i = order.size(); i > 0; --i) {
    const int row = order[i - 1].row;
    backwards.push_back({rows.row(row)[1], row});
  }
  return backwards;
}

// By the first loss, then the second, and so on: whoever dominates comes before whom it dominates.
std::vector<RowLoss> LexicographicOrder(LossRows rows) {
  std::vector<RowLoss> order = LossesOfRows(rows, 0);
  std::sort(order.begin(), order.end(), [&](const RowLoss& a, const RowLoss& b) {
    if (a.loss != b.loss) return a.loss < b.loss;
    const absl::Span<const double> x = rows.row(a.row);
    const absl::Span<const double> y = rows.row(b.row);
    for (size_t k = 1; k < x.size(); ++k) {
      if (x[k] != y[k]) return x[k] < y[k];
    }
    return a.row < b.row;
  });
  return order;
}

// In two dimensions the newest row of a front has the least second loss of it, so that alone
// decides whether the front dominates the next row in order.
class PlaneFronts {
 public:
  explicit PlaneFronts(LossRows rows) : rows_(rows) {}

  int FrontOf(int row) {
    const double loss = rows_.row(row)[static_cast<size_t>(rows_.width) - 1];
    const auto front = std::upper_bound(least_.begin(), least_.end(), loss);
    const size_t index = static_cast<size_t>(front - least_.begin());
    if (front == least_.end()) {
      least_.push_back(loss);
    } else {
      *front = loss;
    }
    return static_cast<int>(index);
  }

 private:
  LossRows rows_;
  std::vector<double> least_;  // second loss of the newest row of each front, increasing
};

class SpaceFronts {
 public:
  explicit SpaceFronts(LossRows rows) : rows_(rows) {}

  // A front that dominates a row has before it only fronts that do, too.
  int FrontOf(int row) {
    size_t low = 0, high = fronts_.size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      if (HasDominator(fronts_[middle], row)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == fronts_.size()) fronts_.emplace_back();
    fronts_[low].push_back(row);
    return static_cast<int>(low);
  }

 private:
  // The newest first: they are nearest in the first loss.
  bool HasDominator(const std::vector<int>& front, int row) const {
    return std::any_of(front.rbegin(), front.rend(),
                       [&](int other) { return Dominates(rows_.row(other), rows_.row(row)); });
  }

  LossRows rows_;
  std::vector<std::vector<int>> fronts_;
};

// Rows equal to the one before them in order share its front.
template <typename Fronts>
std::vector<int> SortInto(Fronts fronts, LossRows rows) {
  std::vector<int> ranks(static_cast<size_t>(rows.size()));
  int before = -1;
  for (const auto& [loss, row] : LexicographicOrder(rows)) {
    const bool equal = before >= 0 && Equal(rows.row(before), rows.row(row));
    ranks[static_cast<size_t>(row)] =
        equal ? ranks[static_cast<size_t>(before)] : fronts.FrontOf(row);
    before = row;
  }
  return ranks;
}

}  // namespace

std::vector<std::vector<RowLoss>> OrdersByLoss(LossRows rows) {
  const auto before = [](const RowLoss& a, const RowLoss& b) {
    return a.loss != b.loss ? a.loss < b.loss : a.row < b.row;
  };
  std::vector<std::vector<RowLoss>> orders(static_cast<size_t>(rows.width));
  for (size_t k = 0; k < orders.size(); ++k) {
    if (k == 1 && rows.width == 2) {
      // Of a front the one order is the other one backwards, but for equal rows.
      orders[k] = Backwards(orders[0], rows);
      if (std::is_sorted(orders[k].begin(), orders[k].end(), before)) continue;
    } else {
      orders[k] = LossesOfRows(rows, static_cast<int>(k));
    }
    std::sort(orders[k].begin(), orders[k].end(), before);
  }
  return orders;
}

bool IsBelow(absl::Span<const double> point, absl::Span<const double> corner) {
  for (size_t k = 0; k < corner.size(); ++k) {
    if (!(point[k] < corner[k])) return false;
  }
  return true;
}

std::vector<int> NonDominatedSort(LossRows rows) {
  return rows.width <= 2 ? SortInto(PlaneFronts(rows), rows) : SortInto(SpaceFronts(rows), rows);
}

std::vector<int> ParetoFront(LossRows rows) {
  std::vector<int> front;
  const auto has_dominator = [&](int row) {
    return std::any_of(front.rbegin(), front.rend(),
                       [&](int other) { return Dominates(rows.row(other), rows.row(row)); });
  };
  for (const auto& [loss, row] : LexicographicOrder(rows)) {
    // Of two losses, the newest of the front has the least second one.
    const bool dominated = rows.width <= 2
                               ? !front.empty() && Dominates(rows.row(front.back()), rows.row(row))
                               : has_dominator(row);
    if (!dominated) front.push_back(row);
  }
  std::sort(front.begin(), front.end());
  return front;
}

std::vector<double> CrowdingDistances(LossRows rows) {
  std::vector<double> distances(static_cast<size_t>(rows.size()));
  if (rows.size() == 0) return distances;
  for (const std::vector<RowLoss>& order : OrdersByLoss(rows)) {
    const double range = order.back().loss - order.front().loss;
    distances[static_cast<size_t>(order.front().row)] = kInfinity;
    distances[static_cast<size_t>(order.back().row)] = kInfinity;
    if (!(range > 0) || !(range < kInfinity)) continue;
    for (size_t i = 1; i + 1 < order.size(); ++i) {
      distances[static_cast<size_t>(order[i].row)] +=
          (order[i + 1].loss - order[i - 1].loss) / range;
    }
  }
  return distances;
}

}  // namespace qalam
