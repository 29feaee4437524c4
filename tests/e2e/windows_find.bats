#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `applier init` without --config on Windows: what IIS's own file names and what lies where ENS is
# usually installed is offered, never taken.
load lib/site

HOSTING=

setup_file() {
    [ -n "${PINFERRY_WINE-}" ] || return 0
    site_keys
}

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
    take_iis
    site_setup
    HOSTING=$WINEPREFIX/drive_c/windows/system32/inetsrv/config
    DRIVE=$WINEPREFIX/drive_c/AirWatch
    rm -rf "$DRIVE" "$HOSTING"
}

teardown() {
    [ -n "$HOSTING" ] || return 0
    rm -rf "$WINEPREFIX/drive_c/AirWatch" "$HOSTING"
    rmdir "$PINFERRY_WINE/iis.taken"
}

# A folder of this system as Windows names it.
drive() { printf 'S:%s' "${1#"$PINFERRY_WINE"}" | tr / '\\'; }

hosting() { # FOLDER...: each becomes a site's
    local folder number=0
    mkdir -p "$HOSTING"
    {
        echo '<?xml version="1.0" encoding="UTF-8"?>'
        echo '<configuration><system.applicationHost><sites>'
        for folder; do
            number=$((number + 1))
            printf '<site name="Site %s" id="%s"><application path="/"><virtualDirectory path="/" physicalPath="%s" />' \
                "$number" "$number" "$folder"
            echo '</application></site>'
        done
        echo '</sites></system.applicationHost></configuration>'
    } >"$HOSTING/applicationHost.config"
}

bare_init() { run_applier init --site site-1 --trust "$KEYS/trust.xml" --fingerprint "$FINGERPRINT" "$@"; }

@test "nothing is found: the option is asked for" {
    bare_init
    expect 2 'needs --config WEB.CONFIG' 'no web.config with a pinnedCertificates section was found'
    [ ! -e "$STATE" ]
}

@test "one file of an IIS site: shown, not taken, with the command to type" {
    mkdir -p "$WORK/other"
    echo '<configuration/>' >"$WORK/other/web.config"
    hosting "$(drive "$WORK/other")" "$(drive "$WORK/www")" "%SystemDrive%\\nowhere"
    bare_init
    expect 2 'Found 1 file' "IIS site 'Site 2', application '/'; 2 pins" \
        'there is no terminal to ask on' 'applier init --site "site-1" --trust' '--config'
    [[ $output != *other* ]]
    [ ! -e "$STATE" ]
    # the file as it was said
    enrol
    run_applier status
    expect 0 'web.config'
}

@test "a usual folder and a site: both are shown, each once" {
    mkdir -p "$DRIVE/Email Notification Service/Website"
    cp "$TARGET" "$DRIVE/Email Notification Service/Website/"
    hosting "$(drive "$WORK/www")" "%SystemDrive%\\AirWatch\\Email Notification Service\\Website"
    bare_init
    expect 2 'Found 2 files' '  1  ' '  2  ' "IIS site 'Site 2'"
    [[ $output != *'usual folder'* && $output != *'  3  '* ]]
    rm -rf "$HOSTING"
    bare_init
    expect 2 'Found 1 file' 'usual folder; 2 pins'
}
