// The stream of qalam.v1: clients over loopback, a real store.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "controller/replay.h"
#include "controller/spec/load.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"
#include "server/grpc/grpc_server.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

using testing::HasSubstr;

std::string Manifest(int max_trials, int parallel, const std::string& more = "",
                     const std::string& name = "bowl") {
  return absl::StrReplaceAll(absl::StrCat(R"(apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: tpe}
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-1", max: "1"}}
)",
                                          "  maxTrialCount: ", max_trials,
                                          "\n  parallelTrialCount: ", parallel, "\n", more),
                             {{"bowl", name}});
}

// A client's end of a stream.
class WorkClient {
 public:
  WorkClient(const std::shared_ptr<grpc::Channel>& channel, std::string client,
             std::string experiment = "bowl")
      : client_(std::move(client)),
        experiment_(std::move(experiment)),
        stub_(v1::AskTell::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->Work(&context_);
  }
  ~WorkClient() {
    context_.TryCancel();
    if (!ended_) stream_->Finish();
  }

  bool Send(const v1::WorkRequest& request) { return stream_->Write(request); }
  void SendAsk(int wait_seconds = 0) {
    v1::WorkRequest request;
    request.mutable_ask()->mutable_experiment()->set_name(experiment_);
    request.mutable_ask()->set_client_id(client_);
    request.mutable_ask()->set_wait_seconds(wait_seconds);
    Send(request);
  }
  // Of the experiment and the client of the request before.
  static v1::WorkRequest TellOf(const v1::Trial& trial, const std::string& loss) {
    v1::WorkRequest request;
    v1::TellRequest* tell = request.mutable_tell();
    tell->set_trial(trial.name());
    tell->set_attempt(trial.attempt());
    v1::NamedValue* metric = tell->add_metrics();
    metric->set_name("loss");
    metric->set_value(loss);
    tell->set_ask(true);
    return request;
  }

  // Reads until there is a reply to an Ask; counts what was told.
  v1::AskReply ReadAsked() {
    while (!reply_.has_asked()) {
      if (!Read()) return {};
    }
    v1::AskReply asked = reply_.asked();
    reply_.clear_asked();
    return asked;
  }
  void ReadTold(size_t count) {
    while (told_.size() < count && Read()) {
    }
  }
  bool Read() {
    if (!stream_->Read(&reply_)) return false;
    for (const v1::TellReply& told : reply_.told()) told_.push_back(told);
    return true;
  }
  const v1::WorkReply& reply() const { return reply_; }
  const std::vector<v1::TellReply>& told() const { return told_; }

  void EndInput() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // After the last reply.
  grpc::Status End() {
    while (Read()) {
    }
    ended_ = true;
    return stream_->Finish();
  }

  // Evaluates trials to the experiment's end; returns how many.
  int Work() {
    int trials = 0;
    SendAsk(/*wait_seconds=*/30);
    while (true) {
      const v1::AskReply asked = ReadAsked();
      if (asked.has_trial()) {
        ++trials;
        Send(TellOf(asked.trial(), asked.trial().parameters(0).value()));
      } else if (asked.experiment_ended()) {
        ReadTold(trials);
        return trials;
      } else {
        SendAsk(/*wait_seconds=*/30);
      }
    }
  }

 private:
  const std::string client_;
  const std::string experiment_;
  grpc::ClientContext context_;
  const std::unique_ptr<v1::AskTell::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkRequest, v1::WorkReply>> stream_;
  v1::WorkReply reply_;
  std::vector<v1::TellReply> told_;
  bool ended_ = false;
};

class WorkStreamTest : public testing::Test {
 protected:
  WorkStreamTest()
      : dir_(DataDir::Open(folder_.path()).value()),
        store_(OpenSqliteStore(dir_.StorePath()).value()),
        engine_(std::make_unique<AskTellEngine>(store_.get(), &dir_, &clock_)) {
    GrpcServerOptions options;
    options.addresses = {"127.0.0.1:0"};
    options.clock = &clock_;
    server_ = StartGrpcServer(options, {.ask_tell = engine_.get(), .store = store_.get()}).value();
  }

  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    return grpc::CreateCustomChannel(server_->addresses()[0], grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  std::unique_ptr<WorkClient> NewClient(const std::string& name) const {
    return std::make_unique<WorkClient>(Channel(), name);
  }

  // Each trial has its value, and is what the algorithm proposes to what was told before it.
  void CheckStored(int trials) {
    ASSERT_OK_AND_ASSIGN(const ExperimentRecord record, store_->GetExperiment("default", "bowl"));
    EXPECT_EQ(record.condition, "Succeeded");
    int seen = 0;
    ASSERT_OK(store_->VisitTrials(record.id, {}, [&](const StoredTrial& trial) {
      ++seen;
      EXPECT_EQ(trial.condition, TrialCondition::kSucceeded) << trial.name;
      EXPECT_EQ(FormatNumber(trial.objective.value_or(99)), trial.assignment[0].second);
      return true;
    }));
    EXPECT_EQ(seen, trials);
    ASSERT_OK_AND_ASSIGN(const ExperimentSpec spec,
                         RestoreExperiment(record.manifest, record.companions));
    ASSERT_OK_AND_ASSIGN(const ReplayResult replay, ReplayExperiment(*store_, record, spec));
    EXPECT_EQ(replay.matched, trials);
  }

  TempDir folder_;
  DataDir dir_;
  SystemClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AskTellEngine> engine_;
  std::unique_ptr<GrpcServer> server_;
};

TEST_F(WorkStreamTest, AClientAloneRunsAnExperimentToItsEnd) {
  ASSERT_OK(engine_->Create(Manifest(60, 1)));
  const std::unique_ptr<WorkClient> client = NewClient("a");
  EXPECT_EQ(client->Work(), 60);
  EXPECT_EQ(client->told().size(), 60U);
  for (const v1::TellReply& told : client->told()) EXPECT_TRUE(told.accepted()) << told.reason();
  CheckStored(60);
}

TEST_F(WorkStreamTest, ManyClientsRunAnExperimentToItsEndTogether) {
  ASSERT_OK(engine_->Create(Manifest(400, 8)));
  std::vector<std::thread> threads;
  std::atomic<int> trials = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { trials += NewClient(absl::StrCat("client-", i))->Work(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(trials, 400);
  CheckStored(400);
}

TEST_F(WorkStreamTest, TwoHundredExperimentsAreWorkedOnAtOnce) {
  constexpr int kExperiments = 200;
  const std::shared_ptr<grpc::Channel> channel = Channel();
  std::vector<std::unique_ptr<WorkClient>> clients;
  for (int i = 0; i < kExperiments; ++i) {
    const std::string name = absl::StrCat("bowl-", i);
    ASSERT_OK(engine_->Create(Manifest(5, 2, "", name)));
    clients.push_back(std::make_unique<WorkClient>(channel, "a", name));
  }
  for (const auto& client : clients) client->SendAsk();
  for (int trial = 0; trial < 5; ++trial) {
    for (const auto& client : clients) {
      const v1::AskReply asked = client->ReadAsked();
      ASSERT_TRUE(asked.has_trial());
      client->Send(WorkClient::TellOf(asked.trial(), asked.trial().parameters(0).value()));
    }
  }
  for (const auto& client : clients) EXPECT_TRUE(client->ReadAsked().experiment_ended());
  for (int i = 0; i < kExperiments; ++i) {
    clients[i]->ReadTold(5);
    EXPECT_EQ(store_->GetExperiment("default", absl::StrCat("bowl-", i))->condition, "Succeeded");
  }
}

TEST_F(WorkStreamTest, WhoWaitsGetsTheTrialOfAClientThatGivesItUp) {
  ASSERT_OK(engine_->Create(Manifest(10, 1)));
  const std::unique_ptr<WorkClient> first = NewClient("a");
  first->SendAsk();
  const v1::Trial trial = first->ReadAsked().trial();
  const std::unique_ptr<WorkClient> second = NewClient("b");
  second->SendAsk();
  EXPECT_FALSE(second->ReadAsked().has_trial()) << "it did not want to wait";
  second->SendAsk(/*wait_seconds=*/30);
  v1::WorkRequest failed = WorkClient::TellOf(trial, "1");
  failed.mutable_tell()->set_ask(false);
  failed.mutable_tell()->set_failed(true);
  first->Send(failed);
  EXPECT_TRUE(second->ReadAsked().has_trial());
}

TEST_F(WorkStreamTest, AClientThatHasGoneWaitsForNothing) {
  ASSERT_OK(engine_->Create(Manifest(10, 1)));
  const std::unique_ptr<WorkClient> first = NewClient("a");
  first->SendAsk();
  const v1::Trial trial = first->ReadAsked().trial();
  {
    const std::unique_ptr<WorkClient> gone = NewClient("b");
    gone->SendAsk(/*wait_seconds=*/3000);
    gone->Cancel();
    EXPECT_EQ(gone->End().error_code(), grpc::StatusCode::CANCELLED);
  }
  const std::unique_ptr<WorkClient> third = NewClient("c");
  third->SendAsk(/*wait_seconds=*/30);
  v1::WorkRequest tell = WorkClient::TellOf(trial, "1");
  tell.mutable_tell()->set_ask(false);
  first->Send(tell);
  EXPECT_TRUE(third->ReadAsked().has_trial());
}

TEST_F(WorkStreamTest, ReportsAreAnsweredByTheStoppingRule) {
  ASSERT_OK(engine_->Create(Manifest(10, 1, R"(  earlyStopping:
    algorithmName: threshold
    algorithmSettings: [{name: upper, value: "9"}]
)")));
  const std::unique_ptr<WorkClient> client = NewClient("a");
  client->SendAsk();
  const v1::Trial trial = client->ReadAsked().trial();
  v1::WorkRequest request;
  request.mutable_report()->set_trial(trial.name());
  request.mutable_report()->set_attempt(trial.attempt());
  v1::NamedValue* metric = request.mutable_report()->add_metrics();
  metric->set_name("loss");
  for (const auto& [loss, stop] : {std::pair("1", false), {"10", true}}) {
    metric->set_value(loss);
    client->Send(request);
    ASSERT_TRUE(client->Read());
    ASSERT_TRUE(client->reply().has_reported());
    EXPECT_EQ(client->reply().reported().stop(), stop) << loss;
  }
}

TEST_F(WorkStreamTest, ARequestThatCannotBeMetEndsTheStreamAndSaysWhy) {
  ASSERT_OK(engine_->Create(Manifest(10, 1)));
  const auto end_after = [&](const v1::WorkRequest& request) {
    const std::unique_ptr<WorkClient> client = NewClient("a");
    client->Send(request);
    return client->End();
  };
  v1::WorkRequest request;
  grpc::Status status = end_after(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("set ask, report or tell"));
  request.mutable_ask()->mutable_experiment()->set_name("bowl");
  EXPECT_THAT(end_after(request).error_message(), HasSubstr("client_id is empty"));
  request.mutable_ask()->set_client_id("a");
  request.mutable_ask()->set_wait_seconds(-1);
  EXPECT_THAT(end_after(request).error_message(), HasSubstr("wait_seconds is -1"));
  request.mutable_ask()->set_wait_seconds(0);
  request.mutable_ask()->mutable_experiment()->set_name("nobody");
  EXPECT_EQ(end_after(request).error_code(), grpc::StatusCode::NOT_FOUND);
  request.mutable_tell()->mutable_experiment()->set_name("bowl");
  request.mutable_tell()->add_metrics();
  EXPECT_THAT(end_after(request).error_message(), HasSubstr("metrics[0]"));
}

TEST_F(WorkStreamTest, WhoEndsItsInputStillGetsWhatItWaitsFor) {
  ASSERT_OK(engine_->Create(Manifest(10, 1)));
  const std::unique_ptr<WorkClient> client = NewClient("a");
  client->SendAsk();
  const v1::Trial trial = client->ReadAsked().trial();
  client->Send(WorkClient::TellOf(trial, "1"));
  client->EndInput();
  EXPECT_TRUE(client->End().ok());
  ASSERT_EQ(client->told().size(), 1U);
  EXPECT_TRUE(client->told()[0].accepted());
}

// Its answers fill the connection; the server then reads no more of it.
TEST_F(WorkStreamTest, AClientThatReadsNothingHindersNobody) {
  ASSERT_OK(engine_->Create(Manifest(50, 4)));
  const std::unique_ptr<WorkClient> deaf = NewClient("deaf");
  deaf->SendAsk();
  const v1::Trial trial = deaf->ReadAsked().trial();
  v1::WorkRequest nonsense = WorkClient::TellOf(trial, "1");
  nonsense.mutable_tell()->set_trial(std::string(1000, 'x'));  // comes back in the answer
  nonsense.mutable_tell()->set_ask(false);
  std::thread sending([&] {
    while (deaf->Send(nonsense)) {
    }
  });
  int trials = 0;
  {
    const std::unique_ptr<WorkClient> client = NewClient("a");
    client->SendAsk();
    for (; trials < 40; ++trials) {
      const v1::AskReply asked = client->ReadAsked();
      ASSERT_TRUE(asked.has_trial());
      client->Send(WorkClient::TellOf(asked.trial(), "1"));
    }
  }
  deaf->Cancel();
  sending.join();
  EXPECT_EQ(trials, 40);
}

TEST_F(WorkStreamTest, TheServersEndEndsStreams) {
  ASSERT_OK(engine_->Create(Manifest(10, 1)));
  const std::unique_ptr<WorkClient> idle = NewClient("a");
  idle->SendAsk();
  EXPECT_TRUE(idle->ReadAsked().has_trial());
  const std::unique_ptr<WorkClient> waiting = NewClient("b");
  waiting->SendAsk(/*wait_seconds=*/3000);
  server_->Shutdown(absl::ZeroDuration());
  EXPECT_FALSE(idle->End().ok());
  EXPECT_FALSE(waiting->End().ok());
}

}  // namespace
}  // namespace qalam
