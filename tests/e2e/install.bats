#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What `make install` puts where, what `make uninstall` takes away, and the pages themselves.

setup_file() {
    local tree build mode
    tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$tree" || return 1
    # The tree is built already; where, the programs' place tells.
    mode=$(basename "$(dirname "$PINFERRY_BIN")")
    build=$(realpath --relative-to="$tree" "$PINFERRY_BIN/../..")
    unset MAKEFLAGS MFLAGS MAKELEVEL
    export TREE=$tree ROOT="$BATS_FILE_TMPDIR/a root" # DESTDIR may hold a space
    export MAKE_IT="make --no-print-directory MODE=$mode BUILD=$build PREFIX=/usr"
    # What stood there before must stand there after.
    mkdir -p "$ROOT/usr/share/doc/pinferry/docs" "$ROOT/usr/bin"
    echo kept > "$ROOT/usr/share/doc/pinferry/docs/of-another-package"
    echo kept > "$ROOT/usr/bin/other"
    find "$ROOT" > "$BATS_FILE_TMPDIR/before"
    $MAKE_IT DESTDIR="$ROOT" install
}

setup() {
    cd "$TREE" || return 1
    if ! [ -e bundler/main.c ] || ! [ -e applier/main.c ]; then
        skip 'a program is not part of this tree'
    fi
}

@test "programs, pages, completions and documents are where a system looks for them" {
    local program
    for program in bundler applier; do
        [ "$(stat -c %a "$ROOT/usr/bin/$program")" = 755 ]
        [ "$("$ROOT/usr/bin/$program" --version)" = "$("$PINFERRY_BIN/$program" --version)" ]
        [ "$(stat -c %a "$ROOT/usr/share/man/man1/$program.1")" = 644 ]
        [ -s "$ROOT/usr/share/bash-completion/completions/$program" ]
    done
    cmp README.md "$ROOT/usr/share/doc/pinferry/README.md"
    cmp LICENSE "$ROOT/usr/share/doc/pinferry/LICENSE"
    diff -r docs "$ROOT/usr/share/doc/pinferry/docs" > "$BATS_TEST_TMPDIR/diff" || true
    [ "$(cat "$BATS_TEST_TMPDIR/diff")" = \
        "Only in $ROOT/usr/share/doc/pinferry/docs: of-another-package" ]
}

@test "mandoc finds nothing to say about the pages" {
    command -v mandoc || skip 'mandoc is not installed'
    run mandoc -Tlint -Wwarning "$ROOT"/usr/share/man/man1/*.1
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "the pages name each command that --help names" {
    local program command
    for program in bundler applier; do
        "$PINFERRY_BIN/$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\)/\1/p' |
            sed 's/  .*//' > "$BATS_TEST_TMPDIR/commands"
        [ -s "$BATS_TEST_TMPDIR/commands" ]
        while read -r command; do
            grep -qE "^\.SS $command( |\$)" "$ROOT/usr/share/man/man1/$program.1"
        done < "$BATS_TEST_TMPDIR/commands"
    done
}

@test "bash offers the commands" {
    local program first
    for program in bundler applier; do
        first=$("$PINFERRY_BIN/$program" --help | sed -n '/^Commands:/{n;s/^  \([a-z-]*\).*/\1/p}')
        run bash -c 'set -eu; . "$1"; COMP_WORDS=("$2" "$3"); COMP_CWORD=1; "_$2"
            printf "%s\n" "${COMPREPLY[@]}"' - \
            "$ROOT/usr/share/bash-completion/completions/$program" "$program" "${first:0:2}"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ $'\n'$output$'\n' == *$'\n'$first$'\n'* ]]
    done
}

@test "uninstall takes away what install put there, and nothing else" {
    $MAKE_IT DESTDIR="$ROOT" uninstall
    # Folders that others use too may stay, empty or not.
    find "$ROOT" -not -type d > "$BATS_TEST_TMPDIR/after"
    grep -E '/(other|of-another-package)$' "$BATS_FILE_TMPDIR/before" | sort > "$BATS_TEST_TMPDIR/kept"
    sort "$BATS_TEST_TMPDIR/after" | diff "$BATS_TEST_TMPDIR/kept" -
    [ ! -e "$ROOT/usr/share/doc/pinferry/docs/schema" ]
    # Nothing to do is no failure.
    $MAKE_IT DESTDIR="$ROOT" uninstall
    $MAKE_IT DESTDIR="$BATS_TEST_TMPDIR/nowhere" uninstall
    [ ! -e "$BATS_TEST_TMPDIR/nowhere" ]
}
