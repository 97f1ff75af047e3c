#ifndef QALAM_CONTROLLER_ENGINE_H_
#define QALAM_CONTROLLER_ENGINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/spec/experiment_spec.h"
#include "core/clock.h"
#include "storage/store.h"
#include "trials/runner.h"

namespace qalam {

// A trial that is not final, for people who watch.
struct ActiveTrialView {
  int64_t number = 0;
  std::string name;
  NamedValues assignment;
  TrialCondition condition = TrialCondition::kCreated;
  absl::Time created;
  std::optional<absl::Time> started;
  std::vector<MetricSummary> observation;  // so far
  int64_t points = 0;                      // metric points so far
};

// What an experiment looks like at one moment.
struct ExperimentView {
  ExperimentRecord record;
  TrialCounts counts;
  std::vector<ActiveTrialView> active;  // by number
  std::optional<StoredTrial> best;
  // Where there are outcome constraints: the trial that is nearest to keeping to them, of those
  // that do not.
  std::optional<StoredTrial> nearest;
  // Where several metrics are optimised: the Pareto front, by number.
  std::vector<std::shared_ptr<const StoredTrial>> front;
  // Set while the experiment cannot go on for now (the disk is full): why, and what to do.
  std::string paused;
};

// Told of what happens. Calls come from the engine's thread, one at a time; they must be short.
class EngineObserver {
 public:
  virtual ~EngineObserver() = default;
  // After each commit that changed the experiment, with the changes that were written.
  virtual void OnCommitted(const ExperimentView& view, const std::vector<Change>& changes) = 0;
  // The engine drives it no more: it came to its end (Succeeded, Failed, Suspended), or, with the
  // condition still Running and `paused` saying why, the store could not be written for good.
  virtual void OnFinished(const ExperimentView& view) = 0;
  // `paused` of the view changed, or a notice for a person came up.
  virtual void OnNotice(const ExperimentView& view, const std::string& text) = 0;
};

enum class StopMode {
  kGraceful,  // running trials get TERM and their grace time
  kNow,       // running trials get KILL
};

struct EngineOptions {
  Store* store = nullptr;
  const Clock* clock = nullptr;
  EngineObserver* observer = nullptr;
  std::string data_dir;
  std::map<std::string, std::string> image_map;  // --image-map
  std::string container_engine;                  // --container-engine
};

// Drives experiments: one thread owns all their state, feeds events to Reconcile, commits the
// changes and then carries out the effects. All methods may be called from any thread.
class Engine {
 public:
  // Leaves trials running; a later engine adopts them. No other call may be in progress.
  virtual ~Engine() = default;

  // Where the runner reports to: make the runner with it, then hand it over, before the first
  // Start. The engine destroys the runner, which leaves its jobs running.
  virtual JobEventSink* sink() = 0;
  virtual void UseRunner(std::unique_ptr<Runner> runner) = 0;

  // Starts to drive an experiment that is in the store (`record`), from wherever it stands: trials
  // that ran when a former process died are adopted. A Suspended one goes on. FailedPrecondition
  // when it is finished, or driven by another process.
  virtual absl::Status Start(const ExperimentRecord& record, const ExperimentSpec& spec) = 0;

  // Ends it as Suspended: no new trials, running ones are ended and will be run again on resume.
  // Returns when the request is accepted; OnFinished tells the end. NotFound when not driven here.
  virtual absl::Status Stop(const std::string& ns, const std::string& name, StopMode mode) = 0;
  // Changes the limits; returns when they are on disk.
  virtual absl::Status Edit(const std::string& ns, const std::string& name,
                            const Budget& budget) = 0;
  // Current view; NotFound when not driven here.
  virtual absl::StatusOr<ExperimentView> View(const std::string& ns, const std::string& name) = 0;
  // Blocks until no experiment is driven any more.
  virtual void WaitUntilIdle() = 0;
};

absl::StatusOr<std::unique_ptr<Engine>> CreateEngine(const EngineOptions& options);

// Makes the store's record for a valid spec (condition Created) and writes it. AlreadyExists when
// there is one of that name.
absl::StatusOr<ExperimentRecord> CreateExperiment(Store* store, const ExperimentSpec& spec,
                                                  absl::Time now);

// Changes the limits of an experiment that nobody drives (the caller holds its lock), restarting it
// (condition Restarting) when it is finished and its resumePolicy and the new limits allow, as
// Katib does. InvalidArgument or FailedPrecondition naming the field and the way out.
absl::StatusOr<ExperimentRecord> EditStoredExperiment(Store* store, const ExperimentRecord& record,
                                                      const ExperimentSpec& spec,
                                                      const Budget& budget, absl::Time now);

}  // namespace qalam

#endif  // QALAM_CONTROLLER_ENGINE_H_
