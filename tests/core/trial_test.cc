#include "core/trial.h"

#include <gtest/gtest.h>

namespace qalam {
namespace {

TEST(TrialConditionTest, OnlyCreatedAndRunningAreActive) {
  int active = 0;
  for (const char* name : {"Created", "Running", "Succeeded", "Killed", "Failed",
                           "MetricsUnavailable", "EarlyStopped"}) {
    const std::optional<TrialCondition> condition = ParseTrialCondition(name);
    ASSERT_TRUE(condition.has_value()) << name;
    EXPECT_EQ(TrialConditionName(*condition), name);
    if (!IsFinal(*condition)) ++active;
  }
  EXPECT_EQ(active, 2);
  EXPECT_FALSE(IsFinal(TrialCondition::kCreated));
  EXPECT_FALSE(IsFinal(TrialCondition::kRunning));
}

TEST(TrialConditionTest, OtherNamesAreNoConditions) {
  EXPECT_EQ(ParseTrialCondition("succeeded"), std::nullopt);
  EXPECT_EQ(ParseTrialCondition("Pending"), std::nullopt);
  EXPECT_EQ(ParseTrialCondition(""), std::nullopt);
}

}  // namespace
}  // namespace qalam
