#include "controller/schedule_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "controller/objects.h"
#include "core/trial_labels.h"
#include "tests/controller/spec_support.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// With what steers and ends a search, and what says what is trained.
std::string PopulationText() {
  return Changed({{"algorithmName: random\n",
                   "algorithmName: pbt\n"
                   "    algorithmSettings:\n"
                   "    - {name: n_population, value: \"5\"}\n"
                   "    - {name: suggestion_trial_dir, value: /weights}\n"
                   "  earlyStopping: {algorithmName: medianstop}\n"
                   "  seed: 3\n"
                   "  maxDurationSeconds: 60\n"
                   "  maxFailedTrialCount: 4\n"
                   "  initialTrials: [{assignments: {lr: 0.02}}]\n"
                   "  parameterConstraints: [lr != 0.03]\n"
                   "  constraints: [loss <= 5]\n"
                   "  x-own: 1\n"}});
}

ExperimentRecord RecordOf(const std::string& text) {
  const LoadResult loaded = Load(text);
  EXPECT_EQ(loaded.experiments.size(), 1U) << FormatDiagnostics(loaded.diagnostics);
  const ExperimentSpec& spec = loaded.experiments.at(0);
  ExperimentRecord record;
  record.ns = "vision";
  record.name = spec.name;
  record.manifest = spec.manifest->dump();
  record.companions = "[]";
  return record;
}

std::vector<StoredTrial> Chain() {
  return {{.number = 2, .assignment = {{"lr", "0.05"}}},
          {.number = 9, .assignment = {{"lr", "0.04"}}, .labels = {{kResumeFromLabel, "2"}}}};
}

TEST(ScheduleManifestTest, IsAValidExperimentThatTrainsTheSameAlongTheChain) {
  const ExperimentRecord record = RecordOf(PopulationText());
  ASSERT_OK_AND_ASSIGN(const Json manifest, ScheduleManifest(record, Chain(), "again"));
  const LoadResult loaded = Load(ToYaml(manifest), /*strict=*/true);
  EXPECT_EQ(FormatDiagnostics(loaded.diagnostics), "");
  ASSERT_EQ(loaded.experiments.size(), 1U);
  const ExperimentSpec& again = loaded.experiments[0];
  EXPECT_EQ(again.ns, "vision");
  EXPECT_EQ(again.name, "again");
  EXPECT_EQ(again.algorithm.name, "schedule");
  EXPECT_EQ(again.algorithm.settings,
            (Settings{{"suggestion_trial_dir", "/weights"},
                      {"repeats", "1"},
                      {"steps", "{\"lr\": \"0.05\"}\n{\"lr\": \"0.04\"}\n"}}));
  const Json from = Json::parse(record.manifest)["spec"];
  for (const char* kept :
       {"objective", "constraints", "parameters", "parameterConstraints", "trialTemplate",
        "metricsCollectorSpec", "parallelTrialCount", "maxFailedTrialCount"}) {
    EXPECT_EQ(manifest["spec"][kept], from[kept]) << kept;
  }
  for (const char* dropped :
       {"earlyStopping", "seed", "maxDurationSeconds", "maxTrialCount", "initialTrials", "x-own"}) {
    EXPECT_TRUE(from.contains(dropped)) << dropped;
    EXPECT_FALSE(manifest["spec"].contains(dropped)) << dropped;
  }
}

TEST(ScheduleManifestTest, NeedsCheckpoints) {
  EXPECT_THAT(ScheduleManifest(RecordOf(kExperiment), Chain(), "again"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("vision/tuning"), HasSubstr("trialTemplate.checkpoint"))));
}

TEST(ScheduleManifestTest, NeedsStepsThatParametersSay) {
  std::vector<StoredTrial> chain = Chain();
  chain[1].name = "tuning-b";
  chain[1].labels[kReportsLabel] = "9";
  EXPECT_THAT(ScheduleManifest(RecordOf(PopulationText()), chain, "again"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("tuning-b")));
}

}  // namespace
}  // namespace qalam
