#!/usr/bin/env bash
# Builds the fuzz targets with clang, runs each for a while, from the corpus in tests/fuzz/corpus.
# What it finds that is new is kept in build/fuzz/found/TARGET. Inputs that crash make it fail; they
# lie in build/fuzz/crashes: copy them to tests/fuzz/corpus/TARGET with the repair.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]     60 seconds for each of all targets
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
seconds="${1:-60}"
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "SECONDS is a whole number of at least 1, not '$seconds'"
targets=("${@:2}")

if [[ ${#targets[@]} -eq 0 ]]; then
  for folder in "$root"/tests/fuzz/corpus/*/; do
    targets+=("$(basename "$folder")")
  done
fi
for target in "${targets[@]}"; do
  [[ -d $root/tests/fuzz/corpus/$target ]] ||
    fail "no fuzz target $target; targets are the folders of tests/fuzz/corpus"
done

"$root/scripts/install-dependencies.sh" --fuzz
say "build (preset fuzz)"
configure fuzz
build fuzz --target "${targets[@]}"

failed=()
for target in "${targets[@]}"; do
  program="$root/build/fuzz/bin/$target"
  found="$root/build/fuzz/found/$target"
  crashes="$root/build/fuzz/crashes/$target"
  mkdir -p "$found" "$crashes"
  say "$target for $seconds s"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$crashes/" "$found" "$root/tests/fuzz/corpus/$target" || failed+=("$target")
done
[[ ${#failed[@]} -eq 0 ]] || fail "crashes in ${failed[*]}; see $root/build/fuzz/crashes"
say "${#targets[@]} targets ran for $seconds s each without a crash"
