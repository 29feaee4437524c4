# SPDX-License-Identifier: MIT
"""A site for each case: enrolled, asked, and compared with what it was."""
import hashlib
import json
import os
import re
import shutil
import subprocess
import threading

from kit import make, stamp

SECONDS = 20  # a case that takes longer fails; each is expected to take far less than two
MEMORY_KIB = 64 * 1024
CANARY = make.CANARY


# C0 without line ends, DEL, C1, and what turns the direction of a text, in UTF-8
HIDDEN = re.compile(rb"[\0-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|"
                    rb"\xe2\x81[\xa6-\xa9]")


class Wrong(Exception):
    """What a case expected, and what came."""


def need(held, text):
    if not held:
        raise Wrong(text)


def has_canary(data):
    return any(CANARY.encode(codec) in data for codec in ("utf-8", "utf-16-le", "utf-16-be"))


class Result:
    def __init__(self, code, output, kib):
        self.code, self.output, self.kib = code, output, kib
        try:
            told = json.loads(output)
        except ValueError:
            told = {}
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


class Host:
    """The programs, and enrolled states to copy from."""

    def __init__(self, kit, folder, release, test):
        self.kit, self.folder, self.release, self.test = kit, folder, release, test
        self.lock, self.states, self.count = threading.Lock(), {}, 0
        self.worst_kib = self.worst_seconds = 0
        self.environment = {}  # of each program, beside what a case gives it

    def site(self, trust=None, site="site-1"):
        with self.lock:
            self.count += 1
            work = os.path.join(self.folder, "case-%05d" % self.count)
        return Site(self, work, self.kit.trust() if trust is None else trust, site)

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
    def __init__(self, host, work, trust, site):
        self.host, self.kit, self.work, self.trust = host, host.kit, work, trust
        self.state = os.path.join(work, "state")
        self.target = os.path.join(work, "www", "web.config")
        self.bundle = os.path.join(work, "b.tar")
        self.now, self.clean = None, []
        kept = host.state_of(trust, site)
        shutil.copytree(kept, work, symlinks=True)
        os.remove(os.path.join(work, "trust.xml"))
        self.edit("site.xml", kept + "/", work + "/", 9)
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

    def run(self, *arguments, env=(), wrap=(), words=False):
        """The applier with these arguments, with --json unless `words`; fails on a signal, too much
        memory or time, a password or a control character in what it says."""
        environment = {"PATH": os.environ["PATH"], "HOME": self.work, "TMPDIR": self.work,
                       **self.host.environment, **dict(env)}
        program = self.host.release
        if self.now is not None:
            program, environment["PINFERRY_TEST_NOW"] = self.host.test, stamp(self.now)
        log = self.work + ".output"
        with open(log, "w+b") as output:
            process = subprocess.Popen(
                [*wrap, program, "--state", self.state, *arguments,
                 *([] if words else ["--json"])], cwd=self.work, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, env=environment)
            late = threading.Timer(SECONDS, process.kill)
            late.start()
            _, status, usage = os.wait4(process.pid, 0)
            late.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read()
        os.remove(log)
        self.host.worst_kib = max(self.host.worst_kib, usage.ru_maxrss)
        self.host.worst_seconds = max(self.host.worst_seconds, usage.ru_utime + usage.ru_stime)
        need(process.returncode >= 0, "died of signal %d" % -process.returncode)
        need(usage.ru_maxrss <= MEMORY_KIB, "took %d KiB" % usage.ru_maxrss)
        need(not has_canary(text), "the password was shown")
        need(not HIDDEN.search(text), "a control character was shown: %r" % text[:300])
        at = text.find(b"{")  # a warning may stand in front
        return Result(process.returncode, text[max(at, 0):].decode(errors="replace"),
                      usage.ru_maxrss)

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

    def check_canary(self, besides=("backups",)):
        for place, _, names in os.walk(self.state):
            for item in names:
                path = os.path.join(place, item)
                if os.path.basename(place) not in besides and os.path.isfile(path):
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


def check(host, case):
    """Runs one case; Wrong when something is not as it must be."""
    if case.at:
        site = host.site()
        try:
            arguments = case.make(site)
            if arguments is not None:
                site.ask(case.code, case.reason, arguments)
        finally:
            site.close()
        return
    question = case.question(host.kit)
    site = host.site(question.trust, question.site)
    try:
        site.accepted(question.last, question.floor)
        site.write_bundle(question.bundle)
        site.now = question.local
        site.ask(case.code, case.reason, [site.bundle], question.reached)
    finally:
        site.close()
