#include "math/box_decomposition.h"

#include <algorithm>
#include <utility>

#include "core/infinity.h"
#include "math/pareto.h"

namespace qalam {
namespace {

// A corner of what rows leave undominated: the largest point below which nothing is dominated, in
// the sense that no coordinate can grow. Coordinate k comes from the k-th defining point.
struct LocalBound {
  std::vector<double> corner;
  std::vector<std::vector<double>> points;
};

// The largest k-th coordinate of the defining points in [0, end) but the k-th.
double LargestOfOthers(const LocalBound& bound, size_t k, size_t end) {
  double largest = -kInfinity;
  for (size_t i = 0; i < end; ++i) {
    if (i != k) largest = std::max(largest, bound.points[i][k]);
  }
  return largest;
}

// The local upper bounds of rows that do not dominate each other. Where coordinates are equal,
// later rows are taken to be larger by nothing: that yields bounds of boxes without volume, no
// more.
std::vector<LocalBound> LocalBounds(LossRows rows, absl::Span<const double> reference) {
  const size_t width = reference.size();
  LocalBound whole;
  whole.corner.assign(reference.begin(), reference.end());
  for (size_t k = 0; k < width; ++k) {
    whole.points.emplace_back(width, -kInfinity);
    whole.points[k][k] = reference[k];
  }
  std::vector<LocalBound> bounds = {whole};
  for (int i = 0; i < rows.size(); ++i) {
    const absl::Span<const double> row = rows.row(i);
    const auto cut = std::stable_partition(
        bounds.begin(), bounds.end(), [&](const LocalBound& b) { return !IsBelow(row, b.corner); });
    std::vector<LocalBound> parts;
    for (auto bound = cut; bound != bounds.end(); ++bound) {
      for (size_t k = 0; k < width; ++k) {
        if (row[k] < LargestOfOthers(*bound, k, width)) continue;
        LocalBound part = *bound;
        part.corner[k] = row[k];
        part.points[k].assign(row.begin(), row.end());
        parts.push_back(std::move(part));
      }
    }
    bounds.erase(cut, bounds.end());
    std::move(parts.begin(), parts.end(), std::back_inserter(bounds));
  }
  return bounds;
}

// Each bound has a box of what the rows dominate; together they are all of it.
struct Box {
  std::vector<double> lower, upper;
};
Box DominatedBox(const LocalBound& bound, absl::Span<const double> reference) {
  Box box;
  for (size_t k = 0; k < reference.size(); ++k) {
    box.lower.push_back(k == 0 ? bound.corner[0] : LargestOfOthers(bound, k, k));
    box.upper.push_back(k == 0 ? reference[0] : bound.corner[k]);
  }
  return box;
}

void AddBox(absl::Span<const double> lower, absl::Span<const double> upper, Boxes& boxes) {
  boxes.lower.insert(boxes.lower.end(), lower.begin(), lower.end());
  boxes.upper.insert(boxes.upper.end(), upper.begin(), upper.end());
}

// The rows below the reference that no row dominates, each once, in order.
std::vector<double> CleanFront(LossRows rows, absl::Span<const double> reference) {
  std::vector<std::vector<double>> front;
  for (const int i : ParetoFront(rows)) {
    if (!IsBelow(rows.row(i), reference)) continue;
    front.emplace_back(rows.row(i).begin(), rows.row(i).end());
  }
  std::sort(front.begin(), front.end());
  front.erase(std::unique(front.begin(), front.end()), front.end());
  std::vector<double> values;
  for (const std::vector<double>& row : front) values.insert(values.end(), row.begin(), row.end());
  return values;
}

// One strip to the left of each step of the staircase, and one to the right of all.
void AddStrips(LossRows front, absl::Span<const double> reference, Boxes& boxes) {
  double left = -kInfinity;
  double top = reference[1];
  for (int i = 0; i < front.size(); ++i) {
    const absl::Span<const double> row = front.row(i);
    AddBox({left, -kInfinity}, {row[0], top}, boxes);
    left = row[0];
    top = row[1];
  }
  AddBox({left, -kInfinity}, {reference[0], top}, boxes);
}

}  // namespace

Boxes NonDominatedBoxes(LossRows rows, absl::Span<const double> reference) {
  Boxes boxes{.width = rows.width};
  const std::vector<double> values = CleanFront(rows, reference);
  const LossRows front{values, rows.width};
  if (rows.width == 2) {
    AddStrips(front, reference, boxes);
    return boxes;
  }
  // Turned round, what is left undominated is what the bounds dominate.
  std::vector<double> turned;
  for (const LocalBound& bound : LocalBounds(front, reference)) {
    for (const double value : bound.corner) turned.push_back(-value);
  }
  const std::vector<double> infinite(reference.size(), kInfinity);
  const std::vector<double> corners = CleanFront({turned, rows.width}, infinite);
  for (const LocalBound& bound : LocalBounds({corners, rows.width}, infinite)) {
    Box box = DominatedBox(bound, infinite);
    if (!IsBelow(box.lower, box.upper)) continue;
    for (double& value : box.lower) value = -value;
    for (double& value : box.upper) value = -value;
    AddBox(box.upper, box.lower, boxes);
  }
  return boxes;
}

}  // namespace qalam
