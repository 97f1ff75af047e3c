#include "suggestion/gp/model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "core/random_stream.h"
#include "math/sobol.h"

namespace qalam::gp {
namespace {

constexpr int kFitEachUpTo = 20;
constexpr double kFitGrowth = 1.08;
constexpr int kAnchorEachUpTo = 60;
constexpr double kAnchorGrowth = 1.25;
// Points that hyperparameters, and that warps are chosen by.
constexpr int kMaxFitPoints = 200;
constexpr int kMaxWarpPoints = 60;
// From how many different losses on their shape is looked at.
constexpr size_t kLeastValues = 5;
// The first warps of the candidates, which bend moderately.
constexpr int kMildWarps = 3;
// Evaluations of the likelihood: of the first warp, of each other warp, of an anchor's two starts
// and of a fit that goes on from an anchor.
constexpr int kFirstWarpEvaluations = 15;
constexpr int kWarpEvaluations = 8;
constexpr int kAnchorEvaluations = 30;
constexpr int kRefitEvaluations = 12;
// Axes up to which the covariance has an additive part and input warps: beyond, passes over them
// cost too much.
constexpr int kFewAxes = 24;
// Points that a posterior uses all of, and how many it uses when there are more.
constexpr int kMaxPoints = 500;
constexpr int kLocalPoints = 400;
constexpr int kSpreadPoints = 130;  // of kLocalPoints: not chosen for being near
// Of a front of several losses: how many points others may be near to.
constexpr int kCenters = 16;
// Pending trials taken into account: the latest.
constexpr int kMaxPending = 200;
// A range that is searched in logarithms spans orders of magnitude, of which few suit; what is
// searched evenly seldom matters so much. Lengthscales fitted to many random points differ by about
// exp(2 * kLengthShift) between the two kinds.
constexpr double kLengthShift = 0.5;
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
// How small the share of variance that a prior mean leaves can get, and how many trials the belief
// counts as that it explains nothing.
constexpr double kLeastUnexplained = 0.02;
constexpr double kExplainedBelief = 1;

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

// Whether equal steps on an axis are factors of the value, or choices that somebody made.
bool IsRough(const Parameter& parameter) {
  return parameter.is_log() || parameter.type == ParameterType::kDiscrete;
}

// What FitData calls length_shifts; 0 as their mean over axes with an order, so that the whole is
// as rough a priori as ever.
std::vector<double> LengthShifts(const Encoding& encoding) {
  std::vector<double> shifts(static_cast<size_t>(encoding.size()), 0.0);
  std::vector<int> ordered;
  for (int d = 0; d < encoding.size(); ++d) {
    if (encoding.is_categorical(d)) continue;
    const bool rough = IsRough(encoding.space().parameter(encoding.axis(d).parameter));
    shifts[d] = rough ? -kLengthShift : kLengthShift;
    ordered.push_back(d);
  }
  if (ordered.empty()) return shifts;
  const double mean =
      std::accumulate(shifts.begin(), shifts.end(), 0.0) / static_cast<double>(ordered.size());
  for (const int d : ordered) shifts[d] -= mean;
  return shifts;
}

double ExtraNoise(OutcomeKind kind) {
  if (kind == OutcomeKind::kPartial) return kPartialNoise;
  return kind == OutcomeKind::kFailed ? kFailedNoise : 0;
}

std::vector<double> Values(const TrialTable& table, int target, const std::vector<int>& trials) {
  std::vector<double> values;
  for (const int i : trials) values.push_back(table.value(target, i));
  return values;
}

bool HasFewAxes(const TrialTable& table) { return table.encoding().size() <= kFewAxes; }

std::vector<OutputWarp> WarpsFor(const TrialTable& table, int target,
                                 absl::Span<const double> values, size_t different) {
  if (table.is_constraint(target)) return {OutputWarp(WarpShape::kSigned, 0, values)};
  std::vector<OutputWarp> warps = OutputWarp::Candidates(values);
  // The hypervolume of several losses is measured after warping: strong ones would distort it.
  if (table.losses() > 1) warps.erase(warps.begin() + kMildWarps, warps.end());
  // Few losses tell nothing of their shape.
  if (different < kLeastValues) warps.resize(1);
  return warps;
}

// The first trial of each value.
std::vector<int> WithDifferentValues(const TrialTable& table, int target,
                                     const std::vector<int>& trials) {
  std::set<double> known;
  std::vector<int> different;
  for (const int i : trials) {
    if (known.insert(table.value(target, i)).second) different.push_back(i);
  }
  return different;
}

// The least value, if several trials have it.
std::optional<double> LeastIfShared(const std::vector<double>& values) {
  const double least = *std::min_element(values.begin(), values.end());
  if (std::count(values.begin(), values.end(), least) < 2) return std::nullopt;
  return least;
}

// Of losses, given the log densities of their warped values, without those that are `atom`.
double MeanLogDensity(const std::vector<double>& densities, const OutputWarp& warp,
                      const std::vector<double>& losses, std::optional<double> atom) {
  double sum = 0;
  int count = 0;
  for (size_t k = 0; k < losses.size(); ++k) {
    if (losses[k] == atom) continue;
    sum += densities[k] + warp.LogSlope(losses[k]);
    ++count;
  }
  return sum / std::max(1, count);
}

// The warp by which the density of the losses, each given all others, is greatest under a quick
// fit, and that fit. A loss that several trials have, as where parameters make no difference, has a
// probability instead: the steeper a warp is there, the better it would seem to explain each by the
// others. So such losses count once, and not at all where all warps are steepest, at the least one.
FittedModel ChooseWarp(const TrialTable& table, int target, const std::vector<int>& trials) {
  const std::vector<int> sample =
      BestAndSpread(table, target, WithDifferentValues(table, target, trials), kMaxWarpPoints);
  const std::vector<double> all = Values(table, target, trials);
  const std::vector<double> losses = Values(table, target, sample);
  const std::optional<double> atom =
      table.is_constraint(target) ? std::nullopt : LeastIfShared(all);
  std::optional<FittedModel> best;
  KernelParameters start;
  double most = -std::numeric_limits<double>::infinity();
  for (const OutputWarp& warp : WarpsFor(table, target, all, sample.size())) {
    const FitData data = MakeFitData(table, target, sample, warp);
    const bool first = !best.has_value();
    const Fit fit = FitHyperparameters(
        data, {.start = first ? nullptr : &start,
               .additive = HasFewAxes(table),
               .warped = HasFewAxes(table),
               .max_evaluations = first ? kFirstWarpEvaluations : kWarpEvaluations});
    if (first) start = fit.parameters;
    const double density = MeanLogDensity(LeaveOneOut(data, fit.parameters), warp, losses, atom);
    if (!first && !(density > most + kWarpMargin)) continue;
    best = FittedModel{warp, fit.parameters};
    most = density;
  }
  return *std::move(best);
}

// The first `count` trials with a loss, as far as they have the target.
std::vector<int> TrialsToFit(const TrialTable& table, int target, int count) {
  std::vector<int> trials;
  for (int k = 0; k < count; ++k) {
    const int i = table.with_loss()[k];
    if (!std::isnan(table.value(target, i))) trials.push_back(i);
  }
  return trials;
}

// Without any data: what is believed beforehand.
FittedModel Unfitted(const TrialTable& table) {
  FittedModel model;
  model.parameters.lengthscales.assign(static_cast<size_t>(table.encoding().size()),
                                       std::sqrt(table.encoding().size()));
  return model;
}

FittedModel FitAnchor(const TrialTable& table, int target, int count) {
  std::vector<int> trials = TrialsToFit(table, target, count);
  if (trials.empty()) return Unfitted(table);
  FittedModel model = ChooseWarp(table, target, trials);
  trials = BestAndSpread(table, target, std::move(trials), kMaxFitPoints);
  model.parameters = FitHyperparameters(MakeFitData(table, target, trials, model.warp),
                                        {.start = &model.parameters,
                                         .thorough = true,
                                         .additive = HasFewAxes(table),
                                         .warped = HasFewAxes(table),
                                         .max_evaluations = kAnchorEvaluations})
                         .parameters;
  return model;
}

FittedModel Refit(const TrialTable& table, int target, int count, const FittedModel& anchor) {
  std::vector<int> trials = TrialsToFit(table, target, count);
  if (trials.empty()) return anchor;
  FittedModel model = anchor;
  model.warp = anchor.warp.Refitted(Values(table, target, trials));
  trials = BestAndSpread(table, target, std::move(trials), kMaxFitPoints);
  model.parameters = FitHyperparameters(MakeFitData(table, target, trials, model.warp),
                                        {.start = &anchor.parameters,
                                         .additive = anchor.parameters.additive(),
                                         .warped = HasFewAxes(table),
                                         .max_evaluations = kRefitEvaluations})
                         .parameters;
  return model;
}

// Of all trials, as the model's covariances are of.
Matrix WarpedPoints(const TrialTable& table, const FittedModel& model) {
  Matrix points(table.size(), table.encoding().size());
  for (int i = 0; i < points.rows(); ++i) {
    for (int d = 0; d < points.cols(); ++d) points(i, d) = table.point(i)[d];
  }
  return Kernel(CategoricalFlags(table.encoding()), model.parameters)
      .WarpedPoints(std::move(points));
}

// Scaled squared distances of trials from the nearest of the best ones.
std::vector<double> DistancesFromBest(const TrialTable& table, const FittedModel& model,
                                      const std::vector<int>& trials) {
  const std::vector<int> centers = Thinned(table.Front(), kCenters);
  const Encoding& encoding = table.encoding();
  const Matrix points = WarpedPoints(table, model);
  std::vector<double> distances(static_cast<size_t>(table.size()),
                                std::numeric_limits<double>::infinity());
  for (const int i : trials) {
    for (const int center : centers) {
      double sum = 0;
      for (int d = 0; d < encoding.size(); ++d) {
        const double difference = points(i, d) - points(center, d);
        const double square =
            encoding.is_categorical(d) ? (difference == 0 ? 0 : 1) : difference * difference;
        sum += square / (model.parameters.lengthscales[d] * model.parameters.lengthscales[d]);
      }
      distances[i] = std::min(distances[i], sum);
    }
  }
  return distances;
}

// The trials that a local model is made of, in order of number.
std::vector<int> LocalTrials(const TrialTable& table, const FittedModel& model,
                             std::vector<int> trials) {
  const std::vector<double> distances = DistancesFromBest(table, model, trials);
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
Matrix Fantasies(int pending, int target, const FantasyOptions& options) {
  if (pending == 0) return Matrix(0, 1);
  Matrix fantasies(pending, options.count);
  const uint64_t name = StableMix(options.seed, static_cast<uint64_t>(options.number) + 1);
  const SobolSequence sequence(pending, StableMix(name, static_cast<uint64_t>(target)));
  for (int r = 0; r < options.count; ++r) {
    sequence.Point(static_cast<uint64_t>(r), fantasies.col(r));
    for (double& z : fantasies.col(r)) z = NormalQuantile(z);
  }
  return fantasies;
}

// What failed trials count as: as bad as the worst, in deviations of all values.
double PessimisticValue(const TrialTable& table, int target, const FittedModel& model) {
  double worst = 0;
  for (const int i : table.with_loss()) {
    const double value = table.value(target, i);
    if (!std::isnan(value)) worst = std::max(worst, model.warp.Apply(value));
  }
  return std::min(worst, 3.0);
}

// The largest number up to `count` of a series that begins with all up to `first` and then grows.
int LargestOfSeries(int count, int first, double growth) {
  if (count <= first) return count;
  int element = first;
  while (true) {
    const int next = std::max(element + 1, static_cast<int>(element * growth));
    if (next > count) return element;
    element = next;
  }
}

}  // namespace

int FittedCount(int count) { return LargestOfSeries(count, kFitEachUpTo, kFitGrowth); }

int AnchorCount(int count) { return LargestOfSeries(count, kAnchorEachUpTo, kAnchorGrowth); }

std::vector<int> BestAndSpread(const TrialTable& table, int target, std::vector<int> trials,
                               int wanted) {
  if (static_cast<int>(trials.size()) <= wanted) return trials;
  const auto key = [&](int i) {
    const double value = table.value(target, i);
    return table.is_constraint(target) ? std::abs(value) : value;
  };
  const auto better = [&](int a, int b) { return key(a) != key(b) ? key(a) < key(b) : a < b; };
  const auto good = trials.begin() + wanted * 2 / 5;
  std::nth_element(trials.begin(), good, trials.end(), better);
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

FitData MakeFitData(const TrialTable& table, int target, const std::vector<int>& trials,
                    const OutputWarp& warp) {
  FitData data;
  data.categorical = CategoricalFlags(table.encoding());
  data.length_shifts = LengthShifts(table.encoding());
  data.points = Matrix(static_cast<int>(trials.size()), table.encoding().size());
  for (int i = 0; i < data.points.rows(); ++i) {
    for (int d = 0; d < data.points.cols(); ++d) data.points(i, d) = table.point(trials[i])[d];
    data.values.push_back(warp.Apply(table.value(target, trials[i])));
    data.extra_noise.push_back(ExtraNoise(table.outcome(trials[i]).kind));
  }
  return data;
}

const FittedModel& ModelCache::Get(const TrialTable& table, int target) {
  const int count = FittedCount(static_cast<int>(table.with_loss().size()));
  const uint64_t key = table.HashOfValues(target, count);
  if (latest_.key == key) return latest_.model;
  const int anchor = AnchorCount(count);
  const uint64_t anchor_key = table.HashOfValues(target, anchor);
  if (anchor_.key != anchor_key) anchor_ = {anchor_key, FitAnchor(table, target, anchor)};
  latest_ = {key, anchor == count ? anchor_.model : Refit(table, target, count, anchor_.model)};
  return latest_.model;
}

Evidence CollectEvidence(const TrialTable& table, const FittedModel& model,
                         absl::Span<const std::vector<double>> batch) {
  Evidence evidence;
  evidence.trials = table.with_loss();
  evidence.trials.insert(evidence.trials.end(), table.failed().begin(), table.failed().end());
  std::sort(evidence.trials.begin(), evidence.trials.end());
  if (static_cast<int>(evidence.trials.size()) > kMaxPoints) {
    evidence.trials = LocalTrials(table, model, std::move(evidence.trials));
  }
  for (const int i : table.pending()) evidence.pending.push_back(table.point(i));
  for (const std::vector<double>& point : batch) evidence.pending.push_back(point);
  if (static_cast<int>(evidence.pending.size()) > kMaxPending) {
    evidence.pending.erase(evidence.pending.begin(), evidence.pending.end() - kMaxPending);
  }
  return evidence;
}

FittedModel WithPriorMean(const TrialTable& table, FittedModel model, const PriorMean& mean) {
  const std::vector<int> trials = BestAndSpread(table, 0, table.with_loss(), kMaxFitPoints);
  Matrix xs(table.encoding().size(), static_cast<int>(trials.size()));
  for (int j = 0; j < xs.cols(); ++j) {
    std::copy_n(table.point(trials[j]).begin(), xs.rows(), xs.col(j).begin());
  }
  const std::vector<double> expected = mean.At(xs);
  const auto variation = [&](double share) {
    double sum = 0;
    double squares = 0;
    for (int j = 0; j < xs.cols(); ++j) {
      const double rest = model.warp.Apply(table.value(0, trials[j])) - share * expected[j];
      sum += rest;
      squares += rest * rest;
    }
    return squares - sum * sum / xs.cols();
  };
  const double unexplained =
      std::clamp((variation(1) + kExplainedBelief) / (variation(0) + kExplainedBelief),
                 kLeastUnexplained, 1.0);
  model.parameters.signal *= unexplained;
  model.parameters.additive_signal *= unexplained;
  return model;
}

Posterior MakePosterior(const TrialTable& table, int target, const FittedModel& model,
                        const Evidence& evidence, const FantasyOptions& options,
                        std::shared_ptr<const PriorMean> mean, std::vector<int>* observed,
                        CovarianceCache* cache) {
  PosteriorData data;
  std::vector<absl::Span<const double>> points;
  const double pessimistic = PessimisticValue(table, target, model);
  for (const int i : evidence.trials) {
    const Outcome& outcome = table.outcome(i);
    const double value = table.value(target, i);
    // A constraint's metric that was not reported: who proposes there again should not hope.
    const bool known = outcome.has_loss() && !std::isnan(value);
    points.push_back(table.point(i));
    data.values.push_back(known ? model.warp.Apply(value) : pessimistic);
    data.extra_noise.push_back(ExtraNoise(known ? outcome.kind : OutcomeKind::kFailed));
    if (observed != nullptr) observed->push_back(i);
  }
  points.insert(points.end(), evidence.pending.begin(), evidence.pending.end());
  data.extra_noise.resize(points.size(), 0.0);
  data.points = Matrix(static_cast<int>(points.size()), table.encoding().size());
  for (int i = 0; i < data.points.rows(); ++i) {
    for (int d = 0; d < data.points.cols(); ++d) data.points(i, d) = points[i][d];
  }
  data.mean = std::move(mean);
  data.fantasies = Fantasies(static_cast<int>(evidence.pending.size()), target, options);
  return Posterior(Kernel(CategoricalFlags(table.encoding()), model.parameters), std::move(data),
                   cache);
}

}  // namespace qalam::gp
