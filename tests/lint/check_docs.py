#!/usr/bin/python3
"""Checks the documentation against the sources: verbs, exit codes, algorithms, kinds, links.

Usage: check_docs.py [CHECKOUT]
"""

import pathlib
import re
import sys

import lint_source
from lint_source import Finding

README = "README.md"
DROP_IN = "docs/katib-drop-in.md"
# Tables in the sources (one macro line for each thing), and how the README names each thing.
VERBS = ("cli/verbs.inc", "QALAM_VERB", "cli")
_CALL = re.compile(r"(?:^\s*(?:\$ )?|`|&& )qalam ([a-z]+)\b", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_EXIT_CODE = re.compile(r"^\s*k\w+ = (\d+),", re.MULTILINE)
_EXAMPLE_NAME = re.compile(r"^  name: (\S+)", re.MULTILINE)


def optional(root, path):
    """The text of a file, or "" where this checkout has no such file."""
    return lint_source.read(root, path) if (pathlib.Path(root) / path).is_file() else ""


def verbs_of(root):
    """(all verbs, those meant for people), by the table of verbs."""
    table, macro, folder = VERBS
    names = re.findall(rf"^{macro}\((\w+)\)", optional(root, table), re.MULTILINE)
    verbs = [name.lower() for name in names]
    shown = [verb for verb in verbs
             if not re.search(r"\bhidden = true\b", optional(root, f"{folder}/{verb}.cc"))]
    return verbs, shown


def check_verbs(root, documents):
    verbs, shown = verbs_of(root)
    readme = documents.get(README, "")
    findings = [Finding(README, 0, "docs-verb", f"'qalam {verb}' is not in the table of verbs")
                for verb in shown if f"| `qalam {verb}" not in readme]
    for path, text in documents.items():
        for match in _CALL.finditer(text):
            if verbs and match.group(1) not in verbs:
                findings.append(
                    Finding(path, lint_source.line_of(text, match.start(1)), "docs-verb",
                            f"'qalam {match.group(1)}': there is no such verb"))
    return findings


def check_exit_codes(root, documents):
    codes = _EXIT_CODE.findall(optional(root, "cli/exit_code.h"))
    return [Finding(README, 0, "docs-exit-code", f"exit code {code} is not explained")
            for code in codes if f"| {code} |" not in documents.get(README, "")]


def check_names(root, documents):
    """Every algorithm and job kind is named in the README, algorithms in Katib's configuration too."""
    found = []
    # A setting's name is followed by its type.
    algorithm = r'(?:\.|descriptor\.|d\.)name = "([a-z][\w-]*)"[,;](?!\s*\.type)'
    for folder, pattern in (("suggestion", algorithm),
                            ("trials/kinds", r'\.kind = "(\w+)"')):
        for path in lint_source.files_below(root, [folder], {".cc"}):
            for name in re.findall(pattern, optional(root, path)):
                if folder == "suggestion" and ".source" not in optional(root, path):
                    continue
                if f"`{name}`" not in documents.get(README, ""):
                    found.append(Finding(README, 0, "docs-name",
                                         f"'{name}' (of {path}) is not mentioned"))
                drop_in = documents.get(DROP_IN, f"algorithmName: {name},")
                if folder == "suggestion" and f"algorithmName: {name}," not in drop_in:
                    found.append(Finding(DROP_IN, 0, "docs-name",
                                         f"'{name}' (of {path}) is not in the configuration"))
    return found


def check_links(root, path, text):
    findings = []
    for match in _LINK.finditer(text):
        target = match.group(1).split("#")[0]
        if not target or re.match(r"[a-z]+:", target):
            continue
        if not (pathlib.Path(root) / path).parent.joinpath(target).exists():
            findings.append(Finding(path, lint_source.line_of(text, match.start()), "docs-link",
                                    f"'{target}' does not exist"))
    return findings


def check_example_readmes(root):
    """Each folder of examples says what it is, and names each experiment differently."""
    findings, seen = [], {}
    for path in lint_source.files_below(root, ["examples"], {".yaml"}):
        folder = pathlib.PurePosixPath(path).parent
        if not optional(root, (folder / "README.md").as_posix()):
            findings.append(Finding(path, 0, "docs-example", "its folder has no README.md"))
        match = _EXAMPLE_NAME.search(optional(root, path))
        name = match.group(1) if match else ""
        if name in seen:
            findings.append(
                Finding(path, 0, "docs-example", f"is called '{name}' like {seen[name]}"))
        seen[name] = path
    return findings


def check(root):
    root = pathlib.Path(root)
    paths = [path.name for path in sorted(root.glob("*.md"))]
    paths += lint_source.files_below(root, ["docs", "examples"], {".md"})
    documents = {path: lint_source.read(root, path) for path in paths}
    findings = [] if README in documents else [Finding(README, 0, "docs-link", "is missing")]
    findings += check_verbs(root, documents) + check_exit_codes(root, documents)
    findings += check_names(root, documents) + check_example_readmes(root)
    for path, text in documents.items():
        findings += check_links(root, path, text)
    return findings


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_docs"))
