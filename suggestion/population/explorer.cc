#include "suggestion/population/explorer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "suggestion/feasible.h"
#include "suggestion/parameter_choice.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

constexpr char kPerturbationPurpose[] = "explore";
constexpr int kMostPerturbations = 32;  // to satisfy the constraints
constexpr double kFactor = 0.2;
constexpr double kLeastMove = 0.01;  // of the range, for continuous values near zero
constexpr double kOtherCategory = 0.25;

double Draw(const Parameter& parameter, RandomStream& random) {
  const double p = random.Uniform();
  return parameter.prior.has_value() ? parameter.PriorQuantile(p) : parameter.Quantile(p);
}

// `value` a fifth larger or smaller, and at least to the next one there is; itself where there is
// none on that side.
double Moved(const Parameter& parameter, double value, bool up) {
  const double count = parameter.Cardinality();
  const double sign = up ? 1 : -1;
  double moved = value;
  if (parameter.is_numeric()) {
    double step = kFactor * std::abs(value);
    if (!parameter.is_log()) {
      const double range = parameter.max - parameter.min;
      step = std::min(step, kFactor * range);
      if (!std::isfinite(count)) step = std::max(step, kLeastMove * range);
    }
    moved = parameter.Snap(value + sign * step);
  }
  if (moved != value || !std::isfinite(count)) return moved;
  const int64_t index = parameter.IndexOf(value) + (up ? 1 : -1);
  return parameter.ValueAt(std::clamp<int64_t>(index, 0, static_cast<int64_t>(count) - 1));
}

}  // namespace

double PerturbingExplorer::PerturbValue(const Parameter& parameter, double value,
                                        RandomStream& random) const {
  if (resample_.has_value() && random.Uniform() < *resample_) return Draw(parameter, random);
  if (parameter.Cardinality() < 2) return value;
  if (!parameter.is_ordered()) {
    const bool other = !resample_.has_value() && random.Uniform() < kOtherCategory;
    return other ? OtherCategory(parameter, value, random) : value;
  }
  const bool up = random.Below(2) == 1;
  const double moved = Moved(parameter, value, up);
  return moved != value ? moved : Moved(parameter, value, !up);
}

Assignment PerturbingExplorer::Perturb(const SearchSpace& space, const Assignment& from,
                                       const std::vector<bool>& kept, RandomStream& random) const {
  Assignment to = from;
  for (int p = 0; p < space.size(); ++p) {
    const auto at = static_cast<size_t>(p);
    if (kept[at]) continue;
    const Parameter& parameter = space.parameter(p);
    // What did not exist may come to exist by another category.
    to[at] = space.IsActive(from, p) ? PerturbValue(parameter, from[at], random)
                                     : Draw(parameter, random);
  }
  return space.Canonical(std::move(to));
}

Assignment PerturbingExplorer::Explore(const History& history, const PopulationStep& step) {
  const SearchSpace& space = history.space();
  const Assignment& from = history.trial(step.from).assignment;
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), kPerturbationPurpose);
  const std::vector<bool> none(static_cast<size_t>(space.size()), false);
  Assignment to;
  for (int i = 0; i < kMostPerturbations; ++i) {
    to = Perturb(space, from, none, random);
    if (space.IsPoint(to)) return to;
  }
  std::vector<double> unit(to.size());
  space.ToUnit(to, absl::MakeSpan(unit));
  return RepairPoint(unit, history, UnseenPoints(history, nullptr), &random);
}

std::string DescribeChanges(const SearchSpace& space, const Assignment& from,
                            const Assignment& to) {
  std::vector<std::string> changes;
  for (int i = 0; i < space.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    if (from[at] == to[at]) continue;
    const Parameter& parameter = space.parameter(i);
    changes.push_back(absl::StrCat(parameter.name, " ", parameter.FormatValue(from[at]), " -> ",
                                   parameter.FormatValue(to[at])));
  }
  return changes.empty() ? "nothing" : absl::StrJoin(changes, ", ");
}

}  // namespace qalam
