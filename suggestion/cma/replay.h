#ifndef QALAM_SUGGESTION_CMA_REPLAY_H_
#define QALAM_SUGGESTION_CMA_REPLAY_H_

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/history.h"
#include "suggestion/cma/coordinates.h"
#include "suggestion/cma/labels.h"
#include "suggestion/cma/search_state.h"

namespace qalam {

// Replays a history through CMA-ES, from one generation to the next.
//
// A generation is open until as many of our own trials as its population have results that no
// earlier generation used; then the next request closes it. Requests never wait: what is drawn
// while results are outstanding, and what finishes late, counts for the generation that is open
// when it finishes. Which results closed a generation cannot be seen from results alone, since a
// trial that was running then has finished since: the first trial of the next generation carries
// the numbers of those that were left out (CmaLabels::waiting). So the state is a function of the
// history, and adding a trial changes it in one way whether it is replayed at once or step by step.
//
// Trials of others join a generation when they are better than the median of our own; those that
// were there before our first trial start the search when they are many. Otherwise the search
// starts where beliefs say (WS-CMA-ES: Nomura et al., arXiv 2012.06932) if the middle of the space
// was tried, is not the best of what was, and lies farther from it than the beliefs do: a start in
// the wrong place costs many generations. The label of our first trial keeps how it was decided.
class CmaReplay {
 public:
  // `coordinates` must outlive the replay.
  CmaReplay(const CmaCoordinates* coordinates, const CmaOptions& options);

  // Brings the state up to date with `history`; costs what is new in it.
  void Update(const History& history);
  // The distribution to draw the next trial from.
  const CmaState& state() const { return next_.has_value() ? next_->state : state_; }
  // True once a trial of ours is known.
  bool started() const { return started_; }
  // The labels of the next trial. `first`: no trial of ours came before in the request being
  // answered.
  CmaLabels NextLabels(bool first) const;

 private:
  // A trial whose result no generation has used.
  struct Open {
    int index = 0;  // in the history
    int64_t number = 0;
    bool own = false;
    bool foreign_point = false;  // not drawn from the distribution of its generation
    int64_t generation = 0;      // that it was drawn from
    CmaPoint point;
  };
  // What closes a generation.
  struct Closing {
    std::vector<CmaMember> members;
    std::vector<std::pair<int, uint64_t>> own;  // (index, ResultHash) of the own members
    std::vector<int> used;                      // indices of trials that are open no more
  };
  // What the next trial would be drawn from if it came now: a generation that it closes, or, with
  // an empty closing, the beliefs.
  struct Next {
    CmaState state;
    Closing closing;
  };

  bool Extends(const History& history) const;
  void Reset();
  void Add(const History& history, int index);
  void Drop(const History& history);
  Closing CloseWithout(const History& history, const std::vector<int64_t>& waiting) const;
  Closing StartWithout(const History& history, const std::vector<int64_t>& waiting) const;
  Closing ClosingWithout(const History& history, const std::vector<int64_t>& waiting) const;
  CmaState After(const Closing& closing) const;
  void Commit(Closing closing);
  void PrepareNext(const History& history);
  CmaState WarmState() const;
  bool BeliefsHold(const History& history) const;

  const CmaCoordinates* coordinates_;
  CmaOptions options_;
  // As of the first known_ trials and their labels.
  CmaState state_;
  bool started_ = false;  // a trial of ours is known
  int64_t generation_ = 0;
  std::vector<Open> open_;
  std::vector<std::pair<int, uint64_t>> last_own_;  // members of the last generation closed
  int known_ = 0;
  uint64_t hash_ = 0;
  std::optional<Next> next_;
  std::vector<int64_t>
      waiting_;  // the open trials without a result, where the next trial must tell
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_CMA_REPLAY_H_
