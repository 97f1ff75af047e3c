"""What all checks share: finding the sources, and reading C++ well enough to lint it."""

import dataclasses
import pathlib
import re
import sys

CXX_SUFFIXES = {".h", ".cc", ".inc"}
# Folders that hold no sources of ours, wherever they occur.
SKIPPED_FOLDERS = {"build", ".git", ".venv", "__pycache__", "node_modules"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """One violation: where, which rule, and why the rule exists or what to do instead."""

    path: str
    line: int  # counted from 1; 0 for the whole file
    rule: str
    message: str

    def __str__(self):
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: [{self.rule}] {self.message}"


def files_below(root, folders, suffixes):
    """Paths relative to `root`, sorted, of the files with these suffixes below `folders`."""
    root = pathlib.Path(root)
    found = []
    for folder in folders:
        for path in (root / folder).rglob("*"):
            relative = path.relative_to(root)
            if path.is_file() and path.suffix in suffixes:
                if not SKIPPED_FOLDERS.intersection(relative.parts):
                    found.append(relative.as_posix())
    return sorted(found)


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8")


# What must not be taken for code, in the order in which the alternatives are tried. A quote after
# a letter or digit is a digit separator (1'000) or follows a literal's prefix.
_NOT_CODE = re.compile(
    r"""
    (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
  | (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>(?<![0-9a-zA-Z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE_LINE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<][^">\n]+[">]', re.MULTILINE)


def code_only(text):
    """`text` with comments and the insides of literals blanked; line numbers stay as they are.

    The file names of #include lines are kept.
    """
    includes = [match.span() for match in _INCLUDE_LINE.finditer(text)]
    starts = {start for start, _ in includes}

    def blank(match):
        token = match.group(0)
        if match.group("string"):
            line_start = text.rfind("\n", 0, match.start()) + 1
            if line_start in starts:
                return token
            return '"' + re.sub(r"[^\n]", " ", token[1:-1]) + '"'
        return re.sub(r"[^\n]", " ", token)

    return _NOT_CODE.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def report(findings, what):
    """Prints the findings and gives the exit code of the check."""
    for finding in sorted(findings, key=lambda f: (f.path, f.line, f.rule)):
        print(finding)
    if findings:
        print(f"{what}: {len(findings)} finding(s)", file=sys.stderr)
        return 1
    print(f"{what}: ok")
    return 0


def root_from_arguments():
    """The checkout to check: the first argument, else the one that this file is part of."""
    if len(sys.argv) > 1:
        return pathlib.Path(sys.argv[1])
    return pathlib.Path(__file__).resolve().parents[2]
