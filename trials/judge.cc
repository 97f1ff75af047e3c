// StatusJudge and its kin of manifest.h.
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

absl::StatusOr<GjsonPath> Compile(absl::string_view name, absl::string_view condition) {
  if (condition.empty()) return GjsonPath();
  absl::StatusOr<GjsonPath> path = GjsonPath::Parse(condition);
  if (path.ok()) return path;
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", path.status().message()));
}

// What `condition` finds in `object`, if that counts as a match.
std::optional<Judgement> Match(const GjsonPath& condition, Verdict verdict, const Json& object) {
  const std::optional<Json> found = condition.Evaluate(object);
  if (!found.has_value() || !found->is_structured()) return std::nullopt;
  if (found->is_array() && found->empty()) return std::nullopt;
  Judgement judgement;
  judgement.verdict = verdict;
  const Json& told = found->is_array() ? found->front() : *found;
  if (told.is_object()) {
    judgement.reason = TextMember(told, "reason");
    judgement.message = TextMember(told, "message");
  }
  return judgement;
}

}  // namespace

absl::Status ValidateCondition(absl::string_view condition) {
  return GjsonPath::Parse(condition).status();
}

absl::StatusOr<StatusJudge> StatusJudge::Create(absl::string_view success_condition,
                                                absl::string_view failure_condition) {
  QALAM_ASSIGN_OR_RETURN(GjsonPath success, Compile("successCondition", success_condition));
  QALAM_ASSIGN_OR_RETURN(GjsonPath failure, Compile("failureCondition", failure_condition));
  return StatusJudge(std::move(success), std::move(failure));
}

Judgement StatusJudge::Judge(const Json& object) const {
  std::optional<Judgement> judgement = Match(failure_, Verdict::kFailed, object);
  if (!judgement.has_value()) judgement = Match(success_, Verdict::kSucceeded, object);
  return judgement.value_or(Judgement());
}

Judgement JudgeStatus(const Json& object, const std::string& success_condition,
                      const std::string& failure_condition) {
  const bool success_is_valid = ValidateCondition(success_condition).ok();
  const bool failure_is_valid = ValidateCondition(failure_condition).ok();
  const absl::StatusOr<StatusJudge> judge = StatusJudge::Create(
      success_is_valid ? success_condition : "", failure_is_valid ? failure_condition : "");
  return judge.ok() ? judge->Judge(object) : Judgement();
}

}  // namespace qalam
