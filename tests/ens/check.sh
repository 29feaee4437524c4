#!/bin/sh
# SPDX-License-Identifier: MIT
# A site's check that knows the application: exit 0 if it notifies CNS with the pins of WEB.CONFIG.
# Usage: check.sh URL CA SECONDS LOG WEB.CONFIG
# Right after a change the application may answer with its old pins, and while it restarts with
# nothing. So this waits until it has the pins that the file has, for so many seconds, and takes the
# first whole answer then: an answer of before would be a good one if a bundle took the key in use
# away. What the application said goes to LOG.
set -eu
url=$1 ca=$2 log=$4 config=$5
end=$(($(date +%s) + $3))

ask() { # PAGE: its text goes to $said; nothing more is asked when the time is over
    [ "$(date +%s)" -lt "$end" ] || exit 1
    said=$(curl -s --max-time 15 --cacert "$ca" "$url/$1") || said=nothing
    echo "$1 $said" >>"$log"
}

want="alive: $(python3 "$(dirname "$0")/pins.py" "$config")"
until ask alive && [ "$said" = "$want" ]; do sleep 0.2; done
while ask notify; do
    case $said in
    notified:*) exit 0 ;;
    refused:*) exit 1 ;;
    esac
    sleep 0.2
done
