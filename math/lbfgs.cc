#include "math/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "math/linear_algebra.h"

namespace qalam {
namespace {

// Sufficient decrease of a step, as a share of what the slope promises.
constexpr double kArmijo = 1e-4;
// The least angle between a correction's step and change of gradient.
constexpr double kCurvature = 1e-10;

}  // namespace

LbfgsSearch::LbfgsSearch(std::vector<double> lower, std::vector<double> upper,
                         std::vector<double> start, const LbfgsOptions& options)
    : lower_(std::move(lower)), upper_(std::move(upper)), options_(options), x_(std::move(start)) {
  for (size_t i = 0; i < x_.size(); ++i) x_[i] = std::clamp(x_[i], lower_[i], upper_[i]);
  query_ = x_;
}

void LbfgsSearch::Tell(double value, absl::Span<const double> gradient) {
  ++evaluations_;
  if (evaluations_ == 1) {
    value_ = value;
    gradient_.assign(gradient.begin(), gradient.end());
    if (!std::isfinite(value)) {
      done_ = true;
      return;
    }
    BeginIteration();
    return;
  }
  if (std::isfinite(value) && value <= value_ + kArmijo * promised_) {
    Accept(value, gradient);
    return;
  }
  // The least of the parabola through what is known, within reason.
  const double rise = value - value_ - promised_;
  const double least = std::isfinite(value) ? -0.5 * promised_ / rise : 0.1;
  length_ *= std::clamp(least, 0.1, 0.5);
  ProposeStep();
}

// True for a coordinate at a bound that the descent would leave the box through.
bool LbfgsSearch::Held(size_t i) const {
  return (x_[i] <= lower_[i] && gradient_[i] > 0) || (x_[i] >= upper_[i] && gradient_[i] < 0);
}

bool LbfgsSearch::Converged() const {
  for (size_t i = 0; i < x_.size(); ++i) {
    if (!Held(i) && std::abs(gradient_[i]) > options_.gradient_tolerance) return false;
  }
  return true;
}

std::vector<double> LbfgsSearch::SteepestDescent() const {
  std::vector<double> direction(x_.size());
  for (size_t i = 0; i < x_.size(); ++i) direction[i] = Held(i) ? 0 : -gradient_[i];
  return direction;
}

// The two-loop recursion on the free coordinates.
std::vector<double> LbfgsSearch::Direction() const {
  std::vector<double> direction = SteepestDescent();
  std::vector<double> shares(corrections_.size());
  for (size_t k = corrections_.size(); k-- > 0;) {
    shares[k] = Dot(corrections_[k].step, direction) / corrections_[k].product;
    AddScaled(-shares[k], corrections_[k].change, absl::MakeSpan(direction));
  }
  if (!corrections_.empty()) {
    const Correction& last = corrections_.back();
    const double scale = last.product / Dot(last.change, last.change);
    for (double& element : direction) element *= scale;
  }
  for (size_t k = 0; k < corrections_.size(); ++k) {
    const double share = Dot(corrections_[k].change, direction) / corrections_[k].product;
    AddScaled(shares[k] - share, corrections_[k].step, absl::MakeSpan(direction));
  }
  for (size_t i = 0; i < x_.size(); ++i) {
    if (Held(i)) direction[i] = 0;
  }
  return direction;
}

void LbfgsSearch::BeginIteration() {
  if (iterations_ >= options_.max_iterations || Converged()) {
    done_ = true;
    return;
  }
  std::vector<double> direction = Direction();
  if (!(Dot(direction, gradient_) < 0)) {
    corrections_.clear();
    direction = SteepestDescent();
  }
  BeginSearch(std::move(direction));
}

void LbfgsSearch::BeginSearch(std::vector<double> direction) {
  direction_ = std::move(direction);
  length_ = 1;
  if (corrections_.empty()) {
    double largest = 0;
    for (const double element : direction_) largest = std::max(largest, std::abs(element));
    length_ = std::min(1.0, options_.first_step / largest);
  }
  ProposeStep();
}

// Backtracks along the projection of the direction into the box.
void LbfgsSearch::ProposeStep() {
  promised_ = 0;
  for (size_t i = 0; i < x_.size(); ++i) {
    query_[i] = std::clamp(x_[i] + length_ * direction_[i], lower_[i], upper_[i]);
    promised_ += (query_[i] - x_[i]) * gradient_[i];
  }
  if (evaluations_ >= options_.max_evaluations || !(promised_ < 0)) GiveUpSearch();
}

// Forgets the curvature and tries the steepest descent, or ends.
void LbfgsSearch::GiveUpSearch() {
  if (corrections_.empty() || evaluations_ >= options_.max_evaluations) {
    done_ = true;
    return;
  }
  corrections_.clear();
  BeginSearch(SteepestDescent());
}

void LbfgsSearch::Accept(double value, absl::Span<const double> gradient) {
  std::vector<double> step(query_);
  AddScaled(-1, x_, absl::MakeSpan(step));
  Remember(std::move(step), gradient);
  const double improvement = value_ - value;
  x_ = query_;
  gradient_.assign(gradient.begin(), gradient.end());
  value_ = value;
  ++iterations_;
  if (improvement < options_.value_tolerance * (1 + std::abs(value_))) {
    done_ = true;
    return;
  }
  BeginIteration();
}

void LbfgsSearch::Remember(std::vector<double> step, absl::Span<const double> gradient) {
  std::vector<double> change(gradient.begin(), gradient.end());
  AddScaled(-1, gradient_, absl::MakeSpan(change));
  const double product = Dot(step, change);
  if (!(product > kCurvature * std::sqrt(Dot(step, step) * Dot(change, change)))) return;
  corrections_.push_back({std::move(step), std::move(change), product});
  if (static_cast<int>(corrections_.size()) > options_.memory) corrections_.pop_front();
}

LbfgsResult MinimizeInBox(const DifferentiableFunction& function, absl::Span<const double> lower,
                          absl::Span<const double> upper, std::vector<double> start,
                          const LbfgsOptions& options) {
  LbfgsSearch search({lower.begin(), lower.end()}, {upper.begin(), upper.end()}, std::move(start),
                     options);
  std::vector<double> gradient(lower.size());
  while (!search.done()) {
    const double value = function(search.query(), absl::MakeSpan(gradient));
    search.Tell(value, gradient);
  }
  return search.result();
}

}  // namespace qalam
