// Quasi-random search: the scrambled Sobol sequence, mapped through the parameters' declared
// distributions. Trial number n is point n of the sequence, so a trial's point does not depend on
// batches or on other trials; only in finite spaces, where two points of the sequence may fall on
// the same values, is the second replaced by an unseen one.

#include "math/sobol.h"

#include <memory>
#include <utility>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

class SobolSuggester final : public Suggester {
 public:
  explicit SobolSuggester(const SuggesterSpec& spec)
      : space_(spec.space),
        finite_(FiniteSpace::Of(spec.space)),
        seed_(EffectiveSeed(spec)),
        sequence_(spec.space->size(), seed_) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr);
    std::vector<Suggestion> suggestions;
    for (int i = 0; i < count; ++i) {
      Assignment assignment = Point(static_cast<uint64_t>(history.next_number() + i), unseen);
      unseen.Take(assignment);
      suggestions.push_back({.assignment = std::move(assignment)});
    }
    return suggestions;
  }

 private:
  Assignment Point(uint64_t number, const UnseenPoints& unseen) const {
    std::vector<double> probabilities(static_cast<size_t>(space_->size()));
    sequence_.Point(number, absl::MakeSpan(probabilities));
    Assignment assignment = space_->FromQuantiles(probabilities);
    if (unseen.IsUnseen(assignment)) return assignment;
    return unseen.Pick(RandomStream(seed_, number, "sobol").Bits()).value_or(assignment);
  }

  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  uint64_t seed_;
  SobolSequence sequence_;
};

}  // namespace

AlgorithmDescriptor SobolAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "sobol";
  descriptor.summary = "Fills the space evenly with a scrambled Sobol sequence.";
  descriptor.source = "Sobol, 1967; Owen, 1995; Joe and Kuo, SIAM J. Sci. Comput. 30, 2008";
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<SobolSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
