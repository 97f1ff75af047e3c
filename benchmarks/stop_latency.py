#!/usr/bin/env python3
"""How long a bad trial lives on after it has written the line that betrays it.

    benchmarks/stop_latency.py [--qalam FILE] [--trials N] [--parallel P]
        [--spread SECONDS | --together]

Runs an experiment whose trials report a good value, wait, and then write a bad one, noting when.
They wait for a random time of at most SPREAD seconds (0: not at all, so that they report while
others start), or together, until P of them run, so that all report at the same moment. A rule of
the kind `threshold` stops them. Prints the time from that line to the end of the process, over all
trials: median, 99th percentile, longest.
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
                {wait}
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
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--spread", type=float, default=4)
    when.add_argument("--together", action="store_true")
    return parser.parse_args()


class Gate:
    """Lets trials go on, all at once, when as many wait as can run."""

    def __init__(self, fifo):
        self.fifo = fifo
        os.mkfifo(fifo)
        self.open = None

    def look(self, waiting, wanted):
        """`waiting`: how many have not passed; `wanted`: how many are to pass together."""
        if self.open is None and waiting == wanted:
            try:
                self.open = os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # none has come to the gate
                return
        elif self.open is not None and waiting == 0:
            os.close(self.open)
            self.open = None


class Deaths:
    """When each of the processes ended whose numbers appear in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.poll = select.poll()
        self.open = {}  # pidfd -> process
        self.seen = set()
        self.unseen = 0  # how many ended before they could be watched
        self.times = {}

    def waiting(self):
        """How many live and have not written their last line."""
        return sum(not (self.folder / f"{name}.said").exists() for name in self.open.values())

    def look(self, seconds):
        for file in self.folder.glob("*.pid"):
            if file.stem not in self.seen:
                self.seen.add(file.stem)
                try:
                    process = os.pidfd_open(int(file.stem))
                except ProcessLookupError:
                    self.unseen += 1
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
        gate = Gate(folder / "gate") if args.together else None
        parameter = "${trialParameters.wait}"
        wait = f": {parameter} < {gate.fifo}" if gate else f"sleep {parameter}"
        experiment.write_text(EXPERIMENT.format(folder=folder, parallel=args.parallel, wait=wait,
                                                trials=args.trials,
                                                spread=max(args.spread, 1e-6)), encoding="utf-8")
        deaths = Deaths(folder)
        with subprocess.Popen([args.qalam, "run", experiment, "--data-dir", folder / "data"],
                              stdout=subprocess.DEVNULL) as run:
            while run.poll() is None:
                deaths.look(0.001 if gate else 0.01)
                if gate:
                    left = args.trials - len(deaths.times) - deaths.unseen
                    gate.look(deaths.waiting(), min(args.parallel, left))
        milliseconds = sorted(
            1000 * (ended - float((folder / f"{process}.said").read_text(encoding="utf-8")))
            for process, ended in deaths.times.items() if (folder / f"{process}.said").exists())
    if len(milliseconds) < 2:
        raise SystemExit("no trial was stopped")
    when = "together" if args.together else f"within {args.spread} s"
    print(f"{len(milliseconds)} trials, {args.parallel} at a time, reports {when}: "
          f"median {statistics.median(milliseconds):.1f} ms, "
          f"p99 {statistics.quantiles(milliseconds, n=100)[-1]:.1f} ms, "
          f"longest {milliseconds[-1]:.1f} ms")


if __name__ == "__main__":
    main()
