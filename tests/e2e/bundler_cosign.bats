#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler cosign: a bundle of two signers of two, from draft to site, and what is refused.
load lib/site
load lib/trust

# Set 2: 'signer' and 'bob', both of whom must sign; $BUNDLE is a draft with an attachment.
setup_file() {
    trust_origin
    trust_setup_in_file
}
trust_setup_in_file() {
    export WS="$ORIGIN/ws" OFFLINE="$ORIGIN/offline" WORK="$ORIGIN"
    person bob
    does trust new
    does trust add bundle bob "$WORK/bob/keys/bob.crt"
    does trust threshold bundle 2
    sign_next
    head -c 200000 /dev/urandom > "$ORIGIN/setup.bin"
    cp "$WS/keys/trust.xml" "$ORIGIN/bob/keys"
}
setup() {
    trust_setup
    build --attach "$WORK/setup.bin"
    cp "$BUNDLE" "$WORK/draft.tar"
    BUNDLE="$WORK/draft.tar"
}

bob() { run "$PINFERRY_BIN/bundler" -C "$WORK/bob" "$@"; }

@test "help explains and shows an example" {
    run "$PINFERRY_BIN/bundler" cosign --help
    expect 0 'bundler cosign cns-pins-000042.tar --signer bob' '12'
}

@test "build says what is missing; verify and export refuse, inspect shows" {
    bundler build
    expect 0 'sites want 1 more signature' "'verify' and 'export' refuse" " cosign $(quoted "${lines[0]}")"
    [[ $output != *'cannot be compared'* ]]
    bundler build --json
    [ "$(json signatures_missing)" = 1 ]
    bundler verify "$BUNDLE"
    expect 12 'reason signature.threshold'
    bundler export "$BUNDLE" "$WORK/usb"
    expect 12 'reason signature.threshold'
    [ ! -e "$WORK/usb" ]
    bundler inspect "$BUNDLE"
    expect 0 'no site takes it yet' '1 of the 2'
    bundler inspect --json "$BUNDLE"
    [ "$(json signatures_missing)" = 1 ]
}

@test "two of two: a person with a copy of the public files signs, and a site takes it" {
    site plant
    at plant verify "$BUNDLE"
    expect 12
    bob cosign "$BUNDLE" --signer bob
    expect 0 'as bob' 'all the signatures'
    [ "$(tar -tf "$BUNDLE" | xargs)" = "trust/000002.xml trust/000002-1.p7s manifest.xml \
manifest-1.p7s manifest-2.p7s payload/setup.bin" ]
    tar -xOf "$BUNDLE" payload/setup.bin | cmp - "$WORK/setup.bin"
    tar -xOf "$BUNDLE" manifest.xml | cmp - <(tar -xOf "$WS/bundles/"*2.tar manifest.xml)
    bundler verify "$BUNDLE"
    expect 0
    bundler export "$BUNDLE" "$WORK/usb"
    expect 0
    at plant apply "$BUNDLE"
    expect 0
}

@test "--json, and a folder instead of a file" {
    mkdir "$WORK/stick"
    mv "$BUNDLE" "$WORK/stick"
    bob cosign --json "$WORK/stick" --signer bob
    expect 0
    [ "$(json signatures_missing)" = 0 ]
    [ "$(json signer)" = bob ]
    [ "$(json bundle)" = "$WORK/stick/draft.tar" ]
}

# refused CODE TEXT... : the last run, and the file is as it was
refused() {
    local before=$1
    shift
    expect "$@"
    [ "$(sha256sum < "$BUNDLE")" = "$before" ]
}

@test "what may not be signed stays as it is" {
    local before
    before=$(sha256sum < "$BUNDLE")
    bundler cosign "$BUNDLE"
    refused "$before" 11 'signature.repeated'
    bob keygen --cosigner --name mallory --no-passphrase
    bob cosign "$BUNDLE" --signer mallory
    refused "$before" 20 'no bundle signer' 'config.key'
    bob cosign "$BUNDLE" --key "$OFFLINE/signer-root.key"
    refused "$before" 20 'config.key'
    bob cosign "$BUNDLE" --signer absent
    refused "$before" 30 'absent.key'
    bob cosign "$WORK/absent.tar" --signer bob
    refused "$before" 30 'io.absent'
    bob cosign
    refused "$before" 2
    bob cosign "$BUNDLE" "$BUNDLE" --signer bob
    refused "$before" 2
    bob cosign "$BUNDLE" --signer ../bob
    refused "$before" 2
    [ "$(find "$WORK" -name '*.tmp*')" = '' ]
}

@test "damage anywhere is refused as by a site, and nothing is written" {
    local at before size
    size=$(stat -c %s "$BUNDLE")
    for at in 700 $((size / 2)) $((size - 1)); do
        cp "$WS/bundles/"*2.tar "$BUNDLE"
        printf '\377' | dd of="$BUNDLE" bs=1 seek="$at" conv=notrunc status=none
        before=$(sha256sum < "$BUNDLE")
        bob cosign "$BUNDLE" --signer bob
        [ "$status" -eq 10 ] || [ "$status" -eq 11 ] || [ "$status" -eq 17 ]
        [ "$(sha256sum < "$BUNDLE")" = "$before" ]
    done
}

@test "a bundle of an older trust set, or with an old trust.xml here, is refused" {
    site plant
    cp "$BUNDLE" "$WORK/old.tar"
    does trust refresh
    sign_next
    cp "$WS/keys/trust.xml" "$WORK/bob/keys"
    bob cosign "$WORK/old.tar" --signer bob
    expect 17 'trust.gap' 'set 2'
    build
    cp "$ORIGIN/ws/keys/trust.xml" "$WORK/bob/keys"
    bob cosign "$BUNDLE" --signer bob
    [ "$status" -ne 0 ]
}

@test "an expired bundle is refused" {
    rm "$BUNDLE"
    SOURCE_DATE_EPOCH=$(($(date +%s) - 86400 * 3)) build --expires 1
    bob cosign "$BUNDLE" --signer bob
    expect 13 'time.expired'
}

@test "a bundle that begins later can be signed now" {
    build --not-before "$(date -u -d '+2 days' +%Y-%m-%dT%H:%M:%SZ)"
    bob cosign "$BUNDLE" --signer bob
    expect 0 'all the signatures'
}

@test "a copy in the other encoding of tar is signed and stays valid" {
    local names
    mkdir "$WORK/x"
    tar -C "$WORK/x" -xf "$BUNDLE"
    mapfile -t names < <(tar -tf "$BUNDLE")
    (cd "$WORK/x" && tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 \
        --mtime=@315532800 -b20 -cf "$BUNDLE" "${names[@]}")
    bob cosign "$BUNDLE" --signer bob
    expect 0 'all the signatures'
    bundler verify "$BUNDLE"
    expect 0
}

@test "two of three in any order, and a fourth signature is no harm" {
    person carol
    does trust new
    does trust add bundle carol "$WORK/carol/keys/carol.crt"
    sign_next
    cp "$WS/keys/trust.xml" "$WORK/bob/keys"
    cp "$WS/keys/trust.xml" "$WORK/carol/keys"
    site plant
    build
    run "$PINFERRY_BIN/bundler" -C "$WORK/carol" cosign "$BUNDLE" --signer carol
    expect 0 'all the signatures'
    at plant verify "$BUNDLE"
    expect 0
    bob cosign "$BUNDLE" --signer bob
    expect 0 'all the signatures'
    at plant apply "$BUNDLE"
    expect 0
}

@test "killed at each write, the file is the old or the new one" {
    local n=0 old
    command -v strace >/dev/null || skip 'no strace'
    old=$(sha256sum < "$BUNDLE")
    cp "$BUNDLE" "$WORK/kept.tar"
    while n=$((n + 1)) && [ "$n" -le 60 ]; do
        cp "$WORK/kept.tar" "$BUNDLE"
        strace -qq -f -o "$WORK/trace" -e trace=write,fsync,rename \
            -e "inject=write,fsync,rename:signal=KILL:when=$n" \
            "$PINFERRY_BIN/bundler" -C "$WORK/bob" cosign "$BUNDLE" --signer bob \
            > /dev/null 2>&1 || true
        grep -q 'killed by SIGKILL' "$WORK/trace" || break
        [ "$(sha256sum < "$BUNDLE")" = "$old" ] || bundler verify "$BUNDLE"
        [ "$status" -eq 0 ]
    done
    [ "$n" -gt 3 ]
}

@test "a full disk leaves the draft" {
    small_medium "$WORK/small" 300
    cp "$BUNDLE" "$WORK/small/draft.tar"
    bob cosign "$WORK/small/draft.tar" --signer bob
    status_kept=$status
    cmp "$BUNDLE" "$WORK/small/draft.tar"
    [ "$(ls "$WORK/small")" = draft.tar ]
    umount "$WORK/small"
    [ "$status_kept" -eq 30 ]
}

teardown() {
    if mountpoint -q "$WORK/small"; then umount "$WORK/small"; fi
}
