// Evolution for mixed spaces and moderate budgets. Two ways of breeding share the trials by their
// success: differential evolution with rates learnt from what succeeded, an archive and a shrinking
// population (L-SHADE: Tanabe and Fukunaga, CEC 2014), and steps in one parameter from the best
// trials (local search: White et al., arXiv 2005.02960), which is what wins on categorical spaces.
// Asynchronous: there are no generations; a child replaces its parent when its result is in.

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "math/sobol.h"
#include "suggestion/evolution/labels.h"
#include "suggestion/evolution/population.h"
#include "suggestion/evolution/variation.h"
#include "suggestion/neighbours.h"
#include "suggestion/one_by_one.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"
#include "suggestion/start_points.h"

namespace qalam {
namespace {

constexpr char kEvolutionPurpose[] = "evolution";
constexpr int kLeastPopulation = 6;
constexpr int kLeastBreeders = 4;  // alive trials that breeding needs
constexpr int kMaxBreedings = 8;   // to breed an unseen point
// The share of the population that children are bred towards.
constexpr double kGoodShare = 0.15;

std::vector<SettingSpec> EvolutionSettings() {
  return {{.name = "population_size",
           .type = SettingType::kInt,
           .default_value = "10",
           .min = kLeastPopulation,
           .max = 10000,
           .help = "Trials drawn at first and bred from; shrinks as maxTrialCount comes near."},
          RandomStateSetting()};
}

class EvolutionSuggester final : public OneByOneSuggester {
 public:
  explicit EvolutionSuggester(const SuggesterSpec& spec)
      : OneByOneSuggester(spec),
        seed_(EffectiveSeed(spec)),
        max_trial_count_(spec.max_trial_count),
        sequence_(spec.space->size(), StableMix(seed_, 1)) {
    const std::vector<SettingSpec> specs = EvolutionSettings();
    population_size_ =
        static_cast<int>(SettingsReader(specs, spec.settings).Int("population_size").value_or(10));
  }

 private:
  void Update(const History& history) override { population_.Update(history); }

  std::optional<Suggestion> Propose(const Request& request) override {
    RandomStream random(seed_, static_cast<uint64_t>(request.number), kEvolutionPurpose);
    Suggestion suggestion;
    if (request.number < population_size_ || population_.alive().size() < kLeastBreeders) {
      suggestion = Draw(request);
    } else {
      suggestion = Breed(request, random);
    }
    if (!request.unseen.AnyLeft() || request.unseen.IsUnseen(suggestion.assignment)) {
      return suggestion;
    }
    suggestion.assignment = NearestUnseen(space(), request.unseen, suggestion.assignment, random)
                                .value_or(suggestion.assignment);
    return suggestion;
  }

  Suggestion Draw(const Request& request) const {
    std::vector<double> probabilities(static_cast<size_t>(space().size()));
    sequence_.Point(static_cast<uint64_t>(request.number), absl::MakeSpan(probabilities));
    return {
        .assignment = DesignPoint(space(), static_cast<uint64_t>(request.number), probabilities),
        .explanation = "evolution: drawn for the first population"};
  }

  Suggestion Breed(const Request& request, RandomStream& random) const {
    Suggestion suggestion;
    for (int attempt = 0; attempt < kMaxBreedings; ++attempt) {
      suggestion = random.Uniform() < population_.LocalShare() ? Local(request.history, random)
                                                               : Differential(request, random);
      if (request.unseen.IsUnseen(suggestion.assignment)) break;
    }
    return suggestion;
  }

  Suggestion Differential(const Request& request, RandomStream& random) const {
    const History& history = request.history;
    const absl::Span<const int> members = Members(request.number);
    const EvolutionPopulation::Rates rates = population_.SuccessfulRates();
    EvolutionLabels labels{.op = EvolutionLabels::Operator::kDifferential};
    labels.f = DrawF(rates.f, random);
    labels.cr = std::clamp(rates.cr + 0.1 * random.Normal(), 0.0, 1.0);
    DifferentialParents parents;
    parents.target = members[random.Below(members.size())];
    parents.good = Good(members, random);
    parents.plus = members[random.Below(members.size())];
    parents.minus = WithArchive(members, random);
    labels.parent = history.trial(parents.target).number;
    labels.reference = history.trial(parents.good).number;
    return {.assignment = BreedDifferential(history, parents, labels.f, labels.cr, random),
            .labels = FormatEvolutionLabels(labels),
            .explanation = absl::StrFormat("evolution: from trial %d towards trial %d by "
                                           "differences (f %.2f, cr %.2f)",
                                           labels.parent, labels.reference, labels.f, labels.cr)};
  }

  Suggestion Local(const History& history, RandomStream& random) const {
    const absl::Span<const int> members = Members(history.next_number());
    LocalParents parents;
    parents.parent = Good(members, random);
    parents.plus = members[random.Below(members.size())];
    parents.minus = members[random.Below(members.size())];
    const int64_t number = history.trial(parents.parent).number;
    return {.assignment = BreedLocal(history, parents, random),
            .labels = FormatEvolutionLabels({.parent = number, .reference = number}),
            .explanation = absl::StrFormat("evolution: one step from trial %d", number)};
  }

  // The best of those alive: all of the first population at first, few at the end of the budget.
  absl::Span<const int> Members(int64_t number) const {
    double size = population_size_;
    if (max_trial_count_.has_value() && *max_trial_count_ > 0) {
      const double progress =
          std::min(1.0, static_cast<double>(number) / static_cast<double>(*max_trial_count_));
      size -= progress * (population_size_ - kLeastPopulation);
    }
    return population_.alive().subspan(0, static_cast<size_t>(std::round(size)));
  }

  static int Good(absl::Span<const int> members, RandomStream& random) {
    const double good = std::max(2.0, std::ceil(kGoodShare * static_cast<double>(members.size())));
    return members[random.Below(static_cast<uint64_t>(good))];
  }

  // A member, or one of as many that were replaced last.
  int WithArchive(absl::Span<const int> members, RandomStream& random) const {
    const absl::Span<const int> replaced = population_.replaced();
    const size_t archived = std::min(replaced.size(), members.size());
    const size_t drawn = random.Below(members.size() + archived);
    if (drawn < members.size()) return members[drawn];
    return replaced[replaced.size() - 1 - (drawn - members.size())];
  }

  // Cauchy around `middle`, cut off at 1 and drawn again at 0.
  static double DrawF(double middle, RandomStream& random) {
    for (int draw = 0; draw < 32; ++draw) {
      const double f = middle + 0.1 * std::tan(3.14159265358979323846 * (random.Uniform() - 0.5));
      if (f > 0) return std::min(f, 1.0);
    }
    return middle;
  }

  uint64_t seed_;
  std::optional<int64_t> max_trial_count_;
  int population_size_ = 0;
  SobolSequence sequence_;
  EvolutionPopulation population_;
};

}  // namespace

AlgorithmDescriptor EvolutionAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "evolution";
  descriptor.summary =
      "Breeds trials from good ones, by differential evolution and by local steps, for mixed "
      "spaces.";
  descriptor.source = "Tanabe and Fukunaga, CEC 2014; White et al., arXiv 2005.02960";
  descriptor.capabilities.transfers = true;
  descriptor.settings = EvolutionSettings();
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<EvolutionSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
