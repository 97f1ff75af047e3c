#include "suggestion/gp/suggester.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/random_stream.h"
#include "suggestion/settings.h"

namespace qalam::gp {
namespace {

// How many of the best trials the acquisition is searched around.
constexpr int kCenters = 5;
constexpr int kInitialTries = 8;

// The points with the least predicted values, best first.
std::vector<std::vector<double>> BestPredicted(const Posterior& posterior) {
  std::vector<std::pair<double, int>> order;
  for (int i = 0; i < posterior.points().rows(); ++i) {
    double sum = 0;
    for (int r = 0; r < posterior.fantasies(); ++r) sum += posterior.smoothed()(i, r);
    order.emplace_back(sum, i);
  }
  const size_t count = std::min<size_t>(kCenters, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
  std::vector<std::vector<double>> points;
  for (size_t k = 0; k < count; ++k) {
    points.emplace_back();
    for (int d = 0; d < posterior.axes(); ++d) {
      points.back().push_back(posterior.points()(order[k].second, d));
    }
  }
  return points;
}

}  // namespace

GpSuggester::GpSuggester(const SuggesterSpec& spec, std::string name, GpOptions options)
    : OneByOneSuggester(spec.space),
      name_(std::move(name)),
      options_(options),
      objective_(spec.objective),
      seed_(EffectiveSeed(spec)),
      sequence_(spec.space->size(), StableMix(seed_, StableHash("gp initial"))),
      table_(spec.space) {}

void GpSuggester::Update(const History& history) { table_.Update(history); }

std::optional<Suggestion> GpSuggester::Propose(const Request& request) {
  const int known = static_cast<int>(table_.with_loss().size() + table_.failed().size() +
                                     table_.pending().size() + request.batch.size());
  const bool initial = known < options_.initial_points || table_.with_loss().empty() ||
                       table_.encoding().size() == 0 || !request.unseen.AnyLeft();
  return initial ? InitialPoint(request) : ModelPoint(request);
}

Suggestion GpSuggester::InitialPoint(const Request& request) const {
  const uint64_t number = static_cast<uint64_t>(request.number);
  std::vector<double> uniform(static_cast<size_t>(space().size()), 0.5);
  for (int i = 0; i < space().size(); ++i) {
    if (!space().parameter(i).is_ordered()) uniform[i] = 0;
  }
  Assignment assignment = space().FromUnit(uniform);
  if (number == 0 && options_.center_first && request.unseen.IsUnseen(assignment)) {
    return {.assignment = std::move(assignment),
            .explanation = absl::StrCat(name_, ": the centre of the space")};
  }
  for (uint64_t tries = 0; tries < kInitialTries; ++tries) {
    sequence_.Point(number + (tries << 32), absl::MakeSpan(uniform));
    assignment = space().FromQuantiles(uniform);
    if (request.unseen.IsUnseen(assignment)) break;
  }
  if (!request.unseen.IsUnseen(assignment)) {
    RandomStream random(seed_, number, "gp initial");
    assignment = request.unseen.Pick(random.Bits()).value_or(std::move(assignment));
  }
  return {.assignment = std::move(assignment),
          .explanation = absl::StrCat(name_, ": fills the space")};
}

Suggestion GpSuggester::ModelPoint(const Request& request) {
  const FittedModel& model = models_.Get(table_);
  std::vector<std::vector<double>> batch;
  for (const Assignment& assignment : request.batch) {
    batch.push_back(table_.encoding().Encode(assignment));
  }
  const Posterior posterior = MakePosterior(
      table_, model, {.batch = batch, .seed = seed_, .number = request.number});
  const AcquisitionKind kind = options_.acquisition;
  const Acquisition acquisition(kind, posterior);
  SearchTarget target;
  target.values = [&](const Matrix& xs) { return acquisition.Evaluate(xs); };
  if (!options_.sampling_only) {
    target.gradient = [&](absl::Span<const double> x, absl::Span<double> gradient) {
      return acquisition.EvaluateWithGradient(x, gradient);
    };
  }
  SearchOptions options = {.seed = seed_, .number = static_cast<uint64_t>(request.number)};
  const std::vector<FoundPoint> found =
      Maximize(table_.encoding(), target, BestPredicted(posterior), options);
  for (const FoundPoint& candidate : found) {
    Assignment assignment = table_.encoding().Decode(candidate.point);
    if (!request.unseen.IsUnseen(assignment)) continue;
    return {.assignment = std::move(assignment),
            .explanation = Explain(model, posterior, candidate)};
  }
  return InitialPoint(request);
}

std::string GpSuggester::Explain(const FittedModel& model, const Posterior& posterior,
                                 const FoundPoint& found) const {
  const Posterior::Local local = posterior.PredictLocal(found.point);
  double mean = 0;
  for (const double m : local.means) mean += m / static_cast<double>(local.means.size());
  const double deviation = std::sqrt(local.variance);
  const double sign = objective_.direction == Direction::kMinimize ? 1 : -1;
  const double spread =
      0.5 * (model.warp.Invert(mean + deviation) - model.warp.Invert(mean - deviation));
  return absl::StrFormat("%s: predicts %.4g +- %.2g (best %.4g), log EI %.2f", name_,
                         sign * model.warp.Invert(mean), spread,
                         sign * table_.outcome(table_.best()).loss, found.value);
}

}  // namespace qalam::gp
