#ifndef QALAM_TESTS_SERVER_KATIB_CONTROLLER_H_
#define QALAM_TESTS_SERVER_KATIB_CONTROLLER_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"
#include "server/grpc/grpc_server.h"
#include "tests/support/temp_dir.h"

namespace qalam {

// A server on a free port of loopback, and a connection to it.
class LoopbackServer {
 public:
  LoopbackServer();

  // Ends it and starts another one on the same folder, which knows nothing of what the first was
  // asked.
  void Restart();

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  GrpcServer& server() { return *server_; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  void Start();

  TempDir dir_;
  SystemClock clock_;
  std::vector<std::string> log_;
  std::unique_ptr<ObservationLog> observations_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Drives an experiment as Katib's controller does: sends all trials with every question, without
// their labels, and in an order of its own; asks for exactly as many as it has room for and refuses
// any other number; merges the settings of an answer into those of the experiment. Where the
// experiment has early stopping, asks for its rules after each answer, and plays the sidecar of
// each trial: reports once, at the end, and stops it when all rules that it was given have fired.
class KatibController {
 public:
  struct Options {
    uint64_t shuffle = 1;     // names the order in which trials are sent
    bool keeps_names = true;  // takes the names that the server gives to trials
    bool restarts = false;    // the server is restarted before every question
    // The metric's value of the trial with these parameters, as text.
    std::function<std::string(const std::map<std::string, std::string>&)> evaluate;
    // With early stopping: what the trial would report.
    std::function<std::vector<double>(const std::map<std::string, std::string>&)> curve;
    std::string db_manager_address;
  };
  KatibController(api::v1::beta1::Experiment experiment, Options options);

  // To the end of the experiment, or to the first thing that Katib's controller would not take:
  // that is told.
  std::string Run(LoopbackServer* server);

  // Adds a trial that the server did not propose.
  void AddForeign(api::v1::beta1::Trial trial) { trials_.push_back(std::move(trial)); }
  // The parameters of all trials in the order in which they were made, "x=1 y=2".
  const std::vector<std::string>& proposals() const { return proposals_; }
  const std::vector<api::v1::beta1::Trial>& trials() const { return trials_; }
  // Reports of all trials together.
  size_t reports() const { return reports_; }
  const api::v1::beta1::Experiment& experiment() const { return experiment_; }

  // The next question for `wanted` trials.
  api::v1::beta1::GetSuggestionsRequest Question(int wanted);

 private:
  using Rules = std::vector<api::v1::beta1::EarlyStoppingRule>;
  std::string Ask(LoopbackServer* server, int wanted);
  std::string AskForRules(LoopbackServer* server,
                          const api::v1::beta1::GetSuggestionsRequest& asked);
  std::string Take(const api::v1::beta1::GetSuggestionsReply& reply, int wanted);
  std::string FinishSome(LoopbackServer* server);
  std::string FinishCurve(LoopbackServer* server, api::v1::beta1::Trial* trial);
  int Active() const;

  api::v1::beta1::Experiment experiment_;  // as the user wrote it
  std::map<std::string, std::string> status_settings_;
  const Options options_;
  std::vector<api::v1::beta1::Trial> trials_;
  std::map<std::string, Rules> rules_;  // by the name of the trial
  std::vector<std::string> proposals_;
  size_t reports_ = 0;
  int suggested_ = 0;
  int calls_ = 0;
};

// An experiment that minimises "loss" over three parameters that every algorithm can search: x, a
// double with a step, k, an int, and c, a choice. Algorithms that need a resource take k for it.
api::v1::beta1::Experiment SampleExperiment(const std::string& algorithm);
// A smooth function of them.
std::string SampleLoss(const std::map<std::string, std::string>& values);

}  // namespace qalam

#endif  // QALAM_TESTS_SERVER_KATIB_CONTROLLER_H_
