#include "math/hypervolume.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <queue>
#include <utility>

#include "core/infinity.h"
#include "math/pareto.h"

namespace qalam {
namespace {

using Rows = std::vector<absl::Span<const double>>;

double BoxVolume(absl::Span<const double> point, absl::Span<const double> reference, size_t width) {
  double volume = 1;
  for (size_t k = 0; k < width; ++k) volume *= std::max(0.0, reference[k] - point[k]);
  return volume;
}

double PlaneVolume(Rows rows, absl::Span<const double> reference) {
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a[0] != b[0] ? a[0] < b[0] : a[1] < b[1]; });
  double volume = 0;
  double least = reference[1];
  for (const absl::Span<const double> row : rows) {
    if (row[1] >= least) continue;
    volume += (reference[0] - row[0]) * (least - row[1]);
    least = row[1];
  }
  return volume;
}

// The area that points of the plane dominate, kept up as they come.
class Staircase {
 public:
  explicit Staircase(absl::Span<const double> reference) {
    steps_[-kInfinity] = reference[1];
    steps_[reference[0]] = -kInfinity;
  }

  double area() const { return area_; }

  // `x` and `y` are below the reference.
  void Add(double x, double y) {
    auto next = steps_.upper_bound(x);
    const auto before = std::prev(next);
    if (before->second <= y) return;
    // What was dominated from `from` on reached down to `height`.
    double from = x;
    double height = before->second;
    while (next->second >= y) {
      area_ += (next->first - from) * (height - y);
      from = next->first;
      height = next->second;
      next = steps_.erase(next);
    }
    area_ += (next->first - from) * (height - y);
    steps_[x] = y;
  }

 private:
  std::map<double, double> steps_;  // the front: x increases, y decreases
  double area_ = 0;
};

// Slices of the third loss; the front of what is below a slice grows from one to the next.
double SpaceVolume(Rows rows, absl::Span<const double> reference) {
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a[2] < b[2]; });
  Staircase staircase(reference);
  double volume = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    staircase.Add(rows[i][0], rows[i][1]);
    const double top = i + 1 < rows.size() ? rows[i + 1][2] : reference[2];
    volume += staircase.area() * (top - rows[i][2]);
  }
  return volume;
}

// Of the first `width` losses of rows below the reference.
double Volume(Rows rows, absl::Span<const double> reference, size_t width);

// The volume of `point`'s box that `others`, cut off to lie in it, do not dominate.
double ExclusiveVolume(absl::Span<const double> point, const Rows& others,
                       absl::Span<const double> reference, size_t width) {
  const double box = BoxVolume(point, reference, width);
  if (others.empty()) return box;
  std::vector<double> limited;
  limited.reserve(others.size() * width);
  for (const absl::Span<const double> other : others) {
    for (size_t k = 0; k < width; ++k) limited.push_back(std::max(point[k], other[k]));
  }
  const LossRows all{limited, static_cast<int>(width)};
  Rows front;
  if (width > 3) {
    for (const int i : ParetoFront(all)) front.push_back(all.row(i));
  } else {
    for (int i = 0; i < all.size(); ++i) front.push_back(all.row(i));
  }
  return std::max(0.0, box - Volume(std::move(front), reference, width));
}

double Volume(Rows rows, absl::Span<const double> reference, size_t width) {
  if (rows.empty()) return 0;
  if (width == 1) {
    double least = reference[0];
    for (const absl::Span<const double> row : rows) least = std::min(least, row[0]);
    return reference[0] - least;
  }
  if (width == 2) return PlaneVolume(std::move(rows), reference);
  if (width == 3) return SpaceVolume(std::move(rows), reference);
  // Those that are better in the last loss, cut off to a row's box, end where it does there: so
  // what they leave of it is a slice.
  const size_t last = width - 1;
  std::sort(rows.begin(), rows.end(),
            [last](const auto& a, const auto& b) { return a[last] < b[last]; });
  double volume = 0;
  Rows better;
  for (const absl::Span<const double> row : rows) {
    volume += (reference[last] - row[last]) * ExclusiveVolume(row, better, reference, last);
    better.push_back(row);
  }
  return volume;
}

Rows Below(LossRows rows, absl::Span<const double> reference) {
  Rows below;
  for (int i = 0; i < rows.size(); ++i) {
    if (IsBelow(rows.row(i), reference)) below.push_back(rows.row(i));
  }
  return below;
}

std::vector<double> PlaneContributions(LossRows rows, absl::Span<const double> reference) {
  std::vector<double> contributions(static_cast<size_t>(rows.size()));
  std::vector<int> front;
  for (const int i : ParetoFront(rows)) {
    if (IsBelow(rows.row(i), reference)) front.push_back(i);
  }
  std::sort(front.begin(), front.end(),
            [&](int a, int b) { return rows.row(a)[0] < rows.row(b)[0]; });
  for (size_t i = 0; i < front.size(); ++i) {
    const absl::Span<const double> row = rows.row(front[i]);
    const double right = i + 1 < front.size() ? rows.row(front[i + 1])[0] : reference[0];
    const double above = i > 0 ? rows.row(front[i - 1])[1] : reference[1];
    contributions[static_cast<size_t>(front[i])] = (right - row[0]) * (above - row[1]);
  }
  return contributions;
}

}  // namespace

double Hypervolume(LossRows rows, absl::Span<const double> reference) {
  Rows below = Below(rows, reference);
  if (rows.width <= 3) return Volume(std::move(below), reference, reference.size());
  Rows front;
  for (const int i : ParetoFront(rows)) {
    if (IsBelow(rows.row(i), reference)) front.push_back(rows.row(i));
  }
  return Volume(std::move(front), reference, reference.size());
}

double HypervolumeGain(LossRows rows, absl::Span<const double> point,
                       absl::Span<const double> reference) {
  if (!IsBelow(point, reference)) return 0;
  return ExclusiveVolume(point, Below(rows, reference), reference, reference.size());
}

std::vector<double> HypervolumeContributions(LossRows rows, absl::Span<const double> reference) {
  if (rows.width == 2) return PlaneContributions(rows, reference);
  std::vector<double> contributions(static_cast<size_t>(rows.size()));
  std::vector<double> others;
  const std::vector<int> front = ParetoFront(rows);
  for (const int i : front) {
    others.clear();
    for (const int j : front) {
      if (j != i) others.insert(others.end(), rows.row(j).begin(), rows.row(j).end());
    }
    contributions[static_cast<size_t>(i)] =
        HypervolumeGain({others, rows.width}, rows.row(i), reference);
  }
  return contributions;
}

std::vector<int> HypervolumeSubset(LossRows rows, absl::Span<const double> reference, int count) {
  std::vector<int> chosen;
  if (rows.size() <= count) {
    chosen.resize(static_cast<size_t>(rows.size()));
    std::iota(chosen.begin(), chosen.end(), 0);
    return chosen;
  }
  // A row's gain only shrinks as others are chosen: one that is the largest, brought up to date, of
  // all that may be too large is the largest.
  struct Candidate {
    double gain;
    int row;
    size_t after;  // how many were chosen when the gain was computed
    bool operator<(const Candidate& other) const {
      return gain != other.gain ? gain < other.gain : row > other.row;
    }
  };
  std::priority_queue<Candidate> queue;
  for (int i = 0; i < rows.size(); ++i) {
    queue.push({HypervolumeGain({{}, rows.width}, rows.row(i), reference), i, 0});
  }
  std::vector<double> values;
  while (static_cast<int>(chosen.size()) < count) {
    Candidate best = queue.top();
    queue.pop();
    if (best.after == chosen.size()) {
      chosen.push_back(best.row);
      values.insert(values.end(), rows.row(best.row).begin(), rows.row(best.row).end());
      continue;
    }
    best.gain = HypervolumeGain({values, rows.width}, rows.row(best.row), reference);
    best.after = chosen.size();
    queue.push(best);
  }
  return chosen;
}

}  // namespace qalam
