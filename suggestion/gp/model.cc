#include "suggestion/gp/model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/random_stream.h"
#include "math/sobol.h"

namespace qalam::gp {
namespace {

constexpr int kFitEachUpTo = 20;
constexpr double kFitGrowth = 1.08;
// Points that hyperparameters, and that warps are chosen by.
constexpr int kMaxFitPoints = 200;
constexpr int kMaxWarpPoints = 80;
// Axes up to which the covariance has an additive part: beyond, a pass over it costs too much.
constexpr int kMaxAdditiveAxes = 24;
// Points that a posterior uses all of, and how many it uses when there are more.
constexpr int kMaxPoints = 1000;
constexpr int kLocalPoints = 600;
constexpr int kSpreadPoints = 150;  // of kLocalPoints: not chosen for being near
// Pending trials taken into account: the latest.
constexpr int kMaxPending = 200;
constexpr int kFantasies = 16;
// Variances of what early-stopped and failed trials tell, beside 1 of all losses.
constexpr double kPartialNoise = 0.05;
constexpr double kFailedNoise = 0.1;
// What doubt does to lengthscales, and to the variance of the joint part beside 1 of all losses.
constexpr double kMildDoubt = 0.5;
constexpr double kStrongDoubt = 0.2;
constexpr double kLeastDoubtedSignal = 0.5;
// Where all of the space but one region looks flat, that region is probed for ever unless the flat
// parts are allowed more than they have shown.
constexpr double kStrongDoubtSignal = 4;
// How much a losses' density must gain, per point, for a warp to be preferred to a plainer one.
constexpr double kWarpMargin = 0.02;

// `wanted` of `from`, evenly spaced, in the same order.
std::vector<int> Thinned(const std::vector<int>& from, int wanted) {
  if (static_cast<int>(from.size()) <= wanted) return from;
  std::vector<int> chosen;
  for (int k = 0; k < wanted; ++k) {
    chosen.push_back(from[static_cast<size_t>(k) * from.size() / static_cast<size_t>(wanted)]);
  }
  return chosen;
}

std::vector<bool> CategoricalFlags(const Encoding& encoding) {
  std::vector<bool> flags;
  for (int d = 0; d < encoding.size(); ++d) flags.push_back(encoding.is_categorical(d));
  return flags;
}

double ExtraNoise(OutcomeKind kind) {
  if (kind == OutcomeKind::kPartial) return kPartialNoise;
  return kind == OutcomeKind::kFailed ? kFailedNoise : 0;
}

FitData MakeFitData(const TrialTable& table, const std::vector<int>& trials,
                    const OutputWarp& warp) {
  FitData data;
  data.categorical = CategoricalFlags(table.encoding());
  data.points = Matrix(static_cast<int>(trials.size()), table.encoding().size());
  for (int i = 0; i < data.points.rows(); ++i) {
    for (int d = 0; d < data.points.cols(); ++d) data.points(i, d) = table.point(trials[i])[d];
    data.values.push_back(warp.Apply(table.outcome(trials[i]).loss));
    data.extra_noise.push_back(ExtraNoise(table.outcome(trials[i]).kind));
  }
  return data;
}

// The density of the losses, each given all others, under a quick fit with this warp.
double LogDensity(const TrialTable& table, const std::vector<int>& trials, const OutputWarp& warp,
                  bool additive) {
  const FitData data = MakeFitData(table, trials, warp);
  double density =
      FitHyperparameters(data, {.thorough = false, .additive = additive, .max_evaluations = 15})
          .leave_one_out;
  for (const int i : trials) density += warp.LogSlope(table.outcome(i).loss);
  return density / static_cast<double>(trials.size());
}

OutputWarp ChooseWarp(const TrialTable& table, const std::vector<int>& trials, bool additive) {
  std::vector<double> losses;
  for (const int i : trials) losses.push_back(table.outcome(i).loss);
  const std::vector<OutputWarp> candidates = OutputWarp::Candidates(losses);
  // Few losses, or all the same, tell nothing of their shape.
  if (losses.size() < 5 || *std::min_element(losses.begin(), losses.end()) ==
                               *std::max_element(losses.begin(), losses.end())) {
    return candidates.front();
  }
  const std::vector<int> sample = BestAndSpread(table, trials, kMaxWarpPoints);
  const OutputWarp* best = nullptr;
  double most = -std::numeric_limits<double>::infinity();
  for (const OutputWarp& warp : candidates) {
    const double density = LogDensity(table, sample, warp, additive);
    if (best != nullptr && !(density > most + kWarpMargin)) continue;
    best = &warp;
    most = density;
  }
  return *best;
}

// The trials that a local model is made of, in order of number.
std::vector<int> LocalTrials(const TrialTable& table, const FittedModel& model,
                             std::vector<int> trials) {
  const absl::Span<const double> center = table.point(table.best());
  const Encoding& encoding = table.encoding();
  std::vector<double> distances(static_cast<size_t>(table.size()));
  for (const int i : trials) {
    for (int d = 0; d < encoding.size(); ++d) {
      const double difference = table.point(i)[d] - center[d];
      const double square =
          encoding.is_categorical(d) ? (difference == 0 ? 0 : 1) : difference * difference;
      distances[i] +=
          square / (model.parameters.lengthscales[d] * model.parameters.lengthscales[d]);
    }
  }
  const auto nearer = [&](int a, int b) {
    return distances[a] != distances[b] ? distances[a] < distances[b] : a < b;
  };
  const auto near = trials.begin() + (kLocalPoints - kSpreadPoints);
  std::nth_element(trials.begin(), near, trials.end(), nearer);
  std::vector<int> chosen(trials.begin(), near);
  std::vector<int> others(near, trials.end());
  std::sort(others.begin(), others.end());
  const std::vector<int> spread = Thinned(others, kSpreadPoints);
  chosen.insert(chosen.end(), spread.begin(), spread.end());
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

// Joint outcomes of `pending` trials, as normal numbers that fill their space evenly.
Matrix Fantasies(int pending, uint64_t seed, int64_t number) {
  if (pending == 0) return Matrix(0, 1);
  Matrix fantasies(pending, kFantasies);
  const SobolSequence sequence(pending, StableMix(seed, static_cast<uint64_t>(number) + 1));
  for (int r = 0; r < kFantasies; ++r) {
    sequence.Point(static_cast<uint64_t>(r), fantasies.col(r));
    for (double& z : fantasies.col(r)) z = NormalQuantile(z);
  }
  return fantasies;
}

// What failed trials count as: as bad as the worst, in deviations of all losses.
double PessimisticValue(const TrialTable& table, const FittedModel& model) {
  double worst = 0;
  for (const int i : table.with_loss()) {
    worst = std::max(worst, model.warp.Apply(table.outcome(i).loss));
  }
  return std::min(worst, 3.0);
}

}  // namespace

int FittedCount(int count) {
  if (count <= kFitEachUpTo) return count;
  int fitted = kFitEachUpTo;
  while (true) {
    const int next = std::max(fitted + 1, static_cast<int>(fitted * kFitGrowth));
    if (next > count) return fitted;
    fitted = next;
  }
}

std::vector<int> BestAndSpread(const TrialTable& table, std::vector<int> trials, int wanted) {
  if (static_cast<int>(trials.size()) <= wanted) return trials;
  const auto by_loss = [&](int a, int b) {
    const double loss_a = table.outcome(a).loss;
    const double loss_b = table.outcome(b).loss;
    return loss_a != loss_b ? loss_a < loss_b : a < b;
  };
  const auto good = trials.begin() + wanted * 2 / 5;
  std::nth_element(trials.begin(), good, trials.end(), by_loss);
  std::vector<int> chosen(trials.begin(), good);
  std::vector<int> others(good, trials.end());
  std::sort(others.begin(), others.end());
  const std::vector<int> spread = Thinned(others, wanted - static_cast<int>(chosen.size()));
  chosen.insert(chosen.end(), spread.begin(), spread.end());
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

KernelParameters Doubted(KernelParameters parameters, int64_t level) {
  const bool strong = level % 2 == 1;
  const double factor = strong ? kStrongDoubt : kMildDoubt;
  for (double& lengthscale : parameters.lengthscales) lengthscale *= factor;
  for (double& lengthscale : parameters.additive_lengthscales) lengthscale *= factor;
  parameters.signal = std::max(parameters.signal, kLeastDoubtedSignal);
  if (strong) parameters.signal *= kStrongDoubtSignal;
  return parameters;
}

FittedModel FitModel(const TrialTable& table, int count) {
  std::vector<int> trials(table.with_loss().begin(), table.with_loss().begin() + count);
  const bool additive = table.encoding().size() <= kMaxAdditiveAxes;
  FittedModel model;
  model.warp = ChooseWarp(table, trials, additive);
  trials = BestAndSpread(table, std::move(trials), kMaxFitPoints);
  model.parameters =
      FitHyperparameters(MakeFitData(table, trials, model.warp), {.additive = additive}).parameters;
  return model;
}

const FittedModel& ModelCache::Get(const TrialTable& table) {
  const int count = FittedCount(static_cast<int>(table.with_loss().size()));
  const uint64_t key = StableMix(table.HashOfLosses(count), static_cast<uint64_t>(count));
  if (key_ != key) {
    model_ = FitModel(table, count);
    key_ = key;
  }
  return model_;
}

Posterior MakePosterior(const TrialTable& table, const FittedModel& model,
                        const PosteriorRequest& request) {
  std::vector<int> trials = table.with_loss();
  trials.insert(trials.end(), table.failed().begin(), table.failed().end());
  std::sort(trials.begin(), trials.end());
  if (static_cast<int>(trials.size()) > kMaxPoints) {
    trials = LocalTrials(table, model, std::move(trials));
  }
  std::vector<absl::Span<const double>> pending;
  for (const int i : table.pending()) pending.push_back(table.point(i));
  for (const std::vector<double>& point : request.batch) pending.push_back(point);
  if (static_cast<int>(pending.size()) > kMaxPending) {
    pending.erase(pending.begin(), pending.end() - kMaxPending);
  }

  PosteriorData data;
  data.points = Matrix(static_cast<int>(trials.size() + pending.size()), table.encoding().size());
  const double pessimistic = PessimisticValue(table, model);
  int row = 0;
  const auto add_point = [&](absl::Span<const double> point) {
    for (int d = 0; d < data.points.cols(); ++d) data.points(row, d) = point[d];
    ++row;
  };
  for (const int i : trials) {
    const Outcome& outcome = table.outcome(i);
    add_point(table.point(i));
    data.values.push_back(outcome.has_loss() ? model.warp.Apply(outcome.loss) : pessimistic);
    data.extra_noise.push_back(ExtraNoise(outcome.kind));
  }
  for (const absl::Span<const double> point : pending) {
    add_point(point);
    data.extra_noise.push_back(0);
  }
  data.fantasies = Fantasies(static_cast<int>(pending.size()), request.seed, request.number);
  return Posterior(Kernel(CategoricalFlags(table.encoding()), model.parameters), std::move(data));
}

}  // namespace qalam::gp
