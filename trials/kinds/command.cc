#include "trials/kinds/command.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace qalam {
namespace {

bool IsShell(absl::string_view program) {
  const size_t slash = program.rfind('/');
  if (slash != absl::string_view::npos) program.remove_prefix(slash + 1);
  return program == "sh" || program == "bash" || program == "dash" || program == "ash" ||
         program == "ksh" || program == "zsh";
}

// The number of words up to and including a shell's -c; 0 when the words are no such command.
size_t ShellPrefix(const std::vector<std::string>& words) {
  if (words.empty() || !IsShell(words[0])) return 0;
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) return 0;
    if (absl::StartsWith(word, "--")) continue;
    if (word[0] == '-' && absl::StrContains(word, "c")) return i + 1;
    // -o takes the next word: "-o pipefail", "-eo pipefail".
    if (absl::EndsWith(word, "o") || absl::EndsWith(word, "O")) ++i;
  }
  return 0;
}

}  // namespace

std::vector<std::string> ShellCommand(const std::vector<std::string>& words) {
  const size_t prefix = ShellPrefix(words);
  std::vector<std::string> argv(words.begin(), words.begin() + prefix);
  if (prefix == 0) argv = {"/bin/sh", "-c"};
  argv.push_back(absl::StrJoin(words.begin() + prefix, words.end(), " "));
  return argv;
}

void BuildEngineCommand(const EngineRequest& request, ProcessSpec* process) {
  const Container& container = *request.container;
  std::vector<std::string>& argv = process->argv;
  argv = {request.engine, "run", "--rm", "--network", "host"};
  argv.insert(argv.end(), {"--name", request.name});
  process->cleanup_argv = {request.engine, "rm", "--force", request.name};
  process->unique_name = request.name;
  for (const PlacedMount& mount : *request.mounts) {
    argv.push_back("-v");
    argv.push_back(absl::StrCat(mount.source, ":", mount.mount_path, mount.read_only ? ":ro" : ""));
  }
  for (const auto& [name, value] : *request.environment) {
    argv.push_back("-e");
    argv.push_back(absl::StrCat(name, "=", value));
  }
  if (request.indexed) argv.insert(argv.end(), {"-e", "JOB_COMPLETION_INDEX"});
  if (!container.working_dir.empty()) argv.insert(argv.end(), {"-w", container.working_dir});
  const ContainerResources& resources = container.resources;
  if (resources.cpu_limit.has_value() && *resources.cpu_limit > 0) {
    argv.insert(argv.end(), {"--cpus", absl::StrFormat("%.3f", *resources.cpu_limit)});
  }
  if (resources.memory_limit.has_value() && *resources.memory_limit > 0) {
    argv.insert(argv.end(), {"--memory", absl::StrFormat("%.0fb", *resources.memory_limit)});
  }
  if (resources.gpus > 0) {
    // Which ones is known when the job starts: the runner says so in CUDA_VISIBLE_DEVICES.
    argv.insert(argv.end(), {"-e", "CUDA_VISIBLE_DEVICES"});
    if (request.engine == "docker") {
      argv.insert(argv.end(), {"--gpus", "all"});
    } else {
      argv.insert(argv.end(), {"--device", "nvidia.com/gpu=all"});
    }
  }
  std::vector<std::string> words = request.words;
  if (request.replaces_entrypoint && !words.empty()) {
    argv.insert(argv.end(), {"--entrypoint", words.front()});
    words.erase(words.begin());
  }
  argv.push_back(container.image);
  argv.insert(argv.end(), words.begin(), words.end());
}

}  // namespace qalam
