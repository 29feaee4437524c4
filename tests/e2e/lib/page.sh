#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints the commands of a page: its code blocks that begin with "```sh NAME", in the order asked.
# Usage: page.sh PAGE NAME...     Fails when a block is not there.
set -eu
page=$1
shift
for name in "$@"; do
    awk -v begin="\`\`\`sh $name" '
        $0 == begin { on = found = 1; next }
        /^```/      { on = 0 }
        on          { print }
        END         { exit !found }' "$page" || { echo "$page has no block $name" >&2; exit 1; }
done
