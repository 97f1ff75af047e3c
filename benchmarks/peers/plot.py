#!/usr/bin/env python3
"""Draws regret against evaluations from the CSV files of `qalam bench run` and run.py.

    build/peers/bin/python benchmarks/peers/plot.py runs.csv peers.csv --methods auto,gp,optuna-tpe \
        --out docs/plots/quality.svg

A line is the mean over seeds, then tasks, then suites, on the tasks that all methods have run; the
band is its standard error, from the spread of the seeds, which the tasks of a suite share.
"""

import argparse
import collections
import csv
import math
import statistics

import matplotlib
import matplotlib.pyplot as pyplot

from peers import PEERS

FUNCTIONS = {"synthetic", "shifted", "bbob", "mixed"}
# Regret below this is drawn as this, as a logarithm has no 0.
LEAST = 1e-4
TICKS = [scale * digit for scale in (1e-4, 1e-3, 1e-2, 1e-1) for digit in (1, 2, 5)] + [1]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--methods", required=True, help="names, separated by commas, in the order "
                        "of the legend")
    parser.add_argument("--budget", type=int, default=200, help="runs are drawn up to here")
    parser.add_argument("--out", required=True, help="an SVG or PNG file")
    return parser.parse_args()


def read(files, methods, budget):
    """{method: {(suite, task): {seed: {n: regret}}}}"""
    runs = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(dict)))
    for name in files:
        with open(name, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["algorithm"] in methods and float(row["n"]) <= budget:
                    task = runs[row["algorithm"]][row["suite"], row["task"]]
                    task[int(row["seed"])][float(row["n"])] = float(row["nr"])
    return runs


def regret_at(curve, n):
    """What is known after n evaluations; pools may end earlier."""
    return curve[max(known for known in curve if known <= n)]


def mean_and_error(tasks, n):
    """Over seeds, tasks and suites."""
    suites = collections.defaultdict(list)
    for (suite, _), seeds in tasks.items():
        suites[suite].append({seed: regret_at(curve, n) for seed, curve in seeds.items()})
    means, variance = [], 0.0
    for members in suites.values():
        means.append(statistics.fmean(statistics.fmean(task.values()) for task in members))
        shared = set.intersection(*(set(task) for task in members))
        by_seed = [statistics.fmean(task[seed] for task in members) for seed in shared]
        if len(by_seed) > 1:
            variance += statistics.variance(by_seed) / len(by_seed)
    return statistics.fmean(means), math.sqrt(variance) / len(means)


def draw(axes, title, runs, methods, budget):
    common = set.intersection(*(set(runs[method]) for method in methods))
    counts = sorted({n for method in methods for task in common
                     for curve in runs[method][task].values() for n in curve if n <= budget})
    for index, method in enumerate(methods):
        own = {task: runs[method][task] for task in sorted(common)}
        points = [mean_and_error(own, n) for n in counts]
        ours = method not in PEERS
        color = f"C{index % 10}"
        axes.plot(counts, [max(mean, LEAST) for mean, _ in points], color=color, label=method,
                  linewidth=2.2 if ours else 1.2, linestyle="-" if ours else "--")
        axes.fill_between(counts, [max(mean - error, LEAST) for mean, error in points],
                          [max(mean + error, LEAST) for mean, error in points], color=color,
                          alpha=0.12, linewidth=0)
    axes.set(title=f"{title}, {len(common)} tasks", xscale="log", yscale="log",
             xlabel="evaluations", xlim=(5, budget))
    axes.set_xticks([n for n in (5, 10, 20, 50, 100, 200) if n <= budget])
    lowest, highest = axes.get_ylim()
    axes.set_yticks([tick for tick in TICKS if lowest <= tick <= highest])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda tick, _: f"{tick:g}"))
    axes.minorticks_off()
    axes.grid(alpha=0.25)


def main():
    args = arguments()
    methods = args.methods.split(",")
    runs = read(args.files, methods, args.budget)
    missing = [method for method in methods if method not in runs]
    if missing:
        raise SystemExit(f"no runs of {', '.join(missing)} in {', '.join(args.files)}")
    groups = {}
    for title, wanted in (("Functions", True), ("Tables", False)):
        own = {method: {task: seeds for task, seeds in runs[method].items()
                        if (task[0] in FUNCTIONS) == wanted} for method in methods}
        if all(own.values()):
            groups[title] = own
    matplotlib.rcParams.update({"svg.hashsalt": "qalam", "font.size": 9})
    figure, panels = pyplot.subplots(1, len(groups), figsize=(5.2 * len(groups), 4),
                                     squeeze=False, layout="constrained")
    for axes, (title, own) in zip(panels[0], groups.items()):
        draw(axes, title, own, methods, args.budget)
    panels[0][0].set_ylabel("normalised regret (0 is the optimum)")
    panels[0][-1].legend(frameon=False, fontsize=8)
    figure.savefig(args.out, metadata={"Date": None} if args.out.endswith(".svg") else None)


if __name__ == "__main__":
    main()
