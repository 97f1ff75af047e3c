#ifndef QALAM_CONTROLLER_TRIAL_TRACKER_H_
#define QALAM_CONTROLLER_TRIAL_TRACKER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/engine.h"
#include "core/search_space.h"
#include "storage/records.h"
#include "trials/metrics/collector.h"
#include "trials/runner.h"

namespace qalam {

// What the driver keeps of an active trial beside its state: what it is, and its metrics so far.
class TrialTracker {
 public:
  // `stored_points`: how many points of the trial's current attempt the store already has. The
  // first of `metrics` is the objective.
  TrialTracker(const StoredTrial& trial, std::unique_ptr<LineParser> parser,
               std::vector<MetricSpec> metrics, int64_t stored_points);

  // Begins another attempt: its metrics start anew.
  void Restart(int attempt, std::unique_ptr<LineParser> parser);

  // Takes captured lines of the current attempt, which may have been told before (after an
  // adoption). Returns the points that the store does not have yet, and the ordinal of the first of
  // them. Of a trial that is to make so many reports (ReportsToMake) nothing counts from the line
  // on that has one too many: its result is what it was at its rung, however long it takes to stop.
  struct NewPoints {
    int64_t first_ordinal = 0;
    std::vector<MetricPoint> points;
  };
  NewPoints TakeLines(const std::vector<CapturedLine>& lines);

  // Why the trial is to stop at its rung; nothing while it is not there, or has none.
  std::optional<std::string> AtRung() const;

  std::vector<MetricSummary> Observation() const { return observation_.Observation(); }
  std::optional<double> Objective() const { return observation_.Objective(); }

  // The trial as it was created, with what is known now.
  StoredTrial& trial() { return trial_; }
  const StoredTrial& trial() const { return trial_; }
  ActiveTrialView View() const;

 private:
  // Leaves out the points of a line, from the first-th on, that come after the rung.
  void CutAtRung(size_t first, std::vector<MetricPoint>* points);

  StoredTrial trial_;
  std::unique_ptr<LineParser> parser_;
  std::vector<MetricSpec> metrics_;
  const std::optional<int64_t> reports_to_make_;
  int64_t reports_ = 0;  // of the objective, those beyond the rung included
  ObservationBuilder observation_;
  int64_t parsed_points_ = 0;
  int64_t stored_points_ = 0;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_TRIAL_TRACKER_H_
