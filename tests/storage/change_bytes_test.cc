#include "storage/change_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/storage/sample_store.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::HasSubstr;

// One of each kind, with every field that is written set.
std::vector<Change> AllKinds() {
  ExperimentRecord record = SampleExperiment("e");
  record.generation = 3;
  record.max_failed_trial_count = 0;
  record.started = At(1);
  record.completed = At(2.5);
  StoredTrial trial = SampleTrial(7);
  trial.conditions = record.conditions;
  trial.observation = {{.name = "loss", .min = "1", .max = "2", .latest = "nan"}};
  trial.explanation = std::string("zero \0 inside", 13);
  trial.objective = -0.0;
  trial.started = At(-1e9);
  trial.condition = TrialCondition::kEarlyStopped;
  TrialChanged changed = Succeeded(1, 7, 0.1, 3);
  changed.attempt = 2;
  changed.violation = std::numeric_limits<double>::infinity();
  changed.on_front = true;
  return {
      ExperimentChange{.experiment = 1, .record = record},
      TrialCreated{.experiment = 1, .trial = trial, .asked_back = 4},
      changed,
      FrontLeft{.experiment = 1, .numbers = {0, 127, 128, int64_t{1} << 40, -1}},
      MetricsAppended{.experiment = 1,
                      .number = 7,
                      .attempt = 2,
                      .first_ordinal = 5,
                      .points = {Point("loss", "0.5", 0), Point("loss", "1e9", 1)}},
      EventAppended{
          .experiment = 1,
          .event = {.trial = 7, .warning = true, .reason = "R", .message = "ä", .time = At(9)}}};
}

TEST(ChangeBytesTest, ChangesComeBackAsWritten) {
  const std::string bytes = WriteChanges(AllKinds());
  ASSERT_OK_AND_ASSIGN(const std::vector<Change> read, ReadChanges(bytes));
  ASSERT_EQ(read.size(), AllKinds().size());
  EXPECT_EQ(WriteChanges(read), bytes);
  const auto& experiment = std::get<ExperimentChange>(read[0]);
  EXPECT_EQ(experiment.record.conditions, SampleExperiment("e").conditions);
  EXPECT_EQ(experiment.record.max_failed_trial_count, 0);
  EXPECT_EQ(experiment.record.completed, At(2.5));
  const auto& created = std::get<TrialCreated>(read[1]);
  EXPECT_EQ(created.trial, std::get<TrialCreated>(AllKinds()[1]).trial);
  EXPECT_EQ(created.asked_back, 4);
  const auto& changed = std::get<TrialChanged>(read[2]);
  EXPECT_EQ(changed.condition, TrialCondition::kSucceeded);
  EXPECT_EQ(changed.objective, 0.1);
  EXPECT_TRUE(changed.on_front);
  EXPECT_EQ(std::get<FrontLeft>(read[3]).numbers, std::get<FrontLeft>(AllKinds()[3]).numbers);
  EXPECT_EQ(std::get<MetricsAppended>(read[4]).points,
            std::get<MetricsAppended>(AllKinds()[4]).points);
  EXPECT_EQ(std::get<EventAppended>(read[5]).event, std::get<EventAppended>(AllKinds()[5]).event);
}

// What one version wrote another one may have to read after a crash.
TEST(ChangeBytesTest, TheFormatStays) {
  EXPECT_EQ(absl::BytesToHexString(WriteChanges({FrontLeft{.experiment = 2, .numbers = {3, 200}}})),
            "0102060404069003");
}

TEST(ChangeBytesTest, WhatIsCutOffIsDamage) {
  const std::string bytes = WriteChanges(AllKinds());
  for (size_t size = 0; size < bytes.size(); ++size) {
    SCOPED_TRACE(size);
    EXPECT_THAT(ReadChanges(bytes.substr(0, size)),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")));
  }
  EXPECT_THAT(ReadChanges(bytes + "x"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("")));
}

TEST(ChangeBytesTest, ChangedBytesNeverCrash) {
  const std::string bytes = WriteChanges(AllKinds());
  for (size_t i = 1; i < bytes.size(); ++i) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string changed = bytes;
      changed[i] = byte;
      const auto read = ReadChanges(changed);
      if (!read.ok()) {
        EXPECT_THAT(read, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("stored")));
      }
    }
  }
}

TEST(ChangeBytesTest, AnotherFormatIsNamed) {
  std::string bytes = WriteChanges(AllKinds());
  bytes[0] = 9;
  EXPECT_THAT(ReadChanges(bytes), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("format 9")));
}

}  // namespace
}  // namespace qalam
