#ifndef QALAM_CONTROLLER_STOP_JUDGE_H_
#define QALAM_CONTROLLER_STOP_JUDGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "controller/spec/experiment_spec.h"
#include "core/curve_history.h"
#include "core/trial.h"
#include "earlystop/early_stopper.h"
#include "storage/store.h"

namespace qalam {

// Whether a point is a report of the objective, of the metric `objective`: a number or NaN. A text
// that is no number (a genotype) says nothing of how good the trial is.
bool IsReport(const MetricPoint& point, const std::string& objective);

// Keeps the curves of an experiment's trials and judges them by its stopping rule. Points that are
// no reports are passed over.
class StopJudge {
 public:
  // InvalidArgument or NotFound as CreateStopper.
  static absl::StatusOr<std::unique_ptr<StopJudge>> Create(const AlgorithmSpec& rule,
                                                           const Objective& objective);

  // Takes over a trial of the store, with all that it reported: that was judged when it was stored.
  absl::Status Restore(const Store& store, int64_t experiment, const StoredTrial& trial);

  // A trial, or the next attempt of one, begins; and has ended.
  void Start(int64_t number) { history_.Start(number); }
  void End(int64_t number, TrialCondition condition) { history_.End(number, condition); }
  // Something that the trial reported before. True when it was a report.
  bool Add(int64_t number, const MetricPoint& point);
  // Adds what the trial reports now, and judges it at each report until it is to be stopped: why.
  std::optional<std::string> Judge(int64_t number, absl::Span<const MetricPoint> points);

 private:
  StopJudge(std::string rule, std::unique_ptr<EarlyStopper> stopper, const Objective& objective)
      : rule_(std::move(rule)), stopper_(std::move(stopper)), history_(objective) {}

  const std::string rule_;  // its name
  const std::unique_ptr<EarlyStopper> stopper_;
  CurveHistory history_;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_STOP_JUDGE_H_
