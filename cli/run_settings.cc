#include "cli/run_settings.h"

#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace qalam {

std::vector<FlagSpec> RunFlags() {
  return {
      {.name = "output",
       .short_name = 'o',
       .value = "FORMAT",
       .help = "Print the final Experiment and nothing else on standard output",
       .choices = {"json", "yaml"}},
      {.name = "json", .help = "Print each event as a line of JSON on standard output"},
      {.name = "quiet", .short_name = 'q', .help = "Print nothing but notices and errors"},
      {.name = "image-map",
       .value = "IMAGE=DIR",
       .help = "Run the commands of IMAGE in DIR",
       .repeatable = true},
      {.name = "container-engine",
       .value = "ENGINE",
       .help = "Run images with this container engine",
       .choices = {"podman", "docker"}},
  };
}

absl::StatusOr<RunSettings> ReadRunSettings(const ParsedFlags& flags) {
  RunSettings settings;
  settings.quiet = flags.IsOn("quiet");
  settings.container_engine = flags.ValueOr("container-engine", "");
  if (flags.IsOn("json") && flags.Value("output").has_value()) {
    return absl::InvalidArgumentError(
        "--json and --output exclude each other: one prints events, the other the final object");
  }
  if (flags.IsOn("json")) settings.show = RunSettings::Show::kEvents;
  if (flags.Value("output").has_value()) {
    settings.show = RunSettings::Show::kObjects;
    settings.format = *flags.Value("output");
  }
  for (const std::string& entry : flags.Values("image-map")) {
    const size_t equals = entry.find('=');
    const std::string dir = equals == std::string::npos ? "" : entry.substr(equals + 1);
    struct stat info = {};
    if (equals == 0 || dir.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--image-map: found \"", entry, "\"; write IMAGE=DIR"));
    }
    if (stat(dir.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--image-map: ", dir, " is not a folder of this machine"));
    }
    settings.image_map[entry.substr(0, equals)] = dir;
  }
  return settings;
}

}  // namespace qalam
