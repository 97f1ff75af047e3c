#ifndef QALAM_CLI_DISPATCH_H_
#define QALAM_CLI_DISPATCH_H_

#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/output.h"
#include "core/clock.h"

namespace qalam {

// Runs the program for the words after its name: finds the verb, reads its flags, runs it, prints
// what went wrong to `err` ("qalam: error: ..."), and returns the exit code.
ExitCode Dispatch(const std::vector<std::string>& words, Output* out, Output* err,
                  const Clock* clock);

}  // namespace qalam

#endif  // QALAM_CLI_DISPATCH_H_
