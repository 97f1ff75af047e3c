#ifndef QALAM_TRIALS_METRICS_PARSERS_H_
#define QALAM_TRIALS_METRICS_PARSERS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "trials/metrics/collector.h"

// The two formats of collector.h.
namespace qalam {

// The metrics that are kept, each with the number of points so far.
class MetricCounters {
 public:
  explicit MetricCounters(const std::vector<std::string>& names);

  bool Knows(absl::string_view name) const { return Find(name) >= 0; }
  // True when `line` contains one of the names.
  bool AnyIn(absl::string_view line) const;
  // Appends a point, unless `name` is not known or `text`, trimmed, is empty or too long.
  void Append(absl::string_view name, absl::string_view text, absl::Time time,
              std::vector<MetricPoint>* points);

 private:
  int Find(absl::string_view name) const;

  std::vector<std::string> names_;
  std::vector<int64_t> counts_;
};

std::unique_ptr<ParserFactory> MakeTextParserFactory(const std::vector<std::string>& filters,
                                                     const std::vector<std::string>& metric_names);
std::unique_ptr<ParserFactory> MakeJsonParserFactory(const std::vector<std::string>& metric_names);

}  // namespace qalam

#endif  // QALAM_TRIALS_METRICS_PARSERS_H_
