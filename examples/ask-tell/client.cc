// A C++ program that lets Qalam choose the parameters and runs the trials itself.
//
//   client ADDRESS CLIENT_ID
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "proto/qalam/v1/qalam.grpc.pb.h"

namespace {

using qalam::v1::AskTell;

constexpr char kManifest[] = R"(
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: ask-tell-cc}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: auto}
  maxTrialCount: 30
  parallelTrialCount: 4
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
    - {name: "y", parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
)";

void Check(const grpc::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error_message().c_str());
  std::exit(1);
}

// What is to be minimised: your training goes here.
double Loss(const qalam::v1::Trial& trial) {
  const double x = std::atof(trial.parameters(0).value().c_str());
  const double y = std::atof(trial.parameters(1).value().c_str());
  return (x - 2) * (x - 2) + (y + 1) * (y + 1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string address = argc > 1 ? argv[1] : "127.0.0.1:6789";
  const std::string client = argc > 2 ? argv[2] : "client-1";
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const std::unique_ptr<AskTell::Stub> stub = AskTell::NewStub(channel);

  qalam::v1::CreateExperimentRequest create;
  create.set_manifest(kManifest);
  qalam::v1::CreateExperimentReply created;
  grpc::ClientContext creating;
  Check(stub->CreateExperiment(&creating, create, &created));

  while (true) {
    qalam::v1::AskRequest ask;
    *ask.mutable_experiment() = created.experiment();
    ask.set_client_id(client);
    ask.set_wait_seconds(60);
    qalam::v1::AskReply asked;
    grpc::ClientContext asking;
    Check(stub->Ask(&asking, ask, &asked));
    if (asked.experiment_ended()) break;
    if (!asked.has_trial()) continue;

    qalam::v1::TellRequest tell;
    *tell.mutable_experiment() = created.experiment();
    tell.set_client_id(client);
    tell.set_trial(asked.trial().name());
    tell.set_attempt(asked.trial().attempt());
    qalam::v1::NamedValue* metric = tell.add_metrics();
    metric->set_name("loss");
    metric->set_value(std::to_string(Loss(asked.trial())));
    qalam::v1::TellReply told;
    grpc::ClientContext telling;
    Check(stub->Tell(&telling, tell, &told));
  }

  qalam::v1::GetExperimentRequest get;
  *get.mutable_experiment() = created.experiment();
  qalam::v1::GetExperimentReply state;
  grpc::ClientContext getting;
  Check(stub->GetExperiment(&getting, get, &state));
  std::printf("best loss %g at x=%s y=%s\n", state.best_objective(),
              state.best().parameters(0).value().c_str(),
              state.best().parameters(1).value().c_str());
  return 0;
}
