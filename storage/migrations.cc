#include "storage/migrations.h"

#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

// Marks the file as ours for file(1) and for us ("QLAM").
constexpr int64_t kApplicationId = 0x514c414d;

// Version 1.
//  * Times are nanoseconds since 1970, conditions Katib's words, lists and maps JSON.
//  * A trial's row number is experiment * 2^32 + number: one B-tree keeps an experiment's trials
//  together
//    in order of number, and new ones go to its end.
//  * What is counted (trial_counts) is kept in step by the writer; counting rows takes seconds at a
//    million trials.
//  * SQLite has no NaN: in REAL columns it is the text 'nan'.
//  * metric_points.text is NULL where it is what `value` prints as.
//  * A deleted experiment is first marked, then its rows go in small transactions, then its own.
constexpr char kSchema1[] = R"sql(
CREATE TABLE sequence(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  value INTEGER NOT NULL
);
INSERT INTO sequence VALUES(1, 0);

CREATE TABLE experiments(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  created INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  resource_version INTEGER NOT NULL,
  max_trial_count INTEGER,
  parallel_trial_count INTEGER NOT NULL,
  max_failed_trial_count INTEGER,
  condition TEXT NOT NULL,
  conditions TEXT NOT NULL,
  started INTEGER,
  completed INTEGER,
  deleted INTEGER NOT NULL DEFAULT 0,
  manifest TEXT NOT NULL,
  companions TEXT NOT NULL
);
CREATE UNIQUE INDEX experiments_by_name ON experiments(namespace, name) WHERE deleted = 0;

CREATE TABLE trials(
  id INTEGER PRIMARY KEY CHECK (id = experiment * 4294967296 + number),
  experiment INTEGER NOT NULL REFERENCES experiments(id),
  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 4294967295),
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  assignment TEXT NOT NULL,
  labels TEXT NOT NULL,
  condition TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  completed INTEGER,
  observation TEXT NOT NULL,
  objective REAL,
  resource_version INTEGER NOT NULL
);
CREATE UNIQUE INDEX trials_by_name ON trials(experiment, name);
CREATE INDEX trials_active ON trials(experiment) WHERE condition IN ('Created', 'Running');
CREATE INDEX trials_by_objective ON trials(experiment, objective) WHERE objective IS NOT NULL;

CREATE TABLE trial_counts(
  experiment INTEGER NOT NULL REFERENCES experiments(id),
  condition TEXT NOT NULL,
  trials INTEGER NOT NULL,
  PRIMARY KEY(experiment, condition)
) WITHOUT ROWID;

CREATE TABLE trial_conditions(
  trial INTEGER NOT NULL REFERENCES trials(id),
  position INTEGER NOT NULL,
  type TEXT NOT NULL,
  status INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  last_update INTEGER NOT NULL,
  last_transition INTEGER NOT NULL,
  PRIMARY KEY(trial, position)
) WITHOUT ROWID;

CREATE TABLE metric_names(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE metric_points(
  trial INTEGER NOT NULL REFERENCES trials(id),
  attempt INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  metric INTEGER NOT NULL REFERENCES metric_names(id),
  value REAL NOT NULL,
  text TEXT,
  time INTEGER NOT NULL,
  step INTEGER NOT NULL,
  PRIMARY KEY(trial, attempt, ordinal)
) WITHOUT ROWID;

CREATE TABLE events(
  experiment INTEGER NOT NULL REFERENCES experiments(id),
  sequence INTEGER NOT NULL,
  trial INTEGER,
  warning INTEGER NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY(experiment, sequence)
) WITHOUT ROWID;
CREATE INDEX events_by_trial ON events(experiment, trial) WHERE trial IS NOT NULL;
)sql";

// Version 2: why a trial was proposed.
constexpr char kSchema2[] = R"sql(
ALTER TABLE trials ADD COLUMN explanation TEXT NOT NULL DEFAULT '';
)sql";

// Version 3: outcome constraints and several objectives. The best trial is one that violates
// nothing; while there is none, the nearest one is asked for.
constexpr char kSchema3[] = R"sql(
ALTER TABLE trials ADD COLUMN violation REAL NOT NULL DEFAULT 0;
ALTER TABLE trials ADD COLUMN on_front INTEGER NOT NULL DEFAULT 0;
DROP INDEX trials_by_objective;
CREATE INDEX trials_by_objective ON trials(experiment, objective)
  WHERE objective IS NOT NULL AND violation = 0;
CREATE INDEX trials_by_violation ON trials(experiment, violation) WHERE violation > 0;
CREATE INDEX trials_on_front ON trials(experiment, objective) WHERE on_front = 1;
)sql";

// Version 4: changes that are on disk and not yet in their place (Store::Append), as WriteChanges
// has them; last_sequence is the number of the last one, and what is in its place has numbers up to
// sequence.value.
constexpr char kSchema4[] = R"sql(
CREATE TABLE pending(
  last_sequence INTEGER PRIMARY KEY,
  changes BLOB NOT NULL
);
)sql";

// The step from version i to version i + 1 is kMigrations[i]. Released steps are never edited; a
// new schema is a new step and a new file in tests/golden/old_db.
constexpr const char* kMigrations[] = {kSchema1, kSchema2, kSchema3, kSchema4};

absl::StatusOr<int64_t> ReadNumber(SqliteConnection* db, const char* sql) {
  SqliteQuery query = db->Select(sql);
  QALAM_ASSIGN_OR_RETURN(const bool found, query.Next());
  return found ? query.Int(0) : 0;
}

absl::Status CheckOwner(SqliteConnection* db) {
  QALAM_ASSIGN_OR_RETURN(const int64_t id, ReadNumber(db, "PRAGMA application_id"));
  if (id == kApplicationId) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(const int64_t tables,
                         ReadNumber(db, "SELECT count(*) FROM sqlite_schema"));
  if (id == 0 && tables == 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(db->path(), " is an SQLite database of another program (application id ", id,
                   ", ", tables, " tables and indexes); choose another data folder"));
}

// The version of a store that is ours, or of an empty file. Read at one moment: another process may
// be making the store just now.
absl::StatusOr<int64_t> CheckedVersion(SqliteConnection* db) {
  QALAM_ASSIGN_OR_RETURN(const SqliteTransaction snapshot,
                         SqliteTransaction::Begin(db, SqliteTransaction::Kind::kRead));
  // Starts the snapshot, which pragmas that read the header do not.
  QALAM_RETURN_IF_ERROR(db->Run("SELECT 1 FROM sqlite_schema LIMIT 1"));
  QALAM_RETURN_IF_ERROR(CheckOwner(db));
  return ReadNumber(db, "PRAGMA user_version");
}

absl::Status ApplyFrom(SqliteConnection* db, int64_t version) {
  for (int64_t i = version; i < CurrentSchemaVersion(); ++i) {
    QALAM_RETURN_IF_ERROR(db->Execute(kMigrations[i]));
  }
  const std::string marks = absl::StrCat("PRAGMA application_id=", kApplicationId,
                                         "; PRAGMA user_version=", CurrentSchemaVersion());
  return db->Execute(marks.c_str());
}

}  // namespace

int CurrentSchemaVersion() { return static_cast<int>(std::size(kMigrations)); }

absl::Status Migrate(SqliteConnection* db) {
  QALAM_ASSIGN_OR_RETURN(int64_t version, CheckedVersion(db));
  if (version > CurrentSchemaVersion()) {
    return absl::DataLossError(
        absl::StrCat("the store ", db->path(), " is of schema version ", version,
                     ", this program knows versions up to ", CurrentSchemaVersion(),
                     ": a newer qalam wrote it; use that one, or choose another data folder"));
  }
  if (version == CurrentSchemaVersion()) return absl::OkStatus();
  QALAM_ASSIGN_OR_RETURN(SqliteTransaction transaction,
                         SqliteTransaction::Begin(db, SqliteTransaction::Kind::kWrite));
  // Another process may have been faster: what counts is the version under the lock.
  QALAM_ASSIGN_OR_RETURN(version, ReadNumber(db, "PRAGMA user_version"));
  if (version >= CurrentSchemaVersion()) return absl::OkStatus();
  QALAM_RETURN_IF_ERROR(ApplyFrom(db, version));
  return transaction.Commit();
}

}  // namespace qalam
