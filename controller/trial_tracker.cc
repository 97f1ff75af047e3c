#include "controller/trial_tracker.h"

#include <algorithm>
#include <utility>

namespace qalam {

TrialTracker::TrialTracker(const StoredTrial& trial, std::unique_ptr<LineParser> parser,
                           std::vector<MetricSpec> metrics, int64_t stored_points)
    : trial_(trial),
      parser_(std::move(parser)),
      metrics_(std::move(metrics)),
      observation_(metrics_),
      stored_points_(stored_points) {}

void TrialTracker::Restart(int attempt, std::unique_ptr<LineParser> parser) {
  trial_.attempt = attempt;
  trial_.started = std::nullopt;
  parser_ = std::move(parser);
  observation_ = ObservationBuilder(metrics_);
  parsed_points_ = 0;
  stored_points_ = 0;
}

TrialTracker::NewPoints TrialTracker::TakeLines(const std::vector<CapturedLine>& lines) {
  std::vector<MetricPoint> points;
  for (const CapturedLine& line : lines) parser_->Parse(line.text, line.time, &points);
  for (const MetricPoint& point : points) observation_.Add(point);

  const int64_t known =
      std::clamp<int64_t>(stored_points_ - parsed_points_, 0, static_cast<int64_t>(points.size()));
  points.erase(points.begin(), points.begin() + known);
  NewPoints result{parsed_points_ + known, std::move(points)};
  parsed_points_ = result.first_ordinal + static_cast<int64_t>(result.points.size());
  stored_points_ = std::max(stored_points_, parsed_points_);
  return result;
}

ActiveTrialView TrialTracker::View() const {
  return {.number = trial_.number,
          .name = trial_.name,
          .assignment = trial_.assignment,
          .condition = trial_.condition,
          .created = trial_.created,
          .started = trial_.started,
          .observation = observation_.Observation(),
          .points = parsed_points_};
}

}  // namespace qalam
