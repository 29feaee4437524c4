# SPDX-License-Identifier: MIT
# Workspaces of the bundler for .bats files: source it.
. "$BATS_TEST_DIRNAME/lib/system.bash"
unset PINFERRY_PASSPHRASE SOURCE_DATE_EPOCH

# make_workspace FOLDER [OPTION OF keygen]...: with one approved pin.
make_workspace() {
    local folder=$1
    shift
    "$PINFERRY_BIN/bundler" -q init "$folder"
    "$PINFERRY_BIN/bundler" -q -C "$folder" keygen --no-passphrase "$@"
    add_pin "$folder"
}

# add_pin FOLDER: one more approved pin, of a key made for it.
add_pin() {
    openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$1/pin.pem" 2>/dev/null
    "$PINFERRY_BIN/bundler" -q -C "$1" fetch --hex "$1/pin.pem"
    "$PINFERRY_BIN/bundler" -q -C "$1" approve --all </dev/null
    rm "$1/pin.pem"
}

# small_medium FOLDER KIB: mounts an empty file system there, or skips the test.
small_medium() {
    mkdir "$1"
    mount -t tmpfs -o "size=$2k" tmpfs "$1" 2>/dev/null || skip 'no file system can be mounted here'
}

# as_nobody COMMAND...: without any right of root's, or skips the test.
as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
needs_nobody() {
    [ "$(id -u)" = 0 ] || skip 'only root can become another account'
    chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" \
        "$BATS_RUN_TMPDIR/file" "$BATS_RUN_TMPDIR/test" 2>/dev/null || true
    as_nobody test -x "$BATS_TEST_TMPDIR" || skip 'another account cannot enter the test folder'
    as_nobody test -x "$PINFERRY_BIN/bundler" || skip 'another account cannot run the program'
}

# reason ID CODE: what the last run ended with.
reason() {
    [ "$status" -eq "$2" ] || { echo "exit $status, not $2: $output"; return 1; }
    [[ $output == *"bundler: reason $1, exit $2"* ]] || { echo "not $1: $output"; return 1; }
}
