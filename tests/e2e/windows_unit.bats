#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Unit tests of what only Windows has, under wine; what wine cannot show is played by the tests
# (tests/windows/unit).

@test "unit tests of base/*_win32.c" {
    local unit failed=0 count=0
    [ -n "${PINFERRY_WINE-}" ] || skip 'run by `make windows-check`: it needs wine and the .exe files'
    for unit in "$PINFERRY_TEST_EXE"/unit/test_*.exe; do
        [ -f "$unit" ] || { echo "no unit test was built in $PINFERRY_TEST_EXE/unit"; return 1; }
        run timeout 200 "${PINFERRY_WINE_PROGRAM:-/usr/lib/wine/wine64}" "$unit"
        count=$((count + 1))
        [ "$status" -eq 0 ] || { echo "${unit##*/}: exit $status"; echo "$output"; failed=1; }
    done
    [ "$failed" -eq 0 ]
    [ "$count" -ge "$(ls tests/windows/unit/test_*.c | wc -l)" ]
}
