#include "controller/trial_tracker.h"

#include <algorithm>
#include <utility>

#include "controller/stop_judge.h"
#include "controller/trial_end.h"
#include "core/trial_labels.h"

namespace qalam {

TrialTracker::TrialTracker(const StoredTrial& trial, std::unique_ptr<LineParser> parser,
                           std::vector<MetricSpec> metrics, int64_t stored_points)
    : trial_(trial),
      parser_(std::move(parser)),
      metrics_(std::move(metrics)),
      reports_to_make_(ReportsToMake(trial.labels)),
      observation_(metrics_),
      stored_points_(stored_points) {}

void TrialTracker::Restart(int attempt, std::unique_ptr<LineParser> parser) {
  trial_.attempt = attempt;
  trial_.started = std::nullopt;
  parser_ = std::move(parser);
  observation_ = ObservationBuilder(metrics_);
  parsed_points_ = 0;
  stored_points_ = 0;
  reports_ = 0;
}

void TrialTracker::CutAtRung(size_t first, std::vector<MetricPoint>* points) {
  if (!reports_to_make_.has_value()) return;
  for (size_t i = first; i < points->size(); ++i) {
    if (IsReport((*points)[i], metrics_[0].name)) ++reports_;
  }
  if (reports_ > *reports_to_make_) points->resize(first);
}

std::optional<std::string> TrialTracker::AtRung() const {
  if (!reports_to_make_.has_value() || reports_ < *reports_to_make_) return std::nullopt;
  return AtRungText(trial_.labels, metrics_[0].name);
}

TrialTracker::NewPoints TrialTracker::TakeLines(const std::vector<CapturedLine>& lines) {
  std::vector<MetricPoint> points;
  for (const CapturedLine& line : lines) {
    const size_t first = points.size();
    parser_->Parse(line.text, line.time, &points);
    CutAtRung(first, &points);
  }
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
