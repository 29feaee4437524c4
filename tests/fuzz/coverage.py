#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines of the readers the fuzz corpora reach, file by file, from gcov's data (through lcov).

Usage: coverage.py --build build/fuzz-coverage/coverage [--least PERCENT] [--show]
Not counted are lines that run only when memory runs out or libcrypto fails inside: a line that calls
err_memory or gives ERR_CRYPTO, a block whose only way in is such a check, and what follows the
failure of a call in INNER (see `excused`). --show lists the others
that were not reached. Exit 1 if a file is below --least.
"""
import argparse
import collections
import importlib.util
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# What reads bytes that somebody else may have written. (bundler/workspace.c and sequence.c have a
# target each and are not here: most of them does not read.)
READERS = """
base/text.c base/when.c base/zone.c
keys/elem.c keys/extension.c keys/pin.c keys/pinfile.c keys/pinfile_der.c
keys/sigfile.c keys/sigfile_cert.c keys/sigfile_taken.c keys/trust.c keys/trust_step.c
bundles/tarhead.c bundles/tarball.c bundles/naming.c bundles/manifest.c bundles/receipt.c bundles/statement.c
bundles/bundle.c bundles/bundle_parts.c bundles/bundle_check.c bundles/bundle_payload.c
bundler/registry.c bundler/ledger_file.c
applier/state_file.c applier/run_file.c applier/window_file.c applier/hosting.c
applier/webconfig.c applier/webconfig_text.c applier/webconfig_lex.c applier/webconfig_selector.c
applier/webconfig_outline.c applier/webconfig_value.c applier/webconfig_section.c
applier/webconfig_style.c applier/webconfig_splice.c applier/webconfig_unsplice.c
applier/webconfig_create.c applier/webconfig_declared.c
applier/webconfig_source.c applier/webconfig_outline_source.c applier/webconfig_path.c
applier/webconfig_proof.c applier/webconfig_proof_tree.c applier/webconfig_proof_bytes.c
applier/webconfig_proof_create.c
""".split()


def lcov():
    """tests/lint/coverage.py, which knows how to ask lcov."""
    spec = importlib.util.spec_from_file_location("rooms", os.path.join(ROOT, "tests/lint/coverage.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def excused(name):
    """Numbers of the lines that run only without memory: those with err_memory, and the rest of the
    smallest block around it when that block has nothing but it, frees, returns and braces."""
    with open(os.path.join(ROOT, name)) as file:
        lines = file.read().split("\n")
    harmless = re.compile(r"^\s*(err_memory\(err\);|return\b.*;|goto \w+;|\w*free\w*\(.*\);|\w+_release\(.*\);|"
                          r"ok = (false|err_memory\(err\));|\}|)$")
    found = set()
    for at, line in enumerate(lines):
        if not ("err_memory(" in line or "ERR_CRYPTO" in line or follows_inner(lines, at)):
            continue
        found.add(at + 1)
        if "err_memory(" not in line:
            continue
        first, last = at, at
        while first > 0 and harmless.match(lines[first - 1]):
            first -= 1
        while last + 1 < len(lines) and harmless.match(lines[last]) and lines[last].strip() != "}":
            last += 1
        if lines[first - 1].rstrip().endswith("{") and re.search(r"NULL|== 0|< 0|!", lines[first - 1]):
            found.update(range(first + 1, last + 2))
    return found


# Calls that fail only without memory or inside libcrypto, given what their callers pass.
INNER = re.compile(r"buf_(add\w*|reserve|printf)|crypto_(sha256|hash_\w+)|shadow_make|strlen|sizeof")


def follows_inner(lines, at):
    """Whether a "return false" at this index is reached only when calls of INNER fail."""
    if lines[at].strip() not in ("return false;", "return NULL;", "goto fail;", "break;"):
        return False
    text = ""
    for before in range(at - 1, max(at - 5, -1), -1):
        text = lines[before] + text
        if re.match(r"\s*(\} else )?if \(", lines[before]):
            calls = re.findall(r"(\w+)\(", text.split("if (", 1)[1])
            if not calls and "== NULL" in text:  # what the line before asked for
                calls = re.findall(r"= .*?(\w+)\(", lines[before - 1])
            return bool(calls) and all(INNER.fullmatch(call) for call in calls)
    return False


def main():
    parser = argparse.ArgumentParser(description="Line coverage of the readers.")
    parser.add_argument("--build", required=True)
    parser.add_argument("--least", type=float, default=0.0)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    os.chdir(ROOT)
    rooms = lcov()
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for name, options in (("none.info", ["--initial"]), ("fuzz.info", [])):
        target = os.path.join(given.build, name)
        rooms.capture(os.path.join(given.build, "obj"), target, *options)
        rooms.read(target, lines)
    low = 0
    for name in READERS:
        without = excused(name)
        counted = {n: hits for n, hits in lines[name].items() if hits or n not in without}
        missed = sorted(n for n, hits in counted.items() if not hits)
        percent = 100.0 * (len(counted) - len(missed)) / len(counted) if counted else 0.0
        low += percent < given.least
        print("%-36s %5.1f %%  (%d of %d lines, %d excused)%s" % (
            name, percent, len(counted) - len(missed), len(counted), len(lines[name]) - len(counted),
            "  too low" if percent < given.least else ""))
        if given.show and missed:
            print("    not reached: " + " ".join(map(str, missed)))
    if low:
        print("coverage: %d files below the %g %% that are asked for" % (low, given.least), file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
