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
        --only Medium/link --only web.config/doctype --only Secrets/good-comment
    [ "$status" -eq 0 ]
    [[ $output == *'web.config'*'Secrets'*' passed, 0 failed'* ]]
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
    for class in Container Signature Trust Manifest State Medium web.config Secrets; do
        [ "$(grep -c "^$class/.*	0	none	" "$BATS_TEST_TMPDIR/list")" -ge 3 ]
        [ "$(grep "^$class/" "$BATS_TEST_TMPDIR/list" | grep -vc '	0	none	')" -ge 25 ]
    done
}
