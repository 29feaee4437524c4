#!/bin/sh
# SPDX-License-Identifier: MIT
# A site's check that knows the application: exit 0 once it has notified CNS, else 1.
# Usage: check.sh URL CA SECONDS LOG [WEB.CONFIG]
# Asks again for so many seconds: right after a change the application may answer with its old pins,
# or with nothing. With WEB.CONFIG it first waits until the application has read that file, and then
# takes the first whole answer: the old answer would be a good one if a bundle took away the key in
# use. What the application said goes to LOG.
set -eu
url=$1 ca=$2 log=$4 config=${5-}
end=$(($(date +%s) + $3))

ask() { # PAGE: its text goes to $said; nothing more is asked when the time is over
    [ "$(date +%s)" -lt "$end" ] || exit 1
    said=$(curl -s --max-time 15 --cacert "$ca" "$url/$1") || said=nothing
    echo "$1 $said" >>"$log"
}

if [ -n "$config" ]; then
    want="alive: $(python3 "$(dirname "$0")/pins.py" "$config")"
    until ask alive && [ "$said" = "$want" ]; do sleep 0.2; done
fi
while ask notify; do
    case $said in
    notified:*) exit 0 ;;
    refused:*) [ -z "$config" ] || exit 1 ;;
    esac
    sleep 0.2
done
