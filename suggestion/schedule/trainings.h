#ifndef QALAM_SUGGESTION_SCHEDULE_TRAININGS_H_
#define QALAM_SUGGESTION_SCHEDULE_TRAININGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "suggestion/fidelity/history_follower.h"
#include "suggestion/population/place.h"

namespace qalam {

struct TrainingOptions {
  int64_t steps = 1;    // of the schedule
  int64_t repeats = 1;  // how often it is trained along
  // See SuggesterSpec::never_waits: then more trainings begin where there are more workers.
  bool never_waits = false;
};

// Trainings along a schedule. Each is a chain of trials, a trial for a step, which goes on from the
// one before. A free worker takes the first training that can go on, so that with one worker each
// comes to its end before the next begins; while those that have begun are busy a new one begins.
//
// A trial that failed is run once more from its parent, and one that was killed again and again;
// a training ends where a trial fails twice, gives no result, or is stopped early.
class Trainings final : private HistoryFollower {
 public:
  struct Step {
    // The training is the member, and the step, from 0, the generation.
    PopulationPlace place;
    // Number of the trial that is run once more, which came to nothing.
    std::optional<int64_t> again;
  };

  explicit Trainings(TrainingOptions options) : options_(options) {}

  void Update(const History& history) { HistoryFollower::Update(history); }
  // The rest of them after Update with the same history. What is to be done next; nothing when
  // trials must be waited for, or all trainings have ended.
  std::optional<Step> Next(const History& history) const;
  // FailedPrecondition, which says where, when those that have begun have ended and none of them
  // as it should.
  absl::Status CameToSomething(const History& history) const;
  // See resumption.h.
  bool MayGoOnFrom(const History& history, int i) const;

 private:
  struct Training {
    PopulationPlace place;      // of its last trial
    std::vector<int> attempts;  // the trials at this place, by place in the history
    int last() const { return attempts.back(); }
  };

  void Reset() override;
  void Begin(const History& history, int i) override;
  void End(const History& history, int i) override;

  std::optional<PopulationPlace> PlaceOf(const History& history, int i) const;

  TrainingOptions options_;
  std::map<int64_t, Training> trainings_;
  // A training whose last trial runs, can be followed or run once more, ended the training as it
  // should (with the last step, or because it was stopped early), or broke it off.
  std::set<int64_t> running_;
  std::set<int64_t> ready_;
  std::set<int64_t> done_;
  std::set<int64_t> broken_;
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_SCHEDULE_TRAININGS_H_
