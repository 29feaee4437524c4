#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The attacks that docs/threat-model.md names, each performed on a site that has accepted bundle 5.
# A title begins with the attack's name there; lint holds both lists together.
load lib/site

setup_file() { site_keys; }

setup() {
    site_setup
    enrol
    make bundle "$WORK/5.tar" --pins 12
    run_applier apply "$WORK/5.tar"
    expect 0
}

# What no refusal may change: the target, and all of state.xml but the count of receipts.
kept() {
    stat -c '%i %a %Y %Z' "$TARGET"
    sha256sum "$TARGET" "$STATE"/trust-*.xml
    sed -E 's/ (receipts|receipt)="[^"]*"//g' "$STATE/state.xml"
}

# apply refuses it with this code and reason, and everything is kept.
refused() { # CODE REASON BUNDLE [OPTION OF apply]...
    local code=$1 reason=$2 before
    shift 2
    before=$(kept)
    run_applier apply "$@"
    expect "$code" "reason $reason, exit $code"
    [ "$(kept)" = "$before" ] || {
        echo "$reason changed something"
        return 1
    }
}

accepted() { # BUNDLE EPOCH SEQUENCE
    run_applier apply "$1"
    expect 0
    run_applier status --json
    [ "$(json 'o["last"]["epoch"]')" = "$2" ]
    [ "$(json 'o["last"]["sequence"]')" = "$3" ]
}

holds() { # PIN: the target has it
    grep -qF "$(cat "$KEYS/pin-$1.hex")" "$TARGET"
}

lacks() { # PIN: the target has it not (bats does not see a failing `!`)
    if holds "$1"; then return 1; fi
}

unpack() { # BUNDLE DIR
    mkdir -p "$2"
    tar -xf "$1" -C "$2"
}

pack() { # BUNDLE DIR MEMBER...: as docs/verify-by-hand.md does it
    local out=$1 dir=$2
    shift 2
    tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@315532800 -b20 \
        -C "$dir" -cf "$out" "$@"
}

# A header as GNU tar writes it, for a size that no file on the disk needs to have.
header() { # MEMBER SIZE
    python3 -c 'import sys
name, size = sys.argv[1].encode(), int(sys.argv[2])
h = bytearray(512)
h[0:len(name)] = name
for at, text in ((100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % size),
                 (136, b"02263523000"), (148, b" " * 8), (156, b"0"), (257, b"ustar\x0000"),
                 (329, b"0000000"), (337, b"0000000")):
    h[at:at + len(text)] = text
h[148:156] = b"%06o\0 " % sum(h)
sys.stdout.buffer.write(h)' "$@"
}

# A FIFO at $WORK/pipe that a process of this test feeds with what the command prints.
fed_pipe() { # COMMAND...
    mkfifo "$WORK/pipe"
    "$@" > "$WORK/pipe" 2>/dev/null 3>&- &
    FEEDER=$!
}

teardown() {
    [ -z "${FEEDER:-}" ] || kill "$FEEDER" 2>/dev/null || true
}

@test "arbitrary software installation: strangers, changed bytes, a root key for a bundle" {
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --signer stranger
    refused 11 signature.signer "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --signer first,stranger
    refused 11 signature.signer "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --signer root
    refused 11 signature.signer "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 12
    LC_ALL=C sed -i 's/sequence="6"/sequence="9"/' "$WORK/b.tar"
    refused 11 signature.digest "$WORK/b.tar"
    lacks 4
}

@test "arbitrary software installation: a program that came along is neither stored nor run" {
    printf '#!/bin/sh\n# 7hr3at\ntouch "%s"\n' "$WORK/ran" > "$BATS_TEST_TMPDIR/tool"
    make bundle "$WORK/b.tar" --sequence 6 --pins 12 --attach "tool=$BATS_TEST_TMPDIR/tool"
    cp "$WORK/b.tar" "$WORK/changed.tar"
    LC_ALL=C sed -i 's/7hr3at/7hr3aT/' "$WORK/changed.tar"
    refused 10 payload.digest "$WORK/changed.tar"
    accepted "$WORK/b.tar" 1 6
    [ ! -e "$WORK/ran" ]
    run grep -rlai 7hr3at "$WORK/www" "$STATE"
    [ -z "$output" ]
}

@test "rollback: an older bundle, and another with the same number" {
    make bundle "$WORK/4.tar" --sequence 4 --pins 14
    make bundle "$WORK/6.tar" --sequence 6 --pins 12
    make bundle "$WORK/other.tar" --sequence 5 --pins 124
    refused 14 replay.sequence "$WORK/4.tar"
    refused 14 replay.different "$WORK/other.tar"
    accepted "$WORK/6.tar" 1 6
    refused 14 replay.sequence "$WORK/5.tar"
}

@test "rollback: an older trust set, and the clock put back" {
    make trust "$WORK/2.xml" --version 2 --epoch 2
    make trust "$WORK/3.xml" --version 3
    make bundle "$WORK/b.tar" --sequence 6 --epoch 2 --pins 12 --carry "$WORK/2.xml:root"
    accepted "$WORK/b.tar" 2 6
    make bundle "$WORK/b.tar" --sequence 7 --pins 12 --carry "$WORK/2.xml:root" \
        --carry "$WORK/3.xml:root"
    refused 17 trust.step "$WORK/b.tar" # its epoch is lower
    make bundle "$WORK/b.tar" --sequence 7 --epoch 2 --pins 12 --carry "$WORK/2.xml:root"
    local before
    before=$(kept)
    run_applier_at $((-3 * 86400)) apply "$WORK/b.tar"
    expect 19 'reason clock.behind'
    [ "$(kept)" = "$before" ]
}

@test "indefinite freeze: the same bundle again and again is no news, and then expires" {
    local before
    before=$(kept)
    run_applier apply "$WORK/5.tar"
    expect 0 'Nothing to do'
    run_applier_at $((9 * 86400)) status
    expect 0
    run_applier_at $((11 * 86400)) status
    expect 23 'the next bundle was expected'
    run_applier_at $((31 * 86400)) apply "$WORK/5.tar"
    expect 13 'reason time.expired, exit 13'
    [ "$(kept)" = "$before" ]
}

@test "endless data: a pipe that never ends" {
    fed_pipe cat "$WORK/5.tar" /dev/zero
    refused 30 io.kind "$WORK/pipe"
    run bash -c 'cat /dev/zero | "$PINFERRY_BIN/applier" --state "$STATE" apply /dev/stdin'
    expect 30 'reason io.kind, exit 30'
}

@test "endless data: members and files beyond their size, in bounded memory" {
    local big=$((3 << 30))
    # --as bounds what a process may take; three gigabytes would not fit
    lean() {
        local limit=(prlimit --as=$((512 << 20)))
        on_windows && limit=() # wine itself takes more
        run "${limit[@]}" "$PINFERRY_BIN/applier" --state "$STATE" "$@"
    }
    header manifest.xml "$big" > "$WORK/b.tar"
    truncate -s $((big + 10240)) "$WORK/b.tar"
    lean verify "$WORK/b.tar"
    expect 10 'reason container.limit'
    refused 10 container.limit "$WORK/b.tar"

    printf x > "$BATS_TEST_TMPDIR/tool"
    make bundle "$WORK/small.tar" --sequence 6 --pins 12 --attach "tool=$BATS_TEST_TMPDIR/tool"
    head -c "$(grep -abo payload/tool "$WORK/small.tar" | tail -1 | cut -d: -f1)" \
        "$WORK/small.tar" > "$WORK/b.tar"
    header payload/tool "$big" >> "$WORK/b.tar"
    truncate -s $((big + 102400)) "$WORK/b.tar"
    lean verify "$WORK/b.tar"
    expect 10 'reason payload.member'
    refused 10 payload.member "$WORK/b.tar"

    cp "$WORK/small.tar" "$WORK/b.tar"
    truncate -s "$big" "$WORK/b.tar"
    lean verify "$WORK/b.tar"
    expect 10 'reason container.tail'
    refused 10 container.tail "$WORK/b.tar"
}

@test "extraneous dependencies: what the manifest does not name does not come along" {
    local dir="$BATS_TEST_TMPDIR/b" names='manifest.xml manifest-1.p7s'
    make bundle "$WORK/b.tar" --sequence 6 --pins 12
    unpack "$WORK/b.tar" "$dir"
    mkdir "$dir/payload" "$dir/trust"
    echo MZ | tee "$dir/payload/setup" > "$dir/setup.exe"
    # shellcheck disable=SC2086
    pack "$WORK/b.tar" "$dir" $names payload/setup
    refused 10 payload.member "$WORK/b.tar"
    # shellcheck disable=SC2086
    pack "$WORK/b.tar" "$dir" $names setup.exe
    refused 10 container.member "$WORK/b.tar"
    # shellcheck disable=SC2086
    pack "$WORK/b.tar" "$dir" setup.exe $names
    refused 10 container.member "$WORK/b.tar"
    # a web.config that would pull in another file
    printf '<!DOCTYPE configuration SYSTEM "file:///etc/passwd">\n<configuration/>\n' > "$TARGET"
    pack "$WORK/b.tar" "$dir" manifest.xml manifest-1.p7s
    refused 20 target.doctype "$WORK/b.tar"
}

@test "fast-forward: the highest number, signed by a thief, is overtaken by a new epoch" {
    local top=9007199254740991 # 2^53-1
    make bundle "$WORK/thief.tar" --sequence $top --pins 124
    make bundle "$WORK/6.tar" --sequence 6 --pins 12
    accepted "$WORK/thief.tar" 1 $top # the key is good: nobody can tell yet
    holds 4
    refused 14 replay.sequence "$WORK/6.tar"
    make trust "$WORK/2.xml" --version 2 --epoch 2 --signers second
    make bundle "$WORK/7.tar" --sequence 7 --epoch 2 --pins 12 --retired 4 --signer second \
        --carry "$WORK/2.xml:root"
    accepted "$WORK/7.tar" 2 7
    lacks 4
    make bundle "$WORK/thief.tar" --sequence $top --epoch 2 --pins 124 --carry "$WORK/2.xml:root"
    refused 11 signature.signer "$WORK/thief.tar"
    # no epoch without a root signer
    make trust "$WORK/3.xml" --version 3 --epoch 3 --signers first
    make bundle "$WORK/thief.tar" --sequence 1 --epoch 3 --pins 124 --carry "$WORK/2.xml:root" \
        --carry "$WORK/3.xml:first"
    refused 17 trust.threshold "$WORK/thief.tar"
}

@test "mix-and-match: parts of two good bundles make none" {
    local a="$BATS_TEST_TMPDIR/a" b="$BATS_TEST_TMPDIR/b" m="$BATS_TEST_TMPDIR/m" n
    for n in 2 3; do make trust "$WORK/$n.xml" --version $n; done
    echo one > "$WORK/one"
    echo two > "$WORK/two"
    make bundle "$WORK/a.tar" --sequence 6 --pins 12 --attach "x=$WORK/one" \
        --carry "$WORK/2.xml:root"
    make bundle "$WORK/b.tar" --sequence 7 --pins 124 --attach "x=$WORK/two" \
        --carry "$WORK/2.xml:root" --carry "$WORK/3.xml:root"
    unpack "$WORK/a.tar" "$a"
    unpack "$WORK/b.tar" "$b"
    mix() { # FILE OF b...: the rest of a, in $WORK/m.tar
        local file
        rm -rf "$m"
        cp -r "$a" "$m"
        for file; do cp "$b/$file" "$m/$file"; done
        pack "$WORK/m.tar" "$m" trust/000002.xml trust/000002-1.p7s manifest.xml \
            manifest-1.p7s payload/x
    }
    # the valid chain is kept with each refusal, so it is brought first
    accepted "$WORK/a.tar" 1 6
    make bundle "$WORK/a.tar" --sequence 8 --pins 12 --attach "x=$WORK/one" \
        --carry "$WORK/2.xml:root"
    rm -r "$a"
    unpack "$WORK/a.tar" "$a"
    mix manifest.xml
    refused 11 signature.digest "$WORK/m.tar"
    mix manifest-1.p7s
    refused 11 signature.digest "$WORK/m.tar"
    mix payload/x
    refused 10 payload.digest "$WORK/m.tar"
    mix manifest.xml manifest-1.p7s # its chain goes to set 3, and this one's ends at 2
    refused 10 manifest.form "$WORK/m.tar"
    # a trust set's signature is none of a manifest
    mix
    cp "$m/trust/000002-1.p7s" "$m/manifest-1.p7s"
    pack "$WORK/m.tar" "$m" trust/000002.xml trust/000002-1.p7s manifest.xml manifest-1.p7s \
        payload/x
    refused 11 signature.signer "$WORK/m.tar"
}

@test "wrong software installation: for another site, service or organisation" {
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --site site-2
    refused 15 scope.site "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --channel test.example
    refused 15 scope.channel "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --domain "$(printf '02%.0s' {1..16})"
    refused 15 scope.domain "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --site site-1 --site site-2
    accepted "$WORK/b.tar" 1 6
}

@test "malicious mirrors preventing updates: a bad medium hinders no good one" {
    local stick="$WORK/stick" n
    mkdir "$stick"
    refused 30 io.candidates "$stick"
    cp "$WORK/5.tar" "$stick/cns-pins-000005.tar"
    make bundle "$stick/cns-pins-000006.tar" --sequence 6 --pins 12
    refused 30 io.candidates "$stick"
    [[ $output == *cns-pins-000006.tar* ]]
    rm "$stick/cns-pins-000005.tar"
    truncate -s -512 "$stick/cns-pins-000006.tar"
    refused 10 container.form "$stick"
    # bundles 6 to 8 and set 2 never arrived: the next brings all of it
    for n in 2 3; do make trust "$WORK/$n.xml" --version $n; done
    make bundle "$WORK/9.tar" --sequence 9 --pins 124 --retired 3 --carry "$WORK/2.xml:root" \
        --carry "$WORK/3.xml:root"
    accepted "$WORK/9.tar" 1 9
    holds 4
    lacks 3
}

@test "slow retrieval: a file that gives bytes now and then is none" {
    trickle() {
        while sleep 1; do printf m; done
    }
    fed_pipe trickle
    refused 30 io.kind "$WORK/pipe"
    accepted "$WORK/5.tar" 1 5 # and no lock is left behind
}

# From here on a site whose sets ask for two signers in each role.
two_of_each() {
    rm -rf "$STATE"
    make trust "$WORK/1.xml" --root root,root-2 --root-threshold 2 --threshold 2
    run_applier init --site site-1 --trust "$WORK/1.xml" --config "$TARGET" \
        --fingerprint "$(sha256sum < "$WORK/1.xml" | cut -c1-64)"
    expect 0
    make bundle "$WORK/b.tar" --pins 12 --signer first,second
    accepted "$WORK/b.tar" 1 5
}

@test "vulnerability to key compromises: below the threshold a stolen key signs nothing" {
    two_of_each
    make bundle "$WORK/b.tar" --sequence 6 --pins 124
    refused 12 signature.threshold "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --signer first,first
    refused 11 signature.repeated "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --signer first,root
    refused 11 signature.signer "$WORK/b.tar"
    make trust "$WORK/2.xml" --version 2 --root root,root-2 --root-threshold 2 --signers first
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --carry "$WORK/2.xml:root"
    refused 17 trust.threshold "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --carry "$WORK/2.xml:root,first"
    refused 17 trust.threshold "$WORK/b.tar"
    make trust "$WORK/2.xml" --version 2 --signers first # one root key makes itself the only one
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --carry "$WORK/2.xml:root"
    refused 17 trust.threshold "$WORK/b.tar"
}

@test "vulnerability to key compromises: a rotation puts a thief out, even with a refused bundle" {
    make trust "$WORK/2.xml" --version 2 --signers second
    make bundle "$WORK/b.tar" --sequence 6 --pins 124 --carry "$WORK/2.xml:root" # by first
    run_applier apply "$WORK/b.tar"
    expect 11 'reason signature.signer'
    run_applier status --json
    [ "$(json 'o["trust"]["version"]')" = 2 ]
    [ "$(json 'o["last"]["sequence"]')" = 5 ]
    make bundle "$WORK/b.tar" --sequence 7 --pins 124
    refused 11 signature.signer "$WORK/b.tar"
    make bundle "$WORK/b.tar" --sequence 7 --pins 12 --signer second --carry "$WORK/2.xml:root"
    accepted "$WORK/b.tar" 1 7
    lacks 4
}

@test "partial bundle installation: a bundle that was cut, wherever" {
    local size cut
    echo hello > "$WORK/note"
    make bundle "$WORK/whole.tar" --sequence 6 --pins 124 --attach "notes=$WORK/note"
    size=$(stat -c %s "$WORK/whole.tar")
    for ((cut = 512; cut < size; cut += 1536)); do
        head -c "$cut" "$WORK/whole.tar" > "$WORK/b.tar"
        local before
        before=$(kept)
        run_applier apply "$WORK/b.tar"
        expect 10 'reason container.'
        [ "$(kept)" = "$before" ]
    done
    unpack "$WORK/whole.tar" "$BATS_TEST_TMPDIR/b"
    pack "$WORK/b.tar" "$BATS_TEST_TMPDIR/b" manifest.xml manifest-1.p7s
    refused 10 payload.absent "$WORK/b.tar"
}

@test "partial bundle installation: of several files all are changed, or none" {
    rm -rf "$STATE"
    make config "$WORK/www/two.config" 13
    make config "$TARGET" 13
    enrol --config "$WORK/www/two.config"
    make bundle "$WORK/b.tar" --pins 124
    echo '<configuration/>' > "$WORK/www/two.config"
    refused 20 target.section "$WORK/b.tar"
    make config "$WORK/www/two.config" 13
    accepted "$WORK/b.tar" 1 5
    cmp "$TARGET" "$WORK/www/two.config"
}

@test "time of check to time of use: the target changes behind the plan" {
    local digest
    make bundle "$WORK/b.tar" --sequence 6 --pins 124
    run_applier plan "$WORK/b.tar" --json
    digest=$(json plan_digest)
    sed -i 's|<appSettings>|<appSettings><!-- edited -->|' "$TARGET"
    refused 21 changed.plan "$WORK/b.tar" --plan-digest "$digest"
    grep -q edited "$TARGET"
}

@test "time of check to time of use: another bundle lies there than was planned" {
    local digest
    make bundle "$WORK/b.tar" --sequence 6 --pins 12
    run_applier plan "$WORK/b.tar" --json
    digest=$(json plan_digest)
    make bundle "$WORK/b.tar" --sequence 7 --pins 124 # as good as the other one
    refused 21 changed.plan "$WORK/b.tar" --plan-digest "$digest"
    accepted "$WORK/b.tar" 1 7
}

@test "eavesdropping: a bundle tells keys, numbers and times, and nobody's name" {
    local ws="$WORK/ws" bundle
    bundler() { env SUDO_USER=ada-operator "$PINFERRY_BIN/bundler" -C "$ws" "$@"; }
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null \
        -subj '/O=Secret Works/CN=proxy.inside.example' -days 30 -out "$WORK/server.crt" \
        -addext basicConstraints=critical,CA:FALSE 2>/dev/null
    "$PINFERRY_BIN/bundler" init "$ws" --channel keys.example
    bundler keygen --no-passphrase
    bundler fetch --cert "$WORK/server.crt"
    bundler approve --all
    bundler build
    bundle=$(echo "$ws"/bundles/*.tar)
    [ "$(tar -tf "$bundle")" = $'manifest.xml\nmanifest-1.p7s' ]
    run grep -aiE "ada-operator|inside|secret works|https?:|$WORK" "$bundle"
    [ -z "$output" ]
    # of the private keys nothing at all
    run grep -ac 'PRIVATE KEY' "$bundle"
    [ "$output" = 0 ]
    tar -xOf "$bundle" manifest.xml > "$WORK/manifest.xml"
    run python3 - "$WORK/manifest.xml" <<'PY'
import sys, xml.etree.ElementTree as tree
print(" ".join(sorted({n for e in tree.parse(sys.argv[1]).iter() for n in e.attrib})))
PY
    [ "$output" = 'all approved by channel created domain epoch expires first key kind next-expected not-before sequence sha256 trust-version valid-from valid-to' ]
}

nonce() {
    run_applier status --json
    json nonce
}

@test "reverted copy: what was superseded comes back, but not where a statement is waited for" {
    make bundle "$WORK/6.tar" --sequence 6 --pins 124 # pin 4 will turn out to be a thief's
    make bundle "$WORK/7.tar" --sequence 7 --pins 12 --retired 4
    make trust "$WORK/2.xml" --version 2
    make bundle "$WORK/8.tar" --sequence 8 --pins 12 --retired 4 --carry "$WORK/2.xml:root"
    make statement "$WORK/used" --nonce "$(nonce)" --reset-time
    cp -a "$STATE" "$WORK/copy"
    revert() { # the server is put back to the copy of this moment
        rm -rf "$STATE"
        cp -a "$WORK/copy" "$STATE"
    }
    accepted "$WORK/7.tar" 1 7
    run_applier recover --statement "$WORK/used"
    expect 0
    refused 14 replay.sequence "$WORK/6.tar"
    run_applier recover --statement "$WORK/used"
    expect 14 'reason replay.statement'
    # nobody on the server can see it: the superseded bundle and the used statement count again
    revert
    run_applier recover --statement "$WORK/used"
    expect 0
    accepted "$WORK/6.tar" 1 6
    holds 4
    # who knows of it says so
    revert
    run_applier recover --new-nonce
    expect 0 'applies nothing' '--reset-state' "$(nonce)"
    run_applier recover --statement "$WORK/used"
    expect 14 'reason replay.statement'
    refused 18 state.waiting "$WORK/6.tar"
    refused 18 state.waiting "$WORK/7.tar"
    refused 18 state.waiting "$WORK/5.tar"
    refused 18 state.waiting
    local command
    for command in verify plan; do
        run_applier "$command" "$WORK/7.tar"
        expect 18 'reason state.waiting'
    done
    run_applier status
    expect 18 'PROBLEM' 'new nonce'
    # a revocation does not wait
    run_applier apply "$WORK/8.tar"
    expect 18 'reason state.waiting'
    run_applier status --json
    [ "$(json 'o["trust"]["version"]')" = 2 ]
    [ "$(json 'o["last"]["sequence"]')" = 5 ]
    # neither another kind of statement nor one by somebody else ends the wait
    make statement "$WORK/other" --nonce "$(nonce)" --reset-time
    make statement "$WORK/thief" --nonce "$(nonce)" --reset-state 1:5 --signer first
    make statement "$WORK/s" --nonce "$(nonce)" --reset-state 1:6
    run_applier recover --statement "$WORK/other"
    expect 18 'reason state.waiting'
    run_applier recover --statement "$WORK/thief"
    expect 11 'reason signature.signer'
    refused 18 state.waiting "$WORK/7.tar"
    run_applier recover --statement "$WORK/s"
    expect 0 'applies bundles again'
    refused 14 replay.least-sequence "$WORK/6.tar"
    accepted "$WORK/7.tar" 1 7
    run_applier status
    expect 0
}
