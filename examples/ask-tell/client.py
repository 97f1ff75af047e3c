"""A Python program that lets Qalam choose the parameters and runs the trials itself.

    python client.py [ADDRESS [CLIENT_ID]]

Needs grpcio and grpcio-tools, and the contract proto/qalam/v1/qalam.proto below one of the folders
of PYTHONPATH (the top of Qalam's sources).
"""

import os
import sys

import grpc

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
pb, services = grpc.protos_and_services("proto/qalam/v1/qalam.proto")

MANIFEST = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: ask-tell-py}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: auto}
  maxTrialCount: 30
  parallelTrialCount: 4
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
    - {name: "y", parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
"""


def steps_of_training(parameters):
    """What is to be minimised, step by step: your training goes here."""
    x, y = float(parameters["x"]), float(parameters["y"])
    for step in range(1, 6):
        yield (x - 2) ** 2 + (y + 1) ** 2 + 1 / step


def run(stub, experiment, client, trial):
    """Runs a trial, reports each step, and tells its end."""
    claim = dict(experiment=experiment, client_id=client, trial=trial.name, attempt=trial.attempt)
    for loss in steps_of_training({p.name: p.value for p in trial.parameters}):
        metrics = [pb.NamedValue(name="loss", value=repr(loss))]
        if stub.Report(pb.ReportRequest(metrics=metrics, **claim)).stop:
            return
    stub.Tell(pb.TellRequest(**claim))


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:6789"
    client = sys.argv[2] if len(sys.argv) > 2 else "client-1"
    stub = services.AskTellStub(grpc.insecure_channel(address))
    experiment = stub.CreateExperiment(pb.CreateExperimentRequest(manifest=MANIFEST)).experiment
    while True:
        asked = stub.Ask(pb.AskRequest(experiment=experiment, client_id=client, wait_seconds=60))
        if asked.experiment_ended:
            break
        if asked.HasField("trial"):
            run(stub, experiment, client, asked.trial)
    state = stub.GetExperiment(pb.GetExperimentRequest(experiment=experiment))
    best = " ".join(f"{p.name}={p.value}" for p in state.best.parameters)
    print(f"best loss {state.best_objective:g} at {best}")


if __name__ == "__main__":
    main()
