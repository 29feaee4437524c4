#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs unit test programs (cmocka), files of end-to-end tests (bats) and, with -e, all of those, and
# counts them.
#
# Usage: tests/run.sh [-e] [-f WHAT]... [-o WHAT]... [-w WRAPPER] [PROGRAM|FILE.bats]...
#   -e          also run tests/e2e/*.bats and tests/ens/*.bats
#   -f WHAT     count WHAT as failed already (a build that failed before)
#   -o WHAT     say at the end that WHAT was left out
#   -w WRAPPER  command that each program is run under, split at spaces
# Failing tests are shown in full, skipped ones with their reason; V=1 shows everything. The last
# line is "N passed, N failed" (", N skipped" if any). Exit 1 if anything failed or nothing ran.
set -u

here=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$here" || exit 1
limit=${TEST_TIMEOUT:-600} # seconds for one program; valgrind needs most of it
LC_ALL=C.UTF-8 TZ=UTC CMOCKA_MESSAGE_OUTPUT=TAP
export LC_ALL TZ CMOCKA_MESSAGE_OUTPUT
unset NO_COLOR CMOCKA_TEST_ABORT CMOCKA_XML_FILE

passed=0 failed=0 skipped=0 wrapper='' e2e=false left_out=
fail() { # WHAT: counts one failure and says it
    failed=$((failed + 1))
    echo "FAIL  $1"
}

while getopts ef:o:w: option; do
    case $option in
    e) e2e=true ;;
    f) fail "$OPTARG" ;;
    o) left_out="$left_out
left out: $OPTARG" ;;
    w) wrapper=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# Reads TAP in $log into ok, bad, skip and plan. A line of a test's own output may run into the
# verdict when it lacks a newline; the plan then does not add up, which counts as a failure.
read_tap() {
    ok=0 bad=0 skip=0 plan=0
    eval "$(awk '
        # cmocka says "not ok 2 # SKIP name", bats "ok 2 name # skip why"
        /^ok .*# *skip/ || /^(not )?ok [0-9]+ # SKIP/ { skip++; next }
        /^ok /                                       { ok++; next }
        /^not ok /                                   { bad++; next }
        /^1\.\.[0-9]+/                               { plan += substr($1, 4) }
        END { printf "ok=%d bad=%d skip=%d plan=%d", ok, bad, skip, plan }' "$log")"
}

# Runs one TAP program: tap LABEL COMMAND...
tap() {
    label=$1
    shift
    timeout -k 5 "$limit" "$@" >"$log" 2>&1 </dev/null
    status=$?
    read_tap
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    cause=
    if [ "$status" -eq 124 ]; then
        cause="took more than $limit seconds"
    elif [ "$status" -gt 128 ]; then
        cause="died of signal $((status - 128))"
    elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
        cause="exit $status although no test failed"
    elif [ $((ok + bad + skip)) -ne "$plan" ]; then
        cause="planned $plan tests, reported $((ok + bad + skip))"
    elif [ "$plan" -eq 0 ]; then
        cause='has no test'
    fi
    if [ -n "$cause" ] || [ "$bad" -gt 0 ] || [ -n "${V-}" ]; then
        sed 's/^/    /' "$log"
    elif [ "$skip" -gt 0 ]; then
        sed -n -e 's/^ok [0-9]* \(.*\) # *skip/    SKIP \1:/p' -e 's/^\(not \)*ok [0-9]* # SKIP/    SKIP/p' "$log"
    fi
    if [ -n "$cause" ]; then
        fail "$label: $cause"
    elif [ "$bad" -gt 0 ]; then
        echo "FAIL  $label: $bad of $plan"
    else
        echo "ok    $label ($ok)"
    fi
}

for program in "$@"; do
    if [ "${program%.bats}" != "$program" ]; then
        tap "$program" bats --tap "$program"
    elif [ -x "$program" ]; then
        # shellcheck disable=SC2086 # the wrapper is a command with its options
        tap "${program##*/}" $wrapper "$program"
    else
        fail "${program##*/}: was not built"
    fi
done

if $e2e; then
    for file in tests/e2e/*.bats tests/ens/*.bats; do
        [ -e "$file" ] || continue # no such test yet
        tap "$file" bats --tap "$file"
    done
fi

[ $((passed + failed)) -gt 0 ] || fail 'there was no test to run'
[ -z "$left_out" ] || echo "${left_out#?}"
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
