#ifndef QALAM_CONTROLLER_DRIVEN_EXPERIMENT_H_
#define QALAM_CONTROLLER_DRIVEN_EXPERIMENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/checkpoints.h"
#include "controller/data_dir.h"
#include "controller/engine.h"
#include "controller/job_factory.h"
#include "controller/reconcile.h"
#include "controller/spec/experiment_spec.h"
#include "controller/stop_judge.h"
#include "controller/suggestion_worker.h"
#include "controller/trial_tracker.h"
#include "storage/store.h"

namespace qalam {

// One experiment in the hands of the engine: its state, and what turns events of the outside world
// into events of its life cycle. Used by the engine's thread alone.
class DrivenExperiment {
 public:
  // Loads everything from the store. InvalidArgument when the algorithm cannot be made; DataLoss
  // when the stored trials do not fit the spec.
  static absl::StatusOr<std::unique_ptr<DrivenExperiment>> Load(const Store& store,
                                                                const ExperimentRecord& record,
                                                                const ExperimentSpec& spec,
                                                                const EngineOptions& options,
                                                                const DataDir& data_dir);

  const ExperimentState& state() const { return state_; }
  const ExperimentSpec& spec() const { return spec_; }
  const JobFactory& jobs() const { return *jobs_; }
  // Asks the algorithm for `count` trials; see SuggestionWorker::Ask.
  void Ask(int count, SuggestionWorker::Reply reply);

  // The first step, and the step for an event. Also keeps trackers and the worker's history in step
  // with the changes.
  Step Begin(absl::Time now);
  Step Apply(const Event& event, absl::Time now);

  // Captured lines of a trial's attempt -> what to write, and whether its stopping rule gives the
  // trial up by them; nothing of both when they are stale or old.
  struct TakenLines {
    std::vector<Change> changes;
    std::optional<EarlyStopDecided> stop;
  };
  TakenLines TakeLines(int64_t number, int attempt, const std::vector<CapturedLine>& lines);
  // A job's end -> the event, with the trial's metrics and the verdict on it. Nothing when stale.
  std::optional<JobFinished> JudgeEnd(int64_t number, int attempt, const JobOutcome& outcome) const;
  // Removes the checkpoint folders that may go, by what has been committed.
  void SweepCheckpoints();
  // An algorithm's answer -> the event; what is reused of earlier trials is read from the store.
  SuggestionsArrived ToEvent(int64_t ask_id, int64_t asked_at,
                             const absl::StatusOr<SuggestionWorker::Answer>& answer,
                             const Store& store);

  const TrialTracker* FindTracker(int64_t number) const;
  ExperimentView View() const;
  const std::string& paused() const { return paused_; }
  void set_paused(std::string text) { paused_ = std::move(text); }

 private:
  DrivenExperiment(const ExperimentSpec& spec, const ExperimentRecord& record);
  absl::Status LoadTrials(const Store& store);
  absl::Status AddStoredTrial(const Store& store, const StoredTrial& trial, History* history);
  std::unique_ptr<TrialTracker> NewTracker(const StoredTrial& trial, int64_t stored_points) const;

  std::optional<EarlyStopDecided> JudgePoints(const TrialTracker& tracker,
                                              const std::vector<MetricPoint>& points);
  void SayWhatWasMadeBefore(const Store& store, std::map<std::string, std::string>* labels) const;
  void Follow(const std::vector<Change>& changes);
  void Follow(const TrialCreated& change);
  void Follow(const TrialChanged& change);
  // Puts best_ in step with the state where it is one of the front.
  void FollowFront();
  // Whether people want what this trial has left: it is among the best.
  bool IsAmongBest(int64_t number) const;

  const ExperimentSpec spec_;
  std::unique_ptr<JobFactory> jobs_;
  std::unique_ptr<ParserFactory> parsers_;
  std::unique_ptr<SuggestionWorker> worker_;
  ExperimentState state_;
  std::map<int64_t, std::unique_ptr<TrialTracker>> trackers_;  // by number, active trials
  std::unique_ptr<StopJudge> judge_;                           // null without early stopping
  std::optional<StoredTrial> best_;
  std::optional<StoredTrial> nearest_;
  std::map<int64_t, std::shared_ptr<const StoredTrial>> front_;  // by number
  std::unique_ptr<Checkpoints> checkpoints_;                     // null where trials have no folder
  std::string paused_;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_DRIVEN_EXPERIMENT_H_
