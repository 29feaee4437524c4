#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler build: what it makes, what it refuses, and what a refusal costs.

setup_file() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    export ORIGIN=$BATS_FILE_TMPDIR/origin
    make_workspace "$ORIGIN"
}

setup() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    WS=$BATS_TEST_TMPDIR/ws
    cp -a "$ORIGIN" "$WS"
}

teardown() {
    if mountpoint -q "$BATS_TEST_TMPDIR/small"; then umount "$BATS_TEST_TMPDIR/small"; fi
}

bundler() {
    "$PINFERRY_BIN/bundler" -C "$WS" "$@"
}

# Members up to the manifest's signatures.
unsigned() {
    tar -xOf "$1" manifest.xml
}

@test "help explains and shows an example" {
    run bundler build --help
    [ "$status" -eq 0 ]
    [[ $output == *'bundler build --expires 90 --minimum 8'* ]]
    [[ $output == *--sequence-from* ]]
}

@test "bad usage is told and costs no number" {
    local bad
    for bad in '--expires 0' '--expires 3651' '--expires x' '--minimum 401' '--not-before soon' \
        '--not-before 2001-01-01T00:00:00Z' '--site Plant' '--signer ../signer' '--what' 'argument' \
        "--attach $WS/bundler.xml=A"; do
        # shellcheck disable=SC2086
        run bundler build $bad
        reason usage 2
    done
    [ ! -e "$WS/bundles/sequence.xml" ]
}

@test "a bundle with the defaults, said aloud" {
    run bundler build
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$WS/bundles/cns-pins-000001.tar" ]
    [[ $output == *'for every site'* ]]
    [[ $output == *'1 pin and 0 retired'* ]]
    [ "$(stat -c %a "$WS/bundles/cns-pins-000001.tar")" = 644 ]
    run bundler verify "$WS/bundles"
    [ "$status" -eq 0 ]
}

@test "--json says all of it, and -o writes only there" {
    bundler build --json --site plant-7 --minimum 3 -o "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/json"
    run jq -r '.bundle, .manifest.sequence, .manifest.sites[0], .manifest.minimum,
        .manifest.all_sites, (.manifest.pins | length), .signatures_missing' "$BATS_TEST_TMPDIR/json"
    [ "$output" = "$BATS_TEST_TMPDIR/out"$'\n1\nplant-7\n3\nfalse\n1\n0' ]
    [ "$(ls "$WS/bundles")" = sequence.xml ]
    run bundler build -o "$BATS_TEST_TMPDIR/out"
    reason io.exists 30
}

@test "two copies of a workspace give the same manifest and, by RSA, the same file" {
    local other=$BATS_TEST_TMPDIR/other type
    export SOURCE_DATE_EPOCH
    for type in p384 rsa3072; do
        rm -rf "$WS" "$other"
        make_workspace "$WS" --type "$type"
        printf 'a note\n' > "$BATS_TEST_TMPDIR/notes"
        cp -a "$WS" "$other"
        SOURCE_DATE_EPOCH=$(date +%s)
        "$PINFERRY_BIN/bundler" -q -C "$WS" build --site b --site a --notes "$BATS_TEST_TMPDIR/notes"
        "$PINFERRY_BIN/bundler" -q -C "$other" build --site a --site b \
            --notes "$BATS_TEST_TMPDIR/notes"
        cmp <(unsigned "$WS/bundles/cns-pins-000001.tar") \
            <(unsigned "$other/bundles/cns-pins-000001.tar")
        # the header of the first signature comes behind the manifest and its padding
        cmp -n $((512 + ($(unsigned "$WS/bundles/cns-pins-000001.tar" | wc -c) + 511) / 512 * 512)) \
            "$WS/bundles/cns-pins-000001.tar" "$other/bundles/cns-pins-000001.tar"
    done
    cmp "$WS/bundles/cns-pins-000001.tar" "$other/bundles/cns-pins-000001.tar"
}

@test "a folder of -o that is not there costs no number" {
    run bundler build -o "$BATS_TEST_TMPDIR/absent/out"
    reason io.absent 30
    [[ $output == *"the folder '$BATS_TEST_TMPDIR/absent' is not there"* ]]
    run bundler build -o "$WS/bundler.xml/out"
    reason io.kind 30
    run bundler build
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$WS/bundles/cns-pins-000001.tar" ]
}

@test "a number that a failed build took is never taken again" {
    run bundler build -o /proc/pinferry.tar # a folder in which nobody creates a file
    reason io.absent 30
    [[ $output == *'sequence 1 is used up'* ]]
    run bundler build
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$WS/bundles/cns-pins-000002.tar" ]
}

@test "what it says to type next can be typed" {
    linux_only 'quotes of a POSIX shell'
    local word
    cd "$WS"
    run "$PINFERRY_BIN/bundler" build
    [ "${lines[0]}" = bundles/cns-pins-000001.tar ]
    [[ $output == *"  bundler inspect 'bundles/cns-pins-000001.tar'"$'\n'* ]]
    cd ..
    cp -a "$WS" 'a b'
    run "$PINFERRY_BIN/bundler" -C 'a b' build
    [[ $output == *"  bundler -C 'a b' export 'a b/bundles/cns-pins-000002.tar' DIR"* ]]
    for word in "it's" $'two\nlines'; do
        cp -a "$WS" "$word"
        run "$PINFERRY_BIN/bundler" -C "$word" build
        [[ $output == *"  bundler -C DIR export BUNDLE DIR"* ]]
    done
}

@test "a full disk leaves nothing of the bundle, and its number is gone" {
    small_medium "$BATS_TEST_TMPDIR/small" 64
    head -c 200000 /dev/urandom > "$BATS_TEST_TMPDIR/file"
    run bundler build --attach "$BATS_TEST_TMPDIR/file" -o "$BATS_TEST_TMPDIR/small/out"
    reason io.full 30
    [ -z "$(ls -A "$BATS_TEST_TMPDIR/small")" ]
    run bundler build --json
    [ "$(jq .manifest.sequence <<< "$output")" = 2 ]
}

@test "a full disk under the workspace costs no number" {
    small_medium "$BATS_TEST_TMPDIR/small" 200
    cp -a "$WS" "$BATS_TEST_TMPDIR/small/ws"
    WS=$BATS_TEST_TMPDIR/small/ws
    head -c 1000000 /dev/zero > "$BATS_TEST_TMPDIR/small/fill" 2>/dev/null || true
    run bundler build
    reason io.full 30
    rm "$BATS_TEST_TMPDIR/small/fill"
    run bundler build --json
    [ "$status" -eq 0 ]
    [ "$(jq .manifest.sequence <<< "$output")" = 1 ]
}

@test "files that are missing or that nobody may read" {
    run bundler build --notes "$BATS_TEST_TMPDIR/absent"
    reason io.absent 30
    run bundler build --attach "$BATS_TEST_TMPDIR=x"
    reason io.kind 30
    : > "$BATS_TEST_TMPDIR/empty"
    run bundler build --attach "$BATS_TEST_TMPDIR/empty"
    reason container.limit 10
    needs_nobody
    chown -R 65534 "$WS"
    echo text > "$BATS_TEST_TMPDIR/secret"
    chmod 600 "$BATS_TEST_TMPDIR/secret"
    run as_nobody "$PINFERRY_BIN/bundler" -C "$WS" build --notes "$BATS_TEST_TMPDIR/secret"
    reason io 30
    [[ $output == *secret* ]]
    [ ! -e "$WS/bundles/sequence.xml" ]
}

@test "what changed since the bundle before" {
    local pin
    bundler -q build
    run bundler build
    [[ $output == *'since bundle 1:'*'the same pins'* ]]
    pin=$(bundler pins --json | jq -r '.pins[0].sha256')
    bundler -q retire "$pin" --reason 'was copied'
    add_pin "$WS"
    run bundler build --json
    [ "$(jq -r '.since.retired[0]' <<< "$output")" = "$pin" ]
    [ "$(jq -r '.since.added | length' <<< "$output")" = 1 ]
    [ "$(jq -r '.since.gone | length' <<< "$output")" = 0 ]
    pin=$(bundler pins --json | jq -r '.pins[] | select(.state == "approved").sha256')
    bundler -q exclude "$pin"
    add_pin "$WS"
    run bundler build
    [[ $output == *"gone     $pin"* ]]
}

@test "nothing approved, no keys, no workspace" {
    local pin
    pin=$(bundler pins --json | jq -r '.pins[0].sha256')
    bundler -q exclude "$pin"
    run bundler build
    reason usage.unfit 2
    [[ $output == *'no pin is approved'* && $output != *--help* ]]
    "$PINFERRY_BIN/bundler" -q init "$BATS_TEST_TMPDIR/new"
    run "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR/new" build
    reason config.key 20
    [[ $output == *keygen* ]]
    run "$PINFERRY_BIN/bundler" -C "$BATS_TEST_TMPDIR" build
    reason state.absent 18
}

@test "a lost sequence.xml is noticed and recovered" {
    bundler -q build
    bundler -q build
    rm "$WS/bundles/sequence.xml"
    run bundler build
    reason replay.sequence 14
    [[ $output == *--sequence-from* ]]
    run bundler build --sequence-from "$WS/bundles/cns-pins-000002.tar"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "$WS/bundles/cns-pins-000003.tar" ]
}

@test "an encrypted key needs its passphrase" {
    local ws=$BATS_TEST_TMPDIR/locked
    WS=$ws
    (umask 077; echo right > "$BATS_TEST_TMPDIR/right"; echo wrong > "$BATS_TEST_TMPDIR/wrong")
    "$PINFERRY_BIN/bundler" -q init "$ws"
    bundler -q keygen --passphrase-file "$BATS_TEST_TMPDIR/right"
    add_pin "$ws"
    run bundler build --passphrase-file "$BATS_TEST_TMPDIR/wrong"
    reason config.key 20
    [ ! -e "$ws/bundles/sequence.xml" ]
    run bundler build --passphrase-file "$BATS_TEST_TMPDIR/right"
    [ "$status" -eq 0 ]
}

@test "a large attachment takes no memory" {
    truncate -s 256M "$BATS_TEST_TMPDIR/large.img"
    run python3 - "$PINFERRY_BIN/bundler" -C "$WS" build --attach "$BATS_TEST_TMPDIR/large.img" \
        -o "$BATS_TEST_TMPDIR/out" << 'PYTHON'
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("peak %d KiB" % peak)
sys.exit(done or peak >= 32768)
PYTHON
    echo "$output"
    [ "$status" -eq 0 ]
    rm "$BATS_TEST_TMPDIR/out"
}

@test "what a kill left in bundles/ and keys/ goes with the next build, others' files stay" {
    command -v strace >/dev/null || skip 'no strace'
    local n=0 left=0
    left() { find "$WS/bundles" "$WS/keys" -name '*.tmp??????'; }
    : > "$WS/keys/mine.tmp-12345"
    while n=$((n + 1)); do
        LC_ALL=C strace -qq -f -o "$BATS_TEST_TMPDIR/trace" -e trace=fsync \
            -e "inject=fsync:signal=KILL:when=$n" "$PINFERRY_BIN/bundler" -C "$WS" build \
            >/dev/null 2>&1 || true
        grep -q 'killed by SIGKILL' "$BATS_TEST_TMPDIR/trace" || break
        [ "$n" -lt 30 ]
        [ -n "$(left | grep -v mine)" ] && left=$((left + 1))
        bundler build --quiet -o "$BATS_TEST_TMPDIR/$n.tar"
        [ "$(left)" = "$WS/keys/mine.tmp-12345" ]
    done
    [ "$left" -ge 2 ]
}

@test "a receipt that says more than sequence.xml is a reason to refuse, and no more" {
    local domain where="$WS/receipts/plant-7"
    bundler build --quiet
    mkdir "$where"
    domain=$(sed -n 's/.* domain="\([0-9a-f]*\)".*/\1/p' "$WS/bundler.xml")
    receipt() { # SEQUENCE
        printf '%s\n' '<?xml version="1.0" encoding="UTF-8"?>' "<receipt xmlns=\"urn:pinferry:receipt:1\" domain=\"$domain\" channel=\"cns.awmdm.com\" site=\"plant-7\" chain=\"$domain\" counter=\"1\" created=\"2026-01-01T00:00:00Z\" applier=\"applier 1\" action=\"apply\" outcome=\"changed\">" \
            "  <bundle epoch=\"1\" sequence=\"$1\" manifest=\"$domain$domain\" trust-version=\"1\"/>" \
            '  <targets/>' '</receipt>' > "$where/000001.xml"
    }
    receipt 1
    bundler build --quiet
    receipt 7
    run bundler build
    reason replay.sequence 14
    [[ $output == *'receipts/plant-7/000001.xml site plant-7 took bundle 7'*'was not verified'* ]]
    [ ! -e "$WS/bundles/cns-pins-000003.tar" ]
    mv "$where/000001.xml" "$BATS_TEST_TMPDIR"
    run bundler build
    [ "${lines[0]}" = "$WS/bundles/cns-pins-000003.tar" ]
}
