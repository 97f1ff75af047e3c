#!/usr/bin/env bash
# Installs what is missing, builds the preset dev and runs all tests. With QALAM_TEST_SANITIZERS
# also under the sanitizers, as far as the time allows: Address- and UndefinedBehaviorSanitizer on
# all tests, then ThreadSanitizer on the libraries ("all"), or both on the rooms that are named. Ends
# with ctest's summary, of the tests that failed if some did.
#
#   scripts/test.sh [CTEST ARGUMENTS...]     e.g. scripts/test.sh -R Sobol
#   QALAM_TEST_SANITIZERS=all scripts/test.sh
#   QALAM_TEST_SANITIZERS="core;math;trials;storage" scripts/test.sh
#
# QALAM_TEST_BUDGET is the time for everything in seconds (default 2280). A sanitizer stage that
# would go beyond it is cut short and says so; what it built stays in ccache for the next run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

budget="${QALAM_TEST_BUDGET:-2280}"
logs="$root/build/test-logs"
report=()           # a line for each stage
summary=dev-tests   # the stage whose summary is shown last
ctest_options=(--no-label-summary --output-on-failure)
mkdir -p "$logs"

# record NAME START RESULT
record() {
  report+=("$(printf '%-22s %5d s  %s' "$1" "$((SECONDS - $2))" "$3")")
}

# close CODE: the stages and their durations, then ctest's summary, then the end.
close() {
  say "stages"
  printf '    %s\n' "${report[@]}"
  if [[ -f $logs/$summary ]]; then
    say "summary of $summary"
    sed -n '/tests passed/,$p' "$logs/$summary"
  fi
  exit "$1"
}

# stage NAME COMMAND...: must succeed, however long it takes.
stage() {
  local name="$1" start=$SECONDS
  say "$name"
  if "${@:2}" 2>&1 | tee "$logs/$name"; then
    record "$name" "$start" ok
  else
    record "$name" "$start" FAILED
    summary="$name"
    close 1
  fi
}

# stage_in_time NAME COMMAND...: the same within what is left of the budget. Returns 1 when that
# runs out.
stage_in_time() {
  local name="$1" start=$SECONDS left=$((budget - SECONDS)) code=0
  if ((left < 30)); then
    record "$name" "$start" "not run: out of time"
    return 1
  fi
  say "$name (at most $left s)"
  timeout --kill-after=30 "$left" "${@:2}" 2>&1 | tee "$logs/$name" || code=$?
  case "$code" in
    0) record "$name" "$start" ok ;;
    124 | 137)
      record "$name" "$start" "cut short: out of time"
      return 1
      ;;
    *)
      record "$name" "$start" FAILED
      summary="$name"
      close 1
      ;;
  esac
}

# sanitize PRESET CMAKE_ARGUMENTS...: builds and tests with a sanitizer. The checks of the sources
# (label lint) are the same in every build and are not repeated.
sanitize() {
  local preset="$1"
  stage_in_time "$preset-configure" cmake --preset "$preset" "${@:2}" || return 0
  stage_in_time "$preset-build" cmake --build --preset "$preset" --parallel "$jobs" || return 0
  stage_in_time "$preset-tests" \
    ctest --preset "$preset" "${ctest_options[@]}" --label-exclude lint || return 0
}

cd "$root"
rm -f "$logs"/*
stage packages "$root/scripts/install-dependencies.sh"
stage dev-configure cmake --preset dev
stage dev-build cmake --build --preset dev --parallel "$jobs"
stage dev-tests ctest --preset dev "${ctest_options[@]}" "$@"
case "${QALAM_TEST_SANITIZERS:-}" in
  "") ;;
  all)
    sanitize asan -DQALAM_ROOMS=
    # Not the program itself: gRPC is not built for it, and it adds no threads to the libraries'.
    sanitize tsan "-DQALAM_ROOMS=core;math;suggestion;earlystop;trials;storage;controller"
    ;;
  *)
    sanitize asan "-DQALAM_ROOMS=$QALAM_TEST_SANITIZERS"
    sanitize tsan "-DQALAM_ROOMS=$QALAM_TEST_SANITIZERS"
    ;;
esac
close 0
