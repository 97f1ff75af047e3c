"""A Python program with short trials: asks and tells over one stream.

    python stream.py [ADDRESS [CLIENT_ID]]

Needs what client.py needs.
"""

import collections
import os
import queue
import sys

import grpc

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
pb, services = grpc.protos_and_services("proto/qalam/v1/qalam.proto")

MANIFEST = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {name: ask-tell-stream}
spec:
  objective: {type: minimize, objectiveMetricName: loss}
  algorithm: {algorithmName: tpe}
  maxTrialCount: 1000
  parallelTrialCount: 4
  parameters:
    - {name: x, parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
    - {name: "y", parameterType: double, feasibleSpace: {min: "-5", max: "5"}}
"""


def loss_of(parameters):
    """What is to be minimised: your computation goes here."""
    x, y = float(parameters["x"]), float(parameters["y"])
    return (x - 2) ** 2 + (y + 1) ** 2


class Worker:
    """Works until the experiment has ended, over as many connections as it takes."""

    def __init__(self, stub, experiment, client):
        self.stub = stub
        self.claim = dict(experiment=experiment, client_id=client)
        self.told = collections.deque()  # results that may not be on disk yet
        self.ended = False

    def run(self):
        while not self.ended:
            try:
                self.connect()
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise

    def connect(self):
        requests = queue.SimpleQueue()
        # Whether the oldest result got through before the connection broke is not known; those after
        # it are asked for again, if need be.
        self.told = collections.deque(list(self.told)[:1])
        requests.put(pb.WorkRequest(tell=self.told[0]) if self.told else self.ask())
        for reply in self.stub.Work(iter(requests.get, None), wait_for_ready=True):
            for _ in reply.told:
                self.told.popleft()
            if reply.HasField("asked"):
                self.ended = reply.asked.experiment_ended and not reply.asked.HasField("trial")
                if not self.ended:
                    requests.put(self.answer(reply.asked))
            if self.ended and not self.told:
                requests.put(None)

    def ask(self):
        return pb.WorkRequest(ask=pb.AskRequest(wait_seconds=60, **self.claim))

    def answer(self, asked):
        if not asked.HasField("trial"):
            return self.ask()
        trial = asked.trial
        loss = loss_of({p.name: p.value for p in trial.parameters})
        tell = pb.TellRequest(trial=trial.name, attempt=trial.attempt, ask=True,
                              metrics=[pb.NamedValue(name="loss", value=repr(loss))], **self.claim)
        self.told.append(tell)
        return pb.WorkRequest(tell=tell)


def main():
    address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:6789"
    client = sys.argv[2] if len(sys.argv) > 2 else "client-1"
    stub = services.AskTellStub(grpc.insecure_channel(address))
    experiment = stub.CreateExperiment(pb.CreateExperimentRequest(manifest=MANIFEST)).experiment
    Worker(stub, experiment, client).run()
    state = stub.GetExperiment(pb.GetExperimentRequest(experiment=experiment))
    best = " ".join(f"{p.name}={p.value}" for p in state.best.parameters)
    print(f"best loss {state.best_objective:g} of {state.trials} trials at {best}")


if __name__ == "__main__":
    main()
