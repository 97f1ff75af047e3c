// qalam completion: scripts that teach shells the program's command line.
#include <string>

#include "cli/complete.h"
#include "cli/verb.h"

namespace qalam {
namespace {

constexpr char kBash[] =
    R"(# bash completion for qalam. Load it with: source <(qalam completion bash)
_qalam() {
  local line="${COMP_LINE:0:COMP_POINT}" current words=() reply files=
  # Words as the shell would split them; a word under the cursor may be empty.
  read -r -a words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="${words[${#words[@]}-1]}"
  COMPREPLY=()
  while IFS= read -r reply; do
    if [[ "$reply" == :files ]]; then
      files=1
    else
      # Readline breaks words at =, so what stands before it must not be repeated.
      [[ "$current" == *=* && "$COMP_WORDBREAKS" == *=* ]] && reply="${reply#*=}"
      COMPREPLY+=("$reply")
    fi
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2>/dev/null)
  if [[ -n "$files" ]]; then
    compopt -o filenames 2>/dev/null
    [[ "$current" == --*=* ]] && current="${current#*=}"
    while IFS= read -r reply; do
      COMPREPLY+=("$reply")
    done < <(compgen -f -- "$current")
  fi
}
complete -F _qalam qalam
)";

constexpr char kZsh[] = R"(#compdef qalam
# zsh completion for qalam. Load it with: source <(qalam completion zsh)
_qalam() {
  local -a replies names
  local reply files=
  replies=("${(@f)$(${words[1]} __complete -- "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  for reply in "${replies[@]}"; do
    if [[ "$reply" == :files ]]; then
      files=1
    elif [[ -n "$reply" ]]; then
      names+=("$reply")
    fi
  done
  (( ${#names[@]} )) && compadd -a names
  if [[ -n "$files" ]]; then
    compset -P '--*='
    _files
  fi
}
if [[ "$funcstack[1]" == _qalam ]]; then
  _qalam "$@"
else
  compdef _qalam qalam
fi
)";

absl::StatusOr<ExitCode> PrintScript(const Invocation& invocation) {
  const std::string& shell = invocation.args()[0];
  if (shell != "bash" && shell != "zsh") {
    return absl::InvalidArgumentError("there are completion scripts for bash and zsh");
  }
  invocation.out->Write(CompletionScript(shell));
  return ExitCode::kSuccess;
}

}  // namespace

std::string CompletionScript(const std::string& shell) { return shell == "zsh" ? kZsh : kBash; }

VerbSpec CompletionVerb() {
  return {
      .name = "completion",
      .summary = "Print a completion script for bash or zsh",
      .usage = "bash|zsh",
      .description =
          "Completes verbs, flags, their values, files, and the names of experiments and trials.",
      .min_args = 1,
      .max_args = 1,
      .args = {{.kind = ArgKind::kWord, .words = {"bash", "zsh"}}},
      .examples = {{"source <(qalam completion bash)", "Complete in this shell"},
                   {"qalam completion zsh > ~/.zfunc/_qalam", "Complete in every zsh"}},
      .run = PrintScript};
}

}  // namespace qalam
