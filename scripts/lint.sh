#!/usr/bin/env bash
# Static checks that take longer than a test may: the format, clang-tidy over all sources, and
# clang's check of lock annotations. The fast checks (layers, forbidden functions, headers) are tests: ctest -L lint.
#
#   scripts/lint.sh [PATH...]     only sources below these, e.g. scripts/lint.sh core trials/metrics
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install-dependencies.sh" --lint
say "format"
"$root/scripts/format.sh" --check
say "configure (clang)"
# clang-tidy needs clang's flags, and the headers that the build makes.
cmake -S "$root" -B "$root/build/lint" -G Ninja -DCMAKE_CXX_COMPILER=clang++ \
  -DCMAKE_CXX_FLAGS=-O0 -DQALAM_BUILD_BENCHMARKS=OFF

say "build with -Wthread-safety and all warnings as errors"
cmake --build "$root/build/lint" --parallel "$jobs"

paths=("$@")
if [[ ${#paths[@]} -eq 0 ]]; then
  paths=(core math suggestion earlystop bench trials storage controller server cli)
fi
sources=()
for path in "${paths[@]}"; do
  [[ -e $root/$path ]] || fail "there is no $path in $root"
  while IFS= read -r -d '' file; do
    sources+=("$file")
  done < <(find "$root/$path" -type f -name '*.cc' -print0)
done

say "clang-tidy over ${#sources[@]} sources"
printf '%s\0' "${sources[@]}" |
  xargs -0 -P "$jobs" -n 4 clang-tidy --quiet -p "$root/build/lint"
say "no findings"
