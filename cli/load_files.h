#ifndef QALAM_CLI_LOAD_FILES_H_
#define QALAM_CLI_LOAD_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/verb.h"
#include "controller/spec/load.h"

namespace qalam {

// The files of a command line: its arguments and those given with -f. "-" is standard input.
std::vector<std::string> FileNames(const Invocation& invocation);

// Reads and checks the files together: ConfigMaps and Secrets may be in other files than the
// experiments that use them. An experiment that is in two files is an error. Problems are in the
// diagnostics; NotFound or InvalidArgument when a file cannot be read or none was given.
absl::StatusOr<LoadResult> LoadFiles(const Invocation& invocation);

// The flags that LoadFiles reads: --filename, --strict.
std::vector<FlagSpec> LoadFlags();

}  // namespace qalam

#endif  // QALAM_CLI_LOAD_FILES_H_
