#ifndef QALAM_SUGGESTION_EVOLUTION_POPULATION_H_
#define QALAM_SUGGESTION_EVOLUTION_POPULATION_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/types/span.h"
#include "core/history.h"
#include "suggestion/evolution/labels.h"
#include "suggestion/outcome.h"

namespace qalam {

// Who of a history's trials is alive, in the sense of differential evolution: a trial lives when it
// was drawn, or bred and no worse than its parent, until a child better than it appears. A function
// of labels and results in which the order of results has no part, kept up step by step.
class EvolutionPopulation {
 public:
  // Brings the population up to date with `history`; costs what is new in it.
  void Update(const History& history);

  // Indices in the history of those alive, best first.
  absl::Span<const int> alive() const { return alive_; }
  // Indices of those that a better child replaced, in order of number: the archive.
  absl::Span<const int> replaced() const { return replaced_; }
  // The number of trials with a result of any kind.
  int finished() const { return finished_; }

  // What the newest children that were better than their parents were bred with: weighted Lehmer
  // means over at most `kMemory` of them (SHADE: Tanabe and Fukunaga, CEC 2013). 0.5 at first.
  struct Rates {
    double f = 0.5;
    double cr = 0.5;
  };
  Rates SuccessfulRates() const;
  // The share of local steps that the newest results advise, in (0, 1): by how often the children
  // of each operator were better than the trial that they were bred towards.
  double LocalShare() const;

  static constexpr int kMemory = 24;

 private:
  struct Child {
    int64_t number = 0;
    EvolutionLabels labels;
    bool beats_parent = false;
    bool beats_reference = false;
    double gain = 0;  // of the loss over the parent's, where both were observed
  };

  bool Extends(const History& history) const;
  void Finish(const History& history, int index, const Outcome& outcome);
  void Enter(int index);

  int known_ = 0;
  uint64_t hash_ = 0;
  std::vector<int> pending_;  // of the first known_ trials
  int last_finished_ = -1;
  uint64_t last_result_ = 0;       // its ResultHash
  std::vector<Outcome> outcomes_;  // of the first known_ trials
  absl::flat_hash_map<int64_t, int> index_by_number_;
  std::vector<bool> is_replaced_;
  std::vector<int> alive_, replaced_;
  std::vector<Child> children_;  // finished ones, in order of number
  int finished_ = 0;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_EVOLUTION_POPULATION_H_
