#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs libFuzzer programs, one after the other, each for some seconds, and says what they did.
#
# Usage: tests/fuzz/run.sh WORK SECONDS PROGRAM...
# New inputs are kept in WORK/NAME and used the next time; the committed corpus in
# tests/fuzz/corpus/NAME is only read. An input that breaks something lies in WORK/found/ and is
# replayed by `PROGRAM FILE`. tests/fuzz/NAME.dict and NAME.options go to libFuzzer. Exit 1 if there is any, or a program did not run.
set -u

work=$1 seconds=$2
shift 2
here=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
cd "$here" || exit 1
mkdir -p "$work/found" || exit 1
failed=0
# stacks of allocations cost half of the time; PROGRAM FILE shows them
ASAN_OPTIONS=malloc_context_size=1
export ASAN_OPTIONS

# One number of libFuzzer's closing statistics.
stat_of() { sed -n "s/^stat::$1: *//p" "$log"; }

for program in "$@"; do
    name=${program##*/fuzz_}
    log=$work/$name.log
    mkdir -p "$work/$name" || exit 1
    set -- "-max_total_time=$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        "-artifact_prefix=$work/found/$name-"
    [ -e "tests/fuzz/$name.dict" ] && set -- "$@" "-dict=tests/fuzz/$name.dict"
    # shellcheck disable=SC2046 # words
    [ -e "tests/fuzz/$name.options" ] && set -- "$@" $(cat "tests/fuzz/$name.options")
    # beyond its seconds a program still has an input to finish
    if timeout -k 5 $((seconds + 120)) "$program" "$@" "$work/$name" "tests/fuzz/corpus/$name" \
        >"$log" 2>&1 </dev/null; then
        printf 'ok    %-10s %s runs, %s a second, %s new inputs\n' "$name" \
            "$(stat_of number_of_executed_units)" "$(stat_of average_exec_per_sec)" \
            "$(stat_of new_units_added)"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        grep -aE 'does not hold|ERROR|runtime error|no proof|SUMMARY|Test unit written|    #[0-9] ' "$log" |
            head -n 30 | sed 's/^/    /'
    fi
done
[ "$failed" -eq 0 ]
