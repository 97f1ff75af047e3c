#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/infinity.h"
#include "core/random_stream.h"
#include "math/pareto.h"
#include "suggestion/multi_objective/front_cuts.h"

namespace qalam {
namespace {

// The weight of the other axes in the search for extreme points.
constexpr double kOtherAxes = 1e6;
constexpr double kLeastRange = 1e-12;

// Solves the linear system with the given rows for right hand sides of 1, by elimination with
// pivots; nothing when it is singular.
std::vector<double> SolveForOnes(std::vector<double> rows, size_t width) {
  std::vector<double> solution(width, 1);
  const auto at = [&](size_t i, size_t k) -> double& { return rows[i * width + k]; };
  for (size_t k = 0; k < width; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < width; ++i) {
      if (std::fabs(at(i, k)) > std::fabs(at(pivot, k))) pivot = i;
    }
    if (!(std::fabs(at(pivot, k)) > kLeastRange)) return {};
    for (size_t j = 0; j < width; ++j) std::swap(at(k, j), at(pivot, j));
    std::swap(solution[k], solution[pivot]);
    for (size_t i = 0; i < width; ++i) {
      if (i == k) continue;
      const double factor = at(i, k) / at(k, k);
      for (size_t j = 0; j < width; ++j) at(i, j) -= factor * at(k, j);
      solution[i] -= factor * solution[k];
    }
  }
  for (size_t k = 0; k < width; ++k) solution[k] /= at(k, k);
  return solution;
}

// Rows moved so that the ideal point is 0, and scaled so that the plane through the extreme points
// meets each axis at 1; where there is no such plane, so that the largest loss is 1.
std::vector<double> Normalised(std::vector<double> values, size_t width) {
  const size_t count = values.size() / width;
  std::vector<double> scale(width);
  std::vector<double> extremes;
  for (size_t k = 0; k < width; ++k) {
    double least = kInfinity, largest = -kInfinity;
    for (size_t i = 0; i < count; ++i) {
      least = std::min(least, values[i * width + k]);
      largest = std::max(largest, values[i * width + k]);
    }
    for (size_t i = 0; i < count; ++i) values[i * width + k] -= least;
    scale[k] = largest - least;
  }
  for (size_t k = 0; k < width; ++k) {
    size_t extreme = 0;
    double best = kInfinity;
    for (size_t i = 0; i < count; ++i) {
      double worst = 0;
      for (size_t j = 0; j < width; ++j) {
        const double share = scale[j] > 0 ? values[i * width + j] / scale[j] : 0;
        worst = std::max(worst, j == k ? share : kOtherAxes * share);
      }
      if (worst < best) {
        best = worst;
        extreme = i;
      }
    }
    for (size_t j = 0; j < width; ++j) extremes.push_back(values[extreme * width + j]);
  }
  const std::vector<double> inverse = SolveForOnes(std::move(extremes), width);
  const bool usable = !inverse.empty() && std::all_of(inverse.begin(), inverse.end(), [](double v) {
    return v > 0 && v < kInfinity;
  });
  for (size_t k = 0; k < width; ++k) {
    const double intercept = usable ? 1 / inverse[k] : scale[k];
    const double divisor = intercept > kLeastRange * scale[k] && intercept > 0 ? intercept : 1;
    for (size_t i = 0; i < count; ++i) values[i * width + k] /= divisor;
  }
  return values;
}

struct Niche {
  int direction = 0;
  double distance = 0;
};

Niche NearestDirection(absl::Span<const double> row, LossRows directions) {
  Niche nearest{.distance = kInfinity};
  double square = 0;
  for (const double value : row) square += value * value;
  for (int d = 0; d < directions.size(); ++d) {
    double along = 0, length = 0;
    for (size_t k = 0; k < row.size(); ++k) {
      along += row[k] * directions.row(d)[k];
      length += directions.row(d)[k] * directions.row(d)[k];
    }
    const double distance = std::max(0.0, square - along * along / length);
    if (distance < nearest.distance) nearest = {d, distance};
  }
  return nearest;
}

void AppendSimplexPoints(int width, int left, int divisions, std::vector<double>& prefix,
                         std::vector<double>& points) {
  if (width == 1) {
    points.insert(points.end(), prefix.begin(), prefix.end());
    points.push_back(static_cast<double>(left) / divisions);
    return;
  }
  for (int i = 0; i <= left; ++i) {
    prefix.push_back(static_cast<double>(i) / divisions);
    AppendSimplexPoints(width - 1, left - i, divisions, prefix, points);
    prefix.pop_back();
  }
}

int LeastDivisions(int width, int size) {
  if (width == 1) return 1;
  int divisions = 1;
  while (SimplexPointCount(width, divisions, size) < size) ++divisions;
  return divisions;
}

}  // namespace

int SimplexPointCount(int width, int divisions, int most) {
  // (divisions + width - 1) over (width - 1), step by step.
  double count = 1;
  for (int k = 1; k < width; ++k) {
    count = count * (divisions + k) / k;
    if (count >= most) return most;
  }
  return static_cast<int>(std::lround(count));
}

std::vector<double> SimplexPoints(int width, int divisions) {
  std::vector<double> prefix, points;
  AppendSimplexPoints(width, divisions, divisions, prefix, points);
  return points;
}

std::vector<int> NicheCut::operator()(const FrontCut& cut) const {
  const size_t width = static_cast<size_t>(cut.width);
  const std::vector<double> points =
      SimplexPoints(cut.width, divisions_ > 0 ? divisions_ : LeastDivisions(cut.width, size_));
  const LossRows directions{points, cut.width};
  std::vector<double> values(cut.sure.begin(), cut.sure.end());
  values.insert(values.end(), cut.front.begin(), cut.front.end());
  values = Normalised(std::move(values), width);
  const LossRows rows{values, cut.width};
  const int sure = static_cast<int>(cut.sure.size()) / cut.width;

  std::vector<int> counts(static_cast<size_t>(directions.size()));
  std::vector<std::vector<int>> waiting(counts.size());  // rows of the front
  std::vector<double> distances(static_cast<size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    const Niche niche = NearestDirection(rows.row(i), directions);
    distances[static_cast<size_t>(i)] = niche.distance;
    if (i < sure) {
      ++counts[static_cast<size_t>(niche.direction)];
    } else {
      waiting[static_cast<size_t>(niche.direction)].push_back(i);
    }
  }
  RandomStream random(seed_, static_cast<uint64_t>(cut.step), "nsga3 niches");
  std::vector<int> chosen;
  while (static_cast<int>(chosen.size()) < cut.count) {
    std::vector<size_t> emptiest;
    for (size_t d = 0; d < counts.size(); ++d) {
      if (waiting[d].empty()) continue;
      if (!emptiest.empty() && counts[d] > counts[emptiest[0]]) continue;
      if (!emptiest.empty() && counts[d] < counts[emptiest[0]]) emptiest.clear();
      emptiest.push_back(d);
    }
    const size_t direction = emptiest[random.Below(emptiest.size())];
    std::vector<int>& candidates = waiting[direction];
    auto taken = candidates.begin();
    if (counts[direction] == 0) {
      taken = std::min_element(candidates.begin(), candidates.end(), [&](int a, int b) {
        return distances[static_cast<size_t>(a)] < distances[static_cast<size_t>(b)];
      });
    } else {
      taken += static_cast<std::ptrdiff_t>(random.Below(candidates.size()));
    }
    chosen.push_back(*taken - sure);
    candidates.erase(taken);
    ++counts[direction];
  }
  return chosen;
}

}  // namespace qalam
