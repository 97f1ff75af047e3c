#ifndef QALAM_TRIALS_METRICS_COLLECTOR_H_
#define QALAM_TRIALS_METRICS_COLLECTOR_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/objective.h"
#include "core/trial.h"
#include "trials/job.h"

namespace qalam {

enum class CollectorKind { kStdOut, kFile, kNone };
enum class FileFormat { kText, kJson };

// spec.metricsCollectorSpec.
struct MetricsCollectorSpec {
  CollectorKind kind = CollectorKind::kStdOut;
  std::string path;                       // kFile, as in the manifest (a path inside the container)
  FileFormat format = FileFormat::kText;  // kFile
  std::vector<std::string> filters;       // metricsFormat; empty means the default filter
};

// Every problem of the filters: not RE2, or without two top-level groups. The first two such groups
// are a metric's name and its value.
std::vector<absl::Status> ValidateFilters(const std::vector<std::string>& filters);

// Lines over 1 MiB are skipped, as are values over 64 KiB.
inline constexpr int64_t kMaxMetricLineBytes = 1 << 20;
inline constexpr int64_t kMaxMetricValueBytes = 64 << 10;

// Turns captured lines into metric points. One per trial attempt; feed it every line once, in
// order.
//
// Text: every match of a filter in a line is a point, if its name was asked for and its value is
// not empty. The default filter is Katib's, name=number; nan, inf and infinity of any case count as
// numbers. A line's first word, when it is an RFC 3339 time, is the time of its points. JSON: one
// object a line; members that are numbers or texts are points, except "timestamp", an RFC 3339 text
// or seconds since 1970. NaN and Infinity are read as Python's json module writes them.
class LineParser {
 public:
  virtual ~LineParser() = default;
  // Appends the points in `line` to `points`. `seen` is the time for points whose line carries
  // none.
  virtual void Parse(absl::string_view line, absl::Time seen, std::vector<MetricPoint>* points) = 0;
  // Lines so far that could not be read at all: too long, or not an object where JSON is expected.
  virtual int64_t bad_lines() const = 0;
};

// Makes parsers for the trials of one experiment; filters are compiled once. Thread-safe.
class ParserFactory {
 public:
  virtual ~ParserFactory() = default;
  virtual std::unique_ptr<LineParser> Create() const = 0;
};
// `metric_names` are the metrics that are kept. InvalidArgument as ValidateFilters.
absl::StatusOr<std::unique_ptr<ParserFactory>> MakeParserFactory(
    const MetricsCollectorSpec& spec, const std::vector<std::string>& metric_names);

// The value of a metric by its strategy, of what ObservationBuilder gave: as logged, "" when it was
// not seen; and as a number, which is NaN where the text is none.
std::string ObservedValue(const std::vector<MetricSummary>& observation, const MetricSpec& metric);
std::optional<double> ObservedNumber(const std::vector<MetricSummary>& observation,
                                     const MetricSpec& metric);

// Keeps min, max and latest of each metric of a trial as points arrive: constant memory and work.
// NaN never becomes min or max while a number is there; texts that are not numbers only set latest;
// latest is the point with the largest time, the last fed of equal ones.
class ObservationBuilder {
 public:
  explicit ObservationBuilder(std::vector<MetricSpec> metrics);
  void Add(const MetricPoint& point);
  // In the order of the specs, only metrics that were seen.
  std::vector<MetricSummary> Observation() const;
  // The value of metrics[0] by its strategy: absent when it was never seen; NaN when it is NaN or
  // not a number. min and max fall back to latest where no number was seen.
  std::optional<double> Objective() const;

 private:
  struct Series {
    MetricSpec spec;
    MetricSummary summary;  // texts are empty until there is one
    double min = 0;         // the numbers of the summary's texts
    double max = 0;
    double latest = 0;
    absl::Time latest_time;
  };
  std::vector<Series> series_;
};

}  // namespace qalam

#endif  // QALAM_TRIALS_METRICS_COLLECTOR_H_
