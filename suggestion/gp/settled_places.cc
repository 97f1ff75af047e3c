#include "suggestion/gp/settled_places.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qalam::gp {
namespace {

constexpr double kBox = 0.1;
constexpr double kNear = 0.002;
constexpr size_t kLeastNear = 5;
constexpr int kLatest = 3;
constexpr double kLeastGain = 1e-4;
constexpr size_t kLeastBeyond = 5;
// Each costs a pass over the trials.
constexpr int kMostPlaces = 30;

bool IsWithin(const Encoding& encoding, absl::Span<const double> a, absl::Span<const double> b,
              double distance) {
  for (int d = 0; d < encoding.size(); ++d) {
    if (encoding.is_categorical(d) ? a[d] != b[d] : std::abs(a[d] - b[d]) > distance) return false;
  }
  return true;
}

int BestOf(const TrialTable& table, const std::vector<int>& trials) {
  return *std::min_element(trials.begin(), trials.end(), [&](int a, int b) {
    return Better(table.outcome(a), table.outcome(b));
  });
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Whether `best` of the trials, which are in order of number, is settled.
bool IsSettled(const TrialTable& table, const std::vector<int>& trials, int best) {
  const absl::Span<const double> center = table.point(best);
  std::vector<double> near;
  std::vector<double> beyond;
  for (const int i : trials) {
    const double loss = table.outcome(i).loss;
    if (IsWithin(table.encoding(), table.point(i), center, kNear)) near.push_back(loss);
    if (!IsWithin(table.encoding(), table.point(i), center, kBox)) beyond.push_back(loss);
  }
  if (near.size() < kLeastNear || beyond.size() < kLeastBeyond) return false;
  const double least = table.outcome(best).loss;
  const double before = *std::min_element(near.begin(), near.end() - kLatest);
  return before - least <= kLeastGain * (Median(std::move(beyond)) - least);
}

}  // namespace

SettledPlaces SettledPlaces::Find(const TrialTable& table) {
  SettledPlaces places;
  std::vector<int> beyond = table.with_loss();
  while (!beyond.empty() && places.size() < kMostPlaces) {
    const int best = BestOf(table, beyond);
    if (!IsSettled(table, beyond, best)) break;
    places.centers_.emplace_back(table.point(best).begin(), table.point(best).end());
    std::erase_if(beyond, [&](int i) {
      return IsWithin(table.encoding(), table.point(i), places.centers_.back(), kBox);
    });
  }
  return places;
}

bool SettledPlaces::Contains(const Encoding& encoding, absl::Span<const double> point) const {
  return std::any_of(centers_.begin(), centers_.end(), [&](const std::vector<double>& center) {
    return IsWithin(encoding, point, center, kBox);
  });
}

}  // namespace qalam::gp
