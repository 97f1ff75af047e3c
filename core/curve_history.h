#ifndef QALAM_CORE_CURVE_HISTORY_H_
#define QALAM_CORE_CURVE_HISTORY_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/objective.h"
#include "core/trial.h"

namespace qalam {

// What one trial reported of the objective. Its steps are its reports, counted from 1; all numbers
// are turned so that smaller is better.
struct Curve {
  int64_t number = 0;  // of the trial
  // kRunning as long as it may report.
  TrialCondition condition = TrialCondition::kRunning;
  // Each report, as it came; NaN for NaN.
  std::vector<double> losses;
  // What the objective amounted to after each report, by its strategy: with min and max the best so
  // far, with latest that report. Infinity stands for NaN, which is worse than everything.
  std::vector<double> reached;

  int64_t steps() const { return static_cast<int64_t>(losses.size()); }
  // 1 <= step <= steps().
  double ReachedAt(int64_t step) const { return reached[static_cast<size_t>(step) - 1]; }
  friend bool operator==(const Curve&, const Curve&) = default;
};

// The curves of an experiment's trials, those of running ones included: what stopping rules judge
// by. Grows by appending; every call is constant time. What it holds depends on the order of
// reports within each trial alone, not on how those of different trials mix.
class CurveHistory {
 public:
  // Of `objective` the first metric and its direction count.
  explicit CurveHistory(Objective objective);

  const Objective& objective() const { return objective_; }

  // A trial begins, or the next attempt of one: then what it reported before is forgotten.
  void Start(int64_t number);
  // The trial reported `value`, as its metric says it. False, and nothing changes, when it was not
  // started or has ended.
  bool Report(int64_t number, double value);
  // The trial ended. Ignored as Report.
  bool End(int64_t number, TrialCondition condition);

  int size() const { return static_cast<int>(curves_.size()); }
  // In the order in which the trials were started first.
  const Curve& curve(int i) const { return curves_[static_cast<size_t>(i)]; }
  // Null when there is none. Valid until the next change.
  const Curve* Find(int64_t number) const;

  // What happened, in order, so that whoever computes something of all curves need only look at
  // what is new.
  struct Entry {
    int32_t curve = 0;  // index
    int32_t step = 0;   // the step that was reported; 0: the trial ended
  };
  absl::Span<const Entry> log() const { return log_; }
  // Grows when something was forgotten; then the log begins anew with what is still there.
  int64_t generation() const { return generation_; }

 private:
  Curve* FindRunning(int64_t number);
  void Forget(Curve* curve);

  Objective objective_;
  std::vector<Curve> curves_;
  absl::flat_hash_map<int64_t, int> index_by_number_;
  std::vector<Entry> log_;
  int64_t generation_ = 0;
};

}  // namespace qalam

#endif  // QALAM_CORE_CURVE_HISTORY_H_
