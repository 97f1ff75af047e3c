#!/usr/bin/env python3
"""How long a bad trial lives on after it has written the line that betrays it.

    benchmarks/stop_latency.py [--qalam FILE] [--trials N] [--parallel P] [--spread SECONDS]

Runs an experiment whose trials report a good value, wait for a random time of at most SPREAD
seconds (0: all P of a wave report at the same time), and then write a bad one, noting when. A rule
of the kind `threshold` stops them. Prints the time from that line to the end of the process, over
all trials: median, 99th percentile, longest.
"""

import argparse
import os
import pathlib
import select
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]

EXPERIMENT = """
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {{name: stop-latency}}
spec:
  objective: {{type: minimize, objectiveMetricName: loss}}
  algorithm: {{algorithmName: random}}
  earlyStopping:
    algorithmName: threshold
    algorithmSettings: [{{name: upper, value: "0.5"}}]
  parallelTrialCount: {parallel}
  maxTrialCount: {trials}
  parameters:
  - {{name: wait, parameterType: double, feasibleSpace: {{min: "0", max: "{spread}"}}}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{{name: wait, reference: wait}}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        template:
          spec:
            containers:
            - name: main
              image: none
              resources: {{requests: {{cpu: "0.01"}}}}
              command:
              - bash
              - -c
              - |
                echo $BASHPID > {folder}/$BASHPID.new && mv {folder}/$BASHPID.new {folder}/$BASHPID.pid
                echo loss=0.4
                sleep ${{trialParameters.wait}}
                echo $EPOCHREALTIME > {folder}/$BASHPID.said
                echo loss=0.9
                while :; do sleep 1; done
            restartPolicy: Never
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--qalam", default=str(ROOT / "build/release/bin/qalam"))
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--parallel", type=int, default=50)
    parser.add_argument("--spread", type=float, default=4)
    return parser.parse_args()


class Deaths:
    """When each of the processes ended whose numbers appear in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.poll = select.poll()
        self.open = {}  # pidfd -> process
        self.seen = set()
        self.times = {}

    def look(self, seconds):
        for file in self.folder.glob("*.pid"):
            if file.stem not in self.seen:
                self.seen.add(file.stem)
                try:
                    process = os.pidfd_open(int(file.stem))
                except ProcessLookupError:
                    continue
                self.open[process] = file.stem
                self.poll.register(process, select.POLLIN)
        for process, _ in self.poll.poll(seconds * 1000):
            self.times[self.open.pop(process)] = time.time()
            self.poll.unregister(process)
            os.close(process)


def main():
    args = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        experiment = folder / "experiment.yaml"
        experiment.write_text(EXPERIMENT.format(folder=folder, parallel=args.parallel,
                                                trials=args.trials,
                                                spread=max(args.spread, 1e-6)), encoding="utf-8")
        deaths = Deaths(folder)
        with subprocess.Popen([args.qalam, "run", experiment, "--data-dir", folder / "data"],
                              stdout=subprocess.DEVNULL) as run:
            while run.poll() is None:
                deaths.look(0.01)
        milliseconds = sorted(
            1000 * (ended - float((folder / f"{process}.said").read_text(encoding="utf-8")))
            for process, ended in deaths.times.items() if (folder / f"{process}.said").exists())
    if len(milliseconds) < 2:
        raise SystemExit("no trial was stopped")
    print(f"{len(milliseconds)} trials, {args.parallel} at a time, reports within {args.spread} s: "
          f"median {statistics.median(milliseconds):.1f} ms, "
          f"p99 {statistics.quantiles(milliseconds, n=100)[-1]:.1f} ms, "
          f"longest {milliseconds[-1]:.1f} ms")


if __name__ == "__main__":
    main()
