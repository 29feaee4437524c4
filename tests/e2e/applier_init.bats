#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier init: a site is enrolled by a fingerprint and by nothing else.
load lib/site

setup_file() { site_keys; }
setup() { site_setup; }

init() { # OPTION...: without a fingerprint
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --config "$TARGET" "$@"
}

@test "a site is enrolled, and its targets are only looked at" {
    local before files
    before=$(snapshot "$WORK/www")
    enrol
    expect 0 'site site-1 is enrolled under trust set 1 for keys.example' '2 pins' 'applier plan'
    [ "$(snapshot "$WORK/www")" = "$before" ]
    modes 700 "$STATE"
    find "$STATE" -type f > "$WORK/files"
    readarray -t files < "$WORK/files"
    modes 600 "${files[@]}"
    tr '\\' / < "$STATE/site.xml" | grep -q \
        "<target path=\"$(native "$TARGET")\" staging=\"$(native "$STATE/staging")\"/>"
    openssl x509 -in "$STATE/site.crt" -inform DER -noout -subject | grep -q site-1
}

@test "--json says all of it" {
    enrol --json
    [ "$(json 'o["trust"]["fingerprint"]')" = "$FINGERPRINT" ]
    [ "$(json 'o["targets"][0]["pins"]')" = 2 ]
    [ "$(json 'o["targets"][0]["path"]')" = "$TARGET" ]
    [ "$(json certificate_sha256)" = "$(sha256sum < "$STATE/site.crt" | cut -c1-64)" ]
    [ "$(json ok)" = true ]
}

@test "the fingerprint may be typed with spaces, colons and capitals" {
    init --fingerprint "$(echo "${FINGERPRINT^^}" | sed 's/..../&: /g')"
    expect 0
}

@test "another fingerprint enrols nothing and leaves nothing" {
    init --fingerprint "${FINGERPRINT:1}0"
    expect 17 'trust.fingerprint'
    [[ $output != *"$FINGERPRINT"* ]]
    init --fingerprint "${FINGERPRINT:1}"
    expect 17
    [ ! -e "$STATE" ]
}

@test "without --fingerprint it asks, and never shows the right answer first" {
    linux_only 'a terminal of Linux is no console'
    run python3 - "$PINFERRY_BIN/applier" "$STATE" "$KEYS/trust.xml" "$TARGET" "$FINGERPRINT" <<'PY'
import os, pty, sys
program, state, trust, target, answer = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.execv(program, [program, "--state", state, "init", "--site", "site-1", "--trust", trust,
                       "--config", target])
seen = b""
while b"digits): " not in seen:
    seen += os.read(fd, 4096)
assert answer.encode() not in seen, "shown before it was typed"
os.write(fd, (answer + "\n").encode())
try:
    while True:
        more = os.read(fd, 4096)
        if not more:
            break
        seen += more
except OSError:
    pass
sys.stdout.write(seen.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
    no_canary
    expect 0 'is enrolled'
}

@test "without a terminal it does not wait" {
    run setsid -w "$PINFERRY_BIN/applier" --state "$STATE" init --site site-1 \
        --trust "$KEYS/trust.xml" --config "$TARGET" < /dev/null
    expect 2 '--fingerprint'
    [ ! -e "$STATE" ]
}

@test "a site is enrolled once" {
    local before
    enrol
    before=$(snapshot "$STATE")
    init --fingerprint "$FINGERPRINT"
    expect 18 'state.present'
    [ "$(snapshot "$STATE")" = "$before" ]
}

@test "what a cut-off init left is used again" {
    enrol
    rm "$STATE/state.xml"
    enrol
    run_applier status
    expect 0
}

@test "what lost its state.xml is not made anew" {
    enrol
    rm "$STATE/state.xml"
    echo x > "$STATE/last.head"
    init --fingerprint "$FINGERPRINT"
    expect 18 'state.damaged'
}

@test "a folder that others may enter or write is refused" {
    mkdir -m 755 "$STATE"
    init --fingerprint "$FINGERPRINT"
    expect 18 'state.access' "$(on_windows && echo icacls || echo 'chmod 700')"
    chmod 700 "$STATE"
    chmod 777 "$WORK"
    init --fingerprint "$FINGERPRINT"
    expect 18 'state.access' "$(on_windows && echo icacls || echo 'chmod go-w')"
}

@test "each file is looked at before there is a state" {
    echo '<configuration/>' > "$WORK/www/bare.config"
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$TARGET" --config "$WORK/www/bare.config"
    expect 20 'target.section' 'bare.config'
    init --fingerprint "$FINGERPRINT" --config "$WORK/absent"
    expect 30 'absent'
    init --fingerprint "$FINGERPRINT" --config "$WORK/www/../www/web.config"
    expect 2 'same file'
    ln "$TARGET" "$WORK/www/second"
    init --fingerprint "$FINGERPRINT"
    expect 20 'target.link'
    [ ! -e "$STATE" ]
}

@test "the state does not go into the site's folder" {
    STATE="$WORK/www/state"
    init --fingerprint "$FINGERPRINT"
    expect 20 'target.volume' '--state'
}

@test "what is no trust set is refused though its fingerprint fits" {
    echo '<x/>' > "$WORK/x.xml"
    run_applier init --site site-1 --trust "$WORK/x.xml" --config "$TARGET" \
        --fingerprint "$(sha256sum < "$WORK/x.xml" | cut -c1-64)"
    expect 17 'trust.form'
    [ ! -e "$STATE" ]
}

@test "--at-least keeps older bundles out from the start" {
    enrol --at-least 6
    make bundle "$WORK/b.tar" --sequence 5
    run_applier verify "$WORK/b.tar"
    expect 14 'replay.least-sequence'
    run_applier status
    expect 0 'sequence 6 or more'
    make bundle "$WORK/b.tar" --sequence 6
    run_applier verify "$WORK/b.tar"
    expect 0
    run_applier init --at-least x
    expect 2
}

@test "usage" {
    run_applier init
    expect 2
    init --fingerprint "$FINGERPRINT" --site 'Site 1'
    expect 2
    run_applier init --site 'Site 1' --trust "$KEYS/trust.xml" --config "$TARGET"
    expect 2 'site id'
    run_applier init --help
    expect 0 'Enrol this site' '--fingerprint'
    [ ! -e "$STATE" ]
}

# Whichever flush fails, it is told whether the site is enrolled, and the first receipt comes later.
@test "a receipt that could not be written is made up by the next run that writes" {
    command -v strace >/dev/null || skip 'no strace'
    local n=0 late=0 status
    while n=$((n + 1)); do
        rm -rf "$STATE"
        status=0
        LC_ALL=C strace -qq -f -o "$WORK/trace" -e trace=fsync -e "inject=fsync:error=EIO:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" init --site site-1 --trust "$KEYS/trust.xml" \
            --fingerprint "$FINGERPRINT" --config "$TARGET" > "$WORK/output" 2>&1 || status=$?
        grep -q '(INJECTED)' "$WORK/trace" || break
        [ "$n" -lt 60 ]
        if [ "$status" -ne 0 ] && grep -q 'is enrolled, but' "$WORK/output"; then
            grep -q 'Receipts are signed with the key' "$WORK/output"
            late=$((late + 1))
            run_applier status --json
            [ "$(json unfinished)" = false ]
            if [ "$(json receipts)" = 0 ]; then
                run_applier recover
                expect 0 'the receipt of the enrolment was missing and has been made up'
                grep -q 'action="enrol".*note="made up' "$STATE/receipts/000001.xml"
            fi
            run_applier recover
            expect 0
            [[ $output != *'made up'* ]]
            run_applier status --json
            [ "$(json receipts)" = 1 ]
        elif [ "$status" -ne 0 ] && [ -e "$STATE/state.xml" ]; then
            cat "$WORK/output"
            false # state.xml is there, and nothing was said of it
        fi
    done
    [ "$late" -ge 4 ]
}
