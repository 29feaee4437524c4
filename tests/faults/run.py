#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The fault campaign: what a kill, a failing call, a full disk or a power cut leaves (docs/faults.md).

run.py                  all scenes, with the programs of $PINFERRY_BIN and $PINFERRY_TEST_BIN
run.py --only TEXT      the scenes whose name holds TEXT
run.py --part PART      only kills, faults, cuts, full or writers; may be repeated
run.py --every N        each Nth only of what was enumerated
run.py --list           the scenes
The last line is "N passed, N failed"; exit 1 if anything failed.
"""
import argparse
import collections
import errno
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

import naming
import place as ground
import scenes
import sections
import untouched
import writers
from model import Recording
from place import Kit, Place, Wrong, check, digest

PARTS = ("kills", "faults", "cuts", "full", "writers")
CHANGES = set("""write pwrite64 fsync fdatasync ftruncate truncate fallocate rename renameat renameat2
link linkat symlink unlink unlinkat mkdir mkdirat chmod fchmod chown fchown lchown setxattr fsetxattr
fremovexattr openat""".split())
READS = set("""openat openat2 read pread64 newfstatat statx getdents64 fcntl flock lseek close
flistxattr fgetxattr faccessat access readlink""".split())
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EINTR")
STAYING = ("EIO", "ENOSPC", "EROFS")
FULL_BYTES, PAGE = 1 << 20, 4096

ALL = scenes.ALL + sections.ALL + untouched.ALL

Task = collections.namedtuple("Task", "scene part label mode")
Left = collections.namedtuple("Left", "task digest trees error")


def changes(call):
    if call.name == "openat":
        return bool(call.args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))
    return call.name in CHANGES and not (call.name == "write" and call.args[0] <= 2)


def record(place, start, runs):
    model = Recording(start, runs, place.root, ground.HERE)
    check(model.end() == place.take(), "the model does not end where the run did")
    return model


class Recorded:
    """One scene's undisturbed run."""

    def __init__(self, number, scene, place):
        self.number, self.scene = number, scene
        scene.build(place)
        place.put(scene.start)
        result, self.calls = place.trace(scene.command(), "log")
        check(result.code == scene.code, "undisturbed:", result)
        self.end = place.take()
        scene.ended(self.end)
        inside = [c.number for c in self.calls if any(t.startswith(place.kit.root) for t in c.texts)]
        self.first = inside[0]
        self.model = record(place, scene.before or scene.start, [scene.killed, self.calls])
        seen = collections.Counter()
        self.nth = []  # of its name, for each call
        for call in self.calls:
            seen[call.name] += 1
            self.nth.append(seen[call.name])

    def inside(self):
        """Label, call, and how the tracer names it."""
        for call in self.calls[self.first - 1:]:
            nth = self.nth[call.number - 1]
            yield "%s %d" % (call.name, nth), call, (call.name, nth)

    def kills(self):
        for label, call, at in self.inside():
            yield "killed at " + label, ("kill",) + at

    def faults(self):
        for label, call, at in self.inside():
            if changes(call):
                for name in ERRORS:
                    yield "%s: %s" % (label, name), ("fail",) + at + (getattr(errno, name),)
                for name in STAYING:
                    yield ("%s and all after it: %s" % (label, name),
                           ("stay",) + at + (getattr(errno, name),))
            elif call.name in READS and not (call.name == "close" and call.args[0] <= 2):
                yield "%s: EIO" % label, ("fail",) + at + (errno.EIO,)
            if call.name in ("write", "pwrite64") and call.args[0] > 2:
                for some in sorted({1, call.args[2] // 2}):
                    yield ("%s: %d of %d bytes" % (label, some, call.args[2]),
                           ("short",) + at + (some,))

    def then(self):
        """Killed at each flush, then ended by the next run: is that certain, too?"""
        for label, call, at in self.inside():
            if call.name == "fsync" and self.scene.next_command() is not None:
                yield "killed at %s, ended, power cut" % label, ("cut",) + at

    def cuts(self):
        """Each distinct tree once, and how many orders were enumerated."""
        orders, found = 0, {}
        for moment, tree in self.model.cuts():
            orders += 1
            found.setdefault(digest(tree), (moment, tree))
        return orders, found


# --- in the workers ---

work = {}  # of a worker: its place; and what it has sent already


def begin(root, kit, recorded, others):
    work.update(place=Place(os.path.join(root, "w%07d" % os.getpid()), kit), seen=set(),
                recorded=recorded, writers=others)


def check_told(scene, result, tree):
    """A command that could not do what it was asked says so, and what to do."""
    if result.code == scene.code:
        scene.ended(tree)
        return
    check(2 < result.code < 99, "exit", result)
    check("applier: " in result.text or "error" in result.text, "says nothing:", result)
    opened = "state/journal.xml" not in scene.start or "cut off" in result.text
    check("state/journal.xml" not in tree or not opened or "'applier recover" in result.text,
          "does not say how to go on:", result)
    scene.check_told(result, tree)


def disturb(task):
    recorded, place = work["recorded"][task.scene], work["place"]
    scene = recorded.scene
    tree = found = None
    try:
        place.put(scene.start)
        result, calls = place.trace(scene.command(), *task.mode)
        tree = place.take()
        found = digest(tree)
        if not calls and task.mode[1] in writers.MEMORY:  # this run needed less
            scene.ended(tree)
            return Left(task, None, None, None)
        check(calls and calls[-1].name == task.mode[1], "there was no such call")
        scenes.check_sites(tree, scene.allowed)
        if task.mode[0] in ("kill", "cut"):
            check(result.code in (137, scene.code), "was not killed:", result)
        else:
            check_told(scene, result, tree)
        trees = {found: tree}
        if task.mode[0] == "cut":
            trees = cut_behind(scene, place, calls)
    except Exception as error:
        return Left(task, found, None, explain(error))
    new = {k: t for k, t in trees.items() if (task.scene, k) not in work["seen"]}
    work["seen"].update((task.scene, k) for k in new)
    return Left(task, list(trees), new, None)


def cut_behind(scene, place, killed):
    """What the next run brought to its end stays, whatever the killed one had not flushed."""
    result, calls = place.trace(scene.next_command(), "log")
    end = place.take()
    model = record(place, scene.start, [killed[:-1], calls])
    trees = {digest(t): t for t in model.at(model.length)}
    for tree in trees.values():
        check(result.code != scene.code or scene.certain(tree) == scene.certain(end),
              "what was done may be undone by a power cut after this:", result)
    return trees


def let_write(task):
    kind, error = writers.let_write(work, task)
    return task, kind, None if error is None else explain(error)


def cuts(number):
    try:
        return work["recorded"][number].cuts() + (None,)
    except Wrong as error:
        return 0, {}, str(error)


def judge(job):
    number, key, tree = job
    try:
        work["recorded"][number].scene.judge(work["place"], tree)
    except Exception as error:
        return number, key, explain(error)
    return number, key, None


def explain(error):
    if isinstance(error, Wrong):
        return str(error)
    return "".join(traceback.format_exception(error))


# --- a full disk ---

def full_marks(recorded, kit, folder):
    """With each count of free pages from none to enough; yields (label, error)."""
    place = Place(os.path.join(folder, "site"), kit)
    filler = os.path.join(folder, "filler")
    scene, code, pages = recorded.scene, None, 0
    while code != scene.code:
        label = "%s with %d KiB free" % (scene.name, pages * PAGE // 1024)
        if os.path.exists(filler):
            os.unlink(filler)
        place.put(scene.start)
        fill(folder, filler, pages)
        try:
            result = place.run(*scene.command())
            code = result.code
            tree = place.take()
            scenes.check_sites(tree, scene.allowed)
            check_told(scene, result, tree)
            place.run("status")
            again = place.run(*scene.command())  # the disk is as full as before
            check(2 < again.code < 99 or again.code in (scene.code, scene.repeated, 18),
                  again)
            scenes.check_sites(place.take(), scene.allowed)
            os.unlink(filler)
            scene.judge(place, tree)
            yield label, None
        except Exception as error:
            yield label, explain(error)
        pages += 1
        if pages > FULL_BYTES // PAGE:
            yield scene.name, "does not even fit into an empty disk"
            return


def fill(folder, filler, pages):
    with open(filler, "wb") as file:
        st = os.statvfs(folder)
        left = (st.f_bavail - pages) * st.f_frsize
        try:
            while left > 0:
                left -= file.write(b"\0" * min(left, PAGE))
                file.flush()
        except OSError:
            pass


def in_full(root, kit, recorded, send):
    """In a process of its own, whose mounts nobody else sees."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    folder = os.path.join(root, "full").encode()
    os.makedirs(folder)
    private, new = 1 << 18 | 1 << 14, 0x20000  # MS_PRIVATE | MS_REC, CLONE_NEWNS
    if (libc.unshare(new) != 0 or libc.mount(b"none", b"/", None, private, None) != 0 or
            libc.mount(b"none", folder, b"tmpfs", 0, b"size=%d,mode=755" % FULL_BYTES) != 0):
        send.put(("skip", os.strerror(ctypes.get_errno())))
    else:
        for one in recorded:
            for label, error in full_marks(one, kit, folder.decode()):
                send.put((label, error))
    send.put(None)


# --- all of it ---

class Campaign:
    def __init__(self, options):
        self.options = options
        self.passed, self.failed, self.skipped = 0, [], []
        self.kinds, self.totals = collections.Counter(), collections.Counter()

    def count(self, label, error):
        if error is None:
            self.passed += 1
        else:
            self.failed.append((label, error))
            kind = re.sub(r"\d+|\.tmp\w{6}", "#", error.strip())
            self.kinds[kind] += 1
            if self.kinds[kind] <= 3 and len(self.kinds) <= 20:
                print("FAIL  %s: %s" % (label, error.strip()), flush=True)

    def run(self, root):
        programs = os.environ.get("PINFERRY_BIN", os.path.join(ground.TREE, "build/release/bin"))
        tools = os.environ.get("PINFERRY_TEST_BIN", os.path.join(ground.TREE, "build/test/bin"))
        kit = Kit(root, os.path.join(programs, "applier"), os.path.join(tools, "faults_trace"))
        kit.make_all()
        place = Place(os.path.join(root, "w0000000"), kit)
        chosen = [c for c in ALL if self.options.only in c.name]
        recorded = [Recorded(n, c(), place) for n, c in enumerate(chosen)]
        others = self.make_writers(recorded, place) if "writers" in self.options.part else []
        full = self.begin_full(root, kit, recorded) if "full" in self.options.part else None
        with multiprocessing.Pool(os.cpu_count(), begin, (root, kit, recorded, others)) as pool:
            for one in recorded if self.options.part != ["writers"] else []:
                self.scene(one, pool)
            leases = writers.has_leases(root)
            if others and not leases:
                self.skipped.append("writers that hold the file open: no leases on this file system")
            for one in others:
                self.others(one, pool, leases)
        if full is not None:
            self.end_full(*full)

    def make_writers(self, recorded, place):
        others = []
        for one in recorded:
            if type(one.scene) is scenes.Apply:
                others += [writers.Writers(one, place, which) for which in range(2)]
            elif type(one.scene) is sections.Sections:
                others += naming.writers(one, place)
        for number, one in enumerate(others):
            one.number = number
        return others

    def some(self, found):
        return list(found)[::self.options.every]

    def scene(self, one, pool):
        parts, number = self.options.part, one.number
        tasks = [Task(number, p, label, mode)
                 for part, p in (("kills", "kills"), ("faults", "faults"), ("cuts", "then"))
                 if part in parts for label, mode in self.some(getattr(one, p)())]
        trees, labels = {}, collections.defaultdict(list)
        found = pool.apply_async(cuts, (number,)) if "cuts" in parts else None
        for left in pool.imap_unordered(disturb, tasks, chunksize=8):
            label = "%s: %s" % (one.scene.name, left.task.label)
            if left.error is not None or left.digest is None:
                self.count(label, left.error)
                continue
            for key in left.digest:
                labels[key].append(label)
            trees.update(left.trees)
        one.orders, all_cuts, error = found.get() if found else (0, {}, None)
        if error is not None:
            self.count("%s: power cuts" % one.scene.name, error)
        some = dict(self.some(all_cuts.items()))
        for key, (moment, tree) in some.items():
            trees.setdefault(key, tree)
            labels[key].append("%s: power cut after change %d" % (one.scene.name, moment))
        jobs = [(number, key, tree) for key, tree in trees.items()]
        for _, key, error in pool.imap_unordered(judge, jobs, chunksize=2):
            for label in labels[key]:
                self.count(label, error)
        self.tell(one, tasks, some, trees)

    def tell(self, one, tasks, cuts, trees):
        kinds = collections.Counter(t.part for t in tasks)
        print("%-26s %4d system calls, the first %d left out; %d kills; %d faults; %d write orders "
              "at %d moments, %d distinct, and behind %d kills; %d outcomes brought to their end"
              % (one.scene.name + ":", len(one.calls), one.first - 1, kinds["kills"],
                 kinds["faults"], one.orders, one.model.length - one.model.begin + 1, len(cuts),
                 kinds["then"], len(trees)),
              flush=True)
        self.totals += collections.Counter(
            calls=len(one.calls) - one.first + 1, kills=kinds["kills"], faults=kinds["faults"],
            orders=one.orders, cuts=len(cuts), then=kinds["then"], trees=len(trees))

    def others(self, one, pool, leases):
        """Writers at work beside the applier."""
        tasks = dict((task, label) for label, task in self.some(one.tasks(leases)))
        kinds = collections.Counter()
        for task, kind, error in pool.imap_unordered(let_write, tasks, chunksize=8):
            kinds[kind] += 1
            self.count("%s written to: %s" % (one, tasks[task]), error)
        print("%s changed by another program, %d times:%s" % (one, len(tasks),
                                                              writers.words(kinds)), flush=True)
        self.totals["writers"] += len(tasks)

    def begin_full(self, root, kit, recorded):
        """Beside all others: it takes one processor for a part of the time only."""
        if os.geteuid() != 0:
            self.skipped.append("a full disk: only root can mount one")
            return None
        queue = multiprocessing.Queue()
        process = multiprocessing.Process(target=in_full, args=(root, kit, recorded, queue))
        process.start()
        return queue, process

    def end_full(self, queue, process):
        marks = 0
        while True:
            got = queue.get(timeout=300)
            if got is None:
                break
            if got[0] == "skip":
                self.skipped.append("a full disk cannot be mounted here: %s" % got[1])
                continue
            marks += 1
            self.count(*got)
        process.join()
        self.totals["marks"] = marks
        print("a full disk of 1 MiB:      %d marks, each page from none free to enough" % marks)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--part", action="append", choices=PARTS)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.part = options.part or PARTS
    return options


def main():
    options = parse()
    if options.list:
        print("\n".join(c.name for c in ALL))
        return 0
    os.umask(0o022)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    root = os.path.realpath(tempfile.mkdtemp(prefix="faults-", dir=memory))
    os.chmod(root, 0o755)
    campaign = Campaign(options)
    try:
        campaign.run(root)
    finally:
        if not options.keep:
            shutil.rmtree(root, ignore_errors=True)
    t = campaign.totals
    print("Left out of each run are its first calls, up to the first that names a file of the site or "
          "the\nbundle: they load libraries, and touch nothing that could be lost.")
    for why in campaign.skipped:
        print("SKIP  " + why)
    print("%d system calls, %d kills, %d faults, %d write orders (%d distinct), %d marks of a full "
          "disk, %d changes by others; %d distinct outcomes"
          % (t["calls"], t["kills"], t["faults"], t["orders"], t["cuts"], t["marks"], t["writers"],
             t["trees"]))
    if campaign.passed and not campaign.failed:
        print("nothing was lost: each file was the old or the new one, and each run came to its end")
    print("%d passed, %d failed" % (campaign.passed, len(campaign.failed))
          + (", %d skipped" % len(campaign.skipped) if campaign.skipped else ""))
    return 1 if campaign.failed or campaign.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
