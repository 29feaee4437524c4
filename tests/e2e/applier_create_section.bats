#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A web.config without the section: created only on request, only where it is declared, proved, and
# taken out again by a rollback.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    enrol
    make bundle "$WORK/b.tar" --pins 124 --retired 3
    declared '<sectionGroup name="ens"><section name="pinnedCertificates" type="T"/></sectionGroup>'
}

declared() { # DECLARATIONS: a web.config with these and no section
    printf '<?xml version="1.0"?>\r\n<configuration>\r\n\t<configSections>%s</configSections>\r\n' "$1" > "$TARGET"
    printf '\t<appSettings>\r\n\t\t<add key="p" value="%s"/>\r\n\t</appSettings>\r\n</configuration>' \
        "$CANARY" >> "$TARGET"
    cp -p "$TARGET" "$WORK/before"
}

# A manifest names pins by their digest.
in_order() { # PIN...
    python3 -c 'import hashlib, sys
print(*sorted(sys.argv[2:], key=lambda n: hashlib.sha256(
    bytes.fromhex(open("%s/pin-%s.hex" % (sys.argv[1], n)).read())).digest()))' "$KEYS" "$@"
}

@test "without the request it is refused, and the refusal says how to ask" {
    for command in plan apply; do
        run_applier "$command" "$WORK/b.tar"
        expect 20 target.section '--create-section'
    done
    run_applier status
    expect 20 '--create-section'
    cmp "$TARGET" "$WORK/before"
}

@test "plan and apply do the same; rollback gives the old bytes" {
    run_applier plan "$WORK/b.tar" --create-section -o "$WORK/plan.html"
    expect 0 'one is created where configSections declares it' 'pins 0 -> 3' '3 added' \
        '--create-section'
    grep -q 'one is created where' "$WORK/plan.html"
    [ "$(grep -c "$CANARY" "$WORK/plan.html")" = 0 ]
    cmp "$TARGET" "$WORK/before"
    run_applier plan "$WORK/b.tar" --create-section --json
    [ "$(json 'o["targets"][0]["section_is"]')" = created ]
    run_applier apply "$WORK/b.tar" --create-section --plan-digest "$(json plan_digest)"
    expect 0 'Applied bundle 5 as run 1'
    {
        head -c -16 "$WORK/before"
        printf '\t<ens>\r\n\t\t<pinnedCertificates>\r\n'
        for pin in $(in_order 1 2 4); do
            printf '\t\t\t<pinnedCertificate publicKeyString="%s" />\r\n' "$(cat "$KEYS/pin-$pin.hex")"
        done
        printf '\t\t</pinnedCertificates>\r\n\t</ens>\r\n</configuration>'
    } > "$WORK/want"
    cmp "$TARGET" "$WORK/want"
    cmp "$STATE/backups/000001-1.config" "$WORK/before"
    run_applier status
    expect 0 '3 pins'
    run_applier apply "$WORK/b.tar" --create-section
    expect 0 'Nothing to do'
    run_applier rollback
    expect 0 'taken out again'
    cmp "$TARGET" "$WORK/before"
    run_applier apply "$WORK/b.tar" --create-section --section configuration/ens/pinnedCertificates
    expect 0
    cmp "$TARGET" "$WORK/want"
}

@test "in a file that was edited since, a rollback leaves the empty section" {
    run_applier apply "$WORK/b.tar" --create-section
    expect 0
    sed -i 's|<appSettings>|<appSettings> |' "$TARGET"
    run_applier rollback
    expect 0
    [ "$(grep -c 'pinnedCertificate ' "$TARGET")" = 0 ]
    grep -q '<pinnedCertificates>' "$TARGET"
    grep -q '<appSettings> ' "$TARGET"
}

@test "without a declaration that holds it is refused" {
    local section='<section name="pinnedCertificates" type="T"/>' group='<sectionGroup name="a">'
    while IFS='|' read -r text reason; do
        declared "$text"
        run_applier apply "$WORK/b.tar" --create-section
        expect 20 "reason $reason" "$TARGET"
        cmp "$TARGET" "$WORK/before"
    done << END
|target.section
<section name="pinnedCertificates"/>|target.section
<section name="pinnedCertificates" type="T" allowDefinition="MachineOnly"/>|target.section
<!-- $section -->|target.section
$section<remove name="pinnedCertificates"/>|target.section
$section$group$section</sectionGroup>|target.ambiguous
END
    declared "$section$group$section</sectionGroup>"
    run_applier apply "$WORK/b.tar" --create-section --section configuration/a/pinnedCertificates
    expect 0
    grep -q '<a>' "$TARGET"
}

@test "a site may be enrolled without the section, on request" {
    rm -rf "$STATE"
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$TARGET"
    expect 20 target.section
    [ ! -e "$STATE/state.xml" ]
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$TARGET" --create-section
    expect 0 'apply --create-section'
    cmp "$TARGET" "$WORK/before"
    run_applier apply "$WORK/b.tar" --create-section
    expect 0
}

@test "a site's minimum and size hold for a created section" {
    echo "<!-- $(head -c 500 /dev/zero | tr '\0' x) -->" >> "$TARGET"
    cp "$TARGET" "$WORK/before"
    sed -i 's/<site /<site minimum="4" /' "$STATE/site.xml"
    run_applier apply "$WORK/b.tar" --create-section
    expect 22 proof.minimum
    cmp "$TARGET" "$WORK/before"
    sed -i 's/ minimum="4"/ max-kib="1"/' "$STATE/site.xml"
    run_applier apply "$WORK/b.tar" --create-section
    expect 20 target.size
    cmp "$TARGET" "$WORK/before"
}

@test "what was cut off is brought forward, the section with it" {
    local n=0
    command -v strace >/dev/null || skip 'no strace'
    rm -rf "$STATE"
    make config "$WORK/www/first.config" 13
    cp "$WORK/www/first.config" "$WORK/first.before"
    run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" \
        --config "$WORK/www/first.config" --config "$TARGET" --create-section
    expect 0
    # killed between the two exchanges
    until [ -e "$STATE/journal.xml" ] && ! cmp -s "$WORK/www/first.config" "$WORK/first.before" &&
        cmp -s "$TARGET" "$WORK/before"; do
        n=$((n + 1))
        [ "$n" -lt 60 ]
        run_applier recover
        cp "$WORK/first.before" "$WORK/www/first.config"
        cp "$WORK/before" "$TARGET"
        run strace -qq -f -o "$WORK/trace" -e trace=fsync -e "inject=fsync:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" apply "$WORK/b.tar" --create-section
    done
    grep -q 'fate="created"' "$STATE/journal.xml"
    run_applier recover
    expect 0 'the files that were left have been changed too'
    [ "$(grep -c '<pinnedCertificate ' "$TARGET")" = 3 ]
    run_applier rollback --force
    expect 0
    cmp "$TARGET" "$WORK/before"
}
