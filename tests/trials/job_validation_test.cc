#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/model_test_support.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ProblemsOf(const Json& manifest, const std::string& primary = "main") {
  std::vector<std::string> messages;
  for (const absl::Status& problem : FindJobKind("batch/v1", "Job")->validate(manifest, primary)) {
    EXPECT_EQ(problem.code(), absl::StatusCode::kInvalidArgument);
    messages.push_back(std::string(problem.message()));
  }
  return messages;
}

// A Job whose one container has these fields besides a command.
Json WithContainer(const std::string& fields) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  PodSpecOf(manifest)["containers"][0].update(Json::parse(fields));
  return manifest;
}
Json WithPod(const std::string& fields) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  PodSpecOf(manifest).update(Json::parse(fields));
  return manifest;
}
Json WithSpec(const std::string& fields) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  manifest["spec"].update(Json::parse(fields));
  return manifest;
}

constexpr char kContainer[] = "spec.template.spec.containers[0]";

TEST(JobValidationTest, AKatibExampleIsFine) {
  const Json manifest = Json::parse(R"({"apiVersion":"batch/v1","kind":"Job","spec":{"template":{
      "metadata":{"annotations":{"sidecar.istio.io/inject":"false"}},
      "spec":{"containers":[{"name":"training-container",
        "image":"ghcr.io/kubeflow/katib/pytorch-mnist-cpu:latest",
        "command":["python3","/opt/pytorch-mnist/mnist.py","--epochs=1","--batch-size=16",
                   "--lr=${trialParameters.learningRate}","--momentum=${trialParameters.momentum}"],
        "resources":{"limits":{"memory":"1Gi","cpu":"0.5"}}}],"restartPolicy":"Never"}}}})");
  EXPECT_THAT(ProblemsOf(manifest, "training-container"), IsEmpty());
  EXPECT_THAT(ProblemsOf(manifest, ""), IsEmpty());
}

TEST(JobValidationTest, EveryProblemIsToldWithItsPath) {
  const std::vector<std::pair<Json, std::string>> cases = {
      {Json::parse(R"({"spec":{}})"), "spec.template: is required"},
      {Json::parse(R"({"spec":{"template":"x"}})"), "spec.template: must be an object, not \"x\""},
      {Json::parse(R"({"spec":{"template":{"spec":{}}}})"),
       "spec.template.spec.containers: is required"},
      {WithPod(R"({"containers":[]})"), "spec.template.spec.containers: is required"},
      {WithPod(R"({"restartPolicy":"Always"})"), "restartPolicy: must be Never or OnFailure"},
      {WithContainer(R"({"name":"other"})"),
       "the primary container \"main\" (trialTemplate.primaryContainerName) is not among them; "
       "there is other"},
      {WithPod(R"({"containers":[{"name":"main","command":["x"]},{"command":["y"]}]})"),
       "spec.template.spec.containers[1].name: is required"},
      {WithContainer(R"({"args":["a",3]})"),
       std::string(kContainer) + ".args[1]: must be a string (put it in quotes), not 3"},
      {WithContainer(R"({"command":"x y"})"), ".command: must be a list of strings, not \"x y\""},
      {WithContainer(R"({"env":[{"name":"A","value":1}]})"),
       std::string(kContainer) + ".env[0].value: must be a string (put it in quotes), not 1"},
      {WithContainer(R"({"env":[{"value":"1"}]})"), ".env[0].name: is required"},
      {WithContainer(R"({"env":[{"name":"A","valueFrom":{}}]})"),
       ".env[0].valueFrom: must have one"},
      {WithContainer(R"({"env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s"}}}]})"),
       ".env[0].valueFrom.secretKeyRef.key: is required"},
      {WithContainer(R"({"envFrom":[{}]})"), ".envFrom[0]: must have either"},
      {WithContainer(R"({"resources":{"limits":{"cpu":"two"}}})"),
       ".resources.limits.cpu: must be a quantity that is not negative, such as 2, \"500m\" or "
       "\"1Gi\", not \"two\""},
      {WithContainer(R"({"resources":{"requests":{"memory":"-1Gi"}}})"),
       ".resources.requests.memory: must be a quantity"},
      {WithContainer(R"({"resources":{"requests":{"cpu":2},"limits":{"cpu":1}}})"),
       ".resources.requests.cpu: must not be more than the limit: 2 is more than 1"},
      {WithContainer(R"({"resources":{"limits":{"nvidia.com/gpu":-1}}})"),
       ".resources.limits.nvidia.com/gpu: must be a whole number, at least 0, not -1"},
      {WithContainer(R"({"volumeMounts":[{"name":"v","mountPath":"/x"}]})"),
       "there is no volume called \"v\"; the pod has no volumes"},
      {WithPod(R"({"volumes":[{"name":"h","hostPath":{}}]})"),
       "spec.template.spec.volumes[0].hostPath.path: is required"},
      {WithPod(R"({"volumes":[{"name":"h","hostPath":{"path":"rel"}}]})"),
       "volumes[0].hostPath.path: must be an absolute path, not \"rel\""},
      {WithPod(R"({"volumes":[{"name":"n","nfs":{"server":"s"}}]})"),
       "volumes[0].nfs: volumes of this type cannot be had on one machine"},
      {WithPod(R"({"volumes":[{"name":"../x","emptyDir":{}}]})"), "\"../x\" is not a name"},
      {WithPod(R"({"terminationGracePeriodSeconds":-1})"),
       "terminationGracePeriodSeconds: must be a whole number, at least 0, not -1"},
      {WithSpec(R"({"backoffLimit":-1})"), "spec.backoffLimit: must be a whole number, at least 0"},
      {WithSpec(R"({"completions":0})"), "spec.completions: must be a whole number, at least 1"},
      {WithSpec(R"({"parallelism":1.5})"), "spec.parallelism: must be a whole number, at least 1"},
      {WithSpec(R"({"completions":1000000})"), "spec.completions: must be at most 100000"},
      {WithSpec(R"({"activeDeadlineSeconds":0})"), "spec.activeDeadlineSeconds"},
      {WithSpec(R"({"completionMode":"Some"})"),
       "spec.completionMode: must be NonIndexed or Indexed"},
      {WithSpec(R"({"suspend":true})"), "spec.suspend: must not be true"},
  };
  for (const auto& [manifest, message] : cases) {
    const std::vector<std::string> problems = ProblemsOf(manifest);
    EXPECT_THAT(absl::StrJoin(problems, "\n"), HasSubstr(message));
    EXPECT_THAT(problems, SizeIs(1)) << absl::StrJoin(problems, "\n");
  }
}

TEST(JobValidationTest, AllProblemsAreToldAtOnce) {
  Json manifest = WithContainer(R"({"resources":{"limits":{"cpu":"x","memory":"y"}}})");
  manifest["spec"]["backoffLimit"] = -1;
  EXPECT_THAT(ProblemsOf(manifest), SizeIs(3));
}

TEST(JobValidationTest, MountsMustBeAbsoluteAndDifferent) {
  Json manifest = WithPod(R"({"volumes":[{"name":"v","emptyDir":{}}]})");
  PodSpecOf(manifest)["containers"][0]["volumeMounts"] = Json::parse(
      R"([{"name":"v","mountPath":"/x"},{"name":"v","mountPath":"/x/"},
          {"name":"v","mountPath":"y"},{"name":"v","mountPath":"/"},
          {"name":"v","mountPath":"/z","subPath":"../../etc"}])");
  const std::string problems = absl::StrJoin(ProblemsOf(manifest), "\n");
  EXPECT_THAT(problems, HasSubstr("volumeMounts[1].mountPath: \"/x\" is mounted twice"));
  EXPECT_THAT(problems, HasSubstr("volumeMounts[2].mountPath: must be an absolute path"));
  EXPECT_THAT(problems, HasSubstr("volumeMounts[3].mountPath: must be an absolute path"));
  EXPECT_THAT(problems, HasSubstr("volumeMounts[4].subPath: must be a relative path"));
}

TEST(JobValidationTest, NamesMustBeUnique) {
  Json manifest = WithPod(R"({"volumes":[{"name":"v"},{"name":"v"}],
                              "initContainers":[{"name":"main","command":["x"]}]})");
  const std::string problems = absl::StrJoin(ProblemsOf(manifest), "\n");
  EXPECT_THAT(problems, HasSubstr("volumes[1].name: \"v\" is the name of another volume too"));
  EXPECT_THAT(problems, HasSubstr("containers[0].name: \"main\" is the name of another container"));
}

TEST(JobValidationTest, FieldsWithPlaceholdersAreNotJudged) {
  EXPECT_THAT(ProblemsOf(WithContainer(
                  R"({"resources":{"limits":{"cpu":"${trialParameters.cpu}"}},
                      "env":[{"name":"${trialParameters.n}","value":"${trialParameters.v}"}]})")),
              IsEmpty());
  EXPECT_THAT(ProblemsOf(WithSpec(R"({"completions":"${trialParameters.n}"})")), IsEmpty());
}

TEST(JobValidationTest, BuildTellsTheFirstProblem) {
  EXPECT_THAT(BuildJob(WithSpec(R"({"completions":"four"})"), MakeContext()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("spec.completions: must be a whole number")));
}

TEST(JobValidationTest, AContainerWithoutCommandNeedsAnEngine) {
  const Json manifest = JobManifest(R"({"args":["--lr=0.1"]})");
  EXPECT_THAT(BuildJob(manifest, MakeContext()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("containers[0].command: is required to run without a container, "
                                 "because the entrypoint of image \"img\" is not known here")));
  EXPECT_THAT(BuildJob(JobManifest("{}"), MakeContext()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--container-engine")));
  EXPECT_OK(BuildJob(JobManifest(R"({"args":["python3","x.py"]})"), MakeContext()));
}

TEST(JobValidationTest, MissingConfigMapsAndKeysAreNamedWithTheWayOut) {
  CompanionObjects companions;
  companions.config_maps["team/conf"] = {{"a", "1"}};
  JobContext context = MakeContext();
  context.companions = &companions;
  const auto build = [&](const std::string& source) {
    return BuildJob(WithContainer(R"({"env":[{"name":"A","valueFrom":)" + source + "}]}"), context)
        .status();
  };
  EXPECT_THAT(build(R"({"configMapKeyRef":{"name":"absent","key":"a"}})"),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("env[0].valueFrom.configMapKeyRef: there is no ConfigMap "
                                 "\"absent\" in namespace \"team\"; put it into")));
  EXPECT_THAT(build(R"({"configMapKeyRef":{"name":"conf","key":"b"}})"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("has no key \"b\"")));
  EXPECT_OK(build(R"({"configMapKeyRef":{"name":"conf","key":"b","optional":true}})"));
  EXPECT_THAT(build(R"({"fieldRef":{"fieldPath":"spec.colour"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("fieldRef.fieldPath: \"spec.colour\" is unknown")));
  EXPECT_THAT(build(R"({"resourceFieldRef":{"resource":"limits.cpu"}})"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("states no resources")));
  const Json volume = WithPod(R"({"volumes":[{"name":"c","configMap":{"name":"conf","items":[
                  {"key":"zz","path":"z"}]}}]})");
  EXPECT_THAT(BuildJob(volume, context),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("volumes[0]: ConfigMap \"conf\" has "
                                                              "no key \"zz\"")));
}

TEST(JobValidationTest, AFolderThatTheShellWouldSplitIsRefused) {
  JobContext context = MakeContext();
  context.directory = "/home/me/My Data/t";
  context.metrics_path = "/katib/m.log";
  EXPECT_OK(BuildJob(JobManifest(R"({"command":["train"]})"), context));
  EXPECT_THAT(BuildJob(JobManifest(R"({"command":["train","/katib/m.log"]})"), context),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"/home/me/My Data/t/volumes/.metrics\"")));
}

}  // namespace
}  // namespace qalam
