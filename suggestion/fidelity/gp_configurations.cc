#include "suggestion/fidelity/gp_configurations.h"

#include <algorithm>
#include <limits>
#include <set>
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
      rung_axis_(AxisOf(table_.encoding(), resource->index())) {}

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

// Before a trial has come to the top, what it takes to be good there is anyone's guess.
bool GpConfigurations::AnyAtTop() const {
  return std::any_of(table_.with_loss().begin(), table_.with_loss().end(), [this](int i) {
    return rung_axis_ < 0 ||
           table_.point(i)[rung_axis_] == table_.encoding().axis(rung_axis_).places.back();
  });
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

std::vector<std::vector<double>> GpConfigurations::Tried(const gp::Evidence& evidence) const {
  std::set<std::vector<double>> points;
  for (const int i : evidence.trials) {
    if (!table_.outcome(i).has_loss()) continue;
    std::vector<double> point(table_.point(i).begin(), table_.point(i).end());
    if (rung_axis_ >= 0) point.erase(point.begin() + rung_axis_);
    points.insert(std::move(point));
  }
  return {points.begin(), points.end()};
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

std::optional<Suggestion> GpConfigurations::FromModel(const History& history) {
  table_.Update(told_.Follow(history));
  if (!AnyAtTop() || encoding_.size() == 0) return std::nullopt;
  const int64_t number = history.next_number();
  gp::FittedModel model = model_.Get(table_, 0);
  if (number >= kDoubtFrom && number % kDoubtEvery == kDoubtEvery - 1) {
    model.parameters = gp::Doubted(std::move(model.parameters), number / kDoubtEvery);
  }
  const gp::Evidence evidence = gp::CollectEvidence(table_, model, {});
  std::vector<gp::Posterior> posteriors;
  posteriors.push_back(gp::MakePosterior(table_, 0, model, evidence,
                                         {.seed = seed_, .number = number, .count = kGpFantasies}));
  const std::vector<std::vector<double>> tried = Tried(evidence);
  if (tried.empty()) return std::nullopt;
  const Incumbents incumbents = IncumbentsOf(tried, posteriors[0]);
  const gp::Acquisition acquisition(
      gp::ImprovementMerit(gp::AcquisitionKind::kLogExpectedImprovement, incumbents.losses),
      posteriors);
  return FirstUnseen(history, gp::Maximize(encoding_, TargetOf(acquisition), incumbents.points,
                                           Effort(posteriors[0].points().rows(), seed_, number)));
}

// By what is predicted of them at the top.
GpConfigurations::Incumbents GpConfigurations::IncumbentsOf(
    const std::vector<std::vector<double>>& tried, const gp::Posterior& posterior) const {
  Matrix xs(encoding_.size(), static_cast<int>(tried.size()));
  for (int j = 0; j < xs.cols(); ++j) {
    std::copy(tried[j].begin(), tried[j].end(), xs.col(j).begin());
  }
  const Matrix means = posterior.Means(AtTop(xs));
  Incumbents incumbents;
  incumbents.losses.assign(static_cast<size_t>(means.rows()),
                           std::numeric_limits<double>::infinity());
  std::vector<std::pair<double, size_t>> order;
  for (int j = 0; j < means.cols(); ++j) {
    double sum = 0;
    for (int r = 0; r < means.rows(); ++r) {
      incumbents.losses[r] = std::min(incumbents.losses[r], means(r, j));
      sum += means(r, j);
    }
    order.emplace_back(sum, static_cast<size_t>(j));
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < std::min(kSearchedAround, order.size()); ++k) {
    incumbents.points.push_back(tried[order[k].second]);
  }
  return incumbents;
}

std::optional<Suggestion> GpConfigurations::FirstUnseen(const History& history,
                                                        const std::vector<gp::FoundPoint>& found) {
  const SearchSpace& space = *resource_->configurations();
  const UnseenPoints unseen(tried_.Follow(history), finite_.has_value() ? &*finite_ : nullptr);
  for (const gp::FoundPoint& point : found) {
    Assignment configuration = space.Canonical(encoding_.Decode(point.point));
    if (!space.Satisfies(configuration) || !unseen.IsUnseen(configuration)) continue;
    return Suggestion{.assignment = std::move(configuration),
                      .explanation = absl::StrFormat("gp: log EI %.2f with %s %g", point.value,
                                                     resource_->name(), amounts_.back())};
  }
  return std::nullopt;
}

}  // namespace qalam
