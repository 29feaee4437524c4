# SPDX-License-Identifier: MIT
"""Statement: what no site may take as the word of its root signers, and how little one waives."""
import base64
import os

from der import (DATA, DIGESTS, ECDSA, NULL, SIGNED_DATA, algorithm, attribute, certificate, content, der,
                 integer, name, octets, sequence)
from ground import need
from kit import DAY, NONCE, OIDS, Cases, Element, Statement, changed, make, sha256, stamp

CASES = Cases("Statement")
PROFILE, SIGNER, VALUE = "signature.profile", "signature.signer", "signature.value"
FORM, DIGEST, REPEATED = "signature.form", "signature.digest", "signature.repeated"
XML, CANONICAL, THRESHOLD, USED = ("document.form", "document.canonical", "signature.threshold",
                                   "replay.statement")
MAX = 2**53 - 1


def add(ident, code, reason, make_it, note=""):
    CASES.add(ident, code, reason, make_it, note, statement=True)


def states(ident, code, why, note="", said=None, signers=("root",), **changes):
    """A statement with these changes, well signed; `said` gets the kit."""
    add(ident, code, why, lambda kit: kit.statement_files(
        kit.statement(said(kit) if said else None, **changes), signers), note)


def edit(ident, reason, old, new, note="", code=10, said=None):
    """A good statement in which `old` is exchanged, then signed."""
    add(ident, code, reason, lambda kit: kit.statement_files(
        changed(kit.statement(said(kit) if said else None), old, new)), note)


expired = lambda kit, digest="11" * 32: Element("expired", ("manifest", digest))
reset_state = lambda kit, epoch=1, sequence=0: Element(
    "reset-state", ("epoch", epoch), ("sequence", sequence), ("floor", stamp(kit.now - DAY)))

# --- for whom ---
states("other-site", 15, "scope.site", site="site-2")
states("other-site-begins-alike", 15, "scope.site", site="site-10")
states("other-site-shorter", 15, "scope.site", site="site")
states("other-domain", 15, "scope.domain", domain="02" * 16)
states("other-channel", 15, "scope.channel", channel="other.example")
states("other-channel-begins-alike", 15, "scope.channel", channel="keys.example.com")
states("other-nonce", 14, USED, nonce="0b" * 16)
states("other-nonce-one-bit", 14, USED, nonce="0a" * 15 + "0b")
states("other-nonce-first-byte", 14, USED, nonce="0b" + "0a" * 15)
states("other-nonce-zeros", 14, USED, nonce="00" * 16)
states("other-nonce-expired", 14, USED, said=expired, nonce="0b" * 16)
states("other-nonce-reset-state", 14, USED, said=reset_state, nonce="0b" * 16)
states("other-site-and-nonce", 15, "scope.site", "the site comes before the nonce", site="x", nonce="0b" * 16)
states("other-domain-and-site", 15, "scope.domain", domain="02" * 16, site="x")

# --- who signed ---
for ident, signer, note in (("bundle-key", "first", "bundle signers sign manifests and nothing else"),
                            ("stranger", "stranger", ""), ("old-root-key", "root-2", "no root signer of the set")):
    states("by-" + ident, 11, SIGNER, note, signers=[signer])
states("by-root-and-bundle-key", 11, SIGNER, signers=["root", "first"])
states("by-root-and-stranger", 11, SIGNER, signers=["root", "stranger"])
states("by-stranger-and-root", 11, SIGNER, signers=["stranger", "root"])
states("by-nobody", 12, THRESHOLD, signers=[])
states("by-root-twice", 11, REPEATED, signers=["root", "root"])


def under(ident, code, reason, signers, note="", **trust):
    """Under a set with these changes."""
    add(ident, code, reason, lambda kit: Statement(kit.statement_files(signers=signers), kit.trust(**trust)), note)


TWO = {"root": ("root", "root-2"), "root_threshold": 2}
under("one-of-two", 12, THRESHOLD, ["root"], **TWO)
under("one-of-two-twice", 11, REPEATED, ["root", "root"], "one signer is one vote", **TWO)
under("one-of-two-and-bundle-key", 11, SIGNER, ["root", "first"], **TWO)
under("by-root-that-the-set-dropped", 11, SIGNER, ["root-2"], "the site's set 2 no longer names it", version=2)
under("good-two-of-two", 0, "none", ["root-2", "root"], **TWO)
under("good-two-of-three", 0, "none", ["root", "other"], root=("root", "root-2", "other"), root_threshold=2)
under("good-set-has-expired", 0, "none", ["root"], "dates of the set play no part", expires=-60)
add("single-key-is-also-root", 0, "none", lambda kit: Statement(kit.statement_files(signers=["first"]), kit.trust(
    root=("first",), single="true")), "a key of both roles signs as root")
add("by-other-certificate-of-the-root-key", 11, SIGNER, lambda kit: (lambda d: kit.statement_files(d, [kit.cms(
    d, "root", "statement", cert=certificate(kit.spki("root"), name("root"), 9))]))(kit.statement()))
add("by-name-of-root", 11, SIGNER, lambda kit: (lambda d: kit.statement_files(d, [kit.cms(
    d, "stranger", "statement", cert=certificate(kit.spki("stranger"), name("root")))]))(kit.statement()))

# --- signature files ---
# arguments of Kit.cms that may be functions of kit and document
CALLED = {"certs", "inside", "value", "message"}


def signed(ident, reason, note="", **changes):
    def made(kit):
        document = kit.statement()
        given = {k: v(kit, document) if k in CALLED and callable(v) else v for k, v in changes.items()}
        return kit.statement_files(document, [kit.cms(document, "root", "statement", **given)])
    add("signature-" + ident, 11, reason, made, note)


def raw(ident, reason, make_file, note="", code=11):
    """The signature file is what `make_file` makes of kit and document."""
    add("signature-" + ident, code, reason, lambda kit: (lambda d: kit.statement_files(d, [make_file(kit, d)]))(
        kit.statement()), note)


for kind, number in OIDS.items():
    if kind != "statement":
        signed("as-" + kind, PROFILE, "a statement signed as a " + kind, etype=number)
signed("as-data", PROFILE, "signed by a service that signs any file", etype=DATA)
signed("type-differs", PROFILE, etype=OIDS["statement"], ctype=OIDS["trust"])
signed("attributes-stripped", PROFILE, attributes=lambda known: [])
signed("embedded", PROFILE, inside=lambda kit, d: der(0xA0, octets(d)))
signed("embedded-swapped", PROFILE, inside=lambda kit, d: der(0xA0, octets(kit.statement(site="x"))))
signed("info-twice", PROFILE, infos=lambda info: [info] * 2)
signed("no-info", PROFILE, infos=lambda info: [])
signed("no-certificate", PROFILE, certs=[])
signed("certificates-two", PROFILE, certs=lambda kit, d: [kit.cert("root"), kit.cert("first")])
signed("certificate-of-bundle-key", SIGNER, certs=lambda kit, d: [kit.cert("first")])
signed("crl", PROFILE, crls=der(0xA1, sequence(sequence(
    algorithm(ECDSA["sha256"]), name("x"), der(0x17, b"260101000000Z")), algorithm(ECDSA["sha256"]),
    der(3, b"\0x"))))
signed("unsigned-attribute", PROFILE, unsigned=der(0xA1, attribute("1.2.3.4", integer(1))))
signed("version", PROFILE, version=1)
signed("info-version", PROFILE, info_version=3)
signed("sid-key-identifier", PROFILE, sid=der(0x80, bytes(20)))
signed("sha1", PROFILE, digest="sha1")
signed("digest-null", PROFILE, info_digest=algorithm(DIGESTS["sha256"], NULL))
signed("algorithm", PROFILE, sigalg=algorithm(ECDSA["sha512"]))
signed("extra-attribute", PROFILE, attributes=lambda known: [*known.values(), attribute("1.2.3.4", integer(1))])
for which in ("type", "digest", "time", "cert"):
    signed("no-%s-attribute" % which, PROFILE, attributes=lambda known, w=which: [
        v for k, v in known.items() if k != w])
    signed("%s-attribute-twice" % which, PROFILE, attributes=lambda known, w=which: [*known.values(), known[w]])
signed("digest-zeros", DIGEST, message=bytes(32))
signed("value-by-stranger", VALUE, key="stranger")
signed("value-by-bundle-key", VALUE, key="first")
signed("value-zero", VALUE, value=lambda kit, d: sequence(integer(0), integer(0)))
signed("value-of-document", VALUE, value=lambda kit, d: kit.signature("root", d))
raw("of-another-statement", DIGEST, lambda kit, d: kit.cms(kit.statement(nonce="0b" * 16), "root", "statement"),
    "a good one from beside the statement before")
raw("of-a-trust-set", PROFILE, lambda kit, d: kit.cms(kit.trust(2), "root", "trust"))
raw("trailing-byte", PROFILE, lambda kit, d: kit.cms(d, "root", "statement") + b"\0")
raw("trailing-file", PROFILE, lambda kit, d: kit.cms(d, "root", "statement") * 2)
raw("indefinite-length", PROFILE, lambda kit, d: b"\x30\x80" + content(kit.cms(d, "root", "statement")) + b"\0\0")
raw("empty", FORM, lambda kit, d: b"")
raw("garbage", FORM, lambda kit, d: b"hello, world" * 20)
raw("cut", FORM, lambda kit, d: kit.cms(d, "root", "statement")[:-1])
raw("pem", FORM, lambda kit, d: b"-----BEGIN CMS-----\n" + base64.encodebytes(kit.cms(d, "root", "statement"))
    + b"-----END CMS-----\n")
raw("other-outer-type", FORM, lambda kit, d: kit.cms(d, "root", "statement", outer="1.2.3.4"))
raw("nested", PROFILE, lambda kit, d: kit.cms(d, "root", "statement", etype=SIGNED_DATA))
raw("over-16384", "io.limit", lambda kit, d: kit.cms(d, "root", "statement", certs=[kit.cert("root")] * 60), code=30)
add("document-changed", 11, DIGEST, lambda kit: (lambda d: kit.statement_files(
    changed(d, "change 1234", "change 1235"), [kit.cms(d, "root", "statement")]))(kit.statement()))
add("document-longer", 11, DIGEST, lambda kit: (lambda d: kit.statement_files(
    d + b"\n", [kit.cms(d, "root", "statement")]))(kit.statement()))
add("document-empty", 11, DIGEST, lambda kit: (lambda d: kit.statement_files(
    b"", [kit.cms(d, "root", "statement")]))(kit.statement()))
add("document-of-entities-unsigned", 11, SIGNER, lambda kit: kit.statement_files(
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', ["stranger"]),
    "what no root signer has signed is not parsed")

# --- the folder ---


def folder(ident, code, reason, change, note=""):
    add("folder-" + ident, code, reason, lambda kit: change(kit, kit.statement_files()), note)


folder("no-statement", 30, "io.absent", lambda kit, files: files[1:])
folder("empty", 30, "io.absent", lambda kit, files: [])
folder("no-signature", 12, THRESHOLD, lambda kit, files: files[:1])
folder("begins-at-2", 12, THRESHOLD, lambda kit, files: [files[0], ("statement-2.p7s", files[1][1])])
folder("begins-at-0", 12, THRESHOLD, lambda kit, files: [files[0], ("statement-0.p7s", files[1][1])])
folder("leading-zero", 12, THRESHOLD, lambda kit, files: [files[0], ("statement-01.p7s", files[1][1])])
folder("manifest-names", 30, "io.absent", lambda kit, files: [("manifest.xml", files[0][1]),
                                                              ("manifest-1.p7s", files[1][1])])
folder("signatures-17", 11, FORM, lambda kit, files: files[:1] + [
    ("statement-%d.p7s" % i, files[1][1]) for i in range(1, 18)])
folder("over-262144", 30, "io.limit", lambda kit, files: kit.statement_files(
    kit.statement() + b" " * 262144))
folder("good-other-files", 0, "none", lambda kit, files: files + [
    ("read-me.txt", b"x"), ("statement-3.p7s", b"behind a gap"), ("._statement.xml", b"x")],
    "what stands beside is not looked at")


def placed(ident, reason, change):
    """Something else stands where a file of the folder should."""
    def made(at):
        at.set_nonce(NONCE)
        path = at.write_statement(at.kit.statement_files())
        path = change(at, path) or path
        before = at.kept()
        at.expect(30, reason, "recover", "--statement", path)
        need(at.kept() == before, "a refusal moved the state")
    CASES.add("folder-" + ident, 30, reason, made, at=True)


def replaced(item, put):
    def change(at, path):
        file = os.path.join(path, item)
        os.rename(file, at.path("moved"))
        put(at.path("moved"), file)
    return change


placed("absent", "io.absent", lambda at, path: path + "-2")
placed("is-a-file", "io.absent", lambda at, path: os.path.join(path, "statement.xml"))
for item, short in (("statement.xml", "document"), ("statement-1.p7s", "signature")):
    placed(short + "-is-a-link", "io.kind", replaced(item, os.symlink))
    placed(short + "-is-a-fifo", "io.kind", replaced(item, lambda old, new: os.mkfifo(new)))
    placed(short + "-is-a-folder", "io.kind", replaced(item, lambda old, new: os.mkdir(new)))
    placed(short + "-is-a-device", "io.kind", replaced(item, lambda old, new: os.symlink("/dev/zero", new)))

# --- bytes ---
edit("blank-twice", CANONICAL, " domain=", "  domain=")
edit("tab", CANONICAL, " domain=", "\tdomain=")
edit("indent", CANONICAL, "\n  <reset", "\n   <reset")
edit("line-empty", CANONICAL, "\n  <reset", "\n\n  <reset")
edit("crlf", CANONICAL, ">\n", ">\r\n")
edit("quote-single", CANONICAL, 'site="site-1"', "site='site-1'")
edit("pair-of-tags", CANONICAL, '"/>', '"></reset-time>')
edit("attribute-order", CANONICAL, 'site="site-1" nonce="%s"' % NONCE, 'nonce="%s" site="site-1"' % NONCE)
edit("attribute-unknown", CANONICAL, " site=", ' all="true" site=')
edit("attribute-twice", XML, " site=", ' site="site-1" site=')
edit("attribute-prefix", XML, " site=", ' xml:site="site-1" site=')
edit("reference-decimal", CANONICAL, "change 1234", "change 123&#52;")
edit("reference-unknown", XML, "change 1234", "&one;")
edit("comment", XML, "\n  <reset", "\n  <!-- x -->\n  <reset")
edit("comment-at-the-end", XML, "</statement>\n", "</statement>\n<!-- x -->\n")
edit("cdata", XML, "\n  <reset", "\n<![CDATA[x]]>  <reset")
edit("text", XML, "\n  <reset", "\nx  <reset")
edit("processing-instruction", XML, "\n  <reset", "\n  <?x y?>\n  <reset")
edit("doctype", XML, "<statement", "<!DOCTYPE statement>\n<statement")
edit("entity-file", XML, "<statement", '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<statement')
edit("bom", XML, "<?xml", b"\xef\xbb\xbf<?xml")
edit("declaration-missing", CANONICAL, '<?xml version="1.0" encoding="UTF-8"?>\n', "")
edit("no-utf-8", XML, "change", b"ch\xe4nge")
edit("nul", XML, "change", b"ch\0nge")
edit("levels-10000", XML, "  <reset", "<a>" * 10000 + "</a>" * 10000 + "  <reset")
edit("last-line-missing", XML, "</statement>\n", "")
edit("last-lf-missing", CANONICAL, "</statement>\n", "</statement>")

# --- namespace, elements, extensions ---
SPACE = "urn:pinferry:statement:1"
edit("namespace-foreign", XML, SPACE, "urn:other:statement:1")
edit("namespace-of-manifest", XML, SPACE, "urn:pinferry:manifest:1")
edit("namespace-none", XML, ' xmlns="%s"' % SPACE, "")
edit("namespace-leading-zero", XML, SPACE, "urn:pinferry:statement:01")
for number in (0, 2, MAX):
    edit("newer-%d" % number, "newer.format", SPACE, "urn:pinferry:statement:%d" % number, code=16)
edit("root-other", XML, "statement", "manifest", note="root and end tag are those of a manifest")
states("states-nothing", 10, XML, said=lambda kit: [])
states("states-two", 10, XML, said=lambda kit: [expired(kit), kit.reset_time()])
states("states-one-twice", 10, XML, said=lambda kit: [kit.reset_time()] * 2)
states("states-unknown", 10, XML, said=lambda kit: Element("waive-threshold", ("floor", stamp(kit.now))))
states("states-children", 10, CANONICAL, said=lambda kit: Element(
    "reset-time", ("floor", stamp(kit.now)), children=[Element("more")]))
EXTENSION = lambda critical, ident="urn:a:b": [Element("extensions", children=[Element(
    "extension", ("id", ident), ("critical", critical), ("value", "1"))])]
states("extension-critical", 16, "newer.extension", children=EXTENSION("true"))
states("extension-no-urn", 10, XML, children=EXTENSION("false", "x"))
states("extensions-none", 10, XML, children=[Element("extensions")])
states("extensions-only", 10, XML, said=lambda kit: [], children=EXTENSION("false"))
states("extensions-first", 10, XML, said=lambda kit: EXTENSION("false") + [kit.reset_time()])

# --- values ---
for ident in ("domain", "channel", "site", "nonce", "created", "reason"):
    states("no-" + ident, 10, XML, **{ident: None})
for ident, values in {
        "site": ("SITE-1", "con", "a" * 64, "a..b", "-a", "site 1", "site-1\u0301"),
        "nonce": ("0A" * 16, "0a" * 15, "0a" * 17, "0x" + "0a" * 15, "g" * 32, " " + "0a" * 16),
        "domain": ("0A" * 16, "01", "01" * 17),
        "created": ("2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00", "1999-12-31T23:59:59Z",
                    "2100-01-01T00:00:00Z", "2026-01-01T00:00:60Z"),
        "reason": (" x", "x ", "x  y", "x\u202ey", "x\u200by", "x\u0085y", "x" * 513, "\ufeffx",
                   "x\U0001fffey")}.items():
    for number, value in enumerate(values, 1):
        states("%s-%d" % (ident, number), 10, XML, ascii(value)[:40], **{ident: value})
for ident, digest in {"upper": "AB" * 32, "short": "11" * 31, "long": "11" * 33, "sha1": "11" * 20,
                      "named": "sha256:" + "11" * 32, "absent": None, "star": "*"}.items():
    states("expired-" + ident, 10, XML, said=lambda kit, d=digest: expired(kit, d))
states("expired-with-floor", 10, CANONICAL, said=lambda kit: Element(
    "expired", ("manifest", "11" * 32), ("floor", stamp(kit.now))))
for ident, (epoch, count) in {
        "epoch-zero": (0, 1), "epoch-2-53": (2**53, 1), "epoch-leading-zero": ("01", 1), "epoch-absent": (None, 1),
        "sequence-2-53": (1, 2**53), "sequence-negative": (1, "-1"), "sequence-leading-zero": (1, "00"),
        "sequence-absent": (1, None), "sequence-2-64": (1, 2**64), "sequence-hex": (1, "0x1"),
        "last-pair": (MAX, MAX)}.items():
    states("reset-state-" + ident, 10, XML, "no bundle could follow" if ident == "last-pair" else "",
           said=lambda kit, e=epoch, c=count: reset_state(kit, e, c))
edit("reset-state-no-floor", XML, ' floor="', ' roof="', said=reset_state)
for ident, text in {"no-zone": "2026-01-01T00:00:00", "30-february": "2026-02-30T00:00:00Z",
                    "1999": "1999-12-31T23:59:59Z", "2100": "2100-01-01T00:00:00Z", "words": "now",
                    "fraction": "2026-01-01T00:00:00.5Z", "absent": None}.items():
    states("floor-" + ident, 10, XML, said=lambda kit, t=text: Element("reset-time", ("floor", t)))

# --- what comes first ---
states("signature-before-form", 11, SIGNER, "by a stranger, and for nobody", signers=["stranger"], site="SITE")
states("threshold-before-form", 12, THRESHOLD, signers=[], site="SITE")
states("form-before-site", 10, XML, site="other", nonce="x")
add("repeated-before-threshold", 11, REPEATED, lambda kit: Statement(kit.statement_files(
    signers=["root", "root"]), kit.trust(root=("root", "root-2", "other"), root_threshold=3)))

# --- good ones among them ---
states("good-reset-time", 0, "none")
states("good-reset-time-ahead", 0, "none", said=lambda kit: kit.reset_time(DAY))
states("good-expired", 0, "none", said=expired)
states("good-reset-state", 0, "none", said=reset_state)
states("good-reset-state-large", 0, "none", said=lambda kit: reset_state(kit, 1, MAX))
states("good-reset-state-last-epoch", 0, "none", said=lambda kit: reset_state(kit, MAX, MAX - 1))
states("good-created-2099", 0, "none", "when it was made decides nothing", created="2099-12-31T23:59:59Z")
states("good-reason-512-bytes", 0, "none", reason="x" * 512)
states("good-reason-of-escapes", 0, "none", reason='a & b < c > d "e" \u9375')
states("good-extension", 0, "none", children=EXTENSION("false"))
add("good-sha512", 0, "none", lambda kit: (lambda d: kit.statement_files(d, [kit.cms(
    d, "root", "statement", digest="sha512")]))(kit.statement()))
add("good-signed-in-2000", 0, "none", lambda kit: (lambda d: kit.statement_files(d, [kit.cms(
    d, "root", "statement", when=946684800)]))(kit.statement()), "a statement's signing times decide nothing")


def by_openssl(kit):
    path = os.path.join(kit.folder, "statement-by-openssl")
    make.write(path, kit.statement())
    make.run("openssl", "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha384", "-econtent_type",
             OIDS["statement"], "-outform", "DER", "-in", path, "-signer", os.path.join(kit.dir, "root.crt"),
             "-inkey", os.path.join(kit.dir, "root.key"), "-out", path + ".p7s")
    return kit.statement_files(make.read(path), [make.read(path + ".p7s")])


add("good-by-openssl", 0, "none", by_openssl, "signed by the openssl program")


# --- at a site: once, and for no more than it says ---

def take(at, said=None, code=0, reason="none", signers=("root",), trust_site=None, **changes):
    """A statement to this site with its nonce of this moment."""
    changes.setdefault("nonce", at.nonce())
    at.taken = getattr(at, "taken", 0) + 1
    folder_path = at.write_statement(at.kit.statement_files(at.kit.statement(said, **changes), signers),
                                     "statement-%d" % at.taken)
    at.expect(code, reason, "recover", "--statement", folder_path)
    return folder_path


def at_site(ident, code, reason, made, note=""):
    CASES.add("site-" + ident, code, reason, made, note, at=True)


def used_twice(said, then=None):
    def made(at):
        first = take(at, said(at.kit))
        before = at.kept()
        for _ in range(2):
            at.expect(14, USED, "recover", "--statement", first)
        need(at.kept() == before, "a statement that was used before moved the state")
    return made


at_site("used-twice-reset-time", 14, USED, used_twice(lambda kit: kit.reset_time()))
at_site("used-twice-expired", 14, USED, used_twice(expired))
at_site("used-twice-reset-state", 14, USED, used_twice(reset_state))


def two_of_one_nonce(at):
    """Two good ones, made for the same nonce: the first that comes is the only one."""
    old = at.nonce()
    take(at)
    take(at, expired(at.kit), 14, USED, nonce=old)
    need(b" waived=" not in at.kept(), "the second was taken")


at_site("two-for-one-nonce", 14, USED, two_of_one_nonce)


def after_step(at):
    """A root signer whom the next set drops states nothing any more; the new one does."""
    at.write_bundle(at.kit.bundle(sets=[(2, at.kit.trust(2, root=("root-2",)), ["root", "root-2"])]))
    at.expect(0, "none", "apply", at.bundle)
    take(at, code=11, reason=SIGNER)
    take(at, signers=["root-2"])


at_site("by-root-of-the-set-before", 11, SIGNER, after_step)


def by_site_key(at):
    """What signs the site's receipts signs it no statement."""
    path = at.path("statement.xml")
    make.write(path, at.kit.statement(nonce=at.nonce()))
    make.run("openssl", "x509", "-inform", "DER", "-in", os.path.join(at.state, "site.crt"), "-out", at.path("site.pem"))
    make.run("openssl", "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha384", "-econtent_type",
             OIDS["statement"], "-outform", "DER", "-in", path, "-signer", at.path("site.pem"), "-inkey",
             os.path.join(at.state, "site.key"), "-out", path + ".p7s")
    before = at.kept()
    at.expect(11, SIGNER, "recover", "--statement", at.write_statement(
        at.kit.statement_files(make.read(path), [make.read(path + ".p7s")])))
    need(at.kept() == before, "a refusal moved the state")


at_site("by-its-own-key", 11, SIGNER, by_site_key)


def waives(ident, code, reason, bundle, of=None, trust=None, note=""):
    """After a statement that waives the end of bundle `of` (None: of this one), this bundle is asked for."""
    def made(at):
        document = bundle(at.kit)
        waived = of(at.kit) if of else document
        take(at, expired(at.kit, sha256(waived)))
        at.write_bundle(at.kit.bundle(document))
        at.ask(code, reason, [at.bundle])
    at_site("waived-" + ident, code, reason, made, note)


OLD = {"expires": -60, "next_expected": -120}
waives("other-manifest", 13, "time.expired", lambda kit: kit.manifest(**OLD),
       lambda kit: kit.manifest(sequence=6, **OLD), note="waives the end of another manifest")
waives("and-not-yet", 13, "time.not-yet", lambda kit: kit.manifest(not_before=3600))
waives("and-other-site", 15, "scope.site", lambda kit: kit.manifest(sites=["elsewhere"], **OLD))
waives("and-other-domain", 15, "scope.domain", lambda kit: kit.manifest(domain="02" * 16, **OLD))
waives("and-other-epoch", 14, "replay.epoch", lambda kit: kit.manifest(epoch=2, **OLD))
waives("and-minimum", 22, "proof.minimum", lambda kit: kit.manifest(minimum=9, **OLD))
waives("and-malformed", 10, "manifest.form", lambda kit: changed(kit.manifest(**OLD), 'epoch="1"', 'epoch="0"'))
waives("good", 0, "none", lambda kit: kit.manifest(**OLD))


def waived_by_stranger(at):
    document = at.kit.manifest(**OLD)
    take(at, expired(at.kit, sha256(document)))
    at.write_bundle(at.kit.bundle(document, ["stranger"]))
    at.ask(11, SIGNER, [at.bundle])


at_site("waived-and-by-stranger", 11, SIGNER, waived_by_stranger)


def floor_set(at):
    """The floor of a bundle is above; the statement's is, and nothing else moves."""
    at.write_bundle(at.kit.bundle())
    at.expect(0, "none", "apply", at.bundle)
    before = at.values()
    take(at, at.kit.reset_time(-30 * DAY))
    need(at.values() == (before[0], stamp(at.kit.now - 30 * DAY), before[2]), "%s became %s" % (before, at.values()))
    older = at.kit.bundle(sequence=4)
    at.write_bundle(older)
    at.ask(14, "replay.sequence", [at.bundle])


at_site("reset-time-keeps-the-sequence", 14, "replay.sequence", floor_set)


def floor_ahead(at):
    take(at, at.kit.reset_time(3 * DAY))
    at.write_bundle(at.kit.bundle())
    at.ask(19, "clock.behind", [at.bundle])


at_site("reset-time-ahead-of-the-clock", 19, "clock.behind", floor_ahead)


def pair_set(at):
    """Bundles from above the stated pair on are taken, and no others; the set's least-sequence stays."""
    at.write_bundle(at.kit.bundle(sequence=900))
    at.expect(0, "none", "apply", at.bundle)
    take(at, reset_state(at.kit, 1, 5))
    at.write_bundle(at.kit.bundle(sequence=5))
    at.ask(14, "replay.least-sequence", [at.bundle])
    at.write_bundle(at.kit.bundle(sequence=6))
    at.expect(0, "none", "apply", at.bundle)


at_site("reset-state-not-above", 14, "replay.least-sequence", pair_set)


def escapes(at):
    """A reason is shown in words; its hidden characters never came through the reader."""
    for text in ("a\x1b[2Jb", "a\u202eb", "a\u009bb", "a\rb"):
        document = changed(at.kit.statement(nonce=at.nonce()), "change 1234", text)
        at.run("recover", "--statement", at.write_statement(at.kit.statement_files(document),
                                                            "\x1b[31m\u202e%d" % ord(text[1])), words=True)
        need(b" floor=" not in at.kept(), "it was taken")


at_site("escapes", 10, XML, escapes)


def damaged(at):
    """No statement mends a state that cannot be read: it would have to be believed first."""
    path = at.write_statement(at.kit.statement_files(at.kit.statement(reset_state(at.kit), nonce=at.nonce())))
    make.write(os.path.join(at.state, "state.xml"), make.read(os.path.join(at.state, "state.xml"))[:-20])
    at.expect(18, "state.damaged", "recover", "--statement", path)


at_site("state-damaged", 18, "state.damaged", damaged)


def void_by_new_nonce(at):
    """What was made for the nonce before is no statement any more, whatever its kind."""
    old = at.nonce()
    at.expect(0, "none", "recover", "--new-nonce")
    for said in (reset_state(at.kit), at.kit.reset_time(), expired(at.kit)):
        take(at, said, 14, USED, nonce=old)


def waiting(at):
    """No other kind ends the wait, none is used up by asking, and no bundle is taken meanwhile."""
    at.write_bundle(at.kit.bundle())
    at.expect(0, "none", "apply", at.bundle)
    at.expect(0, "none", "recover", "--new-nonce")
    at.write_bundle(at.kit.bundle(sequence=6, pins=[at.kit.pin(4)]))
    before, old = at.kept(), make.read(at.target)
    for said in (at.kit.reset_time(), expired(at.kit)):
        take(at, said, 18, "state.waiting")
        for command in ("verify", "apply"):
            at.expect(18, "state.waiting", command, at.bundle)
    take(at, reset_state(at.kit), 11, SIGNER, signers=["first"])
    take(at, reset_state(at.kit), 15, "scope.site", site="site-2")
    need(at.kept() == before and make.read(at.target) == old, "state or target was changed")
    take(at, reset_state(at.kit, 1, 5))
    at.expect(0, "none", "apply", at.bundle)


at_site("made-before-new-nonce", 14, USED, void_by_new_nonce)
at_site("of-another-kind-while-waiting", 18, "state.waiting", waiting)
