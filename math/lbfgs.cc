#include "math/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "math/linear_algebra.h"

namespace qalam {
namespace {

// Sufficient decrease of a step, as a share of what the slope promises.
constexpr double kArmijo = 1e-4;
// The least angle between a correction's step and change of gradient.
constexpr double kCurvature = 1e-10;

class BoxMinimizer {
 public:
  BoxMinimizer(const DifferentiableFunction& function, absl::Span<const double> lower,
               absl::Span<const double> upper, std::vector<double> start,
               const LbfgsOptions& options)
      : function_(function),
        lower_(lower),
        upper_(upper),
        options_(options),
        x_(std::move(start)),
        gradient_(x_.size()) {
    Clamp(x_);
  }

  LbfgsResult Run() {
    value_ = Evaluate(x_, gradient_);
    if (std::isfinite(value_)) {
      for (int i = 0; i < options_.max_iterations && !Converged(); ++i) {
        const double before = value_;
        if (!Step()) break;
        if (before - value_ < options_.value_tolerance * (1 + std::abs(value_))) break;
      }
    }
    return {std::move(x_), value_, evaluations_};
  }

 private:
  struct Correction {
    std::vector<double> step;
    std::vector<double> change;  // of the gradient
    double product;              // their scalar product, positive
  };

  double Evaluate(const std::vector<double>& x, std::vector<double>& gradient) {
    ++evaluations_;
    return function_(x, absl::MakeSpan(gradient));
  }

  void Clamp(std::vector<double>& x) const {
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::clamp(x[i], lower_[i], upper_[i]);
  }

  // True for a coordinate at a bound that the descent would leave the box through.
  bool Held(size_t i) const {
    return (x_[i] <= lower_[i] && gradient_[i] > 0) || (x_[i] >= upper_[i] && gradient_[i] < 0);
  }

  bool Converged() const {
    for (size_t i = 0; i < x_.size(); ++i) {
      if (!Held(i) && std::abs(gradient_[i]) > options_.gradient_tolerance) return false;
    }
    return true;
  }

  std::vector<double> SteepestDescent() const {
    std::vector<double> direction(x_.size());
    for (size_t i = 0; i < x_.size(); ++i) direction[i] = Held(i) ? 0 : -gradient_[i];
    return direction;
  }

  // The two-loop recursion on the free coordinates.
  std::vector<double> Direction() const {
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

  // One iteration; false when no step improves.
  bool Step() {
    std::vector<double> direction = Direction();
    const double slope = Dot(direction, gradient_);
    if (!(slope < 0)) {
      corrections_.clear();
      direction = SteepestDescent();
    }
    if (Search(direction)) return true;
    if (corrections_.empty()) return false;
    corrections_.clear();
    return Search(SteepestDescent());
  }

  double FirstLength(const std::vector<double>& direction) const {
    if (!corrections_.empty()) return 1;
    double largest = 0;
    for (const double element : direction) largest = std::max(largest, std::abs(element));
    return std::min(1.0, options_.first_step / largest);
  }

  // Backtracks along the projection of the direction into the box; moves there when it finds a
  // sufficiently better point.
  bool Search(const std::vector<double>& direction) {
    double length = FirstLength(direction);
    std::vector<double> x(x_.size());
    std::vector<double> gradient(x_.size());
    while (evaluations_ < options_.max_evaluations) {
      std::vector<double> step(x_.size());
      for (size_t i = 0; i < x_.size(); ++i) {
        x[i] = std::clamp(x_[i] + length * direction[i], lower_[i], upper_[i]);
        step[i] = x[i] - x_[i];
      }
      const double promised = Dot(step, gradient_);
      if (!(promised < 0)) return false;
      const double value = Evaluate(x, gradient);
      if (std::isfinite(value) && value <= value_ + kArmijo * promised) {
        Remember(std::move(step), gradient);
        x_ = std::move(x);
        gradient_ = std::move(gradient);
        value_ = value;
        return true;
      }
      // The least of the parabola through what is known, within reason.
      const double rise = value - value_ - promised;
      const double least = std::isfinite(value) ? -0.5 * promised / rise : 0.1;
      length *= std::clamp(least, 0.1, 0.5);
    }
    return false;
  }

  void Remember(std::vector<double> step, const std::vector<double>& gradient) {
    std::vector<double> change(gradient);
    AddScaled(-1, gradient_, absl::MakeSpan(change));
    const double product = Dot(step, change);
    if (!(product > kCurvature * std::sqrt(Dot(step, step) * Dot(change, change)))) return;
    corrections_.push_back({std::move(step), std::move(change), product});
    if (static_cast<int>(corrections_.size()) > options_.memory) corrections_.pop_front();
  }

  const DifferentiableFunction& function_;
  absl::Span<const double> lower_;
  absl::Span<const double> upper_;
  const LbfgsOptions& options_;
  std::vector<double> x_;
  std::vector<double> gradient_;
  double value_ = 0;
  int evaluations_ = 0;
  std::deque<Correction> corrections_;
};

}  // namespace

LbfgsResult MinimizeInBox(const DifferentiableFunction& function, absl::Span<const double> lower,
                          absl::Span<const double> upper, std::vector<double> start,
                          const LbfgsOptions& options) {
  return BoxMinimizer(function, lower, upper, std::move(start), options).Run();
}

}  // namespace qalam
