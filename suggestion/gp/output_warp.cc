#include "suggestion/gp/output_warp.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qalam::gp {
namespace {

// Larger losses would overflow in sums of squares; nobody tells them apart.
constexpr double kLargest = 1e150;

double Tamed(double loss) { return std::clamp(loss, -kLargest, kLargest); }

// The median distance from the least loss; where half of the losses are equal to it, the largest
// distance; 1 when all are equal.
double ScaleOf(std::vector<double> losses, double least) {
  const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2);
  std::nth_element(losses.begin(), middle, losses.end());
  if (*middle > least) return *middle - least;
  const double most = *std::max_element(losses.begin(), losses.end());
  return most > least ? most - least : 1;
}

// The median size; 1 when it is 0.
double SizeOf(std::vector<double> losses) {
  for (double& loss : losses) loss = std::abs(loss);
  const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2);
  std::nth_element(losses.begin(), middle, losses.end());
  return *middle > 0 ? *middle : 1;
}

}  // namespace

OutputWarp::OutputWarp(WarpShape shape, double offset, absl::Span<const double> losses)
    : shape_(shape), offset_(offset) {
  if (losses.empty()) return;
  std::vector<double> tamed;
  for (const double loss : losses) tamed.push_back(Tamed(loss));
  least_ = *std::min_element(tamed.begin(), tamed.end());
  scale_ = ScaleOf(tamed, least_);
  if (shape_ == WarpShape::kSigned) {
    least_ = 0;
    scale_ = SizeOf(tamed);
  }
  double sum = 0;
  for (const double loss : tamed) sum += Shape((loss - least_) / scale_);
  mean_ = sum / static_cast<double>(tamed.size());
  double squares = 0;
  for (const double loss : tamed) {
    const double difference = Shape((loss - least_) / scale_) - mean_;
    squares += difference * difference;
  }
  const double deviation = std::sqrt(squares / static_cast<double>(tamed.size()));
  deviation_ = deviation > 0 && std::isfinite(deviation) ? deviation : 1;
}

std::vector<OutputWarp> OutputWarp::Candidates(absl::Span<const double> losses) {
  return {OutputWarp(WarpShape::kIdentity, 0, losses), OutputWarp(WarpShape::kRoot, 0.02, losses),
          OutputWarp(WarpShape::kLog, 0.3, losses),    OutputWarp(WarpShape::kLog, 0.02, losses),
          OutputWarp(WarpShape::kLog, 1e-4, losses),   OutputWarp(WarpShape::kBounded, 0, losses)};
}

double OutputWarp::Apply(double loss) const {
  return (Shape((Tamed(loss) - least_) / scale_) - mean_) / deviation_;
}

double OutputWarp::Invert(double value) const {
  const double target = value * deviation_ + mean_;
  if (shape_ == WarpShape::kSigned) {
    return scale_ * std::copysign(std::expm1(std::abs(target)), target);
  }
  const double at_least = Shape(0);
  double u = (target - at_least) / SlopeOfShape(0);
  if (target > at_least) {
    switch (shape_) {
      case WarpShape::kIdentity:
        break;
      case WarpShape::kRoot:
        u = target * target / 4 - offset_;
        break;
      case WarpShape::kLog:
        u = std::exp(target) - offset_;
        break;
      case WarpShape::kSigned:
        break;
      case WarpShape::kBounded:
        if (target > 1) {
          u = target < 2 ? 1 / (2 - target) : std::numeric_limits<double>::infinity();
        }
        break;
    }
  }
  return least_ + scale_ * u;
}

double OutputWarp::LogSlope(double loss) const {
  return std::log(SlopeOfShape((Tamed(loss) - least_) / scale_)) - std::log(scale_) -
         std::log(deviation_);
}

double OutputWarp::Shape(double u) const {
  if (shape_ == WarpShape::kSigned) return std::copysign(std::log1p(std::abs(u)), u);
  if (u < 0) return Shape(0) + u * SlopeOfShape(0);
  switch (shape_) {
    case WarpShape::kIdentity:
      return u;
    case WarpShape::kRoot:
      return 2 * std::sqrt(u + offset_);
    case WarpShape::kLog:
      return std::log(u + offset_);
    case WarpShape::kSigned:
    case WarpShape::kBounded:
      break;
  }
  return u <= 1 ? u : 2 - 1 / u;
}

double OutputWarp::SlopeOfShape(double u) const {
  if (shape_ == WarpShape::kSigned) return 1 / (1 + std::abs(u));
  u = std::max(u, 0.0);
  switch (shape_) {
    case WarpShape::kIdentity:
      return 1;
    case WarpShape::kRoot:
      return 1 / std::sqrt(u + offset_);
    case WarpShape::kLog:
      return 1 / (u + offset_);
    case WarpShape::kSigned:
    case WarpShape::kBounded:
      break;
  }
  return u <= 1 ? 1 : 1 / (u * u);
}

}  // namespace qalam::gp
