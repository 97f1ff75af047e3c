#ifndef QALAM_SERVER_ASK_TELL_CLIENT_EXPERIMENT_H_
#define QALAM_SERVER_ASK_TELL_CLIENT_EXPERIMENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "controller/control_requests.h"
#include "controller/reconcile.h"
#include "controller/spec/experiment_spec.h"
#include "controller/stop_judge.h"
#include "core/history.h"
#include "storage/store.h"
#include "suggestion/gp/outlook.h"
#include "suggestion/suggester.h"
#include "trials/metrics/collector.h"

namespace qalam {

// Metrics as clients tell them: name and text.
using ToldMetrics = std::vector<std::pair<std::string, std::string>>;

// Which trial a client speaks of.
struct TrialClaim {
  std::string client;
  std::string trial;  // its name
  int attempt = 1;
};

// A trial as a client gets it.
struct HandedTrial {
  std::string name;
  int64_t number = 0;
  int attempt = 1;
  NamedValues parameters;
  std::string explanation;
};

// An experiment whose trials are run by clients: the life cycle of Reconcile, with clients in the
// place of jobs. A trial that was handed out is a job that runs; one that its client does not speak
// of within its lease is a job that was lost, and runs again, with another client.
//
// Makes changes; whoever drives it writes them (TakeChanges), in order, before anybody is told what
// they say. Used by one thread. A pure function of what is stored, of its calls and their times.
class ClientExperiment {
 public:
  static constexpr absl::Duration kDefaultLease = absl::Hours(1);
  // How long a trial is kept for a client that is expected to ask for it.
  static constexpr absl::Duration kPreparedLease = absl::Minutes(1);

  // `store` must outlive it. Takes over what is stored: trials that were out stay with their
  // clients, for another lease.
  static absl::StatusOr<std::unique_ptr<ClientExperiment>> Load(const Store* store,
                                                                const ExperimentRecord& record,
                                                                const ExperimentSpec& spec,
                                                                absl::Time now);

  struct AskAnswer {
    std::optional<HandedTrial> trial;  // nothing when none may be out now
    // The trial is not given to anybody else whether or not the changes are written.
    bool safe_before_commit = false;
  };
  absl::StatusOr<AskAnswer> Ask(const std::string& client, absl::Duration lease, absl::Time now);
  // With the lease that the client had last.
  absl::StatusOr<AskAnswer> AskAgain(const std::string& client, absl::Time now);

  // Why the client is to give the trial up; nothing when it is to go on. A trial that the
  // experiment's stopping rule gives up, or that has made all its reports, has ended with that.
  std::optional<std::string> Report(const TrialClaim& claim, const ToldMetrics& metrics,
                                    absl::Time now);

  // Why it was not accepted; nothing when it was.
  std::optional<std::string> Tell(const TrialClaim& claim, const ToldMetrics& metrics, bool failed,
                                  const std::string& message, absl::Time now);

  // Ends a trial that runs as stopped early, on behalf of another than its client.
  void Stop(const std::string& trial, absl::Time now);

  // As `qalam stop` wants it: trials that are out are taken back and run again when it is resumed.
  void StopAll(StopMode mode, absl::Time now);
  // Goes on with an experiment that was stopped; nothing of another one.
  void ResumeStopped(absl::Time now);
  Budget budget() const { return BudgetOf(state_.record); }
  absl::Status Edit(const Budget& budget, absl::Time now);

  // Takes trials away whose lease is over, and ends the experiment when its time is.
  void Expire(absl::Time now);
  absl::Time NextExpiry() const;  // infinite future when there is nothing to wait for

  bool ended() const { return ended_; }
  int64_t id() const { return state_.record.id; }
  bool HasChanges() const { return !changes_.empty(); }
  struct Taken {
    std::vector<Change> changes;  // since the last call, in order
    int64_t number = 0;           // 1, 2, ..
  };
  Taken TakeChanges() { return {std::exchange(changes_, {}), ++taken_}; }
  // The changes that were taken as that number are on disk, and those before.
  void Written(int64_t taken);

  // No other client has a trial or has told of one, and none is free to be given to another.
  bool IsAlone(const std::string& client) const {
    return active_.size() == 1 && by_owner_.contains(client) && regulars_.size() == 1 &&
           regulars_.contains(client);
  }

 private:
  // An active trial.
  struct Active {
    explicit Active(StoredTrial stored, const std::vector<MetricSpec>& metrics)
        : trial(std::move(stored)), observation(metrics) {}
    StoredTrial trial;
    ObservationBuilder observation;
    int64_t points = 0;                    // of this attempt
    std::map<std::string, int64_t> steps;  // points of each metric
    std::string owner;                     // the client that has it; empty: free
    bool handed = false;                   // its owner has got it
    absl::Duration lease = kDefaultLease;
    absl::Time expires = absl::InfiniteFuture();
  };

  ClientExperiment(const Store* store, const ExperimentRecord& record, const ExperimentSpec& spec);
  absl::Status LoadTrials();
  absl::Status LoadActive(const StoredTrial& trial);

  // Whether a trial that has just told these points is to stop.
  std::optional<EarlyStopDecided> Judge(const Active& active,
                                        const std::vector<MetricPoint>& points);
  void Absorb(Step step);
  void Follow(Change* change);
  void Follow(TrialCreated* change);
  void Follow(const TrialChanged& change);
  void Cancel(const CancelJob& effect);
  void Record(const StoredTrial& trial);

  // Asks the algorithm for a trial for the client. False when there is no room, or nothing to try.
  bool CreateFor(const std::string& client, absl::Duration lease, absl::Time now);
  ProposedTrial Propose(const Suggestion& suggestion, const std::string& client,
                        absl::Duration lease) const;
  void Hand(Active* active, const std::string& client, absl::Duration lease, absl::Time now);
  HandedTrial Describe(const Active& active) const;
  // The trial that is claimed; or null, and why it is not the client's.
  Active* Find(const TrialClaim& claim, std::string* why_not);
  // The points, which are added.
  std::vector<MetricPoint> AddPoints(Active* active, const ToldMetrics& metrics, absl::Time now);
  // The client's trial has ended: it will want another.
  void ExpectAgain(const std::string& client, absl::Duration lease, absl::Time now);
  Active* FindOwned(const std::string& client);
  Active* FirstFree();

  const Store* const store_;
  const ExperimentSpec spec_;
  ExperimentState state_;
  History history_;
  std::unique_ptr<Suggester> suggester_;
  std::unique_ptr<gp::Outlook> outlook_;  // null where the experiment does not end by it
  std::unique_ptr<StopJudge> judge_;      // null without early stopping
  std::map<int64_t, Active> active_;
  std::map<std::string, int64_t, std::less<>> by_name_;   // of active trials
  std::map<std::string, int64_t, std::less<>> by_owner_;  // of active trials
  std::set<std::pair<absl::Time, int64_t>> expiries_;
  // Clients that have told the end of a trial, and so are expected to ask for the next one; with
  // the lease that they asked for.
  std::map<std::string, absl::Duration, std::less<>> regulars_;
  std::vector<Change> changes_;
  int64_t taken_ = 0;
  // Trials that changes not on disk yet create or give to another client, and with which number
  // those are taken.
  std::map<int64_t, int64_t> unwritten_;
  bool ended_ = false;
  absl::Time wake_at_ = absl::InfiniteFuture();  // when its time is over
  absl::Time now_;
};

}  // namespace qalam

#endif  // QALAM_SERVER_ASK_TELL_CLIENT_EXPERIMENT_H_
