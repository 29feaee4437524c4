# SPDX-License-Identifier: MIT
"""Another program changes the file that configSource names, or the web.config that names it."""
import os

from place import TARGETS, check
from scenes import targets
from sections import PINS
from writers import Writers, kind_of

OTHER = "www1/cfg/names.config"  # as long as the name of PINS, for a change in place
WINDOW = 20  # calls at most from the last look at the web.config to the exchange
SOURCE = rb"cfg\pins.config"


class Named(Writers):
    """The file that is named: the rules of a target hold for it."""
    ways, links, firsts = ("rename", "rewrite", "hold-rewrite"), ("link", "link-file"), ()
    mark = b"<pinnedCertificates>\n"
    marks = {"rename": b"<pinnedCertificates><!-- another program's -->\n",
             "rewrite": b"<pinnedCertificates> "}


class Naming(Writers):
    """The web.config is made to name another file: never touched, and followed by the next apply;
    once it was looked at for the last time, the file that it named before gets the pins still."""
    ways, links, firsts = ("rename", "rewrite"), ("link-file",), ()
    mark, marks = SOURCE, {way: rb"cfg\names.config" for way in ("rename", "rewrite")}

    def prepare(self, place):
        self.name = TARGETS[0]
        self.folder, self.base = os.path.split(self.name)
        self.start = dict(self.start, **{OTHER: self.start[PINS]})
        self.theirs = {way: self.wrote(way, self.start[self.name]) for way in self.ways}
        self.after = self.theirs
        self.new_other = self.scene.new[PINS]
        calls = self.recorded.calls
        exchange = self.exchanges(calls)[0]
        self.window = exchange - [n for n in self.looks(place, calls) if n < exchange][-1]
        check(self.window < WINDOW, "looked at", self.window, "calls before the exchange")

    def exchanges(self, calls):
        return [c.number for c in calls if c.name == "renameat2" and
                os.path.basename(PINS) in c.texts and c.texts[0].endswith("-1")]

    def looks(self, place, calls):
        """When the folder was opened to open the web.config in it."""
        return [c.number for c in calls if c.name == "openat2" and
                c.texts[0] == place.path(self.folder)]

    def once(self, place, task):
        result, tree, wrote, calls = self.let(place, task)
        if not wrote:
            return "not reached", tree
        kind = ("noticed" if result.code == 21 else
                "built on" if tree[OTHER] == self.new_other else "came after")
        want = dict(targets(self.start), **{self.name: self.theirs[kind_of(task.way)]})
        if kind != "noticed":
            check(result.code == 0, "says", result)
            want[OTHER if kind == "built on" else PINS] = self.new_other
            want[self.other] = self.scene.new[self.other]
        check(targets(tree) == want, "the files after", result)
        check(result.code == 0 or self.name in result.text, "does not name the file:", result)
        if kind == "came after":
            check(not self.looks(place, calls), "looked at it after the change:", result)
            check(all(n - wrote[0] < self.window for n in self.exchanges(calls)),
                  "had not looked at it for too long:", result)
        return kind, tree

    def check_end(self, place, entry, end):
        named = PINS if SOURCE in entry.data else OTHER
        check(end[self.name] == entry, "the web.config was touched")
        check(end[named] == self.new_other, "what it names has not got its pins")


    def __str__(self):
        return self.name + " with configSource"


def writers(recorded, place):
    return [Named(recorded, place, 0), Naming(recorded, place, 0)]
