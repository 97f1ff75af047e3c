#include "cli/live_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/best_trials.h"
#include "cli/styled_line.h"
#include "cli/text_format.h"

namespace qalam {
namespace {

constexpr int kMaxNameWidth = 40;
constexpr int kTimeWidth = 6;
constexpr int kMaxMetricWidth = 16;

// Lines that are always there, and the list of running trials, which gives way.
struct Block {
  std::vector<StyledLine> head;
  std::vector<StyledLine> running;  // running[0] is the header, where there are any
  std::vector<StyledLine> tail;
  size_t fixed() const { return head.size() + tail.size(); }
};

StyledLine TitleLine(const LiveExperiment& e) {
  StyledLine line(e.view.record.name, TextStyle::kBold);
  line.Add("  ").Add(DescribeObjective(e.objective)).Add("  ");
  return line.Add(e.algorithm, TextStyle::kDim);
}

StyledLine ProgressLine(const LiveExperiment& e, absl::Time now, const ViewStyle& style) {
  const int64_t done = FinishedTrials(e.view.counts);
  const std::optional<int64_t> max = e.view.record.max_trial_count;
  std::string text =
      max.has_value() ? absl::StrCat(done, "/", *max, " trials") : Plural(done, "trial");
  std::string times = FormatElapsed(now - e.begun);
  const absl::Duration left = EstimateTimeLeft(e, now);
  if (!e.ended && left != absl::InfiniteDuration()) {
    absl::StrAppend(&times, ", about ", FormatElapsed(left), " left");
  }
  StyledLine line;
  if (max.has_value() && *max > 0) {
    const int width = std::clamp(style.width / 3, 5, 40);
    const auto filled = static_cast<int>(std::min<int64_t>(done * width / *max, width));
    std::string full, rest;
    for (int i = 0; i < width; ++i)
      (i < filled ? full : rest) +=
          style.utf8 ? (i < filled ? "█" : "░") : (i < filled ? "#" : ".");
    line.Add(full, TextStyle::kAccent).Add(rest, TextStyle::kDim).Add("  ");
  }
  return line.Add(text, TextStyle::kBold).Add("  ").Add(times, TextStyle::kDim);
}

StyledLine CountsLine(const TrialCounts& counts) {
  const std::pair<std::pair<int64_t, const char*>, TextStyle> parts[] = {
      {{counts.succeeded, "succeeded"}, TextStyle::kGood},
      {{counts.early_stopped, "early stopped"}, TextStyle::kPlain},
      {{counts.failed, "failed"}, TextStyle::kBad},
      {{counts.metrics_unavailable, "without metrics"}, TextStyle::kBad},
      {{counts.killed, "killed"}, TextStyle::kPlain},
      {{counts.running, "running"}, TextStyle::kAccent},
      {{counts.created, "waiting"}, TextStyle::kDim},
  };
  StyledLine line;
  for (const auto& [part, style] : parts) {
    if (part.first == 0) continue;
    if (line.width() > 0) line.Add("   ");
    line.Add(absl::StrCat(part.first, " ", part.second), style);
  }
  return line.width() > 0 ? line : StyledLine("no trials yet", TextStyle::kDim);
}

// The running trials with their time, latest value of each metric and parameters.
std::vector<StyledLine> RunningLines(const LiveExperiment& e, absl::Time now) {
  if (e.view.active.empty() || e.ended) return {};
  const std::vector<MetricSpec>& metrics = e.objective.metrics;
  int name_width = 5;
  std::vector<int> metric_widths;
  for (const ActiveTrialView& trial : e.view.active) {
    name_width = std::max(name_width, std::min(kMaxNameWidth, DisplayWidth(trial.name)));
  }
  for (const MetricSpec& metric : metrics) {
    metric_widths.push_back(std::clamp(DisplayWidth(metric.name), 8, kMaxMetricWidth));
  }
  StyledLine header("  ");
  header.AddColumn("TRIAL", name_width, TextStyle::kDim)
      .AddColumn("TIME", kTimeWidth, TextStyle::kDim);
  for (size_t i = 0; i < metrics.size(); ++i) {
    header.AddColumn(Truncate(metrics[i].name, metric_widths[i], ""), metric_widths[i],
                     TextStyle::kDim);
  }
  std::vector<StyledLine> lines = {header.Add("PARAMETERS", TextStyle::kDim)};
  for (const ActiveTrialView& trial : e.view.active) {
    const bool running = trial.started.has_value() && trial.condition == TrialCondition::kRunning;
    StyledLine line("  ");
    line.AddColumn(Truncate(trial.name, name_width, ""), name_width);
    line.AddColumn(running ? FormatElapsed(now - *trial.started) : "wait", kTimeWidth,
                   TextStyle::kDim);
    for (size_t i = 0; i < metrics.size(); ++i) {
      std::string latest;
      for (const MetricSummary& summary : trial.observation) {
        if (summary.name == metrics[i].name) latest = ShortNumber(summary.latest);
      }
      line.AddColumn(Truncate(latest.empty() ? "-" : latest, metric_widths[i], ""),
                     metric_widths[i]);
    }
    lines.push_back(line.Add(FormatAssignment(trial.assignment, /*brief=*/true)));
  }
  return lines;
}

StyledLine BestLine(const LiveExperiment& e) {
  if (!e.view.best.has_value()) {
    return StyledLine(absl::StrCat("Best   ", WhyNoBest(e.view.nearest, e.objective)),
                      TextStyle::kDim);
  }
  const StoredTrial& best = *e.view.best;
  StyledLine line("Best   ");
  if (e.objective.count() > 1) {
    line = StyledLine("Front  ");
    line.Add(Plural(static_cast<int64_t>(e.view.front.size()), "trial"), TextStyle::kGood);
    line.Add(absl::StrCat("  best ", e.objective.metrics[0].name, ":  "));
  }
  line.Add(NamedObjectives(best, e.objective, /*brief=*/true), TextStyle::kGood);
  line.Add("  ").Add(best.name).Add("  ");
  return line.Add(FormatAssignment(best.assignment, /*brief=*/true), TextStyle::kDim);
}

Block MakeBlock(const LiveExperiment& e, absl::Time now, const ViewStyle& style) {
  Block block;
  block.head = {TitleLine(e), ProgressLine(e, now, style), CountsLine(e.view.counts)};
  if (!e.view.paused.empty()) {
    block.head.push_back(StyledLine(absl::StrCat("Paused: ", e.view.paused), TextStyle::kBad));
  }
  if (e.ended) {
    const bool failed = e.view.record.condition == "Failed";
    block.head.push_back(
        StyledLine(e.view.record.condition, failed ? TextStyle::kBad : TextStyle::kGood));
  }
  block.running = RunningLines(e, now);
  block.tail = {BestLine(e)};
  return block;
}

// Leaves `room` lines of the running trials at most; the last one then counts those left out.
void Shorten(std::vector<StyledLine>& running, size_t room) {
  if (running.size() <= room) return;
  const size_t kept =
      room < 3 ? 0 : room - 1;  // fewer than a header, a trial and a count say nothing
  const size_t left_out = running.size() - std::max<size_t>(kept, 1);
  running.resize(kept);
  if (room == 0) return;
  running.push_back(StyledLine(
      absl::StrCat("  ", kept == 0 ? "" : "and ", left_out, kept == 0 ? "" : " more", " running"),
      TextStyle::kDim));
}

}  // namespace

absl::Duration EstimateTimeLeft(const LiveExperiment& e, absl::Time now) {
  const std::optional<int64_t> max = e.view.record.max_trial_count;
  if (!max.has_value() || e.ended_trials == 0) return absl::InfiniteDuration();
  const absl::Duration mean = e.ended_time / e.ended_trials;
  const int64_t left = std::max<int64_t>(0, *max - FinishedTrials(e.view.counts));
  const auto active = static_cast<int64_t>(e.view.active.size());
  absl::Duration work = mean * std::max<int64_t>(0, left - active);
  absl::Duration longest = absl::ZeroDuration();  // the last of the running ones ends no sooner
  for (const ActiveTrialView& trial : e.view.active) {
    const absl::Duration run =
        trial.started.has_value() ? now - *trial.started : absl::ZeroDuration();
    const absl::Duration rest = std::max(mean - run, absl::ZeroDuration());
    work += rest;
    longest = std::max(longest, rest);
  }
  const int64_t lanes =
      std::clamp<int64_t>(left, 1, std::max<int64_t>(1, e.view.record.parallel_trial_count));
  return std::max(work / lanes, longest);
}

std::vector<std::string> RenderLive(const std::vector<LiveExperiment>& experiments,
                                    const std::string& footer, absl::Time now,
                                    const ViewStyle& style) {
  std::vector<Block> blocks;
  size_t fixed = footer.empty() ? 0 : 1;
  for (const LiveExperiment& experiment : experiments) {
    blocks.push_back(MakeBlock(experiment, now, style));
    fixed += blocks.back().fixed() + (blocks.size() > 1 ? 1 : 0);
  }
  const size_t height = std::max(1, style.height - 1);
  size_t room = height > fixed ? height - fixed : 0;
  std::vector<StyledLine> lines;
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i > 0) lines.emplace_back();
    const size_t share = room / (blocks.size() - i);
    Shorten(blocks[i].running, share);
    room -= blocks[i].running.size();
    for (const auto* part : {&blocks[i].head, &blocks[i].running, &blocks[i].tail}) {
      lines.insert(lines.end(), part->begin(), part->end());
    }
  }
  if (lines.size() + (footer.empty() ? 0 : 1) > height)
    lines.resize(footer.empty() ? height : height - 1);
  if (!footer.empty()) lines.push_back(StyledLine(footer, TextStyle::kDim));
  std::vector<std::string> rendered;
  for (const StyledLine& line : lines) {
    rendered.push_back(line.Render(style.width, style.color, style.utf8));
  }
  return rendered;
}

}  // namespace qalam
