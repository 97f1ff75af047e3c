#include "suggestion/tpe/parzen_mixture.h"

#include <algorithm>
#include <cmath>

namespace qalam {
namespace {

// The newest rows, which have not faded.
constexpr int kRecent = 25;
// Bandwidths stay above one part in so many, however many rows there are.
constexpr int kFinest = 50;
// With more changes than one in so many rows, sorting anew is quicker than inserting.
constexpr int kManyChanges = 8;

}  // namespace

void ParzenPoints::Add(const ParzenSpace& space, absl::Span<const double> point) {
  ++count;
  values.insert(values.end(), point.begin(), point.end());
  for (const double value : point) coordinates.push_back(static_cast<float>(value));
  log_priors.push_back(space.LogPrior(point));
}

ParzenMixture::ParzenMixture(const ParzenSpace* space, const Options& options)
    : space_(space),
      options_(options),
      counts_(Index(space->width())),
      floors_(Index(space->numbers())),
      columns_(Index(space->width())),
      bandwidths_(Index(space->numbers())),
      log_masses_(Index(space->numbers())),
      orders_(Index(space->numbers())),
      kernels_(space->numbers(), space->labels(), space->optional()) {}

bool ParzenMixture::Has(int column, int row) const {
  return !std::isnan(columns_[Index(column)][Index(row)]);
}

void ParzenMixture::Append(absl::Span<const double> point, double weight) {
  const int row = rows_++;
  kernels_.Resize(rows_);
  for (size_t c = 0; c < columns_.size(); ++c) columns_[c].push_back(point[c]);
  for (int d = 0; d < space_->numbers(); ++d) {
    bandwidths_[Index(d)].push_back(0);
    log_masses_[Index(d)].push_back(0);
    if (!Has(d, row)) SetBell(d, row, space_->number(d).prior());
  }
  for (int label = 0; label < space_->labels(); ++label) {
    const int column = space_->numbers() + label;
    kernels_.SetLabel(
        row, label,
        Has(column, row) ? static_cast<float>(point[Index(column)]) : KernelBlocks::kNoLabel);
  }
  present_.push_back(0);
  ordered_.push_back(0);
  row_weights_.push_back(weight);
}

void ParzenMixture::Truncate(int rows) {
  if (rows >= rows_) return;
  for (int row = rows; row < rows_; ++row) SetPresent(row, false);
  Commit();
  rows_ = rows;
  kernels_.Resize(rows);
  const auto cut = [rows](auto& columns) {
    for (auto& column : columns) column.resize(Index(rows));
  };
  cut(columns_);
  cut(bandwidths_);
  cut(log_masses_);
  present_.resize(Index(rows));
  ordered_.resize(Index(rows));
  row_weights_.resize(Index(rows));
}

void ParzenMixture::SetPresent(int row, bool present) {
  if (this->present(row) == present) return;
  present_[Index(row)] = present ? 1 : 0;
  count_ += present ? 1 : -1;
  changed_.push_back(row);
}

void ParzenMixture::Commit() {
  std::sort(changed_.begin(), changed_.end());
  changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
  std::vector<int> changes;  // without those that came and went
  for (const int row : changed_) {
    if (present_[Index(row)] == ordered_[Index(row)]) continue;
    changes.push_back(row);
    ordered_[Index(row)] = present_[Index(row)];
    if (!present(row)) kernels_.SetBase(row, KernelBlocks::kAbsent);
    for (int c = 0; c < space_->width(); ++c) {
      if (Has(c, row)) counts_[Index(c)] += present(row) ? 1 : -1;
    }
    stale_.push_back(row);
  }
  changed_.clear();
  for (int d = 0; d < space_->numbers(); ++d) {
    const double floor = 1.0 / std::min(kFinest, 2 * CountOf(d) + 2);
    if (floor != floors_[Index(d)] || static_cast<int>(changes.size()) > count_ / kManyChanges) {
      floors_[Index(d)] = floor;
      RebuildOrder(d);
    } else {
      ApplyChanges(d, changes);
    }
  }
  UpdateBases();
  UpdateWeights();
}

bool ParzenMixture::Precedes(int number, int a, int b) const {
  const std::vector<double>& places = columns_[Index(number)];
  const double place_a = places[Index(a)];
  const double place_b = places[Index(b)];
  return place_a != place_b ? place_a < place_b : a < b;
}

int ParzenMixture::PositionOf(int number, int row) const {
  const std::vector<int>& order = orders_[Index(number)];
  const auto found =
      std::lower_bound(order.begin(), order.end(), row,
                       [this, number](int a, int b) { return Precedes(number, a, b); });
  return static_cast<int>(found - order.begin());
}

void ParzenMixture::RebuildOrder(int number) {
  std::vector<int>& order = orders_[Index(number)];
  order.clear();
  for (int row = 0; row < rows_; ++row) {
    if (present(row) && Has(number, row)) order.push_back(row);
  }
  std::sort(order.begin(), order.end(),
            [this, number](int a, int b) { return Precedes(number, a, b); });
  for (int i = 0; i < CountOf(number); ++i) Refresh(number, i);
}

void ParzenMixture::ApplyChanges(int number, const std::vector<int>& changes) {
  std::vector<int>& order = orders_[Index(number)];
  for (const int row : changes) {
    if (!Has(number, row)) continue;
    const auto at = order.begin() + PositionOf(number, row);
    if (present(row)) {
      order.insert(at, row);
    } else {
      order.erase(at);
    }
  }
  for (const int row : changes) {
    if (!Has(number, row)) continue;
    const int at = PositionOf(number, row);
    const int end = std::min(CountOf(number), at + 2);
    for (int i = std::max(0, at - 1); i < end; ++i) Refresh(number, i);
  }
}

double ParzenMixture::Bandwidth(int number, int position) const {
  const std::vector<int>& order = orders_[Index(number)];
  const std::vector<double>& places = columns_[Index(number)];
  const double here = places[Index(order[Index(position)])];
  // The ends of the range count as neighbours only of a row that has no other.
  const double floor = floors_[Index(number)];
  if (order.size() == 1) return std::clamp(std::max(here, 1 - here), floor, 1.0);
  double gap = 0;
  if (position > 0) gap = here - places[Index(order[Index(position - 1)])];
  if (position + 1 < CountOf(number)) {
    gap = std::max(gap, places[Index(order[Index(position + 1)])] - here);
  }
  return std::clamp(gap, floor, 1.0);
}

void ParzenMixture::Refresh(int number, int position) {
  const int row = orders_[Index(number)][Index(position)];
  const double bandwidth = Bandwidth(number, position);
  double& known = bandwidths_[Index(number)][Index(row)];
  if (known == bandwidth) return;
  known = bandwidth;
  const double place = columns_[Index(number)][Index(row)];
  SetBell(number, row, {place, space_->number(number).Widen(place, bandwidth)});
  stale_.push_back(row);
}

void ParzenMixture::SetBell(int number, int row, const Bell& bell) {
  const double log_mass = space_->number(number).LogMass(bell);
  log_masses_[Index(number)][Index(row)] = log_mass;
  kernels_.SetNumber(row, number, static_cast<float>(bell.mean),
                     static_cast<float>(std::sqrt(0.5) / bell.sigma), static_cast<float>(log_mass));
}

void ParzenMixture::UpdateBases() {
  std::sort(stale_.begin(), stale_.end());
  stale_.erase(std::unique(stale_.begin(), stale_.end()), stale_.end());
  for (const int row : stale_) {
    if (!present(row)) continue;
    double base = 0;
    for (const std::vector<double>& log_masses : log_masses_) base -= log_masses[Index(row)];
    kernels_.SetBase(row, static_cast<float>(base));
  }
  stale_.clear();
}

void ParzenMixture::UpdateWeights() {
  const int old = options_.fades ? count_ - kRecent : 0;
  const double first = 1.0 / std::max(1, count_);
  const double step = old > 1 ? (1 - first) / (old - 1) : 0;
  weights_.assign(Index(kernels_.blocks() * KernelBlocks::kRows), 0);
  block_weights_.assign(Index(kernels_.blocks()), 0);
  total_weight_ = 0;
  int rank = 0;
  for (int row = 0; row < rows_; ++row) {
    if (!present(row)) continue;
    const double faded = rank < old ? first + rank * step : 1;
    const double weight = row_weights_[Index(row)] * faded;
    weights_[Index(row)] = static_cast<float>(weight);
    block_weights_[Index(row / KernelBlocks::kRows)] += weight;
    ++rank;
  }
  for (const double weight : block_weights_) total_weight_ += weight;
}

double ParzenMixture::LabelShare(int label) const {
  return 1 / std::sqrt(CountOf(space_->numbers() + label) + 1.0);
}

// What the labels that a point lacks have in `label_scales`.
double ParzenMixture::MissingScale(absl::Span<const double> point,
                                   absl::Span<const double> label_scales) const {
  double sum = 0;
  for (size_t i = 0; i < label_scales.size(); ++i) {
    if (std::isnan(point[Index(space_->numbers()) + i])) sum += label_scales[i];
  }
  return sum;
}

void ParzenMixture::LogDensities(const ParzenPoints& points, int block_stride,
                                 absl::Span<double> log_densities) const {
  // All kernels have the factor of another label; that of their own label is so much larger.
  std::vector<float> gains, missing_gains;
  std::vector<double> label_scales;
  double log_scale = 0;
  for (int i = 0; i < space_->labels(); ++i) {
    const double share = LabelShare(i);
    const double labels = space_->label(i).labels();
    gains.push_back(static_cast<float>(std::log1p(1 / share)));
    label_scales.push_back(std::log(share / (1 + share * labels)));
    missing_gains.push_back(static_cast<float>(-std::log(labels) - label_scales.back()));
    log_scale += label_scales.back();
  }
  kernels_.LogSums({.points = points.coordinates,
                    .gains = gains,
                    .weights = weights_,
                    .block_stride = block_stride,
                    .missing_gains = missing_gains},
                   log_densities);
  double asked = 0;
  for (int block = kernels_.blocks() - 1; block >= 0; block -= block_stride) {
    asked += block_weights_[Index(block)];
  }
  if (block_stride > 1 && asked > 0) log_scale += std::log(total_weight_ / asked);
  const double log_prior_weight = std::log(options_.prior_weight);
  const double log_total = std::log(total_weight_ + options_.prior_weight);
  for (size_t i = 0; i < log_densities.size(); ++i) {
    double kernels = log_densities[i] + log_scale;
    if (space_->optional()) {
      kernels -= MissingScale(points.point(static_cast<int>(i)), label_scales);
    }
    const double prior = log_prior_weight + points.log_priors[i];
    const double top = std::max(kernels, prior);
    log_densities[i] = top + std::log(std::exp(kernels - top) + std::exp(prior - top)) - log_total;
  }
}

std::optional<int> ParzenMixture::Draw(double choice, RandomStream& random,
                                       absl::Span<double> point) const {
  double left = choice * (total_weight_ + options_.prior_weight);
  int row = 0;
  while (row < rows_ && left >= static_cast<double>(weights_[Index(row)])) {
    left -= static_cast<double>(weights_[Index(row++)]);
  }
  const bool prior = row == rows_;
  const auto free = [&](int column) { return prior || !Has(column, row); };
  for (int d = 0; d < space_->numbers(); ++d) {
    const ParzenAxis& axis = space_->number(d);
    const Bell bell = free(d)
                          ? axis.prior()
                          : Bell{columns_[Index(d)][Index(row)], bandwidths_[Index(d)][Index(row)]};
    point[Index(d)] = axis.Draw(bell, random);
  }
  for (int i = 0; i < space_->labels(); ++i) {
    const int count = space_->label(i).labels();
    const int column = space_->numbers() + i;
    // (s + 1) / (1 + C s): the row's label for sure with 1 / (1 + C s), else any of the C.
    const bool own = !free(column) && random.Uniform() * (1 + LabelShare(i) * count) < 1;
    point[Index(column)] = own ? columns_[Index(column)][Index(row)]
                               : static_cast<double>(random.Below(static_cast<uint64_t>(count)));
  }
  if (prior) return std::nullopt;
  return row;
}

}  // namespace qalam
