#ifndef QALAM_CLI_HELP_H_
#define QALAM_CLI_HELP_H_

#include <string>

#include "cli/verb.h"

namespace qalam {

// `qalam --help`: every verb with its summary, global flags, exit codes.
std::string ProgramHelp();
// `qalam VERB --help`: usage, description, flags, examples.
std::string VerbHelp(const VerbSpec& verb);
// "Usage: qalam run [flags] FILE...".
std::string UsageLine(const VerbSpec& verb);

}  // namespace qalam

#endif  // QALAM_CLI_HELP_H_
