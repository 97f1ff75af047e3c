#include "cli/help.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace qalam {
namespace {

constexpr size_t kHelpWidth = 100;

constexpr char kExitCodes[] = R"(Exit codes:
  0   done; the experiment succeeded
  1   the experiment failed (best: there is no best trial yet)
  2   bad usage, invalid spec, or no such experiment or trial
  3   stopped before its end; `qalam resume NAME` goes on
  4   any other error: the store, the disk, another process drives the experiment
)";

// `text` in lines of at most kHelpWidth columns, all but the first after `indent` spaces.
std::string Wrap(const std::string& text, size_t indent) {
  std::string result;
  size_t column = indent;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column > indent && column + 1 + word.size() > kHelpWidth) {
      absl::StrAppend(&result, "\n", std::string(indent, ' '));
      column = indent;
    } else if (column > indent) {
      result += ' ';
      ++column;
    }
    absl::StrAppend(&result, word);
    column += word.size();
  }
  return result;
}

std::string FlagLabel(const FlagSpec& flag) {
  std::string label =
      flag.short_name == 0 ? "    " : absl::StrCat("-", std::string(1, flag.short_name), ", ");
  absl::StrAppend(&label, "--", flag.name);
  if (!flag.is_switch()) absl::StrAppend(&label, " ", flag.value);
  return label;
}

std::string FlagHelp(const FlagSpec& flag) {
  std::string help = flag.help;
  if (!flag.choices.empty()) absl::StrAppend(&help, " (", absl::StrJoin(flag.choices, ", "), ")");
  if (flag.repeatable) help += "; may be repeated";
  return help;
}

std::string FormatFlags(const std::vector<FlagSpec>& flags) {
  size_t width = 0;
  for (const FlagSpec& flag : flags) width = std::max(width, FlagLabel(flag).size());
  std::string text;
  for (const FlagSpec& flag : flags) {
    std::string label = FlagLabel(flag);
    label.resize(width + 3, ' ');
    absl::StrAppend(&text, "  ", label, Wrap(FlagHelp(flag), width + 5), "\n");
  }
  return text;
}

}  // namespace

std::string UsageLine(const VerbSpec& verb) {
  return absl::StrCat("Usage: qalam ", verb.name, " [flags]", verb.usage.empty() ? "" : " ",
                      verb.usage);
}

std::string VerbHelp(const VerbSpec& verb) {
  std::string text = absl::StrCat(verb.summary, ".\n\n", UsageLine(verb), "\n");
  if (!verb.description.empty()) absl::StrAppend(&text, "\n", verb.description, "\n");
  if (!verb.flags.empty()) absl::StrAppend(&text, "\nFlags:\n", FormatFlags(verb.flags));
  absl::StrAppend(&text, "\nGlobal flags:\n", FormatFlags(GlobalFlags()));
  if (!verb.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : verb.examples) {
    absl::StrAppend(&text, "  # ", example.what, "\n  ", example.command, "\n");
  }
  return text;
}

std::string ProgramHelp() {
  std::string text =
      "Qalam tunes hyperparameters: it takes a Katib Experiment as it is and runs its trials on "
      "this\n"
      "machine.\n\nUsage: qalam [global flags] VERB [flags] [arguments]\n\nVerbs:\n";
  for (const VerbSpec& verb : Verbs()) {
    if (verb.hidden) continue;
    std::string name = verb.name;
    name.resize(12, ' ');
    absl::StrAppend(&text, "  ", name, verb.summary, "\n");
  }
  absl::StrAppend(&text, "\nGlobal flags:\n", FormatFlags(ProgramFlags()), "\n", kExitCodes,
                  "\n`qalam VERB --help` tells more of a verb, with examples.\n");
  return text;
}

}  // namespace qalam
