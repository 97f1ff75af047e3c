// What stands for a container's image: nothing, a folder, or a container engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "tests/support/status_matchers.h"
#include "tests/trials/model_test_support.h"

namespace qalam {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

TEST(ImageTest, AMappedImagesFolderIsItsFileSystem) {
  const TemporaryFolder folder;
  folder.Write("opt/app/main.sh", "echo \"$(pwd) $1\"");
  folder.Write("bin/hello", "");
  JobContext context = MakeContext();
  context.image_map = {{"img", folder.path() + "/"}};
  context.environment = {{"PATH", "/usr/bin:/bin"}};
  ASSERT_OK_AND_ASSIGN(
      const Job job,
      BuildJob(JobManifest(R"({"workingDir":"/opt","command":["sh","/opt/app/main.sh","/none"]})"),
               context));
  EXPECT_EQ(job.pod.main.argv[2], "sh " + folder.path() + "/opt/app/main.sh /none");
  EXPECT_EQ(job.pod.main.working_dir, folder.path() + "/opt");
  EXPECT_EQ(VariableOf(job.pod.main, "PATH"), folder.path() + "/bin:/usr/bin:/bin");
  EXPECT_EQ(RunAndRead(job.pod.main), folder.path() + "/opt /none\n");

  ASSERT_OK_AND_ASSIGN(const Job plain, BuildJob(JobManifest(R"({"command":["pwd"]})"), context));
  EXPECT_EQ(RunAndRead(plain.pod.main), folder.path() + "\n");
  ASSERT_OK_AND_ASSIGN(
      const Job relative,
      BuildJob(JobManifest(R"({"workingDir":"opt/app","command":["pwd"]})"), context));
  EXPECT_EQ(relative.pod.main.working_dir, folder.path() + "/opt/app");
}

TEST(ImageTest, AWorkingDirThatTheMappedFolderLacksIsNamed) {
  const TemporaryFolder folder;
  JobContext context = MakeContext();
  const Json manifest = JobManifest(R"({"workingDir":"/nowhere","command":["true"]})");
  context.image_map = {{"img", folder.path()}};
  EXPECT_THAT(BuildJob(manifest, context),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("containers[0].workingDir: \"/nowhere\" does not exist below")));
  context.image_map.clear();
  EXPECT_OK(BuildJob(manifest, context));
  EXPECT_THAT(BuildJob(JobManifest(R"({"workingDir":"rel","command":["true"]})"), context),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be an absolute path")));
}

TEST(ImageTest, ImagesThatNothingStandsForAreIgnored) {
  Json manifest = JobManifest(R"({"command":["true"]})");
  PodSpecOf(manifest)["initContainers"] =
      Json::parse(R"([{"image":"a"},{"image":"b"},{"image":"a"}])");
  JobContext context = MakeContext();
  EXPECT_THAT(IgnoredImages(manifest, context), ElementsAre("img", "a", "b"));
  context.image_map = {{"a", "/x"}};
  EXPECT_THAT(IgnoredImages(manifest, context), ElementsAre("img", "b"));
  context.container_engine = "podman";
  EXPECT_THAT(IgnoredImages(manifest, context), IsEmpty());
  context.container_engine = "";
  const Json replicas = Json::parse(
      R"({"spec":{"replicaSpecs":{"Worker":{"template":{"spec":{"containers":[{"image":"w"}]}}}}}})");
  EXPECT_THAT(IgnoredImages(replicas, context), ElementsAre("w"));
}

TEST(EngineTest, RunsTheContainerAsItIsWritten) {
  JobContext context = MakeContext();
  context.container_engine = "podman";
  context.metrics_path = "/katib/m.log";
  context.environment = {{"OMP_NUM_THREADS", "6"}};
  ASSERT_OK_AND_ASSIGN(
      const Job job,
      BuildJob(JobManifest(R"({"command":["python3"],"args":["/opt/x.py","/katib/m.log"],
          "workingDir":"/opt","env":[{"name":"A","value":"b c"}],
          "resources":{"limits":{"cpu":"500m","memory":"1Gi","nvidia.com/gpu":1}}})"),
               context));
  const ProcessSpec& main = job.pod.main;
  const std::string command = absl::StrJoin(main.argv, " ");
  const std::string folder = context.directory + "/volumes/.metrics";
  EXPECT_THAT(command, MatchesRegex("podman run --rm --network host "
                                    "--name qalam-trial-1-main-[0-9a-f]+ .*"));
  EXPECT_THAT(command, HasSubstr("-v " + folder + ":/katib "));
  EXPECT_THAT(main.argv, Contains("A=b c"));
  EXPECT_THAT(main.argv, Contains("KATIB_TRIAL_NAME=trial-1"));
  EXPECT_THAT(main.argv, Contains("OMP_NUM_THREADS=6"));  // a container inherits nothing
  EXPECT_THAT(command, HasSubstr("-w /opt --cpus 0.500 --memory 1073741824b"));
  EXPECT_THAT(command, HasSubstr("-e CUDA_VISIBLE_DEVICES --device nvidia.com/gpu=all"));
  EXPECT_THAT(command, HasSubstr("--entrypoint /bin/sh img -c python3 /opt/x.py /katib/m.log"));
  EXPECT_EQ(main.argv.back(), "python3 /opt/x.py /katib/m.log");
  EXPECT_EQ(job.capture.path, folder + "/m.log");
  EXPECT_THAT(main.env, IsEmpty());
  EXPECT_EQ(main.working_dir, "");
  EXPECT_THAT(absl::StrJoin(main.cleanup_argv, " "),
              MatchesRegex("podman rm --force qalam-trial-1-main-[0-9a-f]+"));
}

TEST(EngineTest, WithoutCommandTheImagesEntrypointGetsTheArgs) {
  JobContext context = MakeContext();
  context.container_engine = "docker";
  ASSERT_OK_AND_ASSIGN(const Job job,
                       BuildJob(JobManifest(R"({"args":["--lr=0.1","a b"]})"), context));
  const std::vector<std::string>& argv = job.pod.main.argv;
  ASSERT_GE(argv.size(), 3u);
  EXPECT_THAT(std::vector<std::string>(argv.end() - 3, argv.end()),
              ElementsAre("img", "--lr=0.1", "a b"));
  EXPECT_THAT(argv, Not(Contains("--entrypoint")));
}

TEST(EngineTest, ReadOnlyVolumesAndParallelPods) {
  CompanionObjects companions;
  companions.config_maps["team/conf"] = {{"a", "1"}};
  JobContext context = MakeContext();
  context.companions = &companions;
  context.container_engine = "docker";
  Json manifest =
      JobManifest(R"({"command":["true"],"volumeMounts":[{"name":"c","mountPath":"/conf"}]})");
  PodSpecOf(manifest)["volumes"] = Json::parse(R"([{"name":"c","configMap":{"name":"conf"}}])");
  manifest["spec"]["completions"] = 2;
  manifest["spec"]["parallelism"] = 2;
  manifest["spec"]["completionMode"] = "Indexed";
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(manifest, context));
  const std::string command = absl::StrJoin(job.pod.main.argv, " ");
  EXPECT_THAT(command, HasSubstr(context.directory + "/volumes/c:/conf:ro "));
  EXPECT_THAT(command, HasSubstr("-e JOB_COMPLETION_INDEX "));
  // Two pods at a time cannot share a name: the runner numbers it.
  EXPECT_THAT(job.pod.main.argv, Contains(job.pod.main.unique_name));
  EXPECT_THAT(job.pod.main.cleanup_argv,
              ElementsAre("docker", "rm", "--force", job.pod.main.unique_name));
}

TEST(EngineTest, NeedsAnImageAndYieldsToTheImageMap) {
  JobContext context = MakeContext();
  context.container_engine = "docker";
  EXPECT_THAT(BuildJob(JobManifest(R"({"image":"","command":["true"]})"), context),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("containers[0].image: is required to run in docker")));
  const TemporaryFolder folder;
  context.image_map = {{"img", folder.path()}};
  ASSERT_OK_AND_ASSIGN(const Job job, BuildJob(JobManifest(R"({"command":["true"]})"), context));
  EXPECT_EQ(job.pod.main.argv[0], "/bin/sh");
}

}  // namespace
}  // namespace qalam
