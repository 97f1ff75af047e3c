#!/usr/bin/env bash
# Installs the Debian packages that the project needs, those that are missing and no others.
#
#   scripts/install-dependencies.sh          to build, test and run the examples
#   scripts/install-dependencies.sh --lint   and what scripts/format.sh and scripts/lint.sh need
#   scripts/install-dependencies.sh --fuzz   and what scripts/fuzz.sh needs
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(
  g++ cmake ninja-build ccache mold pkg-config
  libabsl-dev nlohmann-json3-dev libyaml-cpp-dev libsqlite3-dev libre2-dev libopenblas-serial-dev
  zlib1g-dev
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libcurl4-openssl-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  python3 python3-venv
)
for option in "$@"; do
  case "$option" in
    --lint) packages+=(clang clang-format clang-tidy) ;;
    --fuzz) packages+=(clang libclang-rt-14-dev) ;;
    *) fail "unknown option $option; allowed are --lint and --fuzz" ;;
  esac
done

command -v dpkg-query >/dev/null ||
  fail "this is not a Debian system; install what corresponds to: ${packages[*]}"

missing=()
for package in "${packages[@]}"; do
  state="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
  if [[ $state != installed ]]; then
    missing+=("$package")
  fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
  say "all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null ||
    fail "run this as root, or install sudo; missing packages: ${missing[*]}"
  as_root=(sudo)
fi
say "installing ${missing[*]}"
# Another apt may be at work: wait for it instead of failing.
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500 --quiet=2)
"${as_root[@]}" "${apt[@]}" update
"${as_root[@]}" "${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
say "installed ${#missing[@]} packages"
