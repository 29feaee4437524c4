#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier inbox: what lies on a medium, taken now or when a patch window opens.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    enrol
    cp -p "$TARGET" "$WORK/before"
    STICK="$WORK/stick"
    mkdir "$STICK"
}

window() { # open | closed | none: what site.xml says
    local begin=$1
    sed -i 's|<windows.*</windows>||' "$STATE/site.xml"
    case $begin in
    open) begin=$(($(date +%s) - 3600)) ;;
    closed) begin=$(($(date +%s) + 86400)) ;;
    none) return ;;
    esac
    sed -i "s|</site>|<windows zone=\"UTC\"><window date=\"$(date -u -d "@$begin" +%F)\" from=\"$(date -u -d "@$begin" +%R)\" minutes=\"180\"/></windows>&|" \
        "$STATE/site.xml"
}

@test "the newest is taken, among other files and bad copies" {
    make bundle "$STICK/b5.tar" --pins 12
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    make bundle "$STICK/b6.tar" --pins 12 --sequence 6
    cp "$STICK/b7.tar" "$STICK/._b9.tar"
    head -c 3000 "$STICK/b7.tar" > "$STICK/partial.tar"
    echo hello > "$STICK/README.txt"
    mkdir "$STICK/folder.tar"
    run_applier inbox "$STICK"
    expect 0 'bundle 5 ' 'bundle 6 ' 'bundle 7 ' 'warning: ' 'partial.tar' 'Applied bundle 7 as run 1'
    [[ $output != *README* && $output != *._b9* ]]
    grep -q 'ERROR.*partial.tar' "$STATE/applier.log"
    # the same stick again: what is refused decides, with nothing to take beside it
    rm -r "$STICK/partial.tar" "$STICK/folder.tar"
    find "$STATE" -type f -exec sha256sum {} + > "$WORK/digests"
    run_applier inbox "$STICK"
    expect 0 'older ' 'bundle 7 ' 'Nothing new for this site'
    sha256sum --quiet -c "$WORK/digests"
    [ "$(find "$STATE" -type f | wc -l)" -eq "$(wc -l < "$WORK/digests")" ]
}

@test "nothing there, no folder there: no error" {
    run_applier inbox "$STICK"
    expect 0 'Nothing new'
    run_applier inbox "$WORK/absent"
    expect 0 'warning: ' 'is not there' 'Nothing new'
    run_applier inbox
    expect 2
}

@test "outside the window it waits, and the stick may go" {
    window closed
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    run_applier inbox "$STICK"
    expect 31 'Bundle 7 is verified and waits' 'the next opens on'
    cmp "$TARGET" "$WORK/before"
    [ -f "$STATE/pending.head" ]
    run_applier status
    expect 0 'waiting    bundle 7'
    [ "$(grep -c 'INFO bundle 7 was verified and waits' "$STATE/applier.log")" = 1 ]
    rm -r "$STICK"
    find "$STATE" -type f -exec sha256sum {} + > "$WORK/digests"
    run_applier inbox "$STICK" --json
    [ "$status" -eq 31 ]
    [ "$(json reason)" = window.closed ]
    [ "$(json waiting)" = true ]
    sha256sum --quiet -c "$WORK/digests"
    window open
    run_applier inbox "$STICK"
    expect 0 'Applied bundle 7'
    [ ! -e "$STATE/pending.head" ]
    run_applier status
    expect 0
    [[ $output != *waiting* ]]
    run_applier inbox "$STICK"
    expect 0 'Nothing new'
}

@test "a target that cannot be edited today does not keep a bundle from waiting" {
    window closed
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    echo '<configuration>' > "$TARGET"
    run_applier inbox "$STICK"
    expect 31 'Bundle 7'
    window open
    run_applier inbox "$STICK"
    expect 20 'target.form'
    cp "$WORK/before" "$TARGET"
    run_applier inbox "$WORK/absent"
    expect 0 'Applied bundle 7'
}

# Each call of this kind in turn is the last of a look that keeps a bundle in another's place.
killed_at_each() { # SYSTEM CALL LEAST
    local n=0
    while n=$((n + 1)); do
        rm -rf "$STATE"
        cp -a "$WORK/state.kept" "$STATE"
        LC_ALL=C strace -qq -f -o "$WORK/trace" -e "trace=$1" -e "inject=$1:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" inbox "$STICK" > "$WORK/output" 2>&1 || true
        grep -q 'killed by SIGKILL' "$WORK/trace" || break
        cmp "$TARGET" "$WORK/before"
        run_applier inbox "$WORK/absent"
        [ "$status" -eq 31 ] || expect 0 'Nothing new'
        run_applier inbox "$STICK"
        expect 31 'Bundle 7'
        [ -z "$(find "$STATE" -name '*.tmp*')" ]
    done
    [ "$n" -gt "$2" ]
    window none
    run_applier inbox "$WORK/absent"
    expect 0 'Applied bundle 7'
}

@test "killed while it keeps one: none or a whole one waits" {
    linux_only 'strace does the kills'
    command -v strace > /dev/null || skip 'no strace'
    window closed
    make bundle "$STICK/b6.tar" --pins 12 --sequence 6
    run_applier inbox "$STICK"
    expect 31
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    cp -a "$STATE" "$WORK/state.kept"
    killed_at_each renameat2,renameat,rename,fsync,fdatasync,unlink,unlinkat 6
}

@test "a newer one takes the place of the one that waits" {
    window closed
    make bundle "$STICK/b6.tar" --pins 12 --sequence 6
    run_applier inbox "$STICK"
    expect 31 'Bundle 6'
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    rm "$STICK/b6.tar"
    run_applier inbox "$STICK"
    expect 31 'Bundle 7'
    window none
    run_applier inbox "$WORK/absent"
    expect 0 'Applied bundle 7'
}

@test "what waits is verified again: expired meanwhile, overtaken, damaged" {
    window closed
    make bundle "$STICK/b6.tar" --pins 124 --sequence 6
    run_applier inbox "$STICK"
    expect 31
    window none
    run_applier_at $((40 * 86400)) inbox "$WORK/absent"
    expect 13 'time.expired' 'not kept any longer'
    cmp "$TARGET" "$WORK/before"
    [ ! -e "$STATE/pending.head" ]
    window closed
    run_applier inbox "$STICK"
    expect 31
    printf x >> "$STATE/pending.head"
    window none
    run_applier inbox "$WORK/absent"
    expect 18 'state.damaged' 'not kept any longer'
    cmp "$TARGET" "$WORK/before"
    window closed
    run_applier inbox "$STICK"
    expect 31
    window none
    make bundle "$WORK/b7.tar" --pins 12 --sequence 7
    run_applier apply "$WORK/b7.tar"
    expect 0
    run_applier inbox "$WORK/absent"
    expect 0 'Nothing new'
    [ ! -e "$STATE/pending.head" ]
}

@test "one that was rolled back is held until it is named" {
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    run_applier inbox "$STICK"
    expect 0
    run_applier rollback
    expect 0
    run_applier inbox "$STICK"
    expect 32 'hold.rolled-back'
    cmp "$TARGET" "$WORK/before"
    make bundle "$STICK/b8.tar" --pins 12 --sequence 8
    run_applier inbox "$STICK"
    expect 0 'Applied bundle 8'
}

@test "a bad bundle alone gives its own exit code, and stays" {
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    python3 - "$STICK/b7.tar" <<'P'
import sys
d = bytearray(open(sys.argv[1], "rb").read())
i = d.index(b"sequence=") + 10
d[i] ^= 1
open(sys.argv[1], "wb").write(d)
P
    cp "$STICK/b7.tar" "$WORK/bad.tar"
    run_applier inbox "$STICK"
    expect 11 'signature.digest' 'Nothing was taken'
    cmp "$STICK/b7.tar" "$WORK/bad.tar"
    cmp "$TARGET" "$WORK/before"
    [ "$(grep -c signature.digest "$STATE/applier.log")" = 1 ]
}

@test "two of one number that differ: neither" {
    make bundle "$STICK/one.tar" --pins 124 --sequence 7
    make bundle "$STICK/two.tar" --pins 12 --sequence 7
    make bundle "$STICK/less.tar" --pins 12 --sequence 6
    run_applier inbox "$STICK"
    expect 14 'replay.different' 'one.tar' 'two.tar' 'Nothing was taken'
    cmp "$TARGET" "$WORK/before"
    rm "$STICK/two.tar"
    cp "$STICK/one.tar" "$STICK/copy.tar"
    run_applier inbox "$STICK"
    expect 0 'Applied bundle 7'
}

@test "more than 64 are not looked at" {
    for i in $(seq 65); do : > "$STICK/$i.tar"; done
    run_applier inbox "$STICK"
    expect 30 'io.candidates' '65 bundles'
}

@test "the medium is only read" {
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    find "$STICK" -printf '%P %T@ %C@ %m\n' | sort > "$WORK/listing"
    window closed
    run_applier inbox "$STICK"
    expect 31
    window none
    run_applier inbox "$STICK"
    expect 0
    find "$STICK" -printf '%P %T@ %C@ %m\n' | sort | diff "$WORK/listing" -
}

@test "the override goes through here too" {
    window closed
    make bundle "$STICK/b7.tar" --pins 124 --sequence 7
    run_applier inbox "$STICK" --outside-window --reason 'silent phones' --note CHG-9
    expect 0 'Applied bundle 7' 'no patch window is open'
    grep -q 'note="CHG-9"' "$STATE/receipts/000002.xml"
    grep -q 'value="silent phones"' "$STATE/receipts/000002.xml"
}
