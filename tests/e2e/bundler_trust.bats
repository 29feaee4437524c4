#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler trust: rotation, theft, loss and thresholds, from the workspace to the sites.
load lib/site
load lib/trust

setup_file() { trust_origin; }
setup() { trust_setup; }

fingerprint() { sha256sum < "$WS/keys/trust.xml" | cut -c1-64; }
version() { sed -n 's/.* version="\([0-9]*\)".*/\1/p' "$WS/keys/trust.xml"; }
pending_files() { # without the unnamed files that a kill may leave
    find "$WS/keys" -name 'trust-next*' ! -name '*.tmp*' | wc -l
}

# Root signers alice, bob and carol, two of whom must sign; set 2.
three_roots() {
    local name
    does trust new
    for name in alice bob carol; do
        person "$name" root
        does trust add root "$name-root" "$WORK/$name/keys/$name-root.crt"
    done
    does trust remove root signer-root
    does trust threshold root 2
    sign_next
    expect 0 'not enough yet' '0 of the 2'
    root_signs alice
    root_signs bob
    expect 0 'signed and current'
}
root_signs() { bundler trust sign --key "$WORK/$1/keys/$1-root.key"; }

@test "each command explains itself with an example" {
    local name
    for name in new add remove threshold raise refresh sign show; do
        run "$PINFERRY_BIN/bundler" trust $name --help
        expect 0 "bundler trust $name"
    done
    run "$PINFERRY_BIN/bundler" trust discard --help
    expect 0
    run "$PINFERRY_BIN/bundler" trust raise --help
    expect 0 epoch least-sequence stolen
}

@test "bad usage changes nothing" {
    local before bad
    before=$(find "$WS/keys" -type f -exec sha256sum {} + | sort)
    for bad in 'show x' 'new --expires 0' 'new x' 'refresh --expires 3651' 'add bundle bob' \
        'add site bob bob.crt' 'remove root' 'remove nobody x' 'threshold root 9' 'threshold root x' \
        'raise' 'raise --epoch 0' 'sign' 'sign --signer ../x' 'what' 'discard x'; do
        [ "$bad" != sign ] || does trust new
        # shellcheck disable=SC2086
        bundler trust $bad
        expect 2 'reason usage'
    done
    does trust discard
    [ "$(find "$WS/keys" -type f -exec sha256sum {} + | sort)" = "$before" ]
}

@test "show says all of the current set, as JSON too" {
    local groups
    groups=$(fingerprint | sed 's/..../& /g; s/ $//')
    does trust show
    expect 0 "$groups" 'epoch 1, sequences from 1' 'root signers, 1 of 1' 'signer-root' \
        "$(sha256sum < "$WS/keys/signer.crt" | cut -c1-64)"
    does trust show --json
    [ "$(json 'o["current"]["fingerprint"]')" = "$(fingerprint)" ]
    [ "$(json 'o["current"]["bundle"]["signers"][0]["certificate_sha256"]')" = \
        "$(sha256sum < "$WS/keys/signer.crt" | cut -c1-64)" ]
    [ "$(json 'o["current"]["root"]["threshold"]')" = 1 ]
    [ "$(json pending)" = null ]
    does trust new
    does trust show --json
    [ "$(json 'o["pending"]["version"]')" = 2 ]
    [ "$(json 'o["pending"]["signatures"]')" = '[]' ]
}

@test "commands that change want a pending set, and there is one at most" {
    bundler trust remove bundle signer
    expect 30 'bundler trust new' 'reason io.absent'
    bundler trust add bundle x "$WS/keys/signer.crt"
    expect 30
    bundler trust sign --signer signer-root --key "$OFFLINE"
    expect 30 'reason io.absent'
    does trust new
    bundler trust new
    expect 30 'reason io.exists'
    does trust discard
    [ "$(pending_files)" = 0 ]
    [ "$(version)" = 1 ]
}

@test "a set that breaks a rule is refused and the pending one stays" {
    local before
    does trust new
    before=$(sha256sum < "$WS/keys/trust-next.xml")
    bundler trust remove bundle signer
    expect 17 'no signer'
    bundler trust remove bundle nobody
    expect 17 "no bundle signer 'nobody'"
    bundler trust threshold bundle 2
    expect 17 'threshold'
    bundler trust add root signer "$WS/keys/signer.crt"
    expect 17 'without single-key'
    bundler trust add bundle other "$WS/keys/signer.crt"
    expect 17 'already'
    openssl x509 -inform DER -in "$WS/keys/signer.crt" -out "$WORK/pem.crt"
    bundler trust add bundle other "$WORK/pem.crt"
    expect 17 'outform DER'
    bundler trust add bundle other "$WORK/absent.crt"
    expect 30 'io.absent'
    bundler trust add root other "$WS/keys/signer.crt" --until 2029-01-01T00:00:00Z
    expect 2
    bundler trust add bundle other "$WS/keys/signer.crt" --until 2029
    expect 2
    [ "$(sha256sum < "$WS/keys/trust-next.xml")" = "$before" ]
}

@test "planned rotation: a new bundle key, a new end, taken by a site from the next bundle" {
    site plant
    does keygen --cosigner --name later --no-passphrase
    does trust refresh --expires 300
    does trust add bundle later "$WS/keys/later.crt"
    does trust remove bundle signer
    sign_next
    expect 0 'signed and current' "$(fingerprint | sed 's/..../& /g; s/ $//')"
    [ "$(version)" = 2 ]
    [ "$(pending_files)" = 0 ]
    cmp "$WS/keys/trust.xml" "$WS/keys/trust/000002.xml"
    [ -e "$WS/keys/trust/000002-1.p7s" ]
    build --signer later
    [ "$(tar -tf "$BUNDLE" | head -2 | xargs)" = 'trust/000002.xml trust/000002-1.p7s' ]
    at plant apply "$BUNDLE"
    expect 0
    at plant status --json
    [ "$(json 'o["trust"]["version"]')" = 2 ]
    # and a site that is enrolled with set 2 takes it as well
    site young
    at young verify "$BUNDLE"
    expect 0
}

@test "a missed stick: a site with set 1 takes a bundle that carries sets 2 to 4" {
    local n
    site plant
    for n in 2 3 4; do
        does trust refresh --expires "$((300 + n))"
        sign_next
        [ "$(version)" = "$n" ]
    done
    build
    [ "$(tar -tf "$BUNDLE" | grep -c '^trust/')" = 6 ]
    at plant verify "$BUNDLE"
    expect 0
    at plant apply "$BUNDLE"
    expect 0
    at plant status --json
    [ "$(json 'o["trust"]["version"]')" = 4 ]
}

@test "a stolen bundle key: removed, its bundles are refused, and old ones by least-sequence" {
    site plant
    at plant apply "$WS/bundles/cns-pins-000001.tar"
    expect 0
    cp -a "$WS" "$WORK/thief" # the thief's copy goes on
    does keygen --cosigner --name fresh --no-passphrase
    does trust new
    does trust add bundle fresh "$WS/keys/fresh.crt"
    does trust remove bundle signer
    does trust raise --least-sequence 10
    sign_next
    bundler build
    expect 20 'keys/signer.crt' 'reason config.key'
    build --signer fresh
    [[ $BUNDLE == *cns-pins-000010.tar ]]
    # what the thief makes is valid until the set arrives
    WS="$WORK/thief" build
    at plant verify "$BUNDLE"
    expect 0
    at plant apply "$WS/bundles/cns-pins-000010.tar"
    expect 0
    at plant verify "$BUNDLE"
    expect 11 'signature.signer'
    at plant verify "$WS/bundles/cns-pins-000001.tar"
    expect 11 'signature.signer'
}

@test "an old bundle of a signer who stays is refused by least-sequence and by epoch" {
    site plant
    site other
    person bob
    does trust new
    does trust add bundle bob "$WORK/bob/keys/bob.crt"
    sign_next
    build
    cp "$BUNDLE" "$WORK/old.tar"
    does trust new
    does trust raise --least-sequence 50
    sign_next
    build
    [[ $BUNDLE == *cns-pins-000050.tar ]]
    at plant apply "$BUNDLE"
    expect 0
    at plant verify "$WORK/old.tar"
    expect 14 'replay.least-sequence'
    does trust new
    does trust raise --epoch 2
    sign_next
    cp "$BUNDLE" "$WORK/old.tar"
    build
    at other apply "$BUNDLE"
    expect 0
    at other verify "$WORK/old.tar"
    expect 14 'replay.epoch'
}

@test "epoch and least-sequence never go down" {
    does trust new
    does trust raise --epoch 3 --least-sequence 7
    sign_next
    does trust new
    bundler trust raise --epoch 2
    expect 17 'trust.step'
    bundler trust raise --least-sequence 6
    expect 17 'trust.step'
}

@test "a stolen root key below the threshold of 2 of 3 makes no set, and is replaced" {
    site plant
    three_roots
    build
    at plant apply "$BUNDLE"
    expect 0
    # the thief has carol's key alone
    cp -a "$WS" "$WORK/thief"
    WS="$WORK/thief" does trust refresh
    WS="$WORK/thief" root_signs carol
    expect 0 'not enough yet' '1 of the 2'
    WS="$WORK/thief" root_signs carol
    expect 11 'signature.repeated'
    [ "$(sed -n 's/.* version="\([0-9]*\)".*/\1/p' "$WORK/thief/keys/trust.xml")" = 2 ]
    # the others leave carol out
    person dora root
    does trust new
    does trust remove root carol-root
    does trust add root dora-root "$WORK/dora/keys/dora-root.crt"
    root_signs alice
    expect 0 'not enough yet'
    root_signs bob
    expect 0 'signed and current'
    build
    at plant apply "$BUNDLE"
    expect 0
    does trust refresh
    root_signs carol
    expect 20 'no root signer' 'reason config.key'
}

@test "a lost root key: the two that are left replace it" {
    three_roots
    rm -r "$WORK/carol"
    does trust new
    does trust remove root carol-root
    root_signs alice
    root_signs bob
    expect 0 'signed and current'
    [ "$(version)" = 3 ]
}

@test "a lost bundle key is replaced by the root key" {
    site plant
    rm "$WS/keys/signer.key" "$WS/keys/signer.crt"
    does keygen --cosigner --name again --no-passphrase
    does trust new
    does trust add bundle again "$WS/keys/again.crt"
    does trust remove bundle signer
    sign_next
    build --signer again
    at plant apply "$BUNDLE"
    expect 0
}

@test "a set that only its own new root signed is refused, here and at a site" {
    site plant
    person mallory root
    does trust new
    does trust add root mallory-root "$WORK/mallory/keys/mallory-root.crt"
    does trust remove root signer-root
    root_signs mallory
    expect 0 'not enough yet' '0 of the 1'
    [ "$(version)" = 1 ]
    # the workspace of one who does not care
    cp "$WS/keys/trust-next.xml" "$WS/keys/trust.xml"
    mkdir "$WS/keys/trust"
    mv "$WS/keys/trust-next.xml" "$WS/keys/trust/000002.xml"
    mv "$WS/keys/trust-next-1.p7s" "$WS/keys/trust/000002-1.p7s"
    build
    at plant verify "$BUNDLE"
    expect 17 'trust.threshold'
}

@test "an expired current set refuses bundles, and takes the next set from a bundle" {
    local now old
    now=$(date +%s)
    old=$((now - 500 * 86400))
    rm -rf "$WS"
    SOURCE_DATE_EPOCH=$old make_workspace "$WS" --name old
    site plant
    run "$PINFERRY_BIN/bundler" -C "$WS" build --signer old
    expect 13 'time.trust-expired' 'trust refresh'
    bundler trust show
    expect 0 'has expired'
    does trust refresh
    does trust sign --signer old-root
    build --signer old
    at plant apply "$BUNDLE"
    expect 0
    at plant status --json
    [ "$(json 'o["trust"]["version"]')" = 2 ]
}

@test "signatures over what a set was are removed when it changes, and that is said" {
    three_roots
    does trust new
    root_signs alice
    does trust threshold root 1
    expect 0 '1 signature' 'sign again'
    [ ! -e "$WS/keys/trust-next-1.p7s" ]
    does trust show --json
    [ "$(json 'o["pending"]["signatures"]')" = '[]' ]
}

@test "who has signed is shown, and for which set it counts" {
    three_roots
    does trust new
    root_signs alice
    expect 0
    does trust show
    expect 0 'by alice-root, for set 2 and 3' '1 of the 2 root signatures that set 2'
    printf x | dd of="$WS/keys/trust-next-1.p7s" bs=1 seek=200 conv=notrunc status=none
    bundler trust show
    expect 11 trust-next-1.p7s
    root_signs bob
    expect 11
}

@test "a root signer elsewhere signs a copy and sends the signature back" {
    three_roots
    does trust new
    root_signs alice
    cp "$WS/keys/"trust*.* "$WORK/bob/keys"
    run "$PINFERRY_BIN/bundler" -C "$WORK/bob" trust sign --signer bob-root
    expect 0 'signed and current'
    cp "$WORK/bob/keys/trust/000003-2.p7s" "$WS/keys/trust-next-2.p7s"
    does trust sign
    expect 0 'signed and current'
    [ "$(version)" = 3 ]
}

@test "a bundle key signs no trust set, and a missing key is named" {
    does trust new
    bundler trust sign --signer signer
    expect 20 'no root signer'
    bundler trust sign --signer signer-root
    expect 30 'keys/signer-root.key'
    bundler trust sign --signer signer-root --key "$WORK/nowhere"
    expect 30 "$WORK/nowhere"
}

@test "a published set is never changed, and a run that was cut off is ended" {
    does trust refresh
    cp -a "$WS" "$WORK/before"
    sign_next
    # as it was before keys/trust.xml was replaced
    cp "$WORK/before/keys/trust.xml" "$WORK/before/keys/trust-next.xml" "$WS/keys"
    cp "$WS/keys/trust/000002-1.p7s" "$WS/keys/trust-next-1.p7s"
    bundler trust raise --epoch 2
    expect 17 'trust.different' 'trust sign'
    bundler trust discard
    expect 17 'trust.different'
    does trust sign
    expect 0 'signed and current'
    [ "$(version)" = 2 ]
    # as it was before the pending files were removed
    cp "$WORK/before/keys/trust-next.xml" "$WS/keys"
    does trust show
    expect 0 'cut off'
    does trust sign
    expect 0 'signed and current'
    [ "$(pending_files)" = 0 ]
    bundler trust sign --signer signer-root --key "$OFFLINE"
    expect 30 'io.absent'
}

@test "killed at each call, the sets are the old or the new, and the next run ends it" {
    local call n calls='renameat2 rename unlink fsync'
    on_windows && calls=fsync # wine renames and removes in another process
    command -v strace >/dev/null || skip 'no strace'
    does trust refresh
    cp -a "$WS" "$WORK/before"
    for call in $calls; do
        n=0
        while n=$((n + 1)); do
            rm -rf "$WS"
            cp -a "$WORK/before" "$WS"
            strace -qq -f -o "$WORK/trace" -e trace=$call -e "inject=$call:signal=KILL:when=$n" \
                "$PINFERRY_BIN/bundler" -C "$WS" trust sign --signer signer-root --key "$OFFLINE" \
                > /dev/null 2>&1 || true
            grep -q 'killed by SIGKILL' "$WORK/trace" || break
            does trust show
            if [ "$(version)" = 1 ] && [ ! -e "$WS/keys/trust-next-1.p7s" ]; then
                sign_next
            elif [ "$(pending_files)" != 0 ]; then
                does trust sign
            fi
            [ "$(version)" = 2 ]
            [ "$(pending_files)" = 0 ]
            cmp "$WS/keys/trust.xml" "$WS/keys/trust/000002.xml"
            does build
        done
        [ "$call" = rename ] || [ "$n" -gt 1 ] || { echo "no $call"; return 1; }
    done
}

@test "two keys take the place of a single one" {
    rm -rf "$WS"
    make_workspace "$WS" --single-key
    does keygen --cosigner --role root --name own --no-passphrase
    does trust new
    does trust add root own-root "$WS/keys/own-root.crt"
    expect 0 'single-key'
    does trust remove root signer
    [[ $output != *single-key* ]]
    does trust sign --signer signer
    does trust sign --signer own-root
    expect 0 'signed and current'
    does trust show --json
    [ "$(json 'o["current"]["single_key"]')" = false ]
}

@test "a longer end for a signer who stays" {
    does trust new
    does trust add bundle signer "$WS/keys/signer.crt" --until 2040-01-31T00:00:00Z
    does trust show --json
    [ "$(json 'o["pending"]["bundle"]["signers"][0]["until"]')" = 2040-01-31T00:00:00Z ]
}

@test "a passphrase opens the key" {
    echo 'of the root' > "$WORK/phrase"
    chmod 600 "$WORK/phrase"
    does keygen --cosigner --role root --name safe --passphrase-file "$WORK/phrase"
    does trust new
    does trust add root safe-root "$WS/keys/safe-root.crt"
    sign_next
    does trust refresh
    bundler trust sign --signer safe-root --passphrase-file "$WORK/absent"
    expect 30
    does trust sign --signer safe-root --passphrase-file "$WORK/phrase"
    expect 0 'signed and current'
}

@test "another account can neither read nor change it" {
    needs_nobody
    run as_nobody "$PINFERRY_BIN/bundler" -C "$WS" trust new
    expect 30 'Permission denied'
}
