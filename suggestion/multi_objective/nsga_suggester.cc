#include "suggestion/multi_objective/nsga_suggester.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "suggestion/neighbours.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

constexpr char kPopulationSize[] = "population_size";
constexpr char kMutation[] = "mutation_prob";
constexpr char kCrossover[] = "crossover_prob";
constexpr char kSwapping[] = "swapping_prob";
constexpr size_t kLeastParents = 2;
constexpr int kMaxCrossings = 8;  // to breed an unseen point
// How many of the survivors are bred from.
constexpr int64_t kFirstParents = 10;
constexpr int64_t kTrialsPerParent = 20;

SettingSpec Probability(const char* name, const char* default_value, const char* help) {
  return {.name = name,
          .type = SettingType::kDouble,
          .default_value = default_value,
          .min = 0,
          .max = 1,
          .help = help};
}

}  // namespace

std::vector<SettingSpec> NsgaSettings() {
  return {{.name = kPopulationSize,
           .type = SettingType::kInt,
           .default_value = "50",
           .min = 2,
           .max = 10000,
           .help = "Trials that survive and are bred from."},
          Probability(kMutation, "",
                      "Share of a child's parameters that change by themselves; without it, one "
                      "parameter on average."),
          Probability(kCrossover, "0.9", "Share of the children that have two parents."),
          Probability(kSwapping, "0.5",
                      "Share of the parameters in which children of two parents differ from the "
                      "first one."),
          RandomStateSetting()};
}

NsgaOptions ReadNsgaSettings(const SuggesterSpec& spec, const std::vector<SettingSpec>& settings) {
  const SettingsReader reader(settings, spec.settings);
  NsgaOptions options;
  options.population_size =
      static_cast<int>(reader.Int(kPopulationSize).value_or(options.population_size));
  options.rates.mutation = reader.Double(kMutation).value_or(options.rates.mutation);
  options.rates.crossover = reader.Double(kCrossover).value_or(options.rates.crossover);
  options.rates.swapping = reader.Double(kSwapping).value_or(options.rates.swapping);
  return options;
}

NsgaSuggester::NsgaSuggester(const SuggesterSpec& spec, NsgaOptions options)
    : OneByOneSuggester(spec),
      seed_(EffectiveSeed(spec)),
      options_(std::move(options)),
      drawn_(std::min(options_.population_size, std::max(10, 2 * spec.space->size()))),
      sequence_(spec.space->size(), StableMix(seed_, 1)),
      survivors_(options_.population_size, options_.cut) {}

std::optional<Suggestion> NsgaSuggester::Propose(const Request& request) {
  RandomStream random(seed_, static_cast<uint64_t>(request.number), options_.name);
  const bool draws = request.number < drawn_ || survivors_.members().size() < kLeastParents;
  Suggestion suggestion = draws ? Draw(request) : Breed(request, random);
  if (request.unseen.AnyLeft() && !request.unseen.IsUnseen(suggestion.assignment)) {
    suggestion.assignment = NearestUnseen(space(), request.unseen, suggestion.assignment, random)
                                .value_or(suggestion.assignment);
  }
  return suggestion;
}

Suggestion NsgaSuggester::Draw(const Request& request) const {
  std::vector<double> probabilities(static_cast<size_t>(space().size()));
  sequence_.Point(static_cast<uint64_t>(request.number), absl::MakeSpan(probabilities));
  return {.assignment = space().FromQuantiles(probabilities),
          .explanation = absl::StrCat(options_.name, ": drawn for the first population")};
}

Suggestion NsgaSuggester::Breed(const Request& request, RandomStream& random) const {
  Suggestion suggestion;
  for (int attempt = 0; attempt < kMaxCrossings; ++attempt) {
    const Survivors::Member& first = Winner(request.number, random);
    const Survivors::Member& second = Winner(request.number, random);
    suggestion.assignment =
        BreedByCrossover(request.history, first.trial, second.trial, options_.rates, random);
    if (!request.unseen.IsUnseen(suggestion.assignment)) continue;
    suggestion.explanation = absl::StrFormat(
        "%s: child of trials %d and %d, of fronts %d and %d", options_.name,
        request.history.trial(first.trial).number, request.history.trial(second.trial).number,
        first.front + 1, second.front + 1);
    return suggestion;
  }
  suggestion.explanation = absl::StrCat(options_.name, ": near a child that was tried before");
  return suggestion;
}

// The survivors are in order: of two the first one wins.
const Survivors::Member& NsgaSuggester::Winner(int64_t number, RandomStream& random) const {
  const std::vector<Survivors::Member>& members = survivors_.members();
  const int64_t parents = std::min(static_cast<int64_t>(members.size()),
                                   std::max(kFirstParents, number / kTrialsPerParent));
  const uint64_t a = random.Below(static_cast<uint64_t>(parents));
  const uint64_t b = random.Below(static_cast<uint64_t>(parents));
  return members[static_cast<size_t>(std::min(a, b))];
}

}  // namespace qalam
