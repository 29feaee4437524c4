# SPDX-License-Identifier: MIT
"""One site in a folder of its own: its files taken down and put back, the applier run on it."""
import collections
import hashlib
import os
import re
import shutil
import subprocess
import sys

TREE = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
sys.path.insert(0, os.path.join(TREE, "tests", "e2e", "lib"))
import make  # noqa: E402 (the maker of keys, bundles and files that the end-to-end tests use)

PARTS = ("www1", "www2", "state")
TARGETS = ("www1/web.config", "www2/web.config")
CANARY = make.CANARY.encode()
HERE = b"@PLACE@"  # stands in a tree for the folder that it was taken from
OWNER = (12345, 12345) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
TARGET_MODE = 0o640
TARGET_XATTR = {"user.note": b"kept"}

class Result(collections.namedtuple("Result", "code text")):
    def __str__(self):
        """The exit code and what was wrong, without the plan."""
        lines = [line for line in self.text.splitlines() if line.startswith("applier: ")]
        return "exit %d: %s" % (self.code, "; ".join(lines) or self.text.strip()[-200:])


Call = collections.namedtuple("Call", "number name result args texts data")
# of a file or a folder; `data` is None for a folder
Entry = collections.namedtuple("Entry", "mode uid gid data xattrs")


class Wrong(Exception):
    pass


def check(holds, *what):
    if not holds:
        raise Wrong(" ".join(str(w) for w in what))


def xattrs_of(path):
    try:
        return tuple((n, os.getxattr(path, n)) for n in sorted(os.listxattr(path)))
    except OSError:
        return ()


class Place:
    def __init__(self, root, kit):
        self.root, self.kit = os.path.realpath(root), kit
        self.state = os.path.join(self.root, "state")
        self.now = None  # what is there, as long as nothing was run or made since
        os.makedirs(self.root, exist_ok=True)

    def path(self, name):
        return os.path.join(self.root, name)

    # --- files ---

    def _entry(self, path):
        st = os.lstat(path)
        data = None
        if not os.path.isdir(path):
            with open(path, "rb") as file:
                data = file.read().replace(self.root.encode(), HERE)
        return Entry(st.st_mode, st.st_uid, st.st_gid, data, xattrs_of(path))

    def take(self):
        """All files as {name: Entry}, in a form that another place can put down."""
        found = {}
        for part in PARTS:
            if not os.path.lexists(self.path(part)):
                continue
            found[part] = self._entry(self.path(part))
            for folder, subs, files in os.walk(self.path(part)):
                for name in subs + files:
                    path = os.path.join(folder, name)
                    found[os.path.relpath(path, self.root)] = self._entry(path)
        self.now = found
        return found

    def put(self, tree):
        """Makes the files those of `tree`; what is so already stays."""
        now = dict(self.take() if self.now is None else self.now)
        self.now = None
        for name in sorted(now, reverse=True):
            kind = None if name not in tree else (tree[name].data is None)
            if kind != (now[name].data is None):
                (os.rmdir if now[name].data is None else os.unlink)(self.path(name))
                del now[name]
        for name in sorted(tree):
            if now.get(name) != tree[name]:
                self._put_one(name, tree[name])
        self.now = tree

    def _put_one(self, name, entry):
        path = self.path(name)
        if entry.data is None:
            os.makedirs(path, exist_ok=True)
        else:
            make.write(path, entry.data.replace(HERE, self.root.encode()))
        for attr in os.listxattr(path) if xattrs_of(path) != entry.xattrs else ():
            os.removexattr(path, attr)
        for attr, value in entry.xattrs:
            os.setxattr(path, attr, value)
        if os.geteuid() == 0:
            os.chown(path, entry.uid, entry.gid)
        os.chmod(path, entry.mode & 0o7777)

    def make_target(self, name, pins):
        self.now = None
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        make.make_config(make_options(dir=self.kit.keys, out=path, pins=pins))
        os.chmod(path, TARGET_MODE)
        os.chown(path, *OWNER)
        try:
            for attr, value in TARGET_XATTR.items():
                os.setxattr(path, attr, value)
        except OSError:
            pass  # this file system has none

    # --- programs ---

    def command(self, args):
        return [self.kit.applier, "--state", self.state] + [
            self.path(a[1:]) if a.startswith("=") else a for a in args]

    def run(self, *args, wrap=()):
        self.now = None
        done = subprocess.run(list(wrap) + self.command(args), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
                              env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}, cwd=self.root)
        text = done.stdout.decode(errors="replace")
        check(CANARY not in done.stdout, "the password of the target was shown:", args)
        return Result(done.returncode, text)

    def expect(self, code, *args, says=""):
        result = self.run(*args)
        check(result.code == code, "'%s' did not say %d, but" % (" ".join(args), code), result)
        check(says in result.text, "'%s' does not say '%s':" % (" ".join(args), says), result)
        return result

    def trace(self, args, mode, *numbers):
        """The result of the command and the calls that were written down."""
        log = self.path("trace")
        wrap = [self.kit.tracer, log, mode] + [str(n) for n in numbers]
        result = self.run(*args, wrap=wrap)
        with open(log) as file:
            return result, [parse_call(line) for line in file]


def parse_call(line):
    words = line.split()
    unhex = lambda w: b"" if w == "-" else bytes.fromhex(w)
    rest = [unhex(w) for w in words[9:]]
    return Call(int(words[0]), words[1], int(words[2]), [int(w) for w in words[3:9]],
                [r.decode(errors="replace") for r in rest], rest[-1] if rest else b"")


def make_options(**values):
    return type("Options", (), values)


class Kit:
    """What all places share: programs, keys, trust sets, bundles."""

    def __init__(self, root, applier, tracer):
        self.root, self.applier, self.tracer = root, applier, tracer
        self.keys = os.path.join(root, "keys")

    def file(self, name):
        return os.path.join(self.root, name)

    def make(self, kind, *args):
        tool = os.path.join(TREE, "tests", "e2e", "lib", "make.py")
        make.run(sys.executable, tool, kind, self.keys, *args)

    def make_all(self):
        run = self.make
        run("keys")
        run("trust", self.file("trust.xml"))
        run("trust", self.file("trust-2.xml"), "--version", "2")
        run("bundle", self.file("four.tar"), "--sequence", "4", "--pins", "14")
        run("bundle", self.file("five.tar"), "--sequence", "5", "--pins", "124", "--retired", "3",
            "--carry", self.file("trust-2.xml") + ":root")
        self.make_site_key()

    def make_site_key(self):
        base = os.path.join(self.keys, "site")
        make.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-out", base + ".key")
        make.certificate(base + ".crt", base + ".key", "site-1")
        make.run("openssl", "x509", "-in", base + ".crt", "-outform", "DER", "-out", base + ".der")

    def with_quick_key(self, tree):
        """An enrolled site whose key is on a shorter curve: signatures were half of each run."""
        receipt, signed = self.file("receipt.xml"), self.file("receipt.p7s")
        make.write(receipt, tree["state/receipts/000001.xml"].data)
        make.sign(make_options(dir=self.keys), "receipt", "site", receipt, signed)
        files = {"site.key": os.path.join(self.keys, "site.key"), "receipts/000001.p7s": signed,
                 "site.crt": os.path.join(self.keys, "site.der")}
        new = {"state/" + n: tree["state/" + n]._replace(data=make.read(p)) for n, p in files.items()}
        return dict(tree, **new)

    def fingerprint(self):
        return make.sha256(make.read(self.file("trust.xml")))


TEMPORARY = re.compile(r"\.tmp\w{6}$")
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
RANDOM = re.compile(rb' (receipt|previous|nonce|chain)="[0-9a-f]+"')
KEYS = {"state/secret": rb"[0-9a-f]{64}\n", "state/site.crt": rb"\x30\x82.{300,}",
        "state/site.key": rb"-----BEGIN .*-----END PRIVATE KEY-----\n"}


def digest(tree):
    """Of what matters: two runs differ by their times, temporary names and signatures."""
    whole = hashlib.sha256()
    for name in sorted(TEMPORARY.sub(".tmp", n) + "\0" + n for n in tree):
        entry = tree[name.split("\0")[1]]
        data = entry.data or b""
        if ".p7s" in name and len(data) > 200 and len(data) == 4 + int.from_bytes(data[2:4], "big"):
            data = b"whole"
        elif name.split("\0")[0] in KEYS and re.fullmatch(KEYS[name.split("\0")[0]], data, re.S):
            data = b"whole"
        elif name.startswith("state/applier.log\0"):
            data = b"lines" if data else b""  # what is said of each failure
        data = RANDOM.sub(b"", TIMES.sub(b"", data))
        whole.update(repr((name.split("\0")[0], entry._replace(data=data))).encode())
    return whole.hexdigest()


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
