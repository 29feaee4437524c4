#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/verify-by-hand.md: its own commands, taken out of the page, check bundles and make some that
# applier accepts.

setup() {
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    mkdir "$BATS_TEST_TMPDIR/work"
    cd "$BATS_TEST_TMPDIR/work" || return 1
}

page() { # NAME...: runs these blocks of the page in one shell
    "$TREE/tests/e2e/lib/page.sh" "$TREE/docs/verify-by-hand.md" "$@" > ../commands
    sh -u ../commands
}

vector() { # BUNDLE TRUST: a vector as the page's ../bundle.tar and ../trust.xml
    cp "$TREE/tests/vectors/bundles/$1.tar" ../bundle.tar
    cp "$TREE/tests/vectors/trust/$2.xml" ../trust.xml
}

# A world of our own: a P-256 root key, and a signer "anna" with this kind of key.
make_trust() { # ALGORITHM [-pkeyopt OPTION]
    local name certificate
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=root \
        -keyout root.key -out root.crt 2>/dev/null
    openssl req -x509 -newkey "$@" -nodes -subj /CN=anna -keyout signer.key -out signer.crt \
        2>/dev/null
    for name in root signer; do
        certificate=$(openssl x509 -in $name.crt -outform DER | base64 -w0)
        echo "$certificate" > $name.base64
    done
    cat > trust.xml <<EOT
<?xml version="1.0" encoding="UTF-8"?>
<trust xmlns="urn:pinferry:trust:1" domain="01010101010101010101010101010101" channel="keys.example" version="1" epoch="1" expires="$(at '+1 year')" least-sequence="1">
  <root threshold="1">
    <signer id="root" certificate="$(cat root.base64)"/>
  </root>
  <bundle threshold="1">
    <signer id="anna" until="$(at '+1 year')" certificate="$(cat signer.base64)"/>
  </bundle>
</trust>
EOT
    fingerprint=$(sha256sum trust.xml | cut -d' ' -f1)
    export fingerprint
}

at() { # DATE: as the format writes it
    date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ
}

make_manifest() { # the plain manifest of the vectors, for today
    sed -e "s/ created=\"[^\"]*\"/ created=\"$(at '-1 hour')\"/" \
        -e "s/ not-before=\"[^\"]*\"/ not-before=\"$(at '-1 hour')\"/" \
        -e "s/ expires=\"[^\"]*\"/ expires=\"$(at '+30 days')\"/" \
        -e "s/ next-expected=\"[^\"]*\"/ next-expected=\"$(at '+10 days')\"/" \
        "$TREE/tests/vectors/documents/manifest-plain.xml" > manifest.xml
}

assembled_is_accepted() { # BLOCK ALGORITHM...: signed by this block of the page
    local block=$1
    shift
    PATH=$PINFERRY_BIN:$PATH
    make_trust "$@"
    make_manifest
    page "$block" assemble check
    # and one bit later it is not
    printf '\001' | dd of=bundle.tar bs=1 seek=600 conv=notrunc 2>/dev/null
    run page check
    [ "$status" -eq 11 ]
}

@test "the page's commands find each signer, the type, the time and the pins" {
    vector 00-three-signers two-1
    run page setup fingerprint list unpack signers verify type time members pins certificate
    [ "$status" -eq 0 ]
    fingerprint=$(awk -F'\t' '$1 == "trust/two-1.xml" { print $8 }' "$TREE/tests/vectors/index.tsv")
    [[ $output == *"$fingerprint  ../trust.xml"* ]]
    [[ $output == *'threshold 2'* ]]
    [[ $output == *'manifest-1.p7s: ben'* ]]
    [[ $output == *'manifest-2.p7s: clara'* ]]
    [[ $output == *'manifest-3.p7s: anna'* ]]
    [ "$(grep -c 'eContentType: undefined (2.25.31766164140568260447349616618476652351)' <<< "$output")" -eq 3 ]
    [[ $output == *'UTCTIME:Sep 21 13:53:20 2026 GMT'* ]]
    [[ $output == *'698bea63dc44a344663ff1429aea10842df27b6b991ef25866b2c6c02cdcc5be 046b17d1'* ]]
    [[ $output == *'CN = anna'* ]]
}

@test "the page's commands verify a bundle that bundler built" {
    PATH=$PINFERRY_BIN:$PATH
    bundler build --help >/dev/null 2>&1 || skip 'bundler cannot build yet'
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=keys.example \
        -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out cns.pem 2>/dev/null
    echo 'read me' > notes.txt
    bundler init ../workspace --channel keys.example
    bundler -C ../workspace keygen --no-passphrase --name anna
    bundler -C ../workspace fetch --cert cns.pem
    bundler -C ../workspace approve --all
    bundler -C ../workspace build --signer anna --notes notes.txt -o "$PWD/../bundle.tar"
    cp ../workspace/keys/trust.xml ..
    run page setup fingerprint list unpack signers verify type members pins certificate
    [ "$status" -eq 0 ]
    [[ $output == *'manifest-1.p7s: anna'* ]]
    [[ $output == *'2.25.31766164140568260447349616618476652351'* ]]
    [[ $output == *'unpacked/payload/notes: OK'* ]]
    pin=$(openssl x509 -in cns.pem -noout -pubkey |
        openssl rsa -pubin -RSAPublicKey_out -outform DER 2>/dev/null | sha256sum | cut -d' ' -f1)
    [[ $output == *"$pin 3082010a"* ]]

    # and so say the schemas, the second reader of the format, and applier
    xmllint --nonet --noout --relaxng "$TREE/docs/schema/manifest.rng" unpacked/manifest.xml
    xmllint --nonet --noout --relaxng "$TREE/docs/schema/trust.rng" ../trust.xml
    python3 "$TREE/tests/vectors/second_reader.py" ../trust.xml ../bundle.tar any-site
    fingerprint=$(sha256sum ../trust.xml | cut -d' ' -f1)
    applier verify ../bundle.tar --trust ../trust.xml --fingerprint "$fingerprint"
}

@test "the page's commands find the signer in every accepted vector" {
    count=0
    while IFS=$'\t' read -r file trust; do
        rm -rf ./* ../bundle.tar ../trust.xml
        vector "$(basename "$file" .tar)" "$(basename "$trust" .xml)"
        run page setup unpack signers verify type
        [ "$status" -eq 0 ]
        [[ $output != *nobody* ]]
        [[ $output == *'2.25.31766164140568260447349616618476652351'* ]]
        count=$((count + 1))
    done < <(awk -F'\t' '$1 ~ /^bundles\/00/ && $9 == 0 { print $1 "\t" $3 }' "$TREE/tests/vectors/index.tsv")
    [ "$count" -ge 10 ]
}

@test "the page's commands show what is wrong with a bundle" {
    for bad in 06-value 06-digest 06-garbage; do
        rm -rf ./*
        vector $bad plain-1
        run page setup unpack signers verify
        [[ $output == *'manifest-1.p7s: nobody'* ]]
    done
    rm -rf ./*
    vector 00-plain ben-1
    run page setup unpack signers verify
    [[ $output == *'manifest-1.p7s: nobody'* ]]
    rm -rf ./*
    vector 06-id-data plain-1
    run page setup unpack signers verify type
    [[ $output == *'manifest-1.p7s: anna'* ]]
    [[ $output != *'2.25.31766164140568260447349616618476652351'* ]]
}

@test "the page's commands compare what the manifest names" {
    vector 00-payload plain-1
    run page setup unpack members
    [[ $output == *'unpacked/payload/notes: OK'* ]]
    [[ $output == *'unpacked/payload/tool: OK'* ]]
    rm -rf ./*
    vector 13-digest plain-1
    run page setup unpack members
    [[ $output == *'unpacked/payload/tool: FAILED'* ]]
    rm -rf ./*
    vector 05-step plain-1
    run page setup unpack members
    [[ $output == *'unpacked/trust/000002-1.p7s: OK'* ]]
}

@test "a certificate that a signer issued is nobody" {
    make_trust ec -pkeyopt ec_paramgen_curve:P-384 # a self-signed one may issue
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /CN=issued \
        -keyout issued.key -out issued.csr 2>/dev/null
    openssl x509 -req -in issued.csr -CA signer.crt -CAkey signer.key -set_serial 7 -out issued.crt \
        2>/dev/null
    make_manifest
    mkdir by-issued
    cp manifest.xml by-issued
    cp issued.crt by-issued/signer.crt
    cp issued.key by-issued/signer.key
    cd by-issued
    page sign assemble
    cp ../trust.xml bundle.tar "$BATS_TEST_TMPDIR"
    # OpenSSL left to itself takes it
    openssl cms -verify -binary -inform DER -in manifest-1.p7s -content manifest.xml \
        -CAfile ../signer.crt -partial_chain -purpose any -no_check_time -out /dev/null
    mkdir "$BATS_TEST_TMPDIR/look"
    cd "$BATS_TEST_TMPDIR/look"
    run page setup unpack signers verify
    [[ $output == *'manifest-1.p7s: nobody'* ]]
}

@test "a bundle assembled by hand with a P-384 key is accepted" {
    assembled_is_accepted sign ec -pkeyopt ec_paramgen_curve:P-384
}

@test "a bundle assembled by hand with an RSA key is accepted" {
    assembled_is_accepted sign rsa:3072
}

@test "a bundle assembled by hand with an RSA key and PSS is accepted" {
    assembled_is_accepted sign-pss rsa:3072
}
