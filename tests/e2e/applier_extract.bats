#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier extract: an attachment gets its name only when the whole bundle held.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    head -c 300000 /dev/urandom > "$WORK/setup.zip"
    head -c 1000 /dev/urandom > "$WORK/other.bin"
    make bundle "$WORK/b.tar" --attach setup.zip="$WORK/setup.zip" \
        --attach zz.bin="$WORK/other.bin"
    mkdir "$WORK/out"
}

@test "an attachment comes out as it went in" {
    enrol
    run_applier extract "$WORK/b.tar" setup.zip -o "$WORK/out/a"
    expect 0 '300000 bytes' "$(sha256sum < "$WORK/setup.zip" | cut -c1-64)"
    cmp "$WORK/setup.zip" "$WORK/out/a"
    run_applier extract "$WORK/b.tar" payload/zz.bin -o "$WORK/out/b" --json
    expect 0
    cmp "$WORK/other.bin" "$WORK/out/b"
    [ "$(json name)" = payload/zz.bin ]
    [ "$(json size)" = 1000 ]
    [ "$(ls -A "$WORK/out")" = $'a\nb' ]
}

@test "a trust set that a person vouches for is enough" {
    run_applier extract "$WORK/b.tar" setup.zip -o "$WORK/out/a" --trust "$KEYS/trust.xml" \
        --fingerprint "$FINGERPRINT"
    expect 0
    cmp "$WORK/setup.zip" "$WORK/out/a"
    run_applier extract "$WORK/b.tar" setup.zip -o "$WORK/out/b"
    expect 18
}

@test "damage behind the attachment leaves nothing either" {
    local at
    enrol
    at=$(grep -obaF 'payload/zz.bin' "$WORK/b.tar" | tail -1 | cut -d: -f1)
    printf 'x' | dd of="$WORK/b.tar" bs=1 seek=$((at + 600)) conv=notrunc status=none
    run_applier extract "$WORK/b.tar" setup.zip -o "$WORK/out/a"
    expect 10 'payload.digest'
    [ -z "$(ls -A "$WORK/out")" ]
}

@test "what is there is never replaced" {
    enrol
    echo mine > "$WORK/out/a"
    run_applier extract "$WORK/b.tar" setup.zip -o "$WORK/out/a"
    expect 30 'io.exists'
    [ "$(cat "$WORK/out/a")" = mine ]
}

@test "other names are answered with those that there are" {
    enrol
    run_applier extract "$WORK/b.tar" nothing -o "$WORK/out/a"
    expect 2 'setup.zip, zz.bin'
    run_applier extract "$WORK/b.tar" ../../etc/passwd -o "$WORK/out/a"
    expect 2
    [ -z "$(ls -A "$WORK/out")" ]
    run_applier extract "$WORK/b.tar" setup.zip
    expect 2 '-o'
}
