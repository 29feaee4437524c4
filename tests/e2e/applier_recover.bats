#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier recover: what a kill or a failing call leaves is always the old or the new file, and the
# next run ends it. The kills and failures are made by strace.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    command -v strace >/dev/null || skip 'no strace'
    make config "$WORK/www/two.config" 3
    enrol --config "$WORK/www/two.config"
    make bundle "$WORK/b.tar" --pins 12
    cp -p "$TARGET" "$WORK/one.old"
    cp -p "$WORK/www/two.config" "$WORK/two.old"
    # what an undisturbed run gives
    cp -a "$STATE" "$WORK/state.kept"
    run_applier apply "$WORK/b.tar"
    expect 0
    cp -p "$TARGET" "$WORK/one.new"
    cp -p "$WORK/www/two.config" "$WORK/two.new"
    again
}

# Everything as it was before the apply.
again() {
    rm -rf "$STATE"
    cp -a "$WORK/state.kept" "$STATE"
    cp -p "$WORK/one.old" "$TARGET"
    cp -p "$WORK/two.old" "$WORK/www/two.config"
}

old_or_new() {
    cmp -s "$TARGET" "$WORK/one.old" || cmp -s "$TARGET" "$WORK/one.new"
    cmp -s "$WORK/www/two.config" "$WORK/two.old" || cmp -s "$WORK/www/two.config" "$WORK/two.new"
    [ "$(cd "$WORK/www" && echo *)" = 'two.config web.config' ]
}

# apply under strace with this injection; false when it found no such call any more.
disturbed() { # INJECTION
    LC_ALL=C strace -qq -f -o "$WORK/trace" -e "trace=${1%%:*}" -e "inject=$1" \
        "$PINFERRY_BIN/applier" --state "$STATE" apply "$WORK/b.tar" > "$WORK/output" 2>&1 || true
    grep -q -e '(INJECTED)' -e 'killed by SIGKILL' "$WORK/trace"
}

# Each call of this kind in turn is the last of an apply; then the next apply ends it.
killed_at_each() { # SYSTEM CALL
    local n=0 cut=0
    while n=$((n + 1)) && disturbed "$1:signal=KILL:when=$n"; do
        old_or_new
        run_applier apply "$WORK/b.tar"
        expect 0
        cmp "$TARGET" "$WORK/one.new"
        cmp "$WORK/www/two.config" "$WORK/two.new"
        [ ! -e "$STATE/journal.xml" ]
        [ -z "$(ls -A "$STATE/staging")" ]
        [ -z "$(find "$STATE" -name '*.tmp*')" ]
        cut=$((cut + 1))
        again
    done
    [ "$cut" -ge "$2" ] || {
        echo "only $cut calls of $1"
        return 1
    }
}

@test "killed at each rename and exchange" {
    linux_only 'wine renames in another process; windows.bats ends the program at any moment'
    killed_at_each renameat2,renameat,rename 5
}

@test "killed at each flush" {
    killed_at_each fsync,fdatasync 10
}

@test "killed at each removal" {
    linux_only 'wine removes in another process'
    killed_at_each unlink,unlinkat 3
}

# Each call of this kind in turn fails: the run is refused or left to recovery, never half a file.
failing_at_each() { # SYSTEM CALL ERROR LEAST
    local n=0 cut=0
    while n=$((n + 1)) && disturbed "$1:error=$2:when=$n"; do
        old_or_new
        if grep "$CANARY" "$WORK/output"; then
            return 1
        fi
        run_applier recover
        expect 0
        old_or_new
        run_applier apply "$WORK/b.tar"
        expect 0
        cmp "$TARGET" "$WORK/one.new"
        cmp "$WORK/www/two.config" "$WORK/two.new"
        [ -z "$(ls -A "$STATE/staging")" ]
        cut=$((cut + 1))
        again
        [ "$n" -lt 60 ]
    done
    [ "$cut" -ge "$3" ]
}

@test "each flush fails" {
    failing_at_each fsync,fdatasync EIO 10
}

@test "each rename fails" {
    linux_only 'wine renames in another process'
    failing_at_each renameat2,renameat,rename EIO 4
}

# rollback under strace, killed at the nth flush, until this holds.
roll_back_until() { # CONDITION
    local n=0
    rm -rf "$WORK/at" && mkdir "$WORK/at"
    cp -a "$STATE" "$WORK/at/state" && cp -p "$TARGET" "$WORK/at/one"
    cp -p "$WORK/www/two.config" "$WORK/at/two"
    until eval "$1"; do
        rm -rf "$STATE" && cp -a "$WORK/at/state" "$STATE" && cp -p "$WORK/at/one" "$TARGET"
        cp -p "$WORK/at/two" "$WORK/www/two.config"
        n=$((n + 1))
        [ "$n" -lt 60 ]
        strace -qq -f -o "$WORK/trace" -e trace=fsync -e "inject=fsync:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" rollback > "$WORK/output" 2>&1 || true
    done
}

@test "a rollback that was cut off undoes one run, not two" {
    make bundle "$WORK/c.tar" --pins 124 --sequence 6
    run_applier apply "$WORK/b.tar"
    expect 0
    run_applier apply "$WORK/c.tar"
    expect 0
    cp -p "$TARGET" "$WORK/one.newest"
    roll_back_until '[ -e "$STATE/journal.xml" ] && cmp -s "$TARGET" "$WORK/one.new"'
    run_applier rollback
    expect 0 'run 3 (rollback) had been cut off' 'Nothing else was rolled back'
    cmp "$TARGET" "$WORK/one.new"
    cmp "$WORK/www/two.config" "$WORK/two.new"
    # one that had not begun to change files is made anew
    run_applier apply "$WORK/c.tar"
    expect 0
    roll_back_until '[ -e "$STATE/journal.xml" ] && cmp -s "$TARGET" "$WORK/one.newest"'
    run_applier rollback
    expect 0 'no file had been changed' 'Rolled back run 4'
    cmp "$TARGET" "$WORK/one.new"
}

@test "a rollback behind an apply that changed nothing undoes no older one" {
    make bundle "$WORK/c.tar" --pins 124 --sequence 6
    run_applier apply "$WORK/b.tar"
    expect 0
    rm -rf "$WORK/state.kept" && cp -a "$STATE" "$WORK/state.kept"
    cp -p "$TARGET" "$WORK/one.old" && cp -p "$WORK/www/two.config" "$WORK/two.old"
    mv "$WORK/c.tar" "$WORK/b.tar"
    n=0
    until [ -e "$STATE/journal.xml" ]; do
        again
        n=$((n + 1))
        disturbed "fsync:signal=KILL:when=$n"
    done
    run_applier rollback
    expect 0 'no file had been changed' 'Nothing else was rolled back'
    cmp "$TARGET" "$WORK/one.new"
    run_applier rollback 1
    expect 0
    cmp "$TARGET" <(make config /dev/stdout 13)
}

@test "an edited file waits for a person" {
    local n=0
    until [ -e "$STATE/journal.xml" ]; do
        again
        n=$((n + 1))
        disturbed fsync:signal=KILL:when=$n
    done
    cmp "$TARGET" "$WORK/one.old"
    make config "$TARGET" 4
    cp "$TARGET" "$WORK/edited"
    run_applier apply "$WORK/b.tar"
    expect 21 'unfinished' '--accept-target' "$TARGET"
    run_applier rollback
    expect 21 'unfinished'
    run_applier plan "$WORK/b.tar"
    expect 21
    run_applier status
    expect 21
    cmp "$TARGET" "$WORK/edited"
    run_applier recover --accept-target
    expect 0 'accepted as they are'
    cmp "$TARGET" "$WORK/edited"
    run_applier apply "$WORK/b.tar"
    expect 0
}

@test "a file that became a link: told, left, accepted" {
    linux_only 'wine follows the links of Linux and shows none'
    local n=0
    until [ -e "$STATE/journal.xml" ]; do
        again
        n=$((n + 1))
        disturbed fsync:signal=KILL:when=$n
    done
    mv "$TARGET" "$WORK/elsewhere"
    ln -s "$WORK/elsewhere" "$TARGET"
    run_applier recover
    expect 21 'unfinished' "$TARGET: a link stands in the path" 'Nothing was touched'
    run_applier recover --accept-target --json
    expect 0
    [[ "$(json found)" == "$TARGET: a link stands"* ]]
    [ -L "$TARGET" ]
    cmp "$WORK/elsewhere" "$WORK/one.old"
    [ ! -e "$STATE/journal.xml" ]
    run_applier apply "$WORK/b.tar"
    expect 20 'target.link'
}

@test "nothing to recover, and usage" {
    run_applier recover
    expect 0 'Nothing to do'
    run_applier recover now
    expect 2
    run_applier recover --statement "$WORK"
    expect 30 'io.absent' 'no statement in this folder'
    run_applier recover --help
    expect 0 '--accept-target' '--new-nonce'
    run_applier recover --new-nonce --statement "$WORK"
    expect 2 'exclude each other'
}

site_nonce() { sed -n 's/.* nonce="\([0-9a-f]*\)".*/\1/p' "$STATE/state.xml"; }

@test "a new nonce: shown, recorded, and nothing else is changed" {
    local before old
    run_applier apply "$WORK/b.tar"
    expect 0
    old=$(site_nonce)
    before=$(sed -E 's/ (nonce|receipts?)="[^"]*"//g' "$STATE/state.xml" && cat "$TARGET")
    run_applier recover --new-nonce --json
    expect 0
    [ "$(json waiting)" = true ]
    [ "$(json run)" = null ]
    [ "$(json nonce)" = "$(site_nonce)" ]
    [ "$(site_nonce)" != "$old" ]
    [ "$(sed -E 's/ (nonce|receipts?|waits)="[^"]*"//g' "$STATE/state.xml" && cat "$TARGET")" = "$before" ]
    grep -q 'action="enrol".*note="new nonce' "$STATE/receipts/000003.xml"
    grep -q 'WARNING new nonce' "$STATE/applier.log"
    run_applier status --json
    expect 18
    [ "$(json waiting)" = true ]
    [ "$(json 'o["problems"][0]["reason"]')" = state.waiting ]
    old=$(site_nonce)
    run_applier recover --new-nonce # a second one takes the place of the first
    expect 0 "bundler statement make --site site-1 --nonce $(site_nonce)" "recover --statement DIR --state $(quoted "$STATE")"
    [ "$(site_nonce)" != "$old" ]
    # undoing what was applied needs no statement
    run_applier rollback
    expect 0
    cmp "$TARGET" "$WORK/one.old"
    run_applier recover
    expect 0 'Nothing to do'
    run_applier apply "$WORK/b.tar"
    expect 18 'state.waiting'
}

# What is said is true, whichever flush fails: done, or not, or done but perhaps not for good.
told_truly() { # OPTION OF recover...
    local n=0 old not=0 but=0
    while n=$((n + 1)); do
        old=$(site_nonce)
        LC_ALL=C strace -qq -f -o "$WORK/trace" -e trace=fsync -e "inject=fsync:error=EIO:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" recover "$@" > "$WORK/output" 2>&1 && status=0 || status=$?
        grep -q '(INJECTED)' "$WORK/trace" || break
        if [ "$(site_nonce)" = "$old" ]; then
            [ "$status" -eq 30 ]
            run grep 'done, and the site has a new nonce' "$WORK/output"
            [ "$status" -eq 1 ]
            not=$((not + 1))
        elif [ "$status" -ne 0 ]; then
            grep 'done, and the site has a new nonce' "$WORK/output"
            but=$((but + 1))
        fi
        again
        [ "$n" -lt 30 ]
    done
    [ "$not" -ge 3 ]
    [ "$but" -eq 1 ]
}

@test "a statement, a new nonce: each flush fails, and what is told is true" {
    make statement "$WORK/s" --nonce "$(site_nonce)" --reset-time
    told_truly --statement "$WORK/s"
    told_truly --new-nonce
}
