#ifndef QALAM_CLI_RESULT_H_
#define QALAM_CLI_RESULT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/exit_code.h"
#include "cli/workspace.h"
#include "core/json.h"

namespace qalam {

// The condition that the record is in, with reason and message; its type alone when there is none.
ConditionRecord CurrentCondition(const ExperimentRecord& record);

// The exit code that a driven experiment amounts to: Succeeded, Failed, Suspended, or neither.
ExitCode ExitCodeOf(const ExperimentRecord& record);

// How a command about an experiment begins, ready to be copied: `qalam`, with the global flags that
// are needed to find it.
std::string ProgramFor(const Workspace& workspace, const ExperimentRecord& record);

// The end of `qalam run` for a person: what came out, the best trial with its parameters, where the
// logs are and what to do next.
absl::StatusOr<std::string> SummarizeResult(const Workspace& workspace,
                                            const ExperimentRecord& record, absl::Time now);

// A kubectl-like List of objects.
Json ListObject(Json items);
// `json` as text in the given format, "json" or "yaml", with an end of line.
std::string FormatObject(const Json& json, const std::string& format);

// The limits as text: "30 trials, 3 at once, at most 2 failed".
std::string DescribeBudget(const Budget& budget);

}  // namespace qalam

#endif  // QALAM_CLI_RESULT_H_
