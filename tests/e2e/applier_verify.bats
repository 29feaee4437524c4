#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier verify: says what a bundle is, refuses what does not hold, writes nothing.
load lib/site

setup_file() { site_keys; }
setup() { site_setup; }

@test "a bundle holds for an enrolled site" {
    local before
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3 --minimum 2
    before=$(snapshot "$WORK")
    run_applier verify "$WORK/b.tar"
    expect 0 'bundle 5 of epoch 1' 'signed' 'by first' '3, and 1 retired' 'at least 2' \
        'holds for site site-1' 'applier plan'
    run_applier verify "$WORK/b.tar" --quiet
    [ "${#lines[@]}" -eq 1 ]
    [ "$(snapshot "$WORK")" = "$before" ]
}

@test "--json says all of it" {
    echo hello > "$WORK/note"
    enrol
    make bundle "$WORK/b.tar" --site site-1 --site site-2 --attach notes="$WORK/note"
    run_applier verify "$WORK/b.tar" --json
    expect 0
    [ "$(json 'o["bundle"]["sequence"]')" = 5 ]
    [ "$(json 'o["bundle"]["signers"][0]["id"]')" = first ]
    [ "$(json sites)" = '["site-1", "site-2"]' ]
    [ "$(json 'o["payload"][0]["name"]')" = payload/notes ]
    [ "$(json 'o["bundle"]["notes"]')" = hello ]
    [ "$(json replay_checked)" = true ]
}

@test "a trust set that a person vouches for is enough, and what is left out is said" {
    make bundle "$WORK/b.tar" --site elsewhere
    run_applier verify "$WORK/b.tar" --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT"
    expect 0 'holds under trust set 1' 'warning:'
    [ ! -e "$STATE" ]
    run_applier verify "$WORK/b.tar" --trust "$KEYS/trust.xml" --fingerprint "${FINGERPRINT:1}0"
    expect 17 'trust.fingerprint'
    run_applier verify "$WORK/b.tar" --trust "$KEYS/trust.xml"
    expect 2 '--fingerprint'
}

@test "the reason of a refusal is the first that applies" {
    enrol
    run_applier verify "$WORK/absent.tar"
    expect 30 'io.absent'
    head -c 10240 /dev/zero > "$WORK/b.tar"
    run_applier verify "$WORK/b.tar"
    expect 10
    make bundle "$WORK/b.tar" --signer stranger
    run_applier verify "$WORK/b.tar"
    expect 11 'signature.signer' 'b.tar'
    make bundle "$WORK/b.tar" --site elsewhere
    run_applier verify "$WORK/b.tar"
    expect 15 'scope.site'
    make bundle "$WORK/b.tar" --expires -60
    run_applier verify "$WORK/b.tar"
    expect 13 'time.expired'
    make bundle "$WORK/b.tar"
    run_applier_at -200000 verify "$WORK/b.tar"
    expect 19 'clock.ahead'
    printf x | dd of="$WORK/b.tar" bs=1 seek=700 conv=notrunc status=none
    run_applier verify "$WORK/b.tar"
    [ "$status" -ne 0 ]
}

@test "the threshold of the set counts" {
    make trust "$WORK/two.xml" --threshold 2
    make bundle "$WORK/b.tar"
    run_applier verify "$WORK/b.tar" --trust "$WORK/two.xml" \
        --fingerprint "$(sha256sum < "$WORK/two.xml" | cut -c1-64)"
    expect 12 'signature.threshold'
    make bundle "$WORK/b.tar" --signer first,second
    run_applier verify "$WORK/b.tar" --trust "$WORK/two.xml" \
        --fingerprint "$(sha256sum < "$WORK/two.xml" | cut -c1-64)"
    expect 0
}

@test "a newer trust set in the bundle is told, not kept" {
    local before
    enrol
    make trust "$WORK/trust-2.xml" --version 2
    make bundle "$WORK/b.tar" --carry "$WORK/trust-2.xml:root"
    before=$(snapshot "$STATE")
    run_applier verify "$WORK/b.tar"
    expect 0 'trust set 2'
    [ "$(snapshot "$STATE")" = "$before" ]
    make bundle "$WORK/b.tar" --carry "$WORK/trust-2.xml:stranger"
    run_applier verify "$WORK/b.tar"
    expect 17
}

@test "a folder or a drive stands for its only bundle" {
    enrol
    mkdir "$WORK/stick"
    run_applier verify "$WORK/stick"
    expect 30 'io.candidates'
    make bundle "$WORK/stick/cns-pins-000005.tar"
    echo x > "$WORK/stick/README.txt"
    run_applier verify "$WORK/stick"
    expect 0 "found   $WORK/stick/cns-pins-000005.tar" 'holds for site site-1'
    run_applier verify "$WORK/stick" --json
    [ "$(json bundle_file)" = "$WORK/stick/cns-pins-000005.tar" ]
    make bundle "$WORK/stick/cns-pins-000006.tar" --sequence 6
    run_applier verify "$WORK/stick"
    expect 30 'cns-pins-000005.tar' 'cns-pins-000006.tar'
}

@test "a bundle's name is shown without escapes, and never as a command that does more" {
    linux_only 'no file there can have such a name'
    local name
    enrol
    mkdir "$WORK/stick"
    name="$WORK/stick/"$'\e[2J\u202e\u009b'"'; touch x; '.tar"
    make bundle "$name"
    for command in verify plan; do
        run_applier "$command" "$name"
        expect 0 ' BUNDLE'
        [[ $output != *$'\e'* && $output != *$'\u202e'* && $output != *$'\u009b'* ]]
        [[ $output != *"applier "*"touch"* ]]
        run_applier "$command" "$WORK/stick"
        expect 0 'found   '
        [[ $output != *$'\e'* && $output != *$'\u202e'* && $output != *$'\u009b'* ]]
        run_applier "$command" "$name" --json
        [[ $output != *$'\e'* && $output != *$'\u202e'* && $output != *$'\u009b'* ]]
        [ "$(json bundle_file)" = "$name" ]
    done
}

@test "no state, no answer" {
    make bundle "$WORK/b.tar"
    run_applier verify "$WORK/b.tar"
    expect 18 'state.absent' 'applier init'
    run_applier verify
    expect 2
    run_applier verify --json "$WORK/b.tar"
    [ "$(json reason)" = state.absent ]
    [ "$(json exit)" = 18 ]
}

@test "a damaged state is refused" {
    enrol
    make bundle "$WORK/b.tar"
    sed -i 's/ nonce/  nonce/' "$STATE/state.xml"
    run_applier verify "$WORK/b.tar"
    expect 18 'state.damaged' 'state.xml'
}

@test "21: an earlier run was cut off" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    echo x > "$STATE/journal.xml"
    run_applier verify "$WORK/b.tar"
    expect 21 'unfinished' 'applier recover'
    run_applier verify "$WORK/b.tar" --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT"
    expect 0
}

@test "what is no tar at all is said to be no bundle" {
    enrol
    head -c 4096 /dev/zero | tr '\0' 'x' > "$WORK/b.tar"
    run_applier verify "$WORK/b.tar"
    expect 10 'container.header' 'this is not a Pinferry bundle, or a damaged one'
    local text
    for text in '' hello; do
        printf '%s' "$text" > "$WORK/b.tar"
        run_applier verify "$WORK/b.tar"
        expect 10 'container.form' 'this is not a Pinferry bundle, or only its beginning'
    done
    python3 -c 'import sys, zipfile
zipfile.ZipFile(sys.argv[1], "w").writestr("web.config", "x" * 5000)' "$WORK/b.tar"
    run_applier verify "$WORK/b.tar"
    expect 10 'container.header' 'this is not a Pinferry bundle'
    tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@315532800 -b20 \
        -C "$WORK/www" -cf "$WORK/b.tar" web.config
    run_applier verify "$WORK/b.tar"
    expect 10 'container.member' "this is not a Pinferry bundle: member 'web.config'"
    make bundle "$WORK/b.tar" --pins 12
    printf x | dd of="$WORK/b.tar" bs=1 seek=257 conv=notrunc status=none
    run_applier verify "$WORK/b.tar"
    expect 10 'container.header' 'this is not a Pinferry bundle, or a damaged one'
}
