#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the static applier, or the programs for Windows, twice, libraries and all, with nothing kept
# from before: from two copies of the checkout, in folders of other names, at another number of jobs
# and in another time zone. Fails, naming the files, unless all bytes agree.
# Usage: packaging/static-twice.sh TARGET
set -eu
export LC_ALL=C
unset MAKEFLAGS MFLAGS # a make above may have been told another BUILD

target=$1
case $target in
*-mingw32) goal=windows programs='build/windows/bin/*.exe' ;;
*) goal=static programs='build/static*/bin/applier' ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-twice.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

# both copies at once: the checkout may change while the first is built
copy() { # FOLDER
    mkdir -p "$work/$1/checkout" "$work/$1/tmp"
    chmod 1777 "$work/$1/tmp"
    git ls-files -z | tar --null -T - -c | tar -x -C "$work/$1/checkout"
}

build() { # FOLDER JOBS ZONE
    echo "== $1: $2 jobs, $3"
    TMPDIR=$work/$1/tmp PINFERRY_CACHE=$work/$1/cache JOBS=$2 TZ=$3 \
        make --no-print-directory -s -j"$2" -C "$work/$1/checkout" $goal "TARGET=$target"
    cp -r "$work/$1/cache/libs/$target"-* "$work/$1/result"
    # shellcheck disable=SC2086 # a pattern
    (cd "$work/$1/checkout" && cp $programs "$work/$1/result/")
}
copy one
copy another/longer/name
build one 2 UTC
build another/longer/name 1 Pacific/Auckland

cd "$work/one/result"
differs=
for file in $(find . -type f | sort); do
    cmp "$file" "$work/another/longer/name/result/$file" || differs=1
done
[ "$(find . | sort)" = "$(cd "$work/another/longer/name/result" && find . | sort)" ] || differs=1
find . -type f ! -path './include/*' ! -name SOURCES -exec sha256sum {} +
[ -z "$differs" ] || {
    echo "$0: the two builds differ" >&2
    exit 1
}
echo "the two builds agree in $(find . -type f | wc -l) files"
