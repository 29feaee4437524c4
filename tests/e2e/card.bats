#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/card.md: each row is brought about, its command is typed as it stands there, and its lines are
# compared with what the program says. A row that no test here asks for makes the last test fail.
load lib/site

setup_file() {
    site_keys
    export PAGE=$BATS_TEST_DIRNAME/../../docs/card.md
}

setup() {
    site_setup
    cp -p "$TARGET" "$WORK/before"
    [ "$BATS_TEST_DESCRIPTION" = 'a machine that is not enrolled' ] || enrol
    make bundle "$WORK/b.tar" --pins 124
}

# row MARK [REASON]: $SYMPTOM, $COMMAND (the last of the cell), $SAID and $BACK of one row.
row() {
    local line
    line=$(grep -F "| **$1**" "$PAGE" | grep -F "${2:+"\`$2\`"}")
    [ "$(wc -l <<< "$line")" = 1 ]
    SYMPTOM=$(cut -d'|' -f2 <<< "$line")
    COMMAND=$(cut -d'|' -f3 <<< "$line" | sed 's/.*`\([^`]*\)`.*/\1/')
    SAID=$(cut -d'|' -f4 <<< "$line" | sed 's/[^`]*`\([^`]*\)`.*/\1/')
    BACK=$(cut -d'|' -f5 <<< "$line")
    [ -n "$COMMAND" ]
    [ -n "$SAID" ]
    [ -n "$BACK" ]
    [ -z "${2-}" ] || [[ $output == *"$2"* ]]
}

# Types the row's command with the words in capitals filled in: 0, unless another code is named, and
# the line that the row promises. Then its way back is gone.
type_it() { # [CODE]
    local words=${COMMAND#applier }
    [ "$words" != "$COMMAND" ]
    words=${words//BUNDLE/"'$WORK/b.tar'"}
    words=${words//CERT/"'$KEYS/pin-1.crt'"}
    words=${words/ --state DIR/} # run_applier says which
    eval "run_applier $words"
    expect "${1-0}" "$SAID"
    case $BACK in
    *'nothing was changed'* | *'it writes n'*) cmp "$TARGET" "$WORK/before" ;;
    *'`applier rollback`'* | *'`applier rollback RUN`'*)
        run_applier rollback ${SAID_RUN-}
        expect 0 'Rolled back run'
        ;;
    *'`applier apply BUNDLE`'*)
        run_applier apply "$WORK/b.tar"
        expect 0 'Applied bundle'
        ;;
    *) false ;;
    esac
}

# The exit code in front of the row is the one that the last run gave.
met() { # CODE [REASON]
    [ "$status" -eq "$1" ] || {
        echo "exit $status: $output"
        return 1
    }
    row "$@"
}

site() { # SED COMMAND on site.xml
    sed -i "$1" "$STATE/site.xml"
}

@test "phones are silent" {
    run_applier apply "$WORK/b.tar"
    cp -p "$TARGET" "$WORK/before"
    row 'phones silent'
    type_it
    [[ $output != *lacks* ]]
}

@test "the file was replaced" {
    run_applier apply "$WORK/b.tar"
    cp "$WORK/before" "$TARGET"
    run_applier status
    met 3
    [[ $output == *lacks* ]]
    type_it
}

@test "a new key" {
    row 'new key'
    type_it
    COMMAND=${COMMAND/CERT/$KEYS/pin-2.crt}
    run_applier match "$KEYS/pin-2.crt"
    expect 3 'does not hold it'
}

@test "worse since the last apply" {
    run_applier apply "$WORK/b.tar"
    row worse
    type_it
}

@test "a bundle that must not be used" {
    cp "$WORK/b.tar" "$WORK/good.tar"
    make bundle "$WORK/b.tar" --pins 12 --signer stranger
    run_applier apply "$WORK/b.tar"
    met 11
    cp "$WORK/good.tar" "$WORK/b.tar"
    type_it
    make bundle "$WORK/b.tar" --pins 12 --not-before -7200 --next -3600 --expires -60
    run_applier apply "$WORK/b.tar"
    met 13
    cp "$WORK/good.tar" "$WORK/b.tar"
    type_it
}

@test "too few signers" {
    make trust "$KEYS/trust-two.xml" --threshold 2
    rm -rf "$STATE"
    run_applier init --site site-1 --trust "$KEYS/trust-two.xml" --config "$TARGET" \
        --fingerprint "$(sha256sum < "$KEYS/trust-two.xml" | cut -c1-64)"
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    met 12
    make bundle "$WORK/b.tar" --pins 12 --signer first,second
    type_it
}

@test "an older bundle" {
    make bundle "$WORK/new.tar" --pins 12 --sequence 6
    run_applier apply "$WORK/new.tar"
    cp -p "$TARGET" "$WORK/before"
    run_applier apply "$WORK/b.tar"
    met 14
    type_it
}

@test "a machine that is not enrolled" {
    local state=$STATE
    enrol
    STATE=$WORK/elsewhere run_applier status
    met 18 state.absent
    STATE=$state
    type_it
}

@test "a folder that others can get at" {
    linux_only 'wine does not keep access lists'
    chmod 755 "$STATE"
    run_applier status
    met 18 state.access
    [[ $output == *'chmod 700'* ]]
    chmod 700 "$STATE"
    type_it
}

@test "a clock that is wrong" {
    run_applier_at $((-30 * 86400)) verify "$WORK/b.tar"
    met 19
    type_it
}

@test "a file of the site that cannot be read" {
    site 's/unlisted/unlistet/'
    run_applier apply "$WORK/b.tar"
    met 20 config.form
    site 's/unlistet/unlisted/'
    type_it
}

@test "a run that was cut off" {
    command -v strace > /dev/null || skip 'strace is not installed'
    linux_only 'wine renames in another process'
    cp -a "$STATE" "$WORK/kept"
    # the first flush after the exchange is the last thing that the run does
    local n=0
    until [ -e "$STATE/journal.xml" ] && ! cmp -s "$TARGET" "$WORK/before"; do
        n=$((n + 1))
        rm -rf "$STATE"
        cp -a "$WORK/kept" "$STATE"
        cp -p "$WORK/before" "$TARGET"
        LC_ALL=C strace -qq -f -o "$WORK/trace" -e trace=fsync,fdatasync \
            -e "inject=fsync,fdatasync:signal=KILL:when=$n" \
            "$PINFERRY_BIN/applier" --state "$STATE" apply "$WORK/b.tar" > /dev/null 2>&1 || true
        [ "$n" -lt 60 ]
    done
    run_applier status
    expect 21 'run was cut off'
    run_applier status --json
    met 21 unfinished
    [[ $SYMPTOM == *'a run was cut off'* ]]
    SAID_RUN=1
    type_it
    [[ $BACK == *RUN* ]]
    cmp "$TARGET" "$WORK/before"
}

@test "another run is at work" {
    linux_only 'a lock of Linux is none to wine'
    exec 8> "$STATE/lock"
    flock 8
    run_applier apply "$WORK/b.tar" 8>&-
    met 21 locked
    flock -u 8
    type_it
}

# windows_services.bats brings these two about; what the card says of them is looked up here
@test "what only Windows has" {
    local source=$BATS_TEST_DIRNAME/../..
    output='changed.target service.start'
    row 21 changed.target
    [ "$SAID" = 'Applied bundle' ]
    [ "$COMMAND" = 'applier apply BUNDLE' ]
    grep -qF "'changed.target'" "$source/tests/e2e/windows_services.bats"
    row 21 service.start
    [ "$COMMAND" = 'applier recover' ]
    grep -qF "'$SAID'" "$source/tests/e2e/windows_services.bats"
}

@test "too few pins" {
    site 's|<site |&minimum="4" |'
    make bundle "$WORK/b.tar" --pins 12
    run_applier apply "$WORK/b.tar"
    met 22 proof.minimum
    make bundle "$WORK/b.tar" --pins 124
    type_it
}

@test "no bundle came" {
    run_applier apply "$WORK/b.tar"
    run_applier_at $((11 * 86400)) status
    met 23
    make bundle "$WORK/b.tar" --pins 1245 --sequence 6
    type_it
}

@test "a check that failed" {
    local check='<check program="/bin/sh"><argument value="-c"/><argument value="test -e '$WORK'/well"/></check>'
    linux_only 'a shell of Linux is no program for the check there'
    site "s|</site>|$check&|"
    run_applier apply "$WORK/b.tar"
    met 24
    cmp "$TARGET" "$WORK/before"
    touch "$WORK/well"
    type_it
}

@test "outside the window, and on hold" {
    site "s|</site>|<windows zone=\"UTC\"><window date=\"$(date -u -d '+2 days' +%F)\" from=\"22:00\" minutes=\"60\"/></windows>&|"
    run_applier apply "$WORK/b.tar"
    met 31
    type_it # and rolled back
    site 's|<windows.*</windows>||'
    run_applier apply
    met 32
    type_it
}

@test "each row is asked for here, and each reason and file of it is there" {
    local line mark word
    grep '^| \*\*' "$PAGE" > "$WORK/rows"
    [ "$(wc -l < "$WORK/rows")" -ge 20 ]
    while IFS= read -r line; do
        mark=$(sed 's/^| \*\*\([^*]*\)\*\*.*/\1/' <<< "$line")
        word=$(sed -n 's/^| \*\*[0-9]*\*\* `\([^`]*\)`.*/\1/p' <<< "$line")
        grep -qE "(met|row) '?$mark'?${word:+ $word}" "$BATS_TEST_DIRNAME/card.bats"
        if [ -n "$word" ]; then
            grep -qxF "### \`$word\`" "$BATS_TEST_DIRNAME/../../docs/reasons.md"
            grep -A1 -xF "### \`$word\`" "$BATS_TEST_DIRNAME/../../docs/reasons.md" | grep -q "^$mark\\\\\\."
        fi
    done < "$WORK/rows"
}
