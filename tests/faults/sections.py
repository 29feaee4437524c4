# SPDX-License-Identifier: MIT
"""An apply to pins that are in a file that configSource names, and to a file without a section."""
import make
from place import TARGETS, check
from scenes import KNOWN, Apply, targets

PINS = "www1/cfg/pins.config"
NAMES = rb"""<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <appSettings>
    <add key="password" value="%s" />
  </appSettings>
  <pinnedCertificates configSource="cfg\pins.config" />
</configuration>
"""
DECLARES = b"""<?xml version="1.0" encoding="utf-8"?>
<configuration>
  <configSections>
    <sectionGroup name="ens"><section name="pinnedCertificates" type="T" /></sectionGroup>
  </configSections>
  <appSettings>
    <add key="password" value="%s" />
  </appSettings>
</configuration>
"""


class Sections(Apply):
    """The first target's pins are in another file, in a folder below; its web.config must stay.
    The second target has no section, and is to get one."""
    name = "--create-section and configSource"
    edited, lacking = (PINS, TARGETS[1]), 20

    def make_targets(self, place):
        super().make_targets(place)
        place.make_target(PINS, "13")
        whole = make.read(place.path(PINS))
        begin, end = (whole.index(b"<%spinnedCertificates>" % c) for c in (b"", b"/"))
        make.write(place.path(PINS), whole[begin:end] + b"</pinnedCertificates>\n")
        make.write(place.path(TARGETS[0]), NAMES % make.CANARY.encode())

    def prepare(self, place):
        make.write(place.path(TARGETS[1]), DECLARES % make.CANARY.encode())
        self.old = targets(place.take())
        self.plain, self.five = self.five, self.five + ["--create-section"]
        super().prepare(place)
        changed = tuple(n for n in self.old if self.old[n] != self.new[n])
        check(changed == self.edited, "the apply changes", changed)
        check(b"<ens>" in self.new[TARGETS[1]].data, "no section was made")

    def missing(self, tree):
        return tree[TARGETS[1]] == self.old[TARGETS[1]]

    def check_status(self, place, tree):
        if "state/journal.xml" in tree or not self.missing(tree):
            super().check_status(place, tree)
            return
        result = place.run("status")
        check(result.code == 20 and "--create-section" in result.text, "status says", result)
        check(place.take() == tree, "status has written something")

    def recover(self, place):
        """Without the option nothing is made; what was begun with it is ended all the same."""
        tree = self.settle(place)
        if self.known("recover", tree):
            return KNOWN
        if targets(tree) == self.old:
            place.expect(20, *self.plain, says="--create-section")
            check(targets(place.take()) == self.old, "a file was touched")
        else:
            place.expect(0, *self.plain)
        return self.again(place)

    ways = (Apply.again, recover)


ALL = (Sections,)
