# SPDX-License-Identifier: MIT
"""State and time: replays, clocks, and states that cannot be believed."""
import fcntl
import os
import shutil
import threading
import time

from ground import WINDOWS, linux_only, need, snapshot
from kit import DAY, Cases, Question, make, stamp

CASES = Cases("State")
DAMAGED, ACCESS, ABSENT = "state.damaged", "state.access", "state.absent"
OTHER = "0" * 63 + "1"


def ask(ident, code, reason, make_it, note=""):
    CASES.add(ident, code, reason, make_it, note)


def replay(ident, code, reason, last, note="", trust=None, **bundle):
    ask(ident, code, reason, lambda kit: Question(
        kit.bundle(**bundle), kit.trust(**(trust or {})), last=last), note)


# --- sequence ---
replay("sequence-lower", 14, "replay.sequence", (1, 6, OTHER))
replay("sequence-one-lower-at-the-top", 14, "replay.sequence", (1, 2**53 - 1, OTHER),
       sequence=2**53 - 2)
replay("sequence-same-other-bytes", 14, "replay.different", (1, 5, OTHER))
replay("epoch-lower", 14, "replay.epoch", (2, 1, OTHER), "epoch 1 after epoch 2")
replay("epoch-lower-sequence-higher", 14, "replay.epoch", (2, 1, OTHER), sequence=900)
replay("epoch-other-than-set", 14, "replay.epoch", None, epoch=2)
replay("epoch-below-set", 14, "replay.epoch", None, trust={"epoch": 2})
replay("least-sequence", 14, "replay.least-sequence", None, trust={"least": 6})
replay("least-sequence-before-last", 14, "replay.least-sequence", (1, 5, OTHER), trust={"least": 6})
ask("least-sequence-by-carried-set", 14, "replay.least-sequence", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2, least=6), ["root"])]), reached=2))
ask("epoch-by-carried-set", 14, "replay.epoch", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2, epoch=2), ["root"])]), reached=2))


# --- dates; `local` and `floor` are seconds from the kit's now ---

def timed(ident, code, reason, local=None, floor=None, signers=None, trust=None, note="", **bundle):
    """`signers` gives signing times, in seconds from now, of first, second and so on."""
    def made(kit):
        document = kit.manifest(**bundle)
        files = [kit.cms(document, who, when=kit.now + at) for who, at in
                 zip(("first", "second", "third"), signers or (-1800,))]
        return Question(kit.bundle(document, files), kit.trust(**(trust or {})),
                        local=None if local is None else kit.now + local,
                        floor=None if floor is None else kit.now + floor)
    ask(ident, code, reason, made, note)


THREE = {"bundle": ("first", "second", "third"), "threshold": 2}
timed("expired", 13, "time.expired", expires=-60)
timed("expired-at-that-second", 13, "time.expired", local=30 * DAY)
timed("expired-by-the-floor", 13, "time.expired", floor=31 * DAY, local=30 * DAY + 43200)
timed("expired-by-the-floor-alone", 13, "time.expired", floor=30 * DAY, local=29 * DAY + 43200)
timed("not-yet", 13, "time.not-yet", not_before=3600)
timed("not-yet-by-a-second", 13, "time.not-yet", local=-3601)
timed("clock-1970", 19, "clock.ahead", local=-1795000000, note="the clock of an empty battery")
timed("clock-2000", 19, "clock.ahead", local=-840000000)
timed("clock-2099", 13, "time.trust-expired", local=72 * 365 * DAY)
timed("clock-2100", 13, "time.trust-expired", local=4102531200 - int(time.time()), note="a day after the last "
      "year of format 1")
timed("clock-stepped-back", 19, "clock.behind", local=-DAY - 1, floor=0)
timed("clock-two-days-behind-floor", 19, "clock.behind", local=0, floor=2 * DAY)
timed("clock-behind-before-expired", 19, "clock.behind", local=0, floor=40 * DAY,
      note="check 11 comes before 12")
timed("signed-a-day-and-a-second-ahead", 19, "clock.ahead", local=0, signers=(DAY + 1,))
timed("signed-2049-by-the-only-signer", 19, "clock.ahead", signers=(22 * 365 * DAY,))
timed("signed-ahead-by-majority", 19, "clock.ahead", signers=(2 * DAY, 2 * DAY, -60), trust=THREE)
timed("signed-ahead-by-minority", 13, "time.signed", signers=(40 * DAY, -60, -60), trust=THREE,
      note="T is the second highest; the one after `expires` is refused for itself")
timed("signer-until-by-floor", 13, "time.signer-until", floor=0, trust={"until": -60})
timed("set-expired-by-floor", 13, "time.trust-expired", floor=12 * 3600, local=0,
      trust={"expires": 3600})
timed("scope-before-clock", 15, "scope.site", local=-1795000000, sites=["elsewhere"],
      note="check 9 comes before 11")
timed("replay-before-clock", 14, "replay.epoch", local=-1795000000, epoch=3)

# --- what is good at the edges ---
timed("good-last-second", 0, "none", local=30 * DAY - 1)
timed("good-first-second", 0, "none", local=-3600)
timed("good-clock-a-day-behind-floor", 0, "none", local=-DAY + 3600, floor=3600, not_before=-7200)
timed("good-signed-a-day-ahead", 0, "none", local=-1800, signers=(DAY - 1800,))
timed("good-one-co-signer-far-ahead", 0, "none", signers=(20 * DAY, -60, -60), trust=THREE,
      note="a minority cannot push T")
timed("good-floor-ahead", 0, "none", local=0, floor=43200)
replay("good-sequence-higher", 0, "none", (1, 4, OTHER))
replay("good-epoch-higher", 0, "none", (1, 900, OTHER), trust={"epoch": 2}, epoch=2)
replay("good-least-sequence", 0, "none", None, trust={"least": 5})


# --- states; the site is enrolled, and a bundle lies beside it ---

def site(ident, code, reason, prepare, note=""):
    """`prepare` changes the site; then verify and apply must both say so."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        prepare(at)
        outside = {at.target: make.read(at.target)}
        for command in ("verify", "apply", "plan"):
            at.expect(code, reason, command, at.bundle)
        need(make.read(at.target) == outside[at.target], "the target was changed")
    CASES.add(ident, code, reason, made, note, at=True)


def state(change):
    def prepare(at):
        path = os.path.join(at.state, "state.xml")
        make.write(path, change(make.read(path)))
    return prepare


site("state-missing", 18, ABSENT, lambda at: os.remove(os.path.join(at.state, "state.xml")))
site("state-no-folder", 18, ABSENT, lambda at: os.rename(at.state, at.state + ".gone"))
site("state-empty", 18, DAMAGED, state(lambda data: b""))
site("state-truncated", 18, DAMAGED, state(lambda data: data[:-20]))
site("state-one-byte-less", 18, DAMAGED, state(lambda data: data[:-1]))
site("state-one-byte-more", 18, DAMAGED, state(lambda data: data + b"\n"))
site("state-binary", 18, DAMAGED, state(lambda data: os.urandom(400)))
site("state-large", 18, DAMAGED, state(lambda data: data + b" " * 2**21))
site("state-newer", 18, DAMAGED, state(lambda data: data.replace(b"state:1", b"state:2")),
     "from a newer version")
site("state-unknown-attribute", 18, DAMAGED, state(lambda data: data.replace(b" nonce", b' x="1" nonce')))
site("state-waiting", 18, "state.waiting", state(lambda data: data.replace(b" runs", b' waits="true" runs')),
     "after recover --new-nonce")
site("state-waits-maybe", 18, DAMAGED, state(lambda data: data.replace(b" runs", b' waits="false" runs')))
site("state-two-spaces", 18, DAMAGED, state(lambda data: data.replace(b" nonce", b"  nonce")))
site("state-doctype", 18, DAMAGED, state(lambda data: data.replace(b"<state", b"<!DOCTYPE s><state")))
site("state-other-set", 18, DAMAGED, state(lambda data: data.replace(b'trust="', b'trust="00', 1)))
site("state-set-digest", 18, DAMAGED, state(lambda data: data[:data.index(b' trust="') + 8] + b"0" * 64
                                            + data[data.index(b' trust="') + 72:]))
site("state-set-missing", 18, DAMAGED, lambda at: os.remove(os.path.join(at.state, "trust-000001.xml")))
site("state-set-changed", 18, DAMAGED, lambda at: make.write(
    os.path.join(at.state, "trust-000001.xml"), at.trust.replace(b"least-sequence", b"least-sequencf")))
site("state-set-exchanged", 18, DAMAGED, lambda at: make.write(
    os.path.join(at.state, "trust-000001.xml"), at.kit.trust(bundle=("stranger",))))
site("state-is-a-folder", 18, DAMAGED, lambda at: (os.remove(os.path.join(at.state, "state.xml")),
                                                   os.mkdir(os.path.join(at.state, "state.xml"))))
site("state-is-a-link", 18, DAMAGED, lambda at: (
    os.rename(os.path.join(at.state, "state.xml"), at.path("moved")),
    os.symlink(at.path("moved"), os.path.join(at.state, "state.xml"))))
site("state-open-to-others", 18, ACCESS, lambda at: os.chmod(at.state, 0o777))
site("state-read-by-others", 18, ACCESS, lambda at: os.chmod(at.state, 0o755))
site("state-parent-open", 18, ACCESS, lambda at: os.chmod(at.work, 0o777))
site("state-other-owner", 18, ACCESS, lambda at: os.chown(at.state, 65534, 65534))


# --- not writable, for an account that is not root ---

def unwritable(ident, code, reason, closed, mode, reads=(0, "none"), applied=False, note=""):
    """`closed` names what may not be written, "" the folder itself. What only reads answers `reads`;
    once it is mended, everything goes on."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        nobody, path = at.leave_root(), os.path.join(at.state, closed)
        if applied:
            at.expect(0, "none", "apply", at.bundle, wrap=nobody)
        old, before, good = make.read(at.target), at.kept(), os.stat(path).st_mode & 0o777
        os.chmod(path, mode)
        for command in (("verify", at.bundle), ("plan", at.bundle), ("status",)):
            at.expect(*reads, *command, wrap=nobody)
        at.expect(code, reason, "apply", at.bundle, wrap=nobody)
        need(make.read(at.target) == old and at.kept() == before, "target or state was changed")
        need(os.listdir(at.path("www")) == ["web.config"], "something is left beside the target")
        os.chmod(path, good)
        at.expect(0, "none", "recover", wrap=nobody)
        at.expect(0, "none", "apply", at.bundle, wrap=nobody)
        need(at.kit.pin(2).hex().encode() in make.read(at.target), "not applied afterwards")
        at.check_canary()
    CASES.add("read-only-" + ident, code, reason, made, note, at=True)


unwritable("folder", 30, "io", "", 0o500)
unwritable("folder-nothing-to-do", 0, "none", "", 0o500, applied=True, note="nothing would be written")
unwritable("no-search", 18, ACCESS, "", 0o400, (18, ACCESS))
unwritable("state-file-unreadable", 30, "io", "state.xml", 0, (30, "io"))
unwritable("trust-set-unreadable", 30, "io", "trust-000001.xml", 0, (30, "io"))
unwritable("lock", 30, "io", "lock", 0o400)
unwritable("staging", 30, "io", "staging", 0o500)


def halfway(ident, closed, mode):
    """It turns out when the run has begun: each file is the old one or the new one, and recovery decides."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        nobody, path = at.leave_root(), os.path.join(at.state, closed)
        good = os.stat(path).st_mode & 0o777
        twin = at.host.site(group=at.group)
        try:
            twin.write_bundle(make.read(at.bundle))
            twin.expect(0, "none", "apply", twin.bundle)
            new = make.read(twin.target)
        finally:
            twin.close()
        os.chmod(path, mode)
        at.expect(30, "io", "apply", at.bundle, wrap=nobody)
        need(make.read(at.target) in (at.old, new), "neither the old nor the new file")
        need(os.listdir(at.path("www")) == ["web.config"], "something is left beside the target")
        at.check_canary(("backups", "staging"))
        os.chmod(path, good)
        at.expect(0, "none", "recover", wrap=nobody)
        at.expect(0, "none", "apply", at.bundle, wrap=nobody)
        need(make.read(at.target) == new, "not applied afterwards")
        at.check_canary()
    CASES.add("read-only-" + ident, 30, "io", made, "found when the run has begun", at=True)


halfway("runs", "runs", 0o500)
halfway("receipts", "receipts", 0o500)
halfway("backups", "backups", 0o500)
halfway("log", "applier.log", 0o400)


def of_root(at):
    """Neither its owner's nor closed to others."""
    at.write_bundle(at.kit.bundle())
    nobody = at.leave_root()
    os.chown(at.state, 0, 0)
    for mode in (0o755, 0o700):
        os.chmod(at.state, mode)
        for command in ("verify", "plan", "apply"):
            at.expect(18, ACCESS, command, at.bundle, wrap=nobody)
    need(make.read(at.target) == at.old, "the target was changed")


CASES.add("read-only-of-root", 18, ACCESS, of_root, at=True)


def replaced_file(at):
    """state.xml is never written in place, so that it may not be written decides nothing."""
    at.write_bundle(at.kit.bundle())
    nobody = at.leave_root()
    os.chmod(os.path.join(at.state, "state.xml"), 0o400)
    at.expect(0, "none", "apply", at.bundle, wrap=nobody)


CASES.add("good-read-only-state-file", 0, "none", replaced_file, at=True)


def of_another_site(at):
    """state.xml of a site enrolled elsewhere; addressed bundles are for that one then."""
    other = at.host.site(site="site-2", group=at.group)
    try:
        data = make.read(os.path.join(other.state, "state.xml"))
    finally:
        other.close()
    make.write(os.path.join(at.state, "state.xml"), data)
    at.write_bundle(at.kit.bundle(sites=["site-1"]))


site("state-of-another-site", 15, "scope.site", of_another_site)


def answers(ident, code, reason, prepare, note=""):
    """`prepare` gives the arguments; verify, apply and all checks of a refusal follow."""
    CASES.add(ident, code, reason, prepare, note, at=True)


def accept(at, bundle):
    path = at.path("accepted.tar")
    at.write_bundle(bundle, path)
    at.expect(0, "none", "apply", path)
    at.old = make.read(at.target)


def then(first, second):
    """After `first` was applied, `second` is asked for; functions of the kit."""
    def prepare(at):
        accept(at, first(at.kit))
        at.write_bundle(second(at.kit))
        return [at.bundle]
    return prepare


answers("replay-after-newer", 14, "replay.sequence", then(
    lambda kit: kit.bundle(sequence=6), lambda kit: kit.bundle(sequence=5)))
answers("replay-after-one-that-changed-nothing", 14, "replay.sequence", then(
    lambda kit: kit.bundle(sequence=6, pins=[kit.pin(1), kit.pin(3)]),
    lambda kit: kit.bundle(sequence=5)), "the newer bundle named the pins that were there")
answers("replay-same-number", 14, "replay.different", then(
    lambda kit: kit.bundle(), lambda kit: kit.bundle(pins=[kit.pin(4)])))
answers("replay-after-epoch", 14, "replay.epoch", then(
    lambda kit: kit.bundle(sets=[(2, kit.trust(2, epoch=2), ["root"])], epoch=2, sequence=1),
    lambda kit: kit.bundle(sequence=900)))
answers("replay-trust-set-after-step", 17, "trust.different", then(
    lambda kit: kit.bundle(sets=[(2, kit.trust(2), ["root"])]),
    lambda kit: kit.bundle(sets=[(2, kit.trust(2, expires=77 * DAY), ["root"])], sequence=6)))
answers("replay-dropped-signer", 11, "signature.signer", then(
    lambda kit: kit.bundle(sets=[(2, kit.trust(2, bundle=("first",)), ["root"])]),
    lambda kit: kit.bundle(signers=["second"], sequence=6)))


def good_again(at):
    """Nothing at all is written, not even a time."""
    bundle = at.kit.bundle()
    accept(at, bundle)
    at.write_bundle(bundle)
    before = snapshot(at.work)
    at.expect(0, "none", "apply", at.bundle)
    need(snapshot(at.work) == before, "the same bundle again wrote something")


def floor_raised(at):
    """The floor becomes T, not the local clock."""
    document = at.kit.manifest()
    at.write_bundle(at.kit.bundle(document, [at.kit.cms(document, when=at.kit.now - 5000)]))
    at.expect(0, "none", "apply", at.bundle)
    need(at.values()[1] == stamp(at.kit.now - 5000), "the floor is %s" % at.values()[1])
    later = at.kit.manifest(sequence=6)
    at.write_bundle(at.kit.bundle(later, [at.kit.cms(later, when=at.kit.now - 6000)]))
    at.expect(0, "none", "apply", at.bundle)
    need(at.values()[1] == stamp(at.kit.now - 5000), "the floor went down to %s" % at.values()[1])


def held(at):
    accept(at, at.kit.bundle())
    at.expect(0, "none", "rollback")
    at.old = make.read(at.target)
    return []


def head(change):
    def prepare(at):
        accept(at, at.kit.bundle())
        path = os.path.join(at.state, "last.head")
        change(path)
        return []
    return prepare


CASES.add("good-same-bundle-again", 0, "none", good_again, at=True)
CASES.add("good-floor-is-signing-time", 0, "none", floor_raised, at=True)
answers("good-next-bundle", 0, "none", then(lambda kit: kit.bundle(),
                                            lambda kit: kit.bundle(sequence=6, pins=[kit.pin(4)])))
answers("held", 32, "hold.rolled-back", held, "apply without a bundle after a rollback")
answers("head-changed", 18, DAMAGED, head(lambda path: make.write(
    path, make.read(path)[:600] + b"x" + make.read(path)[601:])), "its digest is not the recorded one")
answers("head-cut", 18, DAMAGED, head(lambda path: make.write(path, make.read(path)[:-512])))
answers("head-missing", 18, DAMAGED, head(os.remove))
answers("head-empty", 18, DAMAGED, head(lambda path: make.write(path, b"")))


def head_of_another(at):
    """A head of a good bundle that was never accepted here."""
    accept(at, at.kit.bundle())
    other = at.kit.bundle(pins=[at.kit.pin(4)])
    make.write(os.path.join(at.state, "last.head"), other.rstrip(b"\0"))
    return []


answers("head-of-another-bundle", 18, DAMAGED, head_of_another)


def locked(at):
    linux_only("a lock of Linux")
    at.write_bundle(at.kit.bundle())
    with open(os.path.join(at.state, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        at.expect(21, "locked", "apply", at.bundle)
    need(make.read(at.target) == at.old, "the target was changed")


def at_once(at):
    """One of them applies, the other is told that it is locked or that there is nothing to do."""
    at.write_bundle(at.kit.bundle())
    results, wrap = [], []
    if shutil.which("strace") and not WINDOWS:  # so that they meet
        wrap = ["strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e",
                "inject=fsync:delay_enter=20000"]
    workers = [threading.Thread(target=lambda: results.append(at.launch(
        "apply", at.bundle, wrap=wrap))) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    codes = sorted(code for code, _ in results)
    need(len(codes) == 4 and codes[0] == 0 and set(codes) <= {0, 21}, "exit codes %s" % codes)
    need(at.kit.pin(2).hex().encode() in make.read(at.target), "nothing was applied")
    need(os.listdir(at.path("www")) == ["web.config"], "something is left beside the target")
    need(not os.listdir(os.path.join(at.state, "staging")), "something is staged")
    at.expect(0, "none", "apply", at.bundle)
    at.check_canary()


CASES.add("good-four-at-once", 0, "none", at_once, "four processes and one bundle", at=True)
CASES.add("locked", 21, "locked", locked, "two appliers at once", at=True)


def bounded(at):
    """Two hundred refusals: nothing but records, and those are bounded."""
    linux_only("two hundred runs, which take minutes under wine")
    at.write_bundle(b"x")
    before = at.values()
    for _ in range(200):
        at.expect(10, "container.form", "apply", at.bundle)
    size = sum(os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(at.state)
               for name in names)
    need(at.values() == before, "the state moved")
    need(size < 2 * 2**20, "the state has %d bytes" % size)
    need(not os.listdir(os.path.join(at.state, "staging")), "something is staged")


CASES.add("records-are-bounded", 10, "container.form", bounded, "200 refusals in a row", at=True)


def configured(ident, code, reason, old, new, note=""):
    def made(at):
        at.edit("site.xml", old, new)
        at.write_bundle(at.kit.bundle())
        at.expect(code, reason, "apply", at.bundle)
        need(make.read(at.target) == at.old, "the target was changed")
    CASES.add("site-" + ident, code, reason, made, note, at=True)


configured("unknown-attribute", 20, "config.form", "<site ", '<site more="1" ')
configured("doctype", 20, "config.form", "<site ", "<!DOCTYPE site>\n<site ")
configured("entity", 20, "config.form", "<site ",
           '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<site ')
configured("newer", 20, "config.form", "site:1", "site:2")
configured("target-relative", 20, "config.form", 'path="/', 'path="')
configured("minimum", 22, "proof.minimum", "<site ", '<site minimum="4" ')
configured("unlisted", 22, "proof.unlisted", 'unlisted="keep"', 'unlisted="refuse"')
