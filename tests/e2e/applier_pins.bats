#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier pins and match: what a web.config holds.
load lib/site

setup_file() { site_keys; }
setup() { site_setup; }

digest_of() { # PIN
    python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(open(sys.argv[1]).read())).hexdigest())' "$KEYS/pin-$1.hex"
}

@test "pins need no state, and only pins are shown" {
    run_applier pins "$TARGET"
    expect 0 "$(digest_of 1 | cut -c1-16)" 'EC P-256' '2 items, 2 different pins' 'UTF-8'
    [ ! -e "$STATE" ]
    run_applier pins "$TARGET" --verbose
    expect 0 "$(digest_of 3)" \
        "$(openssl dgst -sha256 -binary < "$KEYS/pin-3.spki" | base64)"
}

@test "--json says all of it" {
    run_applier pins "$TARGET" --json
    expect 0
    [ "$(json '[i["sha256"] for i in o["items"]]')" = "[\"$(digest_of 1)\", \"$(digest_of 3)\"]" ]
    [ "$(json '[i["line"] for i in o["items"]]')" = '[7, 8]' ]
    [ "$(json pins)" = 2 ]
}

@test "oddities are named" {
    local key
    key=$(cat "$KEYS/pin-1.hex")
    cat > "$TARGET" <<XML
<configuration><pinnedCertificates>
<pinnedCertificate publicKeyString=" $key"/>
<pinnedCertificate publicKeyString="$key"/>
<pinnedCertificate publicKeyString="00ff"/>
<pinnedCertificate publicKeyString="$CANARY"/>
<pinnedCertificate/>
</pinnedCertificates></configuration>
XML
    run_applier pins "$TARGET"
    expect 0 'white space' 'stands above' 'no valid key' 'no hex' 'no publicKeyString' '5 items'
    run_applier pins "$TARGET" --json
    [ "$(json '[i["odd"] for i in o["items"]]')" = \
        '[["space"], ["repeated"], ["no-key"], ["not-hex"], ["no-value"]]' ]
}

@test "files without a section are refused" {
    echo '<configuration/>' > "$TARGET"
    run_applier pins "$TARGET"
    expect 20 'target.section' "$TARGET"
    run_applier pins "$WORK/absent"
    expect 30
    run_applier pins
    expect 2
}

@test "match looks into the file that is named" {
    run_applier match "$KEYS/pin-1.crt" --config "$TARGET"
    expect 0 'pin-1' 'holds it'
    run_applier match "$KEYS/pin-2.crt" --config "$TARGET"
    expect 3 'does not hold it'
    run_applier match "$KEYS/pin-3.hex" --config "$TARGET"
    expect 0
    cat "$KEYS/pin-1.crt" "$KEYS/pin-2.crt" > "$WORK/both.pem"
    run_applier match "$WORK/both.pem" --config "$TARGET" --json
    expect 3
    [ "$(json match)" = false ]
    [ "$(json 'o["files"][0]["missing"]')" = "[\"$(digest_of 2)\"]" ]
    [ "$(json 'len(o["keys"])')" = 2 ]
}

@test "of a chain the CA's key is not looked for" {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$WORK/ca.key" -out "$WORK/ca.pem" 2> "$WORK/log"
    cat "$KEYS/pin-1.crt" "$WORK/ca.pem" > "$WORK/chain.pem"
    run_applier match "$WORK/chain.pem" --config "$TARGET"
    expect 0
    run_applier match "$WORK/ca.pem" --config "$TARGET"
    expect 3
}

@test "match looks into every target of the site" {
    run_applier match "$KEYS/pin-1.crt"
    expect 18
    make config "$WORK/www/two.config" 12
    enrol --config "$WORK/www/two.config"
    run_applier match "$KEYS/pin-1.crt"
    expect 0 "$TARGET: holds it" 'two.config: holds it'
    run_applier match "$KEYS/pin-3.crt"
    expect 3 "$TARGET: holds it" 'two.config: does not hold it'
}

@test "a private key is no answer" {
    run_applier match "$KEYS/pin-1.key" --config "$TARGET"
    expect 10 'pin.form'
    run_applier match "$KEYS/absent" --config "$TARGET"
    expect 30
}
