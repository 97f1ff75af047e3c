#include "suggestion/gp/trial_table.h"

#include <bit>

#include "core/random_stream.h"

namespace qalam::gp {

void TrialTable::Update(const History& history) {
  const int known = static_cast<int>(numbers_.size());
  if (known > history.size() || history.PrefixHash(known) != known_prefix_) {
    points_.clear();
    numbers_.clear();
  }
  const size_t axes = static_cast<size_t>(encoding_.size());
  for (int i = static_cast<int>(numbers_.size()); i < history.size(); ++i) {
    points_.resize(points_.size() + axes);
    encoding_.Encode(history.trial(i).assignment, history.unit(i),
                     absl::MakeSpan(points_).subspan(points_.size() - axes));
    numbers_.push_back(history.trial(i).number);
  }
  known_prefix_ = history.PrefixHash(history.size());

  outcomes_.clear();
  with_loss_.clear();
  failed_.clear();
  pending_.clear();
  best_ = -1;
  for (int i = 0; i < history.size(); ++i) {
    outcomes_.push_back(OutcomeOf(history.trial(i), history.objective()));
    const Outcome& outcome = outcomes_.back();
    if (outcome.kind == OutcomeKind::kPending) pending_.push_back(i);
    if (outcome.kind == OutcomeKind::kFailed) failed_.push_back(i);
    if (!outcome.has_loss()) continue;
    with_loss_.push_back(i);
    if (best_ < 0 || outcome.loss < outcomes_[best_].loss) best_ = i;
  }
}

uint64_t TrialTable::HashOfLosses(int count) const {
  uint64_t hash = StableHash("losses");
  for (int k = 0; k < count; ++k) {
    const int i = with_loss_[k];
    hash = StableMix(hash, static_cast<uint64_t>(numbers_[i]));
    hash = StableMix(hash, static_cast<uint64_t>(outcomes_[i].kind));
    hash = StableMix(hash, std::bit_cast<uint64_t>(outcomes_[i].loss));
    for (const double x : point(i)) hash = StableMix(hash, std::bit_cast<uint64_t>(x));
  }
  return hash;
}

}  // namespace qalam::gp
