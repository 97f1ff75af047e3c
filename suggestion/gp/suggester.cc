#include "suggestion/gp/suggester.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "core/random_stream.h"
#include "suggestion/gp/portfolio.h"
#include "suggestion/gp/prior_term.h"
#include "suggestion/gp/trust_region.h"
#include "suggestion/settings.h"
#include "suggestion/start_points.h"

namespace qalam::gp {
namespace {

// Points of the sequence tried before an unseen initial point is looked for by other means.
constexpr uint64_t kInitialTries = 8;
// Every so many trials the model doubts itself.
constexpr int64_t kDoubtPeriod = 4;
// Before this one it has reasons enough to doubt, and small budgets are not to be spent on it.
constexpr int64_t kFirstDoubt = 20;
// From this share of the budget on it does not: doubts pay by what later trials make of them.
constexpr double kLastDoubt = 0.75;
// Of so many trials one goes on at settled places, for their digits.
constexpr int64_t kSettledPeriod = 4;
// Of a point that is not to be proposed.
constexpr double kNoMerit = -1e12;
// Spaces with no more points than this are searched completely.
constexpr int64_t kMaxExhaustive = 512;

// How hard to search over a posterior of n points, an evaluation costing n^2.
SearchOptions EffortFor(int n) {
  if (n <= 400) return {.spread_samples = 256, .local_samples = 192, .starts = 6};
  return {.spread_samples = 256, .local_samples = 128, .starts = 4, .evaluations = 25};
}

// Without merit at places. They must outlive the result.
SearchTarget Beyond(const SettledPlaces& places, const Encoding& encoding,
                    const SearchTarget& target) {
  SearchTarget beyond;
  beyond.values = [&, target](const Matrix& xs) {
    std::vector<double> values = target.values(xs);
    for (int j = 0; j < xs.cols(); ++j) {
      if (places.Contains(encoding, xs.col(j))) values[j] = kNoMerit;
    }
    return values;
  };
  if (target.gradients == nullptr) return beyond;
  beyond.gradients = [&, target](const Matrix& xs, Matrix& gradients) {
    std::vector<double> values = target.gradients(xs, gradients);
    for (int j = 0; j < xs.cols(); ++j) {
      if (!places.Contains(encoding, xs.col(j))) continue;
      values[j] = kNoMerit;
      std::fill(gradients.col(j).begin(), gradients.col(j).end(), 0.0);
    }
    return values;
  };
  return beyond;
}

// Keeps the search to a box around a point.
void Localize(absl::Span<const double> center, double radius, SearchOptions& search) {
  for (const double x : center) {
    const bool exists = x != Encoding::kAbsent;  // else it may come to exist anywhere
    search.lower.push_back(exists ? std::max(0.0, x - radius) : 0);
    search.upper.push_back(exists ? std::min(1.0, x + radius) : 1);
  }
}

}  // namespace

BayesSuggester::BayesSuggester(const SuggesterSpec& spec, std::string name, BayesOptions options)
    : OneByOneSuggester(spec),
      name_(std::move(name)),
      options_(options),
      objective_(spec.objective),
      seed_(EffectiveSeed(spec)),
      max_trial_count_(spec.max_trial_count),
      finite_(FiniteSpace::Of(spec.space)),
      sequence_(spec.space->size(), StableMix(seed_, StableHash("gp initial"))),
      table_(spec.space, spec.objective),
      sources_(options.estimator == Estimator::kGaussianProcess ? Sources(spec.space, spec.sources)
                                                                : Sources(spec.space, {})),
      models_(static_cast<size_t>(table_.targets())),
      models_beyond_(models_.size()),
      covariances_(models_.size()) {}

std::optional<Suggestion> BayesSuggester::Propose(const Request& request) {
  const size_t known = table_.with_loss().size() + table_.failed().size() +
                       table_.pending().size() + request.batch.size();
  const bool few_results =
      static_cast<int64_t>(table_.with_loss().size()) < options_.initial_points;
  const int64_t wanted = few_results
                             ? std::max(options_.initial_points, options_.most_initial_points)
                             : options_.initial_points;
  const bool initial = static_cast<int64_t>(known) < wanted || table_.with_loss().empty() ||
                       table_.encoding().size() == 0 || !request.unseen.AnyLeft();
  return initial ? InitialPoint(request) : ModelPoint(request);
}

Suggestion BayesSuggester::InitialPoint(const Request& request) const {
  const uint64_t number = static_cast<uint64_t>(request.number);
  std::vector<double> uniform(static_cast<size_t>(space().size()), 0.5);
  for (int i = 0; i < space().size(); ++i) {
    if (!space().parameter(i).is_ordered()) uniform[i] = 0;
  }
  Assignment assignment = space().FromUnit(uniform);
  if (number == 0 && request.unseen.IsUnseen(assignment)) {
    return {.assignment = std::move(assignment),
            .explanation = absl::StrCat(name_, ": the centre of the space")};
  }
  for (uint64_t tries = 0; tries < kInitialTries; ++tries) {
    sequence_.Point(number + (tries << 32), absl::MakeSpan(uniform));
    assignment = DesignPoint(space(), number, uniform);
    if (request.unseen.IsUnseen(assignment)) break;
  }
  if (!request.unseen.IsUnseen(assignment)) {
    RandomStream random(seed_, number, "gp initial");
    assignment = request.unseen.Pick(random.Bits()).value_or(std::move(assignment));
  }
  return {.assignment = std::move(assignment),
          .explanation = absl::StrCat(name_, ": fills the space")};
}

Suggestion BayesSuggester::ModelPoint(const Request& request) {
  const SettledPlaces settled = PlacesToLeave(request.number);
  std::optional<TrialTable> beyond;
  if (!settled.empty()) {
    beyond = table_.Where([&](absl::Span<const double> point) {
      return !settled.Contains(table_.encoding(), point);
    });
  }
  Step step{.request = request,
            .batch = {},
            .kind = options_.acquisition,
            .table = beyond.has_value() ? *beyond : table_,
            .settled = settled};
  for (const Assignment& assignment : request.batch) {
    step.batch.push_back(table_.encoding().Encode(assignment));
  }
  if (options_.portfolio && table_.losses() == 1) {
    step.kind = ChooseFromPortfolio(request.history, seed_, request.number);
  }
  std::optional<Suggestion> suggestion =
      options_.estimator == Estimator::kGaussianProcess ? FromProcess(step) : FromTrees(step);
  return suggestion.has_value() ? *std::move(suggestion) : InitialPoint(request);
}

bool BayesSuggester::IsDoubting(int64_t number) const {
  if (max_trial_count_.has_value() &&
      static_cast<double>(number) >= kLastDoubt * static_cast<double>(*max_trial_count_)) {
    return false;
  }
  return number >= kFirstDoubt && number % kDoubtPeriod == kDoubtPeriod - 1;
}

SettledPlaces BayesSuggester::PlacesToLeave(int64_t number) {
  if (options_.estimator != Estimator::kGaussianProcess || table_.targets() > 1 ||
      !sources_.empty() || number % kSettledPeriod == 0) {
    return {};
  }
  SettledPlaces places = SettledPlaces::Find(table_);
  // Of noisy measurements the best is not settled by being best.
  if (!places.empty() && models_[0].Get(table_, 0).parameters.noisy()) return {};
  return places;
}

std::vector<FittedModel> BayesSuggester::FitModels(const Step& step) {
  const int64_t number = step.request.number;
  std::vector<ModelCache>& caches = step.settled.empty() ? models_ : models_beyond_;
  std::vector<FittedModel> models;
  for (int target = 0; target < table_.targets(); ++target) {
    models.push_back(caches[target].Get(step.table, target));
    if (IsDoubting(number)) {
      models.back().parameters =
          Doubted(std::move(models.back().parameters), number / kDoubtPeriod);
    }
  }
  return models;
}

// What is maximised. Whatever else is believed of points than what models say is to be added here,
// to values and gradients alike.
SearchTarget BayesSuggester::TargetOf(const Acquisition& acquisition) const {
  SearchTarget target;
  target.values = [&](const Matrix& xs) { return acquisition.Evaluate(xs); };
  if (!options_.sampling_only) {
    target.gradients = [&](const Matrix& xs, Matrix& gradients) {
      return acquisition.EvaluateWithGradients(xs, gradients);
    };
  }
  return target;
}

std::optional<Suggestion> BayesSuggester::FromProcess(const Step& step) {
  const int64_t number = step.request.number;
  std::vector<FittedModel> models = FitModels(step);
  std::shared_ptr<const PriorMean> mean;
  if (!sources_.empty()) {
    mean = sources_.Mean(sources_.Weights(table_, models.front(), seed_));
    if (mean != nullptr) models[0] = WithPriorMean(table_, std::move(models[0]), *mean);
  }
  const bool usual = step.settled.empty() && !IsDoubting(number);
  const Belief belief(step.table, models,
                      {.kind = step.kind,
                       .batch = step.batch,
                       .seed = seed_,
                       .number = number,
                       .mean = mean,
                       // What most trials share stays for them.
                       .covariances = usual ? &covariances_ : nullptr});
  const SearchTarget target = TargetOf(belief.acquisition());
  SearchOptions search = EffortFor(belief.posteriors().front().points().rows());
  if (IsLocalTrial(table_.encoding().size(), number)) {
    Localize(belief.centers().front(), TrustRadius(step.table, options_.initial_points), search);
  }
  const std::optional<FoundPoint> found = BestUnseen(step, target, belief.centers(), search);
  if (!found.has_value()) return std::nullopt;
  Matrix x(table_.encoding().size(), 1);
  std::copy(found->point.begin(), found->point.end(), x.col(0).begin());
  std::vector<Expected> losses;
  for (int m = 0; m < table_.losses(); ++m) {
    const Predictions predictions = belief.posteriors()[m].Predict(x);
    double mean = 0;
    for (const double r : predictions.means.col(0)) mean += r / predictions.means.rows();
    losses.push_back({models[m].warp, mean, std::sqrt(predictions.variances[0])});
  }
  Suggestion suggestion = Explained(step, *found, losses);
  if (table_.targets() > table_.losses()) {
    absl::StrAppendFormat(&suggestion.explanation, ", keeps to the constraints with %.2g",
                          belief.ProbabilityOfFeasibility(found->point));
  }
  return suggestion;
}

std::optional<Suggestion> BayesSuggester::FromTrees(const Step& step) const {
  const TreeKind kind = options_.estimator == Estimator::kRandomForest ? TreeKind::kRandomForest
                        : options_.estimator == Estimator::kExtraTrees ? TreeKind::kExtraTrees
                                                                       : TreeKind::kBoosted;
  const uint64_t number = static_cast<uint64_t>(step.request.number);
  const TreeModel model(table_, step.batch, kind, StableMix(seed_, number));
  SearchTarget target;
  target.values = [&](const Matrix& xs) {
    std::vector<double> values;
    for (int j = 0; j < xs.cols(); ++j) {
      const TreePrediction prediction = model.Predict(xs.col(j));
      values.push_back(
          AcquisitionValue(step.kind, model.best(), prediction.mean, prediction.deviation));
    }
    return values;
  };
  const std::vector<double> best(table_.point(table_.best()).begin(),
                                 table_.point(table_.best()).end());
  const std::optional<FoundPoint> found =
      BestUnseen(step, target, {best}, {.spread_samples = 512, .local_samples = 256, .starts = 0});
  if (!found.has_value()) return std::nullopt;
  const TreePrediction prediction = model.Predict(found->point);
  return Explained(step, *found, {{model.warp(), prediction.mean, prediction.deviation}});
}

std::optional<FoundPoint> BayesSuggester::BestUnseen(const Step& step, SearchTarget target,
                                                     absl::Span<const std::vector<double>> around,
                                                     SearchOptions options) const {
  if (space().has_priors()) {
    target = WithPriors(table_.encoding(), static_cast<int>(table_.with_loss().size()),
                        std::move(target));
  }
  if (!step.settled.empty()) target = Beyond(step.settled, table_.encoding(), target);
  options.seed = seed_;
  options.number = static_cast<uint64_t>(step.request.number);
  const std::vector<FoundPoint> found = finite_.has_value() && finite_->size() <= kMaxExhaustive
                                            ? EvaluateAll(step.request, target)
                                            : Maximize(table_.encoding(), target, around, options);
  for (const FoundPoint& point : found) {
    if (point.value <= kNoMerit) break;  // nothing is left elsewhere
    if (step.request.unseen.IsUnseen(table_.encoding().Decode(point.point))) return point;
  }
  return std::nullopt;
}

std::vector<FoundPoint> BayesSuggester::EvaluateAll(const Request& request,
                                                    const SearchTarget& target) const {
  std::vector<FoundPoint> points;
  for (int64_t i = 0; i < finite_->size(); ++i) {
    const Assignment assignment = finite_->At(i);
    if (request.unseen.IsUnseen(assignment)) {
      points.push_back({.point = table_.encoding().Encode(assignment)});
    }
  }
  Matrix xs(table_.encoding().size(), static_cast<int>(points.size()));
  for (int j = 0; j < xs.cols(); ++j) {
    std::copy(points[j].point.begin(), points[j].point.end(), xs.col(j).begin());
  }
  const std::vector<double> values = target.values(xs);
  for (size_t j = 0; j < points.size(); ++j) points[j].value = values[j];
  std::stable_sort(points.begin(), points.end(),
                   [](const FoundPoint& a, const FoundPoint& b) { return a.value > b.value; });
  return points;
}

Suggestion BayesSuggester::Explained(const Step& step, const FoundPoint& found,
                                     absl::Span<const Expected> losses) const {
  std::vector<std::string> predictions;
  for (size_t m = 0; m < losses.size(); ++m) {
    const Expected& loss = losses[m];
    const double sign =
        objective_.direction_of(static_cast<int>(m)) == Direction::kMinimize ? 1 : -1;
    const double spread = 0.5 * (loss.warp.Invert(loss.mean + loss.deviation) -
                                 loss.warp.Invert(loss.mean - loss.deviation));
    predictions.push_back(
        absl::StrFormat("%.4g +- %.2g", sign * loss.warp.Invert(loss.mean), spread));
    if (losses.size() > 1) continue;
    absl::StrAppendFormat(&predictions.back(), " (best %.4g)",
                          sign * table_.outcome(table_.best()).loss);
  }
  const bool logarithm = step.kind != AcquisitionKind::kLowerConfidenceBound;
  const bool any_feasible = table_.outcome(table_.best()).feasible();
  const std::string merit = !any_feasible ? "log probability of feasibility"
                            : losses.size() > 1
                                ? "log EHVI"
                                : absl::StrCat(logarithm ? "log " : "", AcquisitionName(step.kind));
  Suggestion suggestion;
  suggestion.assignment = table_.encoding().Decode(found.point);
  suggestion.explanation = absl::StrFormat("%s: predicts %s, %s %.2f, near trial %d", name_,
                                           absl::StrJoin(predictions, ", "), merit, found.value,
                                           NearestTrial(found.point));
  if (!step.settled.empty()) {
    absl::StrAppendFormat(&suggestion.explanation, ", away from %d settled %s", step.settled.size(),
                          step.settled.size() == 1 ? "optimum" : "optima");
  }
  if (options_.portfolio && losses.size() == 1) {
    suggestion.labels[kAcquisitionLabel] = std::string(AcquisitionName(step.kind));
  }
  return suggestion;
}

int64_t BayesSuggester::NearestTrial(absl::Span<const double> point) const {
  int64_t nearest = -1;
  double least = std::numeric_limits<double>::infinity();
  for (const int i : table_.with_loss()) {
    double distance = 0;
    for (int d = 0; d < table_.encoding().size(); ++d) {
      const double difference = table_.point(i)[d] - point[d];
      distance += table_.encoding().is_categorical(d) ? (difference != 0) : difference * difference;
    }
    if (distance >= least) continue;
    least = distance;
    nearest = table_.number(i);
  }
  return nearest;
}

}  // namespace qalam::gp
