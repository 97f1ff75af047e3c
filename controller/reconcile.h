#ifndef QALAM_CONTROLLER_RECONCILE_H_
#define QALAM_CONTROLLER_RECONCILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "controller/state.h"
#include "storage/records.h"
#include "trials/job.h"
#include "trials/manifest.h"

namespace qalam {

// How often lost infrastructure is made up for by running the same assignment again.
inline constexpr int kMaxAttempts = 4;
// The label of trials of spec.initialTrials: "run", or "known" when they came with their result.
inline constexpr char kInitialTrialLabel[] = "qalam.dev/initial";
// The label of trials that were given the result of an earlier one (spec.duplicates: reuse): that
// one's name.
inline constexpr char kReusedLabel[] = "qalam.dev/reused";

// Labels that name the client that a trial was made for, and the lease that it asked for (see
// server/ask_tell/): they are not the algorithm's.
inline constexpr char kClientLabel[] = "qalam.dev/client";
inline constexpr char kLeaseLabel[] = "qalam.dev/lease-seconds";

// ---- Events: what happened.

// A trial that the algorithm proposed, ready to be written.
struct ProposedTrial {
  std::string name;
  std::string uid;
  NamedValues values;
  std::map<std::string, std::string> labels;
  std::string explanation;
  // An earlier trial with the same parameters whose result stands for this one's.
  std::optional<StoredTrial> known = std::nullopt;
};
struct SuggestionsArrived {
  int64_t ask_id = 0;
  int64_t asked_at = 0;  // sequence number that the answer is based on
  absl::Status status;   // not OK: the algorithm failed for good
  // Not empty: why nothing better is to be expected, so that there are no trials.
  std::string no_improvement_left = {};
  std::vector<ProposedTrial> trials;
};
struct JobStarted {
  int64_t number = 0;
  int attempt = 1;
  absl::Time when;
};
// The job could not be submitted: for now (retryable), or ever.
struct JobRefused {
  int64_t number = 0;
  int attempt = 1;
  int submission = 0;  // of the SubmitJob that was refused
  absl::Status status;
};
struct JobFinished {
  int64_t number = 0;
  int attempt = 1;
  JobOutcome outcome;
  Judgement judgement;  // of the job's status object by the trial template's conditions
  std::vector<MetricSummary> observation;
  std::optional<double> objective;
};
// A stopping rule gives up a trial that runs, after the metrics that are written with it; or the
// trial is at its rung: it has made all reports that it was to make.
struct EarlyStopDecided {
  int64_t number = 0;
  int attempt = 1;
  std::string why;  // not empty
  bool at_rung = false;
};
struct StopRequested {
  StopMode mode = StopMode::kGraceful;
};
// The limits were changed; they have been validated.
struct BudgetEdited {
  Budget budget;
};
// Nothing but time passed.
struct TimePassed {};

using Event = std::variant<SuggestionsArrived, JobStarted, JobRefused, JobFinished,
                           EarlyStopDecided, StopRequested, BudgetEdited, TimePassed>;

// ---- Effects: what is to be done once the changes are on disk. All are idempotent.

struct AskSuggestions {
  int64_t ask_id = 0;
  int count = 0;
};
struct SubmitJob {
  int64_t number = 0;
  int attempt = 1;
  int submission = 0;  // grows with every try to submit a trial
};
struct CancelJob {
  int64_t number = 0;
  int attempt = 1;
  bool now = false;  // KILL instead of TERM and the job's grace time
};
// The attempt is over and recorded: its files may go.
struct ReleaseJob {
  std::string trial;  // its name: the trial itself may be forgotten by now
  int attempt = 1;
};
// The experiment is finished or suspended; nothing of it runs.
struct EndDrive {};

using Effect = std::variant<AskSuggestions, SubmitJob, CancelJob, ReleaseJob, EndDrive>;

struct Step {
  std::vector<Change> changes;
  std::vector<Effect> effects;
  // When TimePassed is to be delivered at the latest; infinite future when time changes nothing.
  absl::Time wake_at = absl::InfiniteFuture();
};

// The life cycle of an experiment: moves `state` on by one event and says what to write and then to
// do. Depends on nothing but its arguments. Events that are stale, repeated, or of unknown trials
// change nothing. Properties, whatever the order of events:
//   * at most parallelTrialCount trials are active when one is created;
//   * completed and active trials together never exceed maxTrialCount;
//   * final conditions absorb; a finished experiment creates nothing;
//   * the initial trials come first, each once; known ones are never submitted;
//   * each attempt is submitted until its end is told, and never after;
//   * a trial that a stopping rule has given up is cancelled, again after each restart, and ends as
//     EarlyStopped, or as what its job makes of it when that ended well by itself before;
//   * the same of a trial at its rung, which ends as Succeeded if its result is a number.
Step Reconcile(ExperimentState& state, const Event& event, absl::Time now);

// What to do when a process begins to drive the experiment, for the first time or after a crash:
// submits every active trial (the runner runs or adopts it) and goes on from there.
Step Resume(ExperimentState& state, absl::Time now);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_RECONCILE_H_
