#include "suggestion/cma/categories.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace qalam {
namespace {

constexpr double kPathThreshold = 1.5;  // ASNG's threshold on the length of the path
constexpr double kMaxSlowness = 1e3;    // keeps the step from vanishing

}  // namespace

CmaCategories::CmaCategories(std::vector<int> sizes, double margin)
    : sizes_(std::move(sizes)), margin_(margin) {
  for (const int size : sizes_) {
    offsets_.push_back(static_cast<int>(probabilities_.size()));
    probabilities_.insert(probabilities_.end(), static_cast<size_t>(size), 1.0 / size);
  }
  path_.resize(probabilities_.size());
}

int CmaCategories::At(int c, double u) const {
  double sum = 0;
  for (int value = 0; value + 1 < sizes_[c]; ++value) {
    sum += Probability(c, value);
    if (u < sum) return value;
  }
  return sizes_[c] - 1;
}

void CmaCategories::Update(const std::vector<std::vector<int>>& members,
                           absl::Span<const double> weights) {
  if (sizes_.empty()) return;
  std::vector<double> gradient(probabilities_.size());
  for (size_t i = 0; i < members.size(); ++i) {
    for (int c = 0; c < size(); ++c) gradient[offsets_[c] + members[i][c]] += weights[i];
  }
  double square = 0;  // the length of the gradient in the Fisher metric, squared
  for (size_t k = 0; k < gradient.size(); ++k) {
    gradient[k] -= probabilities_[k];
    square += gradient[k] * gradient[k] / probabilities_[k];
  }
  if (!(square > 1e-24)) return;
  const double length = std::sqrt(square);
  const double step = 1 / slowness_;
  const double beta = step / std::sqrt(static_cast<double>(gradient.size() - sizes_.size()));
  const double decay = std::max(0.0, 1 - beta);
  const double gain = std::sqrt(beta * std::max(0.0, 2 - beta));
  double path_square = 0;
  for (size_t k = 0; k < gradient.size(); ++k) {
    path_[k] = decay * path_[k] + gain * gradient[k] / (std::sqrt(probabilities_[k]) * length);
    path_square += path_[k] * path_[k];
  }
  gamma_ = decay * decay * gamma_ + gain * gain;
  // The gradient's own length limits the step: beyond it the distribution would leave the simplex.
  const double scale = std::min(1.0, step / length);
  for (size_t k = 0; k < gradient.size(); ++k) probabilities_[k] += scale * gradient[k];
  slowness_ = std::clamp(slowness_ * std::exp(beta * (gamma_ - path_square / kPathThreshold)), 1.0,
                         kMaxSlowness);
  ApplyMargin();
}

void CmaCategories::Start(const std::vector<std::vector<int>>& good) {
  for (int c = 0; c < size(); ++c) {
    const double total = static_cast<double>(good.size()) + sizes_[c];
    for (int value = 0; value < sizes_[c]; ++value) probabilities_[offsets_[c] + value] = 1 / total;
    for (const std::vector<int>& point : good) probabilities_[offsets_[c] + point[c]] += 1 / total;
  }
  ApplyMargin();
}

void CmaCategories::ApplyMargin() {
  for (int c = 0; c < size(); ++c) {
    const auto begin = probabilities_.begin() + offsets_[c];
    const double least = std::min(margin_ / (sizes_[c] - 1), 1.0 / sizes_[c]);
    double sum = 0;
    double spare = 0;
    for (auto p = begin; p != begin + sizes_[c]; ++p) {
      *p = std::max(*p, least);
      sum += *p;
      spare += *p - least;
    }
    for (auto p = begin; p != begin + sizes_[c] && spare > 0; ++p) {
      *p += (1 - sum) / spare * (*p - least);
    }
  }
}

bool CmaCategories::Settled() const {
  for (int c = 0; c < size(); ++c) {
    const auto begin = probabilities_.begin() + offsets_[c];
    if (*std::max_element(begin, begin + sizes_[c]) < 1 - 2 * margin_ - 1e-3) return false;
  }
  return true;
}

}  // namespace qalam
