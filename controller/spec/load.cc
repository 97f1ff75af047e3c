#include "controller/spec/load.h"

#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/spec/convert.h"
#include "controller/spec/quote.h"
#include "controller/spec/sources_json.h"
#include "controller/spec/structure.h"
#include "controller/spec/yaml_reader.h"

namespace qalam {
namespace {

constexpr char kApiVersion[] = "kubeflow.org/v1beta1";

// Sorts the documents of an experiment's file and its companions, then reads the experiments.
class Loader {
 public:
  Loader(const LoadOptions& options, Report* report)
      : options_(options), report_(report), companions_(options.default_namespace) {}

  // True when the text could be read.
  bool AddFile(const std::string& name, absl::string_view text, bool is_companion) {
    std::vector<Diagnostic> problems;
    names_.push_back(name);
    YamlOrigin origin;
    origin.file = name;
    std::vector<YamlPtr> documents = ReadYaml(text, origin, &problems);
    const bool readable = problems.empty();
    report_->Add(std::move(problems));
    for (YamlPtr& document : documents) {
      documents_.push_back(document);
      AddDocument(SpecField(document.get(), "", &names_.back(), report_), text, is_companion);
    }
    return readable;
  }

  std::vector<ExperimentSpec> ReadExperiments() {
    std::vector<ExperimentSpec> experiments;
    for (const SpecField& document : experiments_) {
      if (!CheckName(document)) continue;
      if (auto experiment = ReadExperiment(document, &companions_, options_)) {
        experiments.push_back(*std::move(experiment));
      }
    }
    return experiments;
  }

  // What the main file held, when it was no experiment.
  void ReportNoExperiment(const std::string& file) const {
    if (!experiments_.empty() || broken_) return;
    const std::string found = found_.empty()
                                  ? "it is empty"
                                  : absl::StrCat("it holds only ", absl::StrJoin(found_, ", "));
    report_->Add({Diagnostic::Severity::kError, file, 0, 0, "",
                  absl::StrCat("there is no Experiment in this file: ", found)});
  }

 private:
  void AddDocument(const SpecField& document, absl::string_view text, bool is_companion) {
    if (document.node()->kind != YamlNode::Kind::kMap) {
      broken_ = true;
      document.Error(absl::StrCat("expected an object with apiVersion and kind, found ",
                                  KindName(*document.node())));
      return;
    }
    const SpecField kind = document.At("kind");
    if (kind.Text() == "List" && document.At("items").present()) {
      for (const SpecField& item : document.At("items").Items()) {
        AddDocument(SpecField(item.node(), "", &document.file(), report_), text, is_companion);
      }
    } else if (CompanionSet::IsCompanion(kind.Text())) {
      if (!is_companion) found_.push_back(kind.Text());
      companions_.Add(document, text);
    } else if (!is_companion) {
      AddMainDocument(document, kind);
    }
  }

  void AddMainDocument(const SpecField& document, const SpecField& kind) {
    if (kind.Text().empty()) {
      broken_ = true;
      kind.Error("is missing; for an experiment it is Experiment");
    } else if (kind.Text() == "Experiment") {
      CheckVersion(document.At("apiVersion"));
    } else {
      found_.push_back(Quote(kind.Text()));
      kind.Warn(absl::StrCat("an object of kind ", Quote(kind.Text()),
                             " is ignored: only Experiment, ConfigMap and Secret are read.",
                             DidYouMean(kind.Text(), {"Experiment", "ConfigMap", "Secret"})));
      return;
    }
    if (kind.Text() == "Experiment" && document.At("apiVersion").Text() == kApiVersion) {
      experiments_.push_back(document);
    }
  }

  void CheckVersion(const SpecField& version) {
    if (version.Text() == kApiVersion) return;
    broken_ = true;
    if (version.Text().empty()) {
      version.Error(absl::StrCat("is missing; it must be ", kApiVersion));
    } else {
      version.Error(absl::StrCat(Quote(version.Text()),
                                 " is not supported; an Experiment must have ", kApiVersion));
    }
  }

  // False when an earlier document has the same name; they would be one experiment.
  bool CheckName(const SpecField& document) {
    const SpecField metadata = document.At("metadata");
    const std::string name = metadata.At("name").Text();
    if (name.empty()) return true;
    std::string ns = metadata.At("namespace").Text();
    if (ns.empty()) ns = options_.default_namespace;
    if (seen_.emplace(absl::StrCat(ns, "/", name), 0).second) return true;
    metadata.At("name").Error(
        absl::StrCat("there is another Experiment named ", Quote(name), " in this file"));
    return false;
  }

  const LoadOptions& options_;
  Report* report_;
  CompanionSet companions_;
  std::deque<std::string> names_;  // addresses stay: fields point to them
  std::vector<YamlPtr> documents_;
  std::vector<SpecField> experiments_;
  std::vector<std::string> found_;
  std::map<std::string, int> seen_;
  bool broken_ = false;  // the reason why there is no experiment has been reported
};

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the stored experiment cannot be read: ", what));
}

}  // namespace

LoadResult LoadExperiments(const std::string& file, absl::string_view text,
                           const std::vector<std::pair<std::string, std::string>>& companion_texts,
                           const LoadOptions& options) {
  Report report;
  Loader loader(options, &report);
  const bool readable = loader.AddFile(file, text, /*is_companion=*/false);
  for (const auto& [name, companion] : companion_texts) {
    loader.AddFile(name, companion, /*is_companion=*/true);
  }
  LoadResult result;
  result.experiments = loader.ReadExperiments();
  if (readable) loader.ReportNoExperiment(file);
  result.diagnostics = report.Take();
  return result;
}

absl::StatusOr<ExperimentSpec> RestoreExperiment(absl::string_view manifest_json,
                                                 absl::string_view companions_json) {
  const Json manifest = Json::parse(manifest_json, nullptr, /*allow_exceptions=*/false);
  const Json objects = Json::parse(companions_json, nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object()) return Damaged("its manifest is not a JSON object");
  if (!objects.is_array()) return Damaged("its companions are not a JSON array");
  Report report;
  const std::string name = "stored manifest";
  const LoadOptions options{.without_template = true};
  CompanionSet companions(options.default_namespace);
  std::vector<YamlPtr> nodes;
  const Json* sources = nullptr;
  for (const Json& object : objects) {
    if (object.is_object() && object.contains("kind") && object["kind"] == kSourcesKind) {
      sources = &object;
      continue;
    }
    nodes.push_back(YamlFromJson(object));
    companions.Add(SpecField(nodes.back().get(), "", &name, &report), "");
  }
  nodes.push_back(YamlFromJson(manifest));
  std::optional<ExperimentSpec> spec =
      ReadExperiment(SpecField(nodes.back().get(), "", &name, &report), &companions, options);
  if (report.errors() > 0 || !spec) {
    for (const Diagnostic& problem : report.Take()) {
      if (problem.severity == Diagnostic::Severity::kError) return Damaged(problem.ToString());
    }
  }
  if (sources != nullptr) {
    absl::StatusOr<SourceList> found = SourcesFromJson(*sources, spec->space->size());
    if (!found.ok()) return found.status();
    spec->sources = *std::move(found);
  }
  return *std::move(spec);
}

}  // namespace qalam
