#ifndef QALAM_SERVER_SUGGESTION_SESSIONS_H_
#define QALAM_SERVER_SUGGESTION_SESSIONS_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "core/clock.h"
#include "core/mutex.h"
#include "server/suggestion_session.h"

namespace qalam {

// Answers questions for any number of experiments, from any thread; those for different experiments
// beside each other. Remembers the experiments that were asked for last, within limits; one that
// was forgotten is only slower the next time.
class SuggestionSessions {
 public:
  struct Limits {
    size_t experiments = 256;
    size_t trials = 500'000;  // in all; one experiment is remembered whatever its size
  };

  // `clock` must outlive the object; it only makes ids of new experiments differ.
  SuggestionSessions(const Clock* clock, Limits limits) : clock_(clock), limits_(limits) {}

  // See SuggestionSession::Suggest; and the error of query.search.
  absl::StatusOr<SuggestionAnswer> Suggest(const SuggestionQuery& query)
      ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<SuggestionSession> session;
    size_t trials = 0;
  };
  absl::StatusOr<std::shared_ptr<SuggestionSession>> SessionFor(const std::string& key,
                                                                const SuggestionQuery& query)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteSize(const std::string& key, size_t trials) ABSL_LOCKS_EXCLUDED(mutex_);
  void Rename(const std::string& from, const std::string& to) ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock* const clock_;
  const Limits limits_;
  mutable Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the one asked for last comes first
  absl::flat_hash_map<std::string, std::list<Entry>::iterator> by_key_ ABSL_GUARDED_BY(mutex_);
  size_t trials_ ABSL_GUARDED_BY(mutex_) = 0;  // of all entries
};

}  // namespace qalam

#endif  // QALAM_SERVER_SUGGESTION_SESSIONS_H_
