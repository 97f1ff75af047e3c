#ifndef QALAM_CLI_TEXT_FORMAT_H_
#define QALAM_CLI_TEXT_FORMAT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "core/objective.h"
#include "core/outcomes.h"
#include "core/search_space.h"
#include "storage/store.h"
#include "trials/metrics/collector.h"

namespace qalam {

// How long something took: "0.4s", "42s", "3m20s", "2h05m", "3d04h". Negative counts as zero.
std::string FormatElapsed(absl::Duration duration);
// How old something is, as kubectl writes it: "5s", "3m20s", "45m", "5h10m", "26h", "3d4h",
// "2y10d".
std::string FormatAge(absl::Duration age);

// A number's text cut to six significant digits where it has more; other texts as they are.
std::string ShortNumber(absl::string_view text);

// `text` made safe for a terminal: control characters and broken UTF-8 become "?". What trials
// report is not to be trusted with escape sequences.
std::string Printable(absl::string_view text);
// How many columns a terminal gives to printable UTF-8 text (wide characters take two).
int DisplayWidth(absl::string_view text);
// The longest beginning of `text` that fits `width` columns, with `ellipsis` at its end when it was
// cut.
std::string Truncate(absl::string_view text, int width, absl::string_view ellipsis);

// "lr=0.05 layers=3"; numbers are shortened when `brief`.
std::string FormatAssignment(const NamedValues& assignment, bool brief);
// A trial's objective as text: as logged where it was, else the stored number, else "".
std::string ObjectiveText(const StoredTrial& trial, const Objective& objective);
// The values of all metrics that are optimised: "0.93, 12.4"; "" while unknown.
std::string ObjectiveValues(const StoredTrial& trial, const Objective& objective);
// "accuracy=0.93 latency_ms=12.4"; numbers are shortened when `brief`.
std::string NamedObjectives(const StoredTrial& trial, const Objective& objective, bool brief);
// "maximize accuracy, goal 0.99; minimize latency_ms; memory_mb <= 512".
std::string DescribeObjective(const Objective& objective, const FurtherGoals& further_goals = {});

// Trials that came to an end.
int64_t FinishedTrials(const TrialCounts& counts);
int64_t TotalTrials(const TrialCounts& counts);
// "28 succeeded, 1 failed": the conditions that occur, in a fixed order; "none yet" when none does.
std::string FormatCounts(const TrialCounts& counts);
// `word` as a shell reads it back, in single quotes where that needs it.
std::string ShellQuote(absl::string_view word);
// "1 trial", "12 trials".
std::string Plural(int64_t count, absl::string_view noun);

}  // namespace qalam

#endif  // QALAM_CLI_TEXT_FORMAT_H_
