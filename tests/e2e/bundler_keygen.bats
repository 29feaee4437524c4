#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# bundler keygen: both roles' keys and trust set 1, whole or not at all.
load lib/site
load lib/workspace

setup() {
    workspace_setup
    init_ws
}
teardown() { volume_down; }

fingerprint() { sha256sum < "$WS/keys/trust.xml" | cut -c1-64; }

nothing_made() {
    [ "$(cd "$WS/keys" && find . -type f)" = '' ]
}

# Types a line after each prompt.
typing() { # LINE... -- COMMAND...
    run python3 - "$@" <<'PY'
import os, pty, select, sys
at = sys.argv.index("--")
lines, command = sys.argv[1:at], sys.argv[at + 1:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(command[0], command)
seen = done = b""
try:
    while True:
        if not select.select([fd], [], [], 60)[0]:
            os.kill(pid, 9)
            sys.exit("nothing came after: " + done.decode())
        more = os.read(fd, 4096)
        if not more:
            break
        seen += more
        done += more
        if lines and seen.endswith(b": "):
            os.write(fd, (lines.pop(0) + "\n").encode())
            seen = b""
except OSError:
    pass
sys.stdout.write(done.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
}

@test "two keys and a trust set are made, and a person is told what to do with them" {
    local groups
    run_in_ws keygen --no-passphrase
    groups=$(fingerprint | sed 's/..../& /g; s/ $//')
    expect 0 "$groups" "$WS/keys/signer-root.key" 'offline media' 'applier init' 'not encrypted'
    [ "$(cd "$WS/keys" && find . -type f | sort | xargs)" = \
        './signer-root.crt ./signer-root.key ./signer.crt ./signer.key ./trust.xml' ]
    modes 600 "$WS/keys/signer.key" "$WS/keys/signer-root.key"
    grep -q 'version="1" epoch="1" .*least-sequence="1">' "$WS/keys/trust.xml"
    [ "$(grep -c single-key "$WS/keys/trust.xml")" = 0 ]
    [ "$(grep -c 'threshold="1"' "$WS/keys/trust.xml")" = 2 ]
    [ "$(grep -A1 '<root' "$WS/keys/trust.xml" | grep -c 'id="signer-root"')" = 1 ]
    [ "$(grep -A1 '<bundle' "$WS/keys/trust.xml" | grep -c 'id="signer" until=')" = 1 ]
    openssl x509 -inform DER -in "$WS/keys/signer.crt" -noout -text | grep -q 'secp384r1'
}

@test "the applier enrols a site with what it made" {
    run_in_ws keygen --no-passphrase
    python3 "$BATS_TEST_DIRNAME/lib/make.py" keys "$WORK/k"
    mkdir "$WORK/www"
    KEYS="$WORK/k" make config "$WORK/www/web.config" 13
    export STATE="$WORK/state"
    run_applier init --site site-1 --trust "$WS/keys/trust.xml" --fingerprint "$(fingerprint)" \
        --config "$WORK/www/web.config"
    expect 0 'trust set 1 for cns.awmdm.com'
}

@test "--json says all of it, and no secret" {
    echo 'a secret phrase' > "$WORK/phrase"
    chmod 600 "$WORK/phrase"
    run_in_ws keygen --json --name alice --passphrase-file "$WORK/phrase"
    expect 0
    [ "$(json 'o["trust"]["fingerprint"]')" = "$(fingerprint)" ]
    [ "$(json bundle_key)" = "$WS/keys/alice.key" ]
    [ "$(json root_certificate)" = "$WS/keys/alice-root.crt" ]
    [ "$(json encrypted)" = true ]
    [[ $output != *'a secret phrase'* ]]
}

@test "--cosigner makes one key and its certificate, and no trust set" {
    local groups
    run_in_ws keygen --cosigner --name bob --no-passphrase
    groups=$(sha256sum < "$WS/keys/bob.crt" | cut -c1-64 | sed 's/..../& /g; s/ $//')
    expect 0 "$groups" 'trust add bundle bob bob.crt' 'not encrypted'
    [ "$(cd "$WS/keys" && find . -type f | sort | xargs)" = './bob.crt ./bob.key' ]
    modes 600 "$WS/keys/bob.key"
    run_in_ws keygen --cosigner --name bob --no-passphrase --role root --json
    expect 0
    [ "$(json role)" = root ]
    [ "$(json certificate)" = "$WS/keys/bob-root.crt" ]
    [ "$(json certificate_sha256)" = "$(sha256sum < "$WS/keys/bob-root.crt" | cut -c1-64)" ]
    run_in_ws keygen --cosigner --name bob --no-passphrase
    expect 30 'bob.key' 'reason io.exists'
    run_in_ws keygen --no-passphrase
    expect 0
    run_in_ws keygen --cosigner --name carol --no-passphrase
    expect 0
    [ "$(grep -c carol "$WS/keys/trust.xml")" = 0 ]
}

@test "--cosigner works where only bundler.xml was copied to" {
    mkdir "$WORK/copy"
    cp "$WS/bundler.xml" "$WORK/copy"
    run_bundler -C "$WORK/copy" keygen --cosigner --name bob --no-passphrase
    expect 0
    modes 700 "$WORK/copy/keys"
}

@test "each type of key is made" {
    local type
    for type in p256 p384 p521 rsa3072 rsa4096; do
        rm -rf "$WS"
        init_ws
        run_in_ws keygen --no-passphrase --type "$type"
        expect 0
        openssl pkey -in "$WS/keys/signer.key" -noout -text > "$WORK/text"
        case $type in
        p256) grep -q prime256v1 "$WORK/text" ;;
        p384) grep -q secp384r1 "$WORK/text" ;;
        p521) grep -q secp521r1 "$WORK/text" ;;
        rsa*) grep -q "${type#rsa} bit" "$WORK/text" ;;
        esac
    done
}

@test "--single-key makes one key for both roles, says so, and warns" {
    run_in_ws keygen --no-passphrase --single-key
    expect 0 'one key signs both'
    [[ $output != *signer-root* ]]
    [ "$(cd "$WS/keys" && find . -type f | sort | xargs)" = './signer.crt ./signer.key ./trust.xml' ]
    grep -q 'single-key="true"' "$WS/keys/trust.xml"
}

@test "the passphrase comes from a file or the environment" {
    printf 'from a file\r\nsecond line\n' > "$WORK/phrase"
    chmod 600 "$WORK/phrase"
    run_in_ws keygen --passphrase-file "$WORK/phrase"
    expect 0
    openssl pkey -in "$WS/keys/signer.key" -passin 'pass:from a file' -noout
    openssl pkey -in "$WS/keys/signer-root.key" -passin 'pass:from a file' -noout
    rm -rf "$WS" && init_ws
    PINFERRY_PASSPHRASE='from outside' run_in_ws keygen
    expect 0
    openssl pkey -in "$WS/keys/signer.key" -passin 'pass:from outside' -noout
}

@test "the passphrase is typed twice" {
    linux_only 'a terminal of Linux is no console'
    typing typed typed -- "$PINFERRY_BIN/bundler" -C "$WS" keygen
    expect 0
    openssl pkey -in "$WS/keys/signer.key" -passin pass:typed -noout
    rm -rf "$WS" && init_ws
    typing typed tipped -- "$PINFERRY_BIN/bundler" -C "$WS" keygen
    expect 20 'reason config.key'
    nothing_made
}

@test "without a terminal and a passphrase nothing is made" {
    run setsid "$PINFERRY_BIN/bundler" -C "$WS" keygen < /dev/null
    expect 2 --passphrase-file
    nothing_made
}

@test "a passphrase file that others can read, or that is missing, makes nothing" {
    echo phrase > "$WORK/phrase"
    chmod 644 "$WORK/phrase"
    run_in_ws keygen --passphrase-file "$WORK/phrase"
    expect 20 "$WORK/phrase" "$(on_windows && echo icacls || echo 'chmod 600')"
    run_in_ws keygen --passphrase-file "$WORK/missing"
    expect 30 "$WORK/missing" 'reason io.absent'
    : > "$WORK/phrase"
    chmod 600 "$WORK/phrase"
    run_in_ws keygen --passphrase-file "$WORK/phrase"
    expect 20 'empty'
    nothing_made
}

@test "wrong usage makes nothing" {
    local options
    for options in '--type rsa1024' '--name Upper' '--name a..b' "--name $(printf 'x%.0s' {1..60})" \
        '--no-passphrase --passphrase-file x' 'argument' '--name ../../x' '--cosigner' '--cosigner --name x --single-key' '--role root' \
        '--cosigner --name x --role site'; do
        # shellcheck disable=SC2086 # words on purpose
        run_in_ws keygen $options
        expect 2 'reason usage'
    done
    nothing_made
}

@test "a workspace that has its keys keeps them" {
    local before
    run_in_ws keygen --no-passphrase
    before=$(snapshot "$WS")
    run_in_ws keygen --no-passphrase --name other
    expect 18 "$WS/keys/trust.xml" 'reason state.present'
    [ "$(snapshot "$WS")" = "$before" ]
}

@test "a key that is there already is never written over" {
    local file
    for file in signer.key signer.crt signer-root.key signer-root.crt; do
        echo precious > "$WS/keys/$file"
        run_in_ws keygen --no-passphrase
        expect 30 "$WS/keys/$file" 'reason io.exists'
        [ "$(cat "$WS/keys/$file")" = precious ]
        rm "$WS/keys/$file"
        nothing_made
    done
}

@test "a full disk leaves nothing, and the next try succeeds" {
    volume_up 64k
    run_bundler init "$VOLUME/ws"
    expect 0
    full_volume
    WS="$VOLUME/ws"
    run_in_ws keygen --no-passphrase
    expect 30 'reason io.full'
    nothing_made
    # room for some of the files only
    rm "$VOLUME/filler"
    head -c "$(($(stat -f -c '%a * %S' "$VOLUME") - 12288))" /dev/zero > "$VOLUME/filler"
    run_in_ws keygen --no-passphrase
    expect 30 'reason io.full'
    nothing_made
    rm "$VOLUME/filler"
    run_in_ws keygen --no-passphrase
    expect 0
}

@test "another account can neither read nor make keys" {
    as_nobody "$PINFERRY_BIN/bundler" -C "$WS" keygen --no-passphrase
    expect 30 'Permission denied'
    nothing_made
}

@test "a folder that is no workspace is refused with the way to one" {
    run_bundler -C "$WORK" keygen --no-passphrase
    expect 18 'bundler init DIR' 'reason state.absent'
}

@test "SOURCE_DATE_EPOCH dates the trust set" {
    export SOURCE_DATE_EPOCH=1790000000
    run_in_ws keygen --no-passphrase
    expect 0 '2027-10-26' '2029-09-20' 'trust refresh'
}

@test "the end of the calendar bounds the dates" {
    export SOURCE_DATE_EPOCH=4102000000
    run_in_ws keygen --no-passphrase
    expect 0
    grep -q 'expires="2099-12-31T23:59:59Z"' "$WS/keys/trust.xml"
    grep -q 'until="2099-12-31T23:59:59Z"' "$WS/keys/trust.xml"
}

@test "--help explains it with an example" {
    run_bundler keygen --help
    expect 0 'Usage: bundler keygen' 'keygen --name alice' PINFERRY_PASSPHRASE 'offline media'
}
