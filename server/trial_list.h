#ifndef QALAM_SERVER_TRIAL_LIST_H_
#define QALAM_SERVER_TRIAL_LIST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/search_space.h"
#include "core/trial.h"
#include "server/trial_codes.h"

namespace qalam {

// A trial as its client tells of it.
struct ReportedTrial {
  std::string name;
  std::string start_time;  // RFC 3339, UTC; empty when it has not started
  NamedValues values;
  TrialCondition condition = TrialCondition::kCreated;
  std::optional<double> objective;
};

// Reads the bytes that a trial was sent as.
using TrialDecoder = std::function<absl::StatusOr<ReportedTrial>(absl::string_view bytes)>;

// A trial as a session keeps it.
struct KnownTrial {
  std::string name;
  std::string start_time;
  std::optional<TrialCode> code;         // of a name that was made by CodedTrialName
  std::optional<Assignment> assignment;  // absent when its values are none of the space
  TrialCondition condition = TrialCondition::kCreated;
  std::optional<double> objective;
};

// The trials of the newest request, recognised by content: only what was not in the request before
// is decoded.
class TrialList {
 public:
  TrialList(std::string experiment, std::shared_ptr<const SearchSpace> space)
      : experiment_(std::move(experiment)), space_(std::move(space)) {}

  // The trials that were sent as `encoded`, in its order; each different text once, and those that
  // do not fit the space left out. Valid until the next call. The decoder's error when it has one.
  absl::StatusOr<std::vector<const KnownTrial*>> Recognise(
      absl::Span<const absl::string_view> encoded, const TrialDecoder& decode);

  size_t size() const { return known_.size(); }

 private:
  using ContentHash = std::pair<size_t, size_t>;
  absl::StatusOr<std::unique_ptr<KnownTrial>> Decode(absl::string_view bytes,
                                                     const TrialDecoder& decode) const;

  const std::string experiment_;
  const std::shared_ptr<const SearchSpace> space_;
  absl::flat_hash_map<ContentHash, std::unique_ptr<KnownTrial>> known_;
};

// The trials of an experiment in order of number.
struct NumberedTrials {
  struct Item {
    int64_t number = 0;
    const KnownTrial* trial = nullptr;
  };
  std::vector<Item> trials;
  int64_t next = 0;  // the number of the next new trial
};

// Gives each trial a number, whatever order they came in. Those with a code of `id` have their own.
// Others get the numbers that are left over, in order of start and name. Of several with the same
// name the one that knows most is taken. `suggested`: how many numbers were given away before, as
// far as that is known.
NumberedTrials NumberTrials(absl::Span<const KnownTrial* const> trials, uint32_t id,
                            int64_t suggested);

}  // namespace qalam

#endif  // QALAM_SERVER_TRIAL_LIST_H_
