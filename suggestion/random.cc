// Random search (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13,
// 2012): every trial is an independent draw from the parameters' declared distributions. Differs
// from the paper in never repeating a point while unseen ones are left.

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

constexpr char kPurpose[] = "random";
// Draws before a point that is new is looked for by other means. Keeps to the declared
// distributions as long as they are likely to yield something new.
constexpr int kMaxDraws = 32;

class RandomSuggester final : public Suggester {
 public:
  explicit RandomSuggester(const SuggesterSpec& spec)
      : space_(spec.space), finite_(FiniteSpace::Of(spec.space)), seed_(EffectiveSeed(spec)) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr);
    std::vector<Suggestion> suggestions;
    for (int i = 0; i < count; ++i) {
      Assignment assignment = Draw(static_cast<uint64_t>(history.next_number() + i), unseen);
      unseen.Take(assignment);
      suggestions.push_back({.assignment = std::move(assignment)});
    }
    return suggestions;
  }

 private:
  Assignment Draw(uint64_t number, const UnseenPoints& unseen) const {
    RandomStream random(seed_, number, kPurpose);
    std::vector<double> probabilities(static_cast<size_t>(space_->size()));
    Assignment assignment;
    for (int draw = 0; draw < kMaxDraws; ++draw) {
      for (double& p : probabilities) p = random.Uniform();
      assignment = space_->FromQuantiles(probabilities);
      // Random search goes on when there is nothing new: noise may be averaged by repetition.
      if (!unseen.AnyLeft() || unseen.IsUnseen(assignment)) return assignment;
    }
    return unseen.Pick(random.Bits()).value_or(assignment);
  }

  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  uint64_t seed_;
};

}  // namespace

AlgorithmDescriptor RandomAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "random";
  descriptor.summary = "Draws every trial from the declared distributions, without repetition.";
  descriptor.source = "Bergstra and Bengio, JMLR 13, 2012";
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<RandomSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
