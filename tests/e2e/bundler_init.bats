#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler init: a workspace is made once, whole, and with a domain of its own.
load lib/site
load lib/workspace

setup() { workspace_setup; }
teardown() { volume_down; }

domain_of() { sed -n 's/.* domain="\([0-9a-f]*\)".*/\1/p' "$1/bundler.xml"; }

@test "a workspace is made with its folders, and the next step is named" {
    init_ws
    expect 0 'is a workspace for cns.awmdm.com' "bundler -C $(quoted "$WS") keygen"
    modes 700 "$WS/keys"
    [ -d "$WS/keys/ledger/evidence" ] && [ -d "$WS/bundles" ] && [ -d "$WS/receipts" ]
    grep -q 'channel="cns.awmdm.com"' "$WS/bundler.xml"
    [ "$(domain_of "$WS" | tr -d '\n' | wc -c)" = 32 ]
    run_in_ws pins
    expect 0 'The ledger is empty'
}

@test "--json says all of it" {
    init_ws --channel keys.example --json
    [ "$(json workspace)" = "$WS" ]
    [ "$(json channel)" = keys.example ]
    [ "$(json domain)" = "$(domain_of "$WS")" ]
    [ "$(json ok)" = true ]
}

@test "no two workspaces have one domain" {
    init_ws
    run_bundler init "$WORK/other"
    expect 0
    [ "$(domain_of "$WS")" != "$(domain_of "$WORK/other")" ]
}

@test "an existing workspace is refused and stays as it is" {
    local before
    init_ws
    before=$(snapshot "$WS")
    run_bundler init "$WS"
    expect 18 'is a workspace already' 'reason state.present, exit 18'
    [ "$(snapshot "$WS")" = "$before" ]
}

@test "half a workspace is not given a new domain" {
    init_ws
    run_in_ws keygen --no-passphrase
    expect 0
    rm "$WS/bundler.xml"
    run_bundler init "$WS"
    expect 18 'keys/trust.xml' 'reason state.damaged'
    [ ! -e "$WS/bundler.xml" ]
}

@test "wrong usage is told before anything is made" {
    local options
    for options in '' "$WS two" "$WS --channel Bad_Name" "$WS --channel" "$WS --unknown" \
        "-C . $WS"; do
        # shellcheck disable=SC2086 # words on purpose
        run_bundler init $options
        expect 2 "reason usage, exit 2" "bundler init --help"
    done
    [ ! -e "$WS" ]
}

@test "a parent that is missing, or no folder, is named" {
    run_bundler init "$WORK/missing/ws"
    expect 30 "$WORK/missing/ws" 'reason io.absent'
    echo text > "$WORK/file"
    run_bundler init "$WORK/file"
    expect 30 "$WORK/file"
    [ "$(cat "$WORK/file")" = text ]
}

@test "where this account may not write, nothing is made" {
    as_nobody "$PINFERRY_BIN/bundler" init "$WS"
    expect 30 "$WS" 'Permission denied'
    [ ! -e "$WS" ]
}

@test "a full disk leaves no workspace" {
    volume_up 64k
    full_volume
    run_bundler init "$VOLUME/ws"
    expect 30 'reason io.full'
    [ ! -e "$VOLUME/ws/bundler.xml" ]
    rm "$VOLUME/filler"
    run_bundler init "$VOLUME/ws"
    expect 0
}

@test "SOURCE_DATE_EPOCH dates it, and must be a number" {
    SOURCE_DATE_EPOCH=1790000000 run_bundler init "$WS"
    expect 0
    grep -q 'created="2026-09-21T' "$WS/bundler.xml"
    SOURCE_DATE_EPOCH=tomorrow run_bundler init "$WORK/other"
    expect 2 SOURCE_DATE_EPOCH
    [ ! -e "$WORK/other" ]
}

@test "what people write into bundler.xml is read strictly" {
    init_ws
    sed -i 's|/>$|>\n  <source adress="https://a.example/"/>\n</bundler>|' "$WS/bundler.xml"
    run_in_ws pins
    expect 20 "$WS/bundler.xml" 'line 3' adress 'reason config.form'
}

@test "--help explains it with an example" {
    run_bundler init --help
    expect 0 'Usage: bundler init' '  bundler init /srv/pinferry' --channel
}
