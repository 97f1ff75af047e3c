#include "suggestion/fidelity/gp_configurations.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/random_stream.h"
#include "suggestion/settings.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

constexpr int kGpFantasies = 16;
// Configurations that are drawn at random all the same: with little of the resource they cost
// little, and where the model is wrong nothing else would tell.
constexpr double kRandomShare = 1.0 / 3;
// Every so many trials the model doubts itself, from this one on (see gp/model.h).
constexpr int64_t kDoubtEvery = 4;
constexpr int64_t kDoubtFrom = 20;
// How many of the best configurations are searched around.
constexpr size_t kSearchedAround = 5;
// The probability from which a configuration is believed to keep to the constraints.
constexpr double kBelieved = 0.5;

// The space in which the resource is the number of a rung.
std::shared_ptr<const SearchSpace> RungSpace(const Resource& resource, size_t rungs) {
  std::vector<Parameter> parameters = resource.configurations()->parameters();
  Parameter& rung = parameters[static_cast<size_t>(resource.index())];
  rung.type = ParameterType::kInt;
  rung.list.clear();
  rung.min = 0;
  rung.max = static_cast<double>(rungs) - 1;
  rung.default_value.reset();
  return std::make_shared<const SearchSpace>(SearchSpace::Create(std::move(parameters)).value());
}

int AxisOf(const gp::Encoding& encoding, int parameter) {
  for (int d = 0; d < encoding.size(); ++d) {
    if (encoding.axis(d).parameter == parameter) return d;
  }
  return -1;
}

gp::SearchOptions Effort(int points, uint64_t seed, int64_t number) {
  gp::SearchOptions options{.seed = seed, .number = static_cast<uint64_t>(number)};
  if (points > 300) {
    options.local_samples = 128;
    options.starts = 4;
    options.evaluations = 25;
  }
  return options;
}

}  // namespace

GpConfigurations::GpConfigurations(const SuggesterSpec& spec, const Resource* resource,
                                   std::vector<double> amounts)
    : resource_(resource),
      amounts_(std::move(amounts)),
      seed_(EffectiveSeed(spec)),
      random_(spec, resource),
      tried_(TriedConfigurations(resource, spec.objective)),
      told_(RungSpace(*resource, amounts_.size()), spec.objective,
            [this](const History&, int, TrialRecord& told) {
              const double amount = resource_->AmountOf(told.assignment);
              told.assignment[static_cast<size_t>(resource_->index())] = RungOf(amount);
            }),
      finite_(FiniteSpace::Of(resource->configurations())),
      encoding_(resource->configurations()),
      table_(RungSpace(*resource, amounts_.size()), spec.objective),
      rung_axis_(AxisOf(table_.encoding(), resource->index())),
      models_(static_cast<size_t>(table_.targets())) {}

// The rung with the amount, or the one below.
double GpConfigurations::RungOf(double amount) const {
  const auto above = std::upper_bound(amounts_.begin(), amounts_.end(), amount);
  return std::max(0.0, static_cast<double>(above - amounts_.begin()) - 1);
}

absl::StatusOr<Suggestion> GpConfigurations::Sample(const History& history, double amount) {
  RandomStream random(seed_, static_cast<uint64_t>(history.next_number()), "random share");
  if (random.Uniform() >= kRandomShare) {
    if (std::optional<Suggestion> found = FromModel(history)) return *std::move(found);
  }
  return random_.Sample(history, amount);
}

bool GpConfigurations::IsAtTop(int trial) const {
  return rung_axis_ < 0 ||
         table_.point(trial)[rung_axis_] == table_.encoding().axis(rung_axis_).places.back();
}

// Before a trial has come to the top, what it takes to be good there is anyone's guess.
bool GpConfigurations::AnyAtTop() const {
  return std::any_of(table_.with_loss().begin(), table_.with_loss().end(),
                     [this](int i) { return IsAtTop(i); });
}

// Configurations at the columns, with the most of the resource.
Matrix GpConfigurations::AtTop(const Matrix& configurations) const {
  if (rung_axis_ < 0) return configurations;
  Matrix points(table_.encoding().size(), configurations.cols());
  for (int j = 0; j < points.cols(); ++j) {
    for (int d = 0, from = 0; d < points.rows(); ++d) {
      points(d, j) =
          d == rung_axis_ ? table_.encoding().axis(d).places.back() : configurations(from++, j);
    }
  }
  return points;
}

GpConfigurations::TriedPoints GpConfigurations::Tried(const gp::Evidence& evidence) const {
  TriedPoints tried;
  for (const int i : evidence.trials) {
    if (!table_.outcome(i).has_loss()) continue;
    std::vector<double> point(table_.point(i).begin(), table_.point(i).end());
    if (rung_axis_ >= 0) point.erase(point.begin() + rung_axis_);
    std::optional<bool>& feasible = tried[std::move(point)];
    if (IsAtTop(i)) feasible = feasible.value_or(false) || table_.outcome(i).feasible();
  }
  return tried;
}

gp::SearchTarget GpConfigurations::TargetOf(const gp::Acquisition& acquisition) const {
  gp::SearchTarget target;
  target.values = [&](const Matrix& xs) { return acquisition.Evaluate(AtTop(xs)); };
  target.gradients = [&](const Matrix& xs, Matrix& gradients) {
    Matrix all;
    std::vector<double> values = acquisition.EvaluateWithGradients(AtTop(xs), all);
    gradients = Matrix(xs.rows(), xs.cols());
    for (int j = 0; j < xs.cols(); ++j) {
      for (int d = 0, from = 0; d < xs.rows(); ++d, ++from) {
        if (from == rung_axis_) ++from;
        gradients(d, j) = all(from, j);
      }
    }
    return values;
  };
  return target;
}

std::vector<gp::FittedModel> GpConfigurations::FitModels(int64_t number) {
  std::vector<gp::FittedModel> models;
  for (int target = 0; target < table_.targets(); ++target) {
    models.push_back(models_[target].Get(table_, target));
    if (number < kDoubtFrom || number % kDoubtEvery != kDoubtEvery - 1) continue;
    models.back().parameters =
        gp::Doubted(std::move(models.back().parameters), number / kDoubtEvery);
  }
  return models;
}

GpConfigurations::Belief GpConfigurations::BeliefOf(const std::vector<gp::FittedModel>& models,
                                                    const gp::Evidence& evidence,
                                                    int64_t number) const {
  Belief belief;
  for (int target = 0; target < table_.targets(); ++target) {
    belief.posteriors.push_back(
        gp::MakePosterior(table_, target, models[target], evidence,
                          {.seed = seed_, .number = number, .count = kGpFantasies}));
    if (table_.is_constraint(target)) belief.bounds.push_back(models[target].warp.Apply(0));
  }
  return belief;
}

std::optional<Suggestion> GpConfigurations::FromModel(const History& history) {
  table_.Update(told_.Follow(history));
  if (!AnyAtTop() || encoding_.size() == 0) return std::nullopt;
  const int64_t number = history.next_number();
  const std::vector<gp::FittedModel> models = FitModels(number);
  const gp::Evidence evidence = gp::CollectEvidence(table_, models[0], {});
  const TriedPoints tried = Tried(evidence);
  if (tried.empty()) return std::nullopt;
  const Belief belief = BeliefOf(models, evidence, number);
  const Incumbents incumbents = IncumbentsOf(tried, belief);
  const bool any_feasible = !incumbents.losses.empty();
  std::unique_ptr<gp::Merit> merit;
  if (any_feasible) {
    merit = gp::ImprovementMerit(gp::AcquisitionKind::kLogExpectedImprovement, incumbents.losses);
  }
  if (!belief.bounds.empty()) merit = gp::ConstrainedMerit(std::move(merit), belief.bounds);
  const gp::Acquisition acquisition(std::move(merit), belief.posteriors);
  const std::optional<gp::FoundPoint> found = FirstUnseen(
      history, gp::Maximize(encoding_, TargetOf(acquisition), incumbents.points,
                            Effort(belief.posteriors[0].points().rows(), seed_, number)));
  if (!found.has_value()) return std::nullopt;
  return Suggestion{.assignment = ConfigurationAt(*found),
                    .explanation = Explain(*found, belief, any_feasible)};
}

std::vector<double> GpConfigurations::LogFeasibility(const Belief& belief,
                                                     const Matrix& configurations) const {
  if (belief.bounds.empty()) return std::vector<double>(configurations.cols());
  return gp::Acquisition(gp::ConstrainedMerit(nullptr, belief.bounds), belief.posteriors)
      .Evaluate(AtTop(configurations));
}

// By what is predicted of them at the top; whether they are feasible by what was seen there, and
// only else by what is predicted.
GpConfigurations::Incumbents GpConfigurations::IncumbentsOf(const TriedPoints& tried,
                                                            const Belief& belief) const {
  Matrix xs(encoding_.size(), static_cast<int>(tried.size()));
  int column = 0;
  for (const auto& [point, seen] : tried) {
    std::copy(point.begin(), point.end(), xs.col(column++).begin());
  }
  const std::vector<double> feasibility = LogFeasibility(belief, xs);
  const Matrix means = belief.posteriors[0].Means(AtTop(xs));
  Incumbents incumbents;
  std::vector<std::pair<double, int>> order;
  column = 0;
  for (const auto& [point, seen] : tried) {
    const int j = column++;
    if (!seen.value_or(feasibility[j] >= std::log(kBelieved))) continue;
    incumbents.losses.resize(static_cast<size_t>(means.rows()),
                             std::numeric_limits<double>::infinity());
    double sum = 0;
    for (int r = 0; r < means.rows(); ++r) {
      incumbents.losses[r] = std::min(incumbents.losses[r], means(r, j));
      sum += means(r, j);
    }
    order.emplace_back(sum, j);
  }
  // While none is feasible: the likeliest to be.
  for (int j = 0; incumbents.losses.empty() && j < xs.cols(); ++j) {
    order.emplace_back(-feasibility[j], j);
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < std::min(kSearchedAround, order.size()); ++k) {
    const absl::Span<const double> point = xs.col(order[k].second);
    incumbents.points.emplace_back(point.begin(), point.end());
  }
  return incumbents;
}

Assignment GpConfigurations::ConfigurationAt(const gp::FoundPoint& found) const {
  return resource_->configurations()->Canonical(encoding_.Decode(found.point));
}

std::optional<gp::FoundPoint> GpConfigurations::FirstUnseen(
    const History& history, const std::vector<gp::FoundPoint>& found) {
  const UnseenPoints unseen(tried_.Follow(history), finite_.has_value() ? &*finite_ : nullptr);
  for (const gp::FoundPoint& point : found) {
    const Assignment configuration = ConfigurationAt(point);
    if (resource_->configurations()->Satisfies(configuration) && unseen.IsUnseen(configuration)) {
      return point;
    }
  }
  return std::nullopt;
}

std::string GpConfigurations::Explain(const gp::FoundPoint& found, const Belief& belief,
                                      bool any_feasible) const {
  std::string text = absl::StrFormat("gp: log %s %.2f with %s %g",
                                     any_feasible ? "EI" : "probability of feasibility",
                                     found.value, resource_->name(), amounts_.back());
  if (!any_feasible || belief.bounds.empty()) return text;
  Matrix x(encoding_.size(), 1);
  std::copy(found.point.begin(), found.point.end(), x.col(0).begin());
  absl::StrAppendFormat(&text, ", keeps to the constraints with %.2g",
                        std::exp(LogFeasibility(belief, x)[0]));
  return text;
}

}  // namespace qalam
