// ObservationBuilder of collector.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "trials/metrics/collector.h"
#include "trials/metrics/metric_value.h"

namespace qalam {

std::string ObservedValue(const std::vector<MetricSummary>& observation, const MetricSpec& metric) {
  const auto it = std::find_if(observation.begin(), observation.end(),
                               [&](const MetricSummary& s) { return s.name == metric.name; });
  if (it == observation.end()) return "";
  if (metric.strategy == MetricStrategy::kMin && !it->min.empty()) return it->min;
  if (metric.strategy == MetricStrategy::kMax && !it->max.empty()) return it->max;
  return it->latest;
}

std::optional<double> ObservedNumber(const std::vector<MetricSummary>& observation,
                                     const MetricSpec& metric) {
  const std::string text = ObservedValue(observation, metric);
  if (text.empty()) return std::nullopt;
  return MetricNumber(text).value_or(std::numeric_limits<double>::quiet_NaN());
}

ObservationBuilder::ObservationBuilder(std::vector<MetricSpec> metrics) {
  series_.reserve(metrics.size());
  for (MetricSpec& spec : metrics) {
    Series series;
    series.summary.name = spec.name;
    series.spec = std::move(spec);
    series_.push_back(std::move(series));
  }
}

void ObservationBuilder::Add(const MetricPoint& point) {
  for (Series& series : series_) {
    if (series.spec.name != point.metric) continue;
    MetricSummary& summary = series.summary;
    if (summary.latest.empty() || point.time >= series.latest_time) {
      summary.latest = point.text;
      series.latest = point.value;
      series.latest_time = point.time;
    }
    // A NaN that is no number at all has no place in min and max.
    if (std::isnan(point.value) && !MetricNumber(point.text).has_value()) return;
    if (summary.min.empty() || point.value < series.min || std::isnan(series.min)) {
      summary.min = point.text;
      series.min = point.value;
    }
    if (summary.max.empty() || point.value > series.max || std::isnan(series.max)) {
      summary.max = point.text;
      series.max = point.value;
    }
    return;
  }
}

std::vector<MetricSummary> ObservationBuilder::Observation() const {
  std::vector<MetricSummary> observation;
  for (const Series& series : series_) {
    if (!series.summary.latest.empty()) observation.push_back(series.summary);
  }
  return observation;
}

std::optional<double> ObservationBuilder::Objective() const {
  if (series_.empty() || series_[0].summary.latest.empty()) return std::nullopt;
  const Series& series = series_[0];
  if (series.spec.strategy == MetricStrategy::kLatest || series.summary.min.empty()) {
    return series.latest;
  }
  return series.spec.strategy == MetricStrategy::kMin ? series.min : series.max;
}

}  // namespace qalam
