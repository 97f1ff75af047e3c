#include "storage/trial_drafts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "storage/row_reader.h"
#include "storage/row_text.h"

namespace qalam {
namespace {

constexpr char kInsertTrial[] =
    "INSERT INTO trials(id, experiment, number, name, uid, assignment, labels, condition, reason,"
    " message, attempt, asked_at, created, started, completed, observation, objective,"
    " resource_version, explanation, violation, on_front)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr char kUpdateTrial[] =
    "UPDATE trials SET condition = ?2, reason = ?3, message = ?4, attempt = ?5, started = ?6,"
    " completed = ?7, observation = ?8, objective = ?9, resource_version = ?10, violation = ?11,"
    " on_front = ?12 WHERE id = ?1";
constexpr char kLeaveFront[] = "UPDATE trials SET on_front = 0 WHERE id = ?1";
constexpr char kTrialBefore[] =
    "SELECT condition, attempt, started, completed FROM trials WHERE id = ?1";
constexpr char kInsertCondition[] =
    "INSERT INTO trial_conditions(trial, position, type, status, reason, message, last_update,"
    " last_transition) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
constexpr char kNextPosition[] =
    "SELECT coalesce(max(position) + 1, 0) FROM trial_conditions WHERE trial = ?1";
// Katib leaves Created true for ever.
constexpr char kEndConditions[] =
    "UPDATE trial_conditions SET status = 0, last_update = ?2, last_transition = ?2"
    " WHERE trial = ?1 AND status = 1 AND type <> 'Created'";
constexpr char kRenewCondition[] =
    "UPDATE trial_conditions SET reason = ?2, message = ?3, last_update = ?4 WHERE trial = ?1 AND"
    " position = (SELECT max(position) FROM trial_conditions WHERE trial = ?1)";
constexpr char kAddToCount[] =
    "INSERT INTO trial_counts(experiment, condition, trials) VALUES(?1, ?2, ?3)"
    " ON CONFLICT(experiment, condition) DO UPDATE SET trials = trials + ?3";
constexpr char kInsertPoint[] =
    "INSERT INTO metric_points(trial, attempt, ordinal, metric, value, text, time, step)"
    " VALUES(?,?,?,?,?,?,?,?)";

constexpr size_t kMaxCachedMetricNames = 1000;

ConditionRecord ConditionOf(const StoredTrial& trial, absl::Time time) {
  return {.type = std::string(TrialConditionName(trial.condition)),
          .status = true,
          .reason = trial.reason,
          .message = trial.message,
          .last_update = time,
          .last_transition = time};
}

// The text to store beside a metric's value: nothing where the value prints as the text.
std::optional<absl::string_view> OwnText(const MetricPoint& point) {
  // The sign of a zero does not survive a REAL column.
  const bool negative_zero = point.value == 0 && std::signbit(point.value);
  if (!negative_zero && point.text == FormatNumber(point.value)) return std::nullopt;
  return point.text;
}

absl::Status InStoreAlready(int64_t experiment, const StoredTrial& trial) {
  return absl::AlreadyExistsError(absl::StrCat("trial ", trial.name, " (number ", trial.number,
                                               ") of experiment ", experiment,
                                               " is in the store already"));
}

}  // namespace

absl::Status TrialDrafts::Apply(const TrialCreated& change, int64_t sequence) {
  const int64_t row = TrialRow(change.experiment, change.trial.number);
  if (row < 0) {
    return absl::InternalError(absl::StrCat("trial ", change.trial.name, " of experiment ",
                                            change.experiment, " has number ", change.trial.number,
                                            ", allowed is 0 to ", kMaxTrialNumber));
  }
  const auto [found, added] = drafts_.try_emplace(row);
  if (!added) return InStoreAlready(change.experiment, change.trial);
  Draft& draft = found->second;
  draft.created = true;
  draft.trial = change.trial;
  if (change.asked_back > 0) draft.trial.asked_at = sequence - change.asked_back;
  draft.trial.resource_version = sequence;
  // The history that the trial came with, else one that starts with its condition.
  if (draft.trial.conditions.empty()) {
    draft.trial.conditions.push_back(ConditionOf(draft.trial, draft.trial.created));
  }
  ++count_deltas_[{change.experiment, change.trial.condition}];
  return absl::OkStatus();
}

absl::Status TrialDrafts::Apply(const TrialChanged& change, int64_t sequence) {
  QALAM_ASSIGN_OR_RETURN(Draft* const draft, Find(change.experiment, change.number));
  StoredTrial& trial = draft->trial;
  const bool same_attempt = change.attempt == trial.attempt;
  const bool moved = change.condition != trial.condition || !same_attempt;
  if (!same_attempt) trial.started = std::nullopt;
  if (change.condition == TrialCondition::kRunning && !trial.started) trial.started = change.time;
  if (!IsFinal(change.condition)) {
    trial.completed = std::nullopt;
  } else if (moved) {
    trial.completed = change.time;
  }
  --count_deltas_[{change.experiment, trial.condition}];
  ++count_deltas_[{change.experiment, change.condition}];
  trial.condition = change.condition;
  trial.reason = change.reason;
  trial.message = change.message;
  trial.attempt = change.attempt;
  trial.observation = change.observation;
  trial.objective = change.objective;
  trial.violation = change.violation;
  trial.on_front = change.on_front;
  trial.resource_version = sequence;
  draft->changed = true;
  return AddCondition(TrialRow(change.experiment, change.number), draft, moved, change.time);
}

absl::Status TrialDrafts::AddCondition(int64_t row, Draft* draft, bool moved, absl::Time time) {
  StoredTrial& trial = draft->trial;
  const bool last_is_stored = trial.conditions.empty();
  if (!moved) {
    if (last_is_stored) return db_->Run(kRenewCondition, row, trial.reason, trial.message, time);
    ConditionRecord& last = trial.conditions.back();
    last.reason = trial.reason;
    last.message = trial.message;
    last.last_update = time;
    return absl::OkStatus();
  }
  if (last_is_stored) QALAM_RETURN_IF_ERROR(db_->Run(kEndConditions, row, time));
  for (ConditionRecord& condition : trial.conditions) {
    if (!condition.status || condition.type == "Created") continue;
    condition.status = false;
    condition.last_update = condition.last_transition = time;
  }
  trial.conditions.push_back(ConditionOf(trial, time));
  return absl::OkStatus();
}

absl::Status TrialDrafts::Apply(const FrontLeft& change) {
  for (const int64_t number : change.numbers) {
    const int64_t row = TrialRow(change.experiment, number);
    const auto draft = drafts_.find(row);
    if (draft != drafts_.end() && (draft->second.created || draft->second.changed)) {
      draft->second.trial.on_front = false;
      continue;
    }
    QALAM_RETURN_IF_ERROR(db_->Run(kLeaveFront, row));
    if (db_->Changes() == 0) return NoSuchTrial(change.experiment, number);
  }
  return absl::OkStatus();
}

absl::Status TrialDrafts::Apply(const MetricsAppended& change) {
  QALAM_ASSIGN_OR_RETURN(Draft* const draft, Find(change.experiment, change.number));
  QALAM_RETURN_IF_ERROR(CountPoints(change, draft));
  if (change.first_ordinal > draft->point_count || change.first_ordinal < 0) {
    return absl::InternalError(absl::StrCat("metric points of trial ", change.number, ", attempt ",
                                            change.attempt, ", start at ordinal ",
                                            change.first_ordinal, ", but ", draft->point_count,
                                            " are stored: points would be missing"));
  }
  const int64_t count = static_cast<int64_t>(change.points.size());
  // What a restarted collector tells again is stored already.
  for (int64_t i = draft->point_count - change.first_ordinal; i < count; ++i) {
    draft->points.push_back({change.attempt, draft->point_count++, change.points[i]});
  }
  return absl::OkStatus();
}

absl::Status TrialDrafts::CountPoints(const MetricsAppended& change, Draft* draft) {
  if (draft->counted_attempt == change.attempt) return absl::OkStatus();
  int64_t stored = 0;
  if (!draft->created) {
    QALAM_ASSIGN_OR_RETURN(stored,
                           CountMetricRows(db_, change.experiment, change.number, change.attempt));
  }
  for (const Point& point : draft->points) {
    if (point.attempt == change.attempt) stored = point.ordinal + 1;
  }
  draft->counted_attempt = change.attempt;
  draft->point_count = stored;
  return absl::OkStatus();
}

absl::StatusOr<TrialDrafts::Draft*> TrialDrafts::Find(int64_t experiment, int64_t number) {
  const int64_t id = TrialRow(experiment, number);
  const auto found = drafts_.find(id);
  if (found != drafts_.end()) return &found->second;
  SqliteQuery row = db_->Select(kTrialBefore, id);
  QALAM_ASSIGN_OR_RETURN(const bool exists, row.Next());
  if (!exists) return NoSuchTrial(experiment, number);
  const std::optional<TrialCondition> condition = ParseTrialCondition(row.Text(0));
  if (!condition.has_value()) {
    return absl::DataLossError(absl::StrCat("the store ", db_->path(), " is damaged: trial ",
                                            number, " has condition \"", row.Text(0),
                                            "\"; restore a backup"));
  }
  Draft& draft = drafts_[id];
  draft.trial.number = number;
  draft.trial.condition = *condition;
  draft.trial.attempt = static_cast<int>(row.Int(1));
  draft.trial.started = row.OptionalTime(2);
  draft.trial.completed = row.OptionalTime(3);
  return &draft;
}

absl::Status TrialDrafts::Flush() {
  for (const auto& [row, draft] : drafts_) QALAM_RETURN_IF_ERROR(Write(row, draft));
  drafts_.clear();
  for (const auto& [key, delta] : count_deltas_) {
    if (delta == 0) continue;
    QALAM_RETURN_IF_ERROR(db_->Run(kAddToCount, key.first, TrialConditionName(key.second), delta));
  }
  count_deltas_.clear();
  return absl::OkStatus();
}

void TrialDrafts::Discard() {
  drafts_.clear();
  count_deltas_.clear();
  metric_ids_.clear();  // some may have been given in this transaction
}

absl::Status TrialDrafts::Write(int64_t row, const Draft& draft) {
  const StoredTrial& trial = draft.trial;
  if (draft.created) {
    QALAM_RETURN_IF_ERROR(Insert(row, trial));
  } else if (draft.changed) {
    QALAM_RETURN_IF_ERROR(db_->Run(
        kUpdateTrial, row, TrialConditionName(trial.condition), trial.reason, trial.message,
        trial.attempt, trial.started, trial.completed, WriteObservation(trial.observation),
        trial.objective, trial.resource_version, trial.violation, trial.on_front));
  }
  QALAM_RETURN_IF_ERROR(WriteConditions(row, draft));
  for (const auto& [attempt, ordinal, point] : draft.points) {
    QALAM_ASSIGN_OR_RETURN(const int64_t metric, MetricId(point.metric));
    QALAM_RETURN_IF_ERROR(db_->Run(kInsertPoint, row, attempt, ordinal, metric, point.value,
                                   OwnText(point), point.time, point.step));
  }
  return absl::OkStatus();
}

absl::Status TrialDrafts::WriteConditions(int64_t row, const Draft& draft) {
  if (draft.trial.conditions.empty()) return absl::OkStatus();
  int64_t position = 0;
  if (!draft.created) {
    SqliteQuery next = db_->Select(kNextPosition, row);
    QALAM_RETURN_IF_ERROR(next.Next().status());
    position = next.Int(0);
  }
  for (const ConditionRecord& condition : draft.trial.conditions) {
    QALAM_RETURN_IF_ERROR(db_->Run(kInsertCondition, row, position++, condition.type,
                                   condition.status, condition.reason, condition.message,
                                   condition.last_update, condition.last_transition));
  }
  return absl::OkStatus();
}

absl::Status TrialDrafts::Insert(int64_t row, const StoredTrial& trial) {
  const int64_t experiment = row / (kMaxTrialNumber + 1);
  const absl::Status status =
      db_->Run(kInsertTrial, row, experiment, trial.number, trial.name, trial.uid,
               WriteNamedValues(trial.assignment), WriteLabels(trial.labels),
               TrialConditionName(trial.condition), trial.reason, trial.message, trial.attempt,
               trial.asked_at, trial.created, trial.started, trial.completed,
               WriteObservation(trial.observation), trial.objective, trial.resource_version,
               trial.explanation, trial.violation, trial.on_front);
  return absl::IsAlreadyExists(status) ? InStoreAlready(experiment, trial) : status;
}

absl::StatusOr<int64_t> TrialDrafts::MetricId(const std::string& name) {
  const auto cached = metric_ids_.find(name);
  if (cached != metric_ids_.end()) return cached->second;
  // The no-op update makes the row's id come back also when the name is there.
  SqliteQuery row = db_->Select(
      "INSERT INTO metric_names(name) VALUES(?1)"
      " ON CONFLICT(name) DO UPDATE SET name = name RETURNING id",
      name);
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) return absl::InternalError(absl::StrCat("metric ", name, " got no id in the store"));
  const int64_t id = row.Int(0);
  if (metric_ids_.size() >= kMaxCachedMetricNames) metric_ids_.clear();
  metric_ids_.emplace(name, id);
  return id;
}

}  // namespace qalam
