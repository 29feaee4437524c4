#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A web.config whose pins are kept in another file by configSource: that file is edited, under the
# rules of a target, and web.config decides which one it is until the moment of writing.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    PINS="$WORK/www/cfg/pins.config"
    mkdir "$WORK/www/cfg"
    sed -n '/<pinnedCertificates>/,/<\/pinnedCertificates>/p' "$TARGET" > "$PINS"
    source_of 'cfg\pins.config'
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    chmod 640 "$PINS"
    cp -p "$PINS" "$WORK/pins.before"
    cp -p "$TARGET" "$WORK/config.before"
}

# web.config names this file; ELEMENT keeps the content (pinnedCertificates unless given).
source_of() { # VALUE [ELEMENT]
    printf '<configuration>\n  <a b="%s"/>\n  <%s configSource="%s" />\n</configuration>\n' \
        "$CANARY" "${2:-pinnedCertificates}" "$1" > "$TARGET"
}

untouched() {
    cmp "$PINS" "$WORK/pins.before"
    cmp "$TARGET" "$WORK/config.before"
}

holds() { # PINS: exactly these, in any order
    local pin
    [ "$(grep -c '<pinnedCertificate ' "$PINS")" -eq ${#1} ]
    for pin in $(grep -o . <<< "$1"); do
        grep -qF "$(cat "$KEYS/pin-$pin.hex")" "$PINS"
    done
}

@test "the named file is planned, applied, looked at and rolled back; web.config stays" {
    enrol
    tr '\\' / < "$STATE/site.xml" | grep -q "path=\"$(native "$TARGET")\""
    run_applier plan "$WORK/b.tar" -o "$WORK/plan.html"
    expect 0 "$PINS: changes" "configSource on line 3 of $TARGET" 'may need a recycle' \
        'was not checked'
    grep -q 'may need a recycle' "$WORK/plan.html"
    tr '\\' / < "$WORK/plan.html" | grep -q "$(native "$PINS")"
    [ "$(grep -c "$CANARY" "$WORK/plan.html")" = 0 ]
    run_applier plan "$WORK/b.tar" --json
    [ "$(json 'o["targets"][0]["path"]')" = "$PINS" ]
    [ "$(json 'o["targets"][0]["config_source_of"]')" = "$TARGET" ]
    [ "$(json 'o["targets"][0]["may_need_recycle"]')" = true ]
    untouched
    run_applier apply "$WORK/b.tar" --plan-digest "$(json plan_digest)"
    expect 0 'Applied bundle 5 as run 1' 'may need a recycle'
    [[ $output != *'restarts the application by itself'* ]]
    holds 124
    cmp "$TARGET" "$WORK/config.before"
    modes 640 "$PINS"
    [ "$(cd "$WORK/www" && find . -type f | sort | tr '\n' ' ')" = './cfg/pins.config ./web.config ' ]
    cmp "$STATE/backups/000001-1.config" "$WORK/pins.before"
    tr '\\' / < "$STATE/runs/000001.xml" | grep -q "path=\"$(native "$PINS")\" config=\"$(native "$TARGET")\""
    run_applier status
    expect 0 "$PINS (configSource of $TARGET): 3 pins"
    run_applier pins "$TARGET"
    expect 0 "in $PINS, named by configSource on line 3" '3 items'
    run_applier match "$KEYS/pin-4.crt"
    expect 0
    run_applier apply "$WORK/b.tar"
    expect 0 'Nothing to do'
    run_applier rollback --force
    expect 0
    untouched
    [ -z "$(ls -A "$STATE/staging")" ]
}

@test "a failed check puts the named file back, and says that the application may not have noticed" {
    enrol
    local check='<check program="/bin/false" seconds="20">'
    if on_windows; then
        check='<check program="C:/windows/system32/find.exe" seconds="20">' # without arguments it fails
    fi
    sed -i "s|</site>|$check</check>&|" "$STATE/site.xml"
    run_applier apply "$WORK/b.tar"
    expect 24 'rolled back' 'the application may need a recycle'
    untouched
}

@test "a section around the pins may be moved too" {
    source_of cfg/ens.config ens
    { echo '<ens><x>'; cat "$PINS"; echo '</x></ens>'; } > "$WORK/www/cfg/ens.config"
    PINS="$WORK/www/cfg/ens.config"
    cp "$PINS" "$WORK/pins.before"
    cp "$TARGET" "$WORK/config.before"
    enrol
    run_applier apply "$WORK/b.tar"
    expect 0 "$PINS: changes"
    holds 124
    run_applier rollback --force
    expect 0
    untouched
    run_applier apply "$WORK/b.tar" --section configuration/ens/x/pinnedCertificates
    expect 0
    holds 124
    run_applier apply "$WORK/b.tar" --section configuration/ens/y/pinnedCertificates
    expect 20 target.section
}

@test "a value that leads outside, through a link, or nowhere is refused with the reason" {
    local links=
    enrol
    mkdir "$WORK/else"
    cp "$PINS" "$WORK/else/x.config"
    cp "$PINS" "$WORK/www/x.config"
    ln -s "$WORK/else" "$WORK/www/way"
    ln -s x.config "$WORK/www/sym.config"
    ln "$WORK/else/x.config" "$WORK/www/twin.config"
    mkfifo "$WORK/www/fifo.config"
    # wine follows the links of Linux and shows none
    on_windows || links=$'way\\x.config target.link\nsym.config target.link\nfifo.config target.file'
    while read -r value reason; do
        [ -n "$value" ] || continue
        source_of "$value"
        cp "$TARGET" "$WORK/config.before"
        for command in plan apply; do
            run_applier "$command" "$WORK/b.tar"
            expect 20 "reason $reason" "$TARGET" 'line 3'
        done
        run_applier status
        expect 20 "line 3"
        untouched
    done << END
../else/x.config target.config-source
..\else\x.config target.config-source
cfg\..\..\else\x.config target.config-source
/etc/passwd target.config-source
\\\\host\share\x.config target.config-source
\x.config target.config-source
C:\x.config target.config-source
x.config:stream target.config-source
absent.config target.config-source
cfg target.file
cfg\ target.config-source
. target.config-source
twin.config target.link
$links
END
    source_of 'cfg\..\x.config'
    run_applier plan "$WORK/b.tar"
    expect 0 "$WORK/www/x.config: changes"
}

@test "the file must be what .NET expects there" {
    enrol
    echo '<configuration><pinnedCertificates/></configuration>' > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.config-source "$PINS" 'root element'
    echo '<pinnedCertificates configSource="x.config"/>' > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.config-source "$PINS" 'further file'
    echo '<!DOCTYPE x><pinnedCertificates/>' > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.doctype "$PINS"
    echo '<pinnedCertificates configProtectionProvider="p"><EncryptedData/></pinnedCertificates>' > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.encrypted "$PINS" 'v4.0.30319\aspnet_regiis.exe -pdf'
    echo '<pinnedCertificates><EncryptedData/></pinnedCertificates>' > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.encrypted "$PINS" 'v4.0.30319\aspnet_regiis.exe -pdf'
    : > "$PINS"
    run_applier plan "$WORK/b.tar"
    expect 20 target.form "$PINS"
    cp "$WORK/pins.before" "$PINS"
    sed -i 's|/>|><a/></pinnedCertificates>|' "$TARGET"
    source_of 'cfg\pins.config'
    sed -i 's|pins.config" />|pins.config"><pinnedCertificate/></pinnedCertificates>|' "$TARGET"
    run_applier plan "$WORK/b.tar"
    expect 20 target.config-source 'has content too'
}

@test "one match wherever it stands; a file of another section is passed over if it need be" {
    printf '<configuration>\n<ens configSource="cfg\\ens.config"/>\n<db configSource="%s"/>\n%s</configuration>\n' \
        "$CANARY.config" "$(cat "$PINS")" > "$TARGET"
    enrol
    run_applier plan "$WORK/b.tar"
    expect 0 "$TARGET: changes"
    echo '<ens><pinnedCertificates/></ens>' > "$WORK/www/cfg/ens.config"
    run_applier plan "$WORK/b.tar"
    expect 20 target.ambiguous 'line 2' \
        "--section 'configuration/*[1]/pinnedCertificates' or 'configuration/pinnedCertificates'"
    run_applier plan "$WORK/b.tar" --section 'configuration/*[1]/pinnedCertificates'
    expect 0 "$WORK/www/cfg/ens.config: changes"
    echo '<ens><pinnedCertificates/><x><pinnedCertificates/></x></ens>' > "$WORK/www/cfg/ens.config"
    run_applier plan "$WORK/b.tar"
    expect 20 target.ambiguous \
        "('configuration/*[1]/pinnedCertificates', 'configuration/*[1]/*[2]/pinnedCertificates')"
    run_applier plan "$WORK/b.tar" --section 'configuration/*[1]/*[2]/pinnedCertificates'
    expect 0 "$WORK/www/cfg/ens.config: changes"
    echo '<ens><pinnedCertificates/></ens>' > "$WORK/www/cfg/ens.config"
    run_applier plan "$WORK/b.tar" --section configuration/pinnedCertificates
    expect 0 "$TARGET: changes"
    run_applier plan "$WORK/b.tar" --section configuration/ens/pinnedCertificates
    expect 0 "$WORK/www/cfg/ens.config: changes"
    printf '<configuration>\n<db configSource="%s"/>\n</configuration>\n' "$CANARY.config" > "$TARGET"
    run_applier plan "$WORK/b.tar"
    expect 20 target.config-source 'line 2' 'not there'
    if ! on_windows; then # wine follows the links of Linux and shows none
        ln -s "$PINS" "$WORK/www/$CANARY.config"
        run_applier plan "$WORK/b.tar"
        expect 20 target.link 'line 2'
        rm "$WORK/www/$CANARY.config"
    fi
    echo '<db/>' > "$WORK/www/$CANARY.config"
    run_applier plan "$WORK/b.tar"
    expect 20 target.section
}

@test "two targets that lead to one file are refused" {
    cp "$TARGET" "$WORK/www/other.config"
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$TARGET" --config "$WORK/www/other.config"
    expect 2 'same file'
    enrol
    sed -i "s|<target .*|&\n  <target path=\"$PINS\" staging=\"$STATE/staging\"/>|" "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 20 config.form "$PINS"
}

@test "a web.config that changed since the plan, or while the file is staged, stops it" {
    local digest
    command -v strace >/dev/null || skip 'no strace'
    enrol
    run_applier plan "$WORK/b.tar" --json
    digest=$(json plan_digest)
    echo >> "$TARGET"
    run_applier apply "$WORK/b.tar" --plan-digest "$digest"
    expect 21 changed.plan
    cp "$WORK/config.before" "$TARGET"
    (
        for _ in $(seq 3000); do
            [ -z "$(ls -A "$STATE/staging")" ] || break
            sleep 0.005
        done
        cp "$PINS" "$WORK/www/new.config"
        source_of new.config
    ) &
    run strace -qq -f -o "$WORK/trace" -e trace=fsync -e inject=fsync:delay_enter=100000 \
        "$PINFERRY_BIN/applier" --state "$STATE" apply "$WORK/b.tar"
    wait
    no_canary
    expect 21 changed.target "$TARGET" 'run it again'
    cmp "$PINS" "$WORK/pins.before"
    [ -z "$(ls -A "$STATE/staging")" ]
    run_applier apply "$WORK/b.tar"
    expect 0 "$WORK/www/new.config: changes"
}

@test "what was cut off is ended in the recorded file, wherever web.config leads by then" {
    local n=0
    command -v strace >/dev/null || skip 'no strace'
    make config "$WORK/www/first.config" 13
    cp "$WORK/www/first.config" "$WORK/first.before"
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$WORK/www/first.config" --config "$TARGET"
    expect 0
    # killed between the two exchanges
    until [ -e "$STATE/journal.xml" ] && ! cmp -s "$WORK/www/first.config" "$WORK/first.before" &&
        cmp -s "$PINS" "$WORK/pins.before"; do
        n=$((n + 1))
        [ "$n" -lt 60 ]
        run_applier recover
        cp "$WORK/first.before" "$WORK/www/first.config"
        cp "$WORK/pins.before" "$PINS"
        run strace -qq -f -o "$WORK/trace" -e trace=fsync -e "inject=fsync:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" apply "$WORK/b.tar"
    done
    cp "$WORK/pins.before" "$WORK/www/new.config"
    source_of new.config
    run_applier recover
    expect 0 '(apply)' 'the files that were left have been changed too'
    holds 124
    cmp "$WORK/www/new.config" "$WORK/pins.before"
    run_applier rollback --force
    expect 0 "$PINS"
    cmp "$PINS" "$WORK/pins.before"
    cmp "$WORK/www/new.config" "$WORK/pins.before"
    run_applier apply "$WORK/b.tar"
    expect 0 "$WORK/www/new.config: changes"
}
