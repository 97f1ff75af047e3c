#include "suggestion/gp/portfolio.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/outcome.h"

namespace qalam::gp {
namespace {

constexpr std::array<AcquisitionKind, 3> kPortfolio = {
    AcquisitionKind::kLogExpectedImprovement, AcquisitionKind::kLowerConfidenceBound,
    AcquisitionKind::kLogProbabilityOfImprovement};
// How strongly gains, between 0 (all worst) and 1 (all best), decide.
constexpr double kGreed = 4;
// How much less each older trial counts.
constexpr double kMemory = 0.95;

// Index into kPortfolio, or -1 for trials of other origin.
int ArmOf(const TrialRecord& trial) {
  const auto label = trial.labels.find(kAcquisitionLabel);
  if (label == trial.labels.end()) return -1;
  for (size_t arm = 0; arm < kPortfolio.size(); ++arm) {
    if (AcquisitionName(kPortfolio[arm]) == label->second) return static_cast<int>(arm);
  }
  return -1;
}

// The mean reward of each arm's trials, recent ones counting more; a reward is the share of the
// losses that are worse.
std::array<double, 3> Gains(const History& history) {
  std::vector<double> losses;
  std::vector<std::pair<int, double>> played;  // arm, loss
  for (int i = 0; i < history.size(); ++i) {
    const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
    if (!outcome.has_loss()) continue;
    losses.push_back(outcome.loss);
    const int arm = ArmOf(history.trial(i));
    if (arm >= 0) played.emplace_back(arm, outcome.loss);
  }
  std::sort(losses.begin(), losses.end());
  // One imaginary trial of middling success each, so that an arm without trials has a gain.
  std::array<double, 3> gains = {0.5, 0.5, 0.5};
  std::array<double, 3> weights = {1, 1, 1};
  for (const auto& [arm, loss] : played) {
    for (size_t other = 0; other < gains.size(); ++other) {
      gains[other] *= kMemory;
      weights[other] *= kMemory;
    }
    const auto worse = losses.end() - std::upper_bound(losses.begin(), losses.end(), loss);
    gains[arm] += static_cast<double>(worse) / static_cast<double>(losses.size());
    weights[arm] += 1;
  }
  for (size_t arm = 0; arm < gains.size(); ++arm) gains[arm] /= weights[arm];
  return gains;
}

}  // namespace

AcquisitionKind ChooseFromPortfolio(const History& history, uint64_t seed, int64_t number) {
  const std::array<double, 3> gains = Gains(history);
  double sum = 0;
  for (const double gain : gains) sum += std::exp(kGreed * gain);
  RandomStream random(seed, static_cast<uint64_t>(number), "gp portfolio");
  double rest = random.Uniform() * sum;
  for (size_t arm = 0; arm + 1 < gains.size(); ++arm) {
    rest -= std::exp(kGreed * gains[arm]);
    if (rest < 0) return kPortfolio[arm];
  }
  return kPortfolio.back();
}

}  // namespace qalam::gp
