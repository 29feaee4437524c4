#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hostile suite of format 1: what a verifier must refuse, and good cases among it.

run.py                          the applier, in $PINFERRY_BIN and $PINFERRY_TEST_BIN (or build/)
run.py --all                    also the second reader, and each bit of a bundle and a statement
                                (make hostile)
run.py --verifier 'COMMAND'     another verifier, for the bundle cases (docs/conformance.md)
run.py --statements 'COMMAND'   another verifier, for the cases about statements
run.py --write DIR              the cases of both as files, with an index
run.py --list                   the cases
--only TEXT takes the cases whose CLASS/NAME holds TEXT; several are alternatives.
--each N takes the first N cases of each class and exit code.
"""
import argparse
import concurrent.futures
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import traceback

import cases_container
import cases_manifest
import cases_medium
import cases_secrets
import cases_signature
import cases_state
import cases_statement
import cases_trust
import cases_webconfig
import ground
from kit import Kit, make, stamp

MODULES = (cases_container, cases_signature, cases_trust, cases_manifest, cases_state,
           cases_statement, cases_medium, cases_webconfig, cases_secrets)
WORKERS = 2
TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SECOND_READER = ("%s '%s' {trust} {bundle} {site} {last} {floor} {local}"
                 % (sys.executable, os.path.join(TREE, "tests", "vectors", "second_reader.py")))
SECOND_READER_STATEMENTS = ("%s '%s' --statement {trust} {statement} {site} {nonce}"
                            % (sys.executable, os.path.join(TREE, "tests", "vectors", "second_reader.py")))
COLUMNS = "file kind trust site last floor local digest exit reason reached signed schema note"


def chosen(only):
    cases = [case for module in MODULES for case in module.CASES.all]
    names = [(c.group, c.name) for c in cases]
    assert len(set(names)) == len(names), [n for n in names if names.count(n) > 1]
    return [c for c in cases if not only or any(o in "%s/%s" % (c.group, c.name) for o in only)]


def first_of_each(cases, count):
    kinds = {}
    for case in cases:
        kinds.setdefault((case.group, case.code), []).append(case)
    return [case for of in kinds.values() for case in of[:count]]


class Files:
    """A question as files and words, for those who do not share our memory."""

    def __init__(self, kit, folder):
        self.kit, self.folder = kit, folder
        for name in ("trust", "bundles", "statements"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def row(self, case):
        question = case.question(self.kit)
        trust = question.trust or self.kit.trust()
        row = dict.fromkeys(COLUMNS.split(), "-")
        row.update(trust="trust/%s.xml" % hashlib.sha256(trust).hexdigest()[:16], site=question.site,
                   exit=str(case.code), reason=case.reason, note=case.note or case.name.replace("-", " "))
        (self.write_statement if case.statement else self.write_bundle)(case, question, row)
        if not os.path.exists(self.path(row["trust"])):
            part = self.path(row["file"].rstrip("/") + ".part")  # others may read it meanwhile
            make.write(part, trust)
            os.rename(part, self.path(row["trust"]))
        return row

    def write_bundle(self, case, question, row):
        row.update(
            file="bundles/%s-%s.tar" % (case.group.lower(), case.name), kind="bundle",
            last="%d/%d/%s" % question.last if question.last else "-",
            floor="-" if question.floor is None else stamp(question.floor),
            local=stamp(self.kit.now if question.local is None else question.local),
            reached=str(question.reached or "-"))
        with open(self.path(row["file"]), "wb") as file:
            if callable(question.bundle):
                question.bundle(file)
            else:
                file.write(question.bundle)

    def write_statement(self, case, question, row):
        row.update(file="statements/%s" % case.name, kind="statement-folder", digest=question.nonce)
        os.makedirs(self.path(row["file"]), exist_ok=True)
        for name, data in question.files:
            make.write(os.path.join(self.path(row["file"]), name), data)

    def remove(self, row):
        if row["kind"] == "bundle":
            os.remove(self.path(row["file"]))
        else:
            shutil.rmtree(self.path(row["file"]))


def ask_verifier(files, command, case):
    row = files.row(case)
    words = dict(row, trust=files.path(row["trust"]), nonce=row["digest"])
    words["statement" if case.statement else "bundle"] = files.path(row["file"])
    try:
        done = subprocess.run([word.format(**words) for word in shlex.split(command)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=ground.SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ground.Wrong("took more than %d seconds" % ground.SECONDS) from None
    finally:
        files.remove(row)
    ground.need(done.returncode == case.code, "exit %d expected, %d came: %s" % (
        case.code, done.returncode, done.stdout.decode(errors="replace")[-300:]))


def outcome(question, case):
    """None, or why the case failed, or a NotHere."""
    try:
        question(case)
        return None
    except ground.NotHere as why:
        return why
    except ground.Wrong as wrong:
        return str(wrong)
    except Exception:  # a fault of the suite is a failure of its case, not of the run
        return traceback.format_exc()


def table(cases, failed, worst):
    """One line a class; with what the hungriest process of it took, where that was measured."""
    print("%-12s %6s %9s %9s %7s" % ("class", "cases", "refused", "accepted", "failed")
          + (" %10s %8s" % ("processor", "memory") if worst else ""))
    for group in list(dict.fromkeys(c.group for c in cases)):
        of = [c for c in cases if c.group == group]
        well = [c for c in of if c not in failed]
        most = worst.of(group) if worst else None
        print("%-12s %6d %9d %9d %7d" % (group, len(of), sum(c.code != 0 for c in well),
                                         sum(c.code == 0 for c in well), len(of) - len(well))
              + (" %8.2f s %4.0f MiB" % (most[0], most[1] / 1024) if most else ""))


def run_all(cases, question, worst=None):
    """The cases that failed and those that could not be asked."""
    failed, left_out = [], {}
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for case, why in zip(cases, pool.map(lambda c: outcome(question, c), cases)):
            if isinstance(why, ground.NotHere):
                left_out.setdefault(str(why), []).append(case)
            elif why is not None:
                failed.append(case)
                print("FAIL  %s/%s (%s)\n      %s" % (
                    case.group, case.name, "%d %s" % (case.code, case.reason), why), flush=True)
    skipped = [case for of in left_out.values() for case in of]
    table([c for c in cases if c not in skipped], failed, worst)
    for why, of in left_out.items():
        print("SKIP  %s: %s" % (why, " ".join("%s/%s" % (c.group, c.name) for c in of)))
    return failed, skipped


def write(cases, files):
    with open(os.path.join(files.folder, "index.tsv"), "w", encoding="utf-8") as index:
        index.write("# made at %s\n# %s\n" % (stamp(files.kit.now), COLUMNS.replace(" ", "\t")))
        for case in cases:
            row = files.row(case)
            index.write("\t".join(row[c] for c in COLUMNS.split()) + "\n")
    print("%d cases in %s" % (len(cases), files.folder))
    return 0


def ask_applier(kit, folder, cases):
    program = lambda name, mode: os.path.join(os.environ.get(name) or os.path.join(
        TREE, "build", mode, "bin"), "applier")
    host = ground.Host(kit, folder, program("PINFERRY_BIN", "release"),
                       program("PINFERRY_TEST_BIN", "test"))
    failed, skipped = run_all(cases, lambda case: ground.check(host, case), host.worst)
    print("processor and memory: the most that one process took; a case fails above %d s or %d MiB"
          % (ground.PROCESSOR_SECONDS, ground.MEMORY_KIB // 1024))
    return len(cases) - len(skipped), len(failed), len(skipped)


def ask_another(kit, folder, cases, bundles, statements):
    """Each command is asked for its kind of case, and for none without one."""
    files = Files(kit, folder)
    cases = [c for c in cases if (c.bundle and bundles) or (c.statement and statements)]
    failed, _ = run_all(cases, lambda case: ask_verifier(
        files, statements if case.statement else bundles, case))
    return len(cases), len(failed), 0


def ask_bits(kit, folder):
    """Every bit of the case `small` and of a statement, flipped one at a time."""
    files = Files(kit, folder)
    row = files.row(next(c for c in cases_container.CASES.all if c.name == "small"))
    statement = []
    for name, data in kit.statement_files():
        statement.append(os.path.join(folder, name))
        make.write(statement[-1], data)
    program = os.path.join(os.environ.get("PINFERRY_TEST_BIN") or os.path.join(
        TREE, "build", "test", "bin"), "hostile_bits")
    done = subprocess.run([program, files.path(row["trust"]), files.path(row["file"]), *statement],
                          stdin=subprocess.DEVNULL, check=False)
    return 1, done.returncode != 0, 0


def run_chosen(given, kit, folder, cases):
    """(cases, failed, skipped) of each part that was asked for."""
    if given.verifier or given.statements:
        return [ask_another(kit, folder, cases, given.verifier, given.statements)]
    found = [ask_applier(kit, folder, cases)]
    if given.all:
        print("\nthe second reader of format 1:", flush=True)
        found.append(ask_another(kit, folder, cases, SECOND_READER,
                                 SECOND_READER_STATEMENTS))
        print("", flush=True)
        found.append(ask_bits(kit, folder))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--verifier", metavar="COMMAND")
    parser.add_argument("--statements", metavar="COMMAND")
    parser.add_argument("--write", metavar="DIR")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--only", action="append", metavar="TEXT")
    parser.add_argument("--each", type=int, metavar="N")
    given = parser.parse_args()
    cases = chosen(given.only)
    if given.each:
        cases = first_of_each(cases, given.each)
    if given.list:
        for case in cases:
            print("%s/%s\t%d\t%s\t%s" % (case.group, case.name, case.code, case.reason, case.note))
        return 0
    folder = tempfile.mkdtemp(prefix="pinferry-hostile.")
    try:
        kit = Kit(folder)
        if given.write:
            return write([c for c in cases if not c.at], Files(kit, given.write))
        found = run_chosen(given, kit, folder, cases)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for why in cases_secrets.SKIPPED:
        print("SKIP  Secrets/corpus: " + why)
    count, failed, skipped = (sum(f[i] for f in found) for i in range(3))
    print("%d passed, %d failed" % (count - failed, failed) + (", %d skipped" % skipped if skipped else ""))
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
