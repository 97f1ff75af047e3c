#include "suggestion/gp/encoding.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qalam::gp {
namespace {

Axis MakeAxis(const Parameter& parameter, int index) {
  Axis axis{.parameter = index};
  const double cardinality = parameter.Cardinality();
  if (parameter.is_ordered() && cardinality > Encoding::kMaxPlaces) return axis;
  axis.kind = parameter.is_ordered() ? AxisKind::kOrdered : AxisKind::kCategorical;
  for (int64_t k = 0; k < static_cast<int64_t>(cardinality); ++k) {
    const double value = parameter.ValueAt(k);
    axis.places.push_back(parameter.is_ordered() ? parameter.ToUnit(value) : value);
  }
  return axis;
}

}  // namespace

Encoding::Encoding(std::shared_ptr<const SearchSpace> space) : space_(std::move(space)) {
  for (int i = 0; i < space_->size(); ++i) {
    if (space_->parameter(i).Cardinality() <= 1) continue;
    axes_.push_back(MakeAxis(space_->parameter(i), i));
    if (axes_.back().kind != AxisKind::kContinuous) all_continuous_ = false;
  }
}

void Encoding::Encode(const Assignment& assignment, absl::Span<const double> unit,
                      absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) {
    const int parameter = axes_[i].parameter;
    point[i] =
        is_categorical(i)
            ? static_cast<double>(space_->parameter(parameter).IndexOf(assignment[parameter]))
            : unit[parameter];
  }
}

std::vector<double> Encoding::Encode(const Assignment& assignment) const {
  std::vector<double> unit(assignment.size());
  space_->ToUnit(assignment, absl::MakeSpan(unit));
  std::vector<double> point(axes_.size());
  Encode(assignment, unit, absl::MakeSpan(point));
  return point;
}

Assignment Encoding::Decode(absl::Span<const double> point) const {
  Assignment assignment(static_cast<size_t>(space_->size()));
  for (int i = 0; i < space_->size(); ++i) assignment[i] = space_->parameter(i).FromUnit(0.5);
  for (int i = 0; i < size(); ++i) {
    const Axis& axis = axes_[i];
    const Parameter& parameter = space_->parameter(axis.parameter);
    switch (axis.kind) {
      case AxisKind::kContinuous:
        assignment[axis.parameter] = parameter.FromUnit(point[i]);
        break;
      case AxisKind::kOrdered:
      case AxisKind::kCategorical:
        assignment[axis.parameter] = parameter.ValueAt(PlaceIndex(i, point[i]));
        break;
    }
  }
  return assignment;
}

void Encoding::Snap(absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) {
    if (axes_[i].kind == AxisKind::kContinuous) continue;
    point[i] = axes_[i].places[PlaceIndex(i, point[i])];
  }
}

void Encoding::FromUniform(absl::Span<const double> uniform, absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) {
    const std::vector<double>& places = axes_[i].places;
    if (axes_[i].kind == AxisKind::kContinuous) {
      point[i] = uniform[i];
    } else {
      const double count = static_cast<double>(places.size());
      point[i] = places[static_cast<size_t>(std::min(uniform[i] * count, count - 1))];
    }
  }
}

int Encoding::PlaceIndex(int i, double coordinate) const {
  const std::vector<double>& places = axes_[i].places;
  const auto above = std::lower_bound(places.begin(), places.end(), coordinate);
  if (above == places.begin()) return 0;
  const int index = static_cast<int>(above - places.begin());
  if (above == places.end()) return index - 1;
  return coordinate - places[index - 1] <= places[index] - coordinate ? index - 1 : index;
}

}  // namespace qalam::gp
