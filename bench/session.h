#ifndef QALAM_BENCH_SESSION_H_
#define QALAM_BENCH_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/curve_scorer.h"
#include "bench/disguise.h"
#include "bench/results.h"
#include "bench/scoring.h"
#include "core/json.h"

namespace qalam::bench {

// One run of an optimiser in another program, which talks in lines of JSON. It sees the problem as
// our own algorithms do (disguised by the seed, with the same noise), and is scored by the same
// code.
//
//   Greeting()            {"suite": "...", "task": "...", "seed": 3, "budget": 200,
//                          "direction": "minimize", "space": [...]}
//                       and where there are several objectives or constraints also
//                          "directions": [...] of all objectives, "constraints": how many
//   {"assignment": {...}, "ask_seconds": 0.01}
//                      -> {"value": 1.5, "seconds": 0.9} or {"failed": true, "seconds": 0.9}
//                       and then also "values": [...] and "violations": [...], each of which is to
//                          be at most 0
//   anything else      -> {"error": "..."}; the run goes on
//
// Where the problem has learning curves the greeting also has "epochs", those of a whole training,
// and the budget is of whole trainings:
//
//   {"assignment": {...}, "epochs": 7}
//                      -> {"value": 1.5, "seconds": 0.1, "spent": 2.14}
//
// trains up to 7 epochs, or in full without "epochs", and tells the value there. The same
// assignment may come again with more epochs, at once or later: it costs those that are new
// (CurveScorer). "spent" is the cost so far; the run is over when it comes to the budget. To stop a
// trial is to ask for it no more.
//
// "seconds" is the simulated run time, for drivers that run several trials at a time: with
// {"assignment": ..., "started": 4.5} the trial ends at 4.5 + seconds on the simulated clock, and
// evaluations count in the order in which they end. A driver is not to start a trial before one
// that it has started already.
class EvaluationSession {
 public:
  // `problem` must outlive the session; `key` names the run (suite, task and seed are filled in).
  EvaluationSession(const Problem& problem, RunKey key, int budget);

  std::string Greeting() const;
  // The answer to one line, without its end of line.
  std::string Answer(absl::string_view line);

  // True when the budget is used up; further evaluations are errors.
  bool done() const { return curves_.has_value() ? curves_->done() : requests_ >= budget_; }
  // The run so far; trials that were still running have ended.
  RunResult Result();

 private:
  // Asked for, and not scored yet.
  struct Running {
    double end = 0;  // on the simulated clock
    Evaluation evaluation;
  };

  // Scores those that have ended by then.
  void FinishUntil(double time);
  absl::StatusOr<std::string> Evaluate(absl::string_view line);
  // The trial of the problem's own space that a request asks for, as long as it is to be trained.
  absl::StatusOr<Assignment> Requested(const Json& request) const;

  const Problem& problem_;
  RunKey key_;
  int budget_;
  Disguise disguise_;
  std::optional<std::string> length_;  // the disguised name of the epochs, where there are curves
  Scorer scorer_;                      // of evaluations
  std::optional<CurveScorer> curves_;  // of epochs, in its place
  RunState state_;
  std::vector<Running> running_;  // those that end together in the order of asking
  int requests_ = 0;
  double clock_ = 0;  // when the last of all trials up to now ends
  double ask_seconds_ = 0;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SESSION_H_
