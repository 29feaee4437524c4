#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Signs programs for Windows in place (Authenticode, SHA-256), by osslsigncode 2.5 or newer, and checks
# that each then carries a signature. Usage: packaging/windows/authenticode.sh PROGRAM.exe...
#   AUTHENTICODE_CERT       the certificate and its chain (PEM); PKCS#12 with the key in it (.p12, .pfx);
#                           or a PKCS#11 URI
#   AUTHENTICODE_KEY        its key: PEM, or a PKCS#11 URI; none with PKCS#12
#   AUTHENTICODE_PASS       a file that holds the passphrase or the token's PIN
#   AUTHENTICODE_MODULE     the PKCS#11 module (.so), for URIs
#   AUTHENTICODE_TIMESTAMP  URL of a timestamp authority (RFC 3161); without it the signature ends with
#                           the certificate
#   SOURCE_DATE_EPOCH       the signing time, where no timestamp says another
set -euo pipefail

fail() {
    echo "authenticode: $1" >&2
    exit 1
}
cert=${AUTHENTICODE_CERT-} key=${AUTHENTICODE_KEY-}
[ -n "$cert" ] || fail 'AUTHENTICODE_CERT is not set'
command -v osslsigncode >/dev/null || fail 'osslsigncode is not installed: make deps-dist installs it'

options=(-h sha256 -n Pinferry)
case $cert in
*.p12 | *.pfx)
    [ -z "$key" ] || fail 'AUTHENTICODE_CERT is PKCS#12, which brings the key: leave AUTHENTICODE_KEY out'
    options+=(-pkcs12 "$cert")
    ;;
*)
    [ -n "$key" ] || fail 'AUTHENTICODE_KEY is not set'
    case $cert in
    pkcs11:*) options+=(-pkcs11cert "$cert" -key "$key") ;;
    *) options+=(-certs "$cert" -key "$key") ;;
    esac
    ;;
esac
case $cert$key in
*pkcs11:*)
    [ -n "${AUTHENTICODE_MODULE-}" ] || fail 'AUTHENTICODE_MODULE is not set: a PKCS#11 URI needs the module'
    options+=(-pkcs11module "$AUTHENTICODE_MODULE")
    ;;
esac
[ -z "${AUTHENTICODE_PASS-}" ] || options+=(-readpass "$AUTHENTICODE_PASS")
if [ -n "${AUTHENTICODE_TIMESTAMP-}" ]; then
    options+=(-ts "$AUTHENTICODE_TIMESTAMP")
elif [ -n "${SOURCE_DATE_EPOCH-}" ]; then
    options+=(-time "$SOURCE_DATE_EPOCH")
fi

for program; do
    signed=$program.signed
    rm -f "$signed" "$signed.p7"
    said=$(osslsigncode sign "${options[@]}" -in "$program" -out "$signed" 2>&1 </dev/null) || {
        rm -f "$signed"
        fail "$program was not signed: $said"
    }
    osslsigncode extract-signature -in "$signed" -out "$signed.p7" >/dev/null 2>&1 || {
        rm -f "$signed" "$signed.p7"
        fail "$program carries no signature after it was signed"
    }
    rm "$signed.p7"
    mv "$signed" "$program"
done
