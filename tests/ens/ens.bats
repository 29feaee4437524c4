#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A real consumer of the pins: an ASP.NET application on mono, behind nginx, that reads them from
# web.config and tells a CNS of new mail only if it shows a pinned key. The tools change the file while
# the application serves. docs/ens.md says what this shows and what it cannot show.
load ens

export BATS_TEST_TIMEOUT=240

setup_file() { ens_build; }
setup() { ens_up; }
teardown() { ens_down; }

REFUSED='refused: CNS is not among '

@test "CNS rotates its key: the bundle is applied while the site serves, and notices go out again" {
    soon "$(says 'notify 200' 'notified: ' before.config)"
    curl_check

    new_key second
    cns_shows second
    discovery_says first second
    soon "$(says 'notify 503' "$REFUSED" before.config)"
    : >"$SITE/asked"
    carry 1

    will_have second
    {
        says 'alive 200' 'alive: ' before.config
        says 'alive 200' 'alive: ' after.config
        says 'notify 503' "$REFUSED" before.config
        says 'notify 200' 'notified: ' after.config
    } >right
    visitors_come
    applier plan "$BUNDLE"
    cmp before.config "$TARGET"
    applier apply "$BUNDLE"
    grep -q '^200 .* site-check$' "$SITE/asked"
    visitors_saw "$(says 'alive 200' 'alive: ' after.config)"
    visitors_saw "$(says 'notify 200' 'notified: ' after.config)"
    grep -avF "$(cat second.hex)" "$TARGET" | cmp - before.config

    # once more is nothing, and the application has no reason to restart
    written=$(stat -c '%i %Y %Z %s' "$TARGET" "${TARGET%/*}")
    run applier apply "$BUNDLE"
    [ "$status" -eq 0 ]
    [[ $output == *'Nothing to do'* ]]
    [ "$(stat -c '%i %Y %Z %s' "$TARGET" "${TARGET%/*}")" = "$written" ]

    # and back, by hand
    line=$(wc -l <visitors.log)
    applier rollback
    cmp before.config "$TARGET"
    visitors_saw "$(says 'alive 200' 'alive: ' before.config)" "$line"
    visitors_saw "$(says 'notify 503' "$REFUSED" before.config)" "$line"
    visitors_go
}

@test "a bundle with a wrong key: the check fails, and the applier puts the old file back by itself" {
    waiting_check
    new_key second
    new_key wrong
    cns_shows second
    discovery_says first wrong
    carry 1
    run applier apply "$BUNDLE"
    echo "$output"
    [ "$status" -eq 24 ]
    [[ $output == *'reason check.failed, exit 24'* ]]
    will_have wrong
    says notify "$REFUSED" after.config | cmp - <(tail -n 1 checked)
    cmp before.config "$TARGET"
    [ "$(stat -c '%a %U %G' "$TARGET")" = "$(stat -c '%a %U %G' before.config)" ]
    soon "$(says 'alive 200' 'alive: ' before.config)"
    soon "$(says 'notify 503' "$REFUSED" before.config)"

    # CNS, with the key that the application has always known, is served as ever
    cns_shows first
    soon "$(says 'notify 200' 'notified: ' before.config)"

    # the wrong bundle waits, and a right one mends it
    cns_shows second
    run applier apply
    [ "$status" -eq 32 ]
    discovery_says first second
    bundler -C "$WORKSPACE" retire "$(cat wrong.hex)" --reason 'a mistake'
    carry 2
    applier apply "$BUNDLE"
    soon "$(says 'notify 200' 'notified: ' "$TARGET")"
}

@test "a bundle that takes the key in use away is undone while the site serves" {
    waiting_check
    new_key wrong
    discovery_says wrong
    bundler -C "$WORKSPACE" retire "$(cat first.hex)" --reason 'a mistake'
    carry 1
    will_have wrong first
    {
        says 'alive 200' 'alive: ' before.config
        says 'alive 200' 'alive: ' after.config
        says 'notify 200' 'notified: ' before.config
        says 'notify 503' "$REFUSED" after.config
    } >right
    visitors_come
    run applier apply "$BUNDLE"
    echo "$output"
    [ "$status" -eq 24 ]
    cmp before.config "$TARGET"
    # the application had the bundle's pins for a while, and has the old ones again
    says notify "$REFUSED" after.config | cmp - <(tail -n 1 checked)
    line=$(wc -l <visitors.log)
    visitors_saw "$(says 'alive 200' 'alive: ' before.config)" "$line"
    visitors_saw "$(says 'notify 200' 'notified: ' before.config)" "$line"
    visitors_go
}

@test "an application that still answers with its old pins: the check has to ask again" {
    new_key second
    cns_shows second
    discovery_says first second
    carry 1

    # nginx gives the old answer for as long as the file is there, so that it is certain to come
    says '' "$REFUSED" before.config >"$SITE/stale"
    site_check /usr/bin/curl -sSf --max-time 10 --cacert "$SITE/tls/ca.pem" "$URL/notify"
    run applier apply "$BUNDLE"
    [ "$status" -eq 24 ] # a good bundle, undone for a check that asks once
    cmp before.config "$TARGET"

    curl_check
    : >"$SITE/asked"
    # shellcheck disable=SC2016 # the other shell's
    in_background unstale.out timeout 120 sh -c \
        'cd "$1" && until grep -q "^503 .* site-check\$" asked; do sleep 0.1; done; rm stale' sh "$SITE"
    applier apply "$BUNDLE"
    grep -q '^503 .* site-check$' "$SITE/asked"
    [ "$(grep ' site-check$' "$SITE/asked" | tail -n 1 | cut -c1-3)" = 200 ]
    soon "$(says 'notify 200' 'notified: ' "$TARGET")"
}

@test "pins in a file of their own: the check has the application restart" {
    # mono takes notice of web.config alone
    local pins=$SITE/Website/pins.config
    python3 "$ENS/split.py" "$TARGET" "$pins"
    cp -p "$pins" before.pins
    cp -p "$TARGET" split.config
    soon "$(says 'notify 200' 'notified: ' "$pins")"
    site_check "$ENS/restart.sh" "$TARGET" "$ENS/check.sh" "$URL" "$SITE/tls/ca.pem" 90 "$WORK/checked" "$pins"

    new_key second
    new_key wrong
    cns_shows second
    discovery_says first wrong
    carry 1
    run applier apply "$BUNDLE"
    echo "$output"
    [ "$status" -eq 24 ]
    [[ $output == *'may need a recycle'* ]]
    cmp before.pins "$pins"
    touch "$TARGET"
    soon "$(says 'notify 503' "$REFUSED" "$pins")"

    discovery_says first second
    bundler -C "$WORKSPACE" retire "$(cat wrong.hex)" --reason 'a mistake'
    carry 2
    applier apply "$BUNDLE"
    soon "$(says 'notify 200' 'notified: ' "$pins")"
    cmp split.config "$TARGET"
}
