#!/usr/bin/env bash
# Runs the same trials without and with early stopping, and says what that saved. Arguments go to
# every call of qalam: examples/early-stopping/run.sh --data-dir /tmp/try
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../setup.sh"
source "$here/../env.sh"

# The epochs that the trials of an experiment ran, and the best accuracy among them.
summary() {
  local epochs=0 trial lines
  for trial in $(qalam get trials "$1" -o name "${@:2}"); do
    lines="$(qalam metrics "$trial" --metric accuracy -o csv "${@:2}" | wc -l)"
    epochs=$((epochs + lines - 1)) # without the header
  done
  echo "$1: $epochs epochs, best accuracy $(qalam best "$1" "${@:2}" | sed -n 's/^accuracy: *//p')"
}

qalam run "$here/full.yaml" "$@"
qalam run "$here/experiment.yaml" "$@"
echo
summary early-stopping-full "$@"
summary early-stopping "$@"
