#!/usr/bin/env bash
# Trains networks in full, and with asha and checkpoints, and says what that saved. Arguments go to
# every call of qalam: examples/multi-fidelity/run.sh --data-dir /tmp/try
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../setup.sh"
source "$here/../env.sh"

# The epochs that the trials of an experiment ran, and the best accuracy among them.
summary() {
  local epochs
  epochs="$(qalam get trials "$1" -o name "${@:2}" |
    while read -r trial; do
      qalam metrics "$trial" --metric accuracy -o csv "${@:2}" | tail -n +2
    done | wc -l)"
  echo "$1: $epochs epochs, best accuracy $(qalam best "$1" "${@:2}" | sed -n 's/^accuracy: *//p')"
}

qalam run "$here/../early-stopping/full.yaml" "$@"
qalam run "$here/experiment.yaml" "$@"
echo
summary early-stopping-full "$@"
summary multi-fidelity "$@"
