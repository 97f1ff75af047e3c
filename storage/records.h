#ifndef QALAM_STORAGE_RECORDS_H_
#define QALAM_STORAGE_RECORDS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "core/search_space.h"
#include "core/trial.h"

namespace qalam {

// One entry of an object's status.conditions.
struct ConditionRecord {
  std::string type;  // "Created", "Running", ...
  bool status = true;
  std::string reason;
  std::string message;
  absl::Time last_update;
  absl::Time last_transition;
  friend bool operator==(const ConditionRecord&, const ConditionRecord&) = default;
};

// The experiment as stored. What never changes is written once by Store::CreateExperiment.
struct ExperimentRecord {
  int64_t id = 0;  // given by the store
  std::string ns;
  std::string name;
  std::string uid;
  absl::Time created;
  // The object as submitted, as JSON text with every unknown field kept: metadata and spec.
  std::string manifest;
  // ConfigMaps and Secrets that came with it, and what it learns from earlier experiments, as a
  // JSON array of objects; "[]" when there were none.
  std::string companions;

  // What changes.
  int64_t generation = 1;        // grows when the spec is edited
  int64_t resource_version = 0;  // sequence number of the last change to this object
  std::optional<int64_t> max_trial_count;
  int64_t parallel_trial_count = 3;
  std::optional<int64_t> max_failed_trial_count;
  // "Created", "Running", "Restarting", "Succeeded", "Failed", "Suspended".
  std::string condition;
  std::vector<ConditionRecord> conditions;
  std::optional<absl::Time> started;
  std::optional<absl::Time> completed;
  friend bool operator==(const ExperimentRecord&, const ExperimentRecord&) = default;
};

// A trial as stored.
struct StoredTrial {
  int64_t number = 0;  // 0, 1, ... in order of creation, unique in the experiment
  std::string name;
  std::string uid;
  NamedValues assignment;
  std::map<std::string, std::string> labels;
  std::string explanation;  // why the algorithm proposed it, for people; may be empty
  TrialCondition condition = TrialCondition::kCreated;
  std::string reason;
  std::string message;
  std::vector<ConditionRecord> conditions;  // status history
  int attempt = 1;                          // grows when lost infrastructure made it start again
  int64_t asked_at = 0;                     // sequence number at which its suggestion was asked
  absl::Time created;
  std::optional<absl::Time> started;
  std::optional<absl::Time> completed;
  std::vector<MetricSummary> observation;
  std::optional<double> objective;
  // By how much the outcome constraints are violated in all (TotalViolation); infinity when a
  // metric of theirs is unknown; 0 where there are none.
  double violation = 0;
  // No other trial dominates it (where several metrics are optimised).
  bool on_front = false;
  int64_t resource_version = 0;
  friend bool operator==(const StoredTrial&, const StoredTrial&) = default;
};

// Something that happened, for people.
struct EventRecord {
  int64_t sequence = 0;
  std::optional<int64_t> trial;  // number
  bool warning = false;
  std::string reason;
  std::string message;
  absl::Time time;
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

// ---- Changes: what the driver writes. Applying the same changes in the same order gives the same
// store. Each gets the next sequence number.

// Overwrites the changing part of an experiment (everything below "What changes").
struct ExperimentChange {
  int64_t experiment = 0;
  ExperimentRecord record;
};

struct TrialCreated {
  int64_t experiment = 0;
  StoredTrial trial;
  // Where not 0: the algorithm was asked when the change so many places before this one in the same
  // commit had been made, and trial.asked_at becomes that one's sequence number.
  int64_t asked_back = 0;
};

// A trial moved on. Its condition history gets an entry when `condition` is new.
struct TrialChanged {
  int64_t experiment = 0;
  int64_t number = 0;
  TrialCondition condition = TrialCondition::kCreated;
  std::string reason;
  std::string message;
  absl::Time time;
  int attempt = 1;
  // Set on the change to a final condition.
  std::vector<MetricSummary> observation;
  std::optional<double> objective;
  double violation = 0;
  bool on_front = false;
};

// Trials that left the Pareto front, because a better one came. Their resource versions stay: what
// changed is the front, which belongs to the experiment.
struct FrontLeft {
  int64_t experiment = 0;
  std::vector<int64_t> numbers;
};

// Points first_ordinal, first_ordinal + 1, ... of an attempt of a trial, counted over all its
// metrics.
struct MetricsAppended {
  int64_t experiment = 0;
  int64_t number = 0;
  int attempt = 1;
  int64_t first_ordinal = 0;
  std::vector<MetricPoint> points;
};

struct EventAppended {
  int64_t experiment = 0;
  EventRecord event;  // `sequence` is given by the store
};

using Change = std::variant<ExperimentChange, TrialCreated, TrialChanged, FrontLeft,
                            MetricsAppended, EventAppended>;

}  // namespace qalam

#endif  // QALAM_STORAGE_RECORDS_H_
