#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks a program for Windows as it was linked, then strips it. Fails, saying why, if it needs a
# library that is not Windows' own, exports anything, lacks a protection or what its manifest is to
# say, or holds a path of the machine that built it.
# Usage: packaging/windows/finish.sh PROGRAM PREFIX-OF-THE-BINARY-TOOLS DLL...
set -eu
export LC_ALL=C

program=$1 tools=$2
shift 2
fail() {
    echo "$program: $1" >&2
    exit 1
}

headers=$("${tools}objdump" -p "$program")
has() { printf '%s\n' "$headers" | grep -qE "$1"; }
for flag in HIGH_ENTROPY_VA DYNAMIC_BASE NX_COMPAT; do
    has "^[[:space:]]+$flag$" || fail "it lacks $flag"
done
has '^Subsystem.*Windows CUI' || fail 'it is no console program'
has '\.reloc' || fail 'it cannot be moved in memory: it has no relocations'
has '^Entry 0 0+ 0+ Export Directory' || fail 'it exports functions, as only a library should'
for dll in $(printf '%s\n' "$headers" | sed -n 's/^[[:space:]]*DLL Name: //p'); do
    case " $* " in
    *" $dll "*) ;;
    *) fail "it needs $dll" ;;
    esac
done

# the stack protector, and the checks of the C library's functions that take memory
"${tools}nm" "$program" >"$program.nm"
for name in __stack_chk_fail __memcpy_chk; do
    grep -q " T $name\$" "$program.nm" || fail "it was built without $name"
done
rm "$program.nm"
SOURCE_DATE_EPOCH=0 "${tools}strip" "$program" # or it would put in the time of the day
TZ=UTC "${tools}objdump" -p "$program" | grep -q '^Time/Date.*00:00:00 1970' || fail 'it holds a time'

for said in 'level="asInvoker"' '>true</longPathAware>' '{1f676c76-80e1-4239-95bb-83d0f6d0da78}'; do
    grep -qaF "$said" "$program" || fail "its manifest lacks $said"
done
"${tools}objdump" -s -j .rsrc "$program" | grep -q 'bd04effe' || fail 'it has no version information'
paths=$({ strings -n 4 "$program"; strings -n 4 -e l "$program"; } |
    grep -F -e "$PWD" -e "${HOME:-/nonexistent/home}/" -e /pinferry-libs. | head -n 3) || true
[ -z "$paths" ] || fail "it holds a path of this machine: $paths"
