#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/fuzz/corpus/ anew: of seeds, present corpus and what fuzzing found only the inputs that
reach something which no smaller one does, by libFuzzer's merge.

Usage: corpus.py --work build/fuzz/work PROGRAM...
Inputs that are seeds keep their names; others are called by the SHA-1 of their bytes.
"""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(ROOT, "tests", "fuzz", "corpus")


def contents(folder):
    """{SHA-1: (name, bytes)} of a folder that may be absent."""
    found = {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), "rb") as file:
            content = file.read()
        found.setdefault(hashlib.sha1(content).hexdigest(), (name, content))
    return found


def merge(program, seeds, work):
    target = os.path.basename(program)[len("fuzz_"):]
    sources = [os.path.join(seeds, target), os.path.join(CORPUS, target), os.path.join(work, target)]
    inputs = {}
    for source in reversed(sources):  # a seed's name wins
        inputs.update(contents(source))
    with tempfile.TemporaryDirectory() as folder:
        into, out_of = os.path.join(folder, "into"), os.path.join(folder, "out-of")
        os.mkdir(into)
        os.mkdir(out_of)
        for digest, (_, content) in inputs.items():
            with open(os.path.join(out_of, digest), "wb") as file:
                file.write(content)
        done = subprocess.run([program, "-set_cover_merge=1", "-use_counters=0",
                               "-timeout=20", into, out_of],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit("corpus: %s failed:\n%s" % (target, done.stdout.decode(errors="replace")[-2000:]))
        kept = contents(into)
    place = os.path.join(CORPUS, target)
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place)
    for digest in kept:
        name, content = inputs[digest]
        with open(os.path.join(place, name), "wb") as file:
            file.write(content)
    print("corpus: %-10s %3d of %d inputs, %d bytes" % (
        target, len(kept), len(inputs), sum(len(content) for _, content in kept.values())))


def main():
    parser = argparse.ArgumentParser(description="Minimises the fuzz corpora.")
    parser.add_argument("--work", required=True)
    parser.add_argument("programs", nargs="+")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as seeds:
        subprocess.run([sys.executable, os.path.join(ROOT, "tests/fuzz/seeds.py"), seeds], check=True,
                       stdout=subprocess.DEVNULL)
        for program in given.programs:
            merge(program, seeds, given.work)


if __name__ == "__main__":
    main()
