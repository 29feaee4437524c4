#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/windows.md, "From the stick to a running ENS": the commands as they stand there, typed to wine's
# cmd, and the messages line by line, "…" for anything. What a terminal would be asked for is given
# by options here.

# One at a time: IIS's file is one for all of wine.
take_iis() {
    local _
    for _ in $(seq 600); do
        ! mkdir "$PINFERRY_WINE/iis.taken" 2>/dev/null || return 0
        sleep 0.2
    done
    return 1
}

setup() {
    [ -n "${PINFERRY_WINE-}" ] || skip 'run by `make windows-check`: it needs wine and the .exe files'
    TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    PAGE=$TREE/docs/windows.md
    C=$WINEPREFIX/drive_c
    WORK=$BATS_TEST_TMPDIR/work
    SITE=$C/Sites/'Email Notification Service'/Website
    STATE=$C/ProgramData/Pinferry
    [ ! -e "$STATE" ] || skip 'the default state folder of this wine is in use'
    take_iis
    mkdir -p "$WORK/stick" "$SITE" "$C/Program Files/Pinferry"
    ln -sfn "$WORK/stick" "$WINEPREFIX/dosdevices/e:"
    cp "$PINFERRY_EXE/applier.exe" "$C/Program Files/Pinferry/"
    python3 "$TREE/packaging/demo/data.py" keys 8 >"$WORK/keys"
    python3 "$TREE/packaging/demo/data.py" config "$WORK/keys" "$SITE/web.config"
    cp "$SITE/web.config" "$WORK/before"
    stick
}

teardown() {
    [ -d "${SITE-}" ] || return 0
    rmdir "$PINFERRY_WINE/iis.taken"
    rm -rf "$C/Sites" "$C/Program Files/Pinferry" "$STATE" "$C/pinferry-walk.bat" "$WINEPREFIX/dosdevices/e:"
}

stick() { # what the connected side puts there
    local bundler=$PINFERRY_LINUX_BIN/bundler
    [ -x "$bundler" ] || skip 'no bundler for this system to make the stick with'
    "$bundler" init "$WORK/cns"
    "$bundler" -C "$WORK/cns" keygen --no-passphrase
    "$bundler" -C "$WORK/cns" fetch --answer "$TREE/packaging/demo/answer.json"
    "$bundler" -C "$WORK/cns" approve --all
    "$bundler" -C "$WORK/cns" build --minimum 8
    "$bundler" -C "$WORK/cns" export --enrol "$WORK/cns/bundles/cns-pins-000001.tar" "$WORK/stick"
}

block() { # KIND NAME: the lines of a block of the page
    sed -n "/^\`\`\`$1 $2\$/,/^\`\`\`\$/p" "$PAGE" | sed '1d;$d'
}

typed() { # LINE: to cmd, in the folder of the program
    printf '@echo off\r\ncd /d "%%ProgramFiles%%\\Pinferry"\r\n%s\r\n' "$1" >"$C/pinferry-walk.bat"
    run timeout 100 "${PINFERRY_WINE_PROGRAM:-/usr/lib/wine/wine64}" cmd /c 'C:\pinferry-walk.bat'
    output=$(printf '%s\n' "$output" | tr -d '\r')
    echo "> $1"
    echo "$output"
}

shows() { # NAME: every line of that block is in the output
    local line
    block text "$1" >"$WORK/expected"
    [ -s "$WORK/expected" ]
    printf '%s\n' "$output" >"$WORK/output"
    python3 - "$WORK/expected" "$WORK/output" <<'PY'
import re, sys
expected, output = (open(name, encoding="utf-8").read().split("\n") for name in sys.argv[1:])
for line in expected:
    pattern = ".*".join(re.escape(part) for part in line.split("\u2026"))
    if not any(re.fullmatch(pattern, said) for said in output):
        sys.exit("this line of the page was not said: %s" % line)
PY
}

@test "the walk-through for an administrator, with its messages" {
    typed "$(block cmd init) --fingerprint $(sha256sum <"$WORK/stick/trust.xml" | cut -c1-64) --config \"C:\\Sites\\Email Notification Service\\Website\\web.config\""
    [ "$status" -eq 0 ]
    shows init
    typed "$(block cmd plan)"
    [ "$status" -eq 0 ]
    shows plan
    cmp "$SITE/web.config" "$WORK/before"
    next=$(printf '%s\n' "$output" | sed -n 's/^  \(applier apply .*\)/\1/p')
    typed "$(block cmd apply)"
    [ "$status" -eq 0 ]
    shows apply
    typed "$(block cmd apply)"
    [ "$status" -eq 0 ]
    shows again
    typed 'applier status'
    [ "$status" -eq 0 ]
    typed 'applier rollback'
    [ "$status" -eq 0 ]
    shows rollback
    cmp "$SITE/web.config" "$WORK/before"
    # the line that the plan ended with, as it stands
    typed "$next"
    [ "$status" -eq 0 ]
    shows apply || [[ $output == *'Applied bundle 1 as run 3'* ]]
}

@test "the messages of the search are those of the page" {
    mkdir -p "$C/windows/system32/inetsrv/config"
    printf '%s' '<configuration><system.applicationHost><sites><site name="Email Notification Service"><application path="/">' \
        '<virtualDirectory path="/" physicalPath="%SystemDrive%\Sites\Email Notification Service\Website" />' \
        '</application></site></sites></system.applicationHost></configuration>' \
        >"$C/windows/system32/inetsrv/config/applicationHost.config"
    typed "$(block cmd init)"
    rm -rf "$C/windows/system32/inetsrv/config"
    [ "$status" -eq 2 ]
    head -n 3 <(block text find) >"$WORK/shown"
    while IFS= read -r line; do
        [[ $output == *"$line"* ]] || { echo "not said: $line"; return 1; }
    done <"$WORK/shown"
    # the questions, which need a terminal
    grep -qF 'Which of them shall be kept supplied with pins? Its number, or several; nothing' "$PAGE"
    strings "$PINFERRY_EXE/applier.exe" >"$WORK/strings"
    grep -qF 'Which of them shall be kept supplied with pins? Its number, or several; nothing to stop: ' "$WORK/strings"
    grep -qF 'Fingerprint of the trust set, from the paper or the call (64 digits): ' "$WORK/strings"
}
