# SPDX-License-Identifier: MIT
# What differs between the systems that the programs are for: the other files of lib/ source it. The
# tests themselves always run on Linux; where $PINFERRY_WINE is set, the programs are those for Windows,
# and wrap.py turns the paths in arguments and output both ways.

on_windows() { [ -n "${PINFERRY_WINE-}" ]; }

# linux_only WHY: leaves out a test that the programs for Windows cannot pass, and says why.
linux_only() {
    if on_windows; then
        skip "not with the programs for Windows: $1"
    fi
}

# An absolute path as it must stand in a file that the programs read.
native() {
    case $1 in
    "${PINFERRY_WINE:-//}"/*) printf 'S:%s' "${1#"$PINFERRY_WINE"}" ;;
    *) printf '%s%s' "${PINFERRY_WINE:+Z:}" "$1" ;;
    esac
}

# A word as the programs quote it for the shell of their system.
quoted() {
    if on_windows; then printf '"%s"' "$1"; else printf "'%s'" "$1"; fi
}

# modes MODE FILE...: each has this mode. On Windows an access list is what keeps others out, which
# wine does not keep.
modes() {
    local mode=$1 file
    shift
    on_windows && return
    for file; do
        [ "$(stat -c %a "$file")" = "$mode" ] || {
            echo "$file has mode $(stat -c %a "$file"), not $mode"
            return 1
        }
    done
}
