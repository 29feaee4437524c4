# SPDX-License-Identifier: MIT
"""A site for each case: enrolled, asked, and compared with what it was."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading

from kit import make, stamp

# The programs are those for Windows, under wine (tests/windows/check.sh), which has its share in all.
WINDOWS = "PINFERRY_WINE" in os.environ
# by the clock on the wall, against hangs alone: a busy computer must not fail a case
SECONDS = 120 if WINDOWS else 20
PROCESSOR_SECONDS = 20 if WINDOWS else 2
MEMORY_KIB = (512 if WINDOWS else 64) * 1024
CANARY = make.CANARY
NOBODY = 65534


# C0 without line ends, DEL, C1, and what turns the direction of a text, in UTF-8
HIDDEN = re.compile(rb"[\0-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|"
                    rb"\xe2\x81[\xa6-\xa9]")


CANARY_FORMS = [part.encode(codec) for part in CANARY.split("-")
                for codec in ("utf-8", "utf-16-le", "utf-16-be")]
CANARY_FORMS += [part.encode().hex().encode() for part in CANARY.split("-")]


class Wrong(Exception):
    """What a case expected, and what came."""


class NotHere(Exception):
    """Why the programs for Windows cannot be asked a case, as they run under wine."""


def linux_only(why):
    if WINDOWS:
        raise NotHere(why)


def need(held, text):
    if not held:
        raise Wrong(text)


if WINDOWS:  # wine follows the links of Linux and shows none
    os.symlink = os.mkfifo = lambda *_: linux_only("links and pipes of Linux")


def has_canary(data):
    """Also a half of it, or its hex."""
    return any(part in data for part in CANARY_FORMS)


class Result:
    def __init__(self, code, output):
        self.code, self.output = code, output
        try:
            told = json.JSONDecoder().raw_decode(output)[0]  # a warning may stand behind
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}  # words may begin with a number
        self.reason = "none" if code == 0 else told.get("reason", "?")

    def __str__(self):
        return "%d %s" % (self.code, self.reason)


def digest(path):
    """In portions: what this process holds counts for the children that it starts, too."""
    done = hashlib.sha256()
    with open(path, "rb") as file:
        for portion in iter(lambda: file.read(65536), b""):
            done.update(portion)
    return done.hexdigest()


def snapshot(folder, besides=()):
    """Each file below with digest, mode and times."""
    found = {}
    for place, subs, names in os.walk(folder):
        subs[:] = [s for s in subs if os.path.join(place, s) not in besides]
        for item in subs + names:
            path = os.path.join(place, item)
            if path in besides:
                continue
            status = os.lstat(path)
            kind = digest(path) if os.path.isfile(path) and not os.path.islink(path) else ""
            found[path] = (kind, status.st_mode, status.st_mtime_ns, status.st_ino, status.st_size)
    return found


class Worst:
    """The most that one process of a class has taken."""

    def __init__(self):
        self.lock, self.by_group = threading.Lock(), {}

    def add(self, group, processor, kib):
        with self.lock:
            old = self.by_group.get(group, (0, 0))
            self.by_group[group] = (max(old[0], processor), max(old[1], kib))

    def of(self, group):
        """(processor seconds, KiB), or None: nothing was measured."""
        return self.by_group.get(group)


class Host:
    """The programs, and enrolled states to copy from."""

    def __init__(self, kit, folder, release, test):
        self.kit, self.folder, self.release, self.test = kit, folder, release, test
        self.lock, self.states, self.count = threading.Lock(), {}, 0
        self.worst, self.mine = Worst(), threading.local()
        # of each program, beside what a case gives it
        self.environment = {name: value for name, value in os.environ.items() if WINDOWS and
                            re.match("PINFERRY_(WINE|EXE|TEST_EXE)|WINE|LC_ALL", name)}

    def start(self, **job):
        """What a starter says of one job; each thread has a starter, which ends with this process."""
        if not hasattr(self.mine, "starter"):
            self.mine.starter = subprocess.Popen(
                [sys.executable, "-ISE", os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                                      "starter.py")],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        starter = self.mine.starter
        starter.stdin.write(json.dumps(job).encode() + b"\n")
        starter.stdin.flush()
        return json.loads(starter.stdout.readline())

    def site(self, trust=None, site="site-1", group=""):
        with self.lock:
            self.count += 1
            work = os.path.join(self.folder, "case-%05d" % self.count)
        return Site(self, work, self.kit.trust() if trust is None else trust, site, group)

    def state_of(self, trust, site):
        """An enrolled state of a target path that the copies exchange."""
        key = hashlib.sha256(trust + site.encode()).hexdigest()[:16]
        with self.lock:
            if key not in self.states:
                work = os.path.join(self.folder, "enrolled-" + key)
                os.makedirs(os.path.join(work, "www"))
                self.kit.pins, self.kit.out = "13", os.path.join(work, "www", "web.config")
                make.make_config(self.kit)
                make.write(os.path.join(work, "trust.xml"), trust)
                done = subprocess.run(
                    [self.release, "--state", os.path.join(work, "state"), "init", "--site", site,
                     "--trust", os.path.join(work, "trust.xml"), "--fingerprint",
                     hashlib.sha256(trust).hexdigest(), "--config", self.kit.out],
                    stdin=subprocess.DEVNULL, capture_output=True, check=False)
                need(done.returncode == 0, "cannot enrol: %s" % done.stderr.decode())
                self.states[key] = work
            return self.states[key]


class Site:
    def __init__(self, host, work, trust, site, group):
        self.host, self.kit, self.work, self.trust = host, host.kit, work, trust
        self.group = group  # the class under which is told what its programs take
        self.state = os.path.join(work, "state")
        self.target = os.path.join(work, "www", "web.config")
        self.bundle = os.path.join(work, "b.tar")
        self.now, self.clean = None, []
        kept = host.state_of(trust, site)
        shutil.copytree(kept, work, symlinks=True)
        os.remove(os.path.join(work, "trust.xml"))
        self.edit("site.xml", os.path.basename(kept), os.path.basename(work), 9)
        self.old = make.read(self.target)

    def close(self):
        for undo in self.clean:
            undo()
        shutil.rmtree(self.work, ignore_errors=True)

    # what a case prepares

    def path(self, *names):
        return os.path.join(self.work, *names)

    def edit(self, file, old, new, count=1):
        path = os.path.join(self.state, file)
        text = make.read(path).decode()
        need(old in text, "%s is not in %s" % (old, file))
        make.write(path, text.replace(old, new, count).encode())

    def accepted(self, last=None, floor=None):
        """The last accepted pair and the time floor, as if a bundle had been accepted."""
        if floor is not None:
            self.edit("state.xml", ' nonce="', ' floor="%s" nonce="' % stamp(floor))
        if last is not None:
            self.edit("state.xml", '"/>\n', '">\n  <last epoch="%d" sequence="%d" manifest="%s" '
                      'head="%s"/>\n</state>\n' % (*last, "0" * 64))

    def nonce(self):
        data = make.read(os.path.join(self.state, "state.xml")).decode()
        return re.search(r' nonce="(\w+)"', data).group(1)

    def set_nonce(self, nonce):
        self.edit("state.xml", ' nonce="%s"' % self.nonce(), ' nonce="%s"' % nonce)

    def write_statement(self, files, name="statement"):
        """`files` are (name, bytes); the folder."""
        folder = self.path(name)
        os.makedirs(folder)
        for item, data in files:
            make.write(os.path.join(folder, item), data)
        return folder

    def leave_root(self):
        """Gives everything to an account that may not do all; the words that run a program as it."""
        linux_only("accounts of Linux")
        need(os.geteuid() == 0, "this case must be run as root, which then leaves root")
        for place, subs, names in os.walk(self.work):
            for item in [place] + [os.path.join(place, n) for n in subs + names]:
                os.lchown(item, NOBODY, NOBODY)
        os.chmod(self.host.folder, 0o755)
        return ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]

    def write_target(self, data):
        make.write(self.target, data)
        self.old = data

    def write_bundle(self, bundle, path=None):
        with open(path or self.bundle, "wb") as file:
            if callable(bundle):
                bundle(file)
            else:
                file.write(bundle)

    # running

    def launch(self, *arguments, env=(), wrap=(), words=True):
        """(exit code, output) of the applier with these arguments; fails when it takes too long, too
        much processor time or memory."""
        if wrap:
            linux_only("what calls of Linux give")
        # wine finds its server by TMPDIR
        home, place = (os.environ["HOME"], os.environ["TMPDIR"]) if WINDOWS else (self.work, self.work)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "TMPDIR": place,
                       **self.host.environment, **dict(env)}
        program = self.host.release
        if self.now is not None:
            program, environment["PINFERRY_TEST_NOW"] = self.host.test, stamp(self.now)
        log = "%s.output-%d" % (self.work, threading.get_ident())
        make.write(log, b"")
        done = self.host.start(
            argv=[*wrap, program, "--state", self.state, *arguments, *([] if words else ["--json"])],
            cwd=self.work, env=environment, output=log, seconds=SECONDS)
        text = make.read(log)
        os.remove(log)
        self.host.worst.add(self.group, done["processor"], done["kib"])
        need(not done["late"], "took more than %d seconds" % SECONDS)
        need(done["processor"] <= PROCESSOR_SECONDS, "took %.1f s of the processor" % done["processor"])
        need(done["kib"] <= MEMORY_KIB, "took %d KiB" % done["kib"])
        return done["status"], text

    def run(self, *arguments, words=False, **how):
        """The same, with --json unless `words`; also fails on a signal, and on a password or a control
        character in what it says."""
        code, text = self.launch(*arguments, words=words, **how)
        need(code >= 0, "died of signal %d" % -code)
        need(not has_canary(text), "the password was shown")
        need(not HIDDEN.search(text), "a control character was shown: %r" % text[:300])
        at = text.find(b"{")  # a warning may stand in front
        return Result(code, text[max(at, 0):].decode(errors="replace"))

    def expect(self, code, reason, *arguments, **how):
        result = self.run(*arguments, **how)
        need((result.code, result.reason) == (code, reason),
             "%s: %d %s expected, %s came: %s" % (arguments[0], code, reason, result,
                                                  result.output[:400]))
        return result

    # what must hold afterwards

    def values(self):
        """What a refusal must not move: set, last accepted pair, floor."""
        text = make.read(os.path.join(self.state, "state.xml")).decode()
        found = re.search(r'trust-version="(\d+)"', text), re.search(r' floor="([^"]*)"', text)
        last = re.search(r'<last epoch="(\d+)" sequence="(\d+)" manifest="(\w+)"', text)
        return (int(found[0].group(1)), found[1] and found[1].group(1),
                last and (int(last.group(1)), int(last.group(2)), last.group(3)))

    def kept(self):
        """All of state.xml but the count of receipts."""
        data = make.read(os.path.join(self.state, "state.xml"))
        return re.sub(rb' (receipts|receipt)="[^"]*"', b"", data)

    def check_canary(self, besides=("backups",)):
        """The password is in no file of the state but the backups, which nobody else may read."""
        for place, _, names in os.walk(self.state):
            for item in names:
                path = os.path.join(place, item)
                if os.path.basename(place) == "backups":
                    need(WINDOWS or os.stat(path).st_mode & 0o077 == 0, path + " may be read by others")
                elif os.path.basename(place) not in besides and os.path.isfile(path):
                    need(not has_canary(make.read(path)), "the password is in " + path)

    def ask(self, code, reason, arguments, reached=None):
        """verify (which writes nothing), then apply; a refusal changes only what it may."""
        before, everything = self.values(), snapshot(self.work)
        if arguments:
            # verify does not look at the target, the hold or the window
            result = self.run("verify", *arguments)
            if code in (0, 20, 21, 22, 32):
                need(result.code == 0, "verify: 0 expected, %s came: %s" % (result, result.output[:300]))
            else:
                need((result.code, result.reason) == (code, reason),
                     "verify: %d %s expected, %s came: %s" % (code, reason, result, result.output[:300]))
            need(snapshot(self.work) == everything, "verify wrote something")
        outside = snapshot(self.work, {self.state})
        self.expect(code, reason, "apply", *arguments)
        self.settled(code, before, outside, reached)

    def settled(self, code, before, outside, reached=None):
        """After an apply with this exit code."""
        after = self.values()
        self.check_canary()
        need(os.listdir(os.path.join(self.state, "staging")) == [], "something is left in staging")
        need(after[0] == (reached or before[0]), "trust set %d is kept" % after[0])
        if code != 0:
            need(after[1:] == before[1:], "a refusal moved the state to %s" % (after,))
            need(snapshot(self.work, {self.state}) == outside, "a refusal wrote outside the state")
        else:
            need(after[2] is not None and after[1] is not None, "nothing was accepted")


def check_statement(host, case):
    """A refusal changes nothing; what was taken is not taken again."""
    question = case.question(host.kit)
    site = host.site(question.trust, question.site, case.group)
    try:
        site.set_nonce(question.nonce)
        folder = site.write_statement(question.files)
        before, outside = site.kept(), snapshot(site.work, {site.state})
        site.expect(case.code, case.reason, "recover", "--statement", folder)
        need(snapshot(site.work, {site.state}) == outside, "something outside the state was written")
        site.check_canary()
        if case.code != 0:
            need(site.kept() == before, "a refusal moved the state")
        else:
            need(site.nonce() != question.nonce, "the nonce was not replaced")
            site.expect(14, "replay.statement", "recover", "--statement", folder)
    finally:
        site.close()


def check(host, case):
    """Runs one case; Wrong when something is not as it must be."""
    if case.statement:
        check_statement(host, case)
        return
    if case.at:
        site = host.site(group=case.group)
        try:
            arguments = case.make(site)
            if arguments is not None:
                site.ask(case.code, case.reason, arguments)
        finally:
            site.close()
        return
    question = case.question(host.kit)
    site = host.site(question.trust, question.site, case.group)
    try:
        site.accepted(question.last, question.floor)
        site.write_bundle(question.bundle)
        site.now = question.local
        site.ask(case.code, case.reason, [site.bundle], question.reached)
    finally:
        site.close()
