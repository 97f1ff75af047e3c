#ifndef QALAM_CLI_COMPLETE_H_
#define QALAM_CLI_COMPLETE_H_

#include <functional>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace qalam {

// What may stand at the end of a command line that is being typed.
struct Completions {
  std::vector<std::string> words;
  bool files = false;  // names of files, too
};

// Names of what is in the store, by kind (kExperiment or kTrial), for completion.
using NameSource = std::function<std::vector<std::string>(ArgKind kind, const std::string& ns,
                                                          const std::string& data_root)>;

// Completes `words` (those after the program's name), whose last one is unfinished and may be
// empty. Only words that begin with it are given.
Completions Complete(const std::vector<std::string>& words, const NameSource& names);

// The script for `shell`, "bash" or "zsh": it asks the program itself (qalam __complete), so it
// needs no change when verbs and flags do.
std::string CompletionScript(const std::string& shell);

}  // namespace qalam

#endif  // QALAM_CLI_COMPLETE_H_
