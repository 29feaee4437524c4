# SPDX-License-Identifier: MIT
"""Medium: what happens to the file while it is read, and what else lies on the stick."""
import os
import shutil
import socket as sockets
import threading
import time

from der import certificate, name
from ground import WINDOWS, Wrong, linux_only, need
from kit import Cases, make, tar

CASES = Cases("Medium")
BIG = ("big", "opaque", bytes(300000))


def answers(ident, code, reason, prepare, note=""):
    CASES.add(ident, code, reason, prepare, note, at=True)


# --- what stands in a bundle's place ---

def placed(make_it):
    def prepare(at):
        make_it(at, at.bundle)
        return [at.bundle]
    return prepare


def linked(at, path):
    at.write_bundle(at.kit.bundle(), at.path("real.tar"))
    os.symlink(at.path("real.tar"), path)


def socket(at, path):
    server = sockets.socket(sockets.AF_UNIX)
    server.bind(path)
    at.clean.append(server.close)


answers("fifo", 30, "io.kind", placed(lambda at, path: os.mkfifo(path)))
answers("socket", 30, "io.kind", placed(socket))
answers("link", 30, "io.kind", placed(linked), "a link to a good bundle")
answers("link-dangling", 30, "io.kind", placed(lambda at, path: os.symlink("/nowhere", path)))
answers("link-to-device", 30, "io.kind", placed(lambda at, path: os.symlink("/dev/zero", path)))
answers("absent", 30, "io.absent", placed(lambda at, path: None))
answers("device-null", 30, "io.kind", lambda at: ["/dev/null"])
answers("device-zero", 30, "io.kind", lambda at: ["/dev/zero"])
answers("standard-input", 30, "io.kind", lambda at: ["/dev/stdin"])
answers("below-a-file", 30, "io.absent", lambda at: [at.target + "/b.tar"])
answers("sparse-4-gib", 10, "container.member", placed(lambda at, path: os.truncate(
    os.open(path, os.O_CREAT | os.O_WRONLY), 2**32)), "zeros for 4 GiB")


# --- a stick with more on it ---

def stick(*names, good=("a.tar",)):
    def prepare(at):
        os.mkdir(at.path("stick"))
        for name in good:
            at.write_bundle(at.kit.bundle(), at.path("stick", name))
        for name in names:
            make.write(os.path.join(os.fsencode(at.path("stick")), os.fsencode(name)), b"x" * 600)
        return [at.path("stick")]
    return prepare


def unlike_windows(prepare):
    def prepared(at):
        if WINDOWS:
            linux_only("names that no file of Windows can have")
        return prepare(at)
    return prepared


answers("stick-two-bundles", 30, "io.candidates", stick(good=("a.tar", "b.tar")))
answers("stick-bundle-and-garbage", 30, "io.candidates", stick("b.tar"))
answers("stick-empty", 30, "io.candidates", stick(good=()))
answers("stick-only-apple-double", 30, "io.candidates", stick("._a.tar", good=()))
answers("stick-names-of-escapes", 30, "io.candidates", unlike_windows(
    stick("\x1b[2J\x1b]0;x\x07.tar", "\u202egpj.tar", b"\xff\xfe.tar", "line\nbreak.tar")))
answers("stick-2000-files", 30, "io.candidates", stick(*["%04d.tar" % i for i in range(2000)]))
answers("good-stick-apple-double", 0, "none", stick("._a.tar", ".a.tar", "README.TXT", "a.tar.sha256"))
answers("good-stick-recycle-bin", 0, "none", lambda at: (
    stick("autorun.inf", "desktop.ini")(at), os.makedirs(at.path("stick", "System Volume Information")),
    [at.path("stick")])[-1])
answers("good-file-of-odd-name", 0, "none", unlike_windows(lambda at: (
    at.write_bundle(at.kit.bundle(), at.path("\x1b[31m \u202ename;$(x)'.tar")),
    [at.path("\x1b[31m \u202ename;$(x)'.tar")])[-1]))


# --- escapes in texts that reach a message, in words and in JSON ---

def shown(ident, code, bundle, trust=None, note=""):
    """The run itself fails a case in which a control character is shown."""
    def made(at):
        name = at.path("b.tar" if WINDOWS else "\x1b[31m\u202eb\r\x9b.tar")
        at.write_bundle(bundle(at.kit), name)
        for words in (True, False):
            for command in ("verify", "plan", "apply"):
                result = at.run(command, name, words=words)
                need(result.code == code, "%s: %d expected, %s came" % (command, code, result))
        log = os.path.join(at.state, "applier.log")
        need(not os.path.exists(log) or b"\x1b" not in make.read(log), "an escape is in the log")
    CASES.add("escapes-" + ident, code, "?", made, note, at=True)


shown("file-name", 10, lambda kit: b"x")
shown("member-name", 10, lambda kit: tar([("\x1b[2J\u202emanifest.xml", b"x")]))
shown("member-name-c1", 10, lambda kit: tar([("manifest\u009b2J.xml", b"x")]))
shown("payload-name", 10, lambda kit: tar(kit.members() + [("payload/\x1b[2J", b"x")]))
shown("certificate-name", 11, lambda kit: (lambda d: kit.bundle(d, [kit.cms(
    d, "stranger", cert=odd_certificate(kit))]))(kit.manifest()))
shown("element-name", 10, lambda kit: kit.bundle(kit.manifest().replace(
    b"  <retired/>", "  <retired\u202e/>".encode())))
shown("attribute-value", 10, lambda kit: kit.bundle(kit.manifest(sequence="\u202e5\u009b")))
shown("channel", 10, lambda kit: kit.bundle(kit.manifest(channel="keys\u202e.example")))
shown("namespace", 10, lambda kit: kit.bundle(kit.manifest(xmlns="urn:\u202e\u009bx")))
shown("reason-of-retired", 10, lambda kit: kit.bundle(kit.manifest(retired=[(b"x", "a\u202eb")])))
shown("set-namespace", 17, lambda kit: kit.bundle(sets=[(2, kit.trust(2).replace(
    b"urn:pinferry:trust:1", "urn:pinferry:trust:\u202e2".encode()), ["root"])]))
shown("signer-id", 17, lambda kit: kit.bundle(sets=[(2, kit.trust(2).replace(
    b'id="first"', 'id="\u009bfirst"'.encode()), ["root"])]))
shown("extension-id", 16, lambda kit: kit.bundle(kit.manifest().replace(
    b"</manifest>", b'  <extensions>\n    <extension id="urn:a:b" critical="true" value="1"/>\n'
    b"  </extensions>\n</manifest>")))
shown("notes", 0, lambda kit: kit.bundle(payload=[("n", "notes", b"\x1b[2J\xc2\x9b\xe2\x80\xae notes\r")]),
      note="notes are shown, and without their escapes")
shown("notes-no-utf-8", 0, lambda kit: kit.bundle(payload=[("n", "notes", bytes(range(256)))]))


def odd_certificate(kit):
    return certificate(kit.spki("stranger"), name("\x1b[2J\u202e\x07first"))


# --- while it is read: strace holds the program at a read, or fails one ---

def traced(at, inject, *also):
    if not shutil.which("strace"):
        raise Wrong("strace is not installed: run make deps-check")
    return ["strace", "-qq", "-f", "-o", at.path("trace"), "-P", at.bundle, "-e",
            "trace=read,pread64", "-e", "inject=read,pread64:" + inject, *also]


def reading(ident, code, reason, change, bundle=lambda kit: kit.bundle(payload=[BIG]), note=""):
    """`change` happens while the program waits behind a read in the payload."""
    def made(at):
        at.write_bundle(bundle(at.kit))
        before, old = at.values(), make.read(at.target)
        done = []

        def meanwhile():
            end = time.time() + 10
            while time.time() < end and not done:
                trace = at.path("trace")
                if os.path.exists(trace) and os.path.getsize(trace) > 0:
                    change(at, at.bundle)
                    done.append(True)
                time.sleep(0.01)
        worker = threading.Thread(target=meanwhile)
        worker.start()
        result = at.run("apply", at.bundle, wrap=traced(at, "delay_exit=150000:when=2+1"))
        done.append(True)
        worker.join()
        need((result.code, result.reason) == (code, reason), "%d %s expected, %s came: %s" % (
            code, reason, result, result.output[:300]))
        if code != 0:
            need(make.read(at.target) == old, "the target was changed")
            need(at.values() == before, "a refusal moved the state")
    CASES.add("reading-" + ident, code, reason, made, note, at=True)


def swap(at, path):
    at.write_bundle(at.kit.bundle(pins=[at.kit.pin(9)], sequence=7), path + ".new")
    os.rename(path + ".new", path)


def append(at, path):
    with open(path, "ab") as file:
        file.write(bytes(10240))


reading("grown", 10, "container.tail", append)
reading("cut", 10, "container.form", lambda at, path: os.truncate(path, 20000))
reading("cut-to-nothing", 10, "container.form", lambda at, path: os.truncate(path, 0))
reading("overwritten", 10, "payload.digest", lambda at, path: overwrite(path, 250000))
reading("good-removed", 0, "none", lambda at, path: os.remove(path), note="what was opened is read")
reading("good-swapped", 0, "none", swap, note="what was opened is read, not what took its name")


def overwrite(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"x")


def failing(ident, when, error, reason="io"):
    def made(at):
        at.write_bundle(at.kit.bundle(payload=[BIG]))
        before, old = at.values(), make.read(at.target)
        result = at.run("apply", at.bundle, wrap=traced(at, "error=%s:when=%s" % (error, when)))
        need((result.code, result.reason) == (30, reason), "30 %s expected, %s came" % (reason, result))
        need(make.read(at.target) == old and at.values() == before, "something was changed")
    CASES.add("read-fails-" + ident, 30, reason, made, at=True)


for number in (1, 2, 3, 4):
    failing("eio-%d" % number, number, "EIO")
failing("stale", 2, "ESTALE")
failing("no-medium", 3, "ENOMEDIUM")
