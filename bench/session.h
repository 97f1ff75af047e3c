#ifndef QALAM_BENCH_SESSION_H_
#define QALAM_BENCH_SESSION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/disguise.h"
#include "bench/results.h"
#include "bench/scoring.h"

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
// "seconds" is the simulated run time, for drivers that run several trials at a time: with
// {"assignment": ..., "started": 4.5} the trial ends at 4.5 + seconds on the simulated clock.
// Evaluations count in the order in which they are asked for.
class EvaluationSession {
 public:
  // `problem` must outlive the session; `key` names the run (suite, task and seed are filled in).
  EvaluationSession(const Problem& problem, RunKey key, int budget);

  std::string Greeting() const;
  // The answer to one line, without its end of line.
  std::string Answer(absl::string_view line);

  // True when the budget is used up; further evaluations are errors.
  bool done() const { return scorer_.done(); }
  // The run so far.
  RunResult Result() const;

 private:
  absl::StatusOr<std::string> Evaluate(absl::string_view line);

  const Problem& problem_;
  RunKey key_;
  int budget_;
  Disguise disguise_;
  Scorer scorer_;
  RunState state_;
  double clock_ = 0;
  double ask_seconds_ = 0;
};

}  // namespace qalam::bench

#endif  // QALAM_BENCH_SESSION_H_
