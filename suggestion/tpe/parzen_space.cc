#include "suggestion/tpe/parzen_space.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace qalam {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

ParzenSpace::ParzenSpace(const SearchSpace& space) : size_(space.size()), tree_(space.tree()) {
  std::vector<int> label_parameters;
  for (int i = 0; i < space.size(); ++i) {
    ParzenAxis axis(space.parameter(i));
    if (axis.kind() == ParzenAxis::Kind::kNumber) {
      prior_log_masses_.push_back(axis.LogMass(axis.prior()));
      numbers_.push_back(std::move(axis));
      parameters_.push_back(i);
    } else if (axis.kind() == ParzenAxis::Kind::kLabel) {
      labels_.push_back(std::move(axis));
      label_parameters.push_back(i);
    }
  }
  parameters_.insert(parameters_.end(), label_parameters.begin(), label_parameters.end());
  for (const ParzenAxis& label : labels_) {
    prior_log_masses_.push_back(std::log(static_cast<double>(label.labels())));
  }
}

void ParzenSpace::Encode(absl::Span<const double> unit, absl::Span<double> point) const {
  for (int c = 0; c < width(); ++c) {
    const size_t column = static_cast<size_t>(c);
    point[column] = axis(c).Encode(unit[static_cast<size_t>(parameters_[column])]);
  }
}

std::vector<double> ParzenSpace::Decode(absl::Span<const double> point) const {
  std::vector<double> unit(static_cast<size_t>(size_), 0.5);
  for (int c = 0; c < width(); ++c) {
    const size_t column = static_cast<size_t>(c);
    if (std::isnan(point[column])) continue;
    unit[static_cast<size_t>(parameters_[column])] = axis(c).Decode(point[column]);
  }
  return unit;
}

void ParzenSpace::DropMissing(absl::Span<const double> assignment, absl::Span<double> point) const {
  if (!optional()) return;
  for (int c = 0; c < width(); ++c) {
    const size_t column = static_cast<size_t>(c);
    if (!tree_.IsActive(assignment, parameters_[column])) {
      point[column] = kNothing;
    }
  }
}

std::vector<double> ParzenSpace::Unconditional(absl::Span<const double> point) const {
  std::vector<double> left(point.begin(), point.end());
  for (size_t column = 0; column < left.size(); ++column) {
    if (tree_.parent(parameters_[column]) >= 0) left[column] = kNothing;
  }
  return left;
}

double ParzenSpace::LogPrior(absl::Span<const double> point) const {
  double log_density = 0;
  for (int c = 0; c < width(); ++c) {
    const size_t column = static_cast<size_t>(c);
    if (std::isnan(point[column])) continue;
    log_density -= prior_log_masses_[column];
    if (c >= numbers()) continue;
    const Bell& prior = number(c).prior();
    const double z = (point[column] - prior.mean) / prior.sigma;
    log_density -= 0.5 * z * z;
  }
  return log_density;
}

}  // namespace qalam
