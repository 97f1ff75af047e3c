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
  [dlib]="dlib-bin"
  [smac]="smac"
  [dehb]="dehb"
  [ax]="ax-platform"
  [hebo]="numpy==1.24.4 scipy==1.11.4 pandas==2.1.4 scikit-learn==1.4.2 gpytorch==1.11 \
          GPy==1.13.2 catboost==1.2.5 pymoo==0.6.0 matplotlib==3.8.4 torch==2.2.2 disjoint-set"
  [vizier]="google-vizier[jax]==0.1.24 jax==0.5.3 jaxlib==0.5.3 flax<0.10.7 chex<0.1.90"
)
# Whose own wishes contradict each other.
declare -A without_dependencies=([hebo]="HEBO==0.3.6")
order=(optuna rustuna hyperopt skopt dlib smac dehb ax hebo vizier)
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

install() {
  "$environment/bin/pip" install --quiet --disable-pip-version-check "$@"
}

missing=()
for name in "${order[@]}"; do
  [[ -n ${packages[$name]:-} ]] || fail "unknown peer $name; there are ${!packages[*]}"
  environment="$(environment_of "$name")"
  [[ -x $environment/bin/python ]] || /usr/bin/python3 -m venv "$environment"
  say "installing $name into ${environment#"$root"/}"
  read -r -a wanted <<<"${packages[$name]}"
  read -r -a alone <<<"${without_dependencies[$name]:-}"
  if ! install "${wanted[@]}" ||
    { [[ ${#alone[@]} -gt 0 ]] && ! install --no-deps "${alone[@]}"; }; then
    say "$name could not be installed and is left out"
    missing+=("$name")
  fi
done
say "ready; left out: ${missing[*]:-nothing}"
