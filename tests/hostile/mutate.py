#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Switches each check that decides on trust off in turn (base/policy.h) and expects a test to notice.

First the hostile cases that expect the check's reason are asked, one after the other, of the test
build; for a check that no bundle or statement can reach (a plan's) the unit tests are. Prints
each check with the first test that noticed; the closing line counts the checks.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

import ground
from kit import Kit
from run import chosen, outcome

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SWITCH = "PINFERRY_TEST" + "_OFF"
ROOMS = ("base", "keys", "bundles", "applier")


def marks():
    """(name, "room/file.c") of every POLICY() in the sources."""
    found = []
    for room in ROOMS:
        for name in sorted(os.listdir(os.path.join(ROOT, room))):
            if name.endswith(".c"):
                with open(os.path.join(ROOT, room, name), encoding="utf-8") as file:
                    found += [(mark, "%s/%s" % (room, name))
                              for mark in re.findall(r'POLICY\(\s*"([^"]+)"', file.read())]
    return found


def unit_tests(folder, source):
    """Those of the file first: test_bundle_check, test_bundle, then the others of the room's."""
    stem = os.path.basename(source)[:-2].split("_")
    own = ["_".join(["test"] + stem[:n]) for n in range(len(stem), 0, -1)]
    rest = ["test_open", "test_plan", "test_statement", "test_bundle", "test_trust_rules",
            "test_vectors"]
    return [n for n in dict.fromkeys(own + rest) if os.path.exists(os.path.join(folder, n))]


def noticed_by_case(host, cases, mark):
    reason = mark.split("/")[0]
    for case in cases:
        if case.reason == reason and outcome(lambda c: ground.check(host, c), case) is not None:
            return "%s/%s" % (case.group, case.name)
    return None


def noticed_by_unit(folder, source, mark):
    for name in unit_tests(folder, source):
        done = subprocess.run([os.path.join(folder, name)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                              env=dict(os.environ, **{SWITCH: mark}))
        if done.returncode != 0:
            return name
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--only", help="the checks whose name holds this text")
    given = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="pinferry-mutate.")
    program = os.path.join(os.path.abspath(given.build), "test", "bin", "applier")
    units = os.path.join(os.path.abspath(given.build), "test", "bin", "unit")
    cases = chosen(None)
    survived = count = 0
    try:
        host = ground.Host(Kit(folder), folder, program, program)
        for mark, source in marks():
            if given.only and given.only not in mark:
                continue
            host.environment = {SWITCH: mark}
            test = noticed_by_case(host, cases, mark) or noticed_by_unit(units, source, mark)
            count += 1
            survived += test is None
            print("%-32s %s" % (mark, test or "NOTHING NOTICED"), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (count - survived, survived))
    return 1 if survived or not count else 0


if __name__ == "__main__":
    sys.exit(main())
