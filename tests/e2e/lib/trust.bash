# SPDX-License-Identifier: MIT
# A workspace whose root key is on an offline medium, and sites that trust it; beside lib/site and
# lib/bundler_kit. A file's setup_file calls trust_origin, its setup trust_setup; then $WS is the
# workspace, $OFFLINE holds signer-root.key, and $WORK is fresh.

trust_origin() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    export ORIGIN="$BATS_FILE_TMPDIR/origin" KEYS="$BATS_FILE_TMPDIR/keys"
    mkdir "$ORIGIN"
    make keys
    make_workspace "$ORIGIN/ws"
    mkdir "$ORIGIN/offline"
    mv "$ORIGIN/ws/keys/signer-root.key" "$ORIGIN/offline"
    "$PINFERRY_BIN/bundler" -q -C "$ORIGIN/ws" build
}

trust_setup() {
    . "$BATS_TEST_DIRNAME/lib/bundler_kit.bash"
    unset PINFERRY_PASSPHRASE SOURCE_DATE_EPOCH
    export WORK="$BATS_TEST_TMPDIR/work"
    mkdir -p "$WORK"
    chmod 755 "$BATS_TEST_TMPDIR" "$WORK"
    cp -a "$ORIGIN/." "$WORK"
    export WS="$WORK/ws" OFFLINE="$WORK/offline"
    cd "$WORK" || return 1
}

# `run` of the program in $WS; does: the same, which must succeed.
bundler() { run "$PINFERRY_BIN/bundler" -C "$WS" "$@"; }
does() {
    bundler "$@"
    expect 0
}

# A key of another person: $WORK/NAME is a copy of the workspace with nothing but what is public.
person() { # NAME [ROLE]
    mkdir -p "$WORK/$1/keys"
    chmod 700 "$WORK/$1/keys"
    cp "$WS/bundler.xml" "$WORK/$1"
    cp "$WS/keys/trust.xml" "$WORK/$1/keys"
    run "$PINFERRY_BIN/bundler" -C "$WORK/$1" keygen --cosigner --name "$1" \
        --role "${2:-bundle}" --no-passphrase
    expect 0
}

sign_next() { # signs the pending set with the root key of the first keygen
    does trust sign --signer signer-root --key "$OFFLINE"
}

build() { # [OPTION]...: $BUNDLE is the file
    does build "$@"
    BUNDLE=${lines[0]}
}

# A site NAME that was enrolled with the workspace's set of this moment.
site() { # NAME [OPTION OF init]...
    local name=$1
    shift
    mkdir -p "$WORK/$name/www"
    make config "$WORK/$name/www/web.config" 13
    at "$name" init --site "$name" --trust "$WS/keys/trust.xml" \
        --fingerprint "$(sha256sum < "$WS/keys/trust.xml" | cut -c1-64)" \
        --config "$WORK/$name/www/web.config" "$@"
    expect 0
}

at() { # NAME ARGUMENT...
    local name=$1
    shift
    run "$PINFERRY_BIN/applier" --state "$WORK/$name/state" "$@"
    no_canary
}

nonce() { # NAME
    "$PINFERRY_BIN/applier" --state "$WORK/$1/state" status --json | jq -r .nonce
}
