#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# applier plan: what would change, proved, with nothing written but the page of -o.
load lib/site

setup_file() { site_keys; }
setup() { site_setup; }

fingerprint_of() { # PIN: its first 16 digits, as plans show it
    python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(open(sys.argv[1]).read())).hexdigest()[:16])' "$KEYS/pin-$1.hex"
}

@test "the lines that come and go are shown, and nothing is written" {
    local before
    enrol
    make bundle "$WORK/b.tar" --pins 12 --retired 3
    before=$(snapshot "$WORK")
    run_applier plan "$WORK/b.tar"
    expect 0 'bundle 5' "$TARGET" "$(fingerprint_of 1)" "$(fingerprint_of 2)" \
        "$(fingerprint_of 3)" 'the key was lost' 'plan digest' \
        '1 of 1 target would change; nothing was written' '--plan-digest'
    [ "$(snapshot "$WORK")" = "$before" ]
}

@test "--quiet leaves the answer and the warnings" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar" -q
    expect 0 '1 of 1 target would change'
    [[ $output != *"$(fingerprint_of 2)"* ]]
}

@test "--exit-code tells whether there is anything to do" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar" --exit-code
    expect 3
    run_applier plan "$WORK/b.tar"
    expect 0
    make bundle "$WORK/b.tar" --pins 13
    run_applier plan "$WORK/b.tar" --exit-code
    expect 0 'need nothing'
}

@test "--json says all of it" {
    enrol
    make bundle "$WORK/b.tar" --pins 12 --retired 3
    run_applier plan "$WORK/b.tar" --json --exit-code
    expect 3
    [ "$(json changes)" = true ]
    [ "$(json exit)" = 3 ]
    [ "$(json '[p["fate"] for p in o["targets"][0]["pins"]]')" = '["kept", "removed", "added"]' ]
    [ "$(json 'len(o["plan_digest"])')" = 64 ]
    [ "$(json held)" = false ]
    [ "$(json rehearsal)" = false ]
}

@test "the plan digest is the same for the same, and another for another" {
    local first
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar" --json
    first=$(json plan_digest)
    run_applier plan "$WORK/b.tar" --json
    [ "$(json plan_digest)" = "$first" ]
    make config "$TARGET" 134
    run_applier plan "$WORK/b.tar" --json
    [ "$(json plan_digest)" != "$first" ]
}

@test "-o writes a page, once" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar" -o "$WORK/plan.html"
    expect 0 "written $WORK/plan.html"
    tr -d ' \n' < "$WORK/plan.html" | grep -q "$(fingerprint_of 2)"
    [ "$(grep -c "$CANARY" "$WORK/plan.html")" = 0 ]
    run_applier plan "$WORK/b.tar" -o "$TARGET"
    expect 30 'io.exists'
    grep -q "$CANARY" "$TARGET"
}

@test "--on rehearses on a copy" {
    local before
    enrol
    make config "$WORK/copy.config" 3
    make bundle "$WORK/b.tar" --pins 12
    before=$(snapshot "$WORK")
    run_applier plan "$WORK/b.tar" --on "$WORK/copy.config"
    expect 0 "$WORK/copy.config" '1 of 1'
    [[ $output != *"$TARGET"* && $output != *'plan digest'* && $output != *'applier apply'* ]]
    [ "$(snapshot "$WORK")" = "$before" ]
}

@test "--section chooses" {
    local section='<pinnedCertificates></pinnedCertificates>'
    enrol
    echo "<configuration><a>$section</a><b>$section</b></configuration>" > "$TARGET"
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar"
    expect 20 'target.ambiguous'
    run_applier plan "$WORK/b.tar" --section configuration/b/pinnedCertificates
    expect 0
    run_applier plan "$WORK/b.tar" --section 'configuration//'
    expect 2
}

@test "each selector that a refusal names can be typed, and chooses its section" {
    local section='<pinnedCertificates></pinnedCertificates>' selector seen=0
    enrol
    echo "<configuration><$CANARY>$section</$CANARY><location path=\"a\"/>
<location path=\"b\"><x/><y>$section</y></location>$section</configuration>" > "$TARGET"
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar"
    expect 20 target.ambiguous '3 pinnedCertificates elements' 'line 1' 'line 2'
    while read -r selector; do
        run_applier apply "$WORK/b.tar" --section "$selector"
        expect 0 'Applied bundle 5'
        grep -qF "section=\"$selector\"" "$STATE"/runs/*.xml
        run_applier rollback
        expect 0
        seen=$((seen + 1))
    done < <(grep -o "'configuration[^']*'" <<< "$output" | tr -d "'")
    [ "$seen" -eq 3 ]
    echo "<configuration><location><x/>$section</location></configuration>" > "$TARGET"
    run_applier plan "$WORK/b.tar"
    expect 20 target.section "'configuration/location/pinnedCertificates'"
    run_applier plan "$WORK/b.tar" --section configuration/location/pinnedCertificates
    expect 0
}

@test "what site.xml asks for holds" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    sed -i 's/unlisted="keep"/unlisted="refuse"/' "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 22 'proof.unlisted' "$TARGET"
    sed -i 's/unlisted="refuse"/minimum="4"/' "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 22 'proof.minimum'
    sed -i 's/minimum/minimun/' "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 20 'config.form' 'minimun' 'site.xml'
}

@test "targets that cannot be edited are named" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    echo "<configuration $CANARY" > "$TARGET"
    run_applier plan "$WORK/b.tar"
    expect 20 'target.form' "$TARGET"
    rm "$TARGET"
    run_applier plan "$WORK/b.tar"
    expect 30 'io.absent' "$TARGET"
}

@test "fewer pins than the vendor expects are a warning" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier plan "$WORK/b.tar"
    expect 0 'warning:'
    run_applier plan "$WORK/b.tar" --json
    [ "$(json 'len(o["warnings"]) > 0')" = true ]
}

@test "an unfinished run comes first" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    echo x > "$STATE/journal.xml"
    run_applier plan "$WORK/b.tar"
    expect 21 'unfinished' 'applier recover'
}

@test "a bundle that is refused has no plan" {
    enrol
    make bundle "$WORK/b.tar" --signer stranger
    run_applier plan "$WORK/b.tar" -o "$WORK/plan.html"
    expect 11
    [ ! -e "$WORK/plan.html" ]
    run_applier plan
    expect 2
}

@test "a page that cannot be written is told before anything is shown" {
    enrol
    make bundle "$WORK/b.tar" --pins 12
    : > "$WORK/there.html"
    run_applier plan "$WORK/b.tar" -o "$WORK/there.html"
    expect 30 'io.exists' 'is not overwritten'
    [ "${#lines[@]}" -eq 2 ]
    run_applier plan "$WORK/b.tar" -o "$WORK/absent/page.html"
    expect 30 'io.absent' 'make it first'
    [ "${#lines[@]}" -eq 2 ]
    run_applier plan "$WORK/b.tar" -o "$WORK/there.html/page.html"
    expect 30 'io.kind'
    run_applier plan "$WORK/b.tar" -o /dev/full/page.html
    expect 30
    # a folder that takes no file shows only when the page is written: still before the plan
    if [ "$(id -u)" = 0 ]; then
        run_applier plan "$WORK/b.tar" -o /proc/self/page.html
        expect 30
        [[ $output != *'would change'* && $output != *'plan digest'* ]]
    fi
}

@test "a limit other than IIS's own is told" {
    enrol
    make bundle "$WORK/b.tar" --pins 124
    run_applier plan "$WORK/b.tar" --json
    expect 0
    [ "$(json max_bytes)" -eq 256000 ]
    sed -i 's|<site |<site max-kib="300" |' "$STATE/site.xml"
    run_applier plan "$WORK/b.tar"
    expect 0 'a file may have 300 KiB, as max-kib in site.xml says'
}
