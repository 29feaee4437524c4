#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier rollback: one apply is undone, in all its files, and its bundle waits.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    cp -p "$TARGET" "$WORK/before"
}

apply() { # [OPTION OF bundle]...
    make bundle "$WORK/b.tar" "$@"
    run_applier apply "$WORK/b.tar"
    expect 0
}

@test "the old bytes come back, and the bundle is on hold" {
    enrol
    apply --pins 124
    run_applier rollback --note 'CHG 8'
    expect 0 'Rolled back run 1 (bundle 5) as run 2' 'on hold'
    cmp "$TARGET" "$WORK/before"
    run_applier status
    expect 3 'bundle 5 was rolled back'
    run_applier apply
    expect 32 'hold.rolled-back'
    grep -q 'action="rollback" outcome="changed".* note="CHG 8"' "$STATE/receipts/000003.xml"
    run_applier apply "$WORK/b.tar"
    expect 0
    run_applier apply
    expect 0 'Nothing to do'
}

@test "a newer bundle is not held" {
    enrol
    apply --pins 12
    run_applier rollback
    expect 0
    apply --pins 14 --sequence 6
    run_applier apply
    expect 0 'Nothing to do'
}

@test "what was accepted is not lowered" {
    enrol
    apply --pins 12 --sequence 6
    run_applier rollback
    expect 0
    make bundle "$WORK/old.tar" --pins 12
    run_applier apply "$WORK/old.tar"
    expect 14 'replay.sequence'
}

@test "several files, and one run of several" {
    make config "$WORK/www/two.config" 4
    cp "$WORK/www/two.config" "$WORK/two"
    enrol --config "$WORK/www/two.config"
    apply --pins 12
    apply --pins 125 --sequence 6
    run_applier rollback 1
    expect 22 'rollback.pins' '--force'
    run_applier rollback
    expect 0 'Rolled back run 2'
    run_applier rollback
    expect 2 'run 3 was a rollback' 'applier rollback 1'
    run_applier rollback 1
    expect 0 'Rolled back run 1'
    cmp "$TARGET" "$WORK/before"
    cmp "$WORK/www/two.config" "$WORK/two"
    run_applier rollback
    expect 2 'rolled back already'
}

@test "an edit made since stays" {
    enrol
    apply --pins 12
    sed -i 's|<appSettings>|&\n    <add key="later" value="1" />|' "$TARGET"
    run_applier rollback
    expect 0
    cmp <(grep -v '"later"' "$TARGET") "$WORK/before"
    grep -q '"later"' "$TARGET"
}

@test "pins that changed since, and retired keys, come back by --force only" {
    enrol
    apply --pins 12 --retired 3
    cp "$TARGET" "$WORK/applied"
    run_applier rollback
    expect 22 'rollback.pins' 'retired' '--force'
    cmp "$TARGET" "$WORK/applied"
    run_applier rollback --force
    expect 0
    cmp "$TARGET" "$WORK/before"
}

@test "--json" {
    enrol
    apply --pins 12
    run_applier rollback --json
    expect 0
    [ "$(json undone)" = 1 ]
    [ "$(json run)" = 2 ]
    [ "$(json changed)" = true ]
    run_applier rollback --json
    expect 2
    [ "$(json reason)" = usage.unfit ]
}

@test "usage" {
    run_applier rollback --help
    expect 0 'Usage: applier rollback'
    enrol
    run_applier rollback
    expect 2 'nothing to undo'
    run_applier rollback zero
    expect 2 "'zero'"
    apply --pins 12
    run_applier rollback 7
    expect 2 'no record of run 7'
    run_applier rollback
    expect 0
    run_applier rollback 2
    expect 2 'was a rollback itself'
}

@test "a kill before the journal leaves nothing for good, though site.xml stages elsewhere since" {
    command -v strace >/dev/null || skip 'no strace'
    local n=0 left
    enrol
    mkdir -m 700 "$WORK/first" "$WORK/second"
    stage_in() { sed -i "s|staging=\"[^\"]*\"|staging=\"$(native "$1")\"|" "$STATE/site.xml"; }
    files() { find "$WORK/first" "$WORK/second" "$STATE/staging" -type f; }
    stage_in "$WORK/first"
    apply --pins 124
    make config "$WORK/www/two.config" 3 # the only target from now on
    sed -i 's|web\.config"|two.config"|' "$STATE/site.xml"
    stage_in "$WORK/second"
    until [ -n "${left:-}" ]; do
        n=$((n + 1))
        [ "$n" -lt 30 ]
        LC_ALL=C strace -qq -f -o "$WORK/trace" -e trace=fsync \
            -e "inject=fsync:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" rollback > /dev/null 2>&1 || true
        [ ! -e "$STATE/journal.xml" ]
        left=$(files)
    done
    make bundle "$WORK/b.tar" --pins 12 --sequence 6
    run_applier apply "$WORK/b.tar"
    expect 0
    [ -z "$(files)" ]
    run_applier rollback 1
    expect 0
    cmp "$TARGET" "$WORK/before"
}
