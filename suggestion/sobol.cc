// Quasi-random search: the scrambled Sobol sequence, mapped through the parameters' declared
// distributions. Trial number n is point n of the sequence, so a trial's point does not depend on
// batches or on other trials; only in finite spaces, where two points of the sequence may fall on
// the same values, is the second replaced by an unseen one. Under constraints trial number n is the
// n-th point of the sequence that satisfies them, which stays evenly spread; where they leave so
// little that this would take long, it is point n moved to the nearest place where they hold.

#include "math/sobol.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/random_stream.h"
#include "suggestion/feasible.h"
#include "suggestion/finite_space.h"
#include "suggestion/registry.h"
#include "suggestion/settings.h"
#include "suggestion/start_points.h"
#include "suggestion/unseen_points.h"

namespace qalam {
namespace {

// Constraints that so many points of the first kProbed satisfy are met by leaving out the others.
constexpr uint64_t kProbed = 1024;
constexpr size_t kLeastAccepted = kProbed / 20;
// Beyond this number (of another program's trial) the sequence is not searched.
constexpr uint64_t kMaxSearched = uint64_t{1} << 20;

class SobolSuggester final : public Suggester {
 public:
  explicit SobolSuggester(const SuggesterSpec& spec)
      : space_(spec.space),
        finite_(FiniteSpace::Of(spec.space)),
        seed_(EffectiveSeed(spec)),
        duplicates_(spec.duplicates),
        sequence_(spec.space->size(), seed_) {}

  absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) override {
    UnseenPoints unseen(history, finite_.has_value() ? &*finite_ : nullptr, duplicates_);
    std::vector<Suggestion> suggestions;
    for (int i = 0; i < count && !unseen.Exhausted(); ++i) {
      suggestions.push_back(
          Propose(history, static_cast<uint64_t>(history.next_number() + i), unseen));
      unseen.Take(suggestions.back().assignment);
    }
    return suggestions;
  }

 private:
  Assignment PointAt(uint64_t index) const {
    std::vector<double> probabilities(static_cast<size_t>(space_->size()));
    sequence_.Point(index, absl::MakeSpan(probabilities));
    return DesignPoint(*space_, index, probabilities);
  }

  // Adds the first `count` points of the sequence that satisfy the constraints to accepted_. It is
  // a prefix of what a new instance finds, so it only saves time.
  void Search(uint64_t end, size_t count) {
    for (; searched_ < end && accepted_.size() < count; ++searched_) {
      if (space_->Satisfies(PointAt(searched_))) {
        accepted_.push_back(searched_);
      }
    }
  }

  // The point of the sequence that trial `number` is to have.
  uint64_t IndexFor(uint64_t number) {
    if (space_->constraints().empty() || number > kMaxSearched) return number;
    Search(kProbed, kProbed);
    const auto probed = std::lower_bound(accepted_.begin(), accepted_.end(), kProbed);
    if (static_cast<size_t>(probed - accepted_.begin()) < kLeastAccepted) return number;
    Search((number + 2) * kProbed, number + 1);
    return number < accepted_.size() ? accepted_[number] : number;
  }

  Suggestion Propose(const History& history, uint64_t number, const UnseenPoints& unseen) {
    const uint64_t index = IndexFor(number);
    Assignment assignment = PointAt(index);
    std::string why = absl::StrCat("point ", index + 1, " of the Sobol sequence");
    RandomStream random(seed_, number, "sobol");
    if (!space_->Satisfies(assignment)) {
      std::vector<double> unit(assignment.size());
      space_->ToUnit(assignment, absl::MakeSpan(unit));
      assignment = RepairPoint(unit, history, unseen, &random);
      absl::StrAppend(&why, ", moved to satisfy the constraints");
    } else if (!unseen.IsUnseen(assignment)) {
      std::optional<Assignment> picked = unseen.Pick(random.Bits());
      if (picked.has_value()) why = "random choice among what is left";
      assignment = std::move(picked).value_or(std::move(assignment));
    }
    return {std::move(assignment), {}, std::move(why)};
  }

  std::shared_ptr<const SearchSpace> space_;
  std::optional<FiniteSpace> finite_;
  uint64_t seed_;
  DuplicatePolicy duplicates_;
  SobolSequence sequence_;
  std::vector<uint64_t> accepted_;  // in increasing order
  uint64_t searched_ = 0;           // points of the sequence looked at
};

}  // namespace

AlgorithmDescriptor SobolAlgorithm() {
  AlgorithmDescriptor descriptor;
  descriptor.name = "sobol";
  descriptor.summary = "Fills the space evenly with a scrambled Sobol sequence.";
  descriptor.source = "Sobol, 1967; Owen, 1995; Joe and Kuo, SIAM J. Sci. Comput. 30, 2008";
  descriptor.capabilities.multi_objective = true;
  descriptor.settings = {RandomStateSetting()};
  descriptor.create = [](const SuggesterSpec& spec) {
    return std::make_unique<SobolSuggester>(spec);
  };
  return descriptor;
}

}  // namespace qalam
