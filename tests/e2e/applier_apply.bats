#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier apply: the pins get into the file, nothing else changes, and whatever fails leaves it.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    cp -p "$TARGET" "$WORK/before"
}

teardown() {
    ! mountpoint -q "$WORK/small" || umount "$WORK/small"
}

# The lines of the target without those that hold one of these pins.
without() { # PIN...
    local pin patterns=()
    for pin; do
        patterns+=(-e "$(cat "$KEYS/pin-$pin.hex")")
    done
    grep -vF "${patterns[@]}" "$TARGET"
}

holds() { # PINS: exactly these, in any order
    local pin
    [ "$(grep -c '<pinnedCertificate ' "$TARGET")" -eq ${#1} ]
    for pin in $(grep -o . <<< "$1"); do
        grep -qF "$(cat "$KEYS/pin-$pin.hex")" "$TARGET"
    done
}

@test "new pins come in, retired ones go, and every other byte stays" {
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    run_applier apply "$WORK/b.tar" --note 'CHG 7'
    expect 0 'Applied bundle 5 as run 1' 'applier rollback 1'
    holds 124
    cmp <(without 2 4) <(grep -vF "$(cat "$KEYS/pin-3.hex")" "$WORK/before")
    [ -z "$(ls -A "$STATE/staging")" ]
    [ "$(ls -A "$WORK/www")" = web.config ]
    grep -q 'New Certificate Added Successfully' "$STATE/applier.log"
    grep -q 'note="CHG 7"' "$STATE/receipts/000002.xml"
}

@test "again: nothing is written at all" {
    local before
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    expect 0
    before=$(snapshot "$WORK")
    run_applier apply "$WORK/b.tar"
    expect 0 'Nothing to do'
    run_applier apply
    expect 0 'Nothing to do'
    run_applier apply --json
    [ "$(json written)" = false ]
    [ "$(snapshot "$WORK")" = "$before" ]
}

@test "without BUNDLE the last one is applied to a file that lost it, also when it expired" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    rm "$WORK/b.tar"
    cp -p "$WORK/before" "$TARGET"
    run_applier_at $((60 * 86400)) apply
    expect 0 'Applied bundle 5 as run 2' 'warning: applied again although'
    holds 123
}

@test "without BUNDLE there must have been one" {
    enrol
    run_applier apply
    expect 2 'no bundle was accepted here yet'
}

@test "a folder stands for its one bundle" {
    enrol
    mkdir "$WORK/stick"
    run_applier apply "$WORK/stick"
    expect 30 'there is no bundle'
    make bundle "$WORK/stick/a.tar" --pins 12
    cp "$WORK/stick/a.tar" "$WORK/stick/._a.tar"
    run_applier apply "$WORK/stick"
    expect 0
    cp "$WORK/stick/a.tar" "$WORK/stick/b.tar"
    run_applier apply "$WORK/stick"
    expect 30 'a.tar, b.tar'
}

@test "only what was planned, if the plan's digest is given" {
    local digest
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar" --json
    digest=$(json plan_digest)
    make config "$TARGET" 134
    run_applier apply "$WORK/b.tar" --plan-digest "$digest"
    expect 21 'changed.plan'
    holds 134
    run_applier status --json
    [ "$(json last)" = null ]
    cp -p "$WORK/before" "$TARGET"
    run_applier apply "$WORK/b.tar" --plan-digest "${digest:0:4} ${digest:4}"
    expect 0
    run_applier apply "$WORK/nothing.tar" --plan-digest 12
    expect 2 '--plan-digest'
}

@test "an older bundle is refused after a newer one" {
    enrol
    make bundle "$WORK/b6.tar" --pins 12 --sequence 6
    make bundle "$WORK/b5.tar" --pins 14
    run_applier apply "$WORK/b6.tar"
    expect 0
    run_applier apply "$WORK/b5.tar"
    expect 14 'replay.sequence'
    holds 123
    grep -q 'Exception while getting latest cert from auto discovery' "$STATE/applier.log"
}

@test "a refused bundle changes neither file nor sequence" {
    local before
    enrol
    make bundle "$WORK/b.tar" --pins 12
    printf '\001' | dd of="$WORK/b.tar" bs=1 seek=700 conv=notrunc status=none
    before=$(snapshot "$TARGET" "$STATE/state.xml")
    run_applier apply "$WORK/b.tar"
    [ "$status" -ge 10 ]
    [ "$status" -le 17 ]
    [ "$(snapshot "$TARGET" "$STATE/state.xml")" = "$before" ]
}

@test "mode, owner, attributes and ACL of the file stay" {
    linux_only 'modes, owners and ACLs of Linux'
    chown 65534:65533 "$TARGET"
    chmod 640 "$TARGET"
    setfattr -n user.note -v kept "$TARGET" 2>/dev/null || skip 'no extended attributes here'
    setfacl -m u:65532:r "$TARGET" 2>/dev/null || skip 'no ACLs here'
    enrol
    make bundle "$WORK/b.tar" --pins 12
    getfacl -n "$TARGET" > "$WORK/acl"
    run_applier apply "$WORK/b.tar"
    expect 0
    [ "$(stat -c '%a %u %g' "$TARGET")" = '640 65534 65533' ]
    [ "$(getfattr --only-values -n user.note "$TARGET")" = kept ]
    cmp <(getfacl -n "$TARGET") "$WORK/acl"
}

check_with() { # PROGRAM ARGUMENT...: is the site's check from now on
    python3 - "$STATE/site.xml" "$@" << 'PY'
import sys
path, program, *arguments = sys.argv[1:]
text = open(path, encoding="utf-8").read()
check = '<check program="%s" seconds="20">%s</check>' % (
    program, "".join('<argument value="%s"/>' % a for a in arguments))
open(path, "w", encoding="utf-8").write(text.replace("</site>", check + "</site>"))
PY
}

@test "a check that passes keeps the run; one that fails brings the old bytes back" {
    enrol
    if on_windows; then
        check_with 'C:\windows\system32\cmd.exe' /c if not exist "$(native "$WORK/healthy" | tr / '\\')" exit 3
    else
        check_with /bin/sh -c "test -e $WORK/healthy"
    fi
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    expect 24 'check.failed' 'rolled back' 'on hold'
    cmp "$TARGET" "$WORK/before"
    run_applier apply
    expect 32 'hold.rolled-back'
    touch "$WORK/healthy"
    run_applier apply "$WORK/b.tar"
    expect 0 'as run 3'
    holds 123
}

@test "too few pins are refused, and nothing is written" {
    enrol
    sed -i 's|<site |&minimum="4" |' "$STATE/site.xml"
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    expect 22 'proof.minimum'
    cmp "$TARGET" "$WORK/before"
    make bundle "$WORK/b.tar" --pins 124
    run_applier apply "$WORK/b.tar"
    expect 0
}

@test "a malformed file and one without the section are refused with what to do" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    printf '<configuration><a password="%s"' "$CANARY" > "$TARGET"
    run_applier apply "$WORK/b.tar"
    expect 20 'target.form' "$TARGET"
    echo "<configuration><a password='$CANARY'/></configuration>" > "$TARGET"
    run_applier apply "$WORK/b.tar"
    expect 20 'target.section'
    grep -q 'Error while searching for public key in existing config file' "$STATE/applier.log"
}

@test "a second name and an absent file are refused" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    ln "$TARGET" "$WORK/twin"
    run_applier apply "$WORK/b.tar"
    expect 20 'target.link'
    rm "$WORK/twin" "$TARGET"
    run_applier apply "$WORK/b.tar"
    expect 30 'io.absent' "$TARGET"
}

@test "a link is refused" {
    linux_only 'wine follows the links of Linux and shows none'
    enrol
    make bundle "$WORK/b.tar" --pins 12
    mv "$TARGET" "$WORK/elsewhere"
    ln -s "$WORK/elsewhere" "$TARGET"
    run_applier apply "$WORK/b.tar"
    expect 20 'target.link'
}

@test "another applier at work is waited for by the person" {
    linux_only 'a lock of Linux is none to wine; windows.bats has one'
    enrol
    make bundle "$WORK/b.tar" --pins 12
    exec 8> "$STATE/lock"
    flock 8
    run_applier apply "$WORK/b.tar" 8>&-
    expect 21 'locked'
    flock -u 8
    run_applier apply "$WORK/b.tar" 8>&-
    expect 0
}

@test "a full volume leaves the old file and nothing staged" {
    mkdir "$WORK/small"
    mount -t tmpfs -o size=64k,mode=755 tmpfs "$WORK/small" 2>/dev/null || skip 'no mount here'
    mkdir "$WORK/small/www"
    cp -p "$TARGET" "$WORK/small/www/web.config"
    TARGET="$WORK/small/www/web.config"
    enrol
    make bundle "$WORK/b.tar" --pins 12
    dd if=/dev/zero of="$WORK/small/fill" bs=1k status=none 2>/dev/null || true
    run_applier apply "$WORK/b.tar"
    expect 30 'io.full'
    cmp "$TARGET" "$WORK/before"
    [ -z "$(ls -A "$WORK/small/.pinferry-staging")" ]
    run_applier status --json
    [ "$(json last)" = null ]
    rm "$WORK/small/fill"
    run_applier apply "$WORK/b.tar"
    expect 0
    holds 123
}

@test "a read-only volume is said" {
    mkdir "$WORK/small"
    mount -t tmpfs -o size=1m,mode=755 tmpfs "$WORK/small" 2>/dev/null || skip 'no mount here'
    mkdir "$WORK/small/www"
    cp -p "$TARGET" "$WORK/small/www/web.config"
    TARGET="$WORK/small/www/web.config"
    enrol
    make bundle "$WORK/b.tar" --pins 12
    mount -o remount,ro "$WORK/small"
    run_applier apply "$WORK/b.tar"
    expect 20 'target.access'
    cmp "$TARGET" "$WORK/before"
}

@test "an account that may not write is told so" {
    linux_only 'accounts of Linux'
    WORK=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-e2e.XXXXXX") # bats' own folder lets nobody else in
    STATE="$WORK/state" TARGET="$WORK/www/web.config"
    mkdir "$WORK/www"
    make config "$TARGET" 13
    cp -p "$TARGET" "$KEYS/trust.xml" "$WORK"
    chmod 755 "$WORK"
    chown -R 65534:65534 "$WORK"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$PINFERRY_BIN/applier" \
        --state "$STATE" init --site site-1 --trust "$WORK/trust.xml" \
        --fingerprint "$FINGERPRINT" --config "$TARGET"
    expect 0
    make bundle "$WORK/b.tar" --pins 12
    chown 0:0 "$WORK/www" "$TARGET"
    chmod 644 "$TARGET"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$PINFERRY_BIN/applier" \
        --state "$STATE" apply "$WORK/b.tar"
    no_canary
    expect 20 'target.access' "$TARGET"
    cmp "$TARGET" "$WORK/web.config"
    rm -r "$WORK"
}

@test "the password is in no file of the state but the backup" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    expect 0
    run_applier rollback
    expect 0
    run grep -rl "$CANARY" "$STATE"
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} == "$STATE/backups/"* && ${lines[1]} == "$STATE/backups/"* ]]
    modes 600 "$STATE/backups/000001-1.config"
}

@test "a state with nobody enrolled, and damaged" {
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    expect 18 'state.absent'
    enrol
    echo >> "$STATE/state.xml"
    run_applier apply "$WORK/b.tar"
    expect 18 'state.damaged'
    cmp "$TARGET" "$WORK/before"
}

@test "a newer trust set is kept even when its bundle is refused" {
    enrol
    make trust "$WORK/t2.xml" --version 2
    make bundle "$WORK/b.tar" --pins 12 --carry "$WORK/t2.xml:root" --expires -5
    run_applier apply "$WORK/b.tar"
    expect 13
    run_applier status --json
    [ "$(json 'o["trust"]["version"]')" = 2 ]
    cmp "$TARGET" "$WORK/before"
}

@test "usage" {
    run_applier apply --help
    expect 0 'Usage: applier apply'
    run_applier apply a b
    expect 2
    run_applier apply --nothing
    expect 2 '--nothing'
    enrol
    run_applier apply "$WORK/absent.tar"
    expect 30 'io.absent' "$WORK/absent.tar"
    run_applier apply x --note 'two  spaces'
    expect 2 '--note'
}

@test "a site that names services is refused where there are none" {
    linux_only 'there are services; windows_services.bats has them'
    enrol
    make bundle "$WORK/b.tar" --pins 124
    cp "$TARGET" "$WORK/before"
    sed -i 's|</site>|  <service name="AirWatch AutoDiscovery Checker"/>\n</site>|' "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 20 'config.form' 'site.xml' 'line 4' 'on Windows only'
    run_applier apply "$WORK/b.tar"
    expect 20 'config.form'
    cmp "$TARGET" "$WORK/before"
}

@test "a refusal stands in the log once" {
    enrol
    make bundle "$WORK/b.tar" --pins 124
    if on_windows; then check_with 'C:\windows\system32\cmd.exe' /c exit 3; else check_with /bin/false; fi
    run_applier apply "$WORK/b.tar"
    expect 24 'check.failed'
    [ "$(grep -c 'reason check.failed' "$STATE/applier.log")" -eq 1 ]
}
