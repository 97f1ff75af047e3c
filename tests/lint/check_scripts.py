#!/usr/bin/python3
"""Checks the shell scripts: they parse, stop at the first error, and can be started.

Usage: check_scripts.py [CHECKOUT]
"""

import os
import pathlib
import subprocess
import sys

import lint_source
from lint_source import Finding

FOLDERS = ["scripts", "examples", "tests"]
EXTRA = [".ci/run"]
STRICT = "set -euo pipefail"
# Files that are read by `source` begin with this line; they must not change the reader's options.
SOURCED = "# Source this file"


def check_script(root, path):
    file = pathlib.Path(root) / path
    text = file.read_text(encoding="utf-8")
    findings = []
    parsed = subprocess.run(["bash", "-n", str(file)], capture_output=True, text=True, check=False)
    if parsed.returncode != 0:
        findings.append(Finding(path, 0, "shell-syntax", parsed.stderr.strip()))
    if any(line.startswith(SOURCED) for line in text.splitlines()[:5]):
        if STRICT in text:
            findings.append(Finding(path, 0, "shell-options",
                                    f"is sourced: '{STRICT}' would change the reader's shell"))
        return findings
    if not text.startswith("#!/usr/bin/env bash\n"):
        findings.append(Finding(path, 1, "shell-start", "must begin with '#!/usr/bin/env bash'"))
    if STRICT not in text.splitlines():
        findings.append(Finding(path, 0, "shell-options", f"must say '{STRICT}'"))
    if not os.access(file, os.X_OK):
        findings.append(Finding(path, 0, "shell-start", "is not executable: chmod +x"))
    return findings


def check(root):
    paths = lint_source.files_below(root, FOLDERS, {".sh"})
    paths += [path for path in EXTRA if (pathlib.Path(root) / path).is_file()]
    return [finding for path in paths for finding in check_script(root, path)]


if __name__ == "__main__":
    sys.exit(lint_source.report(check(lint_source.root_from_arguments()), "check_scripts"))
