#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks a program for Windows as it was linked. Fails, saying why, if it needs a library that is not
# Windows' own, lacks a protection, or holds a path of the machine that built it.
# Usage: packaging/windows/finish.sh PROGRAM OBJDUMP DLL...
set -eu
export LC_ALL=C

program=$1 objdump=$2
shift 2
fail() {
    echo "$program: $1" >&2
    exit 1
}

headers=$("$objdump" -p "$program")
has() { printf '%s\n' "$headers" | grep -qE "$1"; }
for flag in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
    has "^[[:space:]]+$flag$" || fail "it lacks $flag"
done
has '^Subsystem.*Windows CUI' || fail 'it is no console program'
has '\.reloc' || fail 'it cannot be moved in memory: it has no relocations'
for dll in $(printf '%s\n' "$headers" | sed -n 's/^[[:space:]]*DLL Name: //p'); do
    case " $* " in
    *" $dll "*) ;;
    *) fail "it needs $dll" ;;
    esac
done
paths=$({ strings -n 4 "$program"; strings -n 4 -e l "$program"; } |
    grep -F -e "$PWD" -e "${HOME:-/nonexistent/home}/" -e /pinferry-libs. | head -n 3) || true
[ -z "$paths" ] || fail "it holds a path of this machine: $paths"
