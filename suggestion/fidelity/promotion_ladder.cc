#include "suggestion/fidelity/promotion_ladder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/trial_labels.h"

namespace qalam {

PromotionLadder::PromotionLadder(const Resource* resource, std::vector<double> amounts, double eta)
    : resource_(resource), amounts_(std::move(amounts)), eta_(eta) {
  PromotionLadder::Reset();
}

void PromotionLadder::Reset() { rungs_.assign(amounts_.size(), PromotionRung(eta_)); }

std::optional<size_t> PromotionLadder::RungOf(const History& history, int i) const {
  const Assignment& assignment = history.trial(i).assignment;
  const double amount = resource_->AmountOf(assignment);
  const auto found = std::lower_bound(amounts_.begin(), amounts_.end(), amount);
  if (found == amounts_.end() || *found != amount) return std::nullopt;
  // What goes on must be a point of the space.
  if (!resource_->configurations()->IsPoint(resource_->ConfigurationOf(assignment))) {
    return std::nullopt;
  }
  return static_cast<size_t>(found - amounts_.begin());
}

void PromotionLadder::Begin(const History& history, int i) {
  const std::optional<size_t> rung = RungOf(history, i);
  const std::optional<int64_t> parent = ResumedTrial(history.trial(i).labels);
  if (rung.has_value() && *rung > 0 && parent.has_value()) {
    rungs_[*rung - 1].MarkPromoted(*parent);
  }
}

void PromotionLadder::End(const History& history, int i) {
  const std::optional<size_t> rung = RungOf(history, i);
  if (!rung.has_value()) return;
  const Outcome outcome = OutcomeOf(history.trial(i), history.objective());
  if (outcome.kind == OutcomeKind::kObserved) {
    rungs_[*rung].Add(Ranked(history, i, outcome));
  } else if (outcome.kind != OutcomeKind::kNothing) {
    rungs_[*rung].AddWithoutResult();
  }
}

RungStep PromotionLadder::Next(const History&, Supply supply) {
  for (size_t r = rungs_.size() - 1; r-- > 0;) {
    if (const auto trial = rungs_[r].Promotable()) return Promotion(r, *trial, true);
  }
  for (size_t r = rungs_.size() - 1; supply != Supply::kUnseen && r-- > 0;) {
    if (const auto trial = rungs_[r].BestLeft()) return Promotion(r, *trial, false);
  }
  if (supply == Supply::kNone) return {};
  return {.kind = RungStep::Kind::kConfiguration,
          .amount = amounts_[0],
          .explanation = absl::StrCat(Describe(0), ", new configuration")};
}

// However bad it is, it may come to be among the best when worse ones follow.
bool PromotionLadder::MayPromote(const History& history, int i) const {
  const std::optional<size_t> rung = RungOf(history, i);
  return rung.has_value() && *rung + 1 < rungs_.size() &&
         rungs_[*rung].IsLeft(history.trial(i).number);
}

RungStep PromotionLadder::Promotion(size_t from, const RankedTrial& parent, bool in_share) const {
  const PromotionRung& rung = rungs_[from];
  RungStep step{.kind = RungStep::Kind::kPromotion,
                .amount = amounts_[from + 1],
                .parent = parent.index,
                .labels = {{kResumeFromLabel, absl::StrCat(parent.number)}}};
  step.explanation =
      absl::StrCat(Describe(from + 1), ", promoted from trial ", parent.number,
                   in_share ? absl::StrCat(" (among the best ", rung.share(), " of ", rung.ended())
                            : " (the best that is left, no configuration being new",
                   ")");
  return step;
}

std::string PromotionLadder::Describe(size_t rung) const {
  return absl::StrCat("rung ", rung + 1, " of ", amounts_.size(), " (", resource_->name(), " ",
                      FormatNumber(amounts_[rung]), ")");
}

}  // namespace qalam
