#ifndef QALAM_TESTS_PROPERTY_SIM_WORLD_H_
#define QALAM_TESTS_PROPERTY_SIM_WORLD_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controller/reconcile.h"
#include "core/random_stream.h"

namespace qalam {

// A simulated world around Reconcile: a store that keeps what was committed, jobs that live on when
// the controller dies, and a mail of events that are reordered, repeated and lost. Everything is
// drawn from one seed. Violated properties are collected in `problems`.
class SimWorld {
 public:
  explicit SimWorld(uint64_t seed);

  // Runs until the experiment is finished, or `max_steps` have passed (a problem).
  void Run(int max_steps);

  const std::vector<std::string>& problems() const { return problems_; }
  std::string Summary() const;
  bool crashed() const { return crashes_ > 0; }
  bool has_initial_trials() const { return !initial_trials_.empty(); }
  size_t front_size() const;
  bool has_infeasible_trials() const;
  bool has_early_stopped_trials() const { return early_stopped_ > 0; }
  const std::string& condition() const { return stored_.condition; }

 private:
  using JobId = std::pair<int64_t, int>;  // number, attempt
  struct SimJob {
    bool started = false;
    bool ended = false;
    bool released = false;
    JobFinished result;
  };

  void Require(bool holds, const std::string& what);
  double Chance() { return random_.Uniform(); }
  bool With(double probability) { return Chance() < probability; }

  // The outside world moves by itself: jobs start and end.
  void MoveJobs();
  void EndJob(const JobId& id, JobEnd end);
  void TellJob(const JobId& id);
  // One event reaches the controller, or a user acts, or the controller dies.
  void DeliverSomething();
  void Deliver(const Event& event);
  void Perform(Step step);
  void Commit(const std::vector<Change>& changes);
  void Write(const ExperimentChange& change);
  void Write(const TrialCreated& change);
  void Write(const TrialChanged& change);
  void CheckEarlyStop(const StoredTrial& trial, const TrialChanged& change);
  void Write(const FrontLeft& change);
  void Write(const MetricsAppended&) {}
  void Write(const EventAppended&) {}
  void Carry(const AskSuggestions& effect);
  void Carry(const SubmitJob& effect);
  void Carry(const CancelJob& effect);
  void Carry(const ReleaseJob&) {}
  void Carry(const EndDrive&);
  void Crash();
  void Reload();
  void CheckState();
  ExperimentState StateFromStore() const;
  // The results of a trial: an objective, and what further metrics and bounds need.
  std::vector<MetricSummary> Observe(double objective, bool complete);
  // Compares what the store says of constraints and front with what follows from the observations.
  void CheckOutcomes();

  RandomStream random_;
  absl::Time now_ = absl::UnixEpoch();

  // The store.
  ExperimentRecord stored_;
  std::map<int64_t, StoredTrial> trials_;
  Objective objective_;
  std::vector<InitialTrial> initial_trials_;
  int64_t points_left_ = 0;  // of the search space

  // The runner.
  std::map<JobId, SimJob> jobs_;

  // The controller.
  ExperimentState state_;
  absl::Time wake_at_ = absl::InfiniteFuture();
  std::deque<Event> mail_;
  std::vector<Event> delivered_;
  bool driven_ = false;
  int64_t last_ask_ = 0;

  double crash_rate_ = 0;
  double stop_rate_ = 0;
  double edit_rate_ = 0;
  double failure_rate_ = 0;
  double refusal_rate_ = 0;
  double early_stop_rate_ = 0;
  int crashes_ = 0;
  int stops_ = 0;
  int early_stopped_ = 0;  // trials that ended after a stopping rule had given them up
  int64_t largest_parallel_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace qalam

#endif  // QALAM_TESTS_PROPERTY_SIM_WORLD_H_
