#!/usr/bin/env bash
# Makes the Python environment of the examples, in build/examples-venv (see env.sh). Does nothing if
# it is there and requirements.txt has not changed since.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"
requirements="$QALAM_EXAMPLES/requirements.txt"
# The requirements that were installed, written last: a broken installation is made again.
stamp="$QALAM_EXAMPLES_VENV/installed-requirements.txt"
if cmp --silent "$requirements" "$stamp"; then
  exit 0
fi

# The system's Python: one that a version manager puts first on PATH may lack the venv module.
python=/usr/bin/python3
if [[ ! -x $python ]]; then
  python="$(command -v python3 || true)"
fi
if [[ -z $python ]] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  echo "examples/setup.sh: no python3 with the venv module;" \
    "on Debian: apt-get install python3 python3-venv" >&2
  exit 1
fi
echo "examples: installing Python packages in $QALAM_EXAMPLES_VENV"
rm -rf "$QALAM_EXAMPLES_VENV"
"$python" -m venv "$QALAM_EXAMPLES_VENV"
"$QALAM_EXAMPLES_VENV/bin/python3" -m pip install --quiet --disable-pip-version-check \
  --requirement "$requirements"
cp "$requirements" "$stamp"
