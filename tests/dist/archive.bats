#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The archive for Windows (`make dist-check`): what is in it, that its bytes follow from its contents,
# that its pages lead nowhere else, and both signatures, by keys that are made here.

setup_file() {
    export TREE HOLD=$BATS_FILE_TMPDIR SOURCE_DATE_EPOCH=1790000000
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    unset SIGN_KEY SIGN_CERT SIGN_PASS AUTHENTICODE_CERT AUTHENTICODE_KEY AUTHENTICODE_PASS \
        AUTHENTICODE_MODULE AUTHENTICODE_TIMESTAMP
    # a CA and a certificate for code, as Authenticode asks for
    cd "$HOLD" || return 1
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Test CA' -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj '/CN=Test publisher' -keyout code.key -out code.csr
    printf 'extendedKeyUsage=codeSigning,emailProtection\nkeyUsage=digitalSignature\n' > ext
    openssl x509 -req -in code.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out code.pem
    cat code.pem ca.pem > chain.pem
    make_archive plain > plain.said 2>&1 || { cat plain.said; return 1; }
    unpack plain
}

setup() {
    cd "$HOLD" || return 1
    ROOT=$HOLD/plain/$(basename "$(echo "$HOLD"/plain/*.zip)" .zip)
}

make_archive() { # FOLDER [NAME=VALUE]...
    local folder=$1
    shift
    env OUT="$HOLD/$folder" "$@" "$TREE/packaging/windows/archive.sh" "$PINFERRY_BUILD" \
        "$(sed -n 's/^VERSION := //p' "$TREE/Makefile")" "$(sed -n 's/^DATE *:= \([0-9-]*\).*/\1/p' "$TREE/Makefile")"
}

unpack() { # FOLDER: makes $UNPACKED
    (cd "$HOLD/$1" && python3 -m zipfile -e ./*.zip .)
    UNPACKED=$HOLD/$1/$(basename "$(echo "$HOLD/$1"/*.zip)" .zip)
}

@test "programs, licences of all that is in them, pages, digests" {
    local package
    cmp "$PINFERRY_BUILD/windows/bin/applier.exe" "$ROOT/applier.exe"
    cmp "$PINFERRY_BUILD/windows/bin/bundler.exe" "$ROOT/bundler.exe"
    for package in $(grep -v '^#' "$PINFERRY_BUILD/windows/SOURCES" | cut -f1 | sort -u); do
        [ -s "$ROOT/licences/$package.txt" ]
    done
    grep -q 'Apache License' "$ROOT/licences/openssl.txt"
    grep -q 'GCC RUNTIME LIBRARY EXCEPTION' "$ROOT/licences/"gcc-mingw-w64-*.txt
    for package in card windows reasons applier bundler; do
        [ -s "$ROOT/docs/$package.html" ]
    done
    (cd "$ROOT" && sha256sum --quiet --strict -c SHA256SUMS)
    # every file, and none but those that come behind it
    (cd "$ROOT" && find . -type f ! -name 'SHA256SUMS*' -printf '%P\n' | sort) > listed
    sed 's/^[0-9a-f]\{64\}  //' "$ROOT/SHA256SUMS" | diff listed -
    grep -q 'certutil -hashfile applier.exe SHA256' "$ROOT/README.txt"
    grep -q 'SHA256SUMS is not signed' "$ROOT/README.txt"
    grep -q 'carry no Authenticode signature' "$ROOT/README.txt"
    grep -q 'SIGN_KEY is not set' plain.said
    grep -q 'AUTHENTICODE_CERT is not set' plain.said
}

@test "text files have the line ends of Windows, each once" {
    local file
    for file in "$ROOT"/*.txt "$ROOT"/licences/*.txt; do
        [ "$(grep -c $'\r$' "$file")" = "$(wc -l < "$file")" ]
        run grep -c $'\r\r$' "$file"
        [ "$output" = 0 ]
    done
}

@test "the same bytes again, in another folder, time zone, mask and language" {
    (umask 077 && make_archive again TZ=Pacific/Auckland LC_ALL=de_DE.UTF-8 TMPDIR="$BATS_TEST_TMPDIR")
    cmp plain/*.zip again/*.zip
    make_archive later SOURCE_DATE_EPOCH=1790000002
    run cmp -s plain/*.zip later/*.zip
    [ "$status" -eq 1 ]
}

@test "names in order, one time, no fields that follow from the machine" {
    python3 - plain/*.zip << 'PY'
import sys, time, zipfile
items = zipfile.ZipFile(sys.argv[1]).infolist()
names = [i.filename for i in items]
assert names == sorted(names) and len(names) == len(set(names)), names
assert {i.date_time for i in items} == {time.gmtime(1790000000)[:6]}
assert not any(i.extra or i.comment for i in items)
assert {n.split("/")[0] for n in names} == {sys.argv[1].split("/")[-1][:-4]}
assert all(".." not in n and "\\" not in n and n.isascii() for n in names)
PY
}

@test "each link of the pages resolves, and nothing is loaded from elsewhere" {
    python3 "$TREE/tests/dist/pages.py" "$ROOT"
    cp -r "$ROOT" broken
    sed -i 's/href="reasons.html#/href="reasons.html#no-/; s/href="docs\/ens.html"/href="docs\/gone.html"/' \
        broken/docs/*.html broken/README.html
    echo '<img src="https://example.org/x.png">' >> broken/docs/card.html
    run python3 "$TREE/tests/dist/pages.py" broken
    [ "$status" -eq 1 ]
    [[ $output == *'docs/gone.html leads nowhere'* ]]
    [[ $output == *'docs/card.html: loads https://example.org/x.png'* ]]
}

@test "the pages of the commands say what the programs say, with the folder of Windows" {
    local program command
    for program in applier bundler; do
        for command in $("$PINFERRY_BIN/$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
            grep -qE "^<h2 class=\"Ss\" id=\"$command[\"_]" "$ROOT/docs/$program.html"
        done
    done
    grep -qF '%ProgramData%\Pinferry' "$ROOT/docs/applier.html"
    run grep -cF /var/lib/pinferry "$ROOT/docs/applier.html"
    [ "$output" = 0 ]
}

@test "the card is one page of A4" {
    local browser
    browser=$(command -v chromium || command -v chromium-headless-shell) || skip 'chromium is not installed'
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-pdf-header-footer \
        --user-data-dir="$BATS_TEST_TMPDIR/browser" --print-to-pdf="$BATS_TEST_TMPDIR/card.pdf" \
        "file://$ROOT/docs/card.html"
    [ "$(grep -aoE '/Type ?/Page\b' "$BATS_TEST_TMPDIR/card.pdf" | wc -l)" = 1 ]
}

@test "the list of what is inside has what SPDX 2.3 asks for, and is right" {
    python3 "$TREE/tests/dist/sbom.py" "$ROOT" "$PINFERRY_BUILD/windows/SOURCES"
}

@test "a signature of the digests, which another byte breaks" {
    make_archive signed SIGN_KEY="$HOLD/code.key" SIGN_CERT="$HOLD/code.pem"
    unpack signed
    cd "$UNPACKED"
    # as README.txt says it, on one line
    local command
    command=$(tr -d '\r' < README.txt | sed -n '/openssl cms/{N;s/\n */ /;s/^ *//;p}' | sed 's| NUL$| /dev/null|')
    [[ $command == *'-CAfile CERT.pem'* ]]
    eval "${command/CERT.pem/$HOLD/ca.pem}"
    sed -i '1s/^./g/' SHA256SUMS
    run eval "${command/CERT.pem/$HOLD/ca.pem}"
    [ "$status" -ne 0 ]
    make_archive signed-again SIGN_KEY="$HOLD/code.key" SIGN_CERT="$HOLD/code.pem"
    cmp "$HOLD"/signed/*.zip "$HOLD"/signed-again/*.zip
    run make_archive failed SIGN_KEY="$HOLD/code.key"
    [ "$status" -ne 0 ]
    [[ $output == *'SIGN_KEY needs SIGN_CERT'* ]]
    run make_archive failed SIGN_KEY="$HOLD/nothing" SIGN_CERT="$HOLD/code.pem"
    [ "$status" -ne 0 ]
    run compgen -G "$HOLD/failed/*"
    [ "$status" -ne 0 ]
}

@test "Authenticode: the signature holds, another byte breaks it, and the digests are of the signed" {
    command -v osslsigncode || skip 'osslsigncode is not installed'
    make_archive code AUTHENTICODE_CERT="$HOLD/chain.pem" AUTHENTICODE_KEY="$HOLD/code.key"
    unpack code
    local program
    for program in applier bundler; do
        run cmp -s "$UNPACKED/$program.exe" "$ROOT/$program.exe"
        [ "$status" -eq 1 ]
        run osslsigncode verify -CAfile ca.pem -in "$UNPACKED/$program.exe"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ $output == *SHA256* ]]
    done
    (cd "$UNPACKED" && sha256sum --quiet -c SHA256SUMS)
    grep -q 'Authenticode signature: right click' "$UNPACKED/README.txt"
    cp "$UNPACKED/applier.exe" changed.exe
    printf '\377' | dd of=changed.exe bs=1 seek=200000 conv=notrunc status=none
    run cmp -s changed.exe "$UNPACKED/applier.exe"
    [ "$status" -eq 1 ]
    run osslsigncode verify -CAfile ca.pem -in changed.exe
    [ "$status" -ne 0 ]
    # nor by another CA
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Other CA' -keyout other.key -out other.pem
    run osslsigncode verify -CAfile other.pem -in "$UNPACKED/applier.exe"
    [ "$status" -ne 0 ]
}

@test "Authenticode with PKCS#12, and what is missing is said" {
    command -v osslsigncode || skip 'osslsigncode is not installed'
    local sign=$TREE/packaging/windows/authenticode.sh
    echo secret > pass
    openssl pkcs12 -export -inkey code.key -in code.pem -certfile ca.pem -passout file:pass -out code.p12
    cp "$ROOT/applier.exe" one.exe
    AUTHENTICODE_CERT=code.p12 AUTHENTICODE_PASS=pass "$sign" one.exe
    osslsigncode verify -CAfile ca.pem -in one.exe
    cp "$ROOT/applier.exe" one.exe
    AUTHENTICODE_CERT=code.pem run "$sign" one.exe
    [ "$status" -ne 0 ]
    [[ $output == *'AUTHENTICODE_KEY is not set'* ]]
    echo wrong > wrong
    AUTHENTICODE_CERT=code.p12 AUTHENTICODE_PASS=wrong run "$sign" one.exe
    [ "$status" -ne 0 ]
    [[ $output == *'one.exe was not signed'* ]]
    AUTHENTICODE_CERT=pkcs11:object=code AUTHENTICODE_KEY=pkcs11:object=code run "$sign" one.exe
    [ "$status" -ne 0 ]
    [[ $output == *'AUTHENTICODE_MODULE is not set'* ]]
    cmp one.exe "$ROOT/applier.exe"
    [ ! -e one.exe.signed ]
}

@test "Authenticode with a key in a token (PKCS#11)" {
    local module token pin=1234
    command -v osslsigncode || skip 'osslsigncode is not installed'
    command -v softhsm2-util || skip 'softhsm2 is not installed'
    module=$(find /usr/lib -name libsofthsm2.so 2> /dev/null | head -n 1)
    [ -n "$(find /usr/lib -name pkcs11.so -path '*engines*' 2> /dev/null)" ] || skip 'no PKCS#11 engine of OpenSSL'
    mkdir -p tokens
    echo "directories.tokendir = $HOLD/tokens" > softhsm.conf
    export SOFTHSM2_CONF=$HOLD/softhsm.conf
    softhsm2-util --init-token --free --label code --pin $pin --so-pin $pin
    openssl pkcs8 -topk8 -nocrypt -in code.key -out code.p8
    softhsm2-util --import code.p8 --token code --label code --id 01 --pin $pin
    token='pkcs11:token=code;object=code;type=private'
    printf %s $pin > pin
    cp "$ROOT/applier.exe" token.exe
    AUTHENTICODE_CERT=$HOLD/chain.pem AUTHENTICODE_KEY="$token" AUTHENTICODE_PASS=pin \
        AUTHENTICODE_MODULE=$module "$TREE/packaging/windows/authenticode.sh" token.exe
    osslsigncode verify -CAfile ca.pem -in token.exe
}

@test "Authenticode with a timestamp of an authority" {
    local _
    command -v osslsigncode || skip 'osslsigncode is not installed'
    mkdir -p tsa
    printf 'extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n' > tsa/ext
    openssl req -newkey rsa:2048 -nodes -subj '/CN=Test TSA' -keyout tsa/tsa.key -out tsa/csr
    openssl x509 -req -in tsa/csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile tsa/ext -out tsa/tsa.pem
    "$TREE/tests/dist/tsa.py" tsa 3>&- &
    for _ in $(seq 100); do
        [ ! -e tsa/url ] || break
        sleep 0.1
    done
    cp "$ROOT/applier.exe" timed.exe
    AUTHENTICODE_CERT=code.pem AUTHENTICODE_KEY=code.key AUTHENTICODE_TIMESTAMP="$(cat tsa/url)" no_proxy='*' \
        "$TREE/packaging/windows/authenticode.sh" timed.exe
    wait
    run osslsigncode verify -CAfile ca.pem -TSA-CAfile ca.pem -in timed.exe
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'Timestamp Server Signature verification: ok'* ]]
    AUTHENTICODE_CERT=code.pem AUTHENTICODE_KEY=code.key AUTHENTICODE_TIMESTAMP="$(cat tsa/url)" \
        run "$TREE/packaging/windows/authenticode.sh" timed.exe
    [ "$status" -ne 0 ] # nobody answers there any more
}

@test "a signed program still runs" {
    command -v osslsigncode || skip 'osslsigncode is not installed'
    [ -x /usr/lib/wine/wine64 ] || skip 'wine is not installed'
    local place=$PINFERRY_BUILD/windows/signed
    mkdir -p "$place"
    cp "$ROOT/applier.exe" "$place/"
    AUTHENTICODE_CERT=code.pem AUTHENTICODE_KEY=code.key "$TREE/packaging/windows/authenticode.sh" "$place/applier.exe"
    run "$TREE/tests/windows/check.sh" "$PINFERRY_BUILD" /usr/lib/wine/wine64 "$place/applier.exe" --version
    rm -r "$place"
    [ "$status" -eq 0 ]
    [[ ${output//$'\r'/} == *"$("$PINFERRY_BIN/applier" --version)"* ]]
}
