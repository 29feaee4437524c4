#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The hostile suite itself: it can fail, and others can use it. `make hostile` runs all of it.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
    command -v python3 >/dev/null || skip 'python3 is not installed'
}

suite() {
    run python3 tests/hostile/run.py "$@"
    echo "$output"
}

@test "a verifier that accepts everything fails, and so does one that refuses everything" {
    suite --verifier true --only Container/plain --only Container/zeros
    [ "$status" -eq 1 ]
    [[ $output == *'1 passed, 1 failed'* ]]
    suite --verifier false --only Container/plain --only Container/zeros
    [ "$status" -eq 1 ]
    [[ $output == *'0 passed, 2 failed'* ]]
    [[ $output == *'FAIL  Container/zeros (10 container.member)'*'exit 10 expected, 1 came'* ]]
}

@test "an adapter is given the bundle, the trust set and what the site has" {
    suite --only State/good-clock --only State/sequence-same --only Trust/good-step --verifier \
        'python3 tests/vectors/second_reader.py {trust} {bundle} {site} {last} {floor} {local}'
    [ "$status" -eq 0 ]
    [[ $output == *' passed, 0 failed'* ]]
}

@test "the applier and a case of each class" {
    suite --only Container/stock-tar --only Signature/table-attributes-stripped \
        --only Trust/thief-after-dropped --only Manifest/good-escapes --only State/held \
        --only Statement/other-nonce --only Statement/good-expired --only Medium/link \
        --only web.config/doctype --only Secrets/good-comment
    [ "$status" -eq 0 ]
    [[ $output == *'web.config'*'Secrets'*' passed, 0 failed'* ]]
    # what the hungriest process of a class took
    [[ $output =~ Statement.*' '[0-9.]+' s '+[0-9]+' MiB' ]]
}

@test "a verifier of statements is given the folder and what the site has" {
    suite --only Statement/other-site --only Statement/good-reset --statements \
        'python3 tests/vectors/second_reader.py --statement {trust} {statement} {site} {nonce}'
    [ "$status" -eq 0 ]
    [[ $output == *' passed, 0 failed'* ]]
    suite --only Statement/other-site --only Statement/good-reset --statements true
    [ "$status" -eq 1 ]
    [[ $output == *'FAIL  Statement/other-site (15 scope.site)'*'exit 15 expected, 0 came'* ]]
}

@test "processor time and memory of each process are measured, and a hang ends" {
    run python3 - "$BATS_TEST_TMPDIR" <<'END'
import os, sys
sys.path.insert(0, "tests/hostile")
from ground import Host
host, log = Host(None, sys.argv[1], "", ""), os.path.join(sys.argv[1], "log")
open(log, "w").close()
start = lambda *argv, seconds=60: host.start(
    argv=argv, cwd=sys.argv[1], env=dict(os.environ), output=log, seconds=seconds)
big = bytes(200 << 20)  # what this process holds is not counted
small = start("sh", "-c", "echo said; exit 3")
assert small["status"] == 3 and small["kib"] < 65536 and not small["late"], small
assert open(log).read() == "said\n"
hungry = start(sys.executable, "-c", "x = b'x' * (100 << 20)")
assert hungry["kib"] > 100 << 10, hungry
busy = start(sys.executable, "-c", "import time\nwhile time.process_time() < 1: pass")
assert busy["processor"] >= 1, busy
late = start("sleep", "60", seconds=1)
assert late["late"] and late["status"] == -9 and late["processor"] < 1, late
END
    echo "$output"
    [ "$status" -eq 0 ]
    local limit
    for limit in PROCESSOR_SECONDS MEMORY_KIB; do # more than nothing is too much
        run python3 -c "import sys
sys.path.insert(0, 'tests/hostile')
import ground, run
ground.$limit = 0
sys.argv[1:] = ['--only', 'Container/plain']
sys.exit(run.main())"
        echo "$output"
        [ "$status" -eq 1 ]
        [[ $output == *'FAIL  Container/plain'*took* ]]
    done
}

@test "written cases have an index that the second reader takes" {
    suite --write "$BATS_TEST_TMPDIR/cases" --only Trust/good --only Trust/kept --only Manifest/newer
    [ "$status" -eq 0 ]
    run python3 tests/vectors/second_reader.py "$BATS_TEST_TMPDIR/cases/index.tsv"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "there are over 300 cases, refusals and good ones in each class" {
    python3 tests/hostile/run.py --list > "$BATS_TEST_TMPDIR/list"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/list")" -gt 300 ]
    for class in Container Signature Trust Manifest State Statement Medium web.config Secrets; do
        [ "$(grep -c "^$class/.*	0	none	" "$BATS_TEST_TMPDIR/list")" -ge 3 ]
        [ "$(grep "^$class/" "$BATS_TEST_TMPDIR/list" | grep -vc '	0	none	')" -ge 25 ]
    done
}
