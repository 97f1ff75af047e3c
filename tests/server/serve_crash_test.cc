// The server killed in the middle of its clients' work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
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

constexpr int kTrials = 1000;
constexpr int kKills = 6;
// Results of a client that may be written at a crash without that it knows, and more.
constexpr int kMaxUnknown = 64;

constexpr char kManifest[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: bowl}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: tpe}
  maxTrialCount: 1000
  parallelTrialCount: 8
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-1", max: "1"}}
)";

// What all clients have seen together.
class Witness {
 public:
  void SawTrial(const v1::Trial& trial, const std::string& client) {
    MutexLock lock(&mutex_);
    const std::pair seen(client, trial.parameters(0).value());
    const auto [found, is_new] = holders_.emplace(std::pair(trial.name(), trial.attempt()), seen);
    if (found->second != seen) handed_twice_.insert(trial.name());
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
  // Client and parameter of trials and their attempts.
  std::map<std::pair<std::string, int>, std::pair<std::string, std::string>> holders_
      ABSL_GUARDED_BY(mutex_);
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

v1::TellRequest TellOf(const v1::Trial& trial, const std::string& client) {
  v1::TellRequest tell;
  tell.mutable_experiment()->set_name("bowl");
  tell.set_client_id(client);
  tell.set_trial(trial.name());
  tell.set_attempt(trial.attempt());
  v1::NamedValue* metric = tell.add_metrics();
  metric->set_name("loss");
  metric->set_value(absl::StrCat(trial.number() + 1));
  return tell;
}

void WorkByCalls(const std::shared_ptr<grpc::Channel>& channel, const std::string& client,
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
    witness->SawTrial(asked.trial(), client);
    const v1::TellRequest tell = TellOf(asked.trial(), client);
    v1::TellReply told;
    const grpc::Status sent =
        Insist([&](grpc::ClientContext* context) { return stub->Tell(context, tell, &told); });
    ASSERT_TRUE(sent.ok()) << sent.error_message();
    // Not accepted: a crash came between the write and its answer, and it was told before.
    witness->WasAcknowledged(tell.trial(), tell.metrics(0).value());
  }
}

// A client with a stream, and a new one whenever that breaks.
class StreamWorker {
 public:
  StreamWorker(const std::shared_ptr<grpc::Channel>& channel, std::string client, Witness* witness)
      : client_(std::move(client)), stub_(v1::AskTell::NewStub(channel)), witness_(witness) {}

  void Work() {
    while (!ended_) Connect();
  }

 private:
  void Connect() {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    const auto stream = stub_->Work(&context);
    v1::WorkRequest request;
    if (told_.empty()) {
      Ask(&request);
    } else {
      // Whether this got through is not known.
      *request.mutable_tell() = told_.front();
      told_.resize(1);
    }
    bool connected = stream->Write(request);
    v1::WorkReply reply;
    while (connected && stream->Read(&reply)) {
      for (int i = 0; i < reply.told_size(); ++i) WasTold();
      if (reply.has_asked()) connected = GoOn(reply.asked(), &request) && stream->Write(request);
    }
    context.TryCancel();
    const grpc::Status status = stream->Finish();
    ASSERT_TRUE(ended_ || status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED);
  }

  void Ask(v1::WorkRequest* request) const {
    request->mutable_ask()->mutable_experiment()->set_name("bowl");
    request->mutable_ask()->set_client_id(client_);
    request->mutable_ask()->set_wait_seconds(5);
  }

  // False at the experiment's end.
  bool GoOn(const v1::AskReply& asked, v1::WorkRequest* request) {
    request->Clear();
    if (asked.experiment_ended() && !asked.has_trial()) {
      ended_ = true;
      return false;
    }
    if (!asked.has_trial()) {
      Ask(request);
      return true;
    }
    witness_->SawTrial(asked.trial(), client_);
    told_.push_back(TellOf(asked.trial(), client_));
    told_.back().set_ask(true);
    *request->mutable_tell() = told_.back();
    return true;
  }

  // Accepted, or else it had been told before a crash.
  void WasTold() {
    ASSERT_FALSE(told_.empty());
    witness_->WasAcknowledged(told_.front().trial(), told_.front().metrics(0).value());
    told_.pop_front();
  }

  const std::string client_;
  const std::unique_ptr<v1::AskTell::Stub> stub_;
  Witness* const witness_;
  std::deque<v1::TellRequest> told_;  // and not acknowledged
  bool ended_ = false;
};

using Client = void(const std::shared_ptr<grpc::Channel>& channel, const std::string& client,
                    Witness* witness);

void WorkByStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& client,
                  Witness* witness) {
  StreamWorker(channel, client, witness).Work();
}

// Runs the experiment with these clients, and kills the server again and again.
void CheckKilled(const std::vector<Client*>& clients) {
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
  std::vector<std::thread> threads;
  for (size_t i = 0; i < clients.size(); ++i) {
    threads.emplace_back(clients[i], server.NewChannel(), absl::StrCat("client-", i), &witness);
  }
  for (int kill = 1; kill <= kKills; ++kill) {
    EXPECT_TRUE(WaitUntil([&] { return witness.count() >= kill * kTrials / (kKills + 1); }, 60));
    server.KillAndStart();
  }
  for (std::thread& thread : threads) thread.join();

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
  // What a stream told and was written just before a crash may be there without that its client
  // knows.
  for (const auto& [trial, value] : witness.acknowledged()) EXPECT_EQ(stored[trial], value);
  EXPECT_GE(witness.acknowledged().size(), kTrials - kKills * kMaxUnknown);
}

TEST(ServeCrashTest, NothingAcknowledgedIsLostAndNoTrialIsHandedOutTwice) {
  CheckKilled(std::vector<Client*>(8, WorkByCalls));
}

TEST(ServeCrashTest, NorIsItWithStreams) {
  CheckKilled({WorkByStream, WorkByCalls, WorkByStream, WorkByCalls, WorkByStream, WorkByStream,
               WorkByStream, WorkByStream});
}

// What it got before the disk had it, it gets again.
TEST(ServeCrashTest, AClientAloneThatGoesOnAheadOfTheDiskIsGivenTheSameTrialsAgain) {
  CheckKilled({WorkByStream});
}

}  // namespace
}  // namespace qalam
