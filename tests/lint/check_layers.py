#!/usr/bin/python3
"""Checks every #include and every linked library against the table of the house.

Usage: check_layers.py [CHECKOUT]
"""

import pathlib
import re
import sys

import lint_source
from lint_source import Finding

# The table of the house (docs/architecture.md): a room, and the rooms it may use beside itself.
ROOMS = {
    "core": [],
    "math": ["core"],
    "suggestion": ["math", "core"],
    "earlystop": ["suggestion", "math", "core"],
    "bench": ["earlystop", "suggestion", "math", "core"],
    "nas": ["suggestion", "math", "core"],
    "trials": ["math", "core"],
    "storage": ["math", "core"],
    "controller": ["trials", "storage", "nas", "earlystop", "suggestion", "math", "core"],
    "proto": [],
    "server": [
        "proto", "controller", "trials", "storage", "nas", "earlystop", "suggestion", "math", "core"
    ],
    "cli": [
        "server", "proto", "controller", "trials", "storage", "nas", "earlystop", "bench",
        "suggestion", "math", "core"
    ],
}
# Folders that may use every room, and that no room may use.
OUTSIDE = ["tests", "benchmarks"]
# Libraries whose headers are included with quotes.
THIRD_PARTY = ("absl/", "gtest/", "gmock/", "benchmark/")

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
_GENERATED = re.compile(r"(?:\.grpc)?\.pb\.h$")  # by protoc, from a file of that name
_LINKED = re.compile(r"\bqalam_([a-z]+)\b")


def check_include(path, line, target, root):
    """The finding for one quoted include, or nothing."""
    room = path.split("/")[0]
    used = target.split("/")[0]
    if target.startswith(THIRD_PARTY):
        return None
    if not target.endswith((".h", ".inc")):
        return Finding(path, line, "layers", f'includes "{target}": only headers are included')
    if used in OUTSIDE and room in ROOMS:
        return Finding(path, line, "layers", f'includes "{target}": a room never uses {used}/')
    if used not in ROOMS and used not in OUTSIDE:
        return Finding(
            path, line, "layers",
            f'includes "{target}": neither a room of the house nor a known library; write the path '
            "from the top of the checkout, or add the room to the table in check_layers.py")
    file = pathlib.Path(root) / _GENERATED.sub(".proto", target)
    if not file.is_file() and not file.with_name(file.name + ".in").is_file():  # made by CMake
        return Finding(path, line, "layers", f'includes "{target}": there is no such file')
    if room in ROOMS and used != room and used not in ROOMS[room]:
        allowed = ", ".join(ROOMS[room]) or "no other room"
        return Finding(
            path, line, "layers",
            f'includes "{target}": {room}/ may use {allowed}; move what is shared downwards, or '
            "pass it in through an interface")
    return None


def includes_of(root, path):
    """(line, target) of each quoted include that is not in a comment."""
    code = lint_source.code_only(lint_source.read(root, path))
    return [(lint_source.line_of(code, m.start(1)), m.group(1)) for m in _INCLUDE.finditer(code)]


def find_circle(graph):
    """Files that include each other in a circle, first and last equal; empty when there is none."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return []
        trail.append(node)
        for target in graph.get(node, []):
            circle = visit(target)
            if circle:
                return circle
        trail.pop()
        done.add(node)
        return []

    for node in sorted(graph):
        circle = visit(node)
        if circle:
            return circle
    return []


def check_links(root, room):
    """The libraries that a room's CMakeLists.txt names must be those that its includes may use."""
    path = f"{room}/CMakeLists.txt"
    if not (pathlib.Path(root) / path).is_file():
        return []
    findings = []
    for number, text in enumerate(lint_source.read(root, path).splitlines(), 1):
        for used in _LINKED.findall(text.split("#")[0]):
            if used in ROOMS and used != room and used not in ROOMS[room]:
                findings.append(
                    Finding(path, number, "layers", f"{room}/ may not link qalam_{used}"))
    return findings


def check(root):
    findings, graph = [], {}
    for path in lint_source.files_below(root, list(ROOMS) + OUTSIDE, lint_source.CXX_SUFFIXES):
        targets = includes_of(root, path)
        graph[path] = [target for _, target in targets]
        for line, target in targets:
            finding = check_include(path, line, target, root)
            if finding:
                findings.append(finding)
    circle = find_circle(graph)
    if circle:
        findings.append(Finding(circle[0], 0, "layers", "includes itself: " + " -> ".join(circle)))
    for room in ROOMS:
        findings += check_links(root, room)
    return findings


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_layers"))
