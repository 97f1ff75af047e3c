#!/usr/bin/python3
"""Searches the sources for what forbidden_rules.py lists, and for loops over unordered containers.

Usage: check_forbidden.py [CHECKOUT]
"""

import pathlib
import re
import sys

import forbidden_rules
import lint_source
from lint_source import Finding

UNORDERED_RULE = "unordered-iteration"
_UNORDERED_NAME = re.compile(
    r"\b(?:absl::(?:flat|node)_hash_(?:map|set)|std::unordered_(?:multi)?(?:map|set))\s*<")
_DECLARED = re.compile(r"\s*[&*]?\s*(\w+)\s*(?:[;={(,)]|ABSL_\w+)")


def matching_angle(text, start):
    """The offset after the '>' that closes the '<' at `start`, or -1."""
    depth = 0
    for offset in range(start, min(len(text), start + 2000)):
        if text[offset] == "<":
            depth += 1
        elif text[offset] == ">" and text[offset - 1] != "-":
            depth -= 1
            if depth == 0:
                return offset + 1
    return -1


def unordered_names(code):
    """Names of variables, members and arguments declared with an unordered container type."""
    names = set()
    for match in _UNORDERED_NAME.finditer(code):
        end = matching_angle(code, match.end() - 1)
        declared = _DECLARED.match(code, end) if end > 0 else None
        if declared:
            names.add(declared.group(1))
    return names


def check_unordered(root, path, code):
    """Loops over an unordered container that this file, or the header of its name, declares."""
    names = unordered_names(code)
    header = pathlib.Path(path).with_suffix(".h")
    if path.endswith(".cc") and (pathlib.Path(root) / header).is_file():
        names |= unordered_names(lint_source.code_only(lint_source.read(root, header)))
    findings = []
    for name in sorted(names):
        owner = r"(?:this->|\*)?(?:\w+(?:\.|->))*"
        loops = (rf"\bfor\s*\([^;()]*[^:]:\s*{owner}{name}\s*\)", rf"\b{name}\s*\.\s*c?begin\s*\(")
        for match in re.finditer("|".join(loops), code):
            findings.append(
                Finding(path, lint_source.line_of(code, match.start()), UNORDERED_RULE,
                        f"'{name}' is unordered: its order differs from run to run; use std::map "
                        "or a sorted vector where order is seen"))
    return findings


def check_file(root, path, rules):
    text = lint_source.read(root, path)
    code = lint_source.code_only(text)
    findings = check_unordered(root, path, code)
    for rule in rules:
        if not rule.covers(path):
            continue
        searched = text if rule.in_comments else code
        for match in rule.regex().finditer(searched):
            # What is forbidden stands at the end of a match; a rule may look back from there.
            found = " ".join(match.group(0).split())[-60:]
            findings.append(
                Finding(path, lint_source.line_of(searched, match.end() - 1), rule.name,
                        f"'{found}': {rule.reason}"))
    return findings


def apply_allowances(findings, allowances, rules):
    """Drops the allowed findings; allowances that are wrong or not needed become findings."""
    names = {rule.name for rule in rules} | {UNORDERED_RULE}
    used, kept = set(), []
    for finding in findings:
        hits = [a for a in allowances if (a.rule, a.path) == (finding.rule, finding.path)]
        used.update(hits)
        if not hits:
            kept.append(finding)
    for allowance in allowances:
        if allowance.rule not in names:
            kept.append(Finding(allowance.path, 0, "allowance", f"no rule '{allowance.rule}'"))
        elif len(allowance.because.split()) < 5:
            kept.append(Finding(allowance.path, 0, "allowance",
                                f"'{allowance.rule}' needs a sentence that says why"))
        elif allowance not in used:
            kept.append(Finding(allowance.path, 0, "allowance",
                                f"'{allowance.rule}' is not needed any more; remove it"))
    return kept


def check(root, rules=forbidden_rules.RULES, allowances=forbidden_rules.ALLOWANCES):
    findings = []
    folders = [folder.rstrip("/") for folder in forbidden_rules.PRODUCT + forbidden_rules.TESTS]
    for path in lint_source.files_below(root, folders, lint_source.CXX_SUFFIXES):
        findings += check_file(root, path, rules)
    return apply_allowances(findings, allowances, rules)


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_forbidden"))
