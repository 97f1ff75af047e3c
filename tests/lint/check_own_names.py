#!/usr/bin/python3
"""Checks that what a source keeps to itself (in an anonymous namespace) has a name of its own.

Sources of a room can then be compiled together, as most presets do to be built faster. Functions of
one name may differ in the types of their parameters.

Usage: check_own_names.py [CHECKOUT]
"""

import collections
import re
import sys

import lint_source
from check_layers import ROOMS
from lint_source import Finding

_OPEN = re.compile(r"^(?:inline )?namespace\s*([\w:]*)\s*\{")
_CLOSE = re.compile(r"^\}  // namespace", re.MULTILINE)
# Definitions begin in the first column and end at a brace, an equals sign or a semicolon.
_TYPE = re.compile(
    r"^(?:class|struct|enum class|enum)\s+(?:ABSL_\w+(?:\([^)]*\))?\s+)?(\w+)[^;(]*\{")
_CONSTANT = re.compile(
    r"^(?:inline |static )?(?:constexpr|const)\b[^;={(]*?\b(\w+)\s*(?:\[\w*\])*\s*[={]")
_FUNCTION = re.compile(r"^[A-Za-z_][^;={}()]*?[\s&*>](\w+)\(([^;{}]*?)\)\s*(?:const\s*)?[{;]")


def parameter_types(parameters):
    """The types of a parameter list in one spelling."""
    types = []
    depth, start = 0, 0
    for at, sign in enumerate(parameters + ","):
        depth += (sign in "<([{") - (sign in ">)]}")
        if sign == "," and depth == 0:
            types.append(parameters[start:at].split("=")[0].strip())
            start = at + 1
    return tuple(re.sub(r"\s+", " ", re.sub(r"(?<=[\s&*>])\w+(?:\[\w*\])?$", "", t)).strip()
                 for t in types)


def own_names(code):
    """(namespace, kind, name, parameter types) of each definition, with its offset."""
    spaces = []
    for match in re.finditer(r"^\S[^\n]*", code, re.MULTILINE):
        line = match.group(0)
        if opened := _OPEN.match(line):
            spaces.append(opened.group(1))
        elif _CLOSE.match(line):
            if spaces:
                spaces.pop()
        elif spaces and spaces[-1] == "":
            text = code[match.start():match.start() + 600]
            outer = "::".join(spaces[:-1])
            if named := _TYPE.match(text):
                yield (outer, "type", named.group(1), ()), match.start()
            elif named := _CONSTANT.match(text):
                yield (outer, "constant", named.group(1), ()), match.start()
            elif named := _FUNCTION.match(text):
                types = parameter_types(named.group(2))
                yield (outer, "function", named.group(1), types), match.start()


def clashes(seen):
    """The findings for one room's definitions: {name as own_names gives it: {path: line}}."""
    findings = []
    # A type or a constant clashes with all of its name, a function with those of its parameters.
    other_kinds = {(outer, name): (kind, places)
                   for (outer, kind, name, _), places in seen.items() if kind != "function"}
    for (outer, kind, name, _), places in seen.items():
        taken = dict(places)
        other = other_kinds.get((outer, name))
        if other and other[0] != kind:
            taken = {**other[1], **{path: line for path, line in places.items()
                                    if path not in other[1]}}
        first = next(iter(taken))
        for path, line in list(taken.items())[1:]:
            findings.append(
                Finding(path, line, "own-names",
                        f"{kind} {name}: {first} has one too; share it, or give this one a name "
                        "that says how it differs"))
    return findings


def check(root):
    findings = []
    for room in ROOMS:
        seen = collections.defaultdict(dict)
        for path in lint_source.files_below(root, [room], {".cc"}):
            text = lint_source.read(root, path)
            # Comments at the ends of namespaces say where they end: they are kept.
            code = lint_source.code_only(text)
            ends = {m.start() for m in _CLOSE.finditer(text)}
            code = "".join(
                "}  // namespace\n" if at in ends else line
                for at, line in lines_with_offsets(code))
            for name, at in own_names(code):
                seen[name].setdefault(path, lint_source.line_of(code, at))
        findings += clashes(seen)
    return findings


def lines_with_offsets(text):
    offset = 0
    for line in text.splitlines(keepends=True):
        yield offset, line
        offset += len(line)


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_own_names"))
