# SPDX-License-Identifier: MIT
# Workspaces to test the bundler with, beside what lib/site.bash has. A file's setup calls
# workspace_setup; then $WORK is fresh, and $WS is where a workspace may be made.

workspace_setup() {
    unset PINFERRY_PASSPHRASE SOURCE_DATE_EPOCH
    export WORK="$BATS_TEST_TMPDIR/work"
    export WS="$WORK/ws"
    mkdir -p "$WORK"
    chmod 755 "$BATS_TEST_TMPDIR" "$WORK"
    cd "$WORK" || return 1
}

# Runs the release program; $status, $output (both streams) and $lines as bats' run sets them.
run_bundler() {
    run "$PINFERRY_BIN/bundler" "$@"
}

# The same in $WS.
run_in_ws() {
    run "$PINFERRY_BIN/bundler" -C "$WS" "$@"
}

init_ws() { # [OPTION OF init]...
    run_bundler init "$WS" "$@"
    expect 0
}

# As an account that may only what everybody may: root itself is never refused.
as_nobody() {
    [ "$(id -u)" = 0 ] || skip 'only root can become another account'
    command -v setpriv >/dev/null || skip 'setpriv is not installed'
    run setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# A volume of SIZE for the test, at $VOLUME; full_volume fills it, volume_down takes it away.
volume_up() { # SIZE
    export VOLUME="$WORK/volume"
    mkdir -p "$VOLUME"
    mount -t tmpfs -o "size=$1" none "$VOLUME" 2>/dev/null || {
        unset VOLUME
        skip 'this account cannot mount a small volume'
    }
}

full_volume() {
    head -c 64M /dev/zero > "$VOLUME/filler" 2>/dev/null || true
    [ -s "$VOLUME/filler" ]
}

volume_down() {
    [ -z "${VOLUME:-}" ] || umount "$VOLUME"
}
