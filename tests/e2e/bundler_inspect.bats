#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler inspect, verify: all of a bundle that holds, nothing of one that does not.

setup_file() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    export WS=$BATS_FILE_TMPDIR/ws
    make_workspace "$WS"
    printf 'red \033[31m\nsecond line\n' > "$BATS_FILE_TMPDIR/notes"
    printf 'zip' > "$BATS_FILE_TMPDIR/setup.zip"
    "$PINFERRY_BIN/bundler" -q -C "$WS" build --expires 10 --site plant-7 --minimum 8 \
        --notes "$BATS_FILE_TMPDIR/notes" --attach "$BATS_FILE_TMPDIR/setup.zip"
    export BUNDLE=$WS/bundles/cns-pins-000001.tar
}

setup() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
}

bundler() {
    "$PINFERRY_BIN/bundler" -C "$WS" "$@"
}

@test "help explains and shows an example" {
    run bundler inspect --help
    [ "$status" -eq 0 ]
    [[ $output == *'bundler inspect bundles/cns-pins-000042.tar'* ]]
    run bundler verify --help
    [ "$status" -eq 0 ]
    [[ $output == *'bundler verify /media/usb'* ]]
    for bad in '' 'a b' '--what a'; do
        # shellcheck disable=SC2086
        run bundler inspect $bad
        reason usage 2
    done
}

@test "all that it says, with nothing that a terminal would obey" {
    run bundler inspect "$BUNDLE"
    [ "$status" -eq 0 ]
    [[ $output == *'by signer, certificate '"$(sha256sum < "$WS/keys/signer.crt" | cut -c1-64)"* ]]
    [[ $output == *'channel    cns.awmdm.com'* ]]
    [[ $output == *'sequence   1, epoch 1, trust set 1'* ]]
    [[ $output == *'sites      plant-7'* ]]
    [[ $output == *'minimum    8 pins'* ]]
    [[ $output == *'by hex, SHA-256 '* ]]
    [[ $output == *'carries    payload/setup.zip, 3 bytes'*"$(sha256sum < "$BATS_FILE_TMPDIR/setup.zip" | cut -c1-64)"* ]]
    [[ $output == *'notes      red \x1b[31m'* ]]
    [[ $output == *'           second line'* ]]
    [[ $output != *$'\033'* ]]
}

@test "--json has everything" {
    bundler inspect --json "$BUNDLE" > "$BATS_TEST_TMPDIR/json"
    run jq -e '.ok and .signatures[0].id == "signer" and (.manifest.pins[0].key | length > 500)
        and .manifest.pins[0].evidence[0].kind == "hex" and .manifest.sites == ["plant-7"]
        and .manifest.payload[1].type == "opaque" and .manifest.extensions == []
        and (.notes | startswith("red"))' "$BATS_TEST_TMPDIR/json"
    [ "$status" -eq 0 ]
    run bundler verify --json "$BUNDLE"
    [ "$status" -eq 0 ]
}

@test "a NUL in the notes hides nothing behind it" {
    printf 'before\0behind' > "$BATS_TEST_TMPDIR/notes"
    bundler -q build --notes "$BATS_TEST_TMPDIR/notes" -o "$BATS_TEST_TMPDIR/zero.tar"
    run bundler inspect "$BATS_TEST_TMPDIR/zero.tar"
    [ "$status" -eq 0 ]
    [[ $output == *'notes      before\x00behind'* ]]
    bundler inspect --json "$BATS_TEST_TMPDIR/zero.tar" > "$BATS_TEST_TMPDIR/json"
    jq -e '.notes == "before\u0000behind"' "$BATS_TEST_TMPDIR/json"
}

@test "a folder with one bundle will do, with several it is asked which" {
    mkdir "$BATS_TEST_TMPDIR/usb"
    run bundler verify "$BATS_TEST_TMPDIR/usb"
    reason io.candidates 30
    cp "$BUNDLE" "$BATS_TEST_TMPDIR/usb/a.tar"
    touch "$BATS_TEST_TMPDIR/usb/._a.tar" "$BATS_TEST_TMPDIR/usb/other.txt"
    run bundler verify "$BATS_TEST_TMPDIR/usb"
    [ "$status" -eq 0 ]
    touch "$BATS_TEST_TMPDIR/usb/b.tar"
    run bundler verify "$BATS_TEST_TMPDIR/usb"
    reason io.candidates 30
    [[ $output == *a.tar*b.tar* ]]
}

@test "one bit anywhere is one too many, and nothing of it is shown" {
    local size at
    size=$(stat -c %s "$BUNDLE")
    for at in 0 600 $((size / 4)) $((size / 2)) $((size * 3 / 4)) $((size - 1)); do
        python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[3])] ^= 1; open(sys.argv[2], "wb").write(b)' "$BUNDLE" "$BATS_TEST_TMPDIR/x.tar" "$at"
        run bundler verify "$BATS_TEST_TMPDIR/x.tar"
        echo "$at: $output"
        [[ $status == 10 || $status == 11 ]]
        [[ $output != *plant-7* && $output != *awmdm* ]]
        run bundler inspect "$BATS_TEST_TMPDIR/x.tar"
        [[ $status == 10 || $status == 11 ]]
        [[ $output != *plant-7* && $output != *awmdm* ]]
    done
}

@test "of a bundle of another workspace nothing is shown" {
    make_workspace "$BATS_TEST_TMPDIR/other"
    run "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR/other" inspect "$BUNDLE"
    reason signature.signer 11
    [[ $output != *plant-7* ]]
}

@test "verify refuses an expired one, inspect tells" {
    [ -x "$PINFERRY_TEST_BIN/bundler" ] || skip 'no test build'
    export PINFERRY_TEST_NOW
    PINFERRY_TEST_NOW=$(date -u -d '+11 days' +%Y-%m-%dT%H:%M:%SZ)
    run "$PINFERRY_TEST_BIN/bundler" -C "$WS" verify "$BUNDLE"
    reason time.expired 13
    [[ $output != *plant-7* ]]
    run "$PINFERRY_TEST_BIN/bundler" -C "$WS" inspect "$BUNDLE"
    [ "$status" -eq 0 ]
    [[ $output == *'warning: sites would refuse it today'* ]]
    [[ $output == *plant-7* ]]
    run bash -c "\"\$@\" 2>/dev/null" - "$PINFERRY_TEST_BIN/bundler" -C "$WS" inspect --json "$BUNDLE"
    [ "$(jq -r .date_problem.reason <<< "$output")" = time.expired ]
}

@test "files that are missing, no files, or that nobody may read" {
    run bundler inspect "$BATS_TEST_TMPDIR/absent.tar"
    reason io.absent 30
    run bundler inspect /dev/null
    reason io.kind 30
    needs_nobody
    cp -a "$WS" "$BATS_TEST_TMPDIR/ws"
    chown -R 65534 "$BATS_TEST_TMPDIR/ws"
    cp "$BUNDLE" "$BATS_TEST_TMPDIR/root.tar"
    chmod 600 "$BATS_TEST_TMPDIR/root.tar"
    run as_nobody "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR/ws" inspect "$BATS_TEST_TMPDIR/root.tar"
    reason io 30
    [[ $output == *root.tar* ]]
}

@test "a bundle of another workspace is told as what it most likely is" {
    local other=$BATS_TEST_TMPDIR/other
    make_workspace "$other"
    "$PINFERRY_BIN/bundler" -q -C "$other" build
    run bundler verify "$other/bundles"
    reason signature.signer 11
    [[ $output == *'none of those whom the trust set names'*'(trust set 1): it may be the bundle of another workspace'* ]]
}
