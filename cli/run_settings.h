#ifndef QALAM_CLI_RUN_SETTINGS_H_
#define QALAM_CLI_RUN_SETTINGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/flags.h"

namespace qalam {

// How a run shows itself and where its trials run: the flags that `run` and `resume` share.
struct RunSettings {
  enum class Show {
    kText,     // live view or lines, then a summary, on standard output
    kEvents,   // --json
    kObjects,  // -o: the final objects on standard output, progress on standard error
  };
  Show show = Show::kText;
  std::string format;  // kObjects: "json" or "yaml"
  bool quiet = false;
  std::map<std::string, std::string> image_map;
  std::string container_engine;
};

std::vector<FlagSpec> RunFlags();
// InvalidArgument naming the flag.
absl::StatusOr<RunSettings> ReadRunSettings(const ParsedFlags& flags);

}  // namespace qalam

#endif  // QALAM_CLI_RUN_SETTINGS_H_
