#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A second reader, written from docs/format.md in another language, gives the vectors' answers too:
# what the text says and what the program does are the same.

@test "a second reader of format 1 gives the answers of the vectors" {
    cd "$BATS_TEST_DIRNAME/../.."
    command -v python3 >/dev/null || skip 'python3 is not installed'
    run python3 tests/vectors/second_reader.py tests/vectors/index.tsv
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} == *' rows, 0 wrong' ]]
}
