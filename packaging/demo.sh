#!/bin/bash
# SPDX-License-Identifier: MIT
# Shows a rotation of pinned keys from end to end, on this machine alone: `make demo`.
#
# Works in a folder of its own that it removes at the end (DEMO_KEEP=1 keeps it) and needs no
# rights. PINFERRY_BIN is the folder of the two programs.
set -euo pipefail

bin=$(cd "${PINFERRY_BIN:?the folder of the programs}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../tests/e2e/lib
dir=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-demo.XXXXXX")
server=
started=$SECONDS

leave() {
    local code=$?
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [ "${DEMO_KEEP:-}" = 1 ]; then
        echo "The demonstration's files are kept in $dir."
    else
        rm -rf "$dir"
    fi
    [ "$code" -eq 0 ] || echo "demo: stopped with exit $code" >&2
}
trap leave EXIT

# --- how things are shown -------------------------------------------------------------------------
bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'
fi
title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s# %s%s\n' "$dim" "$*" "$plain"; }

# A command line as a person would type it.
typed() {
    local word line=''
    for word; do
        case $word in
        '' | *[!A-Za-z0-9_./:=@%+,-]*) line+=" '${word//\'/\'\\\'\'}'" ;;
        *) line+=" $word" ;;
        esac
    done
    printf '%s$%s%s\n' "$bold" "$line" "$plain"
}

# A line of shell as it is.
line() { printf '%s$ %s%s\n' "$bold" "$1" "$plain"; }

# run COMMAND...: shown, run, its output shown and kept. refuse CODE COMMAND...: must give CODE.
run() { refuse 0 "$@"; }
refuse() {
    local want=$1 got=0
    shift
    typed "$@"
    "$@" >"$dir/said" 2>&1 || got=$?
    cat "$dir/said"
    cat "$dir/said" >>"$dir/log"
    [ "$want" -eq 0 ] || note "exit code $got"
    if [ "$got" -ne "$want" ]; then
        echo "demo: exit code $got, but $want was expected" >&2
        exit 1
    fi
}

sample() { python3 "$here/demo/data.py" "$@"; }
field() { python3 -c 'import json, sys; print(eval("json.load(sys.stdin)" + sys.argv[1]))' "$1"; }

# --- the stage ------------------------------------------------------------------------------------
PATH=$bin:$PATH
cd "$dir"
mkdir discovery stick stick2 server server/Website
"$tools/pki.sh" "$dir/discovery/tls"
cp "$here/demo/answer.json" discovery/answer.json
python3 "$tools/discovery.py" discovery/tls discovery/answer.json &
server=$!
for _ in $(seq 100); do
    [ -e discovery/tls/url ] && break
    sleep 0.1
done
url=$(cat discovery/tls/url)
sample keys 11 >new
head -n 9 new >keys-of-server
sample config keys-of-server server/Website/web.config
cp server/Website/web.config before.config

title 'A server behind the gap'
note 'Its web.config, as an administrator left it: UTF-8 with byte order mark, CRLF, comments,'
note 'a connection string with a password, nine pinned keys.'
run applier pins server/Website/web.config

title 'The connected side: fetch the keys, look at them, approve, sign'
run bundler init connected
cd connected
export PINFERRY_PASSPHRASE=$RANDOM-$RANDOM-$RANDOM
note 'The passphrase comes from PINFERRY_PASSPHRASE here; on a terminal it is asked for.'
run bundler keygen
run bundler fetch --url "$url" --cacert ../discovery/tls/ca.pem
note 'What an answer says is seen, not trusted: a person approves it, by fingerprint.'
run bundler pins
run bundler approve --all
printf 'CHG-0417: keys of the vendor'\''s article, for the new certificate of CNS.\n' >notes.txt
run bundler build --minimum 8 --notes notes.txt
run bundler export --enrol bundles/cns-pins-000001.tar ../stick
cd ..
run ls stick

title 'The server side: enrol once, by fingerprint over another channel'
fingerprint=$(sha256sum connected/keys/trust.xml | cut -c1-64)
note 'The fingerprint comes by telephone or on paper, never on the stick.'
run applier init --state server/state --site plant-7 --trust stick/trust.xml \
    --fingerprint "$fingerprint" --config server/Website/web.config

title 'Verify, plan, decide, apply'
first=stick/cns-pins-000001.tar
run applier verify --state server/state $first
run applier plan --state server/state $first -o plan.html
note "The page for the change board: $(wc -c <plan.html) bytes, one file, no script."
digest=$(applier plan --state server/state --json $first | field '["plan_digest"]')
run applier apply --state server/state $first --plan-digest "$digest"

title 'What changed, and what did not'
line 'diff -a before.config server/Website/web.config | cut -c1-100'
diff -a before.config server/Website/web.config | cut -c1-100 || true
note 'Without the new lines, the file is the old one, byte for byte:'
python3 -c 'import json; print("\n".join(*json.load(open("discovery/answer.json")).values()))' >new-keys
line 'grep -avFf new-keys server/Website/web.config | cmp - before.config && echo identical'
grep -avFf new-keys server/Website/web.config | cmp - before.config && echo identical
run applier apply --state server/state $first
note 'Once more is nothing: the file is not even opened for writing.'

title 'A bundle with one flipped bit'
cp $first tampered.tar
sample flip tampered.tar 1000 # within manifest.xml
refuse 11 applier apply --state server/state tampered.tar

title 'The next rotation: one key comes, one is retired'
fresh=$(tail -n 1 new)
sample answer discovery/answer.json "$fresh" >discovery/next.json
mv discovery/next.json discovery/answer.json
cd connected
refuse 3 bundler fetch --url "$url" --cacert ../discovery/tls/ca.pem --exit-code
run bundler approve --all
gone=$(head -n 1 ../new-keys | python3 -c 'import hashlib, sys
print(hashlib.sha256(bytes.fromhex(sys.stdin.read().strip())).hexdigest())')
note 'A key that is gone from the answer is not retired by that: a person does it, with a reason.'
run bundler retire "$gone" --reason 'replaced by the vendor in September'
run bundler build --minimum 8
note 'On a fresh stick: a medium has been elsewhere once it was plugged in.'
run bundler export bundles/cns-pins-000002.tar ../stick2
cd ..
second=stick2/cns-pins-000002.tar
run applier apply --state server/state $second --note CHG-0431

title 'The older bundle again'
refuse 14 applier apply --state server/state $first

title 'Going back, and forward again'
cp server/Website/web.config second.config
note 'The rollback would bring a retired key back, so it has to be asked for twice:'
refuse 22 applier rollback --state server/state
run applier rollback --state server/state --force
refuse 32 applier apply --state server/state
note 'A bundle that was rolled back waits until a person names it.'
run applier apply --state server/state $second
line 'cmp second.config server/Website/web.config && echo identical'
cmp second.config server/Website/web.config && echo identical
run applier status --state server/state

title 'Secrets'
note 'The password of the connection string, in everything that was printed, on the page,'
note 'and on the stick:'
password=$(sed -n 's/^PASSWORD = "\(.*\)".*/\1/p' "$here/demo/data.py")
# shellcheck disable=SC2016 # shown as it is
line 'grep -rF -e "$password" log plan.html stick stick2 || echo nowhere'
if grep -rF -e "$password" log plan.html stick stick2; then
    echo 'demo: the password got out' >&2
    exit 1
fi
echo nowhere

title 'Shown'
cat <<END
  fetched over verified TLS, approved by a person, signed: bundles 1 and 2
  enrolled by fingerprint, verified, planned, applied by plan digest
  pins added and retired; every other byte of web.config kept
  refused: a flipped bit (11), an older bundle (14), a retired key's return (22), a bundle on
  hold (32)
  rolled back and applied again; no password shown
END
echo "  in $((SECONDS - started)) seconds"
