#!/usr/bin/env bash
# Makes build/peers, a virtual environment with other optimisers to compare with. What cannot be
# installed is left out, with a message; the others work without it.
#
#   benchmarks/peers/setup.sh              everything
#   benchmarks/peers/setup.sh optuna smac  only these
#
# torch is taken as the package index has it: the download is large, and no GPU is needed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

declare -A packages=(
  [optuna]="optuna>=5 cmaes grpcio protobuf scipy torch"
  [rustuna]="rustuna"
  [hyperopt]="hyperopt setuptools<81"
  [skopt]="scikit-optimize"
  [smac]="smac"
  [dehb]="dehb"
  [ax]="ax-platform"
  [hebo]="HEBO"
  [vizier]="google-vizier[jax]"
)
order=(optuna rustuna hyperopt skopt smac dehb ax hebo vizier)
if [[ $# -gt 0 ]]; then
  order=("$@")
fi

# The older libraries that HEBO, Vizier and DEHB ask for would displace those of the others.
environment_of() {
  case "$1" in
    hebo | vizier | dehb) printf '%s/build/peers-%s' "$root" "$1" ;;
    *) printf '%s/build/peers' "$root" ;;
  esac
}

missing=()
for name in "${order[@]}"; do
  [[ -n ${packages[$name]:-} ]] || fail "unknown peer $name; there are ${!packages[*]}"
  environment="$(environment_of "$name")"
  [[ -x $environment/bin/python ]] || /usr/bin/python3 -m venv "$environment"
  say "installing $name into ${environment#"$root"/}"
  read -r -a wanted <<<"${packages[$name]}"
  if ! "$environment/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"; then
    say "$name could not be installed and is left out"
    missing+=("$name")
  fi
done
say "ready; left out: ${missing[*]:-nothing}"
