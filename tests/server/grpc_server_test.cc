// What surrounds the services: health, reflection, TLS, limits, the end.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proto/health/v1/health.grpc.pb.h"
#include "tests/server/katib_controller.h"
#include "tests/support/program.h"
#include "tests/support/status_matchers.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
namespace health = grpc::health::v1;
using testing::HasSubstr;

grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                   health::HealthCheckResponse* response) {
  health::HealthCheckRequest request;
  request.set_service(service);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return health::Health::NewStub(channel)->Check(&context, request, response);
}

GrpcServerOptions OptionsFor(const std::string& address) {
  static const auto* const kClock = new SystemClock();
  GrpcServerOptions options;
  options.addresses = {address};
  options.clock = kClock;
  return options;
}

grpc::Status AskFor(const std::shared_ptr<grpc::Channel>& channel,
                    const katib::Experiment& experiment, int trials = 1) {
  katib::GetSuggestionsRequest request;
  *request.mutable_experiment() = experiment;
  request.set_current_request_number(trials);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  katib::GetSuggestionsReply reply;
  return katib::Suggestion::NewStub(channel)->GetSuggestions(&context, request, &reply);
}

TEST(GrpcServerTest, EveryNameThatProbesAskForIsServing) {
  LoopbackServer server;
  for (const char* name : {"", "manager.v1beta1.Suggestion", "api.v1.beta1.Suggestion",
                           "manager.v1beta1.EarlyStopping", "api.v1.beta1.EarlyStopping",
                           "api.v1.beta1.DBManager", "grpc.health.v1.Health"}) {
    health::HealthCheckResponse response;
    EXPECT_TRUE(Check(server.channel(), name, &response).ok()) << name;
    EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING) << name;
  }
  health::HealthCheckResponse response;
  EXPECT_EQ(Check(server.channel(), "nobody", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(GrpcServerTest, WithoutObservationsThereIsNoDbManager) {
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<GrpcServer> server,
                       StartGrpcServer(OptionsFor("127.0.0.1:0"), {}));
  const auto channel =
      grpc::CreateChannel(server->addresses()[0], grpc::InsecureChannelCredentials());
  health::HealthCheckResponse response;
  EXPECT_EQ(Check(channel, "api.v1.beta1.DBManager", &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  grpc::ClientContext context;
  katib::GetObservationLogReply reply;
  EXPECT_EQ(katib::DBManager::NewStub(channel)
                ->GetObservationLog(&context, katib::GetObservationLogRequest(), &reply)
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

// The answer to a request in the wire format of reflection, whose contract is not among ours.
std::string Reflect(const std::shared_ptr<grpc::Channel>& channel, const std::string& request) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  void* tag = nullptr;
  bool ok = false;
  const auto done = [&] { return queue.Next(&tag, &ok) && ok; };
  call->StartCall(&tag);
  if (!done()) return "";
  const grpc::Slice slice(request);
  call->Write(grpc::ByteBuffer(&slice, 1), &tag);
  if (!done()) return "";
  grpc::ByteBuffer answer;
  call->Read(&answer, &tag);
  if (!done()) return "";
  call->WritesDone(&tag);
  done();
  grpc::Status status;
  call->Finish(&status, &tag);
  done();
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices).ok();
  std::string text;
  for (const grpc::Slice& part : slices) {
    text.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return text;
}

TEST(GrpcServerTest, ReflectionTellsServicesAndTheirMessages) {
  LoopbackServer server;
  const std::string services = Reflect(server.channel(), "\x3a\x01*");  // list_services: "*"
  EXPECT_THAT(services, HasSubstr("api.v1.beta1.Suggestion"));
  EXPECT_THAT(services, HasSubstr("api.v1.beta1.EarlyStopping"));
  EXPECT_THAT(services, HasSubstr("api.v1.beta1.DBManager"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  // file_containing_symbol
  const std::string file = Reflect(server.channel(),
                                   "\x22\x17"
                                   "api.v1.beta1.Suggestion");
  EXPECT_THAT(file, HasSubstr("parameter_assignments"));
}

class TlsTest : public testing::Test {
 protected:
  static std::string Pem(const std::string& name) { return ReadFile("tests/server/tls/" + name); }

  void Start(const std::string& client_ca) {
    GrpcServerOptions options = OptionsFor("127.0.0.1:0");
    options.tls = TlsOptions{.certificate_chain = Pem("server.pem"),
                             .private_key = Pem("server.key"),
                             .client_ca = client_ca};
    ASSERT_OK_AND_ASSIGN(server_, StartGrpcServer(options, {}));
  }

  bool IsServed(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    health::HealthCheckResponse response;
    return Check(grpc::CreateChannel(server_->addresses()[0], credentials), "", &response).ok();
  }

  std::unique_ptr<GrpcServer> server_;
};

TEST_F(TlsTest, ServesClientsThatTrustItsCertificateAndNoPlainOnes) {
  Start("");
  EXPECT_TRUE(IsServed(grpc::SslCredentials({.pem_root_certs = Pem("ca.pem")})));
  EXPECT_FALSE(IsServed(grpc::InsecureChannelCredentials()));
}

TEST_F(TlsTest, WithAClientAuthorityServesOnlyClientsThatItSigned) {
  Start(Pem("ca.pem"));
  EXPECT_FALSE(IsServed(grpc::SslCredentials({.pem_root_certs = Pem("ca.pem")})));
  EXPECT_TRUE(IsServed(grpc::SslCredentials({.pem_root_certs = Pem("ca.pem"),
                                             .pem_private_key = Pem("client.key"),
                                             .pem_cert_chain = Pem("client.pem")})));
}

TEST(GrpcServerTest, ASecondServerOnTheSamePortIsRefused) {
  LoopbackServer first;
  EXPECT_THAT(StartGrpcServer(OptionsFor(first.server().addresses()[0]), {}),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("in use")));
}

TEST(GrpcServerTest, MessagesBeyondTheLimitAreRefused) {
  GrpcServerOptions options = OptionsFor("127.0.0.1:0");
  options.max_message_bytes = 10'000;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<GrpcServer> server, StartGrpcServer(options, {}));
  const auto channel =
      grpc::CreateChannel(server->addresses()[0], grpc::InsecureChannelCredentials());
  katib::Experiment experiment = SampleExperiment("random");
  EXPECT_TRUE(AskFor(channel, experiment).ok());
  experiment.set_name(std::string(10'000, 'x'));
  EXPECT_EQ(AskFor(channel, experiment).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(GrpcServerTest, SlowCallsAreLoggedWithWhatTheyWereAsked) {
  GrpcServerOptions options = OptionsFor("127.0.0.1:0");
  options.slow_call = absl::ZeroDuration();
  std::vector<std::string> log;
  options.log = [&log](const std::string& line) { log.push_back(line); };
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<GrpcServer> server, StartGrpcServer(options, {}));
  const auto channel =
      grpc::CreateChannel(server->addresses()[0], grpc::InsecureChannelCredentials());
  ASSERT_TRUE(AskFor(channel, SampleExperiment("sobol")).ok());
  server->Shutdown(absl::Seconds(10));
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], HasSubstr("\"event\":\"slow call\""));
  EXPECT_THAT(log[0], HasSubstr("\"method\":\"/api.v1.beta1.Suggestion/GetSuggestions\""));
  EXPECT_THAT(log[0], HasSubstr("\"experiment\":\"sample\",\"algorithm\":\"sobol\""));
}

// Tells when it is looked at, as it is when a call begins.
class WatchedClock final : public Clock {
 public:
  absl::Time Now() const override {
    looked_at_ = true;
    return clock_.Now();
  }
  bool looked_at() const { return looked_at_; }

 private:
  SystemClock clock_;
  mutable std::atomic<bool> looked_at_ = false;
};

TEST(GrpcServerTest, ShutdownTellsWatchersAndLetsARunningCallEndAndTakesNoOther) {
  const WatchedClock clock;
  GrpcServerOptions options = OptionsFor("127.0.0.1:0");
  options.clock = &clock;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<GrpcServer> server, StartGrpcServer(options, {}));
  const auto channel =
      grpc::CreateChannel(server->addresses()[0], grpc::InsecureChannelCredentials());
  grpc::ClientContext watching;
  const auto watch =
      health::Health::NewStub(channel)->Watch(&watching, health::HealthCheckRequest());
  health::HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), health::HealthCheckResponse::SERVING);
  grpc::Status running(grpc::StatusCode::UNKNOWN, "");
  std::thread caller([&] { running = AskFor(channel, SampleExperiment("gp"), 100); });
  ASSERT_TRUE(WaitUntil([&] { return clock.looked_at(); }, 20));
  std::thread watcher([&] {
    if (!watch->Read(&state)) state.Clear();
    watching.TryCancel();
  });
  server->Shutdown(absl::Seconds(60));
  caller.join();
  watcher.join();
  EXPECT_TRUE(running.ok()) << running.error_message();
  EXPECT_EQ(state.status(), health::HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(AskFor(channel, SampleExperiment("random")).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(GrpcServerTest, TwoHundredExperimentsAtOnceAllGetTheirTrials) {
  LoopbackServer server;
  std::vector<grpc::Status> answers(200);
  std::vector<std::thread> clients;
  for (size_t i = 0; i < answers.size(); ++i) {
    clients.emplace_back([&, i] {
      katib::Experiment experiment = SampleExperiment("tpe");
      experiment.set_name("experiment-" + std::to_string(i));
      answers[i] = AskFor(server.channel(), experiment, 3);
    });
  }
  for (std::thread& client : clients) client.join();
  for (const grpc::Status& answer : answers) EXPECT_TRUE(answer.ok()) << answer.error_message();
}

}  // namespace
}  // namespace qalam
