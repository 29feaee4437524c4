#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds cmocka for Windows from the distribution's source package, for tests/windows/unit. The last
# line on stdout is the folder with cmocka.h and libcmocka.a; it is built once and kept in
# $PINFERRY_CACHE, default ~/.cache/pinferry.
# Usage: tests/windows/cmocka.sh
set -euo pipefail
export LC_ALL=C
umask 022

compiler=x86_64-w64-mingw32-gcc
die() { printf 'cmocka: %s\n' "$*" >&2; exit 1; }
command -v "$compiler" >/dev/null || die "there is no $compiler: make windows installs it"

cache=${PINFERRY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pinferry}
out=$cache/cmocka-$({ cat "$0"; "$compiler" --version | head -n 1; } | sha256sum | cut -c1-12)
if [ -f "$out/libcmocka.a" ]; then
    echo "$out"
    exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-cmocka.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as a user of its own
mkdir -p "$work"/{parts,lists/partial,cache/archives/partial,download}
chown -R _apt "$work"/{lists,cache,download} 2>/dev/null || true
for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && grep -qE '(debian|ubuntu)-archive-keyring' "$file" &&
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
done
if [ -e /etc/apt/sources.list ]; then
    sed -n 's/^deb \(.*\)/deb-src \1/p' /etc/apt/sources.list >"$work/parts/one.list"
fi
options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts"
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Get::List-Cleanup=0)
{ apt-get "${options[@]}" -q update && cd "$work/download" &&
    apt-get "${options[@]}" -q source --download-only cmocka; } >"$work/log" 2>&1 </dev/null ||
    { tail -n 5 "$work/log" >&2; die "its source package cannot be had (see above)"; }

dpkg-source --no-check -x "$work"/download/*.dsc "$work/src" >>"$work/log" 2>&1 ||
    { tail -n 5 "$work/log" >&2; die "its source package cannot be unpacked"; }
cd "$work/src"
: >config.h # what it asks for is said here
"$compiler" -O1 -w -std=gnu99 -I. -Iinclude -DHAVE_CONFIG_H -DHAVE_INTTYPES_H -DHAVE_MALLOC_H \
    -DHAVE_STDINT_H -DHAVE_STRING_H -DHAVE_STDLIB_H -DHAVE_STDIO_H -DHAVE_SETJMP_H -DHAVE_TIME_H \
    -DHAVE_SNPRINTF -DHAVE_VSNPRINTF -DHAVE_STRUCT_TIMESPEC -DHAVE_GCC_THREAD_LOCAL_STORAGE \
    -c src/cmocka.c -o cmocka.o
mkdir -p "$work/new"
"${compiler%-gcc}-ar" rcsD "$work/new/libcmocka.a" cmocka.o
cp include/cmocka.h include/cmocka_pbc.h "$work/new/" 2>/dev/null || cp include/cmocka.h "$work/new/"
mkdir -p "$cache"
parcel=$(mktemp -d "$cache/.new.XXXXXX")
cp "$work"/new/* "$parcel/"
chmod 755 "$parcel"
mv -T "$parcel" "$out" 2>/dev/null || rm -rf "$parcel" # another run was first
echo "$out"
