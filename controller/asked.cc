#include "controller/asked.h"

#include <variant>

#include "controller/reconcile.h"

namespace qalam {

void Asked::Mark(std::vector<Change>& changes, size_t first) const {
  if (changes_ == 0) return;
  for (size_t i = first; i < changes.size(); ++i) {
    auto* created = std::get_if<TrialCreated>(&changes[i]);
    if (created == nullptr || created->trial.labels.contains(kInitialTrialLabel)) continue;
    created->asked_back = static_cast<int64_t>(i + 1 - changes_);
  }
}

void Asked::OnCommitted(int64_t last_sequence, size_t after_begin) {
  if (changes_ == 0) return;
  sequence_ = last_sequence - static_cast<int64_t>(after_begin - changes_);
  changes_ = 0;
}

}  // namespace qalam
