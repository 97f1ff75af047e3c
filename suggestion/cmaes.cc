// CMA-ES (Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772) for mixed spaces, as
// CatCMA with margin (Hamano et al., arXiv 2504.07884): a normal distribution over the ordered
// parameters, with margins on stepped ones, and independent distributions over categories.
// Asynchronous: requests never wait for a generation, and results that come late are used (see
// cma/replay.h).

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "suggestion/cma/coordinates.h"
#include "suggestion/cma/replay.h"
#include "suggestion/neighbours.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

// Draws, each wider than the last, before an unseen point is looked for by other means.
constexpr int kMaxAttempts = 8;

std::vector<SettingSpec> CmaesSettings() {
  return {{.name = "sigma",
           .type = SettingType::kDouble,
           .default_value = "0.1666666667",
           .min = 0,
           .max = 1,
           .min_exclusive = true,
           .help = "The initial standard deviation, as a share of each parameter's range."},
          {.name = "popsize",
           .type = SettingType::kInt,
           .min = 2,
           .max = 100000,
           .help = "Results that a generation needs; by default 4 + 3 ln(number of parameters)."},
          {.name = "restart_strategy",
           .type = SettingType::kString,
           .default_value = "bipop",
           .choices = {"none", "ipop", "bipop"},
           .help = "How the search starts again when it has converged: not at all, with twice the "
                   "population, or with large and small populations in turn."},
          {.name = "lr_adapt",
           .type = SettingType::kBool,
           .default_value = "false",
           .help = "Slows learning down where results are noisy or have many local optima."},
          RandomStateSetting()};
}

RestartStrategy ParseRestartStrategy(const std::optional<std::string>& text) {
  if (text == "ipop") return RestartStrategy::kIpop;
  return text == "bipop" ? RestartStrategy::kBipop : RestartStrategy::kNone;
}

Assignment Middle(const SearchSpace& space) {
  return space.FromUnit(std::vector<double>(static_cast<size_t>(space.size()), 0.5));
}

// What is believed of good points: the trials of all sources, their losses replaced by ranks, as
// those of different experiments cannot be compared otherwise; else the one point that a person
// would begin with. Null when there is nothing.
std::shared_ptr<const std::vector<CmaMember>> Beliefs(const SuggesterSpec& spec,
                                                      const CmaCoordinates& coordinates) {
  auto members = std::make_shared<std::vector<CmaMember>>();
  std::vector<double> unit(static_cast<size_t>(spec.space->size()));
  for (const auto& source : spec.sources) {
    std::vector<double> sorted = source->losses;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < source->points.size(); ++i) {
      const auto place = std::lower_bound(sorted.begin(), sorted.end(), source->losses[i]);
      const double rank = static_cast<double>(place - sorted.begin());
      spec.space->ToUnit(source->points[i], absl::MakeSpan(unit));
      const Assignment inside = spec.space->FromUnit(unit);
      members->push_back({.point = coordinates.Encode(inside, unit),
                          .outcome = {.kind = OutcomeKind::kObserved,
                                      .loss = rank / static_cast<double>(sorted.size())},
                          .foreign = true,
                          .number = static_cast<int64_t>(members->size())});
    }
  }
  const std::optional<Assignment> start = spec.space->StartPoint();
  if (members->empty() && start.has_value()) {
    spec.space->ToUnit(*start, absl::MakeSpan(unit));
    members->push_back({.point = coordinates.Encode(*start, unit),
                        .outcome = {.kind = OutcomeKind::kObserved},
                        .foreign = true});
  }
  if (members->empty()) return nullptr;
  return members;
}

CmaOptions ReadOptions(const SuggesterSpec& spec, const CmaCoordinates& coordinates) {
  const std::vector<SettingSpec> specs = CmaesSettings();
  const SettingsReader settings(specs, spec.settings);
  const int dimensions = std::max(1, coordinates.ordered() + coordinates.categorical());
  const int population = 4 + static_cast<int>(3 * std::log(dimensions));
  return {.sigma = settings.Double("sigma").value_or(1.0 / 6),
          .population = static_cast<int>(settings.Int("popsize").value_or(population)),
          .restarts = ParseRestartStrategy(settings.String("restart_strategy")),
          .adapt_rates = settings.Bool("lr_adapt").value_or(false),
          .seed = EffectiveSeed(spec),
          .beliefs = Beliefs(spec, coordinates),
          .middle = Middle(*spec.space)};
}

class CmaesSuggester final : public OneByOneSuggester {
 public:
  explicit CmaesSuggester(const SuggesterSpec& spec)
      : OneByOneSuggester(spec),
        coordinates_(spec.space),
        seed_(EffectiveSeed(spec)),
        options_(ReadOptions(spec, coordinates_)),
        replay_(&coordinates_, options_) {}

 private:
  void Update(const History& history) override {
    replay_.Update(history);
    any_in_request_ = false;
  }

  std::optional<Suggestion> Propose(const Request& request) override {
    if (options_.beliefs != nullptr && !replay_.started() && !any_in_request_ &&
        request.unseen.IsNew(options_.middle) && space().Satisfies(options_.middle)) {
      return Suggestion{.assignment = options_.middle,
                        .explanation = "cmaes: the middle, to compare with what is believed"};
    }
    CmaLabels labels = replay_.NextLabels(/*first=*/!any_in_request_);
    // Start points that stand before it in the request have no result either.
    const int64_t before = any_in_request_ ? 0 : static_cast<int64_t>(request.batch.size());
    for (int64_t i = before; i > 0; --i) labels.waiting.push_back(request.number - i);
    any_in_request_ = true;
    Suggestion suggestion;
    suggestion.assignment = Draw(request, labels.attempt);
    suggestion.explanation = absl::StrFormat("cmaes: run %d, generation %d, step %.3g", labels.run,
                                             labels.generation, replay_.state().sigma());
    suggestion.labels = FormatCmaLabels(labels);
    return suggestion;
  }

  Assignment Draw(const Request& request, int& attempt) const {
    const CmaState& state = replay_.state();
    Assignment first;
    for (attempt = 0; attempt <= kMaxAttempts; ++attempt) {
      Assignment assignment = coordinates_.Decode(state.Sample(request.number, attempt));
      if (!request.unseen.AnyLeft() || request.unseen.IsUnseen(assignment)) return assignment;
      if (attempt == 0) first = std::move(assignment);
    }
    attempt = 0;
    RandomStream random(seed_, static_cast<uint64_t>(request.number), "cmaes neighbour");
    return NearestUnseen(space(), request.unseen, first, random).value_or(first);
  }

  CmaCoordinates coordinates_;
  uint64_t seed_;
  CmaOptions options_;
  CmaReplay replay_;
  bool any_in_request_ = false;  // proposed by Propose in the request being answered
};

}  // namespace

AlgorithmDescriptor CmaesAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "cmaes";
  descriptor.summary =
      "Adapts a normal distribution, and one over categories, to the best of each generation.";
  descriptor.source = "Hansen, arXiv 1604.00772; Hamano et al., arXiv 2504.07884";
  descriptor.capabilities.transfers = true;
  descriptor.settings = CmaesSettings();
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<CmaesSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
