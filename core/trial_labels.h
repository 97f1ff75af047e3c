#ifndef QALAM_CORE_TRIAL_LABELS_H_
#define QALAM_CORE_TRIAL_LABELS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace qalam {

// Labels of a trial that mean something to others than the algorithm which writes them.

// The number of the trial that this one goes on from, in decimal digits: the same parameters (but
// for the resource), trained further. Whoever runs the trial may let it begin with the checkpoint
// that the other one left; a trial that begins from nothing gives the same result at a higher cost.
// The other trial has ended, and its number is smaller.
inline constexpr char kResumeFromLabel[] = "qalam.dev/resume-from";

// How often the trial is to report the objective, in decimal digits, with what the trials reported
// that it goes on from: then its result is complete, and it is told to stop.
inline constexpr char kReportsLabel[] = "qalam.dev/reports";
// How many of these it does not report itself, as it begins with the checkpoint of a trial that
// did. Written by whoever runs the trial, who alone knows whether there is a checkpoint.
inline constexpr char kReportsBeforeLabel[] = "qalam.dev/reports-before";

// What kResumeFromLabel says; nothing where there is none, or where it is no number >= 0.
std::optional<int64_t> ResumedTrial(const std::map<std::string, std::string>& labels);

// What kReportsLabel says; nothing where there is none, or where it is no number >= 1.
std::optional<int64_t> PlannedReports(const std::map<std::string, std::string>& labels);
// How many reports the trial is to make itself, at least one; nothing as PlannedReports.
std::optional<int64_t> ReportsToMake(const std::map<std::string, std::string>& labels);

}  // namespace qalam

#endif  // QALAM_CORE_TRIAL_LABELS_H_
