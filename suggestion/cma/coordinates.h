#ifndef QALAM_SUGGESTION_CMA_COORDINATES_H_
#define QALAM_SUGGESTION_CMA_COORDINATES_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "core/search_space.h"

namespace qalam {

// A point as CMA-ES sees it.
struct CmaPoint {
  std::vector<double> ordered;  // the place of each ordered parameter; may lie outside [0, 1]
  std::vector<int> categories;  // the value of each categorical parameter
};

// How the parameters of a space become coordinates: ordered ones (numbers and discrete lists) one
// real coordinate each, in the unit cube; categorical ones an index each; parameters of one value
// none.
class CmaCoordinates {
 public:
  explicit CmaCoordinates(std::shared_ptr<const SearchSpace> space);

  int ordered() const { return static_cast<int>(ordered_.size()); }
  int categorical() const { return static_cast<int>(categorical_.size()); }
  // How many of the ordered coordinates have a finite number of values.
  int stepped() const { return stepped_; }
  bool is_stepped(int j) const { return is_stepped_[j]; }
  // The number of values of each categorical parameter.
  std::vector<int> Categories() const;

  // True when every continuous coordinate lies in [0, 1].
  bool Inside(const CmaPoint& point) const;
  // Moves continuous coordinates that lie outside on to the bounds.
  void MoveInside(CmaPoint& point) const;
  // The assignment at a point. Continuous coordinates outside [0, 1] are reflected at the bounds,
  // stepped ones belong to the first or last value.
  Assignment Decode(const CmaPoint& point) const;
  // The point of an assignment whose place in the unit cube is `unit`; values that the space does
  // not hold become the nearest. Stepped values lie at the middle of their cells.
  CmaPoint Encode(const Assignment& assignment, absl::Span<const double> unit) const;
  // `point` with each ordered coordinate that does not decode to its value in `assignment`, and
  // every category, replaced by that of Encode. True in the second when a coordinate was.
  std::pair<CmaPoint, bool> Match(CmaPoint point, const Assignment& assignment,
                                  absl::Span<const double> unit) const;

  // The ends of the cell of stepped coordinate j that holds `x`; absent at the ends of the range.
  struct Cell {
    std::optional<double> lower;
    std::optional<double> upper;
  };
  Cell CellAt(int j, double x) const;

 private:
  double DecodeOrdered(int j, double x) const;

  std::shared_ptr<const SearchSpace> space_;
  std::vector<int> ordered_;      // indices of parameters
  std::vector<int> categorical_;  // indices of parameters
  std::vector<bool> is_stepped_;  // of ordered_
  int stepped_ = 0;
  Assignment fixed_;  // the first value of each parameter
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_COORDINATES_H_
