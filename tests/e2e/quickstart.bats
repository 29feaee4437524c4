#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/quickstart.md: each command does what it says, typed as it stands there. Only the discovery
# address, the folders and what a terminal would be asked for are this test's.

setup() {
    LIB=$BATS_TEST_DIRNAME/lib
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    WORK=$BATS_TEST_TMPDIR/work
    mkdir -p "$WORK/stick" "$WORK/srv/ens/Website" "$WORK/served"
    "$LIB/pki.sh" "$WORK/served"
    cp "$TREE/packaging/demo/answer.json" "$WORK/served/answer"
    "$LIB/discovery.py" "$WORK/served" "$WORK/served/answer" 3>&- &
    SERVER=$!
    for _ in $(seq 100); do
        [ ! -e "$WORK/served/url" ] || break
        sleep 0.1
    done
    python3 "$TREE/packaging/demo/data.py" keys 8 > "$WORK/keys"
    python3 "$TREE/packaging/demo/data.py" config "$WORK/keys" "$WORK/srv/ens/Website/web.config"
    cp "$WORK/srv/ens/Website/web.config" "$WORK/before"
    export PINFERRY_PASSPHRASE='of the quick start'
    cd "$WORK" || return 1
}

teardown() {
    kill "$SERVER"
}

# What the page's commands run as. `init` would ask for the fingerprint on a terminal.
bundler() {
    case $1 in
    fetch) "$PINFERRY_BIN/bundler" "$@" --url "$(cat "$WORK/served/url")" \
        --cacert "$WORK/served/ca.pem" ;;
    *) "$PINFERRY_BIN/bundler" "$@" ;;
    esac
}
applier() {
    case $1 in
    init) "$PINFERRY_BIN/applier" --state "$WORK/state" "$@" \
        --fingerprint "$(sha256sum < "$WORK/cns/keys/trust.xml" | cut -c1-64)" ;;
    *) "$PINFERRY_BIN/applier" --state "$WORK/state" "$@" ;;
    esac
}

# The commands of one block, stopping at the first that fails.
do_block() {
    local commands
    commands=$("$LIB/page.sh" "$TREE/docs/quickstart.md" "$1") || return 1
    commands=${commands//\/media\/stick/$WORK/stick}
    commands=${commands//\/srv\/ens/$WORK/srv/ens}
    while IFS= read -r line; do
        echo "\$ $line"
        eval "$line" || return 1
    done <<< "$commands"
}

@test "the commands of the quick start do what it says" {
    do_block workspace
    [ -s keys/signer-root.key ]
    do_block fetch
    do_block build
    [ -s "$WORK/stick/trust.xml" ]
    cd "$WORK"
    do_block enrol
    do_block plan
    cmp before srv/ens/Website/web.config
    grep -q 'What changes' plan.html
    do_block apply
    [ "$(applier pins srv/ens/Website/web.config --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["pins"])')" = 10 ]
    do_block back
    cmp before srv/ens/Website/web.config
    run applier apply
    [ "$status" -eq 32 ]
}
