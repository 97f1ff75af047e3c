#!/usr/bin/env bash
# Formats the C++ sources by .clang-format.
#
#   scripts/format.sh           changes the files
#   scripts/format.sh --check   only says which are not formatted, and fails if there are any
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

mode=(-i)
case "${1:-}" in
  "") ;;
  --check) mode=(--dry-run --Werror) ;;
  *) fail "unknown option $1; allowed is --check" ;;
esac
command -v clang-format >/dev/null || "$root/scripts/install-dependencies.sh" --lint

folders=()
for folder in core math suggestion bench earlystop nas trials storage controller server cli tests \
  benchmarks; do
  if [[ -d $root/$folder ]]; then
    folders+=("$root/$folder")
  fi
done
mapfile -d '' files < <(find "${folders[@]}" -type f \( -name '*.cc' -o -name '*.h' \) -print0)
printf '%s\0' "${files[@]}" | xargs -0 -P "$jobs" -n 20 clang-format "${mode[@]}"
say "${#files[@]} files are formatted"
