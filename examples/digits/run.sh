#!/usr/bin/env bash
# Runs the digits example. Arguments are passed on: examples/digits/run.sh --data-dir /tmp/try
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/../setup.sh"
source "$here/../env.sh"
exec qalam run "$here/experiment.yaml" "$@"
