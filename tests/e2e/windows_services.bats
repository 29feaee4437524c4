#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Services stopped around an apply, by wine's Service Control Manager, with services of the test's own
# (tests/windows/dummy.c).
load lib/site

SHOWN='Pinferry Test Checker'

setup_file() {
    [ -n "${PINFERRY_WINE-}" ] || return 0
    site_keys
    # one ordinary program of wine, or its services would end between two calls
    dummy hold "$PINFERRY_EXE/applier.exe" "S:\\no-stop" >/dev/null 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/keeper"
}

teardown_file() {
    [ ! -f "$BATS_FILE_TMPDIR/keeper" ] || touch "$PINFERRY_WINE/no-stop"
}

setup() {
    [ -n "${PINFERRY_WINE-}" ] || skip 'run by `make windows-check`: it needs wine and the .exe files'
    site_setup
    NAME=pinferry-$BATS_TEST_NUMBER
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    cp -p "$TARGET" "$WORK/before"
}

teardown() {
    [ -n "${PINFERRY_WINE-}" ] || return 0
    touch "$WORK/release"
    dummy stop "$NAME" || true
    dummy remove "$NAME" || true
}

dummy() { timeout 100 "${PINFERRY_WINE_PROGRAM:-/usr/lib/wine/wine64}" "$PINFERRY_TEST_EXE/dummy.exe" "$@" | tr -d '\r'; }

# A folder of this system as Windows names it.
drive() { printf 'S:%s' "${1#"$PINFERRY_WINE"}" | tr / '\\'; }

service() { # [SLOW_MS]: installed, running, and named by site.xml
    dummy install "$NAME" "$SHOWN $BATS_TEST_NUMBER" "$(drive "$WORK/log")" "${1:-0}" "$(drive "$WORK/broken")"
    dummy start "$NAME"
    wait_state running
    names "$SHOWN $BATS_TEST_NUMBER"
}

names() { # NAME [SECONDS]
    sed -i "s|</site>|  <service name=\"$1\" seconds=\"${2:-30}\"/>\n</site>|" "$STATE/site.xml"
}

wait_state() {
    local _
    for _ in $(seq 200); do
        [ "$(dummy state "$NAME")" != "$1" ] || return 0
        sleep 0.1
    done
    echo "the service is $(dummy state "$NAME"), not $1; it said: $(paste -sd ' ' "$WORK/log")"
    cat "$STATE/applier.log"
    return 1
}

# The applier in the background, killed once $1 is there.
killed_when() { # FILE ARGUMENT...
    local file=$1 wrap _
    shift
    "$PINFERRY_BIN/applier" --state "$STATE" "$@" >/dev/null 2>&1 3>&- &
    wrap=$!
    for _ in $(seq 400); do
        [ ! -e "$file" ] || break
        sleep 0.02
    done
    [ -e "$file" ]
    kill -9 "$(pgrep -P "$wrap")"
    wait "$wrap" || true
}

@test "a service that runs is stopped and started again around an apply and a rollback" {
    service
    run_applier plan "$WORK/b.tar"
    expect 0 "service '$SHOWN $BATS_TEST_NUMBER' is stopped meanwhile"
    [ "$(cat "$WORK/log")" = started ]
    run_applier apply "$WORK/b.tar"
    expect 0 'Applied bundle 5 as run 1'
    wait_state running
    [ "$(paste -sd ' ' "$WORK/log")" = 'started stopped started' ]
    [ ! -e "$STATE/services.xml" ]
    grep -q "service $NAME: stopped" "$STATE/applier.log"
    run_applier apply "$WORK/b.tar"
    expect 0 'Nothing to do'
    [ "$(paste -sd ' ' "$WORK/log")" = 'started stopped started' ]
    run_applier rollback --force
    expect 0
    cmp "$TARGET" "$WORK/before"
    wait_state running
    [ "$(paste -sd ' ' "$WORK/log")" = 'started stopped started stopped started' ]
}

@test "a service that did not run is not started" {
    service
    dummy stop "$NAME"
    wait_state stopped
    run_applier apply "$WORK/b.tar"
    expect 0 'Applied bundle 5 as run 1'
    wait_state stopped
}

@test "a name that no service has is refused, and nothing is written" {
    names 'No Such Service'
    run_applier apply "$WORK/b.tar"
    expect 20 'config.service' "'No Such Service'"
    cmp "$TARGET" "$WORK/before"
}

@test "a service that does not stop in its time ends the run before anything is written" {
    service 4000
    sed -i 's|seconds="30"|seconds="1"|' "$STATE/site.xml"
    run_applier apply "$WORK/b.tar"
    expect 21 'service.stop' 'did not stop within 1 seconds' 'no file was changed'
    cmp "$TARGET" "$WORK/before"
    # it stopped later: it stays noted until it runs again
    wait_state stopped || wait_state running
    run_applier recover
    [ "$status" -eq 0 ]
    wait_state running
    run_applier status
    [[ $output != *service.start* ]]
}

@test "a failed check undoes the run, and the service runs again" {
    service
    sed -i 's|</site>|  <check program="C:\\windows\\system32\\cmd.exe" seconds="60"><argument value="/c"/><argument value="exit"/><argument value="7"/></check>\n</site>|' \
        "$STATE/site.xml"
    run_applier apply "$WORK/b.tar"
    expect 24 'check.failed'
    cmp "$TARGET" "$WORK/before"
    wait_state running
    [ "$(paste -sd ' ' "$WORK/log")" = 'started stopped started stopped started' ]
}

@test "a service that does not start again is told, and recover starts it" {
    service
    touch "$WORK/broken"
    run_applier apply "$WORK/b.tar"
    expect 21 'service.start' 'the files are as they should be' 'has ended again'
    run_applier pins "$TARGET"
    expect 0
    ! cmp -s "$TARGET" "$WORK/before" || return 1
    run_applier status
    expect 21 "'$NAME'"
    run_applier recover
    expect 21 'service.start'
    rm "$WORK/broken"
    run_applier recover
    expect 0 'were started again'
    wait_state running
    run_applier status
    expect 0
}

@test "killed while the service stops: the next command starts it" {
    service 2500
    killed_when "$STATE/services.xml" apply "$WORK/b.tar"
    cmp "$TARGET" "$WORK/before"
    run_applier status
    expect 21 'may not run again yet'
    run_applier recover
    expect 0
    wait_state running
    [ ! -e "$STATE/services.xml" ]
    run_applier apply "$WORK/b.tar"
    expect 0 'Applied bundle 5'
    wait_state running
}

@test "killed in the middle of a run: recovery starts the service" {
    service
    dummy hold "$(drive "$TARGET")" "$(drive "$WORK/release")" >"$WORK/held" 2>/dev/null 3>&- &
    for _ in $(seq 100); do [ ! -s "$WORK/held" ] || break; sleep 0.1; done
    killed_when "$STATE/journal.xml" apply "$WORK/b.tar"
    wait_state stopped
    touch "$WORK/release"
    wait
    run_applier status
    expect 21 'cut off' 'may not run again yet'
    run_applier recover
    expect 0 'had been cut off'
    wait_state running
    run_applier status
    [[ $output != *'may not run'* ]]
}

@test "held by another program for good: refused, nothing written, and the service runs again" {
    service
    dummy hold "$(drive "$TARGET")" "$(drive "$WORK/release")" >"$WORK/held" 2>/dev/null 3>&- &
    for _ in $(seq 100); do [ ! -s "$WORK/held" ] || break; sleep 0.1; done
    run_applier apply "$WORK/b.tar"
    expect 21 'changed.target' 'open for writing'
    [ "$(grep -c 'reason changed.target' "$STATE/applier.log")" -eq 1 ]
    cmp "$TARGET" "$WORK/before"
    wait_state running
    touch "$WORK/release"
    wait
}
