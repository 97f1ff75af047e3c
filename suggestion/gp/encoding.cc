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

// What each parameter holds where it does not exist, and where it has a single value.
Assignment CanonicalValues(const SearchSpace& space) {
  Assignment values;
  for (int i = 0; i < space.size(); ++i) values.push_back(space.tree().canonical(i));
  return values;
}

bool DecidesOverOthers(const SearchSpace& space, int parameter) {
  for (int i = 0; i < space.size(); ++i) {
    if (space.tree().parent(i) == parameter) return true;
  }
  return false;
}

}  // namespace

Encoding::Encoding(std::shared_ptr<const SearchSpace> space) : space_(std::move(space)) {
  for (int i = 0; i < space_->size(); ++i) {
    if (space_->parameter(i).Cardinality() <= 1) continue;
    axes_.push_back(MakeAxis(space_->parameter(i), i));
    if (axes_.back().kind != AxisKind::kContinuous) all_continuous_ = false;
  }
  for (const Axis& axis : axes_) {
    const double first = space_->tree().canonical(axis.parameter);
    const Parameter& parameter = space_->parameter(axis.parameter);
    first_.push_back(axis.kind == AxisKind::kCategorical
                         ? static_cast<double>(parameter.IndexOf(first))
                         : parameter.ToUnit(first));
  }
  for (const int parameter : space_->tree().order()) {
    for (int i = 0; i < size(); ++i) {
      if (axes_[i].parameter != parameter) continue;
      order_.push_back(i);
      if (DecidesOverOthers(*space_, parameter)) deciding_.push_back(i);
    }
  }
}

double Encoding::ValueAt(int i, double coordinate) const {
  const Parameter& parameter = space_->parameter(axes_[i].parameter);
  return axes_[i].kind == AxisKind::kContinuous ? parameter.FromUnit(coordinate)
                                                : parameter.ValueAt(PlaceIndex(i, coordinate));
}

Assignment Encoding::Deciding(absl::Span<const double> point) const {
  Assignment deciding = CanonicalValues(*space_);
  for (const int i : deciding_) deciding[axes_[i].parameter] = ValueAt(i, point[i]);
  return deciding;
}

bool Encoding::IsActive(absl::Span<const double> point, int i) const {
  return deciding_.empty() || space_->IsActive(Deciding(point), axes_[i].parameter);
}

std::vector<int> Encoding::ActiveAxes(absl::Span<const double> point) const {
  const Assignment deciding = Deciding(point);
  std::vector<int> active;
  for (int i = 0; i < size(); ++i) {
    if (space_->IsActive(deciding, axes_[i].parameter)) active.push_back(i);
  }
  return active;
}

void Encoding::Reconcile(absl::Span<double> point,
                         absl::FunctionRef<double(int axis)> coordinate) const {
  if (deciding_.empty()) return;
  Assignment deciding = Deciding(point);
  for (const int i : order_) {
    const int parameter = axes_[i].parameter;
    if (!space_->IsActive(deciding, parameter)) {
      point[i] = kAbsent;
    } else if (point[i] == kAbsent) {
      point[i] = coordinate(i);
      deciding[parameter] = ValueAt(i, point[i]);
    }
  }
}

void Encoding::Reconcile(absl::Span<double> point) const {
  Reconcile(point, [this](int axis) { return first_[axis]; });
}

void Encoding::Encode(const Assignment& assignment, absl::Span<const double> unit,
                      absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) {
    const int parameter = axes_[i].parameter;
    point[i] =
        is_categorical(i)
            ? static_cast<double>(space_->parameter(parameter).IndexOf(assignment[parameter]))
            : unit[parameter];
    if (!space_->IsActive(assignment, parameter)) point[i] = kAbsent;
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
  Assignment assignment = CanonicalValues(*space_);
  for (int i = 0; i < size(); ++i) {
    if (point[i] != kAbsent) assignment[axes_[i].parameter] = ValueAt(i, point[i]);
  }
  return assignment;
}

void Encoding::Snap(absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) {
    if (axes_[i].kind == AxisKind::kContinuous || point[i] == kAbsent) continue;
    point[i] = axes_[i].places[PlaceIndex(i, point[i])];
  }
}

void Encoding::FromUniform(absl::Span<const double> uniform, absl::Span<double> point) const {
  for (int i = 0; i < size(); ++i) point[i] = FromUniform(i, uniform[i]);
}

double Encoding::FromUniform(int i, double uniform) const {
  if (axes_[i].kind == AxisKind::kContinuous) return uniform;
  const std::vector<double>& places = axes_[i].places;
  const double count = static_cast<double>(places.size());
  return places[static_cast<size_t>(std::min(uniform * count, count - 1))];
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
