#include "suggestion/cma/restarts.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/random_stream.h"

namespace qalam {
namespace {

// Populations beyond it gain nothing within any budget that a tuning service sees.
constexpr int kMaxPopulation = 1 << 14;
constexpr double kFlat = 1e-12;  // relative to the size of the losses

double MedianOf(const std::vector<double>& values, size_t begin, size_t end) {
  std::vector<double> part(values.begin() + static_cast<std::ptrdiff_t>(begin),
                           values.begin() + static_cast<std::ptrdiff_t>(end));
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  std::nth_element(part.begin(), middle, part.end());
  return *middle;
}

}  // namespace

RestartSchedule::RestartSchedule(RestartStrategy strategy, int population, uint64_t seed)
    : strategy_(strategy),
      population_(population),
      seed_(seed),
      run_{.population = population},
      large_population_(population) {}

void RestartSchedule::Restart() {
  if (run_.number > 0) (small_ ? spent_small_ : spent_large_) += spent_;
  spent_ = 0;
  ++run_.number;
  small_ = strategy_ == RestartStrategy::kBipop && spent_small_ < spent_large_;
  if (!small_) {
    large_population_ = std::min(kMaxPopulation, 2 * large_population_);
    run_.population = large_population_;
    run_.step_factor = 1;
    return;
  }
  RandomStream random(seed_, static_cast<uint64_t>(run_.number), "cmaes run");
  const double u = random.Uniform();
  const double ratio = 0.5 * large_population_ / population_;
  run_.population = std::max(population_, static_cast<int>(population_ * std::pow(ratio, u * u)));
  run_.step_factor = std::pow(10, -2 * random.Uniform());
}

void StagnationMonitor::Add(double best, double median, double worst) {
  bests_.push_back(best);
  medians_.push_back(median);
  worst_ = worst;
}

bool StagnationMonitor::Stopped(int dimensions, int population) const {
  const double per_member = static_cast<double>(dimensions) / population;
  return Flat(10 + static_cast<int>(std::ceil(30 * per_member))) ||
         Stagnant(120 + static_cast<int>(std::ceil(30 * per_member)));
}

bool StagnationMonitor::Flat(int generations) const {
  if (static_cast<int>(bests_.size()) < generations) return false;
  const auto [least, greatest] = std::minmax_element(bests_.end() - generations, bests_.end());
  const double high = std::max(*greatest, worst_);
  return high - *least <= kFlat * std::max(std::fabs(high), std::fabs(*least));
}

// Over the last fifth of the run, at least `generations` and at most 20,000: its newest 30 %
// against its oldest 30 %.
bool StagnationMonitor::Stagnant(int generations) const {
  const size_t count = bests_.size();
  const size_t window =
      std::min<size_t>(20000, std::max<size_t>(static_cast<size_t>(generations), count / 5));
  // The test costs time in proportion to the window: not in every generation.
  if (count < window || count % 10 != 0) return false;
  const size_t part = window * 3 / 10;
  const auto no_better = [&](const std::vector<double>& values) {
    const size_t begin = count - window;
    return MedianOf(values, count - part, count) >= MedianOf(values, begin, begin + part);
  };
  return no_better(bests_) && no_better(medians_);
}

}  // namespace qalam
