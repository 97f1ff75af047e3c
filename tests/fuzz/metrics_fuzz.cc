// The first line is a filter (empty: the default one); the rest are lines of a log, read as text
// and as JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "trials/metrics/collector.h"

namespace {

void Feed(const qalam::MetricsCollectorSpec& spec, const std::vector<std::string>& lines) {
  const std::vector<std::string> names = {"loss", "accuracy"};
  const auto factory = qalam::MakeParserFactory(spec, names);
  if (!factory.ok()) return;
  std::vector<qalam::MetricPoint> points;
  const auto parser = (*factory)->Create();
  for (size_t i = 1; i < lines.size(); ++i) parser->Parse(lines[i], absl::UnixEpoch(), &points);
  qalam::ObservationBuilder builder({{"loss", qalam::MetricStrategy::kMin}, {"accuracy"}});
  for (const qalam::MetricPoint& point : points) builder.Add(point);
  builder.Objective();
  builder.Observation();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxFilter = 200;
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> lines = absl::StrSplit(input, '\n');
  qalam::MetricsCollectorSpec spec;
  if (!lines[0].empty() && lines[0].size() < kMaxFilter) spec.filters = {lines[0]};
  Feed(spec, lines);
  spec.kind = qalam::CollectorKind::kFile;
  spec.format = qalam::FileFormat::kJson;
  Feed(spec, lines);
  return 0;
}
