// How many trials a second `qalam serve` hands out and takes back: clients over loopback that ask
// and tell, with the store on disk and each acknowledged result synced, beside plain synced commits
// of one row to SQLite on the same disk; and what a cycle takes of the processor. Once with a call
// for each, once with one call that tells and asks, and once with a stream.
//
//   ask_tell QALAM FOLDER [SECONDS [ALGORITHM]]
#include <grpcpp/grpcpp.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/qalam/v1/qalam.grpc.pb.h"
#include "tests/server/serve_process.h"

namespace qalam {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

double PlainCommits(const std::string& folder, double seconds) {
  sqlite3* db = nullptr;
  const std::string path = folder + "/plain.db";
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) Fail("cannot open " + path);
  sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(x TEXT)",
               nullptr, nullptr, nullptr);
  int commits = 0;
  const SteadyClock::time_point start = SteadyClock::now();
  for (; SecondsSince(start) < seconds; ++commits) {
    if (sqlite3_exec(db, "INSERT INTO t VALUES('a result of some length, as a trial has')", nullptr,
                     nullptr, nullptr) != SQLITE_OK) {
      Fail("cannot write to " + path);
    }
  }
  const double rate = commits / SecondsSince(start);
  sqlite3_close(db);
  return rate;
}

v1::Trial Ask(v1::AskTell::Stub* stub, const std::string& experiment, const std::string& client) {
  v1::AskRequest ask;
  ask.mutable_experiment()->set_name(experiment);
  ask.set_client_id(client);
  ask.set_wait_seconds(10);
  v1::AskReply asked;
  grpc::ClientContext asking;
  asking.set_wait_for_ready(true);
  if (const auto status = stub->Ask(&asking, ask, &asked); !status.ok() || !asked.has_trial()) {
    Fail("Ask: " + status.error_message());
  }
  return asked.trial();
}

v1::TellRequest TellOf(const v1::Trial& trial) {
  v1::TellRequest tell;
  tell.set_trial(trial.name());
  tell.set_attempt(trial.attempt());
  v1::NamedValue* metric = tell.add_metrics();
  metric->set_name("loss");
  metric->set_value(trial.parameters(0).value());
  return tell;
}

void CheckAccepted(const v1::TellReply& told) {
  if (!told.accepted()) Fail("Tell: " + told.reason());
}

enum class Way { kTwoCalls, kOneCall, kStream };

struct Worker {
  std::string experiment;
  std::string client;
  Way way = Way::kTwoCalls;
};

// Both ask and tell until told to stop, and add to `cycles` each result that is on disk.

void WorkByCalls(v1::AskTell::Stub* stub, const Worker& worker, const std::atomic<bool>& stop,
                 std::atomic<int>* cycles) {
  std::optional<v1::Trial> trial;
  while (!stop) {
    if (!trial.has_value()) trial = Ask(stub, worker.experiment, worker.client);
    v1::TellRequest tell = TellOf(*trial);
    tell.mutable_experiment()->set_name(worker.experiment);
    tell.set_client_id(worker.client);
    tell.set_ask(worker.way == Way::kOneCall);
    v1::TellReply told;
    grpc::ClientContext telling;
    if (const auto status = stub->Tell(&telling, tell, &told); !status.ok()) {
      Fail("Tell: " + status.error_message());
    }
    CheckAccepted(told);
    trial = told.has_next() ? std::optional(told.next()) : std::nullopt;
    ++*cycles;
  }
}

void WorkByStream(v1::AskTell::Stub* stub, const Worker& worker, const std::atomic<bool>& stop,
                  std::atomic<int>* cycles) {
  grpc::ClientContext context;
  const auto stream = stub->Work(&context);
  v1::WorkRequest first;
  first.mutable_ask()->mutable_experiment()->set_name(worker.experiment);
  first.mutable_ask()->set_client_id(worker.client);
  first.mutable_ask()->set_wait_seconds(10);
  stream->Write(first);
  v1::WorkReply reply;
  while (stream->Read(&reply)) {
    for (const v1::TellReply& told : reply.told()) {
      CheckAccepted(told);
      ++*cycles;
    }
    if (!reply.has_asked()) continue;
    if (stop) break;
    if (!reply.asked().has_trial()) Fail("Work: there is no trial");
    v1::WorkRequest request;
    *request.mutable_tell() = TellOf(reply.asked().trial());
    request.mutable_tell()->set_ask(true);
    stream->Write(request);
  }
  if (!stop) Fail("Work: " + stream->Finish().error_message());
}

void Work(const std::shared_ptr<grpc::Channel>& channel, const Worker& worker,
          const std::atomic<bool>& stop, std::atomic<int>* cycles) {
  const std::unique_ptr<v1::AskTell::Stub> stub = v1::AskTell::NewStub(channel);
  if (worker.way == Way::kStream) {
    WorkByStream(stub.get(), worker, stop, cycles);
  } else {
    WorkByCalls(stub.get(), worker, stop, cycles);
  }
}

// What the server has used, and this process.
struct CpuSeconds {
  double server = 0;
  double clients = 0;
};

CpuSeconds UsedBy(const ServeProcess& server) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", server.pid(), "/stat"));
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  CpuSeconds used;
  for (const size_t field : {11, 12}) {  // user, system
    int64_t ticks = 0;
    if (!absl::SimpleAtoi(fields[field], &ticks)) Fail("cannot read " + stat);
    used.server += static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  rusage own = {};
  getrusage(RUSAGE_SELF, &own);
  for (const timeval& time : {own.ru_utime, own.ru_stime}) {
    used.clients += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }
  return used;
}

struct Measured {
  double rate = 0;  // cycles a second
  CpuSeconds each;  // of a cycle
};

Measured Cycles(const ServeProcess& server, const std::string& algorithm, int clients, Way way,
                double seconds) {
  const std::string experiment = absl::StrCat("clients-", clients, "-", static_cast<int>(way));
  v1::CreateExperimentRequest create;
  create.set_manifest(absl::StrCat(R"({"apiVersion": "kubeflow.org/v1beta1", "kind": "Experiment",
    "metadata": {"name": ")",
                                   experiment, R"("}, "spec": {
      "objective": {"type": "minimize", "objectiveMetricName": "loss"},
      "algorithm": {"algorithmName": ")",
                                   algorithm, R"("}, "parallelTrialCount": )", clients, R"(,
      "parameters": [
        {"name": "x", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}},
        {"name": "y", "parameterType": "double", "feasibleSpace": {"min": "0", "max": "1"}}]}})"));
  v1::CreateExperimentReply created;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::AskTell::NewStub(server.NewChannel())->CreateExperiment(&context, create, &created);
  if (!status.ok()) Fail("CreateExperiment: " + status.error_message());
  std::atomic<bool> stop = false;
  std::atomic<int> cycles = 0;
  std::vector<std::thread> threads;
  const CpuSeconds before = UsedBy(server);
  const SteadyClock::time_point start = SteadyClock::now();
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back(Work, server.NewChannel(),
                         Worker{experiment, absl::StrCat("client-", i), way}, std::cref(stop),
                         &cycles);
  }
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const CpuSeconds after = UsedBy(server);
  const int done = cycles;
  const double rate = done / SecondsSince(start);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return {rate, {(after.server - before.server) / done, (after.clients - before.clients) / done}};
}

}  // namespace
}  // namespace qalam

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s QALAM FOLDER [SECONDS [ALGORITHM]]\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[2];
  const double seconds = argc > 3 ? std::atof(argv[3]) : 5;
  const std::string algorithm = argc > 4 ? argv[4] : "random";
  std::printf("%s, %.0f s each\n", algorithm.c_str(), seconds);
  const double plain = qalam::PlainCommits(folder, seconds);
  std::printf("plain synced commits   %8.0f a second\n", plain);
  using qalam::Way;
  for (const auto& [way, name] : {std::pair(Way::kTwoCalls, "ask, then tell"),
                                  {Way::kOneCall, "one call"},
                                  {Way::kStream, "stream"}}) {
    for (const int clients : {1, 8, 64}) {
      // A store of its own each time, as a large one is slower.
      const std::string own = absl::StrCat(folder, "/", static_cast<int>(way), "-", clients);
      std::filesystem::create_directories(own);
      // Static, so that it ends with the program when that fails, too.
      static std::optional<qalam::ServeProcess> server;
      server.emplace(argv[1], own);
      const qalam::Measured cycles = qalam::Cycles(*server, algorithm, clients, way, seconds);
      server.reset();
      std::printf(
          "%2d clients, %-15s %8.0f a second (%.2f of plain commits), %3.0f us of the server and "
          "%3.0f us of the clients\n",
          clients, name, cycles.rate, cycles.rate / plain, 1e6 * cycles.each.server,
          1e6 * cycles.each.clients);
      std::fflush(stdout);
    }
  }
  return 0;
}
