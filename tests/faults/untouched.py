# SPDX-License-Identifier: MIT
"""Commands that touch no target: the enrolment, a statement, and a new nonce that waits for one."""
import os

from place import check
from scenes import Apply, Scene, attributes, below, check_state, targets

SAID = "done, and the site has a new nonce"


def state_of(tree):
    return attributes(tree, "state/state.xml", "state")


class Init(Scene):
    name = "init"

    def command(self):
        return self.init

    def next_command(self):
        return self.init

    def prepare(self, place):
        super().prepare(place)
        self.start = {n: e for n, e in self.enrolled.items() if not n.startswith("state")}
        self.allowed = {name: [entry] for name, entry in self.first.items()}

    def check_status(self, place, tree):
        enrolled = "state/state.xml" in tree
        result = place.run("status")
        check(result.code == (0 if enrolled else 18), "status says", result)
        check(enrolled or "init" in result.text, "status:", result)
        check(place.take() == tree, "status has written something")

    def ended(self, tree):
        check(targets(tree) == self.first, "init has touched a file")
        check_state(tree, self.olds, trust_version="1", runs="0")

    def again(self, place):
        enrolled = os.path.exists(place.path("state/state.xml"))
        place.expect(18 if enrolled else 0, *self.init)
        if not enrolled:
            self.ended(place.take())
        place.expect(0, *self.four)
        check(targets(place.take()) == self.old, "not every target is the new file")
        check_state(place.take(), self.olds, sequence="4")

    ways = (again,)


class Nonce(Apply):
    """State and receipt stand or fall together; then `apply` waits for a statement, and says so."""
    name = "recover --new-nonce"
    waits, receipt = "true", b'note="new nonce'  # of what it leaves

    def command(self):
        return ["recover", "--new-nonce"]

    def next_command(self):
        return self.command()

    def prepare(self, place):
        super().prepare(place)
        place.put(self.start)
        self.ask(place)
        self.start = place.take()
        self.nonce = state_of(self.start)["nonce"]
        self.allowed = {name: [entry] for name, entry in self.old.items()}

    def ask(self, place):
        """What comes before it."""

    def done(self, tree):
        return state_of(tree)["nonce"] != self.nonce

    def certain(self, tree):
        state = state_of(tree)
        return state["nonce"], state.get("waits"), state["receipts"]

    def check_told(self, result, tree):
        check(self.done(tree) == (SAID in result.text), "what is said is not so:", result)

    def check_status(self, place, tree):
        result = place.run("status")
        check((result.code == 18) == ("waits" in state_of(tree)), "status says", result)
        check(result.code in (0, 3, 18), "status says", result)
        check(place.take() == tree, "status has written something")

    def check_over(self, place):
        self.check_status(place, place.take())

    def ended(self, tree):
        check(targets(tree) == self.old, "a file was touched")
        check(self.done(tree), "no new nonce")
        check_state(tree, self.olds, waits=self.waits, runs="1")
        told = [n for n in below(tree, "state/receipts") if self.receipt in tree[n].data]
        more = int(state_of(tree)["receipts"]) - int(state_of(self.start)["receipts"])
        check(len(told) == more > 0, more, "more receipts, of which", told, "say so")


    def again(self, place):
        place.expect(0, *self.command())
        self.ended(place.take())
        place.expect(18, *self.five)
        self.ended(place.take())

    def go_on(self, place):
        done = self.done(place.take())
        place.expect(18 if done else 0, *self.five)
        if done:
            self.ended(place.take())

    ways = (again, go_on)


class Statement(Nonce):
    """The site waits, and a statement says from which bundle on it counts; it counts once."""
    name = "recover --statement"
    waits, receipt = None, b'action="recover"'

    def command(self):
        return ["recover", "--statement", self.folder]

    def ask(self, place):
        place.expect(0, "recover", "--new-nonce")
        self.folder = place.kit.file("statement")
        place.kit.make("statement", self.folder, "--nonce", state_of(place.take())["nonce"],
                       "--reset-state", "1:4")

    def again(self, place):
        place.expect(14 if self.done(place.take()) else 0, *self.command())
        self.ended(place.take())
        place.expect(0, *self.five)
        self.applied(place.take())

    def go_on(self, place):
        if self.done(place.take()):
            place.expect(0, *self.five)
            self.applied(place.take())
        else:
            place.expect(18, *self.five)
            self.again(place)

    ways = (again, go_on)


ALL = (Init, Nonce, Statement)
