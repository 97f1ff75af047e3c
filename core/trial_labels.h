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

// What the label says; nothing where there is none, or where it is no number >= 0.
std::optional<int64_t> ResumedTrial(const std::map<std::string, std::string>& labels);

}  // namespace qalam

#endif  // QALAM_CORE_TRIAL_LABELS_H_
