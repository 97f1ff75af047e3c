#include "server/ask_tell/client_manifest.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "controller/spec/load.h"

namespace qalam {

absl::StatusOr<ExperimentSpec> ReadClientManifest(const std::string& manifest,
                                                  std::vector<std::string>* warnings) {
  LoadResult read = LoadExperiments("manifest", manifest, {}, {.without_template = true});
  for (const Diagnostic& problem : read.diagnostics) warnings->push_back(problem.ToString());
  if (HasErrors(read.diagnostics)) {
    return absl::InvalidArgumentError(FormatDiagnostics(std::move(read.diagnostics)));
  }
  if (read.experiments.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("manifest: there are ", read.experiments.size(),
                                                   " Experiments in it; give one"));
  }
  ExperimentSpec spec = std::move(read.experiments.front());
  if (spec.trial_template.manifest != nullptr) {
    return absl::InvalidArgumentError(
        "spec.trialTemplate: clients run the trials themselves; leave it out, or use `qalam run`");
  }
  return spec;
}

absl::Status CheckSameExperiment(const ExperimentRecord& stored, const ExperimentSpec& spec) {
  const Json manifest = Json::parse(stored.manifest, nullptr, /*allow_exceptions=*/false);
  const std::vector<std::string> differences = DiffSpecs(manifest, *spec.manifest);
  if (differences.empty()) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat("experiment ", stored.ns, "/", stored.name, " exists with another ",
                   differences.front(), "; choose another metadata.name, or delete it first"));
}

}  // namespace qalam
