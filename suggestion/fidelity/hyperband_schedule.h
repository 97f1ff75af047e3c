#ifndef QALAM_SUGGESTION_FIDELITY_HYPERBAND_SCHEDULE_H_
#define QALAM_SUGGESTION_FIDELITY_HYPERBAND_SCHEDULE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "suggestion/fidelity/history_follower.h"
#include "suggestion/fidelity/hyperband_plan.h"
#include "suggestion/fidelity/ranking.h"
#include "suggestion/fidelity/scheduler.h"

namespace qalam {

// Where a trial stands; kept in its labels.
struct HyperbandPlace {
  int64_t bracket = 0;  // in order of beginning, from 0
  int s = 0;            // which of the plan's brackets it is
  int rung = 0;
  friend bool operator==(const HyperbandPlace&, const HyperbandPlace&) = default;
};
std::map<std::string, std::string> FormatHyperbandPlace(const HyperbandPlace& place);
// Nothing when labels are missing or no such numbers.
std::optional<HyperbandPlace> ParseHyperbandPlace(const std::map<std::string, std::string>& labels);

struct HyperbandOptions {
  std::vector<PlannedBracket> plan;  // by s
  std::string resource;              // its name
  // Passes over all brackets; nothing: for ever.
  std::optional<int64_t> passes;
  std::optional<int64_t> max_trial_count;
  // See SuggesterSpec::never_waits.
  bool never_waits = false;
};

// Hyperband for any number of workers. A rung is handed out piece by piece; when all its trials
// have ended, the best go on to the next one. Older brackets come first; while they wait, the next
// one begins, so that nobody is idle. Trials that failed, or were stopped early, do not go on: then
// the rungs above are smaller. The first pass over the brackets is the paper's, s_max to 0; later
// ones leave out brackets that the rest of max_trial_count cannot complete.
class HyperbandSchedule final : public RungScheduler, private HistoryFollower {
 public:
  explicit HyperbandSchedule(HyperbandOptions options) : options_(std::move(options)) {}

  void Update(const History& history) override { HistoryFollower::Update(history); }
  RungStep Next(const History& history, Supply supply) override;
  bool MayPromote(const History& history, int i) const override;

 private:
  struct Rung {
    int64_t begun = 0;
    int64_t ended = 0;
    std::set<RankedTrial> ranking;              // with a whole result
    absl::flat_hash_set<int64_t> parents = {};  // of the trials of this rung
  };
  struct Bracket {
    int s = 0;
    std::vector<Rung> rungs;
  };

  void Reset() override;
  void Begin(const History& history, int i) override;
  void End(const History& history, int i) override;
  std::optional<HyperbandPlace> PlaceOf(const History& history, int i) const;

  std::optional<RungStep> FromOpenBrackets(Supply supply);
  std::optional<RungStep> FromBracket(int64_t id, Supply supply, bool* done) const;
  std::optional<RungStep> Early() const;
  std::optional<RungStep> NewBracket(const History& history, Supply supply, bool beyond) const;
  std::optional<RankedTrial> BestLeft(const Bracket& bracket, int rung, int64_t survivors,
                                      int64_t* rank) const;
  RungStep Configuration(const HyperbandPlace& place, int64_t begun) const;
  RungStep Promotion(const HyperbandPlace& place, const RankedTrial& parent, int64_t rank,
                     int64_t of) const;
  std::string Describe(const HyperbandPlace& place) const;
  bool IsComplete(const Bracket& bracket, int rung) const;
  int64_t Owed() const;
  int64_t Total(int s) const;

  HyperbandOptions options_;
  std::map<int64_t, Bracket> brackets_;
  std::set<int64_t> open_;  // ids of the brackets that may have something left to do
};

}  // namespace qalam

#endif  // QALAM_SUGGESTION_FIDELITY_HYPERBAND_SCHEDULE_H_
