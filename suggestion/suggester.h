#ifndef QALAM_SUGGESTION_SUGGESTER_H_
#define QALAM_SUGGESTION_SUGGESTER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/history.h"
#include "core/search_space.h"

namespace qalam {

// One proposed trial.
struct Suggestion {
  Assignment assignment;
  // What the algorithm must remember of this trial; comes back in the trial's record.
  std::map<std::string, std::string> labels;
  // Why this one, for people: one line, such as "gp: predicts 0.12 +- 0.03, log EI -2.1, near trial
  // 17". Empty where there is nothing to tell.
  std::string explanation;
  friend bool operator==(const Suggestion&, const Suggestion&) = default;
};

// Decides what to try next.
class Suggester {
 public:
  virtual ~Suggester() = default;

  // Proposes up to `count` assignments, given everything that happened so far, pending trials
  // included. Returns fewer only when the algorithm must wait for active trials (a rung, a
  // generation) or the space is exhausted; no suggestion while no trial is active means exhausted.
  //
  // A pure function of (space, settings, seed, history): members are caches that only make it
  // faster, and Suggest(h, 2) gives what Suggest(h, 1) and then Suggest(h plus that trial as
  // pending, 1) give whenever the algorithm's descriptor does not say otherwise. The caller numbers
  // the suggestions history.next_number(), next_number() + 1, ...
  virtual absl::StatusOr<std::vector<Suggestion>> Suggest(const History& history, int count) = 0;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_SUGGESTER_H_
