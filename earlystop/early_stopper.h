#ifndef QALAM_EARLYSTOP_EARLY_STOPPER_H_
#define QALAM_EARLYSTOP_EARLY_STOPPER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/curve_history.h"

namespace qalam {

struct StopDecision {
  bool stop = false;
  // When it stops: why, as one sentence without its end, for people.
  std::string why;
};

// A stopping rule in Katib's static form: it fires when the best that a trial has reported of
// `metric` compares like that with `value`, at report number `start_step`, or at every report when
// that is 0. A trial is stopped when all rules that it was given have fired.
struct EarlyStoppingRule {
  enum class Comparison { kEqual, kLess, kGreater };
  std::string metric;
  std::string value;
  Comparison comparison = Comparison::kLess;
  int64_t start_step = 0;
  friend bool operator==(const EarlyStoppingRule&, const EarlyStoppingRule&) = default;
};

// Says when to give up a trial.
//
// An answer is a function of the rule's settings and the history. Members are caches that only make
// it faster: what a call costs depends on what is new in the history and on the trial's own curve,
// not on all curves. An instance serves one CurveHistory for its whole life; a new one in its place
// answers the same.
class EarlyStopper {
 public:
  virtual ~EarlyStopper() = default;
  // Whether to stop `running`, one of the curves of `history` that has reported, at its last
  // report. To be asked at every report: some rules look at certain steps only.
  virtual StopDecision Judge(const Curve& running, const CurveHistory& history) = 0;
  // What Katib's sidecar can be told of the rule as it stands now; empty when it has no such form,
  // or too few trials to stop any.
  virtual std::vector<EarlyStoppingRule> Rules(const CurveHistory& history) = 0;
};

}  // namespace qalam

#endif  // QALAM_EARLYSTOP_EARLY_STOPPER_H_
