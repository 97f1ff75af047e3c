#include "cli/dispatch.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "cli/help.h"
#include "cli/verb.h"
#include "cli/version.h"
#include "controller/data_dir.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

absl::Status UnknownVerb(const std::string& word) {
  std::vector<std::string> names = {"help"};
  for (const VerbSpec& verb : Verbs()) {
    if (!verb.hidden) names.push_back(verb.name);
  }
  const std::string near = ClosestMatch(word, names);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown verb \"", word, "\"; ",
      near.empty() ? "`qalam --help` lists them" : absl::StrCat("did you mean ", near, "?")));
}

absl::Status CheckArgumentCount(const VerbSpec& verb, const ParsedFlags& flags) {
  const auto count = static_cast<int>(flags.args().size());
  if (count < verb.min_args) {
    return absl::InvalidArgumentError(absl::StrCat("missing argument\n", UsageLine(verb)));
  }
  if (verb.max_args >= 0 && count > verb.max_args) {
    return absl::InvalidArgumentError(absl::StrCat(
        "unexpected argument \"", flags.args()[verb.max_args], "\"\n", UsageLine(verb)));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> RunVerb(const VerbSpec& verb, const ParsedFlags& global,
                                 absl::Span<const std::string> words, Invocation invocation) {
  QALAM_ASSIGN_OR_RETURN(invocation.flags, ParseFlags(words, AllFlags(verb)));
  const ParsedFlags& own = invocation.flags;
  if (own.IsOn("help") || global.IsOn("help")) {
    invocation.out->Write(VerbHelp(verb));
    return ExitCode::kSuccess;
  }
  QALAM_RETURN_IF_ERROR(CheckArgumentCount(verb, own));
  // A flag after the verb wins over the same one before it.
  const auto global_value = [&](absl::string_view name) {
    const std::optional<std::string> value = own.Value(name);
    return value.has_value() ? value : global.Value(name);
  };
  invocation.ns = global_value("namespace").value_or("default");
  const std::optional<std::string> data_root = global_value("data-dir");
  if (data_root.has_value() && data_root->empty()) {
    return absl::InvalidArgumentError("--data-dir is empty; give a folder");
  }
  invocation.data_root = data_root.has_value() ? *data_root : DataDir::DefaultRoot();
  return verb.run(invocation);
}

absl::StatusOr<ExitCode> DispatchWords(const std::vector<std::string>& words,
                                       const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(const ParsedFlags global,
                         ParseFlags(words, ProgramFlags(), ParseMode::kUntilArgument));
  absl::Span<const std::string> rest = absl::MakeSpan(words).subspan(global.words_read());
  if (global.IsOn("version")) {
    invocation.out->Write(absl::StrCat("qalam ", kVersion, "\n"));
    return ExitCode::kSuccess;
  }
  bool help = global.IsOn("help");
  if (!rest.empty() && rest[0] == "help") {
    help = true;
    rest.remove_prefix(1);
  }
  if (rest.empty()) {
    (help ? invocation.out : invocation.err)->Write(ProgramHelp());
    return help ? ExitCode::kSuccess : ExitCode::kUsage;
  }
  const VerbSpec* const verb = FindVerb(rest[0]);
  if (verb == nullptr) return UnknownVerb(rest[0]);
  if (help) {
    invocation.out->Write(VerbHelp(*verb));
    return ExitCode::kSuccess;
  }
  return RunVerb(*verb, global, rest.subspan(1), invocation);
}

}  // namespace

ExitCode Dispatch(const std::vector<std::string>& words, Output* out, Output* err,
                  const Clock* clock) {
  Invocation invocation;
  invocation.out = out;
  invocation.err = err;
  invocation.clock = clock;
  const absl::StatusOr<ExitCode> code = DispatchWords(words, invocation);
  out->Flush();
  const absl::Status& failure = code.ok() ? out->status() : code.status();
  if (failure.ok()) return *code;
  err->Write(absl::StrCat("qalam: error: ", failure.message(), "\n"));
  return ExitCodeFor(failure);
}

}  // namespace qalam
