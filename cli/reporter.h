#ifndef QALAM_CLI_REPORTER_H_
#define QALAM_CLI_REPORTER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "cli/output.h"
#include "controller/engine.h"
#include "core/clock.h"
#include "core/mutex.h"

namespace qalam {

// A trial as far as a reporter needs it after its end.
struct ReportedTrial {
  int64_t number = 0;
  std::string name;
  NamedValues assignment;
  std::optional<absl::Time> started;
};

// An experiment that this process drives.
struct ReportedExperiment {
  ExperimentRecord record;  // as of its start
  ExperimentSpec spec;
  bool resumed = false;  // it was there before
  absl::Time begun;
  std::map<int64_t, ReportedTrial> active;  // trials that have not ended
};

// Tells a person or a program how experiments go on. The engine's calls come from its thread, the
// others from any; none of them overlap for the subclasses: the hooks are called with the lock
// held.
class Reporter : public EngineObserver {
 public:
  explicit Reporter(const Clock* clock) : clock_(clock) {}

  // An experiment is about to be driven; `active` are its trials from before.
  void Begin(const ExperimentRecord& record, const ExperimentSpec& spec, bool resumed,
             const std::vector<StoredTrial>& active);
  // Something that a person should know.
  void Note(const std::string& text);
  // A stop was asked for: what happens now, and what can be done.
  void Stopping(const std::string& text);
  // Nothing is driven any more; nothing is drawn after this.
  void End();
  // The terminal is left to others for a while (Ctrl-Z), and back.
  void Suspend();
  void Continue();
  // False once nobody reads the output any more.
  bool OutputWorks();

  void OnCommitted(const ExperimentView& view, const std::vector<Change>& changes) override;
  void OnFinished(const ExperimentView& view) override;
  void OnNotice(const ExperimentView& view, const std::string& text) override;

 protected:
  // How a trial ended.
  struct TrialEnd {
    const ReportedTrial& trial;
    const TrialChanged& change;
    bool is_best = false;  // the best so far; with several objectives, on the front
  };

  // ---- Hooks.
  virtual void DoBegin(const ReportedExperiment& experiment) = 0;
  virtual void DoTrialCreated(const ReportedExperiment&, const TrialCreated&) {}
  // Running, or Created again for another attempt.
  virtual void DoTrialChanged(const ReportedExperiment&, const ReportedTrial&,
                              const TrialChanged&) {}
  virtual void DoTrialEnded(const ReportedExperiment&, const TrialEnd&) {}
  virtual void DoMetrics(const ReportedExperiment&, const ReportedTrial&, const MetricsAppended&) {}
  virtual void DoCommitted(const ReportedExperiment&, const ExperimentView&) {}
  virtual void DoFinished(const ReportedExperiment&, const ExperimentView&) {}
  // `experiment` is null for notices that concern none in particular.
  virtual void DoNote(const ReportedExperiment* experiment, const std::string& text) = 0;
  virtual void DoStopping(const std::string& text) { DoNote(nullptr, text); }
  virtual void DoEnd() {}
  virtual void DoSuspend() {}
  virtual void DoContinue() {}
  virtual bool DoOutputWorks() { return true; }

  absl::Time Now() const { return clock_->Now(); }
  Mutex& mutex() { return mutex_; }

 private:
  void Tell(ReportedExperiment& experiment, const ExperimentView& view, const TrialCreated& change);
  void Tell(ReportedExperiment& experiment, const ExperimentView& view, const TrialChanged& change);
  void Tell(ReportedExperiment& experiment, const ExperimentView& view,
            const MetricsAppended& change);
  void Tell(ReportedExperiment&, const ExperimentView&, const ExperimentChange&) {}
  void Tell(ReportedExperiment&, const ExperimentView&, const EventAppended&) {}
  void Tell(ReportedExperiment&, const ExperimentView&, const FrontLeft&) {}

  const Clock* const clock_;
  Mutex mutex_;
  std::map<int64_t, ReportedExperiment> experiments_ ABSL_GUARDED_BY(mutex_);  // by id
};

// One line for each trial that ends, and a few more. Nothing but notices when `quiet`.
std::unique_ptr<Reporter> MakePlainReporter(Output* output, const Clock* clock, bool quiet);
// One JSON object a line for each event; the fields are those of kJsonEventsHelp.
std::unique_ptr<Reporter> MakeJsonReporter(Output* output, const Clock* clock);
// A picture of the experiments that is redrawn in place; `output` is a terminal.
std::unique_ptr<Reporter> MakeLiveReporter(Output* output, const Clock* clock);

// What `qalam run --help` says of the events.
inline constexpr char kJsonEventsHelp[] =
    "With --json each line of standard output is one JSON object with \"event\", \"time\" and, "
    "except\n"
    "for some notices, \"namespace\" and \"experiment\":\n"
    "  experimentStarted   uid, resumed, maxTrialCount, parallelTrialCount\n"
    "  trialCreated        trial, number, parameters {name: text}\n"
    "  trialStarted        trial, number, attempt\n"
    "  trialRestarted      trial, number, attempt, reason, message\n"
    "  metric              trial, number, metric, value (text as logged), step, metricTime\n"
    "  trialFinished       trial, number, condition, reason, message, objective, best, "
    "parameters,\n"
    "                      observation [{name, min, max, latest}]; with several objectives "
    "also\n"
    "                      objectives {name: number}, onFront; with constraints feasible\n"
    "  notice              text\n"
    "  experimentFinished  condition, reason, message, trials {condition: count},\n"
    "                      bestTrial {name, objective, parameters} or null; with several\n"
    "                      objectives paretoFront [{name, objectives, parameters}]";

}  // namespace qalam

#endif  // QALAM_CLI_REPORTER_H_
