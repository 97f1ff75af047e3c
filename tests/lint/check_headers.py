#!/usr/bin/python3
"""Checks the headers: include guards by path, and a comment on each class and in each header.

Usage: check_headers.py [CHECKOUT]
"""

import re
import sys

import lint_source
from check_layers import OUTSIDE, ROOMS
from lint_source import Finding

# A class at the level of a namespace (nothing is indented there). Small structs and enums may speak
# for themselves; a class has a contract.
_CLASS = re.compile(r"^class\s+(?:ABSL_\w+\s+)?(?:\[\[\w+\]\]\s+)?(\w+)")
# Headers of more code lines than this must say something in comments.
UNCOMMENTED_LINES = 8


def guard_of(path):
    return "QALAM_" + re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"


def check_guard(path, lines):
    guard = guard_of(path)
    directives = [line for line in lines if line.startswith("#")]
    wanted = [f"#ifndef {guard}", f"#define {guard}"]
    if directives[:2] != wanted:
        return [Finding(path, 1, "header-guard", f"must begin with '{wanted[0]}', '{wanted[1]}'")]
    if not directives[-1].startswith("#endif") or guard not in directives[-1]:
        return [Finding(path, len(lines), "header-guard", f"must end with '#endif  // {guard}'")]
    return []


def is_defined(lines, index):
    """True when the class that begins on this line has a body: it is not only declared ahead."""
    for line in lines[index:index + 5]:
        brace, end = line.find("{"), line.find(";")
        if brace >= 0 and (end < 0 or brace < end):
            return True
        if end >= 0:
            return False
    return False


def is_commented(lines, index):
    """True when a comment stands above the class, or above its template line."""
    above = index - 1
    while above >= 0 and lines[above].startswith(("template", "    ")):
        above -= 1
    return above >= 0 and lines[above].startswith("//")


def check_comments(path, lines):
    findings = []
    for index, line in enumerate(lines):
        match = _CLASS.match(line)
        if match and is_defined(lines, index) and not is_commented(lines, index):
            findings.append(
                Finding(path, index + 1, "header-comment",
                        f"{match.group(1)}: say in a comment what it is for"))
    comments = sum(line.lstrip().startswith("//") for line in lines)
    code = sum(bool(line.strip()) and not line.startswith(("#", "//")) for line in lines)
    if comments == 0 and code > UNCOMMENTED_LINES:
        findings.append(Finding(path, 0, "header-comment", "no comment says what this is for"))
    return findings


def check(root):
    findings = []
    for path in lint_source.files_below(root, list(ROOMS) + OUTSIDE, {".h"}):
        lines = lint_source.read(root, path).splitlines()
        findings += check_guard(path, lines)
        if path.split("/")[0] in ROOMS:
            findings += check_comments(path, lines)
    return findings


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_headers"))
