#ifndef QALAM_CONTROLLER_STATE_H_
#define QALAM_CONTROLLER_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/engine.h"
#include "core/objective.h"
#include "core/outcomes.h"
#include "core/pareto_archive.h"
#include "core/trial.h"
#include "storage/records.h"
#include "storage/store.h"

namespace qalam {

// The reason of a trial that runs and that a stopping rule has given up; its message says why. The
// decision is on disk before the trial is told, so that it holds whatever dies in between.
inline constexpr char kStoppingEarlyReason[] = "TrialStoppingEarly";
// The same of one that has made all reports that it was to make (kReportsLabel); and the reason of
// its success.
inline constexpr char kRungReachedReason[] = "RungReached";

// A trial that is not final.
struct TrialState {
  int64_t number = 0;
  std::string name;
  TrialCondition condition = TrialCondition::kCreated;  // kCreated or kRunning
  int attempt = 1;
  // Why it is told to stop, given up by a stopping rule or at its rung; empty: it is not. Stored as
  // kStoppingEarlyReason and kRungReachedReason say.
  std::string early_stop;
  bool at_rung = false;

  // What follows is not stored: after a restart Resume() establishes it anew.

  // A job of this attempt was submitted and its end has not been told.
  bool in_flight = false;
  // How often a submission was tried; tells a refusal from one of an earlier try.
  int submission = 0;
  // Cancel was asked for this attempt.
  bool cancelling = false;
  // Set while the job could not be submitted for now: when to try again.
  std::optional<absl::Time> retry_at;

  friend bool operator==(const TrialState&, const TrialState&) = default;
};

// TrialState::early_stop and at_rung of a stored trial that is not final.
std::string EarlyStopOf(const StoredTrial& trial);
bool IsAtRung(const StoredTrial& trial);

// Everything that the life cycle of one experiment depends on. Small: of finished trials it holds
// the best ones' values.
//
// Valid conditions of an experiment:
//   Created -> Running -> Succeeded | Failed | Suspended
//   Suspended -> Running        (resume)
//   Succeeded -> Restarting -> Running   (limits raised, where resumePolicy allows)
struct ExperimentState {
  ExperimentRecord record;
  Objective objective;
  FurtherGoals further_goals;
  EndRules end_rules;
  TrialCounts counts;
  // The first of the trials with the best finite objective, of those on the front where several
  // metrics are optimised, else of those that keep to all outcome constraints.
  struct Best {
    int64_t number = 0;
    double value = 0;
    friend bool operator==(const Best&, const Best&) = default;
  };
  std::optional<Best> best;
  // The first of the trials with the smallest finite violation of the outcome constraints.
  struct Nearest {
    int64_t number = 0;
    double violation = 0;
    friend bool operator==(const Nearest&, const Nearest&) = default;
  };
  std::optional<Nearest> nearest;
  // Where several metrics are optimised: of the trials that keep to all outcome constraints.
  ParetoArchive front;
  // How many trials were completed when the best, or the front, last became better.
  int64_t completed_at_improvement = 0;
  // What the trials that have ended cost, where that is limited.
  double cost = 0;
  int64_t next_number = 0;
  std::map<int64_t, TrialState> active;

  // spec.initialTrials: what the first trials are. Trial number n is the n-th of them as long as
  // there is one, so next_number tells which have been created.
  std::vector<InitialTrial> initial_trials;

  // Not stored.

  // Grows with each request for suggestions; replies to older requests are stale.
  int64_t ask_id = 0;
  bool asking = false;
  int asked_count = 0;
  // A trial has ended since the algorithm was asked, so that it did not know of that.
  bool ended_since_asked = false;
  // The algorithm had fewer suggestions than asked for: it waits for a trial to end.
  bool waiting_for_trials = false;
  // It had none while no trial was active.
  bool exhausted = false;
  // Nothing better is to be expected any more: why (see EndRules::improvement_below).
  std::string no_improvement_left;
  // It failed for good: the message.
  std::string suggestion_error;
  // Set when a user asked to stop.
  std::optional<StopMode> stopping;
};

// "its goal 0.1 was reached with 0.05": how a trial reached the goals; "" when none has.
std::string GoalReached(const ExperimentState& state);
// Makes a trial that keeps to all outcome constraints the best, where its value is better, or is
// the same and the trial earlier.
void UpdateBest(ExperimentState& state, int64_t number, double value);
// The same for the nearest of those that violate constraints; `violation` is finite.
void UpdateNearest(ExperimentState& state, int64_t number, double violation);
// How many trials are final, by Katib's count: all five final conditions.
int64_t CompletedTrials(const TrialCounts& counts);
// The counter of `condition`.
int64_t& CountOf(TrialCounts& counts, TrialCondition condition);

// Sets or updates the condition `type` and makes it the record's current one; conditions that
// exclude it (Running, when the experiment ends) become false.
void SetCondition(ExperimentRecord& record, const std::string& type, const std::string& reason,
                  const std::string& message, absl::Time now);

// Succeeded, Failed or Suspended: nothing drives it.
bool IsFinished(const ExperimentRecord& record);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_STATE_H_
