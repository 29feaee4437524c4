#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs end-to-end tests against the programs for Windows, under wine, as a user that is not root.
# The last line is "N passed, N failed, N skipped".
# Usage: tests/windows/check.sh BUILD FILE.bats|COMMAND...
#   FILE.bats...   these, as many at a time as there are processors
#   COMMAND...     this command instead (its name does not end in .bats), in the same surroundings
set -euo pipefail
export LC_ALL=C.UTF-8

build=$(realpath "$1")
here=$(cd "$(dirname "$0")/../.." && pwd)
shift
wine=/usr/lib/wine/wine64
fail() {
    echo "FAIL  $1"
    echo '0 passed, 1 failed'
    exit 1
}
[ -x "$wine" ] || fail 'wine is not installed: run make deps-windows'
for program in applier bundler; do
    [ -f "$build/windows/bin/$program.exe" ] || fail "$program.exe was not built: run make windows"
done

# A folder of the user's own, which is drive S: its root is the root of a volume to the programs,
# so no folder above it, which belongs to others, counts.
ground=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-wine.XXXXXX")
ground=$(realpath "$ground")
mkdir -p "$build/wine"
as=()
if [ "$(id -u)" = 0 ]; then
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown 65534:65534 "$ground" "$build/wine"
fi
run() { "${as[@]}" env HOME="$ground" TMPDIR="$ground/tmp" "$@"; }
export WINEPREFIX=$build/wine/prefix WINEDEBUG=-all
# no debugger: one that comes up for a program that is to crash may stay for good
export WINEDLLOVERRIDES='mscoree,mshtml,winedbg.exe='
# of this prefix alone, which nobody else uses while the lock is held
server() { run timeout 60 "$(dirname "$wine")/wineserver" "$1" >/dev/null 2>&1 || true; }
finish() {
    server -k
    rm -rf "$ground"
}
trap finish EXIT
exec 9>"$build/wine/lock"
flock 9

# The prefix is made once for a version of wine; what a run before left in its registry goes.
version=$("$wine" --version)
if [ "$(cat "$build/wine/version" 2>/dev/null)" != "$version" ]; then
    rm -rf "$WINEPREFIX" "$build/wine/version"
    run mkdir "$ground/tmp"
    run timeout 300 "$wine" wineboot -i >/dev/null 2>&1 9>&- || fail 'wine does not start'
    server -w
    run mkdir "$WINEPREFIX/clean"
    run cp "$WINEPREFIX"/*.reg "$WINEPREFIX/clean/"
    echo "$version" >"$build/wine/version"
else
    server -k
    run mkdir "$ground/tmp"
    run cp "$WINEPREFIX"/clean/*.reg "$WINEPREFIX/"
fi
rm -rf "$WINEPREFIX/drive_c/ProgramData/Pinferry"
run mkdir "$ground/bin" "$ground/bin/PINFERRY_EXE" "$ground/bin/PINFERRY_TEST_EXE" "$ground/logs"
for program in applier bundler; do
    for kind in PINFERRY_EXE PINFERRY_TEST_EXE; do
        run ln -s "$here/tests/windows/wrap.py" "$ground/bin/$kind/$program"
    done
done
run ln -sfn "$ground" "$WINEPREFIX/dosdevices/s:"

export PINFERRY_WINE=$ground PINFERRY_EXE=$build/windows/bin PINFERRY_TEST_EXE=$build/windows-test/bin
export PINFERRY_LINUX_BIN=$build/release/bin PINFERRY_SOURCE=$here
export PINFERRY_BIN=$ground/bin/PINFERRY_EXE PINFERRY_TEST_BIN=$ground/bin/PINFERRY_TEST_EXE
cd "$here"

# Waits for a key that never comes; without it wine would start and end with each program.
mkfifo "$ground/key"
exec 8<>"$ground/key"
run "$wine" cmd /c pause >/dev/null 2>&1 <&8 9>&- &
run timeout 60 "$wine" cmd /c exit >/dev/null 2>&1 9>&- || fail 'wine does not start'
case ${1-} in
*.bats) ;;
*)
    run "$@" 9>&-
    exit
    ;;
esac

# Those that change what belongs to the system, as its registry, alone and first.
alone=() others=()
for file; do
    case ${file##*/} in
    windows*) alone+=("$file") ;;
    *) others+=("$file") ;;
    esac
done
# shellcheck disable=SC2016 # for the shell of each file
at_once() { # COUNT FILE...
    local count=$1
    shift
    [ $# -eq 0 ] || printf '%s\0' "$@" | run xargs -0 -P "$count" -I '{}' sh -c \
        'tests/run.sh "$1" >"$0/$(basename "$1").log" 2>&1' "$ground/logs" '{}' 9>&- || true
}
at_once 1 "${alone[@]}"
at_once "$(nproc)" "${others[@]}"
[ ! -f "$ground/seen" ] || cat "$ground/seen"
cat "$ground"/logs/*.log | awk '
    /^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3; skipped += $5; next }
    { print }
    END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
          exit failed > 0 || passed == 0 }'
