// spec.trialTemplate.checkpoint.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "suggestion/fidelity/report_resource.h"
#include "suggestion/resumption.h"

namespace qalam {
namespace {

constexpr char kDefaultPath[] = "/opt/qalam/checkpoint";

bool IsPlainPath(absl::string_view path) {
  if (!absl::StartsWith(path, "/") || path.size() < 2) return false;
  for (const absl::string_view part : absl::StrSplit(path.substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && absl::EndsWith(path, "/")) path.pop_back();
  return path;
}

}  // namespace

CheckpointSpec ReadCheckpoint(const SpecField& field, const Settings& settings) {
  CheckpointSpec checkpoint;
  const auto trial_dir = settings.find(kTrialDirSetting);
  if (trial_dir != settings.end()) checkpoint.path = WithoutSlash(trial_dir->second);
  const SpecField path = field.At("path");
  if (!path.Text().empty()) checkpoint.path = WithoutSlash(path.Text());
  if (field.present() && !checkpoint.declared()) checkpoint.path = kDefaultPath;
  if (checkpoint.declared() && !IsPlainPath(checkpoint.path)) {
    const bool by_setting = path.Text().empty();
    path.Error(absl::StrCat(
        Quote(checkpoint.path), by_setting ? absl::StrCat(" (setting ", kTrialDirSetting, ")") : "",
        " is not allowed; give the absolute path of a folder, such as ", kDefaultPath));
  }
  checkpoint.keep_all = field.At("keep").Text() == "all";
  checkpoint.retry_from_own = field.At("retry").Text() == "own";
  return checkpoint;
}

void RequireCheckpoint(const SpecField& field, const ExperimentSpec& spec) {
  if (spec.trial_template.checkpoint.declared()) return;
  const absl::StatusOr<const AlgorithmDescriptor*> algorithm = FindAlgorithm(spec.algorithm.name);
  if (!algorithm.ok() || !NeedsCheckpoints(**algorithm)) return;
  field.Error(absl::StrCat("is missing: trials of ", spec.algorithm.name,
                           " go on from what others left in their checkpoint folder; give "
                           "checkpoint: {path: ...}, or the algorithm's setting ",
                           kTrialDirSetting));
}

void CheckReportCounting(const SpecField& spec_field, const ExperimentSpec& spec) {
  if (!CountsReports(spec.algorithm.settings)) return;
  if (spec.collector.kind == CollectorKind::kNone) {
    spec_field.At("metricsCollectorSpec")
        .Error(
            "reads no metrics (kind None), but with resource_type reports each trial is stopped "
            "after so many of them; use StdOut or File");
  }
  if (spec.trial_template.checkpoint.retry_from_own) {
    spec_field.At("trialTemplate")
        .At("checkpoint")
        .At("retry")
        .Error(
            "is own, but with resource_type reports it must be parent: how many reports an "
            "attempt makes follows from the checkpoint that it begins with");
  }
}

}  // namespace qalam
