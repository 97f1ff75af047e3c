// The EarlyStopping service over a real connection: with a client that behaves like Katib's
// controller and sidecars, with DBManagers elsewhere, and with a cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/parameter.h"
#include "earlystop/registry.h"
#include "tests/server/fake_api_server.h"
#include "tests/server/katib_controller.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using SettingList = std::vector<std::pair<std::string, std::string>>;

void SetStopper(const std::string& name, const SettingList& settings,
                katib::EarlyStoppingSpec* spec) {
  spec->set_algorithm_name(name);
  for (const auto& [setting, value] : settings) {
    katib::EarlyStoppingSetting* message = spec->add_algorithm_settings();
    message->set_name(setting);
    message->set_value(value);
  }
}

class EarlyStoppingTest : public testing::Test {
 protected:
  using Channel = std::shared_ptr<grpc::Channel>;

  static grpc::Status Validate(const Channel& channel, const std::string& name,
                               const SettingList& settings) {
    katib::ValidateEarlyStoppingSettingsRequest request;
    SetStopper(name, settings, request.mutable_early_stopping());
    grpc::ClientContext context;
    katib::ValidateEarlyStoppingSettingsReply reply;
    return katib::EarlyStopping::NewStub(channel)->ValidateEarlyStoppingSettings(&context, request,
                                                                                 &reply);
  }

  static grpc::Status SetStatus(const Channel& channel, const std::string& trial) {
    katib::SetTrialStatusRequest request;
    request.set_trial_name(trial);
    grpc::ClientContext context;
    katib::SetTrialStatusReply reply;
    return katib::EarlyStopping::NewStub(channel)->SetTrialStatus(&context, request, &reply);
  }

  // For three trials that have ended, a, b and c.
  static katib::GetEarlyStoppingRulesRequest Question(const std::string& stopper,
                                                      const SettingList& settings) {
    katib::GetEarlyStoppingRulesRequest request;
    *request.mutable_experiment() = SampleExperiment("random");
    SetStopper(stopper, settings,
               request.mutable_experiment()->mutable_spec()->mutable_early_stopping());
    for (const char* name : {"a", "b", "c"}) {
      katib::Trial* trial = request.add_trials();
      trial->set_name(name);
      trial->mutable_status()->set_condition(katib::TrialStatus::SUCCEEDED);
    }
    return request;
  }

  grpc::Status Ask(const Channel& channel, const katib::GetEarlyStoppingRulesRequest& request,
                   absl::Duration within = absl::Seconds(60)) {
    grpc::ClientContext context;
    context.set_deadline(
        std::chrono::system_clock::time_point(absl::ToChronoTime(clock_.Now() + within)));
    reply_.Clear();
    return katib::EarlyStopping::NewStub(channel)->GetEarlyStoppingRules(&context, request,
                                                                         &reply_);
  }

  static void Report(const Channel& channel, const std::string& trial,
                     const std::vector<std::string>& losses) {
    katib::ReportObservationLogRequest request;
    request.set_trial_name(trial);
    for (size_t i = 0; i < losses.size(); ++i) {
      katib::MetricLog* log = request.mutable_observation_log()->add_metric_logs();
      log->set_time_stamp(absl::StrCat("2026-01-02T15:04:0", i, "Z"));
      log->mutable_metric()->set_name("loss");
      log->mutable_metric()->set_value(losses[i]);
    }
    grpc::ClientContext context;
    katib::ReportObservationLogReply reply;
    ASSERT_TRUE(
        katib::DBManager::NewStub(channel)->ReportObservationLog(&context, request, &reply).ok());
  }

  // The answer as text: "loss>3@2".
  std::string Rules() const {
    std::string text;
    for (const katib::EarlyStoppingRule& rule : reply_.early_stopping_rules()) {
      absl::StrAppend(&text, rule.name(), rule.comparison() == katib::GREATER ? ">" : "<",
                      rule.value(), "@", rule.start_step(), " ");
    }
    return text;
  }

  // A server that keeps nothing.
  std::unique_ptr<GrpcServer> StartBare(const GrpcBackends& backends = {}) {
    GrpcServerOptions options;
    options.addresses = {"127.0.0.1:0"};
    options.clock = &clock_;
    return StartGrpcServer(options, backends).value();
  }
  static Channel ChannelTo(const GrpcServer& server) {
    return grpc::CreateChannel(server.addresses()[0], grpc::InsecureChannelCredentials());
  }

  SystemClock clock_;
  katib::GetEarlyStoppingRulesReply reply_;
};

// ---- All rules, to the end of an experiment.

std::vector<std::string> StopperNames() {
  std::vector<std::string> names;
  for (const StopperDescriptor& stopper : Stoppers()) names.push_back(stopper.name);
  return names;
}

class KatibEarlyStoppingTest : public EarlyStoppingTest,
                               public testing::WithParamInterface<std::string> {
 protected:
  static katib::Experiment Sample() {
    SettingList settings = {{"start_step", "3"}};
    if (GetParam() == "threshold") settings.emplace_back("upper", "1");
    if (GetParam() == "asha") settings = {{"min_resource", "3"}};
    if (GetParam() == "hyperband") settings = {{"max_resource", "9"}};
    if (GetParam() == "patient" || GetParam() == "none" || GetParam() == "curve" ||
        GetParam() == "wilcoxon") {
      settings.clear();
    }
    if (GetParam() == "any" || GetParam() == "all") {
      settings = {{"rules", "medianstop, percentile"},
                  {"medianstop.start_step", "3"},
                  {"percentile.start_step", "3"}};
    }
    katib::Experiment experiment = SampleExperiment("random");
    SetStopper(GetParam(), settings, experiment.mutable_spec()->mutable_early_stopping());
    return experiment;
  }

  // Falls towards the trial's loss in nine reports.
  static std::vector<double> Curve(const std::map<std::string, std::string>& values) {
    const double level = ParseNumber(SampleLoss(values)).value();
    std::vector<double> curve;
    for (int step = 1; step <= 9; ++step) curve.push_back(level + 1.0 / step);
    return curve;
  }
};

TEST_P(KatibEarlyStoppingTest, RunsToItsEndAndNeitherRestartsNorTheOrderOfTrialsChangeIt) {
  LoopbackServer server;
  KatibController calm(Sample(), {.curve = Curve});
  ASSERT_EQ(calm.Run(&server), "");
  EXPECT_EQ(calm.trials().size(), 40U);
  const bool has_form = FindStopper(GetParam()).value()->static_form;
  EXPECT_EQ(calm.reports() < 40U * 9U, has_form) << calm.reports();
  LoopbackServer other;
  KatibController restless(Sample(), {.shuffle = 2, .restarts = true, .curve = Curve});
  ASSERT_EQ(restless.Run(&other), "");
  EXPECT_EQ(restless.reports(), calm.reports());
}

INSTANTIATE_TEST_SUITE_P(All, KatibEarlyStoppingTest, testing::ValuesIn(StopperNames()),
                         [](const auto& info) { return info.param; });

// ---- Rules.

TEST_F(EarlyStoppingTest, RulesCompareWithWhatTrialsReportedToThisServer) {
  LoopbackServer server;
  katib::GetEarlyStoppingRulesRequest request = Question("medianstop", {{"start_step", "2"}});
  ASSERT_TRUE(Ask(server.channel(), request).ok());
  EXPECT_EQ(Rules(), "") << "too few trials have reported";
  Report(server.channel(), "a", {"5", "1"});
  Report(server.channel(), "b", {"6", "4"});
  Report(server.channel(), "c", {"6", "7", "0"});
  ASSERT_TRUE(Ask(server.channel(), request).ok());
  EXPECT_EQ(Rules(), "loss>4@2 ");
  request.mutable_experiment()->mutable_spec()->mutable_objective()->set_type(katib::MAXIMIZE);
  ASSERT_TRUE(Ask(server.channel(), request).ok());
  EXPECT_EQ(Rules(), "loss<6@2 ");
}

TEST_F(EarlyStoppingTest, KatibsNumberIsTheMeanOfMeans) {
  LoopbackServer server;
  Report(server.channel(), "a", {"1", "3"});
  Report(server.channel(), "b", {"2", "4"});
  Report(server.channel(), "c", {"30", "32", "0"});
  ASSERT_TRUE(Ask(server.channel(),
                  Question("medianstop", {{"start_step", "2"}, {"compatibility", "mean"}}))
                  .ok());
  EXPECT_EQ(Rules(), "loss>12@2 ");
}

TEST_F(EarlyStoppingTest, RulesWithoutAStaticFormAreNone) {
  LoopbackServer server;
  for (const StopperDescriptor& stopper : Stoppers()) {
    if (stopper.static_form) continue;
    SettingList settings;
    if (stopper.name == "hyperband") settings = {{"max_resource", "9"}};
    EXPECT_TRUE(Ask(server.channel(), Question(stopper.name, settings)).ok()) << stopper.name;
    EXPECT_EQ(Rules(), "") << stopper.name;
  }
}

TEST_F(EarlyStoppingTest, ReadsTheLogsFromTheDbManagerThatTheRequestNames) {
  LoopbackServer db_manager;
  for (const char* trial : {"a", "b", "c"}) Report(db_manager.channel(), trial, {"3", "2"});
  const std::unique_ptr<GrpcServer> bare = StartBare();
  katib::GetEarlyStoppingRulesRequest request = Question("medianstop", {{"start_step", "2"}});
  // More trials than are asked for at a time.
  for (int i = 0; i < 50; ++i) {
    *request.add_trials() = request.trials(0);
    request.mutable_trials(request.trials_size() - 1)->set_name(absl::StrCat("silent-", i));
  }
  EXPECT_EQ(Ask(ChannelTo(*bare), request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_db_manager_address(db_manager.server().addresses()[0]);
  const grpc::Status status = Ask(ChannelTo(*bare), request);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(Rules(), "loss>2@2 ");
}

TEST_F(EarlyStoppingTest, AsManyCallsAsThereIsRoomForMayAskTheServersOwnDbManager) {
  LoopbackServer server;
  katib::GetEarlyStoppingRulesRequest request = Question("medianstop", {});
  request.set_db_manager_address(server.server().addresses()[0]);
  std::vector<std::thread> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back([&] {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      katib::GetEarlyStoppingRulesReply reply;
      const grpc::Status status = katib::EarlyStopping::NewStub(server.channel())
                                      ->GetEarlyStoppingRules(&context, request, &reply);
      EXPECT_TRUE(status.ok()) << status.error_message();
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(EarlyStoppingTest, ADbManagerThatIsNotThereOrIsNoneIsNamed) {
  const std::unique_ptr<GrpcServer> bare = StartBare();
  katib::GetEarlyStoppingRulesRequest request = Question("medianstop", {});
  request.set_db_manager_address("127.0.0.1:1");
  grpc::Status status = Ask(ChannelTo(*bare), request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("127.0.0.1:1"), HasSubstr("of trial ")));
  request.set_db_manager_address(bare->addresses()[0]);
  status = Ask(ChannelTo(*bare), request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("no api.v1.beta1.DBManager"));
  for (const char* address : {"unix:/run/db", "host", "host:0", ":1", "dns:///h:1"}) {
    request.set_db_manager_address(address);
    status = Ask(ChannelTo(*bare), request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << address;
    EXPECT_THAT(status.error_message(), HasSubstr("host:port"));
  }
}

// ---- Validation.

TEST_F(EarlyStoppingTest, ValidationSaysWhatKatibSays) {
  LoopbackServer server;
  const auto problem = [&](const std::string& name, const SettingList& settings) {
    const grpc::Status status = Validate(server.channel(), name, settings);
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  EXPECT_EQ(problem("medianstop", {{"min_trials_required", "2"}, {"start_step", "1"}}), "");
  EXPECT_EQ(problem("medianstop", {{"min_trials_required", "0"}}),
            "min_trials_required must be greater than zero (>0)");
  EXPECT_EQ(problem("medianstop", {{"start_step", "-1"}}),
            "start_step must be greater or equal than one (>=1)");
  EXPECT_THAT(problem("medianstop", {{"start_step", "x"}}),
              StartsWith("failed to validate start_step(x): "));
  EXPECT_THAT(problem("medianstop", {{"steps", "1"}}),
              StartsWith("unknown setting steps for algorithm medianstop"));
  EXPECT_THAT(problem("mediastop", {}), AllOf(StartsWith("unknown algorithm name"),
                                              HasSubstr("did you mean \"medianstop\"")));
  EXPECT_THAT(problem("", {}), HasSubstr("algorithm_name is empty"));
  EXPECT_THAT(problem("hyperband", {}), HasSubstr("max_resource"));
  EXPECT_THAT(problem("any", {{"rules", "asha"}, {"asha.eta", "1"}}),
              StartsWith("failed to validate asha.eta(1)"));
}

TEST_F(EarlyStoppingTest, QuestionsAreCheckedLikeSettings) {
  LoopbackServer server;
  EXPECT_EQ(Ask(server.channel(), Question("medianstop", {{"start_step", "0"}})).error_message(),
            "start_step must be greater or equal than one (>=1)");
  katib::GetEarlyStoppingRulesRequest request = Question("medianstop", {});
  request.mutable_experiment()->mutable_spec()->mutable_objective()->clear_type();
  EXPECT_EQ(Ask(server.channel(), request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = Question("medianstop", {});
  request.mutable_experiment()->mutable_spec()->mutable_objective()->clear_objective_metric_name();
  EXPECT_EQ(Ask(server.channel(), request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

// ---- Stopped trials.

TEST_F(EarlyStoppingTest, OutsideOfAClusterNoTrialOfKatibsCanBeMarked) {
  const std::unique_ptr<GrpcServer> bare = StartBare();
  const grpc::Status status = SetStatus(ChannelTo(*bare), "net-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("KUBERNETES_SERVICE_HOST"));
  EXPECT_EQ(SetStatus(ChannelTo(*bare), "").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(EarlyStoppingTest, InAClusterTheTrialIsMarked) {
  FakeApiServer cluster;
  cluster.AddTrial("net-1", {"Running"});
  const KubernetesTrials trials(cluster.access(), &clock_);
  const std::unique_ptr<GrpcServer> server = StartBare({.kubernetes = &trials});
  EXPECT_TRUE(SetStatus(ChannelTo(*server), "net-1").ok());
  EXPECT_THAT(cluster.Conditions("net-1"), ElementsAre("Running", "EarlyStopped"));
  EXPECT_EQ(SetStatus(ChannelTo(*server), "net-2").error_code(), grpc::StatusCode::NOT_FOUND);
}

class OwnTrialsTest : public EarlyStoppingTest {
 protected:
  OwnTrialsTest()
      : dir_(DataDir::Open(folder_.path()).value()),
        store_(OpenSqliteStore(dir_.StorePath()).value()),
        engine_(std::make_unique<AskTellEngine>(store_.get(), &dir_, &clock_)) {
    EXPECT_OK(engine_->Create(R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: random}
  maxTrialCount: 3
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-1", max: "1"}}
)"));
  }

  HandedTrial NextTrial() {
    return *engine_->Ask({kBowl, "client", absl::Hours(1), absl::ZeroDuration()}, nullptr)->trial;
  }
  StoredTrial Stored(const std::string& trial) {
    return store_->GetTrial(store_->GetExperiment("default", "bowl")->id, trial).value();
  }
  std::unique_ptr<GrpcServer> Serve(const KubernetesTrials* kubernetes = nullptr) {
    return StartBare({.ask_tell = engine_.get(), .store = store_.get(), .kubernetes = kubernetes});
  }

  const ExperimentName kBowl = {"default", "bowl"};
  TempDir folder_;
  DataDir dir_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskTellEngine> engine_;
};

TEST_F(OwnTrialsTest, AreEndedInTheStoreAndTheirClientsLearnIt) {
  const std::unique_ptr<GrpcServer> server = Serve();
  const HandedTrial trial = NextTrial();
  const TrialClaim claim{"client", trial.name, 1};
  ASSERT_EQ(engine_->Report(kBowl, claim, {{"loss", "0.5"}})->why_not, std::nullopt);
  EXPECT_TRUE(SetStatus(ChannelTo(*server), trial.name).ok());
  EXPECT_EQ(Stored(trial.name).condition, TrialCondition::kEarlyStopped);
  EXPECT_EQ(Stored(trial.name).objective, 0.5);
  EXPECT_TRUE(SetStatus(ChannelTo(*server), trial.name).ok()) << "a second time changes nothing";
  EXPECT_NE(engine_->Tell({kBowl, claim, {{"loss", "0.4"}}})->why_not, std::nullopt);
  EXPECT_NE(NextTrial().name, trial.name);
}

TEST_F(OwnTrialsTest, AreFoundAfterARestart) {
  const HandedTrial trial = NextTrial();
  engine_ = std::make_unique<AskTellEngine>(store_.get(), &dir_, &clock_);
  const std::unique_ptr<GrpcServer> server = Serve();
  EXPECT_TRUE(SetStatus(ChannelTo(*server), trial.name).ok());
  EXPECT_EQ(Stored(trial.name).condition, TrialCondition::kEarlyStopped);
}

TEST_F(OwnTrialsTest, ThatHaveEndedStayAsTheyEnded) {
  const std::unique_ptr<GrpcServer> server = Serve();
  const HandedTrial trial = NextTrial();
  ASSERT_OK(engine_->Tell({kBowl, {"client", trial.name, 1}, {{"loss", "1"}}}));
  const grpc::Status status = SetStatus(ChannelTo(*server), trial.name);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("is Succeeded"));
}

TEST_F(OwnTrialsTest, AreToldFromThoseOfTheCluster) {
  FakeApiServer cluster;
  cluster.AddTrial("bowl-aaaaaaaa", {"Running"});
  const KubernetesTrials trials(cluster.access(), &clock_);
  const std::unique_ptr<GrpcServer> server = Serve(&trials);
  const HandedTrial own = NextTrial();
  EXPECT_TRUE(SetStatus(ChannelTo(*server), own.name).ok());
  EXPECT_TRUE(cluster.Methods().empty());
  EXPECT_TRUE(SetStatus(ChannelTo(*server), "bowl-aaaaaaaa").ok());
  EXPECT_THAT(cluster.Conditions("bowl-aaaaaaaa"), ElementsAre("Running", "EarlyStopped"));
}

}  // namespace
}  // namespace qalam
