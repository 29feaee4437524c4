#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier status: what a site has, and the exit code of the first problem.
load lib/site

setup_file() { site_keys; }
setup() { site_setup; }

# As if BUNDLE had been accepted: what an apply keeps of it, written by hand.
accept() { # BUNDLE
    python3 - "$STATE" "$1" <<'PY'
import hashlib, sys
state, bundle = sys.argv[1:]
tar, at, manifest = open(bundle, "rb").read(), 0, b""
while tar[at:at + 1] in (b"t", b"m"):  # trust and manifest members
    size = int(tar[at + 124:at + 135], 8)
    if tar[at:].startswith(b"manifest.xml\0"):
        manifest = tar[at + 512:at + 512 + size]
    at += 512 + (size + 511) // 512 * 512
head = tar[:at]
open(state + "/last.head", "wb").write(head)
text = open(state + "/state.xml").read()
field = lambda n: manifest.decode().split(' %s="' % n)[1].split('"')[0]
text = text.replace("/>\n", '>\n  <last epoch="%s" sequence="%s" manifest="%s" head="%s"/>\n</state>\n' % (
    field("epoch"), field("sequence"), hashlib.sha256(manifest).hexdigest(),
    hashlib.sha256(head).hexdigest()))
text = text.replace(" nonce=", ' floor="%s" nonce=' % field("not-before"))
open(state + "/state.xml", "w").write(text)
PY
}

@test "a site that is new has nothing wrong" {
    local before
    enrol
    before=$(snapshot "$WORK")
    run_applier status
    expect 0 'site-1' 'keys.example' 'no bundle yet' "$TARGET: 2 pins"
    [ "$(snapshot "$WORK")" = "$before" ]
    run_applier status --json
    expect 0
    [ "$(json 'o["trust"]["fingerprint"]')" = "$FINGERPRINT" ]
    [ "$(json last)" = null ]
    [ "$(json problems)" = '[]' ]
    [ "$(json 'len(o["nonce"])')" = 32 ]
    [ "$(json unfinished)" = false ]
}

@test "18: not enrolled, or damaged" {
    run_applier status
    expect 18 'state.absent'
    enrol
    make bundle "$WORK/b.tar" --pins 13
    accept "$WORK/b.tar"
    echo x >> "$STATE/last.head"
    run_applier_at $((400 * 86400)) status # 17 comes behind
    expect 18 'last.head' 'the trust set expired'
    echo x > "$STATE/journal.xml" # a run has put its head in place, but not its state.xml
    run_applier status
    expect 21 'applier recover'
    rm "$STATE/trust-000001.xml"
    run_applier status
    expect 18 'state.damaged'
}

@test "21: an earlier run was cut off" {
    enrol
    echo x > "$STATE/journal.xml"
    run_applier_at $((400 * 86400)) status # 17 comes behind
    expect 21 'applier recover' 'the trust set expired'
    run_applier status --json
    expect 21
    [ "$(json 'o["problems"][0]["reason"]')" = unfinished ]
    [ "$(json unfinished)" = true ]
}

@test "17: the trust set expired" {
    enrol
    make bundle "$WORK/b.tar" --pins 13
    accept "$WORK/b.tar"
    run_applier_at $((400 * 86400)) status # 23 comes behind
    expect 17 'the trust set expired' 'the next bundle was expected'
}

@test "23: the next bundle is overdue" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    accept "$WORK/b.tar"
    run_applier_at $((11 * 86400)) status # 3 comes behind
    expect 23 'the next bundle was expected' 'lacks 1 pin'
    run_applier_at $((11 * 86400)) status --json
    [ "$(json '[p["reason"] for p in o["problems"]]')" = '["time.frozen", "pending"]' ]
}

@test "3: a target lacks pins of the last bundle, or holds retired ones" {
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    accept "$WORK/b.tar"
    run_applier status
    expect 3 '1 of the last bundle'"'"'s 3, 1 retired, 0 other' 'lacks 2 pins'
    make config "$TARGET" 12345
    run_applier status
    expect 3 '3 of the last bundle'"'"'s 3, 1 retired, 1 other'
    make config "$TARGET" 1245
    run_applier status --json
    expect 0
    [ "$(json 'o["targets"][0]["present"]')" = 3 ]
    [ "$(json 'o["targets"][0]["missing"]')" = 0 ]
    [ "$(json 'o["targets"][0]["extra"]')" = 1 ]
    [ "$(json 'o["last"]["sequence"]')" = 5 ]
}

@test "a target that cannot be read comes before pending pins" {
    make config "$WORK/www/two.config" 1
    enrol --config "$WORK/www/two.config"
    make bundle "$WORK/b.tar" --pins 12
    accept "$WORK/b.tar"
    echo "<configuration $CANARY" > "$TARGET"
    run_applier status
    expect 20 "$TARGET" 'two.config: lacks 1 pin'
}

@test "a broken site.xml hides nothing else" {
    enrol
    sed -i 's/unlisted/unlistet/' "$STATE/site.xml"
    run_applier status
    expect 20 'site-1' 'trust set' 'unlistet'
    run_applier_at $((400 * 86400)) status
    expect 17 'unlistet'
    run_applier status --json
    [ "$(json 'o["problems"][0]["reason"]')" = config.form ]
}

@test "a hold is told" {
    enrol
    make bundle "$WORK/b.tar" --pins 13
    accept "$WORK/b.tar"
    sed -i 's|^  <last \(.*\) head=.*|&\n  <hold \1/>|' "$STATE/state.xml"
    run_applier status
    expect 0 'bundle 5 was rolled back'
    make config "$TARGET" 1
    run_applier status
    expect 3 'apply BUNDLE' 'puts that right'
    run_applier apply
    expect 32 'hold.rolled-back'
    run_applier verify "$WORK/b.tar"
    expect 0 'warning:' 'on hold'
    run_applier plan "$WORK/b.tar" --json
    expect 0
    [ "$(json held)" = true ]
}

@test "another account is told which one to use" {
    [ "$(id -u)" -eq 0 ] || skip 'needs root to become somebody else'
    enrol
    local open # a folder that the other account can reach
    open=$(mktemp -d)
    chmod 755 "$open"
    cp "$PINFERRY_BIN/applier" "$open"
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$open/applier" --state "$STATE" status
    rm -r "$open"
    no_canary
    expect 18 'state.access' 'usually root'
}

@test "services that a run stopped are told until they run again" {
    enrol
    printf '%s\n' '<?xml version="1.0" encoding="UTF-8"?>' \
        '<services xmlns="urn:pinferry:services:1">' '  <service name="checker" seconds="60"/>' \
        '</services>' >"$STATE/services.xml"
    run_applier status --json
    expect 21
    [ "$(json 'o["problems"][0]["reason"]')" = service.start ]
    # a system without services cannot start them, and keeps saying so
    run_applier recover
    expect 21 'service.start' "'checker'" "$STATE"
    rm "$STATE/services.xml"
    run_applier status
    expect 0
}

@test "--verify-receipts finds one that was changed or taken away" {
    enrol
    make bundle "$WORK/b.tar" --pins 13
    run_applier apply "$WORK/b.tar"
    expect 0
    run_applier status --verify-receipts
    expect 0 'receipts   all 2 hold'
    run_applier status --verify-receipts --json
    [ "$(json receipts_verified)" = 2 ]
    sed -i 's/operator="/&x/' "$STATE/receipts/000001.xml"
    run_applier status
    expect 0
    run_applier status --verify-receipts
    expect 18 'PROBLEM' '000001.xml'
    run_applier status --verify-receipts --json
    [ "$(json 'o["problems"][0]["reason"]')" = receipt.chain ]
}
