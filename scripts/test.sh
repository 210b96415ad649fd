#!/usr/bin/env bash
# Installs what is missing, builds Tenfold in every preset and runs every test.
#
#   scripts/test.sh [STAGE…]     stages: release dev arm64 tsan fuzz (default: all of them, in this order)
#
# release runs everything; dev (ASan + UBSan) the unit tests, arm64 (under qemu) most of them; tsan what uses threads; fuzz runs
# every fuzz target, five minutes together at most, two where the rest took over half an hour (TENFOLD_FUZZ_SECONDS=N gives each
# target N seconds instead).
# Where fifty minutes are over before it begins, arm64 tries what depends on the processor alone, and tsan the task pool; the
# closing summary says so.
# A stage that fails does not stop the later ones. Exit 0 only if all passed; the last line is "N passed, N failed", counted
# over all ctest runs, where a build or a fuzz target that failed counts as one failure more.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
. scripts/install_deps.sh

readonly LOGS=build/logs LATE_S=3000
JOBS=$(nproc)
n_passed=0 n_failed=0
times=() summaries=() failures=()

# timed NAME COMMAND…: runs it, prints how long it took, remembers a failure.
timed() {
  local name=$1 started=$SECONDS rc
  shift
  printf '== %s\n' "$name"
  "$@"
  rc=$?
  times+=("$(printf '%5d s  %s%s' $((SECONDS - started)) "$name" "$([ $rc -eq 0 ] || echo '  FAILED')")")
  printf '== %s: %s after %d s\n' "$name" "$([ $rc -eq 0 ] && echo ok || echo FAILED)" $((SECONDS - started))
  [ $rc -eq 0 ] || failures+=("$name")
  return $rc
}

# build PRESET [TARGET…]: configures and builds; says little unless it fails.
build() {
  local preset=$1 log=$LOGS/$1-build.log launcher=() program=OFF batches=ON
  shift
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
    export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros} # what it needs for precompiled headers
  fi
  [ "$preset" = release ] && program=ON # no other stage runs it
  # One build file by file, which is where a missing include shows, if there is time.
  [ "$preset" = tsan ] && [ $SECONDS -lt $LATE_S ] && batches=OFF
  if cmake --preset "$preset" -DTENFOLD_PROGRAM=$program -DCMAKE_UNITY_BUILD=$batches "${launcher[@]}" >"$log" 2>&1 &&
    cmake --build --preset "$preset" -j "$JOBS" ${1:+--target "$@"} >>"$log" 2>&1; then
    return 0
  fi
  grep -E 'error|Error|FAILED' -A3 "$log" | head -60
  tail -5 "$log"
  n_failed=$((n_failed + 1))
  return 1
}

# run_tests PRESET [CTEST-ARGUMENT…]: runs ctest and adds its closing summary to ours.
run_tests() {
  local preset=$1 log=$LOGS/$1-test.log rc summary
  shift
  ctest --preset "$preset" -j "$JOBS" --no-tests=error "$@" 2>&1 | tee "$log"
  rc=$?
  summary=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log")
  if [[ $summary =~ ,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
    n_failed=$((n_failed + BASH_REMATCH[1]))
    n_passed=$((n_passed + BASH_REMATCH[2] - BASH_REMATCH[1]))
  else
    summary="ctest gave no summary"
    n_failed=$((n_failed + 1))
    rc=1
  fi
  summaries+=("$(printf '%-8s %s' "$preset:" "$summary")")
  return $rc
}

# fuzz_one PROGRAM SECONDS: one libFuzzer run from a throw-away corpus beside the committed seeds.
fuzz_one() {
  local program=$1 seconds=$2 name corpus seeds log rc
  name=$(basename "$program")
  log=$LOGS/$name.log corpus=$(mktemp -d) seeds=()
  [ -d "fuzz/corpus/${name%_fuzz}" ] && seeds=("fuzz/corpus/${name%_fuzz}")
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/findings/$name-" "$corpus" "${seeds[@]}" >"$log" 2>&1
  rc=$?
  rm -rf "$corpus"
  if [ $rc -ne 0 ]; then
    echo "$name: FAILED after $(grep -oE '#[0-9]+' "$log" | tail -1) inputs; see $log and build/findings/"
    grep -E 'ERROR|SUMMARY|runtime error' "$log" | head -5
    return 1
  fi
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $seconds s, no finding"
}

# is_late STAGE WHAT: whether the machine is so slow that a stage should do WHAT alone; if so, the summary has it.
is_late() {
  [ $SECONDS -ge $LATE_S ] || return 1
  summaries+=("$(printf '%-8s %s' "$1:" "late, so $2 alone")")
}

# Every target, as many at a time as there are cores, in equal shares of the budget.
run_fuzz_targets() {
  local programs waves seconds n_bad budget=290
  [ $SECONDS -lt 1800 ] || budget=110
  mapfile -t programs < <(find build/dev/fuzz -name '*_fuzz' -type f -perm -u+x | sort)
  [ ${#programs[@]} -gt 0 ] || { echo "no fuzz targets were built"; n_failed=$((n_failed + 1)); return 1; }
  waves=$(((${#programs[@]} + JOBS - 1) / JOBS))
  seconds=$((budget / waves))
  seconds=${TENFOLD_FUZZ_SECONDS:-$((seconds < 60 ? seconds : 60))}
  mkdir -p build/findings
  export -f fuzz_one
  export LOGS
  printf '%s\0' "${programs[@]}" | xargs -0 -P "$JOBS" -I{} bash -c 'fuzz_one "$1" "$2"' _ {} "$seconds" |
    tee "$LOGS/fuzz.log"
  n_bad=$((${#programs[@]} - $(grep -c 'no finding$' "$LOGS/fuzz.log")))
  summaries+=("fuzz:    $((${#programs[@]} - n_bad)) of ${#programs[@]} targets without a finding, $seconds s each")
  n_failed=$((n_failed + n_bad))
  [ $n_bad -eq 0 ]
}

# The expression for ctest that these tests match and no other.
any_of() { local IFS='|'; echo "^($*)\$"; }

stage_release() { timed "release: build" build release && timed "release: tests" run_tests release; }
stage_dev() { timed "dev: build" build dev && timed "dev: unit tests" run_tests dev -LE e2e; }
stage_arm64() {
  # What is no different on another processor and takes a hundred times as long in an emulator: long sessions, and input so big
  # that a limit is reached.
  local -x GTEST_FILTER='-*ForEveryModel:Speculation.*:CApiStress.*:EngineMemory.RowsOfLogitsCount'
  GTEST_FILTER+=':EngineMemory.WhatClosedSessions*:SavedSession.LeavesNoMore*'
  GTEST_FILTER+=':*.LongRunsTakeLinearTime:*.ExplodingTemplatesEnd:*.AHundredStepsAllocateNothing'
  GTEST_FILTER+=':*.TextsGoBackToEveryPlaceAndOnWithTheSameBits/*'
  local targets=() selection=(-LE e2e)
  if is_late arm64 "kernels, operators, threads and platform"; then
    targets=(kernels_test ops_test runtime_test platform_test)
    selection=(-R "$(any_of "${targets[@]}")")
  fi
  timed "arm64: build" build arm64 "${targets[@]}" && timed "arm64: unit tests under qemu" run_tests arm64 "${selection[@]}"
}
stage_fuzz() { timed "fuzz: build" build dev fuzz/all && timed "fuzz: run" run_fuzz_targets; }
stage_tsan() {
  local threaded=(runtime_test engine_test c_api_test)
  if is_late tsan "the task pool"; then threaded=(runtime_test); fi
  # What compares numbers for every model does nothing with threads that a test of one model does not, 50 times slower.
  local -x GTEST_FILTER=-*ForEveryModel
  timed "tsan: build" build tsan "${threaded[@]}" &&
    timed "tsan: threads" run_tests tsan -R "$(any_of "${threaded[@]}")"
}

main() {
  local stage stages=("$@")
  [ $# -gt 0 ] || stages=(release dev arm64 tsan fuzz)
  for stage in "${stages[@]}"; do
    declare -F "stage_$stage" >/dev/null || { echo "test.sh: unknown stage '$stage'; one of: release dev arm64 tsan fuzz" >&2; exit 2; }
  done
  trap 'exit 130' INT # ninja and ctest end by themselves at Ctrl-C, after which bash would go on with the next stage
  mkdir -p "$LOGS"
  timed "install what is missing" install_packages "${TEST_PACKAGES[@]}" || n_failed=$((n_failed + 1))
  for stage in "${stages[@]}"; do "stage_$stage"; done

  printf '\nTime of each stage (%d min together):\n' $(((SECONDS + 59) / 60))
  printf '%s\n' "${times[@]}"
  printf '\n'
  [ ${#summaries[@]} -eq 0 ] || printf '%s\n' "${summaries[@]}"
  [ ${#failures[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failures[@]}"
  echo "$n_passed passed, $n_failed failed"
  [ ${#failures[@]} -eq 0 ] && [ "$n_failed" -eq 0 ]
}

main "$@"
