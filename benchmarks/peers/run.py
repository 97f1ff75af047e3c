#!/usr/bin/env python3
"""Runs other optimisers on the problems of `qalam bench`, with the same seeds, disguises and noise.

    benchmarks/peers/run.py --peers optuna-tpe,optuna-gp --suite tables --data DIR --out peers.csv
    qalam bench table runs.csv peers.csv

Each run is a process of its own with one thread, which talks to a `qalam bench serve`; that program
scores it and adds it to the CSV file. Runs that the file holds already are not made again, so a
call that was interrupted goes on where it stopped.
"""

import argparse
import concurrent.futures
import csv
import heapq
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import time

from peers import CURVE_PEERS, PEERS

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Threads of numerical libraries would make runs beside each other wait, and times differ.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
                                     "NUMEXPR_NUM_THREADS", "RAYON_NUM_THREADS")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", required=True, help="names, separated by commas: "
                        + ", ".join(PEERS))
    parser.add_argument("--suite", default="functions", help="as of qalam bench run")
    parser.add_argument("--task", default="", help="only these tasks, separated by commas")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=200)
    parser.add_argument("--mode", choices=("D", "N"), default="D")
    parser.add_argument("--parallel", type=int, default=1, help="simulated workers; more than "
                        "one for Optuna's, Rustuna's and Hyperopt's samplers, without pruners")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--data", default=os.environ.get("QALAM_BENCH_DATA", ""))
    parser.add_argument("--out", default="peers.csv")
    parser.add_argument("--qalam", default=str(ROOT / "build/release/bin/qalam"))
    parser.add_argument("--one", help=argparse.SUPPRESS)  # PEER SUITE TASK SEED, in a child
    return parser.parse_args()


def bench(args, *words):
    data = ["--data", args.data] if args.data else []
    return [args.qalam, "bench", *words, *data]


def problems(args):
    """(suite, task) of the chosen problems."""
    words = ["problems", "--suite", args.suite, "-o", "json"]
    if args.task:
        words += ["--task", args.task]
    output = subprocess.run(bench(args, *words), check=True, stdout=subprocess.PIPE).stdout
    return [(problem["suite"], problem["task"]) for problem in json.loads(output)]


def finished(args):
    """The runs that the file holds."""
    if not os.path.exists(args.out):
        return set()
    with open(args.out, newline="", encoding="utf-8") as file:
        return {(row["algorithm"], row["suite"], row["task"], int(row["seed"]))
                for row in csv.DictReader(file)
                if row["mode"] == args.mode and int(row["parallel"]) == args.parallel}


class Server:
    """What is asked of `qalam bench serve`, and how long the peer takes in between."""

    def __init__(self, process):
        self.process = process
        self.spent = 0.0  # by the peer, since the last answer

    def peer(self, call, *arguments):
        start = time.process_time()
        result = call(*arguments)
        self.spent += time.process_time() - start
        return result

    def ask(self, **request):
        line = json.dumps({**request, "ask_seconds": self.spent})
        self.spent = 0.0
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{answer['error']}: {line}")
        return answer


def tell(server, peer, greeting, signs, answer):
    failed = answer.get("failed")
    if "directions" in greeting:
        values = None if failed else [sign * value for sign, value in zip(signs, answer["values"])]
        server.peer(peer.tell_all, values, answer.get("violations"))
    else:
        server.peer(peer.tell, None if failed else signs[0] * answer["value"])


def evaluate(server, peer, greeting, signs, parallel):
    """As soon as one of the simulated workers is free the peer is asked for its next trial."""
    clock, running = 0.0, []
    for number in range(greeting["budget"]):
        if len(running) == parallel:
            clock, _, trial, answer = heapq.heappop(running)
            peer.resume(trial)
            tell(server, peer, greeting, signs, answer)
        answer = server.ask(assignment=server.peer(peer.ask), started=clock)
        heapq.heappush(running, (clock + answer["seconds"], number, peer.hold(), answer))


def train(server, peer, greeting, sign):
    """Learning curves: trials are trained step by step, until the budget's epochs are used."""
    spent = 0.0
    while spent < greeting["budget"] - 1e-9:
        assignment = server.peer(peer.ask)
        for epochs in peer.steps(greeting["epochs"]):
            answer = server.ask(assignment=assignment, epochs=epochs)
            spent = answer["spent"]
            loss = None if answer.get("failed") else sign * answer["value"]
            if server.peer(peer.stops, epochs, loss) or spent >= greeting["budget"] - 1e-9:
                break
        server.peer(peer.tell, loss)


def drive(args, name, suite, task, seed):
    """One run, in this process."""
    package, make = PEERS[name]
    command = bench(args, "serve", "--suite", suite, "--task", task, "--seed", str(seed),
                    "--budget", str(args.budget), "--mode", args.mode,
                    "--parallel", str(args.parallel), "--out", args.out,
                    "--algorithm", name, "--algorithm-version",
                    importlib.metadata.version(package))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as server:
        greeting = json.loads(server.stdout.readline())
        signs = [1 if direction == "minimize" else -1
                 for direction in greeting.get("directions", [greeting["direction"]])]
        outcomes = {}
        if "directions" in greeting:
            outcomes = {"objectives": len(signs), "constraints": greeting["constraints"]}
        if name in CURVE_PEERS:
            if "epochs" not in greeting:
                raise RuntimeError(f"{name} needs learning curves: --suite curves")
            outcomes = {"full": greeting["epochs"]}
        peer = make(greeting["space"], seed, greeting["budget"], **outcomes)
        if args.parallel > 1 and (peer.trial_attribute is None or "epochs" in greeting):
            raise RuntimeError(f"{name} is asked for one trial at a time only, and so is any peer "
                               "that trains along curves: leave --parallel out")
        if "epochs" in greeting:
            train(Server(server), peer, greeting, signs[0])
        else:
            evaluate(Server(server), peer, greeting, signs, args.parallel)
        server.stdin.close()
        if server.wait() != 0:
            raise RuntimeError("qalam bench serve failed")


def start_child(run):
    """One run, in a process of its own; its name and what went wrong."""
    environment = {**os.environ, **ONE_THREAD, "PYTHONHASHSEED": "0", "JAX_PLATFORMS": "cpu"}
    child = subprocess.run([sys.executable, *sys.argv, "--one", json.dumps(run)],
                           env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                           text=True, check=False)
    return run, child.stderr.strip().splitlines()[-1:] if child.returncode else None


def main():
    args = arguments()
    if args.parallel < 1:
        sys.exit(f"--parallel {args.parallel}: at least one worker is needed")
    if args.one:
        return drive(args, *json.loads(args.one))
    names = args.peers.split(",")
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        sys.exit(f"unknown peers {', '.join(unknown)}; there are {', '.join(PEERS)}")
    done = finished(args)
    runs = [(name, suite, task, seed) for name in names for suite, task in problems(args)
            for seed in range(args.seeds) if (name, suite, task, seed) not in done]
    print(f"{len(runs)} runs to make, {len(done)} in {args.out}", flush=True)
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for count, (run, error) in enumerate(pool.map(start_child, runs), 1):
            failures += error is not None
            text = f"failed: {''.join(error)}" if error is not None else "done"
            print(f"{count}/{len(runs)} {' '.join(map(str, run))} {text}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
