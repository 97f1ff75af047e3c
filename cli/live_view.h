#ifndef QALAM_CLI_LIVE_VIEW_H_
#define QALAM_CLI_LIVE_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/engine.h"
#include "core/objective.h"

namespace qalam {

// What the live view knows of one experiment.
struct LiveExperiment {
  ExperimentView view;  // its record without manifest and companions
  Objective objective;
  std::string algorithm;
  // When this process began to drive it.
  absl::Time begun;
  // Trials that ended since, and how long they ran, summed.
  int64_t ended_trials = 0;
  absl::Duration ended_time;
  bool ended = false;
};

// How the terminal is.
struct ViewStyle {
  int width = 80;
  int height = 24;
  bool color = false;
  bool utf8 = false;
};

// The lines of one picture, at most style.height - 1 of them and none wider than style.width: for
// each experiment its progress, counts, times, running trials and best trial, then `footer`. When
// there is too little room, running trials are left out first and counted instead.
std::vector<std::string> RenderLive(const std::vector<LiveExperiment>& experiments,
                                    const std::string& footer, absl::Time now,
                                    const ViewStyle& style);

// How long the experiment will still take at the pace of its ended trials; infinite when nothing
// can be said: no limit, or no trial has ended yet.
absl::Duration EstimateTimeLeft(const LiveExperiment& experiment, absl::Time now);

}  // namespace qalam

#endif  // QALAM_CLI_LIVE_VIEW_H_
