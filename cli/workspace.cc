#include "cli/workspace.h"

#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/control.h"
#include "controller/spec/load.h"
#include "core/status_macros.h"
#include "core/text.h"

namespace qalam {
namespace {

// More names than this are neither compared nor listed.
constexpr size_t kMaxNames = 5000;
constexpr size_t kListedNames = 8;
constexpr size_t kShownMatches = 4;

bool Exists(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0;
}

// "; did you mean x?", or what there is.
std::string Hint(const std::string& name, const std::vector<std::string>& names,
                 const std::string& none) {
  const std::string near = ClosestMatch(name, names);
  if (!near.empty()) return absl::StrCat("; did you mean ", near, "?");
  if (names.empty()) return absl::StrCat("; ", none);
  const size_t listed = std::min(names.size(), kListedNames);
  return absl::StrCat("; there ", names.size() == 1 ? "is " : "are ",
                      absl::StrJoin(names.begin(), names.begin() + listed, ", "),
                      listed < names.size() ? ", ..." : "");
}

absl::StatusOr<Workspace::FoundTrial> OnlyMatch(std::vector<Workspace::FoundTrial> matches,
                                                const std::string& prefix) {
  if (matches.size() == 1) return std::move(matches[0]);
  std::vector<std::string> names;
  for (const Workspace::FoundTrial& match : matches) names.push_back(match.trial.name);
  if (names.size() > kShownMatches) {
    names.resize(kShownMatches);
    names.push_back("...");
  }
  return absl::InvalidArgumentError(absl::StrCat("several trials begin with \"", prefix,
                                                 "\": ", absl::StrJoin(names, ", "),
                                                 "; give more of the name"));
}

}  // namespace

absl::StatusOr<Workspace> Workspace::Create(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(DataDir dir, DataDir::Open(invocation.data_root));
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenSqliteStore(dir.StorePath()));
  return Workspace(std::move(dir), std::move(store));
}

absl::StatusOr<std::optional<Workspace>> Workspace::OpenIfPresent(const Invocation& invocation) {
  if (!Exists(invocation.data_root)) return std::optional<Workspace>();
  QALAM_ASSIGN_OR_RETURN(DataDir dir, DataDir::Open(invocation.data_root));
  if (!Exists(dir.StorePath())) return std::optional<Workspace>();
  QALAM_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenSqliteStore(dir.StorePath()));
  return std::optional<Workspace>(Workspace(std::move(dir), std::move(store)));
}

absl::StatusOr<Workspace> Workspace::Open(const Invocation& invocation) {
  QALAM_ASSIGN_OR_RETURN(std::optional<Workspace> workspace, OpenIfPresent(invocation));
  if (!workspace.has_value()) {
    return absl::NotFoundError(absl::StrCat("no experiments in ", invocation.data_root,
                                            "; `qalam run FILE` starts one, --data-dir names "
                                            "another folder"));
  }
  return *std::move(workspace);
}

absl::StatusOr<std::vector<ExperimentRecord>> Workspace::ListExperiments(
    const std::string& ns) const {
  QALAM_ASSIGN_OR_RETURN(std::vector<ExperimentRecord> records, store_->ListExperiments());
  if (ns.empty()) return records;
  std::erase_if(records, [&](const ExperimentRecord& record) { return record.ns != ns; });
  return records;
}

absl::StatusOr<ExperimentRecord> Workspace::FindExperiment(const std::string& ns,
                                                           const std::string& name) const {
  const std::string bare = BareName(name);
  absl::StatusOr<ExperimentRecord> found = store_->GetExperiment(ns, bare);
  if (found.ok() || !absl::IsNotFound(found.status())) return found;
  QALAM_ASSIGN_OR_RETURN(const std::vector<ExperimentRecord> records, store_->ListExperiments());
  std::vector<std::string> names, namespaces;
  for (const ExperimentRecord& record : records) {
    if (record.ns == ns) names.push_back(record.name);
    if (record.name == bare) namespaces.push_back(record.ns);
  }
  const std::string what = absl::StrCat("no experiment \"", bare, "\" in namespace ", ns);
  if (!namespaces.empty()) {
    return absl::NotFoundError(absl::StrCat(what, "; there is one in namespace ",
                                            JoinAlternatives(namespaces), ": give -n ",
                                            namespaces[0]));
  }
  return absl::NotFoundError(absl::StrCat(
      what, Hint(bare, names,
                 records.empty() ? absl::StrCat("there are no experiments in ", dir_.root())
                                 : "`qalam get experiments -A` lists those of other namespaces")));
}

absl::StatusOr<Workspace::FoundTrial> Workspace::FindTrial(const std::string& ns,
                                                           const std::string& name) const {
  const std::string bare = BareName(name);
  QALAM_ASSIGN_OR_RETURN(const std::vector<ExperimentRecord> experiments, ListExperiments(ns));
  for (const ExperimentRecord& experiment : experiments) {
    absl::StatusOr<StoredTrial> trial = store_->GetTrial(experiment.id, bare);
    if (trial.ok()) return FoundTrial{experiment, *std::move(trial)};
    if (!absl::IsNotFound(trial.status())) return trial.status();
  }
  std::vector<FoundTrial> matches;
  std::vector<std::string> names;
  for (const ExperimentRecord& experiment : experiments) {
    QALAM_RETURN_IF_ERROR(store_->VisitTrials(
        experiment.id, TrialQuery{.with_conditions = false}, [&](StoredTrial trial) {
          if (names.size() < kMaxNames) names.push_back(trial.name);
          if (!bare.empty() && absl::StartsWith(trial.name, bare)) {
            matches.push_back({experiment, std::move(trial)});
          }
          return matches.size() <= kShownMatches;  // one more says that there are more
        }));
  }
  if (matches.size() == 1) {  // read again: the visit left the status history out
    QALAM_ASSIGN_OR_RETURN(matches[0].trial,
                           store_->GetTrial(matches[0].experiment.id, matches[0].trial.name));
  }
  if (!matches.empty()) return OnlyMatch(std::move(matches), bare);
  return absl::NotFoundError(absl::StrCat("no trial \"", bare, "\" in namespace ", ns,
                                          Hint(bare, names, "there are no trials yet")));
}

bool Workspace::IsDriven(const ExperimentRecord& record) const {
  const std::string path = dir_.ControlPath(record.uid);
  if (!Exists(path)) return false;
  Json request;
  request["command"] = "ping";
  return SendControl(path, request).ok();
}

std::string BareName(absl::string_view name) {
  const size_t slash = name.find('/');
  if (slash == absl::string_view::npos) return std::string(name);
  const std::string kind(name.substr(0, name.find_first_of("./")));
  for (const char* const known : {"experiment", "experiments", "exp", "trial", "trials"}) {
    if (kind == known) return std::string(name.substr(slash + 1));
  }
  return std::string(name);
}

std::string FullName(const ExperimentRecord& record) {
  return absl::StrCat(record.ns, "/", record.name);
}

absl::StatusOr<ExperimentSpec> SpecOf(const ExperimentRecord& record) {
  absl::StatusOr<ExperimentSpec> spec = RestoreExperiment(record.manifest, record.companions);
  if (!spec.ok()) {
    return absl::Status(spec.status().code(), absl::StrCat("experiment ", FullName(record), ": ",
                                                           spec.status().message()));
  }
  spec->budget = BudgetOf(record);
  return spec;
}

bool IsComplete(const ExperimentRecord& record) {
  return record.condition == "Succeeded" || record.condition == "Failed";
}

std::optional<absl::Duration> TrialDuration(const StoredTrial& trial, absl::Time now) {
  if (!trial.started.has_value()) return std::nullopt;
  return trial.completed.value_or(now) - *trial.started;
}

}  // namespace qalam
