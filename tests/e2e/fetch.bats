#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `bundler fetch`: what every source gives, what the ledger has of it, and what a person is told.
bats_require_minimum_version 1.5.0
load lib/fetch_kit

setup_file() {
    servers_up
}

teardown_file() {
    servers_down
}

setup() {
    unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
    export PINFERRY_TEST_WAIT_MS=1
    WORKSPACE=$BATS_TEST_TMPDIR/workspace
    cd "$BATS_TEST_TMPDIR" || return 1
    "$BUNDLER" init "$WORKSPACE" --channel "$CHANNEL"
    KEY_1=$(article_key 1) KEY_2=$(article_key 2)
    SHA_1=$(echo "$KEY_1" | hex_sha256) SHA_2=$(echo "$KEY_2" | hex_sha256)
}

# One member of each pin of `bundler pins --json`, in order.
ledger() {
    "$BUNDLER" -C "$WORKSPACE" pins --json | python3 -c '
import json, sys
print(" ".join(str(pin[sys.argv[1]]) for pin in json.load(sys.stdin)["pins"]))' "$1"
}

@test "the article's two keys come from discovery into the ledger" {
    local raw
    [ "$SHA_1" != "$SHA_2" ]
    run --separate-stderr fetch --json --url "$(cat "$SERVED/url")"
    echo "$output" >&2
    [ "$status" -eq 0 ]
    [ "$(field pins 0 sha256)" = "$SHA_1" ]
    [ "$(field pins 0 key)" = "$KEY_1" ]
    [ "$(field pins 0 state)" = seen ]
    [ "$(field pins 0 type)" = RSA-2048 ]
    [ "$(field pins 0 new)" = true ]
    [ "$(field pins 1 key)" = "$KEY_2" ]
    [ "$(field new)" = 2 ]
    [ "$(field missing)" = '[]' ]
    [ "$(field sources 0 kind)" = discovery ]
    [ "$(ledger sha256)" = "$SHA_1 $SHA_2" ]
    raw=$(sha256sum <"$SERVED/answer" | cut -c1-64)
    [ "$(field sources 0 sha256)" = "$raw" ]
    cmp "$SERVED/answer" "$WORKSPACE/keys/ledger/evidence/$raw"
}

@test "a person is told fingerprint, type, state, source and what to do next" {
    run --separate-stderr fetch --url "$(cat "$SERVED/url")"
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == "5b6a 4513 "* ]]
    [ "${lines[1]}" = '  RSA-2048, new, seen' ]
    [[ "${lines[2]}" == '  discovery https://localhost:'*"?URL=$CHANNEL" ]]
    [[ "$output" == *'2 pins, 2 new'* ]]
    [[ "$output" == *"bundler -C $(quoted "$WORKSPACE") approve"* ]]
    run --separate-stderr fetch --url "$(cat "$SERVED/url")"
    [ "${lines[1]}" = '  RSA-2048, known, seen' ]
    [[ "$output" == *'2 pins, 0 new'* ]]
    # what is new is told even quietly, what is known is not
    run --separate-stderr fetch --quiet --url "$(cat "$SERVED/url")"
    [ -z "$output$stderr" ]
    echo "$KEY_1" >one
    "$BUNDLER" init --quiet other
    run "$BUNDLER" -C other fetch --quiet --hex one
    [ "${lines[1]}" = '  RSA-2048, new, seen' ]
}

@test "files give the same keys, and one change of the ledger takes them all" {
    answer_of "$KEY_1" >answer
    echo "$KEY_2" | tr a-f A-F >hex
    run --separate-stderr fetch --json --answer answer --hex hex --cert "$SERVED/server.pem"
    echo "$output" >&2
    [ "$status" -eq 0 ]
    [ "$(field new)" = 3 ]
    [ "$(field sources 0 kind) $(field sources 1 kind) $(field sources 2 kind)" = \
        'answer certificate hex' ]
    [ "$(find "$WORKSPACE/keys/ledger/evidence" -type f | wc -l)" -eq 3 ]
    [[ "$output" == *'"subject": "CN=server"'* ]]
    [[ "$output" == *'"valid_to": "'* ]]
}

@test "of a chain the leaf is taken, and that is said" {
    cat "$SERVED/ca.pem" "$SERVED/server.pem" >chain
    run --separate-stderr fetch --cert chain
    [ "$status" -eq 0 ]
    [[ "$output" == *'chain: passed over 1 of a CA'* ]]
    [[ "$output" == *'EC P-256, new, seen, valid to '*server* ]]
    refused 10 pin.form 'only certificates of CAs' --cert "$SERVED/ca.pem"
    refused 10 pin.form '--cert' --hex "$SERVED/server.pem"
}

@test "one source that fails keeps everything out" {
    answer_of "$KEY_1" >good
    echo '{}' >bad
    refused 41 answer.empty bad: --answer good --answer bad
    refused 41 answer.empty bad: --answer bad --hex "$SERVED/server.pem"
    refused 40 network.status /status/404 --answer good --url "$(made /status/404)"
    refused 30 io.absent absent --answer good --hex absent
    [ ! -e "$WORKSPACE/keys/ledger/ledger.xml" ]
}

@test "--exit-code tells that there is something new" {
    answer_of "$KEY_1" >answer
    run fetch --exit-code --answer answer
    [ "$status" -eq 3 ]
    run fetch --exit-code --answer answer
    [ "$status" -eq 0 ]
    answer_of "$KEY_1" "$KEY_2" >answer
    run --separate-stderr fetch --exit-code --json --answer answer
    [ "$status" -eq 3 ]
    [ "$(field exit)" = 3 ]
    [ "$(field ok)" = true ]
}

@test "what an answer no longer has is told and stays approved" {
    answer_of "$KEY_1" "$KEY_2" >answer
    fetch --answer answer
    "$BUNDLER" -C "$WORKSPACE" approve --all
    answer_of "$KEY_2" >answer
    run --separate-stderr fetch --answer answer
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"${SHA_1:0:16}: approved, but not in this answer"* ]]
    run --separate-stderr fetch --json --answer answer
    [ "$(field missing 0 sha256)" = "$SHA_1" ]
    [ "$(field pins 0 state)" = approved ]
    [ "$(ledger state)" = 'approved approved' ]
}

@test "what was retired stays so, and seeing it again is told" {
    answer_of "$KEY_1" "$KEY_2" >answer
    fetch --answer answer
    "$BUNDLER" -C "$WORKSPACE" retire "$SHA_1" --reason leaked
    run --separate-stderr fetch --answer answer
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"${SHA_1:0:16}: is retired and stays so"* ]]
    [ "$(ledger state)" = 'retired seen' ]
}

@test "an expired certificate is taken with a warning" {
    run --separate-stderr fetch --cert "$SERVED/expired.pem"
    [ "$status" -eq 0 ]
    [[ "$stderr" == *expired* ]]
    run --separate-stderr fetch --cert "$SERVED/server.pem"
    [ -z "$stderr" ]
}

@test "the raw answer is saved, also when it cannot be read" {
    need_nginx
    fetch --url "$(cat "$SERVED/url")" --save-raw raw
    cmp "$SERVED/answer" raw
    run fetch --url "$(real good /page)" --save-raw raw
    [ "$status" -eq 41 ]
    grep -q 'Sign in' raw
    run fetch --url "$(made /status/404)" --save-raw raw
    [ "$status" -eq 40 ]
    grep -q 'Sign in' raw # what was there is not emptied by a failure
    # a saved answer is a source of its own
    run fetch --answer "$SERVED/answer"
    [ "$status" -eq 0 ]
}

@test "bundler.xml may name the address and its CA" {
    python3 - "$WORKSPACE/bundler.xml" "$(cat "$SERVED/url")" <<'END'
import re, sys
path, url = sys.argv[1:]
with open(path) as file:
    text = file.read()
with open(path, "w") as file:
    file.write(re.sub(r"\s*/>\s*$", '>\n  <source url="%s" ca="ca.pem"/>\n</bundler>\n' % url, text))
END
    cp "$SERVED/ca.pem" "$WORKSPACE/"
    run --separate-stderr "$BUNDLER" -C "$WORKSPACE" fetch --json
    echo "$output" >&2
    [ "$status" -eq 0 ]
    [ "$(field new)" = 2 ]
    # the CA is for that address alone
    run --separate-stderr "$BUNDLER" -C "$WORKSPACE" fetch --url "$(cat "$SERVED/url")"
    [ "$status" -eq 40 ]
    refused 40 network.certificate 'not trusted here' --cacert "$SERVED/other-ca.pem"
}

@test "options that would do nothing, and nonsense, are refused" {
    answer_of "$KEY_1" >answer
    local option
    for option in --cacert=x --pin-peer=x --proxy=x --timeout=5 --save-raw=x; do
        refused 2 usage 'add --url' --answer answer "$option"
    done
    refused 2 usage '--timeout' --url "$(cat "$SERVED/url")" --timeout 0
    refused 2 usage 'http' --url "http://localhost/"
    [ ! -e x ]
}

@test "without a workspace, and while another holds it" {
    run --separate-stderr "$BUNDLER" -C "$BATS_TEST_TMPDIR" fetch --answer answer
    [ "$status" -eq 18 ]
    linux_only 'a lock of Linux is none to wine; windows.bats has one'
    answer_of "$KEY_1" >answer
    exec 8>>"$WORKSPACE/lock"
    flock -n 8
    refused 21 locked lock --answer answer
    exec 8>&-
}
