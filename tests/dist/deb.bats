#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The Debian package (`make dist-check`): lintian has nothing to say, the programs run from it, and its
# bytes follow from its contents.

setup_file() {
    export TREE HOLD=$BATS_FILE_TMPDIR SOURCE_DATE_EPOCH=1790000000
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    unset MAKEFLAGS MFLAGS MAKELEVEL DEB_MAINTAINER
    package one
    dpkg-deb -R "$HOLD"/one/*.deb "$HOLD/root"
}

package() { # FOLDER [NAME=VALUE]...
    local folder=$1
    shift
    # the folder as the Makefile names it, below which its rules look for what is built
    (cd "$TREE" && env OUT="$HOLD/$folder" "$@" packaging/deb.sh \
        "$(realpath --relative-to="$TREE" "$PINFERRY_BUILD")" 0.1.0 2026-11-28)
}

@test "lintian has nothing to say" {
    command -v lintian || skip 'lintian is not installed'
    run lintian --allow-root --fail-on error,warning "$HOLD"/one/*.deb
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "the programs of the package run, and its pages and completions are those of the programs" {
    local program
    for program in applier bundler; do
        [ "$("$HOLD/root/usr/bin/$program" --version)" = "$("$PINFERRY_BIN/$program" --version)" ]
        "$PINFERRY_BIN/$program" --print-man | cmp - <(gzip -dc "$HOLD/root/usr/share/man/man1/$program.1.gz")
        "$PINFERRY_BIN/$program" --print-completion |
            cmp - "$HOLD/root/usr/share/bash-completion/completions/$program"
    done
    cmp "$TREE/docs/card.md" "$HOLD/root/usr/share/doc/pinferry/docs/card.md"
    grep -q '^License: Expat' "$HOLD/root/usr/share/doc/pinferry/copyright"
    (cd "$HOLD/root" && md5sum --quiet -c DEBIAN/md5sums)
}

@test "it needs the libraries that the programs are linked with" {
    local name
    for name in libssl3 libarchive13 libxml2 libcurl4 libjansson4 libseccomp2 libc6; do
        grep -qE "^Depends: .*\b$name\b" "$HOLD/root/DEBIAN/control"
    done
}

@test "the same bytes again, in another folder, time zone, mask and language" {
    (umask 077 && package two TZ=Pacific/Auckland LC_ALL=de_DE.UTF-8 TMPDIR="$BATS_TEST_TMPDIR")
    cmp "$HOLD"/one/*.deb "$HOLD"/two/*.deb
    package three SOURCE_DATE_EPOCH=1790000002
    run cmp -s "$HOLD"/one/*.deb "$HOLD"/three/*.deb
    [ "$status" -eq 1 ]
}
