#ifndef QALAM_CLI_VERB_H_
#define QALAM_CLI_VERB_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "core/clock.h"

namespace qalam {

// What a verb is given to work with.
struct Invocation {
  ParsedFlags flags;      // its own flags and arguments
  std::string data_root;  // the data folder, from --data-dir or the environment
  std::string ns;         // -n, or "default"
  Output* out = nullptr;  // standard output
  Output* err = nullptr;  // standard error
  const Clock* clock = nullptr;

  const std::vector<std::string>& args() const { return flags.args(); }
};

// What stands at a place of the command line, for completion.
enum class ArgKind { kFile, kExperiment, kTrial, kExperimentOrTrial, kField, kWord };

struct ArgSpec {
  ArgKind kind = ArgKind::kWord;
  std::vector<std::string> words = {};  // kWord: what may stand here; also offered with other kinds
};

struct Example {
  std::string command;
  std::string what;  // what it does
};

// Everything there is to know of a verb, in one place: dispatch, help and completion read it.
struct VerbSpec {
  std::string name;
  std::string summary;      // one line without a full stop
  std::string usage;        // its arguments: "FILE..."
  std::string description;  // paragraphs for `qalam VERB --help`, wrapped by hand
  int min_args = 0;
  int max_args = -1;          // -1: no limit
  std::vector<ArgSpec> args;  // by place; the last stands for all further ones
  std::vector<FlagSpec> flags;
  std::vector<Example> examples;
  // An error is printed and becomes the exit code by ExitCodeFor.
  absl::StatusOr<ExitCode> (*run)(const Invocation& invocation) = nullptr;
  bool hidden = false;  // for completion scripts, not for people
};

// All verbs, in the order of verbs.inc.
const std::vector<VerbSpec>& Verbs();
// Nothing when there is none of that name.
const VerbSpec* FindVerb(absl::string_view name);
// The flags that every verb has: --data-dir, --namespace, --help.
const std::vector<FlagSpec>& GlobalFlags();
// The flags that may stand before a verb: the global ones and --version.
std::vector<FlagSpec> ProgramFlags();
// The verb's own flags and the global ones.
std::vector<FlagSpec> AllFlags(const VerbSpec& verb);

}  // namespace qalam

#endif  // QALAM_CLI_VERB_H_
