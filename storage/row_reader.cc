#include "storage/row_reader.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "core/status_macros.h"
#include "storage/row_text.h"

namespace qalam {
namespace {

#define QALAM_EXPERIMENT_COLUMNS                                                                  \
  "SELECT id, namespace, name, uid, created, manifest, companions, generation, resource_version," \
  " max_trial_count, parallel_trial_count, max_failed_trial_count, condition, conditions, "       \
  "started,"                                                                                      \
  " completed FROM experiments WHERE deleted = 0 "
constexpr char kExperiments[] = QALAM_EXPERIMENT_COLUMNS "ORDER BY namespace, name";
constexpr char kExperimentByName[] = QALAM_EXPERIMENT_COLUMNS "AND namespace = ?1 AND name = ?2";
#undef QALAM_EXPERIMENT_COLUMNS

#define QALAM_TRIAL_COLUMNS                                                                \
  "SELECT id, number, name, uid, assignment, labels, condition, reason, message, attempt," \
  " asked_at, created, started, completed, observation, objective, resource_version,"      \
  " explanation, violation, on_front FROM trials "
constexpr char kTrialByName[] = QALAM_TRIAL_COLUMNS "WHERE experiment = ?1 AND name = ?2";
constexpr char kTrialByNumber[] = QALAM_TRIAL_COLUMNS "WHERE id = ?1";
constexpr char kTrialByObjective[] = QALAM_TRIAL_COLUMNS
    "INDEXED BY trials_by_objective WHERE experiment = ?1 AND objective = ?2 AND violation = 0 "
    "ORDER BY id LIMIT 1";
constexpr char kFrontTrialByObjective[] = QALAM_TRIAL_COLUMNS
    "INDEXED BY trials_on_front WHERE experiment = ?1 AND objective = ?2 AND on_front = 1 "
    "ORDER BY id LIMIT 1";
constexpr char kFrontTrials[] = QALAM_TRIAL_COLUMNS
    "INDEXED BY trials_on_front WHERE experiment = ?1 AND on_front = 1 ORDER BY id";
// Violations that are infinite lie outside the bound.
constexpr char kNearestTrial[] = QALAM_TRIAL_COLUMNS
    "INDEXED BY trials_by_violation WHERE experiment = ?1 AND violation > 0 AND violation <= ?2 "
    "AND objective IS NOT NULL ORDER BY violation, id LIMIT 1";
constexpr char kTrials[] = QALAM_TRIAL_COLUMNS
    "WHERE id >= ?1 AND id <= ?2 AND (?3 IS NULL OR condition = ?3) "
    "ORDER BY id LIMIT ?4";
constexpr char kActiveTrials[] = QALAM_TRIAL_COLUMNS
    "INDEXED BY trials_active WHERE experiment = ?5 "
    "AND condition IN ('Created', 'Running') "
    "AND id >= ?1 AND id <= ?2 AND (?3 IS NULL OR condition = ?3) "
    "ORDER BY id LIMIT ?4";
#undef QALAM_TRIAL_COLUMNS

// Finite numbers only: infinities lie outside the bounds, and 'nan' is a text, greater than any
// number.
#define QALAM_FINITE_OBJECTIVES                                                        \
  "SELECT objective FROM trials INDEXED BY trials_by_objective WHERE experiment = ?1 " \
  "AND objective >= ?2 AND objective <= ?3 AND violation = 0 ORDER BY objective "
constexpr char kLeastObjective[] = QALAM_FINITE_OBJECTIVES "ASC LIMIT 1";
constexpr char kGreatestObjective[] = QALAM_FINITE_OBJECTIVES "DESC LIMIT 1";
#undef QALAM_FINITE_OBJECTIVES
#define QALAM_FRONT_OBJECTIVES                                                     \
  "SELECT objective FROM trials INDEXED BY trials_on_front WHERE experiment = ?1 " \
  "AND objective >= ?2 AND objective <= ?3 AND on_front = 1 ORDER BY objective "
constexpr char kLeastFrontObjective[] = QALAM_FRONT_OBJECTIVES "ASC LIMIT 1";
constexpr char kGreatestFrontObjective[] = QALAM_FRONT_OBJECTIVES "DESC LIMIT 1";
#undef QALAM_FRONT_OBJECTIVES

constexpr char kTrialConditions[] =
    "SELECT type, status, reason, message, last_update, last_transition FROM trial_conditions "
    "WHERE trial = ?1 ORDER BY position";
constexpr char kCounts[] = "SELECT condition, trials FROM trial_counts WHERE experiment = ?1";
constexpr char kMetricPoints[] =
    "SELECT n.name, p.value, p.text, p.time, p.step "
    "FROM metric_points p CROSS JOIN metric_names n ON n.id = p.metric "
    "WHERE p.trial = ?1 AND p.attempt = ?2 AND (?3 = '' OR n.name = ?3) ORDER BY p.ordinal";
constexpr char kMetricCount[] =
    "SELECT coalesce(max(ordinal) + 1, 0) FROM metric_points WHERE trial = ?1 AND attempt = ?2";
constexpr char kEvents[] =
    "SELECT sequence, trial, warning, reason, message, time FROM events "
    "WHERE experiment = ?1 ORDER BY sequence DESC LIMIT ?2";
constexpr char kTrialEvents[] =
    "SELECT sequence, trial, warning, reason, message, time FROM events INDEXED BY events_by_trial "
    "WHERE experiment = ?1 AND trial = ?3 ORDER BY sequence DESC LIMIT ?2";

absl::StatusOr<ExperimentRecord> ExperimentFromRow(const SqliteQuery& row) {
  ExperimentRecord record;
  record.id = row.Int(0);
  record.ns = std::string(row.Text(1));
  record.name = std::string(row.Text(2));
  record.uid = std::string(row.Text(3));
  record.created = row.Time(4);
  record.manifest = std::string(row.Text(5));
  record.companions = std::string(row.Text(6));
  record.generation = row.Int(7);
  record.resource_version = row.Int(8);
  record.max_trial_count = row.OptionalInt(9);
  record.parallel_trial_count = row.Int(10);
  record.max_failed_trial_count = row.OptionalInt(11);
  record.condition = std::string(row.Text(12));
  QALAM_ASSIGN_OR_RETURN(record.conditions, ReadConditions(row.Text(13)));
  record.started = row.OptionalTime(14);
  record.completed = row.OptionalTime(15);
  return record;
}

absl::StatusOr<std::vector<ConditionRecord>> ConditionsOf(SqliteConnection* db, int64_t trial_row) {
  std::vector<ConditionRecord> conditions;
  SqliteQuery row = db->Select(kTrialConditions, trial_row);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return conditions;
    conditions.push_back({.type = std::string(row.Text(0)),
                          .status = row.Int(1) != 0,
                          .reason = std::string(row.Text(2)),
                          .message = std::string(row.Text(3)),
                          .last_update = row.Time(4),
                          .last_transition = row.Time(5)});
  }
}

absl::StatusOr<TrialCondition> ConditionFromText(absl::string_view text) {
  const std::optional<TrialCondition> condition = ParseTrialCondition(text);
  if (condition.has_value()) return *condition;
  return absl::DataLossError(absl::StrCat("the store is damaged: \"", text,
                                          "\" is not a condition of a trial; restore a backup"));
}

absl::StatusOr<StoredTrial> TrialFromRow(SqliteConnection* db, const SqliteQuery& row,
                                         bool with_conditions) {
  StoredTrial trial;
  trial.number = row.Int(1);
  trial.name = std::string(row.Text(2));
  trial.uid = std::string(row.Text(3));
  QALAM_ASSIGN_OR_RETURN(trial.assignment, ReadNamedValues(row.Text(4)));
  QALAM_ASSIGN_OR_RETURN(trial.labels, ReadLabels(row.Text(5)));
  QALAM_ASSIGN_OR_RETURN(trial.condition, ConditionFromText(row.Text(6)));
  trial.reason = std::string(row.Text(7));
  trial.message = std::string(row.Text(8));
  trial.attempt = static_cast<int>(row.Int(9));
  trial.asked_at = row.Int(10);
  trial.created = row.Time(11);
  trial.started = row.OptionalTime(12);
  trial.completed = row.OptionalTime(13);
  QALAM_ASSIGN_OR_RETURN(trial.observation, ReadObservation(row.Text(14)));
  trial.objective = row.OptionalDouble(15);
  trial.resource_version = row.Int(16);
  trial.explanation = std::string(row.Text(17));
  trial.violation = row.Double(18);
  trial.on_front = row.Int(19) != 0;
  if (with_conditions) {
    QALAM_ASSIGN_OR_RETURN(trial.conditions, ConditionsOf(db, row.Int(0)));
  }
  return trial;
}

// The trial of the query's first row; nothing when it has none.
absl::StatusOr<std::optional<StoredTrial>> FirstTrial(SqliteConnection* db, SqliteQuery row) {
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (!found) return std::nullopt;
  QALAM_ASSIGN_OR_RETURN(StoredTrial trial, TrialFromRow(db, row, /*with_conditions=*/true));
  return trial;
}

MetricPoint PointFromRow(const SqliteQuery& row) {
  MetricPoint point;
  point.metric = std::string(row.Text(0));
  point.value = row.Double(1);
  point.text = row.IsNull(2) ? FormatNumber(point.value) : std::string(row.Text(2));
  point.time = row.Time(3);
  point.step = row.Int(4);
  return point;
}

int64_t* CountOf(TrialCondition condition, TrialCounts* counts) {
  switch (condition) {
    case TrialCondition::kCreated:
      return &counts->created;
    case TrialCondition::kRunning:
      return &counts->running;
    case TrialCondition::kSucceeded:
      return &counts->succeeded;
    case TrialCondition::kKilled:
      return &counts->killed;
    case TrialCondition::kFailed:
      return &counts->failed;
    case TrialCondition::kMetricsUnavailable:
      return &counts->metrics_unavailable;
    case TrialCondition::kEarlyStopped:
      return &counts->early_stopped;
  }
  return nullptr;
}

SqliteQuery SelectTrials(SqliteConnection* db, int64_t experiment, const TrialQuery& query) {
  const int64_t first = TrialRow(experiment, std::max<int64_t>(query.first_number, 0));
  const int64_t last = TrialRow(experiment, kMaxTrialNumber);
  std::optional<absl::string_view> condition;
  if (query.condition.has_value()) condition = TrialConditionName(*query.condition);
  const bool active =
      query.active_only || (query.condition.has_value() && !IsFinal(*query.condition));
  if (!active) return db->Select(kTrials, first, last, condition, query.limit);
  return db->Select(kActiveTrials, first, last, condition, query.limit, experiment);
}

}  // namespace

absl::StatusOr<int64_t> ReadLastSequence(SqliteConnection* db) {
  SqliteQuery row =
      db->Select("SELECT coalesce((SELECT max(last_sequence) FROM pending), value) FROM sequence");
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (found) return row.Int(0);
  return absl::DataLossError(absl::StrCat(
      "the store ", db->path(), " is damaged: its sequence is missing; restore a backup"));
}

absl::StatusOr<bool> HasPending(SqliteConnection* db) {
  return db->Select("SELECT 1 FROM pending LIMIT 1").Next();
}

absl::StatusOr<std::vector<ExperimentRecord>> ReadExperiments(SqliteConnection* db) {
  std::vector<ExperimentRecord> records;
  SqliteQuery row = db->Select(kExperiments);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return records;
    QALAM_ASSIGN_OR_RETURN(ExperimentRecord record, ExperimentFromRow(row));
    records.push_back(std::move(record));
  }
}

absl::StatusOr<ExperimentRecord> ReadExperiment(SqliteConnection* db, absl::string_view ns,
                                                absl::string_view name) {
  SqliteQuery row = db->Select(kExperimentByName, ns, name);
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  if (found) return ExperimentFromRow(row);
  return absl::NotFoundError(
      absl::StrCat("experiment ", ns, "/", name, " is not in the store ", db->path()));
}

absl::StatusOr<TrialCounts> ReadTrialCounts(SqliteConnection* db, int64_t experiment) {
  TrialCounts counts;
  SqliteQuery row = db->Select(kCounts, experiment);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return counts;
    QALAM_ASSIGN_OR_RETURN(const TrialCondition condition, ConditionFromText(row.Text(0)));
    *CountOf(condition, &counts) = row.Int(1);
  }
}

absl::StatusOr<std::vector<EventRecord>> ReadEvents(SqliteConnection* db, int64_t experiment,
                                                    std::optional<int64_t> number, int64_t limit) {
  std::vector<EventRecord> events;
  SqliteQuery row = number.has_value() ? db->Select(kTrialEvents, experiment, limit, *number)
                                       : db->Select(kEvents, experiment, limit);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) break;
    events.push_back({.sequence = row.Int(0),
                      .trial = row.OptionalInt(1),
                      .warning = row.Int(2) != 0,
                      .reason = std::string(row.Text(3)),
                      .message = std::string(row.Text(4)),
                      .time = row.Time(5)});
  }
  std::reverse(events.begin(), events.end());
  return events;
}

absl::Status NoSuchTrial(int64_t experiment, int64_t number) {
  return absl::NotFoundError(
      absl::StrCat("trial ", number, " of experiment ", experiment, " is not in the store"));
}

absl::StatusOr<StoredTrial> ReadTrial(SqliteConnection* db, int64_t experiment,
                                      absl::string_view name) {
  QALAM_ASSIGN_OR_RETURN(std::optional<StoredTrial> trial,
                         FirstTrial(db, db->Select(kTrialByName, experiment, name)));
  if (trial.has_value()) return *std::move(trial);
  return absl::NotFoundError(absl::StrCat("trial ", name, " is not in the store ", db->path()));
}

absl::StatusOr<StoredTrial> ReadTrial(SqliteConnection* db, int64_t experiment, int64_t number) {
  QALAM_ASSIGN_OR_RETURN(std::optional<StoredTrial> trial,
                         FirstTrial(db, db->Select(kTrialByNumber, TrialRow(experiment, number))));
  if (trial.has_value()) return *std::move(trial);
  return NoSuchTrial(experiment, number);
}

absl::StatusOr<std::optional<StoredTrial>> ReadBestTrial(SqliteConnection* db, int64_t experiment,
                                                         bool maximize) {
  // Two look-ups rather than one ordered by (objective, number): going down the index would meet
  // the last of several equal trials first.
  const auto first = [&](const char* least, const char* greatest,
                         const char* trial) -> absl::StatusOr<std::optional<StoredTrial>> {
    SqliteQuery best =
        db->Select(maximize ? greatest : least, experiment, std::numeric_limits<double>::lowest(),
                   std::numeric_limits<double>::max());
    QALAM_ASSIGN_OR_RETURN(const bool found, best.Next());
    if (!found) return std::nullopt;
    return FirstTrial(db, db->Select(trial, experiment, best.Double(0)));
  };
  QALAM_ASSIGN_OR_RETURN(
      std::optional<StoredTrial> on_front,
      first(kLeastFrontObjective, kGreatestFrontObjective, kFrontTrialByObjective));
  if (on_front.has_value()) return on_front;
  return first(kLeastObjective, kGreatestObjective, kTrialByObjective);
}

absl::StatusOr<std::optional<StoredTrial>> ReadNearestTrial(SqliteConnection* db,
                                                            int64_t experiment) {
  return FirstTrial(db, db->Select(kNearestTrial, experiment, std::numeric_limits<double>::max()));
}

absl::StatusOr<std::vector<StoredTrial>> ReadFrontTrials(SqliteConnection* db, int64_t experiment) {
  std::vector<StoredTrial> front;
  SqliteQuery row = db->Select(kFrontTrials, experiment);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return front;
    QALAM_ASSIGN_OR_RETURN(StoredTrial trial, TrialFromRow(db, row, /*with_conditions=*/false));
    front.push_back(std::move(trial));
  }
}

absl::Status VisitTrialRows(SqliteConnection* db, int64_t experiment, const TrialQuery& query,
                            const std::function<bool(StoredTrial)>& visit) {
  SqliteQuery row = SelectTrials(db, experiment, query);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found) return absl::OkStatus();
    QALAM_ASSIGN_OR_RETURN(StoredTrial trial, TrialFromRow(db, row, query.with_conditions));
    if (!visit(std::move(trial))) return absl::OkStatus();
  }
}

absl::Status VisitMetricRows(SqliteConnection* db, int64_t experiment, int64_t number,
                             const MetricQuery& query,
                             const std::function<bool(MetricPoint)>& visit) {
  int64_t attempt = query.attempt.value_or(0);
  if (!query.attempt.has_value()) {
    SqliteQuery latest =
        db->Select("SELECT attempt FROM trials WHERE id = ?1", TrialRow(experiment, number));
    QALAM_ASSIGN_OR_RETURN(const bool found, latest.Next());
    if (!found) return NoSuchTrial(experiment, number);
    attempt = latest.Int(0);
  }
  SqliteQuery row = db->Select(kMetricPoints, TrialRow(experiment, number), attempt, query.metric);
  while (true) {
    QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
    if (!found || !visit(PointFromRow(row))) return absl::OkStatus();
  }
}

absl::StatusOr<int64_t> CountMetricRows(SqliteConnection* db, int64_t experiment, int64_t number,
                                        int attempt) {
  SqliteQuery row = db->Select(kMetricCount, TrialRow(experiment, number), attempt);
  QALAM_ASSIGN_OR_RETURN(const bool found, row.Next());
  return found ? row.Int(0) : 0;
}

}  // namespace qalam
