#include "trials/metrics/parsers.h"

#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "trials/metrics/metric_value.h"

namespace qalam {
namespace {

// For the collector that collects nothing.
class NoneParser final : public LineParser {
 public:
  void Parse(absl::string_view, absl::Time, std::vector<MetricPoint>*) override {}
  int64_t bad_lines() const override { return 0; }
};

class NoneParserFactory final : public ParserFactory {
 public:
  std::unique_ptr<LineParser> Create() const override { return std::make_unique<NoneParser>(); }
};

}  // namespace

MetricCounters::MetricCounters(const std::vector<std::string>& names)
    : names_(names), counts_(names.size(), 0) {}

int MetricCounters::Find(absl::string_view name) const {
  for (size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return static_cast<int>(i);
  }
  return -1;
}

bool MetricCounters::AnyIn(absl::string_view line) const {
  for (const std::string& name : names_) {
    if (line.find(name) != absl::string_view::npos) return true;
  }
  return false;
}

void MetricCounters::Append(absl::string_view name, absl::string_view text, absl::Time time,
                            std::vector<MetricPoint>* points) {
  const int index = Find(name);
  text = absl::StripAsciiWhitespace(text);
  if (index < 0 || text.empty() || text.size() > kMaxMetricValueBytes) return;
  MetricPoint point;
  point.metric = names_[index];
  point.text = std::string(text);
  point.value = MetricNumber(text).value_or(std::numeric_limits<double>::quiet_NaN());
  point.time = time;
  point.step = counts_[index]++;
  points->push_back(std::move(point));
}

absl::StatusOr<std::unique_ptr<ParserFactory>> MakeParserFactory(
    const MetricsCollectorSpec& spec, const std::vector<std::string>& metric_names) {
  if (spec.kind == CollectorKind::kNone) return std::make_unique<NoneParserFactory>();
  if (spec.kind == CollectorKind::kFile && spec.format == FileFormat::kJson) {
    return MakeJsonParserFactory(metric_names);
  }
  const std::vector<absl::Status> problems = ValidateFilters(spec.filters);
  if (!problems.empty()) return problems.front();
  return MakeTextParserFactory(spec.filters, metric_names);
}

}  // namespace qalam
