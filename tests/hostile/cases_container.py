# SPDX-License-Identifier: MIT
"""Container: what is no tar of format 1, or one of another make."""
import bz2
import gzip
import io
import lzma
import os
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

from ground import need
from kit import Cases, Question, closed, entry, header, padded, tar

CASES = Cases("Container")
FORM, HEADER, MEMBER = "container.form", "container.header", "container.member"
LIMIT, TAIL = "container.limit", "container.tail"
LONG = b"x" * 2000


def add(ident, reason, make, note=""):
    CASES.add(ident, 10, reason, make, note)


def cut(size):
    return lambda kit: kit.bundle()[:size]


# --- no tar at all ---

add("empty", FORM, lambda kit: b"")
add("one-byte", FORM, lambda kit: b"x")
for at in range(1, 20):
    add("cut-at-%05d" % (512 * at), FORM, cut(512 * at), "cut at a block's end")
for at in (1, 156, 511, 513, 700, 1023, 4095, 10239):
    add("cut-at-%05d" % at, FORM, cut(at), "cut within a block")
add("zeros", MEMBER, lambda kit: bytes(10240))
add("text", HEADER, lambda kit: b"this is no bundle\n" * 100)
add("mtree", HEADER, lambda kit: b"#mtree\n./manifest.xml type=file size=4 contents=/etc/passwd\n"
    + b"# more\n" * 100, "libarchive's detection takes such a text for an archive")
add("mtree-checkfs", HEADER, lambda kit: mtree(kit, lambda path: b"contents=" + os.fsencode(path)),
    "an mtree text whose members are files on this computer; mtree:checkfs reads them")
add("mtree-names", HEADER, lambda kit: mtree(kit, lambda path: b"type=file"), "the names alone")
add("mtree-short", FORM, lambda kit: b"#mtree\n./manifest.xml type=file\n")


def mtree(kit, more):
    """Names the members of a good bundle, which lie beside it."""
    text, folder = b"#mtree\n", os.path.join(kit.folder, "mtree")
    os.makedirs(folder, exist_ok=True)
    for path, data in kit.members():
        with open(os.path.join(folder, path), "wb") as file:
            file.write(data)
        text += b"./%s type=file %s\n" % (path.encode(), more(os.path.join(folder, path)))
    return text + b"# fill\n" * 100


def zipped(kit):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for path, data in kit.members():
            file.writestr(path, data)
    return out.getvalue()


def cpio(kit):
    out = b""
    for path, data in kit.members() + [("TRAILER!!!", b"")]:
        size = len(path) + 1
        out += (b"070701" + b"%08x" % 1 + b"%08x" % 0o100644 + b"%08x" * 11
                % (0, 0, 1, 0, len(data), 0, 0, 0, 0, size, 0))
        out += path.encode() + bytes(1 + -(110 + size) % 4) + data + bytes(-len(data) % 4)
    return out


def iso(kit):
    return bytes(32768) + b"\1CD001\1\0" + bytes(2040) + b"\xffCD001\1" + bytes(2041) + kit.bundle()


def layers(count):
    def made(kit):
        data = kit.bundle()
        for _ in range(count):
            data = gzip.compress(data, 0)
        return data
    return made


def bomb(file):
    """256 MiB of zeros behind a good beginning."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    file.write(pack.compress(header("manifest.xml", 2**28)))
    for _ in range(256):
        file.write(pack.compress(bytes(2**20)))
    file.write(pack.flush())


add("zip", HEADER, zipped)
add("cpio", HEADER, cpio)
add("iso", MEMBER, iso, "an ISO image begins with 32 KiB of zeros")
add("7z", HEADER, lambda kit: b"7z\xbc\xaf\x27\x1c\0\4" + LONG)
add("rar", HEADER, lambda kit: b"Rar!\x1a\7\1\0" + LONG)
for number in range(1, 7):
    add("gzip-%d" % number, HEADER, layers(number), "%d layers of gzip" % number)
add("gzip-bomb", HEADER, lambda kit: bomb)
add("bzip2", HEADER, lambda kit: bz2.compress(kit.bundle()))
add("xz", HEADER, lambda kit: lzma.compress(kit.bundle()))
add("zstd-window", HEADER, lambda kit: b"\x28\xb5\x2f\xfd\x00\xff" + LONG,
    "a frame that asks for a window of the largest size, and garbage")


def zstd(window):
    """A whole frame of raw blocks that asks for this window: 2^(10 + w // 8) bytes and more."""
    def made(kit):
        data, out = kit.bundle(), b"\x28\xb5\x2f\xfd\0" + bytes([window])
        for at in range(0, len(data), 1024):
            block = data[at:at + 1024]
            out += (len(block) << 3 | (at + 1024 >= len(data))).to_bytes(3, "little") + block
        return out
    return made


def zstd_bomb(kit):
    """1 GiB of zeros: 8,192 blocks of one repeated byte each, behind a good beginning."""
    size = 128 * 1024
    blocks = [(size << 3 | 2 | (i == 8191)).to_bytes(3, "little") + b"\0" for i in range(8192)]
    return zstd(0x70)(kit)[:-1027].replace(b"\x01\x20\0", b"\0\x20\0") + b"".join(blocks)


add("zstd", HEADER, zstd(0x68), "the good bundle in a frame of 8 MiB of window")
add("zstd-window-2-gib", HEADER, zstd(0xA8), "the good bundle in a frame of 2 GiB of window")
add("zstd-window-3-tib", HEADER, zstd(0xFF), "the largest window that a frame can ask for")
add("zstd-bomb", HEADER, zstd_bomb)
add("compress", HEADER, lambda kit: b"\x1f\x9d\x90" + LONG)
add("uuencode", HEADER, lambda kit: b"begin 644 manifest.xml\n" + b"M" * 61 + b"\n" + LONG)
add("pem", HEADER, lambda kit: b"-----BEGIN CMS-----\n" + LONG)


# --- behind the end ---

def after(tail, keep=None):
    return lambda kit: kit.bundle()[:keep] + (tail(kit) if callable(tail) else tail)


add("end-byte", TAIL, after(b"\0"))
add("end-block", TAIL, after(bytes(512)))
add("end-record", TAIL, after(bytes(10240)))
add("end-text", TAIL, after(b"hello"))
add("end-second-tar", TAIL, after(lambda kit: kit.bundle()), "a second tar behind the end")
add("end-last-byte", TAIL, after(b"\1", -1))
add("end-in-the-fill", TAIL, after(b"x" + bytes(511), -512))
add("end-second-block", TAIL, lambda kit: (lambda blocks: blocks + bytes(512) + header("manifest.xml", 4)
                                           + bytes(-(len(blocks) + 1024) % 10240))(
    b"".join(entry(path, data) for path, data in kit.members())),
    "one block of zeros, then a header")
add("end-one-block-short", FORM, lambda kit: kit.bundle()[:-512])


# --- names ---

def renamed(name, index=0):
    def made(kit):
        members = kit.members()
        members[index] = (name, members[index][1])
        return tar(members)
    return made


NAMES = {
    "dot": "./manifest.xml", "dots": "a/../manifest.xml", "upper": "MANIFEST.XML",
    "mixed": "Manifest.xml", "nfc": "m\u00e4nifest.xml", "nfd": "ma\u0308nifest.xml",
    "trailing-dot": "manifest.xml.", "trailing-space": "manifest.xml ",
    "stream": "manifest.xml::$DATA", "device": "CON", "device-extension": "nul.xml",
    "absolute": "/manifest.xml", "drive": "C:manifest.xml", "unc": "\\\\host\\share\\manifest.xml",
    "parent": "../manifest.xml", "sub-parent": "sub/..", "backslash": "trust\\000002.xml",
    "double-slash": "trust//000002.xml", "newline": "manifest.xml\n", "bidi": "manifest\u202elmx.xml",
    "escape": "manifest\x1b[2J.xml", "zero-width": "manifest.xml\u200b", "latin-1": b"m\xe4nifest.xml",
    "folder": "trust/", "deep": "/".join("a" * 40), "percent": "manifest%2exml", "tilde": "MANIFE~1.XML",
    "backup": "manifest.xml~", "apple-double": "._manifest.xml", "set-seven-digits": "trust/0000002.xml",
    "set-five-digits": "trust/00002.xml", "set-zero": "trust/000000.xml", "set-one": "trust/000001.xml",
    "set-hex": "trust/00000a.xml", "99-bytes": "m" * 99,
}
for ident, text in NAMES.items():
    add("name-" + ident, MEMBER, renamed(text))


def twins(ident, *names):
    """Beside the good manifest, or instead of it, names that a file system may take for one."""
    add("twins-" + ident, MEMBER, lambda kit: (lambda m: tar(
        [(name, m[0][1]) for name in names] + m[1:]))(kit.members()))


twins("nfc-nfd", "m\u00e4nifest.xml", "ma\u0308nifest.xml")
twins("upper-first", "MANIFEST.XML", "manifest.xml")
twins("upper-last", "manifest.xml", "MANIFEST.XML")
twins("dot", "manifest.xml", "./manifest.xml")
twins("dots", "manifest.xml", "a/../manifest.xml")
twins("trailing-dot", "manifest.xml", "manifest.xml.")
twins("stream", "manifest.xml", "manifest.xml::$DATA")
add("name-nul", HEADER, lambda kit: renamed(b"manifest.xml\0x")(kit), "something behind the NUL")
add("name-100-bytes", HEADER, renamed("m" * 100), "no NUL ends it")
add("name-empty", HEADER, renamed(""))
add("name-signature-zero", MEMBER, renamed("manifest-0.p7s", 1))
add("name-signature-leading-zero", MEMBER, renamed("manifest-01.p7s", 1))
add("name-signature-upper", MEMBER, renamed("manifest-1.P7S", 1))
for ident, text in {"device": "payload/con", "device-label": "payload/com1.txt", "upper": "payload/A",
                    "dots": "payload/a..b", "parent": "payload/../a", "sub": "payload/a/b",
                    "empty": "payload/", "64-bytes": "payload/" + "a" * 64, "space": "payload/a b",
                    "underscore": "payload/a_b", "hyphen": "payload/a-", "dot": "payload/.a",
                    "stream": "payload/a:b"}.items():
    add("name-payload-" + ident, MEMBER, lambda kit, text=text: tar(kit.members() + [(text, b"x")]))


# --- headers: one field of the first header that is another ---

def field(**fields):
    def made(kit):
        (path, data), *rest = kit.members()
        return closed(entry(path, data, **fields) + b"".join(entry(*m) for m in rest))
    return made


TYPES = {"old": b"\0", "hard-link": b"1", "symlink": b"2", "character-device": b"3",
         "block-device": b"4", "folder": b"5", "fifo": b"6", "contiguous": b"7", "pax": b"x",
         "pax-global": b"g", "gnu-long-name": b"L", "gnu-long-link": b"K", "gnu-sparse": b"S",
         "gnu-multi-volume": b"M", "gnu-volume": b"V", "gnu-dump-dir": b"D", "solaris-acl": b"A",
         "solaris-pax": b"X", "vendor": b"Z", "unknown": b"\xff"}
for ident, flag in TYPES.items():
    add("type-" + ident, HEADER, field(at_156=flag), "typeflag %r" % flag.decode("latin-1"))
add("type-hard-link-data", HEADER, field(at_156=b"1", at_157=b"manifest.xml"),
    "a hard link to itself that has data")
FIELDS = {
    "setuid": {"at_100": b"0004755\0"}, "mode": {"at_100": b"0000600\0"},
    "uid": {"at_108": b"0001000\0"}, "gid": {"at_116": b"0000001\0"},
    "uid-base-256": {"at_108": b"\x80" + bytes(7)}, "time": {"at_136": b"14000000000\0"},
    "time-negative": {"at_136": b"\xff" * 12}, "checksum-wrong": {"at_148": b"000000\0 ", "keep_sum": True},
    "link-name": {"at_157": b"/etc/passwd"}, "magic-gnu": {"at_257": b"ustar  \0"},
    "magic-none": {"at_257": bytes(8)}, "version": {"at_263": b"01"}, "user": {"at_265": b"root"},
    "group": {"at_297": b"root"}, "device": {"at_329": b"0000001\0"}, "prefix": {"at_345": b"a"},
    "padding": {"at_500": b"x"}, "star": {"at_508": b"tar\0"}, "last-byte": {"at_511": b"\1"},
}
for ident, fields in FIELDS.items():
    add("header-" + ident, HEADER, field(**fields))


def sized(text, reason, ident, note=""):
    add("size-" + ident, reason, field(at_124=text), note)


sized(b"\x80" + bytes(7) + b"\0\0\2\0", HEADER, "base-256")
sized(b"\xff" * 12, HEADER, "negative", "base-256, -1")
sized(b"-0000000001\0", HEADER, "minus")
sized(b"     000644\0", HEADER, "spaces")
sized(b"00000000008\0", HEADER, "digit-8")
sized(b"000000000000", HEADER, "twelve-digits")
sized(b"\0" * 12, HEADER, "empty")
sized(b"00000000000\0", LIMIT, "zero")
sized(b"00010000001\0", LIMIT, "manifest-2097153", "one more than a manifest may have")
sized(b"40000000000\0", LIMIT, "4-gib", "4,294,967,296")
sized(b"77777777777\0", LIMIT, "8-gib")
sized(b"00010000000\0", FORM, "manifest-2097152", "as much as a manifest may have, and not there")
add("size-signature-16385", LIMIT, lambda kit: tar([("manifest.xml", kit.manifest()),
                                                  ("manifest-1.p7s", bytes(16385))]))
add("size-set-65537", LIMIT, lambda kit: tar([("trust/000002.xml", bytes(65537))]))
add("size-payload-zero", LIMIT, lambda kit: tar(kit.members() + [("payload/a", b"")]))
add("padding-between", FORM, lambda kit: (lambda data, doc: data[:512 + len(doc)] + b"x"
                                          + data[513 + len(doc):])(*(lambda doc: (kit.bundle(doc), doc))(
    kit.manifest())), "the padding behind the manifest")
add("encodings-mixed", HEADER, lambda kit: (lambda m: closed(entry(*m[0], gnu=True)
                                                             + entry(*m[1], gnu=False)))(kit.members()))


# --- pax, GNU and links before a good member ---

def before(blocks):
    return lambda kit: closed(blocks + b"".join(entry(*m) for m in kit.members()))


def pax(text, flag=b"x"):
    record = lambda t: next(b"%d %s\n" % (n, t) for n in range(len(t) + 2, len(t) + 9)
                            if len(b"%d %s\n" % (n, t)) == n)
    return entry("PaxHeaders/manifest.xml", record(text) if text else b"", at_156=flag)


for ident, text in {"path": b"path=manifest.xml", "path-parent": b"path=../../etc/passwd",
                    "size-smaller": b"size=1", "size-larger": b"size=99999999", "empty": b"",
                    "xattr": b"SCHILY.xattr.user.a=b", "acl": b"SCHILY.acl.access=user::rwx",
                    "link": b"linkpath=/etc/passwd", "charset": b"hdrcharset=BINARY",
                    "sparse": b"GNU.sparse.major=1", "time": b"mtime=0.5"}.items():
    add("pax-" + ident, HEADER, before(pax(text)))
add("pax-global-path", HEADER, before(pax(b"path=manifest.xml", b"g")))
add("pax-global-empty", HEADER, before(pax(b"", b"g")))
add("pax-before-long-name", HEADER, before(pax(b"size=1") + entry("././@LongLink", b"manifest.xml\0",
                                                                   at_156=b"L")))
add("long-name-1-mb", HEADER, before(entry("././@LongLink", b"m" * 2**20 + b"\0", at_156=b"L")))
for ident, flag in {"folder": b"5", "fifo": b"6", "device": b"3", "symlink": b"2", "sparse": b"S"}.items():
    add("manifest-is-a-" + ident, HEADER, before(header("manifest.xml", 0, at_156=flag)), "and then the file")
add("long-name-of-the-manifest", HEADER, before(entry("././@LongLink", b"manifest.xml\0", at_156=b"L")))
add("long-link-of-the-manifest", HEADER, before(entry("././@LongLink", b"/etc/passwd\0", at_156=b"K")))
add("symlink-then-file", HEADER, before(header("payload", 0, at_156=b"2", at_157=b"/tmp")),
    "a symbolic link, then a file through it")
add("hard-link-then-file", HEADER, before(header("payload/a", 0, at_156=b"1", at_157=b"/etc/passwd")))


# --- order and number ---

def ordered(change):
    return lambda kit: tar(change(kit, kit.members()))


def twice(kit, good_first):
    bad = ("manifest.xml", kit.manifest(sequence=6))
    members = kit.members()
    return [members[0], bad, members[1]] if good_first else [bad] + members


add("manifest-twice-good-first", MEMBER, ordered(lambda kit, m: twice(kit, True)))
add("manifest-twice-good-last", MEMBER, ordered(lambda kit, m: twice(kit, False)))
add("manifest-twice-behind", MEMBER, ordered(lambda kit, m: m + [m[0]]))
add("signature-twice", MEMBER, ordered(lambda kit, m: m + [m[1]]))
add("signature-first", MEMBER, ordered(lambda kit, m: [m[1], m[0]]))
add("signature-gap", MEMBER, ordered(lambda kit, m: [m[0], ("manifest-2.p7s", m[1][1])]))
add("signature-none", MEMBER, ordered(lambda kit, m: m[:1]))
add("signatures-nine", MEMBER, ordered(lambda kit, m: m[:1] + [("manifest-%d.p7s" % i, m[1][1])
                                                              for i in range(1, 10)]))
add("signature-alone", MEMBER, ordered(lambda kit, m: m[1:]))
add("payload-first", MEMBER, ordered(lambda kit, m: [("payload/a", b"x")] + m))
add("payload-before-signature", MEMBER, ordered(lambda kit, m: [m[0], ("payload/a", b"x"), m[1]]))
add("payload-twice", "payload.member", lambda kit: tar(kit.members(payload=[("a", "opaque", b"x")])
                                                       + [("payload/a", b"x")]))
add("set-behind-manifest", MEMBER, ordered(lambda kit, m: m + [("trust/000002.xml", b"x")]))
add("sets-33", MEMBER, ordered(lambda kit, m: [
    (path, b"x") for v in range(2, 35) for path in ("trust/%06d.xml" % v, "trust/%06d-1.p7s" % v)] + m))
add("set-signatures-17", MEMBER, ordered(lambda kit, m: [("trust/000002.xml", b"x")] + [
    ("trust/000002-%d.p7s" % i, b"x") for i in range(1, 18)] + m))
add("set-unsigned", MEMBER, ordered(lambda kit, m: [("trust/000002.xml", b"x")] + m))
add("set-gap", MEMBER, ordered(lambda kit, m: [
    (path, b"x") for v in (2, 4) for path in ("trust/%06d.xml" % v, "trust/%06d-1.p7s" % v)] + m))
add("set-down", MEMBER, ordered(lambda kit, m: [
    (path, b"x") for v in (3, 2) for path in ("trust/%06d.xml" % v, "trust/%06d-1.p7s" % v)] + m))
add("not-listed", "payload.member", lambda kit: tar(kit.members() + [("payload/a", b"x")]))
add("listed-not-there", "payload.absent",
    lambda kit: tar(kit.members(payload=[("a", "opaque", b"x")])[:-1]))
add("payload-other-order", "payload.member", lambda kit: (lambda m: tar(m[:2] + m[:1:-1]))(
    kit.members(payload=[("a", "opaque", b"x"), ("b", "opaque", b"y")])))
add("payload-changed", "payload.digest", lambda kit: tar(kit.members(
    payload=[("a", "opaque", b"abc")])[:-1] + [("payload/a", b"abd")]))
add("payload-longer", "payload.member", lambda kit: tar(kit.members(
    payload=[("a", "opaque", b"abc")])[:-1] + [("payload/a", b"abcd")]))
add("payload-cut", FORM, lambda kit: kit.bundle(payload=[("a", "opaque", b"x" * 20000)])[:15000])


def many(kit):
    head = b"".join(entry(*m) for m in kit.members())

    def written(file):
        file.write(head)
        for i in range(100000):
            file.write(entry("payload/m%d" % i, b"x"))
    return written


add("members-100000", "payload.member", many, "100,000 members that the manifest does not name")


def extracted(ident, reason, damage, code=10):
    """`extract` leaves nothing of an attachment whose bundle is refused, whatever stands before the fault."""
    def made(at):
        at.write_bundle(damage(at.kit, at.kit.members(payload=[("a", "opaque", bytes(200000)), ("b", "opaque", b"x")])))
        outside = sorted(os.listdir(at.work))
        at.expect(code, reason, "extract", at.bundle, "a", "-o", at.path("out"))
        need(sorted(os.listdir(at.work)) == outside, "something was left")
    CASES.add("extract-" + ident, code, reason, made, at=True)


extracted("digest", "payload.digest", lambda kit, m: tar(m[:-2] + [(m[-2][0], bytes(199999) + b"x"), m[-1]]))
extracted("digest-of-another", "payload.digest", lambda kit, m: tar(m[:-1] + [(m[-1][0], b"y")]))
extracted("tail", TAIL, lambda kit, m: tar(m) + b"x")
extracted("cut", FORM, lambda kit, m: tar(m)[:-10240])
extracted("stranger", "signature.signer", lambda kit, m: tar(
    m[:1] + [(m[1][0], kit.cms(m[0][1], "stranger"))] + m[2:]), code=11)


# --- good ones among them ---

def by_tool(form):
    """The members through Python's writer of ustar, which is neither ours nor GNU tar."""
    def made(kit):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=form) as file:
            for path, data in kit.members(payload=[("a", "opaque", b"x")]):
                info = tarfile.TarInfo(path)
                info.size, info.mtime = len(data), 315532800
                file.addfile(info, io.BytesIO(data))
        return out.getvalue()
    return made


def by_stock_tar(kit):
    with tempfile.TemporaryDirectory(dir=kit.folder) as folder:
        members = kit.members()
        for path, data in members:
            with open(os.path.join(folder, path), "wb") as file:
                file.write(data)
        return subprocess.run(
            ["tar", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644",
             "--mtime=@315532800", "-b20", "-cf", "-", *[m[0] for m in members]], cwd=folder,
            stdout=subprocess.PIPE, check=True).stdout


CASES.good("plain", lambda kit: kit.bundle())
CASES.good("small", lambda kit: Question(kit.bundle(pins=[kit.pin(1)]), kit.trust(bundle=("first",))),
           "the one whose bits are flipped, one at a time")
CASES.good("encoding-l", lambda kit: kit.bundle(gnu=False))
CASES.good("encoding-g", lambda kit: kit.bundle(gnu=True))
CASES.good("stock-tar", by_stock_tar, "by the tar program")
CASES.good("payload", lambda kit: kit.bundle(payload=[("a", "opaque", b"x" * 513),
                                                      ("notes", "notes", b"hello")]))
CASES.good("payload-1-mb", lambda kit: kit.bundle(payload=[("big", "opaque", bytes(2**20))]))
CASES.good("payload-64", lambda kit: kit.bundle(
    payload=[("p%02d" % i, "opaque", b"x") for i in range(64)]))
CASES.good("name-99-bytes-of-payload", lambda kit: kit.bundle(payload=[("a" * 63, "opaque", b"x")]),
           "a payload's name is an id of at most 63 bytes")
