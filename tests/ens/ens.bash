# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Both sides of the gap around the application: source it. A file's setup_file calls ens_build, its
# setup ens_up, its teardown ens_down. Then $SITE is the site's folder, $TARGET its web.config,
# $WORKSPACE the bundler's and $STATE the applier's, enrolled; nobody has approved a key yet.

TREE=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
ENS=$BATS_TEST_DIRNAME
CHANNEL=cns.awmdm.com

# What the suite is made of must be there: without it nothing is shown, so nothing is skipped.
ens_build() {
    local tool missing=
    for tool in mcs mono fastcgi-mono-server4 nginx curl openssl python3; do
        command -v "$tool" >/dev/null || missing+=" $tool"
    done
    [ -z "$missing" ] || {
        echo "not installed:$missing; packaging/deps.sh check installs them" >&2
        return 1
    }
    mcs -t:library -r:System.Web.dll -r:System.Configuration.dll \
        -out:"$BATS_FILE_TMPDIR/Notification.Core.dll" "$ENS/Notification.cs" || return 1
    "$TREE/tests/e2e/lib/pki.sh" "$BATS_FILE_TMPDIR/tls" || return 1
    python3 "$TREE/packaging/demo/data.py" keys 8 >"$BATS_FILE_TMPDIR/keys"
}

# A key of CNS, and the pin that is it: new_key NAME makes NAME.pem (key, certificate) and NAME.hex
new_key() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$CHANNEL" \
        -keyout "$1.pem" -out "$1.crt" 2>/dev/null
    openssl rsa -in "$1.pem" -RSAPublicKey_out -outform DER 2>/dev/null | od -An -v -tx1 |
        tr -d ' \n' >"$1.hex"
    cat "$1.crt" >>"$1.pem"
}

# CNS shows this key from now on.
cns_shows() { # NAME
    cp "$1.pem" "$SITE/cns.part" && mv "$SITE/cns.part" "$SITE/cns.pem"
}

# The discovery service answers with these keys from now on.
discovery_says() { # NAME...
    local text='' name
    for name; do text+="${text:+,}\"$(cat "$name.hex")\""; done
    echo "{\"$CHANNEL\":[$text]}" >"$WORK/answer"
}

# Waits for a file that a program in the background makes: wait_for FILE PID LOG
wait_for() {
    local tries=0
    until [ -s "$1" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 900 ] || ! kill -0 "$2" 2>/dev/null; then
            cat "$3" >&2
            return 1
        fi
        sleep 0.1
    done
}

in_background() { # LOG COMMAND...: its id is added to $WORK/pids
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null 3>&- &
    echo $! >>"$WORK/pids"
}

ens_up() {
    export WORK=$BATS_TEST_TMPDIR
    SITE=$WORK/site TARGET=$WORK/site/Website/web.config STATE=$WORK/state WORKSPACE=$WORK/workspace
    mkdir -p "$SITE/Website/bin" "$WORK/stick"
    cd "$WORK" || return 1
    cp -r "$BATS_FILE_TMPDIR/tls" "$SITE/tls"
    cp "$BATS_FILE_TMPDIR/Notification.Core.dll" "$SITE/Website/bin/"
    new_key first
    cns_shows first
    discovery_says first
    { cat "$BATS_FILE_TMPDIR/keys" && cat first.hex && echo; } >keys
    python3 "$TREE/packaging/demo/data.py" config keys "$TARGET"
    sed -i -e 's|value="https://cns.awmdm.com/nws"|value="@CNS@"|' \
        -e 's|<customErrors |<httpHandlers><add verb="*" path="*alive" type="Notification.Alive, Notification.Core" /><add verb="*" path="*notify" type="Notification.Notify, Notification.Core" /></httpHandlers>\r\n    &|' "$TARGET"

    in_background "$WORK/discovery.log" timeout 600 "$TREE/tests/e2e/lib/discovery.py" "$SITE/tls" "$WORK/answer"
    wait_for "$SITE/tls/url" $! "$WORK/discovery.log"
    in_background "$WORK/site.log" "$ENS/site.sh" "$SITE"
    wait_for "$SITE/url" $! "$WORK/site.log"
    URL=$(cat "$SITE/url")
    cp -p "$TARGET" before.config

    bundler init "$WORKSPACE" --channel "$CHANNEL"
    bundler -C "$WORKSPACE" keygen --no-passphrase
    applier init --site plant-7 --trust "$WORKSPACE/keys/trust.xml" --config "$TARGET" \
        --fingerprint "$(sha256sum <"$WORKSPACE/keys/trust.xml" | cut -c1-64)"
}

# The programs, by the names that a person types.
bundler() {
    timeout 60 "$PINFERRY_BIN/bundler" "$@"
}
applier() {
    timeout 120 "$PINFERRY_BIN/applier" --state "$STATE" "$@"
}

# Fetch, approve, build and carry: the keys that discovery names now, in bundle NUMBER at $BUNDLE.
carry() { # NUMBER
    bundler -C "$WORKSPACE" fetch --url "$(cat "$SITE/tls/url")" --cacert "$SITE/tls/ca.pem" &&
        bundler -C "$WORKSPACE" approve --all </dev/null &&
        bundler -C "$WORKSPACE" build --minimum 8 &&
        mkdir "$WORK/stick-$1" &&
        bundler -C "$WORKSPACE" export "$WORKSPACE/bundles/cns-pins-00000$1.tar" "$WORK/stick-$1" &&
        export BUNDLE=$WORK/stick-$1/cns-pins-00000$1.tar
}

# The check command in site.xml: site_check PROGRAM ARGUMENT...
site_check() {
    local argument text="<check program=\"$1\" seconds=\"100\">"
    shift
    for argument; do text+="<argument value=\"$argument\"/>"; done
    sed -i -e 's|<check .*</check>||' -e "s|</site>|$text</check>&|" "$STATE/site.xml"
}

# check.sh as the check.
waiting_check() {
    site_check "$ENS/check.sh" "$URL" "$SITE/tls/ca.pem" 90 "$WORK/checked" "$TARGET"
}

# curl as the check, which asks again for a minute.
curl_check() {
    site_check /usr/bin/curl -sSf --max-time 15 --retry 100 --retry-delay 1 --retry-all-errors \
        --retry-max-time 60 --cacert "$SITE/tls/ca.pem" -A site-check "$URL/notify"
}

# One question to the application: its status and its line.
ask() { # PAGE
    curl -s -m 20 --cacert "$SITE/tls/ca.pem" -o "$WORK/said" -w "$1 %{http_code} " "$URL/$1"
    cat "$WORK/said"
}

# What the application must say of a web.config: says PAGE-AND-STATUS WORDS FILE
says() {
    echo "$1 $2$(python3 "$ENS/pins.py" "$3")"
}

# What a bundle will make of the pins, as far as pins.py looks: will_have NEW [GONE] makes after.config
will_have() {
    if [ $# -gt 1 ]; then grep -avF "$(cat "$2.hex")" before.config; else cat before.config; fi >after.config
    printf 'publicKeyString="%s"\n' "$(cat "$1.hex")" >>after.config
}

# Waits until an answer is this; any other is as it is, for a while: soon LINE-OF-says
soon() {
    local tries=0
    until [ "$(ask "${1%% *}")" = "$1" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || {
            echo "not '$1' but '$(ask "${1%% *}")'"
            return 1
        }
        sleep 0.2
    done
}

# Visitors ask all the time, and only what stands in the file `right` is a right answer.
visitors_come() {
    in_background "$WORK/visitors.out" "$ENS/visitors.py" "$URL" "$SITE/tls/ca.pem" "$WORK/right" "$WORK/visitors.log"
    VISITORS=$!
    wait_for "$WORK/visitors.log" "$VISITORS" "$WORK/visitors.out"
}
# Waits until the visitors were given this line of `right`, from when they came or after line NUMBER.
visitors_saw() { # LINE [NUMBER]
    local tries=0
    until tail -n "+$((${2:-0} + 1))" "$WORK/visitors.log" | grep -qF " $1"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 900 ] || ! kill -0 "$VISITORS" 2>/dev/null; then
            echo "the visitors did not see '$1'"
            return 1
        fi
        sleep 0.1
    done
}
visitors_go() {
    local status=0
    kill "$VISITORS" 2>/dev/null || true
    wait "$VISITORS" || status=$?
    cat "$WORK/visitors.out"
    return "$status"
}

ens_down() {
    local pid
    [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 20 "$WORK"/*.out "$SITE"/*.log 2>/dev/null || true
    while read -r pid; do
        kill "$pid" 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    done <"$WORK/pids"
}
