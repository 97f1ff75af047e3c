#ifndef QALAM_SUGGESTION_POPULATION_MEMBERS_H_
#define QALAM_SUGGESTION_POPULATION_MEMBERS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "suggestion/fidelity/history_follower.h"
#include "suggestion/fidelity/ranking.h"
#include "suggestion/population/place.h"

namespace qalam {

// What is to be done next.
struct PopulationStep {
  enum class Kind {
    kBegin,    // a new configuration, from nothing
    kRepeat,   // the trial `from` once more: it came to nothing by itself
    kGoOn,     // from the trial `from`, as it is
    kReplace,  // from the trial `from`, a better one than the member's own, with changes
  };
  Kind kind = Kind::kBegin;
  PopulationPlace place;
  int from = -1;  // in the history
  // kGoOn and kReplace of a trial with a result: how good it was, from 1, of how many.
  int64_t rank = 0;
  int64_t of = 0;
};

// The members of a population that is trained asynchronously (Jaderberg et al., arXiv 1711.09846,
// with truncation selection). Each member is a chain of trials, of which one runs at a time. When
// it has ended, it is ranked among all trials of its generation that have ended by then, which have
// been trained for as long: among the worst share it is given up, and the member goes on from one
// of the best share instead, with that one's weights. So nobody waits for a generation; what a
// decision knows of it is what there is, as in asynchronous successive halving. A worker that is
// free takes the member that is furthest behind; while all are busy, a new one begins.
//
// A trial that failed, or was killed, is run once more from its parent; when it fails again, or its
// result is no number, or it was stopped early, it counts as among the worst.
class Members final : private HistoryFollower {
 public:
  // `share`: of a generation that is given up, and as many that they go on from; 0 to 1, and never
  // more than half of it.
  Members(int64_t size, double share, uint64_t seed) : size_(size), share_(share), seed_(seed) {}

  void Update(const History& history) { HistoryFollower::Update(history); }
  // After Update with the same history.
  PopulationStep Next(const History& history) const;
  // See resumption.h. After Update with the same history.
  bool MayGoOnFrom(const History& history, int i) const;

 private:
  struct Member {
    int trial = 0;  // its last one, by place in the history
    PopulationPlace place;
    int tries = 0;  // of this place, in a row
  };
  // What becomes of a member whose last trial has ended.
  enum class Fate { kRepeat, kRanked, kLost };

  void Reset() override;
  void Begin(const History& history, int i) override;
  void End(const History& history, int i) override;

  Fate FateOf(const History& history, const Member& member) const;
  PopulationStep Continue(const History& history, int64_t id, const Member& member) const;
  PopulationStep Replace(const History& history, int64_t id, int64_t generation) const;
  PopulationStep NewMember(const History& history, int64_t id) const;
  // How many of a generation's trials that have a result are given up; and the most that are taken
  // over from.
  int64_t GivenUp(int64_t results) const;
  int64_t MostTakenFrom() const;
  // The least generation that a member is in; 0 while members are missing.
  int64_t LeastGeneration() const;

  int64_t size_;
  double share_;
  uint64_t seed_;
  std::map<int64_t, Member> members_;
  std::map<int64_t, std::set<RankedTrial>> rankings_;  // by generation: those with a result
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_POPULATION_MEMBERS_H_
