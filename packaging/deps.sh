#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the Debian packages that building and checking Pinferry need; says nothing when all are
# there. Usage: packaging/deps.sh build|check|static|windows|windows-check|dist|deb|TARGET [--list]. "check"
# includes "build", "windows-check" includes "check"; "static" is what `make static` needs, "windows"
# and TARGET what building for others (libs.sh) does, "dist" what the archive for Windows and the tests of
# all that is handed on need, "deb" what the Debian package does.
set -eu

build='gcc make pkg-config libssl-dev libarchive-dev libxml2-dev libcurl4-openssl-dev libjansson-dev
libseccomp-dev openssl ca-certificates python3'
check='libcmocka-dev bats clang clang-format cppcheck shellcheck nginx-light valgrind strace
libxml2-utils xmlstarlet augeas-tools lcov acl attr mono-runtime mono-mcs libmono-system-configuration4.0-cil
mono-fastcgi-server4 curl mandoc libclang-rt-14-dev jq
gcc-mingw-w64-x86-64-win32'
static='gcc make binutils libc6-dev dpkg-dev perl patch xz-utils'
arm64='gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user'
windows='gcc-mingw-w64-x86-64-win32'
wine='wine wine64'
dist='cmark-gfm mandoc osslsigncode git bats softhsm2 libengine-pkcs11-openssl'
deb='binutils dpkg-dev git'

case ${1-} in
build) wanted=$build ;;
check) wanted="$build $check" ;;
static | "$(uname -m)-linux-gnu") wanted=$static ;;
aarch64-linux-gnu) wanted="$static $arm64" ;;
windows | x86_64-w64-mingw32) wanted="$static $windows" ;;
windows-check) wanted="$build $check $static $windows $wine" ;;
dist) wanted="$build $static $windows $dist $deb lintian" ;;
deb) wanted="$build $deb" ;;
*)
    echo 'usage: packaging/deps.sh build|check|static|windows|windows-check|dist|deb|TARGET [--list]' >&2
    exit 2
    ;;
esac
if [ "${2-}" = --list ]; then
    printf '%s\n' "$wanted" | tr ' ' '\n'
    exit 0
fi
if ! command -v dpkg-query >/dev/null; then
    echo "deps: this machine has no dpkg, so nothing was checked; these Debian packages (or what" >&2
    echo "deps: your system calls them) are needed: $(echo "$wanted" | tr '\n' ' ')" >&2
    exit 0
fi

# The names of the wanted packages that are not installed. One dpkg-query for all of them: it says
# nothing on stdout about a package that it does not know.
absent() {
    # shellcheck disable=SC2086 # a list of package names, split on purpose
    there=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
        sed -n 's/ installed$//p') || true
    for package in $wanted; do
        printf '%s\n' "$there" | grep -qxF -e "$package" || printf '%s ' "$package"
    done
}

missing=$(absent)
[ -n "$missing" ] || exit 0

command="apt-get update && apt-get install -y --no-install-recommends $missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "deps: these packages are missing and installing them needs root. As root, run:" >&2
        echo "    $command" >&2
        exit 1
    fi
    as_root=sudo
fi

echo "deps: installing $missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# stdin is closed and debconf is told not to ask: this runs where nobody can answer.
# shellcheck disable=SC2086 # $missing is a list; $as_root is one word or none
if ! { $as_root apt-get -q update &&
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "deps: installing failed (see above). Once the cause is mended, run this again, or as root:" >&2
    echo "    $command" >&2
    exit 1
fi
missing=$(absent)
if [ -n "$missing" ]; then
    echo "deps: apt-get reported success, but these are still missing: $missing" >&2
    exit 1
fi
