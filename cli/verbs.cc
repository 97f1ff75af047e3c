#include <algorithm>

#include "cli/verb.h"

namespace qalam {

#define QALAM_VERB(x) VerbSpec x##Verb();
#include "cli/verbs.inc"
#undef QALAM_VERB

const std::vector<VerbSpec>& Verbs() {
  static const auto* const kVerbs = new std::vector<VerbSpec>{
#define QALAM_VERB(x) x##Verb(),
#include "cli/verbs.inc"
#undef QALAM_VERB
  };
  return *kVerbs;
}

const VerbSpec* FindVerb(absl::string_view name) {
  const std::vector<VerbSpec>& verbs = Verbs();
  const auto it = std::find_if(verbs.begin(), verbs.end(),
                               [&](const VerbSpec& verb) { return verb.name == name; });
  return it == verbs.end() ? nullptr : &*it;
}

const std::vector<FlagSpec>& GlobalFlags() {
  static const auto* const kFlags = new std::vector<FlagSpec>{
      {.name = "data-dir",
       .value = "DIR",
       .help = "Where experiments are kept (default: $QALAM_DATA_DIR, else "
               "$XDG_DATA_HOME/qalam, else ~/.local/share/qalam)"},
      {.name = "namespace",
       .short_name = 'n',
       .value = "NS",
       .help = "The namespace of names that are given (default: default)"},
      {.name = "help", .short_name = 'h', .help = "Show this help"},
  };
  return *kFlags;
}

std::vector<FlagSpec> ProgramFlags() {
  std::vector<FlagSpec> flags = GlobalFlags();
  flags.push_back({.name = "version", .help = "Show the version"});
  return flags;
}

std::vector<FlagSpec> AllFlags(const VerbSpec& verb) {
  std::vector<FlagSpec> flags = verb.flags;
  flags.insert(flags.end(), GlobalFlags().begin(), GlobalFlags().end());
  return flags;
}

}  // namespace qalam
