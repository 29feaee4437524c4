#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the archive for Windows of programs that are built: pinferry-VERSION-windows-x64.zip in BUILD,
# or in $OUT. Its bytes follow from the programs, the documents and one time: SOURCE_DATE_EPOCH, else
# the last commit's, else DATE. Usage: packaging/windows/archive.sh BUILD VERSION DATE
#   SIGN_KEY, SIGN_CERT  key and certificate (PEM) for a detached signature of SHA256SUMS
#   SIGN_PASS            a file that holds the key's passphrase
#   AUTHENTICODE_...     see authenticode.sh
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
cd "$(dirname "$0")/../.."

build=$1 version=$2 date=$3
out=${OUT:-$build}
fail() {
    echo "archive: $1" >&2
    exit 1
}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date -d "$date" +%s)}
export SOURCE_DATE_EPOCH=$epoch
[ -n "${SIGN_KEY-}" ] && [ -z "${SIGN_CERT-}" ] && fail 'SIGN_KEY needs SIGN_CERT, its certificate'
for program in applier bundler; do
    [ -f "$build/windows/bin/$program.exe" ] || fail "$program.exe is not there: run make windows"
done
libs=$(cat "$build/windows/libs")

work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-archive.XXXXXX")
trap 'rm -rf "$work"' EXIT
name=pinferry-$version-windows-x64
root=$work/$name
mkdir -p "$root/licences"

# --- programs, signed or not ------------------------------------------------------------------------
cp "$build"/windows/bin/{applier,bundler}.exe "$root/"
authenticode='The programs carry no Authenticode signature.'
if [ -n "${AUTHENTICODE_CERT-}" ]; then
    packaging/windows/authenticode.sh "$root"/*.exe
    authenticode="The programs carry an Authenticode signature: right click, Properties, Digital Signatures."
else
    echo 'archive: AUTHENTICODE_CERT is not set: the programs are not signed' >&2
fi

# --- licences and documents ---------------------------------------------------------------------------
text() { # CRLF, as the programs of Windows that show .txt files want it
    sed 's/\r*$/\r/' "$1" >"$2"
}
text LICENSE "$root/LICENSE.txt"
for file in "$libs"/licences/*.txt; do text "$file" "$root/licences/${file##*/}"; done
# of what the compiler adds by itself
built=$(awk -F '\t' '$3 == "built" { print $1 }' "$build/windows/SOURCES" | sort -u)
for package in $built; do
    [ -f "/usr/share/doc/$package/copyright" ] || fail "/usr/share/doc/$package/copyright is not there"
    text "/usr/share/doc/$package/copyright" "$root/licences/$package.txt"
done
# shellcheck disable=SC2046 # names of our own
packaging/pages.py --out "$root" --version "$version" --state '%ProgramData%\Pinferry' \
    --man applier="$build/release/bin/applier" --man bundler="$build/release/bin/bundler" \
    README.md CHANGELOG.md SECURITY.md $(find docs -type f)

signature='SHA256SUMS is not signed: it shows what was damaged, not who made it.'
if [ -n "${SIGN_KEY-}" ]; then
    signature="SHA256SUMS.p7s is the signature of SHA256SUMS. With OpenSSL, and the certificate from elsewhere:

    openssl cms -verify -binary -inform DER -in SHA256SUMS.p7s -content SHA256SUMS -CAfile CERT.pem
        -purpose any -out NUL"
else
    echo 'archive: SIGN_KEY is not set: SHA256SUMS is not signed' >&2
fi
cat >"$work/README" <<EOF
Pinferry $version for Windows x64 (Server 2012 or newer)

applier.exe        verifies bundles and puts their pins into web.config
bundler.exe        makes bundles, on the connected side
docs\\card.html     one page for the night: symptom, command, what it says, way back
index.html         all pages; they need no network
licences           of the libraries inside the programs
SBOM.spdx.json     what the programs are made of (SPDX 2.3)
SHA256SUMS         SHA-256 of each file here

There is nothing to install: copy the programs to a folder that only administrators can write.
Nothing of this was run on a real Windows yet: docs\\windows.html says what was seen, and where.

Check the files before the first use. On Windows, for each file that you will run:

    certutil -hashfile applier.exe SHA256

and compare with its line in SHA256SUMS (Server 2012 puts spaces between the digits). On Linux, all
at once: sha256sum -c SHA256SUMS

$signature

$authenticode
EOF
text "$work/README" "$root/README.txt"

# --- what is in it, digests, and their signature ---------------------------------------------------
packaging/sbom.py --name "$name" --version "$version" --date "$epoch" --sources "$build/windows/SOURCES" \
    --main applier.exe bundler.exe -- "$root" >"$work/sbom"
mv "$work/sbom" "$root/SBOM.spdx.json"
(cd "$root" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum) >"$work/sums"
mv "$work/sums" "$root/SHA256SUMS"
if [ -n "${SIGN_KEY-}" ]; then
    # without signed attributes there is no time in it: an RSA key gives the same bytes again
    openssl cms -sign -binary -noattr -md sha256 -outform DER -in "$root/SHA256SUMS" -signer "$SIGN_CERT" \
        -inkey "$SIGN_KEY" ${SIGN_PASS:+-passin "file:$SIGN_PASS"} -out "$root/SHA256SUMS.p7s" </dev/null ||
        fail "SHA256SUMS was not signed with $SIGN_KEY"
fi

mkdir -p "$out"
packaging/zip.py "$root" "$out/$name.zip" "$epoch"
printf '%s: %d bytes, SHA-256 %s\n' "$out/$name.zip" "$(stat -c %s "$out/$name.zip")" \
    "$(sha256sum <"$out/$name.zip" | cut -c1-64)"
