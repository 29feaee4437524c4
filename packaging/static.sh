#!/bin/sh
# SPDX-License-Identifier: MIT
# Checks a static program as it was linked, then strips it. Fails, saying why, if it needs a library,
# has a fixed address, a writable table of addresses, a function of sockets, or a path of the machine
# that built it. Usage: packaging/static.sh PROGRAM [PREFIX OF THE BINARY TOOLS]
set -eu
export LC_ALL=C

program=$1 tools=${2-}
fail() {
    echo "$program: $1" >&2
    exit 1
}

headers=$("${tools}readelf" -Wdlh "$program")
has() { printf '%s\n' "$headers" | grep -qE "$1"; }
if has '\(NEEDED\)'; then fail 'it needs a shared library'; fi
if has '[[:space:]]INTERP[[:space:]]'; then fail 'it needs the loader'; fi
has 'Type: +DYN' || fail 'it is not position independent'
has 'FLAGS_1.*PIE' || fail 'it is not marked as position independent'
has 'GNU_RELRO' || fail 'it has no RELRO segment'
has 'BIND_NOW|FLAGS_1.*NOW' || fail 'its relocations are not all done at the start'
if has 'GNU_STACK.* RWE'; then fail 'its stack is executable'; fi

# what glibc itself calls is named with underscores too
sockets=$("${tools}nm" "$program" | awk '$3 ~ /^(__(libc_)?)?(socket|socketpair|connect|bind|listen|accept4?|getaddrinfo|gethostby[a-z]*|sendto|sendmsg|recvfrom|recvmsg)$/ { print $3 }')
[ -z "$sockets" ] || fail "it holds functions of sockets: $(echo "$sockets" | tr '\n' ' ')"

"${tools}strip" "$program"
paths=$(strings -n 4 "$program" | grep -F -e "$PWD" -e "${HOME:-/nonexistent/home}/" -e /pinferry-libs. | head -n 3) || true
[ -z "$paths" ] || fail "it holds a path of this machine: $paths"
