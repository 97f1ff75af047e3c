#ifndef QALAM_SUGGESTION_FIDELITY_SCHEDULER_H_
#define QALAM_SUGGESTION_FIDELITY_SCHEDULER_H_

#include <map>
#include <string>

#include "core/history.h"

namespace qalam {

// Whether there are configurations to begin.
enum class Supply {
  kUnseen,  // some that no trial has
  kSeen,    // each has been tried; they may be begun again
  kNone,    // each has been tried, and none may be begun again
};

// What the next trial is to be.
struct RungStep {
  enum class Kind { kWait, kConfiguration, kPromotion };
  Kind kind = Kind::kWait;
  double amount = 0;  // of the resource
  // kPromotion: the place in the history of the trial that it goes on from.
  int parent = -1;
  std::map<std::string, std::string> labels = {};
  // For people: "bracket 2, rung 1 of 3".
  std::string explanation = {};
};

// Decides which trial goes on and when a new configuration begins; which one is not its business. A
// function of the history.
class RungScheduler {
 public:
  virtual ~RungScheduler() = default;

  virtual void Update(const History& history) = 0;
  // After Update with the same history.
  virtual RungStep Next(const History& history, Supply supply) = 0;
  // Whether the i-th trial, which has ended, may be promoted at some time (see resumption.h). After
  // Update with the same history.
  virtual bool MayPromote(const History& history, int i) const = 0;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_SCHEDULER_H_
