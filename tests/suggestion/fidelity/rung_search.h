#ifndef QALAM_TESTS_SUGGESTION_FIDELITY_RUNG_SEARCH_H_
#define QALAM_TESTS_SUGGESTION_FIDELITY_RUNG_SEARCH_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/history.h"
#include "suggestion/registry.h"

namespace qalam {

// A search with a resource, "epochs", whose trials finish in random order.
struct RungSearch {
  std::string algorithm;
  SuggesterSpec spec;
  int parallel = 1;
  int most = 1000;  // trials
  bool new_instance_each_call = false;
  // Sets condition and objective of a trial that ends.
  std::function<void(const History& history, TrialRecord& trial)> finish;

  struct Result {
    History history;
    // How often a worker had nothing to do.
    int idle = 0;
    // Why each trial was proposed.
    std::vector<std::string> explanations;
  };
  // Until nothing more is proposed, or there are `most` trials, and all have ended.
  Result Run() const;
};

// x in [0, 1], y in [0, 1] and epochs, an int between 1 and `most`.
SuggesterSpec RungSpec(int most, Settings settings);
// A loss that falls with the epochs, the better the sooner: what is better in the end is better
// from the beginning.
double SteadyLoss(const History& history, const TrialRecord& trial);
// Succeeds with SteadyLoss.
void FinishSteadily(const History& history, TrialRecord& trial);

double EpochsOf(const History& history, const TrialRecord& trial);
// How many trials have how many epochs.
std::map<double, int> CountsByEpochs(const History& history);
// Fails where a trial that goes on from another one is another configuration, or has no more epochs
// than that, or began before that had ended, or where two go on from the same.
void ExpectLineages(const History& history);

}  // namespace qalam

#endif  // QALAM_TESTS_SUGGESTION_FIDELITY_RUNG_SEARCH_H_
