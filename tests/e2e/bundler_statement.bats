#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler statement: each kind, made and signed here, taken once at the site.
load lib/site
load lib/trust

setup_file() { trust_origin; }
setup() {
    trust_setup
    site plant
}

# make_statement FOLDER OPTION...: for site plant, with its nonce of this moment
make_statement() {
    local folder=$1
    shift
    does statement make --site plant --nonce "$(nonce plant)" --reason 'change 1234' "$@" "$folder"
}
sign_statement() { does statement sign "$1" --signer signer-root --key "$OFFLINE"; }
days() { date -u -d "$1 days" +%Y-%m-%dT%H:%M:%SZ; }

@test "help explains and shows an example" {
    run "$PINFERRY_BIN/bundler" statement make --help
    expect 0 'bundler statement make --site plant-7' nonce 'applier recover --statement'
    run "$PINFERRY_BIN/bundler" statement sign --help
    expect 0 'bundler statement sign plant-7'
}

@test "bad usage writes nothing" {
    local bad base
    base="--site plant --nonce $(nonce plant) --reason x"
    for bad in "$base d" "$base --expired a --reset-time $(days +1) d" "$base --reset-time soon d" \
        "$base --reset-state 1:2 d" "$base --reset-state 1 --floor $(days 0) d" \
        "$base --reset-state 0:1 --floor $(days 0) d" "$base --reset-state 1:x --floor $(days 0) d" \
        "$base --reset-time $(days 0) --floor $(days 0) d" "$base --reset-time $(days 0)" \
        "--nonce 12 --site plant --reason x --reset-time $(days 0) d" \
        "--site plant --reason x --reset-time $(days 0) d" \
        "--site Plant --nonce $(nonce plant) --reason x --reset-time $(days 0) d"; do
        # shellcheck disable=SC2086
        bundler statement make $bad
        expect 2 'reason usage'
    done
    [ ! -e d ]
    bundler statement sign
    expect 2
    bundler statement sign d --signer signer-root --key "$OFFLINE"
    expect 30 'io.absent'
    bundler statement make $base --expired "$WORK/absent.tar" d
    expect 30 'io.absent'
    mkdir d
    bundler statement sign d
    expect 2 '--signer'
}

@test "an expired bundle is applied after a statement, once" {
    SOURCE_DATE_EPOCH=$(($(date +%s) - 86400 * 3)) build --expires 1
    at plant apply "$BUNDLE"
    expect 13 'time.expired'
    make_statement s --expired "$BUNDLE"
    expect 0 'though it has expired' '1 root signature'
    at plant recover --statement s
    expect 12
    sign_statement s
    expect 0 'Signed by signer-root' 'applier recover --statement'
    at plant recover --statement s
    expect 0
    at plant apply "$BUNDLE"
    expect 0
    at plant recover --statement s
    expect 14 'replay.statement'
}

@test "a bundle that is not for the site is not waived" {
    build --site elsewhere
    bundler statement make --site plant --nonce "$(nonce plant)" --reason x --expired "$BUNDLE" s
    expect 15 'scope.site'
    [ ! -e s ]
}

@test "the time floor is set, once" {
    at plant apply "$WS/bundles/cns-pins-000001.tar"
    make_statement s --reset-time "$(days +3)"
    sign_statement s
    at plant recover --statement s
    expect 0
    at plant verify "$WS/bundles/cns-pins-000001.tar"
    expect 19
    at plant recover --statement s
    expect 14 'replay.statement'
    make_statement t --reset-time "$(days -30)"
    sign_statement t
    at plant recover --statement t
    expect 0
    at plant verify "$WS/bundles/cns-pins-000001.tar"
    expect 0
}

@test "a site that accepted too high a sequence is set back, once" {
    build
    at plant apply "$BUNDLE"
    expect 0
    at plant verify "$WS/bundles/cns-pins-000001.tar"
    expect 14 'replay.sequence'
    make_statement s --reset-state 1:0 --floor "$(days -1)"
    expect 0 'above epoch 1, sequence 0'
    sign_statement s
    at plant recover --statement s
    expect 0
    at plant apply "$WS/bundles/cns-pins-000001.tar"
    expect 0
    at plant recover --statement s
    expect 14 'replay.statement'
}

@test "for another site it is refused, and with another nonce" {
    site other
    make_statement s --reset-time "$(days -1)"
    sign_statement s
    at other recover --statement s
    expect 15 'scope.site'
    does statement make --site plant --nonce 00112233445566778899AABBCCDDEEFF --reason x \
        --reset-time "$(days -1)" t
    sign_statement t
    at plant recover --statement t
    expect 14 'replay.statement'
}

@test "a bundle key signs none, here or at the site" {
    make_statement s --reset-time "$(days -1)"
    bundler statement sign s --signer signer
    expect 20 'no root signer' 'config.key'
    [ "$(ls s)" = statement.xml ]
    openssl cms -sign -binary -cades -nosmimecap -md sha384 -outform DER \
        -econtent_type "$(sed -n 's/^| statement | \(2\.25\.[0-9]*\) |$/\1/p' \
            "$BATS_TEST_DIRNAME/../../docs/format.md")" -in s/statement.xml \
        -signer <(openssl x509 -inform DER -in "$WS/keys/signer.crt") \
        -inkey "$WS/keys/signer.key" -out s/statement-1.p7s
    at plant recover --statement s
    expect 11 'signature.signer'
    bundler statement sign s --signer signer-root --key "$OFFLINE"
    expect 11 'signature.signer'
    [ ! -e s/statement-2.p7s ]
}

@test "the same signer signs once, and a statement is never written over" {
    make_statement s --reset-time "$(days -1)"
    sign_statement s
    bundler statement sign s --signer signer-root --key "$OFFLINE"
    expect 11 'signature.repeated'
    [ "$(ls s | xargs)" = 'statement-1.p7s statement.xml' ]
    bundler statement make --site plant --nonce "$(nonce plant)" --reason x \
        --reset-time "$(days -1)" s
    expect 30 'io.exists'
}

@test "two root signers of two" {
    person bob root
    does trust new
    does trust add root bob-root "$WORK/bob/keys/bob-root.crt"
    does trust threshold root 2
    sign_next
    does trust sign --key "$WORK/bob/keys/bob-root.key"
    expect 0 'signed and current'
    build
    at plant apply "$BUNDLE"
    expect 0
    make_statement s --reset-time "$(days -1)"
    sign_statement s
    expect 0 '1 more root signature'
    at plant recover --statement s
    expect 12
    cp "$WS/keys/trust.xml" "$WORK/bob/keys"
    run "$PINFERRY_BIN/bundler" -C "$WORK/bob" statement sign --json --signer bob-root s
    expect 0
    [ "$(json signatures_missing)" = 0 ]
    [ "$(json signer)" = bob-root ]
    [ "$(json site)" = plant ]
    at plant recover --statement s
    expect 0
}

@test "a changed statement, or one of another workspace, is not signed" {
    make_statement s --reset-time "$(days -1)"
    sign_statement s
    sed -i 's/change 1234/change 1235/' s/statement.xml
    bundler statement sign s --signer signer-root --key "$OFFLINE"
    expect 11 'signature.digest'
    rm s/statement-1.p7s
    sed -i 's/ domain="[0-9a-f]*"/ domain="00000000000000000000000000000000"/' s/statement.xml
    bundler statement sign s --signer signer-root --key "$OFFLINE"
    expect 15 'scope.domain'
    echo >> s/statement.xml
    bundler statement sign s --signer signer-root --key "$OFFLINE"
    expect 10 'document.canonical'
    [ "$(ls s)" = statement.xml ]
}
