// Random search (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13,
// 2012): every trial is an independent draw from the parameters' declared distributions. Differs
// from the paper in never repeating a point while unseen ones are left. Under constraints the draws
// that violate them are thrown away, so that the distribution is the declared one, cut off.

#include <memory>
#include <utility>
#include <vector>

#include "core/random_stream.h"
#include "suggestion/feasible.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"
#include "suggestion/start_points.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

constexpr char kPurpose[] = "random";
// Draws before a point that is new is looked for by other means. Keeps to the declared
// distributions as long as they are likely to yield something new.
constexpr int kMaxDraws = 32;
// The same where constraints leave out a part of the space.
constexpr int kMaxConstrainedDraws = 1000;

class RandomSuggester final : public Suggester {
 public:
  explicit RandomSuggester(const SuggesterSpec& spec)
      : space_(spec.space),
        finite_(FiniteSpace::Of(spec.space)),
        seed_(EffectiveSeed(spec)),
        duplicates_(spec.duplicates) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr, duplicates_);
    std::vector<Suggestion> suggestions;
    for (int i = 0; i < count && !unseen.Exhausted(); ++i) {
      suggestions.push_back(
          Draw(history, static_cast<uint64_t>(history.next_number() + i), unseen));
      unseen.Take(suggestions.back().assignment);
    }
    return suggestions;
  }

 private:
  Suggestion Draw(const History& history, uint64_t number, const UnseenPoints& unseen) const {
    RandomStream random(seed_, number, kPurpose);
    std::vector<double> probabilities(static_cast<size_t>(space_->size()));
    Assignment assignment;
    const int draws = space_->constraints().empty() ? kMaxDraws : kMaxConstrainedDraws;
    for (int draw = 0, seen = 0; draw < draws && seen < kMaxDraws; ++draw) {
      for (double& p : probabilities) p = random.Uniform();
      assignment = DesignPoint(*space_, number, probabilities);
      if (!space_->Satisfies(assignment)) continue;
      // Random search goes on when there is nothing new: noise may be averaged by repetition.
      if (!unseen.AnyLeft() || unseen.IsUnseen(assignment)) return {assignment, {}, "random draw"};
      ++seen;
    }
    std::optional<Assignment> picked = unseen.Pick(random.Bits());
    if (picked.has_value()) return {*std::move(picked), {}, "random choice among what is left"};
    std::vector<double> unit(assignment.size());
    space_->ToUnit(assignment, absl::MakeSpan(unit));
    return {RepairPoint(unit, history, unseen, &random),
            {},
            "random draw, moved to satisfy the constraints"};
  }

  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  uint64_t seed_;
  DuplicatePolicy duplicates_;
};

}  // namespace

AlgorithmDescriptor RandomAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "random";
  descriptor.summary = "Draws every trial from the declared distributions, without repetition.";
  descriptor.source = "Bergstra and Bengio, JMLR 13, 2012";
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<RandomSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
