# Source this file: what the scripts share. Sets `root` to the checkout.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
jobs="$(nproc)"

# say TEXT...: a line that tells the stages of a script apart from the output of its tools.
say() {
  printf '==> %s\n' "$*"
}

# fail TEXT...: ends the script with an explanation.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# configure PRESET [CMAKE ARGUMENTS...]
configure() {
  (cd "$root" && cmake --preset "$@")
}

# build PRESET [CMAKE ARGUMENTS...]
build() {
  (cd "$root" && cmake --build --preset "$1" --parallel "$jobs" "${@:2}")
}
