#ifndef QALAM_SUGGESTION_MULTI_OBJECTIVE_SURVIVORS_H_
#define QALAM_SUGGESTION_MULTI_OBJECTIVE_SURVIVORS_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/types/span.h"
#include "core/history.h"
#include "suggestion/outcome.h"

namespace qalam {

// Chooses `count` of the rows of losses of one front, which does not fit as a whole; the rows of
// the better fronts are sure of their place.
struct FrontCut {
  absl::Span<const double> sure;   // rows of `width` losses
  absl::Span<const double> front;  // likewise
  int width = 1;
  int count = 0;     // 0 < count < rows of `front`
  int64_t step = 0;  // names what is random
};
using CutFront = std::function<std::vector<int>(const FrontCut& cut)>;

// The population of an evolutionary search for a Pareto front, without waiting for generations: the
// trials of a history are taken in blocks of `size` by number; after each block the best `size` of
// the survivors so far and the block's results stay, front by front. The results of the block that
// is being filled compete at once. A function of the history in which the order of results has no
// part, kept up block by block.
class Survivors {
 public:
  Survivors(int size, CutFront cut) : size_(size), cut_(std::move(cut)) {}

  struct Member {
    int trial = 0;  // index in the history
    int front = 0;
    double crowding = 0;  // distance among the members of its front (see CrowdingDistances)
  };

  // Brings the population up to date with `history`; costs what is new in it.
  void Update(const History& history);
  // The best first: by front, then those with more room around them, then by number.
  const std::vector<Member>& members() const { return members_; }

 private:
  struct Seen {
    Outcome outcome = {OutcomeKind::kNothing};
    uint64_t hash = 0;
  };
  bool Learn(const History& history);
  void LearnOne(const History& history, int trial);
  // Whether the results learned at the last look leave the population as it is.
  bool NothingEnters() const;
  // Survivors by front.
  std::vector<std::vector<int>> AfterBlock(int block) const;
  std::vector<std::vector<int>> Select(const std::vector<int>& trials, int64_t step) const;
  void CutLast(std::vector<std::vector<int>>& fronts, int64_t step) const;
  void Describe(const std::vector<std::vector<int>>& fronts);

  int size_;
  CutFront cut_;
  std::vector<Seen> seen_;
  uint64_t prefix_hash_ = 0;
  uint64_t results_hash_ = 0;  // sum of the hashes of what was seen
  std::vector<int> pending_;
  // At the last look: the first trial that was new or had another result, the trials that had none
  // before, and whether another one had.
  int changed_ = 0;
  std::vector<int> learned_;
  bool revised_ = false;
  std::vector<std::vector<int>> closed_;  // survivors after each full block
  std::vector<Member> members_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_MULTI_OBJECTIVE_SURVIVORS_H_
