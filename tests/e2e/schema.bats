#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The RELAX NG schemas of docs/schema/ against the vectors of tests/vectors/.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    command -v xmllint >/dev/null || skip 'xmllint is not installed'
}

# Columns 1, 2, 13 and 14 of the index's rows that have a word about a schema.
documents() {
    awk -F'\t' '!/^#/ && $13 != "-" { print $1 "\t" $2 "\t" $13 "\t" $14 }' tests/vectors/index.tsv
}

is_valid() { # KIND FILE
    xmllint --nonet --noout --relaxng "docs/schema/$1.rng" "$2" >/dev/null 2>&1
}

@test "each schema compiles and refuses the documents of other kinds" {
    for schema in trust manifest statement request receipt; do
        for kind in trust manifest statement request receipt; do
            file=$(documents | awk -F'\t' -v k="$kind" '$2 == k && $3 == "valid" { print $1; exit }')
            if [ "$schema" = "$kind" ]; then
                is_valid "$schema" "tests/vectors/$file"
            else
                run xmllint --nonet --noout --relaxng "docs/schema/$schema.rng" "tests/vectors/$file"
                [ "$status" -eq 3 ] # 5: the schema itself is wrong
            fi
        done
    done
}

@test "the schemas say of each single document what the index says" {
    count=0 wrong=0
    while IFS=$'\t' read -r file kind expected note; do
        if is_valid "$kind" "tests/vectors/$file"; then got=valid; else got=invalid; fi
        count=$((count + 1))
        if [ "$got" != "$expected" ]; then
            echo "$file ($note): $got, the index says $expected"
            wrong=$((wrong + 1))
        fi
    done < <(documents)
    [ "$count" -gt 200 ]
    [ "$wrong" -eq 0 ]
}

@test "the documents in accepted bundles are valid" {
    count=0
    while read -r file; do
        tar -xf "tests/vectors/$file" -C "$BATS_TEST_TMPDIR" --wildcards '*.xml'
        is_valid manifest "$BATS_TEST_TMPDIR/manifest.xml"
        for set in "$BATS_TEST_TMPDIR"/trust/*.xml; do
            # a set below the site's own is not parsed, and one vector puts no set there
            if [ -e "$set" ] && [ "$file" != bundles/05-below.tar ]; then
                is_valid trust "$set"
            fi
        done
        rm -r "${BATS_TEST_TMPDIR:?}"/*
        count=$((count + 1))
    done < <(awk -F'\t' '$2 == "bundle" && $9 == 0 { print $1 }' tests/vectors/index.tsv | sort -u)
    [ "$count" -gt 10 ]
}
