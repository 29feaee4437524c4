#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A pin is what .NET's X509Certificate.GetPublicKeyString() gives. Mono says what that is; ours must
# be the same up to the case of letters. Mono 6.8 knows all six kinds of key.

setup_file() {
    export HOME=$BATS_FILE_TMPDIR
    if command -v mcs >/dev/null && command -v mono >/dev/null; then
        mcs -out:"$BATS_FILE_TMPDIR/PrintKey.exe" "$BATS_TEST_DIRNAME/dotnet/PrintKey.cs"
    fi
}

setup() {
    [ -e "$BATS_FILE_TMPDIR/PrintKey.exe" ] || skip 'mono or its compiler mcs is not installed'
    cd "$BATS_TEST_TMPDIR" || return 1
}

certificate() { # FILE ALGORITHM [-pkeyopt OPTION]
    local file=$1
    shift
    openssl req -x509 -newkey "$@" -nodes -subj /CN=cns.example \
        -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out "$file" 2>/dev/null
}

web_config() { # HEX: a file whose one pin is this
    printf '<?xml version="1.0"?>\n<configuration>\n  <pinnedCertificates>\n' > web.config
    printf '    <pinnedCertificate publicKeyString="%s" />\n' "$1" >> web.config
    printf '  </pinnedCertificates>\n</configuration>\n' >> web.config
}

json_text() { # KEY: the first text of this name in the output
    sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" <<< "$output" | head -n 1
}

same_key() { # ALGORITHM [-pkeyopt OPTION]
    local net digest
    certificate one.pem "$@"
    certificate two.pem "$@"
    openssl x509 -in one.pem -outform DER -out one.der
    net=$(mono "$BATS_FILE_TMPDIR/PrintKey.exe" one.der)
    [[ $net =~ ^[0-9A-F]{130,}$ ]]

    # the digest of our pin's bytes is that of .NET's text, decoded
    digest=$(printf '%b' "$(sed 's/../\\x&/g' <<< "$net")" | sha256sum | cut -d' ' -f1)
    web_config "$net"
    run "$PINFERRY_BIN/applier" match one.pem --config web.config --json
    [ "$status" -eq 0 ]
    [ "$(json_text sha256)" = "$digest" ]

    # and so is what the connected side makes of the certificate
    "$PINFERRY_BIN/bundler" init workspace --channel cns.example
    "$PINFERRY_BIN/bundler" -C workspace fetch --cert one.pem
    run "$PINFERRY_BIN/bundler" -C workspace pins --json
    [ "$(json_text key)" = "${net,,}" ]

    # both cases of letters are the same pin, and another key is not
    web_config "${net,,}"
    "$PINFERRY_BIN/applier" match one.der --config web.config
    run "$PINFERRY_BIN/applier" match two.pem --config web.config
    [ "$status" -eq 3 ]
}

@test "RSA-2048: ours is .NET's public key string" {
    same_key rsa:2048
}

@test "RSA-3072: ours is .NET's public key string" {
    same_key rsa:3072
}

@test "RSA-4096: ours is .NET's public key string" {
    same_key rsa:4096
}

@test "P-256: ours is .NET's public key string" {
    same_key ec -pkeyopt ec_paramgen_curve:P-256
}

@test "P-384: ours is .NET's public key string" {
    same_key ec -pkeyopt ec_paramgen_curve:P-384
}

@test "P-521: ours is .NET's public key string" {
    same_key ec -pkeyopt ec_paramgen_curve:P-521
}
