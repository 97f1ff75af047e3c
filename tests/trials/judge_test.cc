#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/status_matchers.h"
#include "trials/manifest.h"

namespace qalam {
namespace {

using ::testing::HasSubstr;

constexpr char kSuccess[] = R"(status.conditions.#(type=="Complete")#|#(status=="True")#)";
constexpr char kFailure[] = R"(status.conditions.#(type=="Failed")#|#(status=="True")#)";

Judgement Judge(const std::string& object) {
  return JudgeStatus(Json::parse(object), kSuccess, kFailure);
}

TEST(JudgeTest, AnObjectWithoutStatusRuns) {
  EXPECT_EQ(Judge("{}").verdict, Verdict::kRunning);
  EXPECT_EQ(Judge(R"({"status":{"active":1}})").verdict, Verdict::kRunning);
  EXPECT_EQ(Judge(R"({"status":{"conditions":[{"type":"Complete","status":"False"}]}})").verdict,
            Verdict::kRunning);
}

TEST(JudgeTest, TellsReasonAndMessageOfTheMatchedCondition) {
  const Judgement judgement = Judge(
      R"({"status":{"conditions":[{"type":"Complete","status":"True","reason":"R","message":"M"}]}})");
  EXPECT_EQ(judgement.verdict, Verdict::kSucceeded);
  EXPECT_EQ(judgement.reason, "R");
  EXPECT_EQ(judgement.message, "M");
}

TEST(JudgeTest, FailureIsLookedAtFirst) {
  EXPECT_EQ(Judge(R"({"status":{"conditions":[{"type":"Complete","status":"True"},)"
                  R"({"type":"Failed","status":"True"}]}})")
                .verdict,
            Verdict::kFailed);
}

TEST(JudgeTest, OnlyAnObjectOrANonEmptyArrayIsAMatch) {
  const Json object = Json::parse(R"({"status":{"done":true,"n":1,"none":[],"some":[1],"o":{}}})");
  EXPECT_EQ(JudgeStatus(object, "status.done", "").verdict, Verdict::kRunning);
  EXPECT_EQ(JudgeStatus(object, "status.n", "").verdict, Verdict::kRunning);
  EXPECT_EQ(JudgeStatus(object, "status.none", "").verdict, Verdict::kRunning);
  EXPECT_EQ(JudgeStatus(object, "status.some", "").verdict, Verdict::kSucceeded);
  EXPECT_EQ(JudgeStatus(object, "status.o", "").verdict, Verdict::kSucceeded);
  EXPECT_EQ(JudgeStatus(object, "", "status.o").verdict, Verdict::kFailed);
}

TEST(JudgeTest, AConditionThatCannotBeCompiledNeverMatches) {
  const Json object = Json::parse(R"({"status":{"o":{}}})");
  EXPECT_EQ(JudgeStatus(object, "status..o", "#(").verdict, Verdict::kRunning);
  EXPECT_EQ(JudgeStatus(object, "status.o", "#(").verdict, Verdict::kSucceeded);
}

TEST(JudgeTest, ValidationNamesTheConditionAndThePosition) {
  EXPECT_OK(ValidateCondition(kSuccess));
  EXPECT_THAT(ValidateCondition("a.#(b"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("position 6")));
  EXPECT_THAT(StatusJudge::Create(kSuccess, "a..b"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("failureCondition: GJSON path, position 3")));
}

TEST(JudgeTest, AJobsOwnStatusIsJudgedByItsDefaultConditions) {
  const JobKind* kind = FindJobKind("batch/v1", "Job");
  ASSERT_NE(kind, nullptr);
  ASSERT_OK_AND_ASSIGN(
      const StatusJudge judge,
      StatusJudge::Create(kind->default_success_condition, kind->default_failure_condition));
  JobOutcome outcome;
  for (JobEnd end : {JobEnd::kSucceeded, JobEnd::kExitCode, JobEnd::kSignal, JobEnd::kOutOfMemory,
                     JobEnd::kTimeLimit, JobEnd::kSpecMistake, JobEnd::kCancelled, JobEnd::kLost}) {
    SCOPED_TRACE(JobEndName(end));
    outcome.end = end;
    outcome.message = "what happened";
    const Judgement judgement = judge.Judge(Json{{"status", kind->status(outcome)}});
    EXPECT_EQ(judgement.verdict,
              end == JobEnd::kSucceeded ? Verdict::kSucceeded : Verdict::kFailed);
    EXPECT_FALSE(judgement.reason.empty());
    EXPECT_EQ(judgement.message, end == JobEnd::kSucceeded
                                     ? "Reached expected number of succeeded pods"
                                     : "what happened");
  }
}

}  // namespace
}  // namespace qalam
