#!/usr/bin/env python3
"""Keeps of CSV files of `qalam bench run` and run.py what `qalam bench table` needs at a few numbers
of evaluations, so that runs of others need not be made again to compare something new with them.

    benchmarks/peers/keep.py peers.csv --at 20,50,100,200 --seeds 20 \\
        --out benchmarks/peers/results/evaluations.csv
"""

import argparse
import csv

DIGITS = 5
NUMBERS = ("nr", "aulc", "best", "gap", "speedup", "clock", "ask_seconds", "saved")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--at", required=True, help="numbers of evaluations, separated by commas")
    parser.add_argument("--seeds", type=int, required=True, help="seeds 0 to SEEDS - 1 are kept")
    parser.add_argument("--out", required=True)
    return parser.parse_args()


def rounded(row):
    for name in NUMBERS:
        if row.get(name):
            row[name] = f"{float(row[name]):.{DIGITS}g}"
    return row


def main():
    args = arguments()
    kept = {float(n) for n in args.at.split(",")}
    rows = []
    for name in args.files:
        with open(name, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames
            rows += [rounded(row) for row in reader
                     if float(row["n"]) in kept and int(row["seed"]) < args.seeds]
    if not rows:
        raise SystemExit(f"no row is of {args.at} evaluations and a seed below {args.seeds}")
    # Files without learning curves say nothing of what was stopped.
    columns = [name for name in columns if any(row[name] for row in rows)]
    rows.sort(key=lambda row: (row["algorithm"], row["suite"], row["task"], int(row["seed"]),
                               float(row["n"])))
    with open(args.out, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
