# SPDX-License-Identifier: MIT
# A site to test the applier with. A file's setup_file calls site_keys, its setup site_setup; then
# $WORK is fresh, $STATE not there yet, $TARGET a web.config with the pins 1 and 3. Whatever a
# command says goes through `run_applier`, which holds that the target's password is not in it.

. "$BATS_TEST_DIRNAME/lib/system.bash"

CANARY=c4nary-Passw0rd

make() { # KIND ARGUMENT...: keys, trust, bundle, config (make.py)
    local kind=$1
    shift
    python3 "$BATS_TEST_DIRNAME/lib/make.py" "$kind" "$KEYS" "$@"
}

site_keys() {
    export KEYS="$BATS_FILE_TMPDIR/keys"
    make keys
    make trust "$KEYS/trust.xml"
}

site_setup() {
    export WORK="$BATS_TEST_TMPDIR/work"
    export STATE="$WORK/state" TARGET="$WORK/www/web.config"
    export FINGERPRINT
    mkdir -p "$WORK/www"
    chmod 755 "$BATS_TEST_TMPDIR" "$WORK"
    FINGERPRINT=$(sha256sum < "$KEYS/trust.xml" | cut -c1-64)
    make config "$TARGET" 13
}

# Runs the release program; $status, $output (both streams) and $lines as bats' run sets them.
run_applier() {
    run "$PINFERRY_BIN/applier" --state "$STATE" "$@"
    no_canary
}

# The same with the clock at an offset from now, in seconds.
run_applier_at() {
    local now
    now=$(date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ)
    shift
    run env PINFERRY_TEST_NOW="$now" "$PINFERRY_TEST_BIN/applier" --state "$STATE" "$@"
    no_canary
}

no_canary() {
    [[ $output != *"$CANARY"* && $output != *c4nary* ]] || {
        echo "the password is in: $output"
        return 1
    }
}

# expect CODE [TEXT]...: the exit code of the last run, and texts of its output.
expect() {
    local want=$1 text
    shift
    [ "$status" -eq "$want" ] || {
        echo "exit $status instead of $want: $output"
        return 1
    }
    for text; do
        [[ $output == *"$text"* ]] || {
            echo "'$text' is not in: $output"
            return 1
        }
    done
}

enrol() { # [OPTION OF init]...
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$TARGET" "$@"
    expect 0
}

# A value of the JSON object in $output: json 'KEY' or a Python expression on `o`.
json() {
    python3 -c 'import json, sys
o = json.loads(sys.argv[1])
v = eval(sys.argv[2]) if not sys.argv[2].isidentifier() else o[sys.argv[2]]
print(json.dumps(v) if isinstance(v, (dict, list, bool, type(None))) else v)' "$output" "$1"
}

# Every file below a folder with its digest and times, to prove that nothing was written.
snapshot() {
    find "$@" -exec stat -c '%n %a %s %Y %Z %i' {} + | sort
    find "$@" -type f -exec sha256sum {} + | sort
}
