#ifndef QALAM_STORAGE_OBSERVATION_LOG_H_
#define QALAM_STORAGE_OBSERVATION_LOG_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "core/mutex.h"

namespace qalam {

class SqliteConnection;

// One value that a trial reported; metric and text as they were sent.
struct ObservationRow {
  absl::Time time;  // of any year from 1 to 9999
  std::string metric;
  std::string text;
  friend bool operator==(const ObservationRow&, const ObservationRow&) = default;
};

// What trials reported that others run, by the trial's name: an SQLite file. Any thread may call
// it. Errors are those of Store.
class ObservationLog {
 public:
  // Opens or creates the file, mode 0600.
  static absl::StatusOr<std::unique_ptr<ObservationLog>> Open(const std::string& path);
  ~ObservationLog();
  ObservationLog(const ObservationLog&) = delete;
  ObservationLog& operator=(const ObservationLog&) = delete;

  // Adds rows: all or none, on disk when this returns OK.
  absl::Status Add(absl::string_view trial, absl::Span<const ObservationRow> rows);

  struct Query {
    std::string trial;
    std::string metric;               // empty: all
    std::optional<absl::Time> first;  // bounds are inclusive
    std::optional<absl::Time> last;
  };
  // In order of time, and of arrival where times are equal.
  absl::StatusOr<std::vector<ObservationRow>> Read(const Query& query) const;

  // Removes all rows of a trial; OK when there are none.
  absl::Status Delete(absl::string_view trial);

 private:
  explicit ObservationLog(std::unique_ptr<SqliteConnection> connection);

  mutable Mutex mutex_;
  const std::unique_ptr<SqliteConnection> db_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace qalam

#endif  // QALAM_STORAGE_OBSERVATION_LOG_H_
