#include "suggestion/cma/coordinates.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace qalam {
namespace {

// x folded back into [0, 1] at both ends.
double Reflect(double x) {
  if (!std::isfinite(x)) return 0.5;
  const double folded = std::fabs(x - 2 * std::round(x / 2));
  return std::min(folded, 1.0);
}

}  // namespace

CmaCoordinates::CmaCoordinates(std::shared_ptr<const SearchSpace> space)
    : space_(std::move(space)) {
  for (int i = 0; i < space_->size(); ++i) {
    const Parameter& parameter = space_->parameter(i);
    fixed_.push_back(parameter.FromUnit(0));
    const double values = parameter.Cardinality();
    if (values <= 1) continue;
    if (!parameter.is_ordered()) {
      categorical_.push_back(i);
      continue;
    }
    ordered_.push_back(i);
    is_stepped_.push_back(std::isfinite(values));
    stepped_ += std::isfinite(values) ? 1 : 0;
  }
}

std::vector<int> CmaCoordinates::Categories() const {
  std::vector<int> sizes;
  for (const int i : categorical_) {
    sizes.push_back(static_cast<int>(space_->parameter(i).list.size()));
  }
  return sizes;
}

double CmaCoordinates::DecodeOrdered(int j, double x) const {
  return space_->parameter(ordered_[j]).FromUnit(is_stepped_[j] ? x : Reflect(x));
}

bool CmaCoordinates::Inside(const CmaPoint& point) const {
  for (int j = 0; j < ordered(); ++j) {
    if (!is_stepped_[j] && !(point.ordered[j] >= 0 && point.ordered[j] <= 1)) return false;
  }
  return true;
}

void CmaCoordinates::MoveInside(CmaPoint& point) const {
  for (int j = 0; j < ordered(); ++j) {
    if (!is_stepped_[j]) point.ordered[j] = std::clamp(point.ordered[j], 0.0, 1.0);
  }
}

Assignment CmaCoordinates::Decode(const CmaPoint& point) const {
  Assignment assignment = fixed_;
  for (int j = 0; j < ordered(); ++j) assignment[ordered_[j]] = DecodeOrdered(j, point.ordered[j]);
  for (int c = 0; c < categorical(); ++c) assignment[categorical_[c]] = point.categories[c];
  return assignment;
}

CmaPoint CmaCoordinates::Encode(const Assignment& assignment, absl::Span<const double> unit) const {
  CmaPoint point;
  for (const int i : ordered_) point.ordered.push_back(unit[i]);
  for (const int i : categorical_) {
    point.categories.push_back(static_cast<int>(space_->parameter(i).IndexOf(assignment[i])));
  }
  return point;
}

std::pair<CmaPoint, bool> CmaCoordinates::Match(CmaPoint point, const Assignment& assignment,
                                                absl::Span<const double> unit) const {
  CmaPoint actual = Encode(assignment, unit);
  bool changed = false;
  for (int j = 0; j < ordered(); ++j) {
    if (DecodeOrdered(j, point.ordered[j]) == assignment[ordered_[j]]) {
      actual.ordered[j] = point.ordered[j];
    } else {
      changed = true;
    }
  }
  return {std::move(actual), changed};
}

CmaCoordinates::Cell CmaCoordinates::CellAt(int j, double x) const {
  const Parameter& parameter = space_->parameter(ordered_[j]);
  const int64_t k = parameter.IndexOf(parameter.FromUnit(x));
  const auto edge_above = [&](int64_t index) {
    const double low = parameter.ValueAt(index);
    const double high = parameter.ValueAt(index + 1);
    return parameter.ToUnit(low + (high - low) / 2);
  };
  Cell cell;
  if (k > 0) cell.lower = edge_above(k - 1);
  if (static_cast<double>(k) + 1 < parameter.Cardinality()) cell.upper = edge_above(k);
  return cell;
}

}  // namespace qalam
