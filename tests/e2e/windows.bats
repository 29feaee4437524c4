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

# What `objdump` says of a program, and the names of the DLLs that it takes functions from.
imports() { x86_64-w64-mingw32-objdump -p "$1" | sed -n 's/^[[:space:]]*DLL Name: //p' | sort | xargs; }

@test "the programs are of one file, protected, small, and only the bundler has sockets" {
    local program headers
    [ "$(imports "$PINFERRY_EXE/applier.exe")" = 'ADVAPI32.dll KERNEL32.dll SHELL32.dll USER32.dll msvcrt.dll' ]
    [[ $(imports "$PINFERRY_EXE/bundler.exe") == *WS2_32.dll* ]]
    [ "$(stat -c %s "$PINFERRY_EXE/applier.exe")" -le 3500000 ]
    for program in applier bundler; do
        headers=$(TZ=UTC x86_64-w64-mingw32-objdump -p "$PINFERRY_EXE/$program.exe")
        [[ $headers == *HIGH_ENTROPY_VA* && $headers == *DYNAMIC_BASE* && $headers == *NX_COMPAT* ]]
        [[ $headers == *'Time/Date'*'1970'* ]]
        grep -qa 'longPathAware.*true' "$PINFERRY_EXE/$program.exe"
        grep -qa 'level="asInvoker"' "$PINFERRY_EXE/$program.exe"
        strings -e l "$PINFERRY_EXE/$program.exe" | grep -qx "Pinferry $program"
        run grep -ac -e "$PINFERRY_SOURCE" -e /pinferry-libs "$PINFERRY_EXE/$program.exe"
        [ "$output" = 0 ]
    done
}

@test "what is written or copied beyond its room ends a program" {
    local how
    cat > "$WORK/beyond.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) static void fill(size_t len)
{
    volatile char room[16];

    for (size_t i = 0; i < len; i++) {
        room[i] = (char)i;
    }
}
int main(int argc, char **argv)
{
    char room[8];

    (void)argc;
    if (argv[1][0] == 'f') {
        fill((size_t)atoi(argv[2]));
    } else {
        memcpy(room, "0123456789012345678901234567890123456789", (size_t)atoi(argv[2]));
        puts(room);
    }
    return 7;
}
C
    x86_64-w64-mingw32-gcc -O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
        -static -o "$WORK/beyond.exe" "$WORK/beyond.c"
    for how in f m; do
        run timeout 60 /usr/lib/wine/wine64 "$WORK/beyond.exe" $how 8
        [ "$status" -eq 7 ]
        run timeout 60 /usr/lib/wine/wine64 "$WORK/beyond.exe" $how 40
        [ "$status" -ne 124 ]
        [ "$status" -ne 7 ]
        [ "$status" -ne 0 ]
    done
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

# exchange.exe, which is wine itself here: it must end with the test, and not with a process between.
exchange() { timeout 300 /usr/lib/wine/wine64 "$PINFERRY_TEST_EXE/exchange.exe" "$@"; }

say() { printf 'SEEN  %s\n' "$*" >>"$PINFERRY_WINE/seen"; } # check.sh shows it

@test "a reader never sees half a file, and never none, in 1,000 replacements" {
    local reader seen
    python3 -c 'print("<a>" + "x" * 9000 + "</a>")' > "$WORK/old"
    python3 -c 'print("<b>" + "y" * 14000 + "</b>")' > "$WORK/new"
    cp "$WORK/old" "$TARGET"
    mkdir "$WORK/staging"
    exchange read "$(drive "$TARGET")" "$(drive "$WORK/old")" "$(drive "$WORK/new")" \
        "$(drive "$WORK/stop")" > "$WORK/seen" 3>&- &
    reader=$!
    run exchange replace "$(drive "$TARGET")" "$(drive "$WORK/staging/n")" \
        "$(drive "$WORK/old")" "$(drive "$WORK/new")" 1000
    touch "$WORK/stop"
    wait "$reader"
    expect 0 '1000 replacements'
    cmp "$TARGET" "$WORK/old"
    seen=$(tr -d '\r\n' < "$WORK/seen")
    say "$seen"
    # also seen under way, both, and those who share all were never kept out
    [[ $seen =~ ^[0-9]{4,}\ reads:\ [1-9][0-9]*\ old,\ [1-9][0-9]*\ new,\ 0\ partial,\ 0\ missing,\ 0\ kept ]]
}

@test "ended at 24 moments of an apply, the file is the old or the new, and the next run ends it" {
    enrol
    cp "$TARGET" "$WORK/old"
    cp -p "$STATE" -R "$WORK/state.kept"
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    run_applier apply "$WORK/b.tar"
    expect 0
    cp "$TARGET" "$WORK/new"
    cp "$WORK/old" "$TARGET"
    rm -r "$STATE"
    mv "$WORK/state.kept" "$STATE"
    run python3 "$BATS_TEST_DIRNAME/../windows/killed.py" "$STATE" "$TARGET" "$WORK/b.tar" \
        "$WORK/old" "$WORK/new" 24
    expect 0 '24 moments'
    say "$output"
}

@test "another applier at work is waited for by the person; what one left that was ended goes" {
    local holder
    enrol
    make bundle "$WORK/b.tar" --pins 12
    exchange hold "$(drive "$STATE/lock")" "$(drive "$WORK/stop")" > "$WORK/held" 3>&- &
    holder=$!
    until [ -s "$WORK/held" ]; do sleep 0.1; done
    run_applier apply "$WORK/b.tar"
    expect 21 'locked'
    touch "$WORK/stop"
    wait "$holder"
    touch "$STATE/state.xml.tmp0123ab" "$STATE/state.xml.tmp0123xy" # the second has another form
    run_applier apply "$WORK/b.tar"
    expect 0
    [ ! -e "$STATE/state.xml.tmp0123ab" ]
    [ -e "$STATE/state.xml.tmp0123xy" ]
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
    make bundle "$WORK/b.tar" --pins 124
    # a larger one, which does no harm to what other tests do meanwhile
    timeout 60 "$wine" reg add "$key" /v MaxWebConfigFileSizeInKB /t REG_DWORD /d 300 /f >/dev/null
    run_applier plan "$WORK/b.tar"
    expect 0 "a file may have 300 KiB, as IIS's MaxWebConfigFileSizeInKB on this server says"
    timeout 60 "$wine" reg delete "$key" /f >/dev/null
    run_applier plan "$WORK/b.tar"
    expect 0
    [[ $output != *KiB* ]]
}
