#ifndef QALAM_SUGGESTION_GP_ENCODING_H_
#define QALAM_SUGGESTION_GP_ENCODING_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "core/search_space.h"

namespace qalam::gp {

// How a coordinate of an encoded point may be moved.
enum class AxisKind {
  kContinuous,   // any place in [0, 1]; values that are stepped finely are snapped at the end
  kOrdered,      // few values with an order, at their places in [0, 1]
  kCategorical,  // the index of the category
};

// One parameter that has more than one value.
struct Axis {
  int parameter = 0;  // index in the search space
  AxisKind kind = AxisKind::kContinuous;
  // Of kOrdered and kCategorical: what the coordinate can be, in increasing order.
  std::vector<double> places;
};

// The map between assignments and the points that models work on: one coordinate for each parameter
// that has more than one value.
class Encoding {
 public:
  // An ordered parameter with more values than this counts as continuous.
  static constexpr int kMaxPlaces = 64;

  // The coordinate of what does not exist: beyond what others have, so that a model tells the two
  // apart even where it knows no categories by which they differ.
  static constexpr double kAbsent = -0.5;

  explicit Encoding(std::shared_ptr<const SearchSpace> space);

  const SearchSpace& space() const { return *space_; }
  int size() const { return static_cast<int>(axes_.size()); }
  const Axis& axis(int i) const { return axes_[i]; }
  bool is_categorical(int i) const { return axes_[i].kind == AxisKind::kCategorical; }
  // True when every axis is continuous.
  bool all_continuous() const { return all_continuous_; }

  // Writes the point (size() numbers) of an assignment, of which values outside the space are moved
  // to the nearest inside; `unit` is its place in the unit cube.
  void Encode(const Assignment& assignment, absl::Span<const double> unit,
              absl::Span<double> point) const;
  std::vector<double> Encode(const Assignment& assignment) const;
  // The allowed assignment nearest to a point.
  Assignment Decode(absl::Span<const double> point) const;
  // Moves the coordinates that are neither continuous nor absent to the nearest places they can
  // have.
  void Snap(absl::Span<double> point) const;
  // Whether axis i's parameter exists at a point.
  bool IsActive(absl::Span<const double> point, int i) const;
  // The axes whose parameters exist at a point, in order: all, unless the space has conditions.
  std::vector<int> ActiveAxes(absl::Span<const double> point) const;
  // Coordinates of parameters that do not exist become kAbsent, so that points which are one trial
  // are one point; those of parameters that exist and were absent, what `coordinate` gives for the
  // axis.
  void Reconcile(absl::Span<double> point, absl::FunctionRef<double(int axis)> coordinate) const;
  // The same; what was absent begins at its default, or else in the middle.
  void Reconcile(absl::Span<double> point) const;
  // The point at the given place of the unit cube, each value of an axis having an equal share.
  void FromUniform(absl::Span<const double> uniform, absl::Span<double> point) const;
  double FromUniform(int i, double uniform) const;
  // The index into axis(i).places of the place nearest to `coordinate`.
  int PlaceIndex(int i, double coordinate) const;

 private:
  double ValueAt(int i, double coordinate) const;
  // An assignment whose values that decide over others are those at a point.
  Assignment Deciding(absl::Span<const double> point) const;

  std::shared_ptr<const SearchSpace> space_;
  std::vector<Axis> axes_;
  bool all_continuous_ = true;
  std::vector<double> first_;  // coordinates of what begins to exist
  std::vector<int> order_;     // all axes, those that decide over others before these
  std::vector<int> deciding_;  // axes whose values decide over others
};

}  // namespace qalam::gp

#endif  // QALAM_SUGGESTION_GP_ENCODING_H_
