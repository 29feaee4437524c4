# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Servers on this machine and workspaces, for tests of `bundler fetch`.

. "$BATS_TEST_DIRNAME/lib/system.bash"
LIB=$BATS_TEST_DIRNAME/lib
BUNDLER=$PINFERRY_TEST_BIN/bundler # with short waits between tries
CHANNEL=cns.awmdm.com

# The article's key 1 or 2 in hex, from the one place where they stand.
article_key() {
    sed -n "/define ARTICLE_PIN_$1/,/^\$/p" "$BATS_TEST_DIRNAME/../unit/article_pins.h" |
        grep -o '"[0-9a-f]*"' | tr -d '"\n'
}

# SHA-256 of the bytes that stdin names in hex.
hex_sha256() {
    python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(sys.stdin.read())).hexdigest())'
}

# The member of the JSON in $output that the path of keys and indexes names: field pins 0 sha256
field() {
    printf '%s' "$output" | python3 -c '
import json, sys
value = json.load(sys.stdin)
for step in sys.argv[1:]:
    value = value[int(step)] if isinstance(value, list) else value.get(step)
print(json.dumps(value) if isinstance(value, (dict, list, bool)) or value is None else value)' "$@"
}

# A discovery answer with these keys.
answer_of() {
    local keys=()
    for key in "$@"; do keys+=("\"$key\""); done
    (
        IFS=,
        echo "{\"$CHANNEL\":[${keys[*]}]}"
    )
}

# Runs a server of lib/ in the background until the test file ends: serve PROGRAM READY-FILE ANSWER
serve() {
    local tries=0
    "$LIB/$1" "$SERVED" "$3" >"$SERVED/$1.out" 2>&1 3>&- &
    echo $! >>"$SERVED/pids"
    until [ -s "$SERVED/$2" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! kill -0 $! 2>/dev/null; then
            cat "$SERVED/$1.out" >&2
            return 1
        fi
        sleep 0.1
    done
}

# Both servers, with the PKI in $SERVED and the article's keys as the answer.
servers_up() {
    export SERVED=$BATS_FILE_TMPDIR/served
    "$LIB/pki.sh" "$SERVED" || return 1
    answer_of "$(article_key 1)" "$(article_key 2)" >"$SERVED/answer"
    serve discovery.py url "$SERVED/answer" || return 1
    command -v nginx >/dev/null || return 0
    serve nginx.sh nginx.pid "$SERVED/answer"
}

servers_down() {
    local pid
    [ -f "$SERVED/pids" ] || return 0
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
    done <"$SERVED/pids"
}

need_nginx() {
    command -v nginx >/dev/null || skip 'nginx is not installed'
}

# The address of a path of the real web server, after need_nginx: real good /slow
real() {
    local port
    port=$(sed -n "s/^$1=//p" "$SERVED/ports")
    echo "https://localhost:$port${2-/autodiscovery/HostRegistry.aws}"
}

# The address of a path of discovery.py.
made() {
    sed "s,/autodiscovery.*,$1," "$SERVED/url"
}

# Everything in the workspace, names and bytes.
snapshot() {
    (cd "$WORKSPACE" && find . -type f -exec sha256sum {} + | sort -k 2 && find . ! -type f | sort)
}

# With the made CA, where discovery is asked and no other is named.
fetch() {
    local ca=()
    [[ " $* " != *' --url'* || " $* " == *' --cacert '* ]] || ca=(--cacert "$SERVED/ca.pem")
    "$BUNDLER" -C "$WORKSPACE" fetch "${ca[@]}" "$@"
}

# A fetch that must fail and leave the workspace as it was: refused EXIT REASON WORDS OPTION...
refused() {
    local code=$1 reason=$2 words=$3 before
    shift 3
    before=$(snapshot)
    run --separate-stderr fetch --json "$@"
    echo "$output" >&2
    [ "$status" -eq "$code" ]
    [ "$(field exit)" = "$code" ]
    [ "$(field reason)" = "$reason" ]
    [[ "$(field message)" == *"$words"* ]]
    [ "$(snapshot)" = "$before" ]
}
