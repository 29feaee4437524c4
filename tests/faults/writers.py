# SPDX-License-Identifier: MIT
"""Another program changes a target at each system call of an apply: nobody's bytes may be lost.

It does so at the entry of a call. Up to the one that reads the target the applier may build on what
it finds; from there to the exchange it must notice; after that the other
program has changed the new file, which stays as it made it.
"""
import collections
import fcntl
import os
import stat
import tempfile

import place as ground
import scenes
from place import HERE, Entry, check, digest, make
from scenes import below, check_clean, check_state, targets

WAYS = ("rename", "rewrite", "append", "hold-rewrite", "hold-append")
TWICE = ("rename", "rewrite", "append")
OLD = ("old-rename", "old-rewrite")  # by which the second puts back the bytes of before the run
FILE, SECOND = "writer", "writer-2"  # what it writes, or renames over the target
MARK = b'key="password"'
MARKS = {"rename": b'key="of-another-program"', "rewrite": b'key="passw0rd"'}  # one of the same length
SECOND_MARK = b'key="a-second-time"'

KINDS = {
    "built on": "read by the applier, which built on it",
    "noticed": "noticed, and in force (21)",
    "kept": "noticed in the midst of putting the first back: the second in force, the first kept where "
            "the message says (21)",
    "came after": "made to the new file, and in force",
    "in the held folder": "ended in the file that was opened, the link not followed",
    "refused": "refused (20; 21 for a link), nothing touched",
    "not reached": "of a call that this run did not need",
    "?": "failed",
}

# number: of the Writers; more: see trace.c
Written = collections.namedtuple("Written", "number way at more way2")


def has_leases(folder):
    """Whether a program that holds a file open can be seen at all."""
    with tempfile.TemporaryFile(dir=folder) as file:
        fd = os.open("/proc/self/fd/%d" % file.fileno(), os.O_RDONLY)
        try:
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(fd)
        return False


def kind_of(way):
    return way.replace("hold-", "").replace("old-", "")


class Writers:
    """All for one file; `recorded` is the undisturbed run of an apply that edits it."""
    ways, links, firsts = WAYS, ("link",), TWICE
    mark, marks, second_mark = MARK, MARKS, SECOND_MARK

    def __init__(self, recorded, place, which):
        self.recorded, self.scene, self.which = recorded, recorded.scene, which
        self.start, self.name = recorded.scene.start, self.scene.edited[which]
        self.folder, self.base = os.path.split(self.name)
        self.other = self.scene.edited[1 - which]
        self.prepare(place)

    def prepare(self, place):
        calls = self.recorded.calls
        self.exchange = [c for c in calls if c.number in self.exchanges(calls)][0]
        folder = self.exchange.args[2]
        self.file = [c.result for c in calls if c.name == "openat2" and c.args[0] == folder and
                     c.texts == [self.base]][0]  # open from then on
        self.theirs = {way: self.wrote(way, self.start[self.name]) for way in TWICE}
        self.on_top = {way: self.apply_on(place, self.theirs[way]) for way in TWICE}
        new = self.scene.new[self.name]
        self.after = {way: self.wrote(way, new) for way in TWICE}

    def wrote(self, way, over, mark=None):
        """The target's entry once the other program has written."""
        if way == "append":
            return over._replace(data=over.data + b"\n")
        data = old = self.start[self.name].data
        if way not in OLD:
            data = old.replace(self.mark, mark or self.marks[way])
            check(data != old, "nothing to change in", self.name)
        if kind_of(way) == "rewrite":
            return over._replace(data=data)
        return Entry(stat.S_IFREG | 0o600, os.geteuid(), os.getegid(), data, ())

    def apply_on(self, place, entry):
        place.put(dict(self.start, **{self.name: entry}))
        place.expect(0, *self.scene.five)
        return place.take()[self.name]

    def tasks(self, leases):
        ways = [way for way in self.ways if leases or not way.startswith("hold-")]
        for label, call, at in self.recorded.inside():
            for way in ways:
                yield "%s at %s" % (way, label), Written(self.number, way, at, 0, "none")
            for link in self.links:
                yield "%s at %s" % (link, label), Written(self.number, link, at, 0, "none")
        for way in self.firsts:
            nth = self.recorded.nth[self.exchange.number - 1]
            for way2 in TWICE + OLD:
                for more in range(1, AGAIN + 1):
                    yield ("%s, then %s %d calls later" % (way, way2, more),
                           Written(self.number, way, ("renameat2", nth), more, way2))

    def __str__(self):
        return self.name

    # --- one of them ---

    def put_files(self, place, task):
        way = kind_of(task.way)
        mark = self.marks["rewrite" if way == "append" else way]
        data = self.start[self.name].data
        second = self.mark if task.way2 in OLD else self.second_mark
        for name, new in ((FILE, mark), (SECOND, second)):
            data_now = data.replace(self.mark, new)
            make.write(place.path(name), data_now.replace(HERE, place.root.encode()))
            os.chmod(place.path(name), 0o600)

    def let(self, place, task):
        place.put(self.start)
        self.put_files(place, task)
        result, calls = place.trace(self.scene.five, "write", *task.at, task.more,
                                    place.path(self.name), task.way, place.path(FILE),
                                    kind_of(task.way2), place.path(SECOND))
        tree = place.take()
        wrote = [c.number for c in calls if c.name == "wrote"]
        check(wrote or task.at[0] in MEMORY, "there was no such call:", result)
        check(sorted(targets(tree)) == sorted(targets(self.start)), "in the sites' folders:",
              sorted(targets(tree)))
        return result, tree, wrote, calls

    def may(self, task, result, calls):
        """Which kinds may be, by what the applier did after the other program had written."""
        if any(c.name == "pread64" and c.args[0] == self.file for c in calls):
            return ("built on", "noticed") + (("refused",) if task.way == "hold-rewrite" else ())
        if self.exchanges(calls) or result.code != 0:
            return ("noticed",)
        return ("came after",)

    def exchanges(self, calls):
        staged = "-%d" % (self.which + 1)
        return [c.number for c in calls if c.name == "renameat2" and self.base in c.texts and
                c.texts[0].endswith(staged)]

    def once(self, place, task):
        """Which kind of outcome it was."""
        result, tree, wrote, calls = self.let(place, task)
        if not wrote:
            return "not reached", tree
        may = self.may(task, result, calls)
        kind = self.kind(task, result, tree[self.name], may)
        check(kind in may, "was", kind, "where only", may, "may be:", result)
        self.check_other(result, tree)
        if kind != "refused" and result.code != 0:
            check(self.name in result.text, "does not name the file:", result)
        return kind, tree

    def check_other(self, result, tree):
        """New if the run went so far, and then the journal says so; what it need not edit stays."""
        news = result.code == 0 or "state/journal.xml" in tree
        want = dict(targets(self.start), **{n: e for n, e in self.scene.new.items() if news})
        for name in want:
            check(name == self.name or tree[name] == want[name], name, "after", result)

    def link(self, place, task):
        """The file's folder is renamed, or the file itself, and the name made a link elsewhere."""
        name = self.folder if task.way == "link" else self.name
        path, aside, elsewhere = (place.path(n) for n in (name, name + ".aside", "elsewhere"))
        decoy, there = os.path.join(elsewhere, self.base), self.decoy(place)
        place.put(self.start)
        ground.empty(elsewhere)
        make.write(decoy, there)
        result, calls = place.trace(self.scene.five, "write", *task.at, 0, path, "link",
                                    elsewhere if task.way == "link" else decoy, "none", "none")
        wrote = [c.number for c in calls if c.name == "wrote"]
        check(os.listdir(elsewhere) == [self.base], "written through the link")
        check(make.read(decoy) == there, "written through the link")
        if os.path.islink(path):
            os.unlink(path)
            os.rename(aside, path)
        tree = place.take()
        check(wrote or task.at[0] in MEMORY, "there was no such call:", result)
        if not wrote:
            return "not reached", tree
        want = dict(targets(self.start), **(self.scene.new if result.code == 0 else {}))
        check(result.code in (0, 20, 21) and targets(tree) == want, "says", result)
        if result.code == 0:
            return "in the held folder", tree
        check(task.way != "link" or not self.exchanges(calls), "exchanged something:", result)
        return "refused", tree

    def decoy(self, place):
        return self.theirs["rename"].data.replace(HERE, place.root.encode())

    def kind(self, task, result, entry, may):
        way = kind_of(task.way)
        if result.code == 0:
            if entry == self.on_top[way] and "built on" in may:
                return "built on"
            check(entry == self.after[way], "the other program's bytes are lost:", entry, result)
            return "came after"
        check(entry == self.theirs[way], "the other program's bytes are lost:", entry, result)
        return "noticed" if result.code == 21 else "refused"

    def twice(self, place, task):
        """The first at the entry of the exchange, so it must be put back; the second meanwhile."""
        result, tree, wrote, calls = self.let(place, task)
        if len(wrote) < 2 or wrote[1] > calls[-1].number:
            return "not reached", tree
        entry, first = tree[self.name], self.theirs[task.way]
        check(result.code == 21 and self.name in result.text, "did not notice:", result)
        back = self.exchanges(calls)[1]
        check(task.more < AGAIN or wrote[1] > back, "AGAIN is too small")
        if wrote[1] > back:
            check(entry == self.wrote(task.way2, first, SECOND_MARK), "lost:", entry, result)
            return "noticed", tree
        ours = self.wrote(task.way2, self.scene.new[self.name], SECOND_MARK)
        check(entry == ours, "what came second is lost:", entry, result)
        kept = [n for n in below(tree, "state/staging") if place.path(n) in result.text]
        check(kept and tree[kept[0]] == first, "what came first is not where it is said to be:",
              result)
        return "kept", tree

    # --- what follows ---

    def judge(self, place, task, tree):
        unfinished = "state/journal.xml" in tree
        entry = tree[self.name]
        place.put(tree)
        result = place.run("status")
        check(result.code == 21 if unfinished else result.code in (0, 3, self.scene.lacking),
              "status says", result)
        check(place.take() == tree, "status has written something")
        place.put(tree)
        if unfinished and (entry.data != self.scene.old[self.name].data or self.kept(tree)):
            self.accept(place, tree)
        tree = place.take()
        check(tree[self.name] == entry, "the next command has touched the file")
        if self.scene.known(self.name, tree):
            return
        place.expect(0, *self.scene.five)
        end = place.take()
        self.check_end(place, entry, end)
        check(end[self.other] == self.scene.new[self.other], "the other target")
        olds = [list(o) for o in self.scene.olds]
        olds[self.which] += [e.data for e in list(self.theirs.values()) + list(self.after.values())]
        olds[self.which] += [entry.data]
        check_state(end, olds, sequence="5", trust_version="2")

    def check_end(self, place, entry, end):
        check(end[self.name] == self.apply_on(place, entry), "applied again it is",
              end[self.name].data)

    def kept(self, tree):
        """What is staged and none of the run's own bytes; otherwise the run goes on from the old."""
        own = [e.data for files in (self.scene.old, self.scene.new) for e in files.values()]
        return [(n, tree[n]) for n in below(tree, "state/staging") if tree[n].data not in own]

    def accept(self, place, tree):
        kept = self.kept(tree)
        for args in (self.scene.five, ["recover"]):
            result = place.expect(21, *args, says="--accept-target")
            now = place.take()
            check(targets(now) == targets(tree), "a file was touched by", args)
            for name, entry in kept:
                check(now.get(name) == entry, args, "has lost", name)
                check(place.path(name) in result.text, "does not name what is kept:", result)
        place.expect(0, "recover", "--accept-target")
        check_clean(place.take())


AGAIN = 24  # calls after an exchange: more than follow until it has been taken back
MEMORY = ("brk", "mmap", "munmap", "mprotect", "futex", "getrandom")  # not the same each time


def let_write(work, task):
    writers, place = work["writers"][task.number], work["place"]
    kind = "?"
    try:
        act = (writers.link if task.way in writers.links else writers.twice if task.more else writers.once)
        kind, tree = act(place, task)
        key = digest(tree)
        if (task.number, key) in work["seen"]:
            tree = None
        work["seen"].add((task.number, key))
        if tree is not None and kind not in ("not reached", "refused"):
            writers.judge(place, task, tree)
        return kind, None
    except Exception as error:
        return kind, error


def words(kinds):
    """How many changes came to which outcome; they add up to all."""
    return "".join("\n%8d %s" % (kinds[k], KINDS[k]) for k in KINDS if kinds[k])
