#include "tests/e2e/qalam_program.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace qalam {
namespace {

constexpr double kPatience = 30;  // seconds

constexpr char kExperiment[] = R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: $NAME, namespace: $NS}
spec:
  objective: {type: minimize, objectiveMetricName: loss$GOAL}
  algorithm: {algorithmName: $ALGORITHM}
  maxTrialCount: $MAX
  parallelTrialCount: $PARALLEL
  resumePolicy: $RESUME
$FAILED$EARLY$MORE  parameters:
  - {name: x, parameterType: double, feasibleSpace: {min: "0", max: "1"}}
  trialTemplate:
    primaryContainerName: main
    trialParameters:
    - {name: x, reference: x}
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - name: main
              image: none
              env: [{name: X, value: "${trialParameters.x}"}]
              command: [sh, -c, '$COMMAND']
            restartPolicy: Never
            terminationGracePeriodSeconds: $GRACE
)";

}  // namespace

std::string ShellExperiment::Yaml() const {
  return absl::StrReplaceAll(
      kExperiment,
      {{"$NAME", name},
       {"$NS", ns},
       {"$GOAL", goal.empty() ? "" : absl::StrCat(", goal: ", goal)},
       {"$ALGORITHM", algorithm},
       {"$MAX", absl::StrCat(max_trials)},
       {"$PARALLEL", absl::StrCat(parallel)},
       {"$RESUME", resume_policy},
       {"$FAILED",
        max_failed.empty() ? "" : absl::StrCat("  maxFailedTrialCount: ", max_failed, "\n")},
       {"$EARLY",
        early_stopping.empty() ? "" : absl::StrCat("  earlyStopping: ", early_stopping, "\n")},
       {"$MORE", more},
       {"$GRACE", absl::StrCat(grace_seconds)},
       {"$COMMAND", absl::StrReplaceAll(command, {{"'", "''"}})}});
}

QalamTest::~QalamTest() {
  // Nothing that a failed test left running may outlive it.
  const Finished names = RunToEnd(
      {QALAM_BINARY, "--data-dir", Path("data"), "get", "experiments", "-A", "-o", "json"});
  const Json list = Json::parse(names.out, nullptr, /*allow_exceptions=*/false);
  if (!list.is_object()) return;
  for (const Json& item : list["items"]) {
    RunToEnd({QALAM_BINARY, "--data-dir", Path("data"), "stop", "--now", "-n",
              item["metadata"]["namespace"], item["metadata"]["name"]});
  }
}

std::string QalamTest::Write(const ShellExperiment& experiment, const std::string& file) const {
  WriteFile(Path(file), experiment.Yaml());
  return Path(file);
}

Finished QalamTest::RunToEnd(const std::vector<std::string>& argv) {
  const std::string label = Path(absl::StrCat("run", ++runs_));
  Program program(argv, label + ".out", label + ".err");
  EXPECT_TRUE(program.EndsWithin(kPatience)) << argv[3] << " does not end";
  if (!program.EndsWithin(0)) program.Signal(9);
  const int code = program.Wait();
  return {code, ReadFile(label + ".out"), ReadFile(label + ".err")};
}

std::string QalamTest::WriteFilled(const std::string& name, const std::string& text,
                                   std::map<std::string, std::string> values) const {
  values["$NAME"] = name;
  const std::string path = Path(name + ".yaml");
  WriteFile(path, absl::StrReplaceAll(text, values));
  return path;
}

Finished QalamTest::Qalam(const std::vector<std::string>& words) {
  std::vector<std::string> argv = {QALAM_BINARY, "--data-dir", Path("data")};
  argv.insert(argv.end(), words.begin(), words.end());
  return RunToEnd(argv);
}

std::unique_ptr<Program> QalamTest::Start(const std::vector<std::string>& words,
                                          const std::string& label) {
  std::vector<std::string> argv = {QALAM_BINARY, "--data-dir", Path("data")};
  argv.insert(argv.end(), words.begin(), words.end());
  return std::make_unique<Program>(argv, Path(label + ".out"), Path(label + ".err"));
}

Finished QalamTest::Shell(const std::string& command) {
  return RunToEnd(
      {"/bin/bash", "-c",
       absl::StrCat("QALAM='", QALAM_BINARY, " --data-dir ", Path("data"), "'; ", command),
       "shell"});
}

Json QalamTest::QalamJson(const std::vector<std::string>& words) {
  const Finished result = Qalam(words);
  Json json = Json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(json.is_discarded()) << "not JSON: " << result.out << result.err;
  return json.is_discarded() ? Json::object() : json;
}

std::vector<Json> QalamTest::Trials(const std::string& experiment) {
  const Json trials = QalamJson({"export", experiment, "--format", "json"});
  return {trials.begin(), trials.end()};
}

std::string QalamTest::ConditionOf(const std::string& experiment) {
  const Finished result = Qalam({"get", "experiment", experiment});
  if (result.code != 0) return "";
  // NAME TYPE STATUS AGE below the header.
  const size_t line = result.out.find('\n') + 1;
  const size_t start = result.out.find_first_not_of(' ', result.out.find(' ', line));
  return result.out.substr(start, result.out.find(' ', start) - start);
}

bool QalamTest::WaitForTrials(const std::string& experiment, const std::string& status,
                              size_t count) {
  return WaitUntil(
      [&] {
        const Finished result = Qalam({"export", experiment, "--format", "json"});
        const Json trials = Json::parse(result.out, nullptr, /*allow_exceptions=*/false);
        if (!trials.is_array()) return false;
        size_t found = 0;
        for (const Json& trial : trials) found += trial["status"] == status ? 1 : 0;
        return found >= count;
      },
      kPatience);
}

}  // namespace qalam
