#!/usr/bin/env python3
"""Times the suggestions of other optimisers by length of the history and number of parameters.

    benchmarks/peers/latency.py --peers optuna-tpe,rustuna-tpe --history 10,100,1000

The counterpart of `qalam bench latency`: the same spaces and the same sphere as objective. The
history is of random points for libraries that take one; others, and those whose names stand in
--led, are led to it by ask and tell, which takes as long as it takes. Times are CPU seconds, one
thread.
"""

import argparse
import math
import os
import random
import resource
import statistics
import sys
import time

from peers import PEERS
from run import ONE_THREAD


def space_of(kind, dimensions):
    """Doubles in [0, 1]; a mixed space has a log-scale, an int and a category among every four."""
    parameters = []
    for i in range(dimensions):
        name = f"p{i}"
        if kind == "mixed" and i % 4 == 1:
            parameters.append({"name": name, "type": "double", "min": 1e-5, "max": 1.0,
                               "log": True})
        elif kind == "mixed" and i % 4 == 2:
            parameters.append({"name": name, "type": "int", "min": 1, "max": 100, "log": False})
        elif kind == "mixed" and i % 4 == 3:
            parameters.append({"name": name, "type": "categorical",
                               "list": ["a", "b", "c", "d", "e"]})
        else:
            parameters.append({"name": name, "type": "double", "min": 0.0, "max": 1.0,
                               "log": False})
    return parameters


def losses_of(assignment, objectives):
    numbers = [v for v in assignment.values() if not isinstance(v, str)]
    return [sum((v - (0.3 + 0.4 * i) % 1) ** 2 for v in numbers) for i in range(objectives)]


def tell(peer, losses):
    if len(losses) == 1:
        peer.tell(losses[0])
    else:
        peer.tell_all(losses, [])


def drawn(space):
    assignment = {}
    for p in space:
        if p["type"] == "categorical":
            assignment[p["name"]] = random.choice(p["list"])
        elif p["type"] == "int":
            assignment[p["name"]] = random.randint(p["min"], p["max"])
        elif p["log"]:
            low, high = math.log(p["min"]), math.log(p["max"])
            assignment[p["name"]] = min(p["max"], math.exp(random.uniform(low, high)))
        else:
            assignment[p["name"]] = random.uniform(p["min"], p["max"])
    return assignment


def measure(name, kind, dimensions, history, asks, led, objectives):
    _, make = PEERS[name]
    space = space_of(kind, dimensions)
    peer = make(space, 0, history + asks, **({"objectives": objectives} if objectives > 1 else {}))
    random.seed(0)
    points = [] if led else [drawn(space) for _ in range(history)]
    if led or not peer.load(points, [losses_of(point, objectives) for point in points]):
        for _ in range(history):
            tell(peer, losses_of(peer.ask(), objectives))
    tell(peer, losses_of(peer.ask(), objectives))  # the first one may read all of the history
    times = []
    for _ in range(asks):
        start = time.process_time()
        assignment = peer.ask()
        losses = losses_of(assignment, objectives)
        tell(peer, losses)
        times.append(1e3 * (time.process_time() - start))
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    ninety = sorted(times)[min(len(times) - 1, int(0.9 * len(times)))]
    print(f"{name},{kind},{dimensions},{history},{statistics.median(times):.3f},{ninety:.3f},"
          f"{resident:.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", required=True)
    parser.add_argument("--history", default="10,100,1000")
    parser.add_argument("--dimensions", default="4,10,20,40")
    parser.add_argument("--space", default="continuous,mixed")
    parser.add_argument("--asks", type=int, default=11)
    parser.add_argument("--objectives", type=int, default=1)
    parser.add_argument("--led", default="", help="peers to be led to the history, by commas")
    args = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.environ.update(ONE_THREAD)  # read by the libraries when they start
        os.execv(sys.executable, [sys.executable, *sys.argv])
    print("algorithm,space,dimensions,history,median_ms,p90_ms,resident_mb")
    for name in args.peers.split(","):
        for kind in args.space.split(","):
            for dimensions in map(int, args.dimensions.split(",")):
                for history in map(int, args.history.split(",")):
                    measure(name, kind, dimensions, history, args.asks,
                            name in args.led.split(","), args.objectives)


if __name__ == "__main__":
    main()
