#ifndef QALAM_CONTROLLER_ASKED_H_
#define QALAM_CONTROLLER_ASKED_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/records.h"

namespace qalam {

// What an experiment's algorithm knew when it was asked last: all that the store had up to a
// sequence number, and the first so many of the experiment's changes that were not committed yet,
// whose sequence numbers were still to come.
class Asked {
 public:
  Asked() = default;
  Asked(int64_t ask_id, int64_t sequence, size_t changes)
      : ask_id_(ask_id), sequence_(sequence), changes_(changes) {}

  int64_t ask_id() const { return ask_id_; }
  // For StoredTrial::asked_at, where Mark() does not say it better.
  int64_t sequence() const { return sequence_; }

  // Says in the trials that the answer made, those from `first` on in the experiment's changes that
  // wait for their commit, when it was asked for.
  void Mark(std::vector<Change>& changes, size_t first) const;

  // A commit was made whose last change is `last_sequence`; the experiment's own changes begin
  // `after_begin` places before that end.
  void OnCommitted(int64_t last_sequence, size_t after_begin);

 private:
  int64_t ask_id_ = 0;
  int64_t sequence_ = 0;
  size_t changes_ = 0;
};

}  // namespace qalam

#endif  // QALAM_CONTROLLER_ASKED_H_
