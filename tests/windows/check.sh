#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs end-to-end tests against the programs for Windows, under wine, as a user that is not root.
# Usage: tests/windows/check.sh BUILD [FILE.bats]...   without files: those that are known to pass
set -euo pipefail
export LC_ALL=C.UTF-8

build=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
shift
wine=/usr/lib/wine/wine64
if [ ! -x "$wine" ]; then
    echo 'SKIP  the programs for Windows: wine is not installed (packages wine64, wine)'
    exit 0
fi
for program in applier bundler; do
    [ -f "$build/windows/bin/$program.exe" ] || { echo "FAIL  $program.exe was not built"; exit 1; }
done
[ $# -gt 0 ] || set -- "$here/tests/e2e/windows.bats"

# A folder of the user's own, which is drive S: its root is the root of a volume to the programs,
# so no folder above it, which belongs to others, counts.
ground=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-wine.XXXXXX")
ground=$(realpath "$ground")
as=()
if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown 65534:65534 "$ground"
fi
run() { "${as[@]}" env HOME="$ground" TMPDIR="$ground/tmp" "$@"; }
finish() {
    run timeout 30 "$(dirname "$wine")/wineserver" -k >/dev/null 2>&1 || true
    rm -rf "$ground"
}
export WINEPREFIX=$ground/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
trap finish EXIT

run mkdir -m 755 "$ground/tmp" "$ground/bin" "$ground/bin/PINFERRY_EXE" "$ground/bin/PINFERRY_TEST_EXE"
for program in applier bundler; do
    run ln -s "$here/tests/windows/wrap.py" "$ground/bin/PINFERRY_EXE/$program"
    run ln -s "$here/tests/windows/wrap.py" "$ground/bin/PINFERRY_TEST_EXE/$program"
done
run timeout 300 "$wine" wineboot -i >/dev/null 2>&1 || { echo 'FAIL  wine does not start'; exit 1; }
run ln -s "$ground" "$WINEPREFIX/dosdevices/s:"

export PINFERRY_WINE=$ground PINFERRY_EXE=$build/windows/bin PINFERRY_TEST_EXE=$build/windows-test/bin
export PINFERRY_LINUX_BIN=$build/release/bin
export PINFERRY_BIN=$ground/bin/PINFERRY_EXE PINFERRY_TEST_BIN=$ground/bin/PINFERRY_TEST_EXE
cd "$here"
run bats --tap "$@"
