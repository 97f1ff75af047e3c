// Marking Katib's Trials through the Kubernetes API, against a server over TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/kubernetes/trial_status.h"
#include "tests/server/fake_api_server.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KubernetesTest : public testing::Test {
 protected:
  absl::Status Mark(const KubernetesAccess& access, const std::string& trial,
                    absl::Duration within = absl::Seconds(60)) {
    return KubernetesTrials(access, &clock_)
        .MarkEarlyStopped(trial, clock_.Now() + within, nullptr);
  }
  absl::Status Mark(const FakeApiServer& server, const std::string& trial) {
    return Mark(server.access(), trial);
  }

  SystemClock clock_;
};

TEST_F(KubernetesTest, AppendsTheConditionAndLeavesTheRestAsItIs) {
  FakeApiServer server;
  server.AddTrial("net-1", {"Created", "Running"});
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_THAT(server.Methods(), ElementsAre("GET", "PATCH"));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Created", "Running", "EarlyStopped"));
  const Json trial = server.Trial("net-1");
  const Json& condition = trial["status"]["conditions"][2];
  EXPECT_EQ(condition["status"], "True");
  EXPECT_EQ(condition["reason"], "TrialEarlyStopped");
  EXPECT_EQ(condition["message"], "Trial is early stopped");
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%dT%H:%M:%SZ",
                              condition["lastTransitionTime"].get<std::string>(), &time, &error))
      << condition;
  EXPECT_EQ(trial["status"]["startTime"], "kept, too");
  EXPECT_EQ(trial["spec"]["runSpec"], "kept as it is");
}

TEST_F(KubernetesTest, WhatIsMarkedAlreadyIsNotMarkedTwice) {
  FakeApiServer server;
  server.AddTrial("net-1", {"Running"});
  ASSERT_OK(Mark(server, "net-1"));
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_THAT(server.Methods(), ElementsAre("GET", "PATCH", "GET"));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "EarlyStopped"));
}

TEST_F(KubernetesTest, ATrialThatHasEndedStaysAsItEnded) {
  FakeApiServer server;
  server.AddTrial("net-1", {"Running", "Succeeded"});
  EXPECT_THAT(Mark(server, "net-1"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                              HasSubstr("ended already: Succeeded")));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "Succeeded"));
}

TEST_F(KubernetesTest, AnUnknownTrialIsNotFoundAndNotAskedForAgain) {
  FakeApiServer server;
  EXPECT_THAT(Mark(server, "net-1"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("net-1")));
  EXPECT_THAT(server.Methods(), ElementsAre("GET"));
}

TEST_F(KubernetesTest, AfterAConflictTheOthersChangeIsThereToo) {
  FakeApiServer server("touch");
  server.AddTrial("net-1", {"Running"});
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_THAT(server.Methods(), ElementsAre("GET", "PATCH", "GET", "PATCH"));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "Touched", "EarlyStopped"));
}

TEST_F(KubernetesTest, TriesAgainWhenTheServerIsOverloadedOrHangsUp) {
  FakeApiServer server("503 429 500 drop serve 503 drop");
  server.AddTrial("net-1", {"Running"});
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_EQ(server.Methods().size(), 9U);
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "EarlyStopped"));
}

TEST_F(KubernetesTest, APatchWhoseAnswerWasLostIsNotAppliedTwice) {
  FakeApiServer server("serve lose");
  server.AddTrial("net-1", {"Running"});
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_GT(server.Methods().size(), 2U);
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "EarlyStopped"));
}

TEST_F(KubernetesTest, GivesUpAtTheDeadlineAndSaysWhatWasWrong) {
  FakeApiServer server("hang hang hang hang hang hang hang hang");
  server.AddTrial("net-1", {"Running"});
  KubernetesAccess access = server.access();
  access.request_timeout = absl::Milliseconds(100);
  EXPECT_THAT(Mark(access, "net-1", absl::Milliseconds(350)),
              StatusIs(absl::StatusCode::kUnavailable,
                       AllOf(HasSubstr("was not reached"), HasSubstr("given up after"))));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running"));
}

TEST_F(KubernetesTest, StopsTryingWhenTheClientHasGone) {
  FakeApiServer server("503");
  server.AddTrial("net-1", {"Running"});
  const KubernetesTrials trials(server.access(), &clock_);
  EXPECT_THAT(
      trials.MarkEarlyStopped("net-1", clock_.Now() + absl::Seconds(60), [] { return false; }),
      StatusIs(absl::StatusCode::kCancelled, HasSubstr("gone")));
  EXPECT_THAT(server.Methods(), ElementsAre("GET"));
}

TEST_F(KubernetesTest, AServerThatTheAuthorityDidNotSignGetsNoToken) {
  FakeApiServer server;
  server.AddTrial("net-1", {"Running"});
  WriteFile(server.account_dir() + "/ca.crt", ReadFile("tests/server/tls/client.pem"));
  EXPECT_THAT(Mark(server, "net-1"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                              HasSubstr("must be signed by ca.crt")));
  EXPECT_THAT(server.Methods(), IsEmpty());
}

TEST_F(KubernetesTest, ATokenThatIsNotValidIsNamedAndItsSuccessorIsReadFromTheFile) {
  FakeApiServer server;
  server.AddTrial("net-1", {"Running"});
  const KubernetesTrials trials(server.access(), &clock_);
  const auto mark = [&] {
    return trials.MarkEarlyStopped("net-1", clock_.Now() + absl::Seconds(60), nullptr);
  };
  server.Trust("token-2");
  EXPECT_THAT(mark(), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not valid")));
  EXPECT_THAT(server.Methods(), ElementsAre("GET"));
  WriteFile(server.account_dir() + "/token", "token-2\n");
  EXPECT_OK(mark());
}

TEST_F(KubernetesTest, ATokenThatIsExchangedUnderARequestIsReadAgain) {
  FakeApiServer server("serve rotate");
  server.AddTrial("net-1", {"Running"});
  ASSERT_OK(Mark(server, "net-1"));
  EXPECT_THAT(server.Conditions("net-1"), ElementsAre("Running", "EarlyStopped"));
}

TEST_F(KubernetesTest, MissingRightsAreNamed) {
  FakeApiServer server("serve 403");
  server.AddTrial("net-1", {"Running"});
  EXPECT_THAT(Mark(server, "net-1"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("so it was planned"), HasSubstr("patch on trials/status"))));
}

TEST_F(KubernetesTest, AnswersThatAreNoTrialAreRefused) {
  FakeApiServer server("noise");
  server.AddTrial("net-1", {"Running"});
  EXPECT_THAT(Mark(server, "net-1"), StatusIs(absl::StatusCode::kInternal, HasSubstr("no object")));
  EXPECT_THAT(EarlyStoppedPatch(Json::parse("{}"), clock_.Now()),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("without metadata")));
}

TEST_F(KubernetesTest, WhatCannotBeATrialsNameDoesNotReachTheServer) {
  FakeApiServer server;
  for (const std::string& name :
       {std::string("../pods/x"), std::string("a/b"), std::string("A"), std::string("."),
        std::string("x?y"), std::string("%2e"), std::string(254, 'a')}) {
    EXPECT_THAT(Mark(server, name),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("trial_name")));
  }
  EXPECT_THAT(server.Methods(), IsEmpty());
}

TEST_F(KubernetesTest, WithoutAServiceAccountTheFileIsNamed) {
  FakeApiServer server;
  for (const char* file : {"token", "namespace"}) {
    WriteFile(server.account_dir() + "/" + file, "");
    EXPECT_THAT(Mark(server, "net-1"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                                HasSubstr(std::string("/") + file)));
  }
}

TEST_F(KubernetesTest, AddressesOfSixteenBytesAreInBrackets) {
  EXPECT_EQ(ApiServerUrl("10.96.0.1", "443"), "https://10.96.0.1:443");
  EXPECT_EQ(ApiServerUrl("fd00::1", "6443"), "https://[fd00::1]:6443");
}

}  // namespace
}  // namespace qalam
