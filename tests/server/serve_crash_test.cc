// The server killed in the middle of its clients' work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/mutex.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"
#include "storage/store.h"
#include "tests/server/serve_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

constexpr int kClients = 8;
constexpr int kTrials = 400;
constexpr int kKills = 4;

constexpr char kManifest[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: tpe}
  maxTrialCount: 400
  parallelTrialCount: 8
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-1", max: "1"}}
)";

// What all clients have seen together.
class Witness {
 public:
  void SawTrial(const std::string& trial, int attempt, const std::string& client) {
    MutexLock lock(&mutex_);
    const auto [found, is_new] = holders_.emplace(std::pair(trial, attempt), client);
    if (found->second != client) handed_twice_.insert(trial);
  }
  void WasAcknowledged(const std::string& trial, const std::string& value) {
    MutexLock lock(&mutex_);
    acknowledged_[trial] = value;
    ++count_;
  }
  int count() const { return count_; }
  std::map<std::string, std::string> acknowledged() {
    MutexLock lock(&mutex_);
    return acknowledged_;
  }
  std::set<std::string> handed_twice() {
    MutexLock lock(&mutex_);
    return handed_twice_;
  }

 private:
  Mutex mutex_;
  std::map<std::pair<std::string, int>, std::string> holders_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> handed_twice_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> count_ = 0;
};

// Repeats a call until it gets through to a server.
template <typename Call>
grpc::Status Insist(const Call& call) {
  while (true) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);  // for the next server, without asking all the time
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    const grpc::Status status = call(&context);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
        status.error_code() != grpc::StatusCode::CANCELLED) {
      return status;
    }
  }
}

void Work(const std::shared_ptr<grpc::Channel>& channel, const std::string& client,
          Witness* witness) {
  const std::unique_ptr<v1::AskTell::Stub> stub = v1::AskTell::NewStub(channel);
  while (true) {
    v1::AskRequest ask;
    ask.mutable_experiment()->set_name("bowl");
    ask.set_client_id(client);
    ask.set_wait_seconds(5);
    v1::AskReply asked;
    const grpc::Status got =
        Insist([&](grpc::ClientContext* context) { return stub->Ask(context, ask, &asked); });
    ASSERT_TRUE(got.ok()) << got.error_message();
    if (!asked.has_trial()) {
      if (asked.experiment_ended()) return;
      continue;
    }
    witness->SawTrial(asked.trial().name(), asked.trial().attempt(), client);
    v1::TellRequest tell;
    *tell.mutable_experiment() = ask.experiment();
    tell.set_client_id(client);
    tell.set_trial(asked.trial().name());
    tell.set_attempt(asked.trial().attempt());
    v1::NamedValue* metric = tell.add_metrics();
    metric->set_name("loss");
    metric->set_value(absl::StrCat(asked.trial().number() + 1));
    v1::TellReply told;
    const grpc::Status sent =
        Insist([&](grpc::ClientContext* context) { return stub->Tell(context, tell, &told); });
    ASSERT_TRUE(sent.ok()) << sent.error_message();
    // Not accepted: a crash came between the write and its answer, and it was told before.
    witness->WasAcknowledged(asked.trial().name(), metric->value());
  }
}

TEST(ServeCrashTest, NothingAcknowledgedIsLostAndNoTrialIsHandedOutTwice) {
  TempDir dir;
  ServeProcess server(QALAM_BINARY, dir.path());
  v1::CreateExperimentRequest create;
  create.set_manifest(kManifest);
  v1::CreateExperimentReply created;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::AskTell::NewStub(server.NewChannel())->CreateExperiment(&context, create, &created);
  ASSERT_TRUE(status.ok()) << status.error_message();
  Witness witness;
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(Work, server.NewChannel(), absl::StrCat("client-", i), &witness);
  }
  for (int kill = 1; kill <= kKills; ++kill) {
    EXPECT_TRUE(WaitUntil([&] { return witness.count() >= kill * kTrials / (kKills + 1); }, 60));
    server.KillAndStart();
  }
  for (std::thread& client : clients) client.join();

  EXPECT_THAT(witness.handed_twice(), testing::IsEmpty());
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Store> store,
                       OpenSqliteStore(dir.path() + "/qalam.db"));
  ASSERT_OK_AND_ASSIGN(const ExperimentRecord record, store->GetExperiment("default", "bowl"));
  EXPECT_EQ(record.condition, "Succeeded");
  std::map<std::string, std::string> stored;
  ASSERT_OK(store->VisitTrials(record.id, {}, [&](const StoredTrial& trial) {
    EXPECT_EQ(trial.condition, TrialCondition::kSucceeded) << trial.name << trial.message;
    stored[trial.name] = absl::StrCat(trial.objective.value_or(0));
    return true;
  }));
  EXPECT_EQ(stored.size(), static_cast<size_t>(kTrials));
  EXPECT_EQ(witness.acknowledged(), stored);
}

}  // namespace
}  // namespace qalam
