// Grid search: every point of a finite space once. In lexicographic order (the last parameter
// varies fastest), or, when random_state is given, in a pseudo-random order, so that a budget
// smaller than the grid still sees all of it. Points that the history has already, whoever proposed
// them, are skipped, and so are those that violate constraints of the space.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "math/permutation.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"

namespace qalam {
namespace {

class GridSuggester final : public Suggester {
 public:
  GridSuggester(FiniteSpace points, std::optional<IndexPermutation> order)
      : points_(std::move(points)), order_(order) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    Advance(history);
    std::vector<Suggestion> suggestions;
    for (int64_t place = first_unseen_;
         place < points_.size() && static_cast<int>(suggestions.size()) < count; ++place) {
      Assignment assignment = PointAt(place);
      if (history.ContainsAssignment(assignment)) continue;
      suggestions.push_back(
          {std::move(assignment),
           {},
           absl::StrCat("point ", place + 1, " of ", points_.size(),
                        order_.has_value() ? " of the shuffled grid" : " of the grid")});
    }
    return suggestions;
  }

 private:
  // Moves first_unseen_ on. It only ever grows with a growing history, so a whole search looks at
  // each place once; a history that does not extend the last one starts it over.
  void Advance(const History& history) {
    if (history.size() < known_trials_ || history.PrefixHash(known_trials_) != known_hash_) {
      first_unseen_ = 0;
    }
    known_trials_ = history.size();
    known_hash_ = history.PrefixHash(known_trials_);
    while (first_unseen_ < points_.size() && history.ContainsAssignment(PointAt(first_unseen_))) {
      ++first_unseen_;
    }
  }

  Assignment PointAt(int64_t place) const {
    return points_.At(order_.has_value() ? order_->At(place) : place);
  }

  FiniteSpace points_;
  std::optional<IndexPermutation> order_;
  int64_t first_unseen_ = 0;  // every place before it is in the first known_trials_ trials
  int known_trials_ = 0;
  uint64_t known_hash_ = 0;
};

absl::Status CheckGrid(const SuggesterSpec& spec) {
  for (const Parameter& parameter : spec.space->parameters()) {
    if (parameter.type == ParameterType::kDouble && !parameter.step.has_value() &&
        parameter.min < parameter.max) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Param ", parameter.name,
          " step is nil; For discrete search space, all parameters must include step"));
    }
  }
  const std::optional<FiniteSpace> points = FiniteSpace::Of(spec.space);
  if (!points.has_value() && !spec.space->constraints().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the grid has ", FormatNumber(spec.space->Cardinality()),
                     " points, and with constraints at "
                     "most ",
                     SearchSpace::kMaxEnumerated,
                     " can be searched; use greater steps, or random or "
                     "sobol"));
  }
  if (!points.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the grid has ", FormatNumber(spec.space->Cardinality()),
                     " points, more than 2^62; use greater steps, or random or sobol"));
  }
  if (spec.max_trial_count.has_value() && *spec.max_trial_count > points->size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("Max Trial Count: ", *spec.max_trial_count,
                     " > all possible search combinations: ", points->size()));
  }
  return absl::OkStatus();
}

std::unique_ptr<Suggester> CreateGrid(const SuggesterSpec& spec) {
  FiniteSpace points = *FiniteSpace::Of(spec.space);
  std::optional<IndexPermutation> order;
  if (spec.settings.count("random_state") != 0) order.emplace(points.size(), EffectiveSeed(spec));
  return std::make_unique<GridSuggester>(std::move(points), order);
}

}  // namespace

AlgorithmDescriptor GridAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "grid";
  descriptor.summary = "Tries every combination of values once; every double needs a step.";
  descriptor.source = "Exhaustive search; order as in Black and Rogaway, CT-RSA 2002";
  descriptor.capabilities.continuous = false;
  descriptor.capabilities.exhausts = true;
  SettingSpec random_state = RandomStateSetting();
  random_state.help =
      "Seed of a shuffled order; without it the order is lexicographic, the last parameter "
      "fastest.";
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {random_state};
  descriptor.validate = CheckGrid;
  descriptor.create = CreateGrid;
  return descriptor;
}

}  // namespace qalam
