// Extrapolation of learning curves by a mixture of parametric shapes, after Domhan et al.,
// "Speeding up automatic hyperparameter optimization of deep neural networks by extrapolation of
// learning curves", IJCAI 2015. Differs in taking shapes that are linear once their speed is fixed,
// so that the posterior is known in closed form and no sampling is needed.
#include "earlystop/forecast.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "math/student_t.h"

namespace qalam {
namespace {

// Longer curves are thinned out.
constexpr int64_t kMaxPoints = 200;
// Reports of one curve are alike, not independent: no shape is sure of itself beyond this many.
constexpr double kMaxEvidence = 8;
// By how much the variance of a fitted line is larger than it would be if reports were independent
// and the shape were right. With this, values to which real and made-up curves gave a chance below
// 5 % came about in about 5 % of cases, whatever share of the curve had been seen; without, in up
// to 15 %.
constexpr double kDoubt = 16;
// Of the range of the reports: no shape is trusted to be more exact.
constexpr double kNoiseFloor = 1e-3;
// Reports still to come that may each be the best by luck.
constexpr int64_t kMaxChances = 20;

enum class Family { kPower, kLogarithm, kExponential };
struct Shape {
  Family family;
  double speed;  // exponent; horizons until only 1/e is left
};
constexpr Shape kShapes[] = {
    {Family::kLogarithm, 0},      {Family::kPower, 0.25},        {Family::kPower, 0.5},
    {Family::kPower, 1},          {Family::kPower, 2},           {Family::kExponential, 0.5},
    {Family::kExponential, 0.25}, {Family::kExponential, 0.125}, {Family::kExponential, 0.0625},
};

double Bend(const Shape& shape, double step, double horizon) {
  switch (shape.family) {
    case Family::kPower:
      return std::pow(step, -shape.speed);
    case Family::kLogarithm:
      return -std::log(step);
    case Family::kExponential:
      break;
  }
  return std::exp(-step / (shape.speed * horizon));
}

struct Point {
  double step = 0;
  double loss = 0;
};

std::vector<Point> PointsOf(absl::Span<const double> losses) {
  const auto size = static_cast<int64_t>(losses.size());
  const int64_t stride = (size + kMaxPoints - 1) / kMaxPoints;
  std::vector<Point> points;
  for (int64_t i = size - 1; i >= 0; i -= stride) {  // the newest one always
    const double loss = losses[static_cast<size_t>(i)];
    if (std::isfinite(loss)) points.push_back({static_cast<double>(i + 1), loss});
  }
  return points;
}

// What one unit of the fits is: the range of the losses, so that no scale overflows. Moves and
// scales the losses, to 0 .. 1 where they differ. False when that cannot be done.
struct Unit {
  double origin = 0;
  double size = 1;
};
bool Normalise(std::vector<Point>* points, Unit* unit) {
  const auto [low, high] =
      std::minmax_element(points->begin(), points->end(),
                          [](const Point& a, const Point& b) { return a.loss < b.loss; });
  const double range = high->loss - low->loss;
  if (!std::isfinite(range)) return false;
  unit->origin = low->loss;
  unit->size = range > 0 ? range : std::max(1e-6 * std::abs(low->loss), 1e-12);
  for (Point& point : *points) point.loss = (point.loss - unit->origin) / unit->size;
  return true;
}

// The straight line through the points as a shape bends the steps: 1 at step 1, 0 at the horizon.
struct Line {
  double count = 0;
  double mean_bend = 0;
  double mean_loss = 0;
  double spread = 0;  // sum of squares of the bent steps around their mean
  double slope = 0;
  double variance = 0;  // of a report around the line

  double At(double bend) const { return mean_loss + slope * (bend - mean_bend); }
  // Of a report there, the line's own uncertainty included.
  double VarianceAt(double bend) const {
    const double away = bend - mean_bend;
    return variance * (1 + kDoubt * (1 / count + away * away / spread));
  }
};

// False where the points do not tell the slope.
bool FitLine(const std::vector<Point>& points, const std::vector<double>& bends, double floor,
             Line* line) {
  line->count = static_cast<double>(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    line->mean_bend += bends[i] / line->count;
    line->mean_loss += points[i].loss / line->count;
  }
  double product = 0;
  double total = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const double bend = bends[i] - line->mean_bend;
    const double loss = points[i].loss - line->mean_loss;
    line->spread += bend * bend;
    product += bend * loss;
    total += loss * loss;
  }
  if (!(line->spread > 1e-10)) return false;
  line->slope = product / line->spread;
  const double rest = std::max(0.0, total - line->slope * product);
  line->variance = std::max(rest / (line->count - 2), floor);
  return true;
}

}  // namespace

double Forecast::ChanceBelow(double loss) const {
  double chance = 0;
  for (const Part& part : parts_) {
    chance += part.weight * StudentTCdf((loss - part.location) / part.scale, freedom_);
  }
  return chance;
}

double Forecast::Location() const {
  double location = 0;
  for (const Part& part : parts_) location += part.weight * part.location;
  return location;
}

std::optional<Forecast> ForecastCurve(absl::Span<const double> losses, int64_t horizon,
                                      bool best_so_far) {
  std::vector<Point> points = PointsOf(losses);
  const auto count = static_cast<int64_t>(points.size());
  Unit unit;
  if (count < kMinForecastReports || !Normalise(&points, &unit)) return std::nullopt;
  const auto end = static_cast<double>(horizon);
  const auto now = static_cast<double>(losses.size());
  const auto chances =
      static_cast<double>(std::clamp<int64_t>(horizon - static_cast<int64_t>(now), 1, kMaxChances));
  const double luck = best_so_far ? std::sqrt(2 * std::log(chances)) : 0;

  std::vector<Forecast::Part> parts;
  double best_fit = -std::numeric_limits<double>::infinity();
  std::vector<double> bends(points.size());
  for (const Shape& shape : kShapes) {
    const double last = Bend(shape, end, end);
    const double size = Bend(shape, 1, end) - last;
    const auto bend = [&](double step) { return (Bend(shape, step, end) - last) / size; };
    std::transform(points.begin(), points.end(), bends.begin(),
                   [&](const Point& point) { return bend(point.step); });
    Line line;
    if (!FitLine(points, bends, kNoiseFloor * kNoiseFloor, &line)) continue;
    // A curve that rises from now on is at its best now.
    const double place = best_so_far && line.slope < 0 ? bend(now + 1) : 0;
    const double fit = -0.5 * std::min(line.count - 2, kMaxEvidence) * std::log(line.variance);
    parts.push_back(
        {.weight = fit,
         .location = unit.origin + unit.size * (line.At(place) - luck * std::sqrt(line.variance)),
         .scale = unit.size * std::sqrt(line.VarianceAt(place))});
    best_fit = std::max(best_fit, fit);
  }
  if (parts.empty()) return std::nullopt;
  double total = 0;
  for (Forecast::Part& part : parts) total += part.weight = std::exp(part.weight - best_fit);
  for (Forecast::Part& part : parts) part.weight /= total;
  return Forecast(std::move(parts), count - 2);
}

}  // namespace qalam
