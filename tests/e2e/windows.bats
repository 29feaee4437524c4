#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The programs for Windows, under wine: `make windows-check`. What goes from one system to the other
# is made on one and used on the other here; the rest is what only Windows has.
load lib/site

setup_file() {
    [ -n "${PINFERRY_WINE-}" ] || return 0
    site_keys
}

setup() {
    [ -n "${PINFERRY_WINE-}" ] || skip 'run by `make windows-check`: it needs wine and the .exe files'
    site_setup
}

# Like run_applier, with the program for Linux.
run_linux() { # STATE ARGUMENT...
    [ -x "${PINFERRY_LINUX_BIN-}/applier" ] || skip 'no program for Linux to compare with'
    run "$PINFERRY_LINUX_BIN/applier" --state "$@"
    no_canary
}

# A folder of this system as Windows names it.
drive() { printf 'S:%s' "${1#"$PINFERRY_WINE"}" | tr / '\\'; }

@test "the programs say what they are" {
    for program in applier bundler; do
        run "$PINFERRY_BIN/$program" --version
        expect 0 "$program "
        run "$PINFERRY_BIN/$program" --help
        expect 0 "Usage: $program COMMAND"
        run "$PINFERRY_BIN/$program" nonsense
        expect 2 'reason usage, exit 2'
    done
    run "$PINFERRY_BIN/applier" --help
    expect 0 '%ProgramData%\Pinferry'
}

@test "the whole course with a bundle that was made on Linux" {
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    cp -p "$TARGET" "$WORK/before"
    enrol
    run_applier verify "$WORK/b.tar"
    expect 0
    run_applier plan "$WORK/b.tar"
    expect 0
    cmp "$TARGET" "$WORK/before"
    run_applier apply "$WORK/b.tar" --note 'CHG 7'
    expect 0 'Applied bundle 5 as run 1'
    cp "$TARGET" "$WORK/after"
    [ -z "$(ls -A "$STATE/staging")" ]
    [ "$(ls -A "$WORK/www")" = web.config ]
    run_applier status
    expect 0
    run_applier pins "$TARGET"
    expect 0
    run_applier recover
    expect 0
    run_applier apply "$WORK/b.tar"
    expect 0
    run_applier rollback --force
    expect 0
    cmp "$TARGET" "$WORK/before"
    # what Linux makes of the same file with the same bundle
    run_linux "$WORK/other" init --site site-1 --trust "$KEYS/trust.xml" \
        --fingerprint "$FINGERPRINT" --config "$TARGET"
    expect 0
    run_linux "$WORK/other" apply "$WORK/b.tar"
    expect 0
    cmp "$TARGET" "$WORK/after"
}

@test "a state that was made on Windows serves on Linux, and the other way round" {
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    enrol
    run_applier apply "$WORK/b.tar"
    expect 0
    [ -z "$(grep -lr $'\r' --include='*.xml' --include='*.log' "$STATE")" ]
    chmod -R go= "$STATE"
    sed -i -e "s|path=\"[^\"]*\"|path=\"$TARGET\"|" -e "s|staging=\"[^\"]*\"|staging=\"$STATE/staging\"|" \
        "$STATE/site.xml"
    run_linux "$STATE" status
    expect 0 'bundle 5'
    run_linux "$STATE" apply "$WORK/b.tar"
    expect 0
    make bundle "$WORK/c.tar" --pins 12 --retired 4 --sequence 6
    run_linux "$STATE" apply "$WORK/c.tar"
    expect 0 'Applied bundle 6 as run 2'
    cp "$STATE/state.xml" "$WORK/state.xml"
    sed -i -e "s|path=\"[^\"]*\"|path=\"$(drive "$TARGET" | sed 's/\\/\\\\/g')\"|" \
        -e "s|staging=\"[^\"]*\"|staging=\"$(drive "$STATE/staging" | sed 's/\\/\\\\/g')\"|" "$STATE/site.xml"
    run_applier status
    expect 0 'bundle 6'
    run_applier apply "$WORK/c.tar"
    expect 0
    cmp "$STATE/state.xml" "$WORK/state.xml"
}

@test "names with spaces, other scripts and more than 260 characters" {
    local deep="$WORK/a b/č日€" part
    part=$(printf 'x%.0s' $(seq 60))
    for _ in 1 2 3 4 5; do deep=$deep/$part; done
    mkdir -p "$deep" "$WORK/ẅ w"
    mv "$TARGET" "$WORK/ẅ w/web.config"
    TARGET="$WORK/ẅ w/web.config" STATE=$WORK/'státe €'
    enrol
    make bundle "$deep/b 日.tar" --pins 124
    [ ${#deep} -gt 300 ]
    run_applier apply "$deep/b 日.tar"
    expect 0 'Applied bundle 5'
    run_applier plan "$deep" -o "$deep/plan.html"
    expect 0
    grep -q '<html' "$deep/plan.html"
    grep -qF "$(cat "$KEYS/pin-4.hex")" "$TARGET"
}

@test "names that mean a device or a stream are refused" {
    enrol
    run "$PINFERRY_BIN/applier" --state "$STATE" verify NUL
    expect 30 'io.kind'
    run_applier pins "$TARGET:stream"
    [ "$status" -ne 0 ]
    run_applier pins "$TARGET"
    expect 0
}

@test "a reader never sees half a file, and never none" {
    local reader
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    cp "$TARGET" "$WORK/before"
    python3 - "$TARGET" "$WORK/stop" "$WORK/seen" <<'PY' &
import os, sys
target, stop, seen = sys.argv[1:]
contents, reads = set(), 0
while not os.path.exists(stop):
    with open(target, "rb") as file:
        contents.add(file.read())
    reads += 1
open(seen, "w").write("%d %d" % (reads, len(contents)))
PY
    reader=$!
    for run in 1 2 3; do
        run_applier apply "$WORK/b.tar"
        expect 0
        run_applier rollback --force
        expect 0
    done
    touch "$WORK/stop"
    wait "$reader"
    [ "$(cut -d ' ' -f 2 "$WORK/seen")" -eq 2 ]
    cmp "$TARGET" "$WORK/before"
}

@test "the check command is a program of Windows, and its failure undoes the apply" {
    enrol
    cp "$TARGET" "$WORK/before"
    make bundle "$WORK/b.tar" --pins 124
    sed -i 's|</site>|  <check program="C:\\windows\\system32\\cmd.exe" seconds="60"><argument value="/c"/><argument value="exit"/><argument value="7"/></check>\n</site>|' \
        "$STATE/site.xml"
    run_applier apply "$WORK/b.tar"
    expect 24 'check.failed' '7'
    cmp "$TARGET" "$WORK/before"
}

@test "a bundle that was made on Windows is applied on Linux" {
    run "$PINFERRY_BIN/bundler" init "$WORK/ws"
    expect 0
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" keygen --no-passphrase
    expect 0
    openssl genrsa 2048 2>/dev/null | openssl rsa -pubout -out "$WORK/pin.pem" 2>/dev/null
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" fetch --hex "$WORK/pin.pem"
    expect 0
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" approve --all
    expect 0
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" build -o "$WORK/b.tar" --minimum 1
    expect 0
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" inspect "$WORK/b.tar"
    expect 0
    mkdir "$WORK/stick"
    run "$PINFERRY_BIN/bundler" -C "$WORK/ws" export "$WORK/b.tar" "$WORK/stick"
    expect 0
    run_linux "$WORK/linux" init --site site-1 --trust "$WORK/ws/keys/trust.xml" --config "$TARGET" \
        --fingerprint "$(sha256sum < "$WORK/ws/keys/trust.xml" | cut -c1-64)"
    expect 0
    run_linux "$WORK/linux" apply "$WORK/stick"
    expect 0 'Applied bundle 1'
}

@test "IIS's limit is that of the registry" {
    local key='HKLM\SOFTWARE\Microsoft\InetStp\Configuration' wine=/usr/lib/wine/wine64
    enrol
    make bundle "$WORK/b.tar" --pins 1245678
    timeout 60 "$wine" reg add "$key" /v MaxWebConfigFileSizeInKB /t REG_DWORD /d 300 /f >/dev/null
    run_applier plan "$WORK/b.tar"
    expect 0 "a file may have 300 KiB, as IIS's MaxWebConfigFileSizeInKB on this server says"
    timeout 60 "$wine" reg add "$key" /v MaxWebConfigFileSizeInKB /t REG_DWORD /d 1 /f >/dev/null
    run_applier apply "$WORK/b.tar"
    expect 20 'target.size' 'MaxWebConfigFileSizeInKB'
    timeout 60 "$wine" reg delete "$key" /f >/dev/null
    run_applier plan "$WORK/b.tar"
    expect 0
    [[ $output != *KiB* ]]
}
