#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `bundler fetch` against servers that work and servers that do not: exit code, reason, remedy, and
# a workspace that stays as it was.
bats_require_minimum_version 1.5.0
load lib/fetch_kit

setup_file() {
    servers_up
}

teardown_file() {
    servers_down
}

setup() {
    need_nginx
    unset https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
    export PINFERRY_TEST_WAIT_MS=1
    WORKSPACE=$BATS_TEST_TMPDIR/workspace
    "$BUNDLER" init "$WORKSPACE" --channel "$CHANNEL"
    # a ledger that has something to lose
    answer_of "$(article_key 1)" >"$BATS_TEST_TMPDIR/first"
    "$BUNDLER" -C "$WORKSPACE" fetch --answer "$BATS_TEST_TMPDIR/first"
}

@test "a server with a certificate by the named CA is believed" {
    run --separate-stderr fetch --json --url "$(real good)"
    echo "$output" >&2
    [ "$status" -eq 0 ]
    [ "$(field pins 1 new)" = true ]
    [[ "$(field sources 0 name)" == *"?URL=$CHANNEL" ]]
}

@test "a CA that the machine does not trust" {
    run --separate-stderr "$BUNDLER" -C "$WORKSPACE" fetch --url "$(real good)"
    [ "$status" -eq 40 ]
    [[ "$stderr" == *--cacert* ]]
    [[ "$stderr" == *'reason network.certificate, exit 40'* ]]
}

# A CA in the store ROOT of wine's account, as certmgr.msc puts it there.
in_store() { # FILE.pem
    python3 - "$1" "$BATS_TEST_TMPDIR/ca.reg" <<'PY'
import hashlib, ssl, struct, sys
der = ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read())
blob = struct.pack("<III", 32, 1, len(der)) + der
open(sys.argv[2], "w").write("REGEDIT4\n\n[%s\\%s]\n\"Blob\"=hex:%s\n" % (
    r"HKEY_CURRENT_USER\Software\Microsoft\SystemCertificates\Root\Certificates",
    hashlib.sha1(der).hexdigest().upper(), ",".join("%02x" % byte for byte in blob)))
PY
    timeout 60 /usr/lib/wine/wine64 reg import "S:${BATS_TEST_TMPDIR#"$PINFERRY_WINE"}/ca.reg"
}

@test "where no CA is named, Windows' own store counts" {
    [ -n "${PINFERRY_WINE-}" ] || skip 'with the programs for Windows: make windows-check'
    in_store "$SERVED/ca.pem"
    run --separate-stderr "$BUNDLER" -C "$WORKSPACE" fetch --json --url "$(real good)"
    timeout 60 /usr/lib/wine/wine64 reg delete \
        'HKCU\Software\Microsoft\SystemCertificates\Root\Certificates' /f >/dev/null
    echo "$output $stderr" >&2
    [ "$status" -eq 0 ]
    [ "$(field pins 1 new)" = true ]
    # named, that one stands alone
    in_store "$SERVED/ca.pem"
    refused 40 network.certificate 'by a CA that is not trusted here' \
        --url "$(real good)" --cacert "$SERVED/other-ca.pem"
    timeout 60 /usr/lib/wine/wine64 reg delete \
        'HKCU\Software\Microsoft\SystemCertificates\Root\Certificates' /f >/dev/null
    run "$BUNDLER" -C "$WORKSPACE" fetch --url "$(real good)"
    [ "$status" -eq 40 ]
}

@test "another CA than the one that was named" {
    refused 40 network.certificate 'by a CA that is not trusted here' \
        --url "$(real good)" --cacert "$SERVED/other-ca.pem"
}

@test "an expired certificate" {
    refused 40 network.certificate 'has expired' --url "$(real expired)"
}

@test "a certificate for another host" {
    refused 40 network.certificate 'another host name' --url "$(real other_name)"
}

@test "a server that knows TLS 1.1 only" {
    # where the system itself would allow it, so that the refusal is ours
    export OPENSSL_CONF=$BATS_TEST_TMPDIR/openssl.cnf
    printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' '[ssl]' 'system_default = any' \
        '[any]' 'MinProtocol = TLSv1' 'CipherString = DEFAULT:@SECLEVEL=0' >"$OPENSSL_CONF"
    python3 -c '
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[1])
context.minimum_version = ssl.TLSVersion.TLSv1
context.set_ciphers("DEFAULT:@SECLEVEL=0")
urllib.request.urlopen(sys.argv[2], context=context).read()' "$SERVED/ca.pem" "$(real old)"
    refused 40 network.tls 'version 1.2' --url "$(real old)"
}

@test "a port without TLS, and plain HTTP in the URL" {
    local url
    url=$(real plain)
    refused 40 network.tls 'plain HTTP' --url "$url"
    refused 2 usage https "--url=http${url#https}"
    refused 2 usage https --url "file://$SERVED/answer"
}

@test "the server's key, named or another" {
    local key other
    key=$(cat "$SERVED/server.sha256")
    other=$(printf other | sha256sum | cut -c1-64)
    refused 40 network.certificate --pin-peer --url "$(real good)" --pin-peer "$other"
    refused 2 usage '64 hex digits' --url "$(real good)" --pin-peer "$key$key"
    run fetch --url "$(real good)" --pin-peer "$key"
    [ "$status" -eq 0 ]
}

@test "redirects are named and not followed" {
    refused 40 network.redirect "'localhost'" --url "$(real good /moved)"
    refused 40 network.redirect "'elsewhere.example'" --url "$(real good /elsewhere)"
    [[ "$output" != *secret* ]]
}

@test "other statuses than 200" {
    refused 40 network.status 'status 404' --url "$(real good /absent)"
    refused 40 network.status 'after 3 tries' --url "$(real good /broken)"
    refused 40 network.status 'status 503' --url "$(made /busy/9/e2e)"
}

@test "a server that is busy once is asked again" {
    run --separate-stderr fetch --json --url "$(made /busy/1/once)"
    [ "$status" -eq 0 ]
    [ "$(grep -c /busy/1/once "$SERVED/log")" -eq 2 ]
}

@test "slow, endless and cut answers" {
    refused 40 network.timeout --timeout --url "$(real good /slow)" --timeout 1
    refused 40 network.timeout --timeout --url "$(made /slow)" --timeout 1
    refused 41 answer.limit '1048576 bytes' --url "$(made /endless)"
    refused 40 network 'cut' --url "$(made /cut)"
}

@test "nobody there, and no such name" {
    refused 40 network.connect firewall --url https://127.0.0.1:1/x
    refused 40 network.resolve DNS --url https://no-such-host.invalid/x
}

@test "a page instead of an answer" {
    refused 41 answer.form HTML --url "$(real good /page)"
}

@test "answers without a key are errors, never an empty ledger" {
    local text
    for text in '{}' "{\"$CHANNEL\":[]}"; do
        echo "$text" >"$BATS_TEST_TMPDIR/answer"
        refused 41 answer.empty nothing --answer "$BATS_TEST_TMPDIR/answer"
    done
    echo '{"other.example":["30"]}' >"$BATS_TEST_TMPDIR/answer"
    refused 41 answer.host "$CHANNEL" --answer "$BATS_TEST_TMPDIR/answer"
    echo "{\"$CHANNEL\":[\"30zz\"]}" >"$BATS_TEST_TMPDIR/answer"
    refused 41 answer.key 'key 1' --answer "$BATS_TEST_TMPDIR/answer"
}

@test "a proxy is used when the environment or an option names it" {
    local url port
    url=$(cat "$SERVED/url")
    port=${url#https://localhost:}
    port=${port%%/*}
    : >"$SERVED/log"
    https_proxy=$(cat "$SERVED/proxy") run fetch --url "$url"
    [ "$status" -eq 0 ]
    [ "$(grep -c "\"proxy\": \"localhost:$port\"" "$SERVED/log")" -eq 1 ]
    https_proxy=$(cat "$SERVED/proxy") no_proxy=localhost run fetch --url "$url"
    [ "$status" -eq 0 ]
    [ "$(grep -c '"proxy"' "$SERVED/log")" -eq 1 ]
    https_proxy=http://127.0.0.1:1 run fetch --url "$url" --proxy "$(cat "$SERVED/proxy")"
    [ "$status" -eq 0 ]
    [ "$(grep -c '"proxy"' "$SERVED/log")" -eq 2 ]
    refused 40 network.connect 407 --url https://refused.example/ --proxy "$(cat "$SERVED/proxy")"
}
