#include "suggestion/gp/sources.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/random_stream.h"

namespace qalam::gp {
namespace {

constexpr size_t kMaxSources = 8;
// Trials that weights are taken from; with fewer than the least, all sources count the same.
constexpr int kMaxRanked = 60;
constexpr int kLeastRanked = 3;
constexpr int kBootstraps = 64;
// A source that gets as many pairs wrong says nothing.
constexpr double kMostMisranked = 0.42;
// How many trials the belief that a source's scale is right counts as.
constexpr double kScaleBelief = 2;
constexpr double kMostScale = 3;

// The weighted sum of processes.
class WeightedMean final : public PriorMean {
 public:
  WeightedMean(std::vector<std::shared_ptr<const Posterior>> processes, std::vector<double> weights)
      : processes_(std::move(processes)), weights_(std::move(weights)) {}

  std::vector<double> At(const Matrix& xs) const override {
    std::vector<double> sums(static_cast<size_t>(xs.cols()));
    for (size_t s = 0; s < processes_.size(); ++s) {
      if (weights_[s] == 0) continue;
      const Matrix means = processes_[s]->Means(xs);
      for (int j = 0; j < xs.cols(); ++j) sums[j] += weights_[s] * means(0, j);
    }
    return sums;
  }

  void AddGradients(const Matrix& xs, absl::Span<const double> weights,
                    Matrix& gradients) const override {
    for (size_t s = 0; s < processes_.size(); ++s) {
      if (weights_[s] == 0) continue;
      std::vector<double> own(weights.begin(), weights.end());
      for (double& weight : own) weight *= weights_[s];
      processes_[s]->AddMeanGradients(xs, own, gradients);
    }
  }

 private:
  std::vector<std::shared_ptr<const Posterior>> processes_;
  std::vector<double> weights_;
};

// A candidate's opinion of the ranked trials: below(j, k) tells whether trial j is better than k.
struct Opinion {
  std::vector<double> predicted;
  // What trial k is compared by: the same, but the observed values for the leave-one-out candidate,
  // whose predictions otherwise go against each other.
  std::vector<double> compared;
};

// The share of pairs of the sample that an opinion puts in the wrong order.
double Misranked(const Opinion& opinion, const std::vector<double>& values,
                 const std::vector<int>& sample) {
  int pairs = 0;
  int wrong = 0;
  for (const int j : sample) {
    for (const int k : sample) {
      if (values[j] == values[k]) continue;
      ++pairs;
      if ((values[j] < values[k]) != (opinion.predicted[j] < opinion.compared[k])) ++wrong;
    }
  }
  return pairs == 0 ? 0 : static_cast<double>(wrong) / pairs;
}

// By how much `values` grow with `mean`, by least squares.
double Slope(const std::vector<double>& mean, const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  double mean_of_mean = 0;
  double mean_of_values = 0;
  for (size_t j = 0; j < values.size(); ++j) {
    mean_of_mean += mean[j] / count;
    mean_of_values += values[j] / count;
  }
  double product = kScaleBelief;
  double square = kScaleBelief;
  for (size_t j = 0; j < values.size(); ++j) {
    product += (mean[j] - mean_of_mean) * (values[j] - mean_of_values);
    square += (mean[j] - mean_of_mean) * (mean[j] - mean_of_mean);
  }
  return std::clamp(product / square, 0.0, kMostScale);
}

// The share of votes of each opinion; the last is this experiment's own process, which wins ties.
std::vector<double> Votes(const std::vector<Opinion>& opinions, const std::vector<double>& values,
                          uint64_t seed) {
  const size_t own = opinions.size() - 1;
  std::vector<int> sample(values.size());
  for (size_t j = 0; j < sample.size(); ++j) sample[j] = static_cast<int>(j);
  std::vector<bool> heard;
  for (const Opinion& opinion : opinions) {
    heard.push_back(Misranked(opinion, values, sample) < kMostMisranked);
  }
  heard[own] = true;
  std::vector<double> votes(opinions.size());
  for (uint64_t round = 0; round < kBootstraps; ++round) {
    RandomStream random(seed, round, "gp sources");
    for (int& j : sample) j = static_cast<int>(random.Below(values.size()));
    size_t best = own;
    double least = Misranked(opinions[own], values, sample);
    for (size_t s = 0; s < own; ++s) {
      const double wrong = heard[s] ? Misranked(opinions[s], values, sample) : 1;
      if (wrong >= least) continue;
      best = s;
      least = wrong;
    }
    votes[best] += 1.0 / kBootstraps;
  }
  return votes;
}

}  // namespace

Sources::Sources(const std::shared_ptr<const SearchSpace>& space,
                 absl::Span<const std::shared_ptr<const SourceTrials>> sources) {
  for (const std::shared_ptr<const SourceTrials>& source : sources) {
    if (processes_.size() == kMaxSources) break;
    History history(space, Objective());
    for (size_t i = 0; i < std::min(source->points.size(), source->losses.size()); ++i) {
      TrialRecord trial;
      trial.number = static_cast<int64_t>(i);
      trial.assignment = source->points[i];
      trial.condition = TrialCondition::kSucceeded;
      trial.objective = source->losses[i];
      history.Put(std::move(trial));
    }
    TrialTable table(space, history.objective());
    table.Update(history);
    if (table.with_loss().empty() || table.encoding().size() == 0) continue;
    ModelCache cache;
    const FittedModel& model = cache.Get(table, 0);
    const Evidence evidence = CollectEvidence(table, model, {});
    processes_.push_back(
        std::make_shared<const Posterior>(MakePosterior(table, 0, model, evidence, {})));
  }
}

std::vector<double> Sources::Weights(const TrialTable& table, const FittedModel& model,
                                     uint64_t seed) const {
  const double equal = 1.0 / static_cast<double>(processes_.size());
  const std::vector<int> trials = BestAndSpread(table, 0, table.with_loss(), kMaxRanked);
  if (static_cast<int>(trials.size()) < kLeastRanked) {
    return std::vector<double>(processes_.size(), equal);
  }
  const FitData data = MakeFitData(table, 0, trials, model.warp);
  Matrix xs(data.points.cols(), data.points.rows());
  for (int j = 0; j < xs.cols(); ++j) {
    for (int d = 0; d < xs.rows(); ++d) xs(d, j) = data.points(j, d);
  }
  std::vector<Opinion> opinions;
  for (const std::shared_ptr<const Posterior>& process : processes_) {
    const Matrix means = process->Means(xs);
    const std::vector<double> predicted(means.data(), means.data() + means.cols());
    opinions.push_back({predicted, predicted});
  }
  opinions.push_back({LeaveOneOutMeans(data, model.parameters), data.values});
  std::vector<double> weights = Votes(opinions, data.values, seed);
  weights.pop_back();
  double sum = 0;
  for (const double weight : weights) sum += weight;
  if (sum == 0) return weights;
  std::vector<double> mixture(data.values.size());
  for (size_t s = 0; s < weights.size(); ++s) {
    AddScaled(weights[s] / sum, opinions[s].predicted, absl::MakeSpan(mixture));
  }
  const double slope = Slope(mixture, data.values);
  for (double& weight : weights) weight *= slope;
  return weights;
}

std::shared_ptr<const PriorMean> Sources::Mean(const std::vector<double>& weights) const {
  if (std::all_of(weights.begin(), weights.end(), [](double w) { return w == 0; })) return nullptr;
  return std::make_shared<const WeightedMean>(processes_, weights);
}

}  // namespace qalam::gp
