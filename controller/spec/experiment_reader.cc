// A document of kind Experiment as a whole.
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/spec_json.h"
#include "controller/spec/structure.h"

namespace qalam {
namespace {

constexpr size_t kMaxName = 40;
constexpr size_t kMaxNamespace = 63;

// A DNS-1123 label: what Kubernetes takes as part of a name.
bool IsLabel(absl::string_view text, size_t max_length) {
  if (text.empty() || text.size() > max_length) return false;
  for (const char c : text) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '-') return false;
  }
  return text.front() != '-' && text.back() != '-';
}

void ReadMetadata(const SpecField& metadata, const LoadOptions& options, ExperimentSpec* spec) {
  const SpecField name = metadata.At("name");
  const SpecField ns = metadata.At("namespace");
  spec->name = name.Text();
  spec->ns = ns.Text().empty() ? options.default_namespace : ns.Text();
  if (spec->name.empty()) {
    name.Error(metadata.At("generateName").present()
                   ? "is missing; generateName is not supported, so give the experiment a name"
                   : "is missing; give the experiment a name");
  } else if (!IsLabel(spec->name, kMaxName) || !absl::ascii_isalpha(spec->name[0])) {
    name.Error(
        absl::StrCat(Quote(spec->name), " is not allowed; a name has at most ", kMaxName,
                     " lower-case letters, digits and '-', starts with a letter and ends with "
                     "a letter or digit"));
  }
  if (!IsLabel(spec->ns, kMaxNamespace)) {
    ns.Error(
        absl::StrCat(Quote(spec->ns), " is not allowed; a namespace has at most ", kMaxNamespace,
                     " lower-case letters, digits and '-', and starts and ends with a letter or "
                     "digit"));
  }
  for (const auto& [key, value] : metadata.At("labels").TextEntries()) spec->labels[key] = value;
  for (const auto& [key, value] : metadata.At("annotations").TextEntries()) {
    spec->annotations[key] = value;
  }
}

ResumePolicy ReadResumePolicy(const SpecField& field) {
  if (field.Text() == "LongRunning") return ResumePolicy::kLongRunning;
  if (field.Text() == "FromVolume") return ResumePolicy::kFromVolume;
  return ResumePolicy::kNever;
}

void ReadAlgorithms(const SpecField& spec, ExperimentSpec* result) {
  const SpecField algorithm = spec.At("algorithm");
  result->algorithm = ReadAlgorithm(algorithm, /*otherwise=*/"auto");
  result->seed = ReadSeed(spec.At("seed"), *result);
  SuggesterSpec made_for;
  made_for.space = result->space;
  made_for.objective = result->objective;
  made_for.settings = result->algorithm.settings;
  made_for.seed = result->seed;
  made_for.max_trial_count = result->budget.max_trial_count;
  made_for.parallel_trial_count = result->budget.parallel_trial_count;
  CheckAlgorithm(algorithm, spec.At("parameters"), result->algorithm.name, made_for);

  const SpecField early_stopping = spec.At("earlyStopping");
  if (!early_stopping.present()) return;
  result->early_stopping = ReadAlgorithm(early_stopping, /*otherwise=*/"");
  CheckEarlyStopping(early_stopping, *result->early_stopping, result->objective);
}

// As written, whether or not the parameters make sense.
std::vector<std::string> ParameterNames(const SpecField& spec) {
  std::vector<std::string> names;
  std::set<std::string> seen = {""};
  for (const SpecField& parameter : spec.At("parameters").Items()) {
    const std::string name = parameter.At("name").Text();
    if (seen.insert(name).second) names.push_back(name);
  }
  return names;
}

// Renders the template once, as for a first trial: what fails here would fail in every trial.
void TryTemplate(const SpecField& trial_template, const ExperimentSpec& spec) {
  TrialIdentity identity;
  identity.name = absl::StrCat(spec.name, "-00000000");
  identity.ns = spec.ns;
  identity.labels = spec.labels;
  identity.labels["katib.kubeflow.org/experiment"] = spec.name;
  const absl::StatusOr<Json> rendered =
      RenderManifest(spec.trial_template, spec.space->Format(spec.space->known_point()), identity);
  if (!rendered.ok()) trial_template.At("trialParameters").Error(rendered.status().message());
}

}  // namespace

std::optional<ExperimentSpec> ReadExperiment(const SpecField& experiment, CompanionSet* companions,
                                             const LoadOptions& options) {
  const int64_t errors = experiment.report()->errors();
  const auto failed = [&] { return experiment.report()->errors() > errors; };
  CheckStructure(experiment, options.strict);
  ExperimentSpec result;
  ReadMetadata(experiment.At("metadata"), options, &result);
  const SpecField spec = experiment.At("spec");
  if (!spec.present()) {
    spec.Error("is missing; it says what to tune and how");
    return std::nullopt;
  }
  result.objective = ReadObjective(spec, &result.further_goals);
  result.budget = ReadBudget(spec);
  result.submitted_budget = result.budget;
  result.end_rules = ReadEndRules(spec, result.objective);
  experiment.Errors(ValidateBudget(result.budget, 0));
  result.space = ReadSpace(spec);
  result.initial_trials = ReadInitialTrials(spec, result);
  result.duplicates = ReadDuplicates(spec.At("duplicates"));
  result.warm_start_from = ReadWarmStart(spec.At("warmStartFrom"), result);
  ReadAlgorithms(spec, &result);
  CheckTerminator(spec.At("terminator"), result);
  result.resume_policy = ReadResumePolicy(spec.At("resumePolicy"));
  result.collector = ReadCollector(spec.At("metricsCollectorSpec"));
  spec.Errors(ValidateFilters(result.collector.filters));
  const SpecField trial_template = spec.At("trialTemplate");
  const bool run_by_clients = options.without_template && !trial_template.present();
  if (!run_by_clients) {
    result.trial_template =
        ReadTrialTemplate(trial_template, ParameterNames(spec), companions, options.strict);
    const SpecField checkpoint = trial_template.At("checkpoint");
    result.trial_template.checkpoint = ReadCheckpoint(checkpoint, result.algorithm.settings);
    RequireCheckpoint(checkpoint, result);
    CheckReportCounting(spec, result);
  }
  if (result.space != nullptr) {
    for (const Parameter& parameter : result.space->parameters()) {
      if (parameter.condition) result.trial_template.conditional.insert(parameter.name);
    }
  }
  if (!failed() && !run_by_clients) TryTemplate(trial_template, result);
  if (failed()) return std::nullopt;
  result.companions = companions->objects();
  result.companion_objects = companions->ToJson();
  result.manifest = std::make_shared<const Json>(MakeManifest(*experiment.node(), result));
  return result;
}

}  // namespace qalam
