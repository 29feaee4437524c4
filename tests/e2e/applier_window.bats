#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Patch windows: outside of them no file is changed, unless a person says why.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    cp -p "$TARGET" "$WORK/before"
    enrol
    make bundle "$WORK/b.tar" --pins 124
}

configure() { # ELEMENTS: into site.xml
    sed -i "s|</site>|$1&|" "$STATE/site.xml"
}

# windows BEGIN MINUTES: one window, BEGIN as date(1) takes it, UTC; $BEGIN then has seconds.
windows() {
    local day from
    BEGIN=$(date -d "$1" +%s)
    day=$(date -u -d "@$BEGIN" +%F)
    from=$(date -u -d "@$BEGIN" +%R)
    configure "<windows zone=\"UTC\"><window date=\"$day\" from=\"$from\" minutes=\"$2\"/></windows>"
}

@test "outside of the windows nothing is changed, and the next opening is told" {
    local day
    day=$(date -u -d '+2 days' +%F)
    configure "<windows zone=\"CET-1CEST,M3.5.0,M10.5.0/3\"><window date=\"$day\" from=\"22:00\" minutes=\"60\"/></windows>"
    find "$STATE" -type f ! -name applier.log -exec sha256sum {} + > "$WORK/digests"
    run_applier apply "$WORK/b.tar"
    expect 31 'window.closed' "$day 22:00 CE" '--outside-window'
    cmp "$TARGET" "$WORK/before"
    sha256sum --quiet -c "$WORK/digests"
    grep -q 'no patch window is open' "$STATE/applier.log"
    run_applier apply "$WORK/b.tar" --json
    [ "$(json reason)" = window.closed ]
    # what is wrong with a bundle comes first
    head -c 2000 "$WORK/b.tar" > "$WORK/cut.tar"
    run_applier apply "$WORK/cut.tar"
    [ "$status" -ne 31 ]
    [ "$status" -ne 0 ]
}

@test "inside a window it is applied" {
    windows '-1 hour' 180
    run_applier apply "$WORK/b.tar"
    expect 0 'Applied bundle 5'
    run grep -c 'outside-window' "$STATE/receipts/000002.xml"
    [ "$output" = 0 ]
}

@test "a window that closes too soon for the check's time limit" {
    windows '-1 hour' 70
    configure '<check program="'"$(native /bin/true)"'" seconds="3600"/>'
    run_applier apply "$WORK/b.tar"
    expect 31 'a run may take 3660 seconds' 'none opens within'
    cmp "$TARGET" "$WORK/before"
}

@test "a person may go on, with a reason that is kept" {
    windows '+1 day' 60
    run_applier apply "$WORK/b.tar" --outside-window --reason 'CHG 7: phones are silent'
    expect 0 'Applied bundle 5' 'warning: no patch window is open' 'phones are silent'
    grep -q 'WARNING outside the patch windows, by .*: CHG 7: phones are silent' "$STATE/applier.log"
    grep -q 'id="urn:pinferry:receipt:outside-window" critical="false" value="CHG 7: phones are silent"' \
        "$STATE/receipts/000002.xml"
    grep -q 'outside-window="CHG 7: phones are silent"' "$STATE/runs/000001.xml"
    # the way back is not bound to a window
    run_applier rollback
    expect 0
    cmp "$TARGET" "$WORK/before"
}

@test "the override is not noted where it was not needed" {
    windows '-1 hour' 180
    run_applier apply "$WORK/b.tar" --outside-window --reason 'to be sure'
    expect 0
    [[ $output != *'no patch window'* ]]
    run grep -rc 'to be sure' "$STATE/receipts/000002.xml"
    [ "$output" = 0 ]
}

@test "override and reason go together" {
    windows '+1 day' 60
    run_applier apply "$WORK/b.tar" --outside-window
    expect 2 'go together'
    run_applier apply "$WORK/b.tar" --reason why
    expect 2 'go together'
    run_applier apply "$WORK/b.tar" --outside-window --reason ' '
    expect 2 '--reason takes'
    run_applier recover --outside-window
    expect 2 'go together'
    cmp "$TARGET" "$WORK/before"
}

@test "plan and status tell how the windows stand" {
    run_applier plan "$WORK/b.tar" --json
    [ "$(json window)" = null ]
    windows '+1 day' 60
    run_applier plan "$WORK/b.tar" -o "$WORK/plan.html"
    expect 0 'window     closed; the next opens on ' "$(date -u -d "@$BEGIN" '+%F %R') UTC"
    grep -q 'closed; the next opens on' "$WORK/plan.html"
    run_applier plan "$WORK/b.tar" --json
    [ "$(json 'o["window"]["open"]')" = false ]
    [ "$(json 'o["window"]["opens"]')" = "$(date -u -d "@$BEGIN" +%FT%R:00Z)" ]
    run_applier status
    [[ $output == *'window     closed; the next opens on '* ]]
    run_applier apply "$WORK/b.tar" --outside-window --reason x
    expect 0
    sed -i 's|<windows.*</windows>||' "$STATE/site.xml"
    windows '-1 hour' 120
    run_applier status --json
    expect 0
    [ "$(json 'o["window"]["open"]')" = true ]
}

@test "a bundle that expires before the next window" {
    windows '+300 days' 60
    run_applier plan "$WORK/b.tar"
    expect 0 'warning: the bundle expires on ' 'before a patch window opens'
}

@test "wrong windows are refused by every command that would change files" {
    configure '<windows zone="Europe/Prague"><window days="sat" from="22:00" minutes="60"/></windows>'
    run_applier apply "$WORK/b.tar"
    expect 20 'config.form' 'zone must be UTC or a rule'
    run_applier plan "$WORK/b.tar"
    expect 20 'zone must be UTC or a rule'
}
