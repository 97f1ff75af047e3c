// How fast `qalam serve` answers Katib's controller: the time of GetSuggestions over loopback with
// all trials of a long experiment in each request, as the client sees it (its own encoding
// included), the server's memory, and the time from its start until it serves.
//
//   grpc_latency QALAM [TRIALS [CALLS [ALGORITHM...]]]
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/parameter.h"
#include "core/random_stream.h"
#include "proto/health/v1/health.grpc.pb.h"
#include "proto/katib/v1beta1/api.grpc.pb.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace qalam {
namespace {

namespace katib = api::v1::beta1;
using SteadyClock = std::chrono::steady_clock;

double MsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
}

// A field of /proc/PID/status in MiB.
double StatusMib(pid_t pid, const char* field) {
  for (const absl::string_view line :
       absl::StrSplit(ReadFile(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    if (!absl::StartsWith(line, field)) continue;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    int64_t kib = 0;
    if (words.size() > 1 && absl::SimpleAtoi(words[1], &kib))
      return static_cast<double>(kib) / 1024;
  }
  return 0;
}

// The program in a process of its own, and a connection to it.
class Server {
 public:
  explicit Server(const std::string& qalam) {
    const SteadyClock::time_point start = SteadyClock::now();
    const std::string out = dir_.path() + "/out";
    program_ = std::make_unique<Program>(
        std::vector<std::string>{qalam, "serve", "--grpc-address", "127.0.0.1:0", "--data-dir",
                                 dir_.path()},
        out, dir_.path() + "/err");
    while (!absl::StrContains(ReadFile(out), "\n")) usleep(500);
    const std::vector<std::string> words =
        absl::StrSplit(ReadFile(out), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    channel_ = grpc::CreateChannel(words.back(), grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    request.set_service("manager.v1beta1.Suggestion");
    const grpc::Status status =
        grpc::health::v1::Health::NewStub(channel_)->Check(&context, request, &response);
    if (!status.ok() || response.status() != grpc::health::v1::HealthCheckResponse::SERVING) {
      std::fprintf(stderr, "not serving: %s\n", status.error_message().c_str());
      std::exit(1);
    }
    start_ms_ = MsSince(start);
  }

  double start_ms() const { return start_ms_; }
  pid_t pid() const { return program_->pid(); }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  TempDir dir_;
  std::unique_ptr<Program> program_;
  std::shared_ptr<grpc::Channel> channel_;
  double start_ms_ = 0;
};

katib::Experiment SixParameters(const std::string& algorithm) {
  katib::Experiment experiment;
  experiment.set_name("latency");
  katib::ExperimentSpec* spec = experiment.mutable_spec();
  spec->mutable_algorithm()->set_algorithm_name(algorithm);
  spec->mutable_objective()->set_type(katib::MINIMIZE);
  spec->mutable_objective()->set_objective_metric_name("loss");
  spec->set_parallel_trial_count(3);
  for (const char* name : {"lr", "momentum", "dropout", "decay", "width"}) {
    katib::ParameterSpec* parameter = spec->mutable_parameter_specs()->add_parameters();
    parameter->set_name(name);
    const bool whole = absl::string_view(name) == "width";
    parameter->set_parameter_type(whole ? katib::INT : katib::DOUBLE);
    parameter->mutable_feasible_space()->set_min(whole ? "16" : "0.0001");
    parameter->mutable_feasible_space()->set_max(whole ? "512" : "1");
  }
  katib::ParameterSpec* optimizer = spec->mutable_parameter_specs()->add_parameters();
  optimizer->set_name("optimizer");
  optimizer->set_parameter_type(katib::CATEGORICAL);
  for (const char* choice : {"sgd", "adam", "ftrl"}) {
    optimizer->mutable_feasible_space()->add_list(choice);
  }
  return experiment;
}

// A finished trial with these parameters.
void Finish(katib::Trial* trial) {
  double loss = 0;
  for (const auto& assignment : trial->spec().parameter_assignments().assignments()) {
    const double value = ParseNumber(assignment.value()).value_or(0.1);
    loss += (value - 0.3) * (value - 0.3) / (assignment.name() == "width" ? 1e5 : 1);
  }
  trial->mutable_status()->set_condition(katib::TrialStatus::SUCCEEDED);
  trial->mutable_status()->set_start_time("2026-01-02T15:04:05Z");
  trial->mutable_status()->set_completion_time("2026-01-02T15:09:05Z");
  katib::Metric* metric = trial->mutable_status()->mutable_observation()->add_metrics();
  metric->set_name("loss");
  metric->set_value(FormatNumber(loss));
}

// Asks for one trial, finishes it and sends it along with the next question.
class Controller {
 public:
  Controller(std::shared_ptr<grpc::Channel> channel, const std::string& algorithm)
      : stub_(katib::Suggestion::NewStub(channel)) {
    *request_.mutable_experiment() = SixParameters(algorithm);
  }

  void AddRandomTrials(int count) {
    for (int i = 0; i < count; ++i) {
      RandomStream random(1, static_cast<uint64_t>(i), "trial");
      katib::Trial* trial = request_.add_trials();
      trial->set_name(absl::StrCat("latency-", i));
      auto* assignments = trial->mutable_spec()->mutable_parameter_assignments();
      for (const auto& parameter : request_.experiment().spec().parameter_specs().parameters()) {
        katib::ParameterAssignment* assignment = assignments->add_assignments();
        assignment->set_name(parameter.name());
        assignment->set_value(parameter.parameter_type() == katib::INT
                                  ? absl::StrCat(16 + random.Below(497))
                              : parameter.parameter_type() == katib::DOUBLE
                                  ? FormatNumber(0.0001 + 0.9999 * random.Uniform())
                                  : "adam");
      }
      Finish(trial);
    }
  }

  double Call(int count = 1) {
    request_.set_current_request_number(count);
    request_.set_total_request_number(request_.trials_size() + count);
    katib::GetSuggestionsReply reply;
    grpc::ClientContext context;
    const SteadyClock::time_point start = SteadyClock::now();
    const grpc::Status status = stub_->GetSuggestions(&context, request_, &reply);
    const double ms = MsSince(start);
    if (!status.ok()) {
      std::fprintf(stderr, "GetSuggestions: %s\n", status.error_message().c_str());
      std::exit(1);
    }
    for (const auto& proposed : reply.parameter_assignments()) {
      katib::Trial* trial = request_.add_trials();
      trial->set_name(proposed.trial_name());
      *trial->mutable_spec()->mutable_parameter_assignments()->mutable_assignments() =
          proposed.assignments();
      Finish(trial);
    }
    for (const auto& setting : reply.algorithm().algorithm_settings()) Merge(setting);
    return ms;
  }

  size_t RequestBytes() const { return request_.ByteSizeLong(); }

 private:
  void Merge(const katib::AlgorithmSetting& setting) {
    auto* settings = request_.mutable_experiment()
                         ->mutable_spec()
                         ->mutable_algorithm()
                         ->mutable_algorithm_settings();
    for (katib::AlgorithmSetting& known : *settings) {
      if (known.name() != setting.name()) continue;
      known.set_value(setting.value());
      return;
    }
    *settings->Add() = setting;
  }

  std::unique_ptr<katib::Suggestion::Stub> stub_;
  katib::GetSuggestionsRequest request_;
};

void Measure(const std::string& qalam, const std::string& algorithm, int trials, int calls) {
  Server server(qalam);
  const double idle = StatusMib(server.pid(), "VmRSS:");
  Controller controller(server.channel(), algorithm);
  controller.AddRandomTrials(trials);
  const double first = controller.Call();
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) times.push_back(controller.Call());
  std::printf(
      "%-22s start %5.0f ms, idle %5.1f MiB | %d trials (%.1f MB a request): first call %6.1f ms, "
      "then median %6.1f ms, p99 %6.1f ms | %5.1f MiB, peak %5.1f\n",
      algorithm.c_str(), server.start_ms(), idle, trials,
      static_cast<double>(controller.RequestBytes()) / 1e6, first, Quantile(times, 0.5),
      Quantile(times, 0.99), StatusMib(server.pid(), "VmRSS:"), StatusMib(server.pid(), "VmHWM:"));
  std::fflush(stdout);
}

}  // namespace
}  // namespace qalam

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s QALAM [TRIALS [CALLS [ALGORITHM...]]]\n", argv[0]);
    return 2;
  }
  const int trials = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const int calls = argc > 3 ? std::atoi(argv[3]) : 100;
  std::vector<std::string> algorithms(argv + std::min(argc, 4), argv + argc);
  if (algorithms.empty()) algorithms = {"random", "tpe", "gp", "auto"};
  for (const std::string& algorithm : algorithms) {
    qalam::Measure(argv[1], algorithm, trials, std::max(calls, 1));
  }
  return 0;
}
