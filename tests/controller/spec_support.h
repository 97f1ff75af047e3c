#ifndef QALAM_TESTS_CONTROLLER_SPEC_SUPPORT_H_
#define QALAM_TESTS_CONTROLLER_SPEC_SUPPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controller/spec/load.h"

namespace qalam {

// A valid experiment; tests change one thing of it. Line numbers are those of this text.
inline constexpr char kExperiment[] = R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata:
  name: tuning
spec:
  objective:
    type: minimize
    goal: 0.001
    objectiveMetricName: loss
  algorithm:
    algorithmName: random
  parallelTrialCount: 2
  maxTrialCount: 10
  parameters:
    - name: lr
      parameterType: double
      feasibleSpace:
        min: "0.01"
        max: "0.1"
  trialTemplate:
    primaryContainerName: main
    trialParameters:
      - name: rate
        reference: lr
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
              - name: main
                image: busybox
                command: [sh, -c, "echo loss=${trialParameters.rate}"]
            restartPolicy: Never
)";

// kExperiment with each first text replaced by its second.
inline std::string Changed(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = kExperiment;
  for (const auto& [from, to] : changes) {
    const size_t at = text.find(from);
    if (at == std::string::npos) return absl::StrCat("the test's text \"", from, "\" is not there");
    text.replace(at, from.size(), to);
  }
  return text;
}

inline LoadResult Load(const std::string& text, bool strict = false) {
  LoadOptions options;
  options.strict = strict;
  return LoadExperiments("exp.yaml", text, {}, options);
}

// All diagnostics of kExperiment so changed, a line each.
inline std::string Problems(const std::vector<std::pair<std::string, std::string>>& changes,
                            bool strict = false) {
  return FormatDiagnostics(Load(Changed(changes), strict).diagnostics);
}

}  // namespace qalam

#endif  // QALAM_TESTS_CONTROLLER_SPEC_SUPPORT_H_
