#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A sample of the fault campaign; `make faults` runs all of it (docs/faults.md).

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    [ -x "$PINFERRY_TEST_BIN/faults_trace" ] || skip 'faults_trace was not built: make faults'
}

@test "a recovery killed, failing and without power at some of its calls" {
    run python3 tests/faults/run.py --only 'one exchanged' --every 15 \
        --part kills --part faults --part cuts
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed ]]
}

@test "another program writing to a target at some calls of an apply" {
    run python3 tests/faults/run.py --only apply --part writers --every 29
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'noticed, and in force'*'made to the new file'* ]]
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed ]]
}

@test "another program changing what configSource names, or the name, at some calls" {
    run python3 tests/faults/run.py --only configSource --part writers --every 97
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *'pins.config changed'*'with configSource changed'* ]]
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed ]]
}
