#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler export: what lies on the medium afterwards.

setup_file() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    export WS=$BATS_FILE_TMPDIR/ws
    make_workspace "$WS"
    head -c 100000 /dev/urandom > "$BATS_FILE_TMPDIR/file"
    "$PINFERRY_BIN/bundler" -q -C "$WS" build --expires 10 --attach "$BATS_FILE_TMPDIR/file"
    export BUNDLE=$WS/bundles/cns-pins-000001.tar
}

setup() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    USB=$BATS_TEST_TMPDIR/usb
}

teardown() {
    if mountpoint -q "$BATS_TEST_TMPDIR/small"; then umount "$BATS_TEST_TMPDIR/small"; fi
}

bundler() {
    "$PINFERRY_BIN/bundler" -C "$WS" "$@"
}

@test "help explains and shows an example" {
    run bundler export --help
    [ "$status" -eq 0 ]
    [[ $output == *'bundler export --enrol bundles/cns-pins-000042.tar /media/usb'* ]]
    for bad in '' 'a' 'a b c' '--what a b'; do
        # shellcheck disable=SC2086
        run bundler export $bad
        reason usage 2
    done
}

@test "bundle, sums and what to type" {
    run bundler export "$BUNDLE" "$USB"
    [ "$status" -eq 0 ]
    [ "$(ls -A "$USB" | tr '\n' ' ')" = 'README.txt SHA256SUMS cns-pins-000001.tar ' ]
    cmp "$BUNDLE" "$USB/cns-pins-000001.tar"
    (cd "$USB" && sha256sum --strict -c SHA256SUMS)
    for command in verify plan apply; do
        grep -q "applier $command cns-pins-000001.tar" "$USB/README.txt"
    done
    # once more changes nothing
    run bundler export --json "$WS/bundles" "$USB"
    [ "$(jq -c '[.ok, .files[].made]' <<< "$output")" = '[true,false,false,false]' ]
}

@test "with --enrol the trust set travels, its fingerprint does not" {
    local hex groups
    hex=$(sha256sum < "$WS/keys/trust.xml" | cut -c1-64)
    groups=$(sed 's/..../& /g; s/ $//' <<< "$hex")
    run bundler export --enrol "$BUNDLE" "$USB"
    [ "$status" -eq 0 ]
    [[ $output == *"$groups"* ]]
    cmp "$WS/keys/trust.xml" "$USB/trust.xml"
    grep -q 'applier init --site SITE --trust trust.xml' "$USB/ENROL.txt"
    run grep -rilE "$hex|$groups" "$USB"
    [ "$status" -eq 1 ]
}

@test "--slip makes a page for paper, and never beside the trust set" {
    local groups page=$BATS_TEST_TMPDIR/slip.html
    run bundler export --enrol --slip "$page" "$BUNDLE" "$USB"
    [ "$status" -eq 0 ]
    [[ $output == *"$page"* ]]
    groups=$(sha256sum < "$WS/keys/trust.xml" | cut -c1-16 | sed 's/..../& /g; s/ $//')
    grep -q "$groups" "$page"
    ! grep -rq "$groups" "$USB"
    run bundler export --enrol --slip "$page" "$BUNDLE" "$USB"
    reason io.exists 30
    run bundler export --enrol --slip "$USB/slip.html" "$BUNDLE" "$USB"
    reason usage 2
    run bundler export --slip "$BATS_TEST_TMPDIR/other.html" "$BUNDLE" "$USB"
    reason usage 2
    run bundler export --enrol --slip "$BATS_TEST_TMPDIR/other.html" "$USB/absent.tar" "$USB"
    reason io.absent 30
    [ ! -e "$BATS_TEST_TMPDIR/other.html" ]
    [ ! -e "$USB/slip.html" ]
}

@test "a site can be enrolled and supplied from the medium" {
    [ -x "$PINFERRY_BIN/applier" ] || skip 'the applier is not part of this tree'
    bundler -q export --enrol "$BUNDLE" "$USB"
    cd "$USB"
    run "$PINFERRY_BIN/applier" verify "$USB" --trust trust.xml \
        --fingerprint "$(sha256sum < "$WS/keys/trust.xml" | cut -c1-64)"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "other files in the way are refused and kept" {
    mkdir "$USB"
    echo mine > "$USB/README.txt"
    run bundler export "$BUNDLE" "$USB"
    reason io.exists 30
    [ "$(ls -A "$USB")" = README.txt ]
    [ "$(cat "$USB/README.txt")" = mine ]
}

@test "a medium that is full keeps nothing of it" {
    local size whole
    whole=$((($(stat -c %s "$BUNDLE") + 4095) / 4096 * 4))
    for size in $((whole / 2)) $((whole + 4)); do # for half of it; for it and one file beside it
        small_medium "$BATS_TEST_TMPDIR/small" "$size"
        run bundler export --enrol "$BUNDLE" "$BATS_TEST_TMPDIR/small"
        reason io.full 30
        [ -z "$(ls -A "$BATS_TEST_TMPDIR/small")" ]
        umount "$BATS_TEST_TMPDIR/small"
        rmdir "$BATS_TEST_TMPDIR/small"
    done
}

@test "a medium that does not give back what was written keeps nothing of it" {
    linux_only 'wine opens files in another process'
    local name
    command -v strace >/dev/null || skip 'no strace'
    for name in README.txt SHA256SUMS; do
        run strace -qq -o "$BATS_TEST_TMPDIR/trace" -P "$USB/$name" -e trace=openat \
            -e inject=openat:error=EIO:when=1+ "$PINFERRY_BIN/bundler" -C "$WS" export "$BUNDLE" "$USB"
        grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
        [ "$status" -eq 30 ]
        [[ $output == *"$name"* ]]
        [ -z "$(ls -A "$USB")" ]
    done
}

@test "a bundle that does not hold, or is expired, goes nowhere" {
    cp "$BUNDLE" "$BATS_TEST_TMPDIR/x.tar"
    printf x | dd of="$BATS_TEST_TMPDIR/x.tar" bs=1 seek=50000 conv=notrunc status=none
    run bundler export "$BATS_TEST_TMPDIR/x.tar" "$USB"
    reason payload.digest 10
    [ ! -e "$USB" ]
    [ -x "$PINFERRY_TEST_BIN/bundler" ] || skip 'no test build'
    PINFERRY_TEST_NOW=$(date -u -d '+11 days' +%Y-%m-%dT%H:%M:%SZ) \
        run "$PINFERRY_TEST_BIN/bundler" -C "$WS" export "$BUNDLE" "$USB"
    reason time.expired 13
    [ ! -e "$USB" ]
}

@test "where nobody may write" {
    needs_nobody
    cp -a "$WS" "$BATS_TEST_TMPDIR/ws"
    chown -R 65534 "$BATS_TEST_TMPDIR/ws"
    mkdir "$USB"
    run as_nobody "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR/ws" export \
        "$BATS_TEST_TMPDIR/ws/bundles" "$USB"
    reason io 30
    [ -z "$(ls -A "$USB")" ]
    run as_nobody "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR/ws" export \
        "$BATS_TEST_TMPDIR/ws/bundles" "$BATS_TEST_TMPDIR/absent/usb"
    reason io.absent 30
}
