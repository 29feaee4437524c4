#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The demonstration runs to its end as anybody, shows what it promises, and leaves nothing behind.

setup() {
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export TMPDIR=$BATS_TEST_TMPDIR
    unset DEMO_KEEP
}

@test "the demonstration shows a whole rotation" {
    run "$TREE/packaging/demo.sh"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"== Shown"* ]]
    for code in 3 11 14 22 32; do
        [[ $output == *"# exit code $code"* ]]
    done
    [[ $output == *"reason replay.sequence, exit 14"* ]]
    [[ $output == *$'\n'identical$'\n'* ]]
    [[ $output == *$'\n'nowhere$'\n'* ]]
    password=$(sed -n 's/^PASSWORD = "\(.*\)".*/\1/p' "$TREE/packaging/demo/data.py")
    [ -n "$password" ]
    [[ $output != *"$password"* ]]
    [ -z "$(find "$TMPDIR" -maxdepth 1 -name 'pinferry-demo.*')" ]
}

@test "the demonstration needs no rights and keeps its files when asked to" {
    [ "$(id -u)" -eq 0 ] || skip 'the other tests run without rights already'
    chmod 1777 "$TMPDIR"
    setpriv --reuid=65534 --regid=65534 --clear-groups \
        sh -c 'test -x "$0" && test -w "$1"' "$PINFERRY_BIN/applier" "$TMPDIR" ||
        skip 'another account cannot reach this tree or its temporary folder'
    run env DEMO_KEEP=1 setpriv --reuid=65534 --regid=65534 --clear-groups "$TREE/packaging/demo.sh"
    echo "$output"
    [ "$status" -eq 0 ]
    kept=$(sed -n "s/^The demonstration's files are kept in \(.*\)\.\$/\1/p" <<<"$output")
    [ -s "$kept/plan.html" ]
    [ -s "$kept/stick/trust.xml" ]
}
