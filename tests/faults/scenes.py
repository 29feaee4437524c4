# SPDX-License-Identifier: MIT
"""What is disturbed, what may be found afterwards, and what must then bring it to a good end."""
import hashlib
import os
import re
import subprocess
import tempfile

from place import TARGETS, TEMPORARY, check, digest

STATUS_CODES = (0, 3, 21)
KNOWN = "known"  # of a way: what is left of it was seen before from the same files
FIVE, FOUR = "five.tar", "four.tar"


def attributes(tree, name, element):
    """The attributes of the first such element of a document."""
    found = re.search(rb"<%s [^>]*>" % element.encode(), tree[name].data)
    check(found, name, "has no", element)
    return dict(re.findall(r'([\w-]+)="([^"]*)"', found.group(0).decode()))


def below(tree, folder):
    return sorted(n for n in tree if n.startswith(folder + "/"))


def targets(tree):
    """All that is in the sites' folders."""
    return {n: tree[n] for name in TARGETS for n in below(tree, name.split("/")[0])}


def numbered(tree, folder, ending):
    pattern = re.compile(re.escape("state/%s/" % folder) + r"(\d+)" + re.escape(ending))
    return sorted(int(m.group(1)) for m in map(pattern.fullmatch, tree) if m)


def check_sites(tree, allowed):
    """Each file of the sites is one of those that it may be, and no other is in their folders."""
    found = targets(tree)
    check(sorted(found) == sorted(allowed), "in the sites' folders:", sorted(found))
    for name, entry in found.items():
        check(entry in allowed[name], name, "is neither the old nor the new file:", entry)


verified = set()  # signatures by digest, each asked about once


def check_signature(tree, number):
    stem = "state/receipts/%06d" % number
    data = tree[stem + ".p7s"].data
    check(len(data) == 4 + int.from_bytes(data[2:4], "big"), "the signature", number, "is torn")


def verify_signature(tree, number):
    stem = "state/receipts/%06d" % number
    files = [tree[stem + ".p7s"].data, tree[stem + ".xml"].data, tree["state/site.crt"].data]
    key = hashlib.sha256(b"|".join(files)).digest()
    if key in verified:
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, n) for n in ("p7s", "xml", "crt")]
        for path, data in zip(paths, files):
            with open(path, "wb") as file:
                file.write(data)
        done = subprocess.run(
            ["openssl", "cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", paths[0],
             "-content", paths[1], "-certfile", paths[2], "-out", os.devnull],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(done.returncode == 0, "the signature of receipt", number, "does not hold:", done.stdout)
    verified.add(key)


def verify_signatures(tree):
    for number in numbered(tree, "receipts", ".xml"):
        verify_signature(tree, number)


def check_receipts(tree, state):
    """The chain from the enrolment to what the state names, without a gap."""
    count = int(state["receipts"])
    for ending in (".xml", ".p7s"):
        found = numbered(tree, "receipts", ending)
        check(found == list(range(1, count + 1)), "receipts", found, "of", count)
    previous = None
    for number in range(1, count + 1):
        name = "state/receipts/%06d.xml" % number
        receipt = attributes(tree, name, "receipt")
        check(receipt.get("previous") == previous and receipt["counter"] == str(number) and
              receipt["chain"] == state["chain"], name, "does not follow the one before")
        previous = hashlib.sha256(tree[name].data).hexdigest()
        check_signature(tree, number)
    check(state.get("receipt") == previous, "the state names another last receipt")
    check(attributes(tree, "state/receipts/000001.xml", "receipt")["action"] == "enrol",
          "the first receipt is not the enrolment")


def check_runs(tree, state, olds):
    """Records, and the backups of what they changed. `olds`: what each target held before."""
    runs = numbered(tree, "runs", ".xml")
    check(not runs or runs[-1] <= int(state["runs"]), "a record of a run to come:", runs)
    for number in runs[-4:]:  # backups of more than five runs are not kept
        name = "state/runs/%06d.xml" % number
        for index in re.findall(rb'<target index="(\d+)"[^>]* changes="true"', tree[name].data):
            backup = "state/backups/%06d-%s.config" % (number, index.decode())
            check(backup in tree, "no backup", backup)
    for name in below(tree, "state/backups"):
        found = re.fullmatch(r"state/backups/(\d{6})-(\d)\.config", name)
        check(found, "no name of a backup:", name)
        check(tree[name].data in olds[int(found.group(2)) - 1], name, "holds what no target held")
        check(tree[name].mode & 0o7777 == 0o600, name, "may be read by others")


def check_clean(tree):
    check(below(tree, "state/staging") == [], "left in staging:", below(tree, "state/staging"))
    check("state/journal.xml" not in tree, "the journal is still there")


def check_state(tree, olds, **wanted):
    """After a good end: everything agrees and nothing is left over."""
    check_clean(tree)
    state = attributes(tree, "state/state.xml", "state")
    left = [n for n in tree if TEMPORARY.search(n) or n.endswith("next.head")]
    check(not left, "left over:", left)
    sets = ["state/trust-%06d.xml" % int(state["trust-version"])]
    check([n for n in tree if n.startswith("state/trust-")] == sets, "trust sets:",
          [n for n in tree if n.startswith("state/trust-")])
    check(state["trust"] == hashlib.sha256(tree[sets[0]].data).hexdigest(), "the trust set")
    if b"<last " in tree["state/state.xml"].data:
        last = attributes(tree, "state/state.xml", "last")
        state["sequence"] = last["sequence"]
        check(last["head"] == hashlib.sha256(tree["state/last.head"].data).hexdigest(), "the head")
    for name, value in wanted.items():
        check(state.get(name.replace("_", "-")) == value, "the state's", name, "is",
              state.get(name.replace("_", "-")), "not", value)
    check_receipts(tree, state)
    check_runs(tree, state, olds)


class Scene:
    """One command. `start` is the tree before it, `old` and `new` the sites' files."""

    code = 0
    repeated = 0  # what it says when it is given again at its end
    edited = TARGETS  # the file of each target that holds its pins
    lacking = 0  # what else status may say before the run
    before, killed = None, []  # the tree before a run that was killed at `start`, and its calls

    def next_command(self):
        """What ends the command when it was killed; None if that is asked elsewhere."""
        return None

    def make_targets(self, place):
        place.make_target(TARGETS[0], "13")
        place.make_target(TARGETS[1], "3")

    def build(self, place):
        self.judged = set()
        place.put({})
        self.make_targets(place)
        self.init = ["init", "--site", "site-1", "--trust", place.kit.file("trust.xml"),
                     "--fingerprint", place.kit.fingerprint(), "--config", "=" + TARGETS[0],
                     "--config", "=" + TARGETS[1]]
        self.four = ["apply", place.kit.file(FOUR)]
        self.five = ["apply", place.kit.file(FIVE)]
        self.first = targets(place.take())
        place.expect(0, *self.init)
        self.enrolled = place.kit.with_quick_key(place.take())
        place.put(self.enrolled)
        place.expect(0, *self.four)
        self.old = targets(place.take())
        self.prepare(place)
        self.olds = [[one[name].data for one in (self.first, self.old, self.new)]
                     for name in self.edited]

    def prepare(self, place):
        """Sets start, new and allowed."""
        self.start = place.take()
        place.expect(0, *self.five)
        self.new = targets(place.take())
        self.allowed = {name: [self.old[name], self.new[name]] for name in self.old}

    def judge(self, place, tree):
        """Whether a tree that was left behind is well, and whether each way leads to a good end."""
        check_sites(tree, self.allowed)
        place.put(tree)
        self.check_status(place, tree)
        for way in self.ways:
            place.put(tree)
            try:
                if way(self, place) != KNOWN and not self.known("over", place.take()):
                    verify_signatures(place.take())
                    self.check_over(place)
            except Exception as error:
                error.args = ("%s: %s" % (way.__name__, error),)
                raise

    def known(self, what, tree):
        """Whether that was done before from files that are the same: then it was judged, too."""
        key = (what, digest(tree))
        known = key in self.judged
        self.judged.add(key)
        return known

    def check_status(self, place, tree):
        result = place.run("status")
        check(result.code in STATUS_CODES, "status says", result)
        unfinished = "state/journal.xml" in tree
        check((result.code == 21) == unfinished, "status says", result)
        check(not unfinished or "'applier recover'" in result.text, "status:", result)
        check(place.take() == tree, "status has written something")

    def certain(self, tree):
        """What is not lost by a power cut once the command said that it is done."""
        return targets(tree)

    def check_told(self, result, tree):
        """What was said when the command did not end as it should."""

    def check_over(self, place):
        result = place.run("status")
        check(result.code in (0, 3), "status at the end says", result)

    def settle(self, place):
        """`recover`, after which all targets are old or all new."""
        cut_off = os.path.exists(place.path("state/journal.xml"))
        place.expect(0, "recover", says="had been cut off" if cut_off else "")
        tree = place.take()
        check_sites(tree, self.allowed)
        check_clean(tree)
        check(targets(tree) in (self.old, self.new), "some files are old, some new")
        return tree


class Apply(Scene):
    name = "apply"

    def command(self):
        return self.five

    def next_command(self):
        return self.five

    def ended(self, tree):
        self.applied(tree)

    def applied(self, tree):
        check(targets(tree) == self.new, "not every target is the new file")
        check_state(tree, self.olds, sequence="5", trust_version="2")
        self.told_once(tree)

    def told_once(self, tree):
        """One record and one receipt say that the targets were changed to this bundle."""
        records = [n for n in below(tree, "state/runs") if b'sequence="5"' in tree[n].data]
        receipts = [n for n in below(tree, "state/receipts") if n.endswith(".xml") and
                    b'sequence="5"' in tree[n].data and b'outcome="changed"' in tree[n].data]
        check(len(records) == 1 and len(receipts) == 1, "records", records, "receipts", receipts)

    def again(self, place):
        cut_off = os.path.exists(place.path("state/journal.xml"))
        place.expect(0, *self.five, says="had been cut off" if cut_off else "")
        tree = place.take()
        self.applied(tree)
        if self.known("again", tree):
            return KNOWN
        place.expect(0, *self.five, says="Nothing to do")
        check(place.take() == tree, "a run with nothing to do has written something")

    def recover(self, place):
        return KNOWN if self.known("recover", self.settle(place)) else self.again(place)

    ways = (again, recover)


class Rollback(Scene):
    name, repeated = "rollback", 2

    def command(self):
        return ["rollback", "--force"]  # a retired key comes back

    def next_command(self):
        return ["recover"]

    def prepare(self, place):
        super().prepare(place)
        self.start = place.take()

    def ended(self, tree):
        check(targets(tree) == self.old, "not every target is the old file")
        check_state(tree, self.olds, sequence="5", trust_version="2")
        check(attributes(tree, "state/state.xml", "hold")["sequence"] == "5", "no hold")
        records = [n for n in below(tree, "state/runs") if b'kind="rollback"' in tree[n].data]
        check(len(records) == 1, "records of the rollback:", records)

    def again(self, place):
        if self.done(place):
            place.expect(2, *self.command(), says="applier rollback 1")
            return self.ended(place.take())
        place.expect(0, *self.command())
        self.ended(place.take())

    def by_number(self, place):
        done = self.done(place)
        result = place.run("rollback", "2", "--force")
        check(result.code == 0 or done, "rollback 2 says", result)
        check(targets(place.take()) == self.old, "not every target is the old file")

    def done(self, place):
        return (os.path.exists(place.path("state/runs/000003.xml")) and
                not os.path.exists(place.path("state/journal.xml")))

    def recover(self, place):
        tree = self.settle(place)
        if self.known("recover", tree):
            return KNOWN
        if targets(tree) == self.new:
            place.expect(0, "rollback", "2", "--force")
        self.ended(place.take())

    ways = (again, by_number, recover)


class Recover(Apply):
    """What an apply left that was killed at a call of this name, the `nth` of them."""
    nth = 0

    def command(self):
        return ["recover"]

    def next_command(self):
        return None

    def prepare(self, place):
        super().prepare(place)
        place.put(self.start)
        all_calls = place.trace(self.five, "log")[1]
        calls = [c for c in all_calls if c.name == "renameat2"]
        exchanges = [c for c in calls if "web.config" in c.texts]
        check(len(exchanges) == 2, "no two exchanges of a target")
        place.put(self.start)
        at = calls.index(exchanges[min(self.nth, 1)]) + 1
        if self.nth < 2:
            cut = ("cut", "renameat2", at)
        else:  # the first flush after the last exchange
            flushes = [c for c in all_calls if c.name == "fsync"]
            at = [c.number > exchanges[1].number for c in flushes].index(True) + 1
            cut = ("cut", "fsync", at)
        self.before = self.start
        self.killed = place.trace(self.five, *cut)[1][:-1]  # the last was not carried out
        self.start = place.take()
        check("state/journal.xml" in self.start, "no journal where one is needed")

    def ended(self, tree):
        check(targets(tree) == (self.new if self.nth else self.old), "recover went the wrong way")
        check_state(tree, self.olds, sequence="5", trust_version="2")

    def once_more(self, place):
        place.expect(0, "recover")
        self.ended(place.take())

    ways = (once_more, Apply.again, Apply.recover)


class RecoverNone(Recover):
    name, nth = "recover: none exchanged", 0


class RecoverSome(Recover):
    name, nth = "recover: one exchanged", 1


class RecoverAll(Recover):
    name, nth = "recover: all exchanged", 2


class Accept(Recover):
    """One target was edited by hand after the kill."""
    name = "recover --accept-target"

    def command(self):
        return ["recover", "--accept-target"]

    def prepare(self, place):
        super().prepare(place)
        place.make_target(TARGETS[0], "1")
        self.start, self.before, self.killed = place.take(), None, []
        self.by_hand = targets(self.start)
        self.allowed = {name: [entry] for name, entry in self.by_hand.items()}

    def ended(self, tree):
        check(targets(tree) == self.by_hand, "a file was touched")
        check_state(tree, self.olds, sequence="5", trust_version="2")

    def accept(self, place):
        if self.known("accept", place.take()):
            return KNOWN
        place.expect(0, *self.command())
        self.ended(place.take())
        place.expect(0, *self.five)
        check_state(place.take(), [o + [self.by_hand[name].data] for o, name in
                                   zip(self.olds, self.edited)], sequence="5")

    def waits(self, place):
        """Without the word of a person nothing is touched, as long as it is not settled."""
        unfinished = os.path.exists(place.path("state/journal.xml"))
        result = place.run("recover")
        check(result.code == (21 if unfinished else 0), "recover says", result)
        check(not unfinished or "--accept-target" in result.text, "recover says", result)
        check(targets(place.take()) == self.by_hand, "a file was touched")
        return self.accept(place)

    ways = (accept, waits)


class Checked(Apply):
    """The site's check command fails, so that the apply is rolled back by itself."""
    name, code = "apply, its check failing", 24

    def prepare(self, place):
        super().prepare(place)
        site = self.start["state/site.xml"]
        self.start["state/site.xml"] = site._replace(data=site.data.replace(
            b"</site>", b'  <check program="/bin/false"/>\n</site>'))

    def ended(self, tree):
        check(targets(tree) == self.old, "not every target is the old file")
        check_state(tree, self.olds, sequence="5", trust_version="2")
        check(attributes(tree, "state/state.xml", "hold")["sequence"] == "5", "no hold")

    def again(self, place):
        place.expect(24, *self.five, says="/bin/false")
        self.ended(place.take())

    def recover(self, place):
        result = place.run("recover")
        check(result.code in (0, 24), "recover says", result)
        tree = place.take()
        check_clean(tree)
        check(targets(tree) == self.old, "recover left what failed its check")
        return KNOWN if self.known("recover", tree) else self.again(place)

    ways = (again, recover)


ALL = (Apply, Rollback, RecoverNone, RecoverSome, RecoverAll, Accept, Checked)
