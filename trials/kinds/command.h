#ifndef QALAM_TRIALS_KINDS_COMMAND_H_
#define QALAM_TRIALS_KINDS_COMMAND_H_

#include <string>
#include <utility>
#include <vector>

#include "trials/job.h"
#include "trials/kinds/environment.h"
#include "trials/kinds/pod_template.h"
#include "trials/kinds/volumes.h"

namespace qalam {

// The words of the primary container as Katib runs them: joined by blanks and given to a shell as
// one text, so quotes, variables and redirections in args mean what they mean to the shell. When
// the words begin with a shell and -c ("sh -c", "/bin/bash -ec", "bash -o pipefail -c") that shell
// is kept and the rest is joined. Never empty.
std::vector<std::string> ShellCommand(const std::vector<std::string>& words);

// A container that an engine runs.
struct EngineRequest {
  std::string engine;  // "podman" or "docker"
  std::string name;    // unique on the machine, but for the pods of the job
  const Container* container = nullptr;
  // Given to the image's entrypoint when `replaces_entrypoint` is false, else run instead of it.
  std::vector<std::string> words;
  bool replaces_entrypoint = true;
  const Environment* environment = nullptr;
  const std::vector<PlacedMount>* mounts = nullptr;
  bool indexed = false;  // pass JOB_COMPLETION_INDEX on
};

// Fills argv and cleanup_argv: `podman run --rm ...`, and the removal of a container that outlived
// it. The container uses the machine's network, as the trial's processes do without an engine.
void BuildEngineCommand(const EngineRequest& request, ProcessSpec* process);

}  // namespace qalam

#endif  // QALAM_TRIALS_KINDS_COMMAND_H_
