#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up which lines the tests reached, by room, from gcov's data (through lcov).

Usage: coverage.py --build build/coverage [--least PERCENT]
Exit 1 if the total is below --least. Files that no test touched count with all their lines.
"""
import argparse
import collections
import os
import subprocess
import sys

ROOMS = ("base", "keys", "bundles", "bundler", "applier")


def capture(objects, target, *options):
    done = subprocess.run(["lcov", "--quiet", "--capture", "--directory", objects, "--base-directory",
                           ".", "--no-external", "--output-file", target, *options], text=True,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:  # lcov 1.16 warns about its own Perl at every run; shown only now
        sys.exit("coverage: lcov failed:\n" + done.stderr)


def read(path, lines):
    """Adds the DA records (line number, count) of a tracefile to lines[file][line]."""
    name = None
    with open(path) as file:
        for record in file:
            if record.startswith("SF:"):
                name = os.path.relpath(record[3:].strip())
            elif record.startswith("DA:"):
                number, count = record[3:].split(",")[:2]
                lines[name][int(number)] += int(count)


def main():
    parser = argparse.ArgumentParser(description="Line coverage by room.")
    parser.add_argument("--build", required=True)
    parser.add_argument("--least", type=float, default=0.0)
    given = parser.parse_args()
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    objects = os.path.join(given.build, "obj")
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for name, options in (("none.info", ["--initial"]), ("tests.info", [])):
        target = os.path.join(given.build, name)
        capture(objects, target, *options)
        read(target, lines)

    total = reached = 0
    for room in ROOMS:
        files = [name for name in sorted(lines) if name.startswith(room + "/")]
        count = sum(len(lines[name]) for name in files)
        hit = sum(sum(1 for n in lines[name].values() if n) for name in files)
        total, reached = total + count, reached + hit
        if count:
            print("%-8s %5.1f %%  (%d of %d lines)" % (room, 100.0 * hit / count, hit, count))
        for name in files:
            part = sum(1 for n in lines[name].values() if n)
            if 100.0 * part < given.least * len(lines[name]):
                print("  %-40s %5.1f %%" % (name, 100.0 * part / len(lines[name])))
    percent = 100.0 * reached / total if total else 0.0
    print("%-8s %5.1f %%  (%d of %d lines)" % ("total", percent, reached, total))
    if percent < given.least:
        print("coverage: below the %g %% that are asked for" % given.least, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
