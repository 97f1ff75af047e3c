#!/usr/bin/env bash
# From a fresh checkout to a tuned model: installs what is missing, builds, runs the digits example
# to its end, and compares the best trial with the default parameters. Writes below build/ only.
#
#   scripts/quickstart.sh [PRESET]     PRESET is release (the default) or dev
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
preset="${1:-release}"
[[ $preset == release || $preset == dev ]] ||
  fail "unknown preset $preset; allowed are release and dev"

say "1/4 packages"
"$root/scripts/install-dependencies.sh"

say "2/4 build (preset $preset)"
configure "$preset"
build "$preset" --target qalam

say "3/4 Python environment of the examples"
"$root/examples/setup.sh"
source "$root/examples/env.sh"
export PATH="$root/build/$preset/bin:$PATH"

# A data folder of its own, new each time, so that the experiment always really runs.
export QALAM_DATA_DIR="$root/build/quickstart"
rm -rf "$QALAM_DATA_DIR"

say "4/4 qalam run examples/digits/experiment.yaml"
qalam run "$root/examples/digits/experiment.yaml"

# The best accuracy of any epoch, which is what the experiment maximises.
highest_accuracy() {
  sed -n 's/.*accuracy=\([0-9.]*\).*/\1/p' | LC_ALL=C sort -n | tail -n 1
}
tuned="$(qalam logs "$(qalam best digits -o name)" | highest_accuracy)"
default="$(python3 "$root/examples/digits/train.py" | highest_accuracy)"
say "accuracy with default parameters: $default"
say "accuracy of the best trial:       $tuned"
say "look further: export QALAM_DATA_DIR=$QALAM_DATA_DIR PATH=$root/build/$preset/bin:\$PATH"
say "              qalam describe experiment digits; qalam get trials -o wide"
