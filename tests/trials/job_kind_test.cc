#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/model_test_support.h"

namespace qalam {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// The argv of the primary container with these fields.
std::vector<std::string> ArgvOf(const std::string& container) {
  const absl::StatusOr<Job> job = BuildJob(JobManifest(container), MakeContext());
  if (!job.ok()) return {std::string(job.status().message())};
  return job->pod.main.argv;
}

// What the primary container with these fields prints.
std::string OutputOf(const std::string& container) {
  const absl::StatusOr<Job> job = BuildJob(JobManifest(container), MakeContext());
  if (!job.ok()) return std::string(job.status().message());
  return RunAndRead(job->pod.main);
}

TEST(JobKindTest, IsFoundByVersionAndKind) {
  const JobKind* kind = FindJobKind("batch/v1", "Job");
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind, &JobKinds()[0]);
  EXPECT_EQ(FindJobKind("batch/v1beta1", "Job"), nullptr);
  EXPECT_EQ(FindJobKind("batch/v1", "CronJob"), nullptr);
}

TEST(JobKindTest, CommandAndArgsBecomeOneTextForTheShell) {
  EXPECT_THAT(ArgvOf(R"({"command":["python3","/x.py","--lr=0.1"],"args":["--n=2"]})"),
              ElementsAre("/bin/sh", "-c", "python3 /x.py --lr=0.1 --n=2"));
}

TEST(JobKindTest, AShellOfTheUsersIsKeptAndTheRestIsJoined) {
  EXPECT_THAT(ArgvOf(R"({"command":["sh","-c"],"args":["echo a","b"]})"),
              ElementsAre("sh", "-c", "echo a b"));
  EXPECT_THAT(ArgvOf(R"({"command":["/bin/bash","-ec","echo a"]})"),
              ElementsAre("/bin/bash", "-ec", "echo a"));
  EXPECT_THAT(ArgvOf(R"({"command":["bash","--login","-o","pipefail","-c","a | b"]})"),
              ElementsAre("bash", "--login", "-o", "pipefail", "-c", "a | b"));
  EXPECT_THAT(ArgvOf(R"({"command":["bash","run.sh","-c","x"]})"),
              ElementsAre("/bin/sh", "-c", "bash run.sh -c x"));
  EXPECT_THAT(ArgvOf(R"({"command":["bash"],"args":["-x","run.sh"]})"),
              ElementsAre("/bin/sh", "-c", "bash -x run.sh"));
}

TEST(JobKindTest, QuotesInArgsMeanWhatTheyMeanToTheShell) {
  EXPECT_EQ(OutputOf(R"({"command":["printf","'%s|'"],"args":["--x=\"a b\"","'c  d'","e f"]})"),
            "--x=a b|c  d|e|f|");
  EXPECT_EQ(OutputOf(R"({"command":["sh","-c"],"args":["printf '%s' \"{'a': 1}\""]})"), "{'a': 1}");
  EXPECT_EQ(OutputOf(R"({"command":["echo one &&\n  echo two"]})"), "one\ntwo\n");
  EXPECT_EQ(OutputOf(R"({"command":["exit","3"]})"), "[exit 3]");
}

TEST(JobKindTest, SidecarsAndInitContainersGoThroughNoShell) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  PodSpecOf(manifest)["containers"].push_back(
      Json::parse(R"({"name":"side","command":["serve"],"args":["a b"]})"));
  PodSpecOf(manifest)["initContainers"] =
      Json::parse(R"([{"name":"first","command":["prepare","x"]},
                      {"name":"proxy","command":["proxy"],"restartPolicy":"Always"}])");
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(job.pod.main.name, "main");
  ASSERT_EQ(job.pod.init.size(), 1u);
  EXPECT_THAT(job.pod.init[0].argv, ElementsAre("prepare", "x"));
  ASSERT_EQ(job.pod.sidecars.size(), 2u);
  EXPECT_EQ(job.pod.sidecars[0].name, "proxy");
  EXPECT_THAT(job.pod.sidecars[1].argv, ElementsAre("serve", "a b"));
}

TEST(JobKindTest, ReferencesAreExpandedAsInKubernetes) {
  const std::string env =
      R"json("env":[{"name":"A","value":"1"},{"name":"B","value":"$(A)2 $$(A) $(C) $(B)"},
                    {"name":"C","value":"3"}])json";
  ASSERT_OK_AND_ASSIGN(
      const Job job,
      BuildJob(JobManifest("{" + env +
                           R"json(,"command":["echo","$(B)","$$(A)","$$$$","$X","$(no)"]})json"),
               MakeContext()));
  EXPECT_EQ(VariableOf(job.pod.main, "B"), "12 $(A) $(C) $(B)");
  EXPECT_EQ(job.pod.main.argv[2], "echo 12 $(A) $(C) $(B) $(A) $$ $X $(no)");
}

TEST(JobKindTest, VariablesComeFromFieldsConfigMapsSecretsAndResources) {
  CompanionObjects companions;
  companions.config_maps["team/settings"] = {{"rate", "0.1"}, {"mode", "fast"}};
  companions.secrets["team/token"] = {{"key", "s3cret"}};
  companions.config_maps["other/settings"] = {{"rate", "wrong"}};
  JobContext context = MakeContext();
  context.companions = &companions;
  context.node_name = "node7";
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(JobManifest(R"({"command":["true"],
    "resources":{"limits":{"cpu":"1500m","memory":"1Gi"}},
    "envFrom":[{"prefix":"S_","configMapRef":{"name":"settings"}},
               {"secretRef":{"name":"absent","optional":true}}],
    "env":[{"name":"NAME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
           {"name":"NS","valueFrom":{"fieldRef":{"fieldPath":"metadata.namespace"}}},
           {"name":"APP","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}},
           {"name":"EXP","valueFrom":{"fieldRef":{"fieldPath":
               "metadata.labels['katib.kubeflow.org/experiment']"}}},
           {"name":"NOTE","valueFrom":{"fieldRef":{"fieldPath":"metadata.annotations['note']"}}},
           {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},
           {"name":"NODE","valueFrom":{"fieldRef":{"fieldPath":"spec.nodeName"}}},
           {"name":"RATE","valueFrom":{"configMapKeyRef":{"name":"settings","key":"rate"}}},
           {"name":"S_mode","value":"own"},
           {"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"token","key":"key"}}},
           {"name":"MAYBE","valueFrom":{"secretKeyRef":{"name":"token","key":"x","optional":true}}},
           {"name":"MANY","valueFrom":{"resourceFieldRef":{"resource":"limits.memory",
                                                           "divisor":"1e-300"}}},
           {"name":"CPUS","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}},
           {"name":"MIB","valueFrom":{"resourceFieldRef":{"resource":"requests.memory",
                                                          "divisor":"1Mi"}}}]})"),
                                               context));
  const ProcessSpec& main = job.pod.main;
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"NAME", "trial-1"},
      {"NS", "team"},
      {"APP", "mnist"},
      {"EXP", "e"},
      {"NOTE", "n"},
      {"IP", "127.0.0.1"},
      {"NODE", "node7"},
      {"RATE", "0.1"},
      {"S_rate", "0.1"},
      {"S_mode", "own"},
      {"TOKEN", "s3cret"},
      {"MAYBE", "unset"},
      {"CPUS", "2"},
      {"MIB", "1024"},
      {"MANY", "8999999991000000512"},
      {"KATIB_TRIAL_NAME", "trial-1"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(VariableOf(main, name), value) << name;
}

TEST(JobKindTest, ThreadCountsFollowTheCpusUnlessSomebodySetThem) {
  JobContext context = MakeContext();
  context.default_threads = 3;
  context.environment = {{"MKL_NUM_THREADS", "7"}};
  ASSERT_OK_AND_ASSIGN(const Job plain, BuildJob(JobManifest(R"({"command":["true"]})"), context));
  EXPECT_EQ(VariableOf(plain.pod.main, "OMP_NUM_THREADS"), "3");
  EXPECT_EQ(VariableOf(plain.pod.main, "MKL_NUM_THREADS"), "unset");  // inherited, not overridden
  ASSERT_OK_AND_ASSIGN(const Job limited, BuildJob(JobManifest(R"({"command":["true"],
      "resources":{"requests":{"cpu":"2500m"}},
      "env":[{"name":"OPENBLAS_NUM_THREADS","value":"5"}]})"),
                                                   context));
  EXPECT_EQ(VariableOf(limited.pod.main, "OMP_NUM_THREADS"), "2");
  EXPECT_EQ(VariableOf(limited.pod.main, "OPENBLAS_NUM_THREADS"), "5");
  ASSERT_OK_AND_ASSIGN(const Job half, BuildJob(JobManifest(R"({"command":["true"],
      "resources":{"limits":{"cpu":"500m"}}})"),
                                                context));
  EXPECT_EQ(VariableOf(half.pod.main, "NUMEXPR_NUM_THREADS"), "1");
  EXPECT_EQ(VariableOf(half.pod.main, "PYTHONUNBUFFERED"), "1");
}

TEST(JobKindTest, ResourcesAreThoseThatKubernetesReserves) {
  Json manifest = JobManifest(R"({"command":["true"],"resources":{
      "requests":{"cpu":"500m"},"limits":{"cpu":2,"memory":"1Gi","nvidia.com/gpu":"1"}}})");
  PodSpecOf(manifest)["containers"].push_back(Json::parse(
      R"({"name":"side","command":["x"],"resources":{"limits":{"cpu":"1","memory":"1Mi"}}})"));
  PodSpecOf(manifest)["initContainers"] =
      Json::parse(R"([{"name":"init","command":["x"],"resources":{"requests":{"cpu":3}}}])");
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(job.pod.resources.cpus, 3);
  EXPECT_EQ(job.pod.resources.memory_bytes, (1 << 30) + (1 << 20));
  EXPECT_EQ(job.pod.resources.memory_limit, (1 << 30) + (1 << 20));
  EXPECT_EQ(job.pod.resources.gpus, 1);
  PodSpecOf(manifest)["containers"][1].erase("resources");
  ASSERT_OK_AND_ASSIGN(const Job unlimited, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(unlimited.pod.resources.memory_limit, 0);
}

TEST(JobKindTest, CountsAndTimesHaveKubernetesMeaningAndOurDefaults) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  ASSERT_OK_AND_ASSIGN(const Job plain, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(plain.backoff_limit, 0);
  EXPECT_EQ(plain.completions, 1);
  EXPECT_EQ(plain.parallelism, 1);
  EXPECT_EQ(plain.active_deadline, std::nullopt);
  EXPECT_EQ(plain.grace, absl::Seconds(30));
  EXPECT_FALSE(plain.indexed);

  manifest["spec"]["backoffLimit"] = "2";  // as a placeholder in quotes leaves it
  manifest["spec"]["completions"] = 4;
  manifest["spec"]["parallelism"] = 8;
  manifest["spec"]["completionMode"] = "Indexed";
  manifest["spec"]["activeDeadlineSeconds"] = 60;
  PodSpecOf(manifest)["activeDeadlineSeconds"] = 20;
  PodSpecOf(manifest)["terminationGracePeriodSeconds"] = 5;
  PodSpecOf(manifest)["containers"][0]["args"] =
      Json::parse(R"json(["$(JOB_COMPLETION_INDEX)"])json");
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(job.backoff_limit, 2);
  EXPECT_EQ(job.completions, 4);
  EXPECT_EQ(job.parallelism, 4);
  EXPECT_EQ(job.active_deadline, absl::Seconds(20));
  EXPECT_EQ(job.grace, absl::Seconds(5));
  EXPECT_TRUE(job.indexed);
  EXPECT_EQ(job.pod.main.argv[2], "true ${JOB_COMPLETION_INDEX}");

  manifest["spec"].erase("completions");
  ASSERT_OK_AND_ASSIGN(const Job queue, BuildJob(manifest, MakeContext()));
  EXPECT_EQ(queue.completions, 8);
}

TEST(JobKindTest, MountPathsBecomeTheVolumesFolders) {
  CompanionObjects companions;
  companions.config_maps["team/conf"] = {{"a.yaml", "x: 1\n"}, {"b", "2"}};
  companions.secrets["team/cred"] = {{"key", "s"}};
  JobContext context = MakeContext();
  context.companions = &companions;
  context.claims_directory = "/data/claims";
  Json manifest = JobManifest(R"({"workingDir":"/scratch/work",
      "command":["run","--in=/data/in","--out","/scratch/o","/conf/a.yaml","/scratchy"],
      "env":[{"name":"CACHE","value":"/scratch/cache"},{"name":"D","value":"$(CACHE)/d"}],
      "volumeMounts":[{"name":"tmp","mountPath":"/scratch/"},
                      {"name":"host","mountPath":"/data","subPath":"set1"},
                      {"name":"claim","mountPath":"/models"},
                      {"name":"conf","mountPath":"/conf"},
                      {"name":"cred","mountPath":"/cred"},
                      {"name":"tmp","mountPath":"/per","subPathExpr":"$(KIND)/x"}]})");
  PodSpecOf(manifest)["containers"][0]["env"].push_back(
      Json::parse(R"({"name":"KIND","value":"k"})"));
  PodSpecOf(manifest)["volumes"] = Json::parse(R"([{"name":"tmp","emptyDir":{}},
      {"name":"host","hostPath":{"path":"/srv/sets/","type":"DirectoryOrCreate"}},
      {"name":"claim","persistentVolumeClaim":{"claimName":"models"}},
      {"name":"conf","configMap":{"name":"conf","items":[{"key":"a.yaml","path":"a.yaml"}]}},
      {"name":"cred","secret":{"secretName":"cred"}}])");
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, context));
  const std::string volumes = context.directory + "/volumes";
  const ProcessSpec& main = job.pod.main;
  EXPECT_EQ(main.argv[2], "run --in=/srv/sets/set1/in --out " + volumes + "/tmp/o " + volumes +
                              "/conf/a.yaml /scratchy");
  EXPECT_EQ(main.working_dir, volumes + "/tmp/work");
  EXPECT_EQ(VariableOf(main, "D"), volumes + "/tmp/cache/d");
  EXPECT_THAT(main.mounts, Contains(Pair("/models", "/data/claims/models")));
  EXPECT_THAT(main.mounts, Contains(Pair("/per", volumes + "/tmp/k/x")));
  EXPECT_THAT(job.scratch_dirs,
              ElementsAre(volumes + "/tmp", "/srv/sets", "/data/claims/models", volumes + "/conf",
                          volumes + "/cred", volumes + "/tmp/k/x"));
  EXPECT_THAT(job.files, ElementsAre(Pair(volumes + "/conf/a.yaml", "x: 1\n"),
                                     Pair(volumes + "/cred/key", "s")));
}

TEST(JobKindTest, TheMetricsFilesFolderIsAVolumeOfEachTrial) {
  JobContext context = MakeContext();
  context.metrics_path = "/katib/mnist.log";
  ASSERT_OK_AND_ASSIGN(
      const Job job,
      BuildJob(JobManifest(R"({"command":["train","--log=/katib/mnist.log"]})"), context));
  const std::string file = context.directory + "/volumes/.metrics/mnist.log";
  EXPECT_EQ(job.capture.path, file);
  EXPECT_EQ(job.pod.main.argv[2], "train --log=" + file);
  EXPECT_THAT(job.scratch_dirs, ElementsAre(context.directory + "/volumes/.metrics"));

  // A volume that the user mounted there is used instead.
  Json manifest =
      JobManifest(R"({"command":["true"],"volumeMounts":[{"name":"v","mountPath":"/katib"}]})");
  PodSpecOf(manifest)["volumes"] = Json::parse(R"([{"name":"v","hostPath":{"path":"/srv/v"}}])");
  ASSERT_OK_AND_ASSIGN(const Job own, BuildJob(manifest, context));
  EXPECT_EQ(own.capture.path, "/srv/v/mnist.log");

  context.metrics_path = "/metrics.log";
  EXPECT_THAT(BuildJob(manifest, context),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("fileSystemPath.path")));
}

TEST(JobKindTest, TheCheckpointFolderIsNamedByVariableAndByPath) {
  JobContext context = MakeContext();
  context.checkpoint_path = "/ckpt";
  context.checkpoint_folder = "/data/trials/u/checkpoints/trial-1";
  const Json manifest = JobManifest(R"({"command":["train","--to=/ckpt/new","/ckpts"]})");
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, context));
  EXPECT_EQ(job.pod.main.argv[2], "train --to=/data/trials/u/checkpoints/trial-1/new /ckpts");
  EXPECT_EQ(VariableOf(job.pod.main, kCheckpointVariable), context.checkpoint_folder);
  EXPECT_THAT(job.scratch_dirs, IsEmpty()) << "it is made by its supervisor";

  context.container_engine = "podman";
  ASSERT_OK_AND_ASSIGN(const Job contained, BuildJob(manifest, context));
  const std::string command = absl::StrJoin(contained.pod.main.argv, " ");
  EXPECT_THAT(command, HasSubstr("/data/trials/u/checkpoints/trial-1:/ckpt"));
  EXPECT_THAT(command, HasSubstr("QALAM_CHECKPOINT_DIR=/ckpt"));
}

TEST(JobKindTest, AVolumeWhereTheCheckpointFolderIsToBeIsRefused) {
  JobContext context = MakeContext();
  context.checkpoint_path = "/ckpt";
  context.checkpoint_folder = "/data/c";
  Json manifest =
      JobManifest(R"({"command":["true"],"volumeMounts":[{"name":"v","mountPath":"/ckpt"}]})");
  PodSpecOf(manifest)["volumes"] = Json::parse(R"([{"name":"v","emptyDir":{}}])");
  EXPECT_THAT(BuildJob(manifest, context),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("containers[0].volumeMounts"),
                             HasSubstr("trialTemplate.checkpoint.path"))));
}

TEST(JobKindTest, StatusIsWhatKubernetesWrites) {
  JobOutcome outcome;
  outcome.end = JobEnd::kExitCode;
  outcome.message = "container main ended with code 3";
  outcome.started = absl::FromUnixSeconds(1700000000);
  outcome.ended = outcome.started + absl::Milliseconds(61500);
  outcome.failed_pods = 2;
  const JobKind* kind = FindJobKind("batch/v1", "Job");
  EXPECT_EQ(kind->status(outcome), Json::parse(R"({"conditions":[{"type":"Failed","status":"True",
      "lastProbeTime":"2023-11-14T22:14:21Z","lastTransitionTime":"2023-11-14T22:14:21Z",
      "reason":"BackoffLimitExceeded","message":"container main ended with code 3"}],
      "startTime":"2023-11-14T22:13:20Z","failed":2,"active":0,"ready":0})"));
  outcome.end = JobEnd::kSucceeded;
  outcome.failed_pods = 0;
  outcome.succeeded_pods = 1;
  const Json status = kind->status(outcome);
  EXPECT_EQ(status["completionTime"], Json("2023-11-14T22:14:21Z"));
  EXPECT_EQ(status["succeeded"], Json(1));
  EXPECT_EQ(status["conditions"][0]["type"], Json("Complete"));
  outcome.end = JobEnd::kTimeLimit;
  EXPECT_EQ(kind->status(outcome)["conditions"][0]["reason"], Json("DeadlineExceeded"));
}

}  // namespace
}  // namespace qalam
