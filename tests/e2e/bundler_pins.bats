#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler pins, approve, retire, exclude: what people see of the ledger, and what they decide.
load lib/site
load lib/workspace

# Three keys, sorted by their SHA-256, for all tests of the file.
setup_file() {
    local i
    export KEYS="$BATS_FILE_TMPDIR"
    for i in 1 2 3; do
        openssl ecparam -name prime256v1 -genkey -noout |
            openssl pkey -pubout -outform DER 2>/dev/null | tail -c 65 > "$KEYS/key-$i"
        echo "$(sha256sum < "$KEYS/key-$i" | cut -c1-64)" \
            "$(od -An -tx1 -v "$KEYS/key-$i" | tr -d ' \n')"
    done | sort > "$KEYS/keys"
}

setup() {
    workspace_setup
    # shellcheck disable=SC2046 # words on purpose
    set -- $(cat "$KEYS/keys")
    SHA_1=$1 KEY_1=$2 SHA_2=$3 KEY_2=$4 SHA_3=$5 KEY_3=$6
    LEDGER="$WS/keys/ledger/ledger.xml"
    init_ws
    printf '%s\n' "$KEY_1" "$KEY_2" > "$WORK/two"
    SOURCE_DATE_EPOCH=1790000000 run_in_ws fetch --hex "$WORK/two"
    expect 0
}
teardown() { volume_down; }

states() { # in the order of the ledger
    sed -n 's/.*<pin .* state="\([a-z]*\)".*/\1/p' "$LEDGER" | xargs
}

# Each command that decides, with pin $1.
decisions() {
    printf '%s\n' "approve $1" "retire $1 --reason x" "exclude $1"
}

@test "pins lists what was seen, and when, and by what" {
    run_in_ws pins
    expect 0 "${SHA_1:0:16}  seen      EC P-256" '2026-09-21  2026-09-21  hex' '2 seen, 0 approved' \
        "bundler -C $(quoted "$WS") approve PIN..."
    [ "${lines[1]:0:16}" = "${SHA_1:0:16}" ]
    [ "${lines[2]:0:16}" = "${SHA_2:0:16}" ]
}

@test "pins --json has everything" {
    run_in_ws pins --json
    expect 0
    [ "$(json 'o["pins"][0]["sha256"]')" = "$SHA_1" ]
    [ "$(json 'o["pins"][0]["key"]')" = "$KEY_1" ]
    [ "$(json 'o["pins"][0]["type"]')" = 'EC P-256' ]
    [ "$(json 'o["pins"][1]["first_seen"]')" = 2026-09-21T14:13:20Z ]
    [ "$(json 'o["pins"][1]["sightings"][0]["kind"]')" = hex ]
    [ "$(json 'o["pins"][1]["sightings"][0]["sha256"]')" = "$(sha256sum < "$WORK/two" | cut -c1-64)" ]
    [ "$(json 'o["counts"]["seen"]')" = 2 ]
}

@test "certificates show validity and subject" {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout "$WORK/k" -days 10 \
        -subj '/CN=keys.example' -addext basicConstraints=CA:FALSE -out "$WORK/cert" 2>/dev/null
    run_in_ws fetch --cert "$WORK/cert"
    expect 0
    run_in_ws pins
    expect 0 'EC P-384' "$(date -u +%Y-)" certificate
    run_in_ws approve --all
    expect 0 'keys.example' ', valid '
}

@test "reading changes nothing" {
    local before
    before=$(snapshot "$WS")
    run_in_ws pins
    run_in_ws pins --json
    [ "$(snapshot "$WS")" = "$before" ]
}

@test "approve shows the whole fingerprint and the evidence, and records who, when and why" {
    SOURCE_DATE_EPOCH=1790000001 run_in_ws approve "${SHA_1:0:8}" --note 'by telephone'
    expect 0 "$(echo "$SHA_1" | sed 's/..../& /g; s/ $//')" 'hex           2026-09-21T14:13:20Z' \
        '1 pin approved' "bundler -C $(quoted "$WS") build"
    [ "$(states)" = 'approved seen' ]
    grep -q 'approved="2026-09-21T14:13:21Z" by="manual" note="by telephone"' "$LEDGER"
    [ "$(grep -c 'evidence="true"' "$LEDGER")" = 1 ]
}

@test "a pin may be typed with colons, spaces and capitals" {
    run_in_ws approve "$(echo "${SHA_2^^}" | sed 's/../&:/g; s/:$//')"
    expect 0 '1 pin approved'
    run_in_ws approve "$(echo "$SHA_2" | sed 's/..../& /g')" --json
    expect 0
    [ "$(json changed)" = 0 ]
    [ "$(json 'o["approved"][0]["sha256"]')" = "$SHA_2" ]
    [ "$(states)" = 'seen approved' ]
}

@test "--all approves what is seen, and nothing else" {
    run_in_ws exclude "$SHA_1"
    expect 0
    run_in_ws approve --all
    expect 0 '1 pin approved'
    [ "$(states)" = 'excluded approved' ]
    run_in_ws approve --all
    expect 0 '0 pins approved'
}

@test "all of what is named is approved, or nothing" {
    local before
    before=$(cat "$LEDGER")
    run_in_ws approve "$SHA_1" "$SHA_3"
    expect 2 "${SHA_3}" "'bundler pins' lists them"
    [ "$(cat "$LEDGER")" = "$before" ]
}

@test "a retired pin stays retired, whatever comes" {
    run_in_ws retire "$SHA_1" --reason 'replaced in 2026'
    expect 0 '1 pin retired' 'next bundle'
    run_in_ws approve "$SHA_1" "$SHA_2"
    expect 2 'is retired (replaced in 2026) and stays so'
    run_in_ws exclude "$SHA_1"
    expect 2 'is retired'
    run_in_ws approve --all
    expect 0
    run_in_ws fetch --hex "$WORK/two"
    expect 0
    run_in_ws retire "$SHA_1" --reason other
    expect 0 '0 pins retired, 1 had been before'
    [ "$(states)" = 'retired approved' ]
    grep -q 'reason="replaced in 2026"' "$LEDGER"
}

@test "a pin that no source showed is retired by SHA-256 or by key" {
    run_in_ws retire "$SHA_3" --reason 'seen in a site'
    expect 0 '1 pin retired'
    grep -q "<pin sha256=\"$SHA_3\" state=\"retired\"" "$LEDGER"
    run_in_ws retire "$(echo "$KEY_2" | tr a-f A-F)" --reason stolen
    expect 0 '1 pin retired'
    [ "$(states)" = 'seen retired retired' ]
    # seen later, it is no new pin
    echo "$KEY_3" > "$WORK/third"
    run_in_ws fetch --hex "$WORK/third"
    expect 0
    [ "$(states)" = 'seen retired retired' ]
}

@test "what names no pin is refused" {
    local pin before command
    before=$(cat "$LEDGER")
    for pin in "${SHA_1:0:7}" nonsense "${SHA_3:0:20}"; do
        while read -r command; do
            # shellcheck disable=SC2086 # words on purpose
            run_in_ws $command
            expect 2 "$pin" 'reason usage'
        done < <(decisions "$pin")
    done
    run_in_ws approve "${SHA_1}00"
    expect 2
    run_in_ws retire "${SHA_1}00" --reason x
    expect 10 'a key is expected, its SHA-256, or the first digits'
    run_in_ws exclude ''
    expect 2 'too short'
    [ "$(cat "$LEDGER")" = "$before" ]
}

@test "exclude takes a pin out, and a person may bring it back by name" {
    run_in_ws approve "$SHA_1"
    run_in_ws exclude "$SHA_1"
    expect 0 '1 pin excluded'
    [ "$(states)" = 'excluded seen' ]
    run_in_ws approve "$SHA_1"
    expect 0
    [ "$(states)" = 'approved seen' ]
}

@test "doing it again writes nothing" {
    local before
    run_in_ws approve --all
    before=$(snapshot "$WS")
    run_in_ws approve "$SHA_1"
    run_in_ws approve --all
    expect 0
    [ "$(snapshot "$WS")" = "$before" ]
}

@test "wrong usage" {
    local before options
    before=$(cat "$LEDGER")
    for options in approve "approve --all $SHA_1" "retire $SHA_1" 'retire --reason x' exclude \
        'pins extra' 'pins --unknown' "approve $SHA_1 --note"; do
        # shellcheck disable=SC2086 # words on purpose
        run_in_ws $options
        expect 2 'reason usage' "Try 'bundler"
    done
    run_in_ws retire "$SHA_1" --reason ''
    expect 2 'the reason'
    run_in_ws approve "$SHA_1" --note $'two\nlines'
    expect 2 'the note'
    [ "$(cat "$LEDGER")" = "$before" ]
}

@test "an edited ledger is refused by each command" {
    local command
    sed -i 's/state="seen"/state="approved"/' "$LEDGER"
    run_in_ws pins
    expect 18 "$LEDGER" 'reason state.damaged'
    while read -r command; do
        # shellcheck disable=SC2086 # words on purpose
        run_in_ws $command
        expect 18 "$LEDGER"
    done < <(decisions "$SHA_1")
}

@test "another account can neither read nor decide" {
    as_nobody "$PINFERRY_BIN/bundler" -C "$WS" pins
    expect 30 'Permission denied'
    as_nobody "$PINFERRY_BIN/bundler" -C "$WS" approve --all
    expect 30 'Permission denied'
    [ "$(states)" = 'seen seen' ]
}

@test "without a workspace each command says how to make one" {
    local command
    while read -r command; do
        # shellcheck disable=SC2086 # words on purpose
        run_bundler -C "$WORK" $command
        expect 18 'bundler init DIR'
    done < <(echo pins && decisions "$SHA_1")
}

@test "a full disk leaves the old ledger" {
    local before
    volume_up 256k
    cp -a "$WS" "$VOLUME/ws"
    WS="$VOLUME/ws"
    before=$(snapshot "$WS")
    full_volume
    run_in_ws approve --all
    expect 30 'reason io.full'
    [ "$(snapshot "$WS")" = "$before" ]
    rm "$VOLUME/filler"
    run_in_ws approve --all
    expect 0 '2 pins approved'
}

@test "a second writer is refused while one works" {
    linux_only 'a lock of Linux is none to wine; windows.bats has one'
    run flock "$WS/lock" "$PINFERRY_BIN/bundler" -C "$WS" pins
    expect 0
    run flock "$WS/lock" "$PINFERRY_BIN/bundler" -C "$WS" approve --all
    expect 21 'reason locked'
    [ "$(states)" = 'seen seen' ]
}

@test "--help explains each command with an example" {
    local command
    for command in pins approve retire exclude; do
        run_bundler "$command" --help
        expect 0 "Usage: bundler $command" "  bundler -C /srv/pinferry $command"
    done
}
