#include "cli/complete.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cli/workspace.h"
#include "controller/data_dir.h"
#include "core/status_macros.h"

namespace qalam {
namespace {

const FlagSpec* FindFlag(const std::vector<FlagSpec>& flags, absl::string_view word) {
  for (const FlagSpec& flag : flags) {
    if (word == absl::StrCat("--", flag.name)) return &flag;
    if (flag.short_name != 0 && word == absl::StrCat("-", std::string(1, flag.short_name))) {
      return &flag;
    }
  }
  return nullptr;
}

// Reads the words before the unfinished one, without complaint.
class Completer {
 public:
  Completer(const std::vector<std::string>& words, const NameSource& names)
      : words_(words), names_(names), flags_(ProgramFlags()) {}

  Completions Run() {
    if (words_.empty()) return {};
    for (size_t i = 0; i + 1 < words_.size(); ++i) Read(words_[i]);
    Offer(words_.back());
    return std::move(result_);
  }

 private:
  void Read(const std::string& word) {
    if (pending_ != nullptr) {
      TakeValue(*pending_, word);
      pending_ = nullptr;
    } else if (!flags_ended_ && word == "--") {
      flags_ended_ = true;
    } else if (!flags_ended_ && absl::StartsWith(word, "-") && word.size() > 1) {
      ReadFlag(word);
    } else if (verb_ == nullptr && !in_help_) {
      in_help_ = word == "help";
      verb_ = FindVerb(word);
      if (verb_ != nullptr) flags_ = AllFlags(*verb_);
    } else {
      ++arguments_;
    }
  }

  void ReadFlag(const std::string& word) {
    const size_t equals = word.find('=');
    const FlagSpec* const flag = FindFlag(flags_, word.substr(0, equals));
    if (flag == nullptr || flag->is_switch()) return;
    if (equals == std::string::npos) {
      pending_ = flag;
    } else {
      TakeValue(*flag, word.substr(equals + 1));
    }
  }

  void TakeValue(const FlagSpec& flag, const std::string& value) {
    if (flag.name == "namespace") ns_ = value;
    if (flag.name == "data-dir") data_root_ = value;
  }

  void Offer(const std::string& word) {
    const size_t equals = word.find('=');
    if (pending_ != nullptr) return OfferValues(*pending_, "", word);
    if (!flags_ended_ && absl::StartsWith(word, "--") && equals != std::string::npos) {
      const FlagSpec* const flag = FindFlag(flags_, word.substr(0, equals));
      if (flag != nullptr) OfferValues(*flag, word.substr(0, equals + 1), word);
      return;
    }
    if (!flags_ended_ && absl::StartsWith(word, "-") && word != "-") return OfferFlags(word);
    if (verb_ == nullptr) return OfferVerbs(word);
    OfferArgument(word);
  }

  void OfferValues(const FlagSpec& flag, const std::string& prefix, const std::string& word) {
    for (const std::string& choice : flag.choices) Add(absl::StrCat(prefix, choice), word);
    if (flag.is_switch()) {
      for (const char* const choice : {"true", "false"}) Add(absl::StrCat(prefix, choice), word);
    }
    result_.files = flag.value == "FILE" || flag.value == "DIR";
  }

  void OfferFlags(const std::string& word) {
    for (const FlagSpec& flag : flags_) Add(absl::StrCat("--", flag.name), word);
  }

  void OfferVerbs(const std::string& word) {
    for (const VerbSpec& verb : Verbs()) {
      if (!verb.hidden) Add(verb.name, word);
    }
    if (!in_help_) Add("help", word);
  }

  void OfferArgument(const std::string& word) {
    if (verb_->args.empty()) return;
    if (verb_->max_args >= 0 && arguments_ >= static_cast<size_t>(verb_->max_args)) return;
    const ArgSpec& arg = verb_->args[std::min(arguments_, verb_->args.size() - 1)];
    for (const std::string& choice : arg.words) Add(choice, word);
    result_.files = arg.kind == ArgKind::kFile;
    const bool both = arg.kind == ArgKind::kExperimentOrTrial;
    if (both || arg.kind == ArgKind::kExperiment) OfferNames(ArgKind::kExperiment, word);
    if (both || arg.kind == ArgKind::kTrial) OfferNames(ArgKind::kTrial, word);
  }

  void OfferNames(ArgKind kind, const std::string& word) {
    for (const std::string& name : names_(kind, ns_, data_root_)) Add(name, word);
  }

  void Add(const std::string& candidate, const std::string& word) {
    if (absl::StartsWith(candidate, word)) result_.words.push_back(candidate);
  }

  const std::vector<std::string>& words_;
  const NameSource& names_;
  std::vector<FlagSpec> flags_;
  const VerbSpec* verb_ = nullptr;
  const FlagSpec* pending_ = nullptr;  // a flag whose value comes next
  bool in_help_ = false;
  bool flags_ended_ = false;
  size_t arguments_ = 0;
  std::string ns_ = "default";
  std::string data_root_ = DataDir::DefaultRoot();
  Completions result_;
};

// More names than this help nobody at a prompt.
constexpr size_t kMaxOffered = 1000;

absl::StatusOr<std::vector<std::string>> ReadNames(ArgKind kind, const Invocation& where) {
  std::vector<std::string> names;
  QALAM_ASSIGN_OR_RETURN(const std::optional<Workspace> workspace, Workspace::OpenIfPresent(where));
  if (!workspace.has_value()) return names;
  QALAM_ASSIGN_OR_RETURN(const std::vector<ExperimentRecord> records,
                         workspace->ListExperiments(where.ns));
  for (const ExperimentRecord& record : records) {
    if (kind == ArgKind::kExperiment) {
      names.push_back(record.name);
      continue;
    }
    QALAM_RETURN_IF_ERROR(workspace->store().VisitTrials(
        record.id, TrialQuery{.with_conditions = false}, [&](const StoredTrial& trial) {
          names.push_back(trial.name);
          return names.size() < kMaxOffered;
        }));
  }
  return names;
}

absl::StatusOr<ExitCode> PrintCompletions(const Invocation& invocation) {
  const NameSource names = [](ArgKind kind, const std::string& ns, const std::string& data_root) {
    Invocation where;
    where.ns = ns;
    where.data_root = data_root;
    // At a prompt there is no place for an error.
    return ReadNames(kind, where).value_or(std::vector<std::string>());
  };
  const Completions completions = Complete(invocation.args(), names);
  for (const std::string& word : completions.words) invocation.out->Write(absl::StrCat(word, "\n"));
  if (completions.files) invocation.out->Write(":files\n");
  return ExitCode::kSuccess;
}

}  // namespace

Completions Complete(const std::vector<std::string>& words, const NameSource& names) {
  return Completer(words, names).Run();
}

VerbSpec CompleteVerb() {
  return {.name = "__complete",
          .summary = "Print what may stand at the end of a command line, for completion scripts",
          .usage = "-- WORD...",
          .examples = {{"qalam __complete -- get exp", "What begins with exp after get"}},
          .run = PrintCompletions,
          .hidden = true};
}

}  // namespace qalam
