# SPDX-License-Identifier: MIT
"""Trust: chains of sets that do not follow, and bundles under the wrong set."""
import base64
import hashlib
import os

from der import RSA, NULL, algorithm, certificate, der, integer, name, oid, sequence
from ground import need
from kit import DAY, Cases, Element, Question, changed, make, stamp, tar

CASES = Cases("Trust")
SIGNATURE, THRESHOLD, STEP, TRUST_FORM = ("trust.signature", "trust.threshold", "trust.step",
                                          "trust.form")


def chain(ident, code, reason, sets, note="", old=None, reached=None, **bundle):
    """`sets` gives (version, document, signers) of a kit; `old` are changes to the site's set."""
    def made(kit):
        return Question(kit.bundle(sets=sets(kit), **bundle), kit.trust(**(old or {})),
                        reached=reached)
    CASES.add(ident, code, reason, made, note)


def step(ident, reason, note="", signers=("root",), old=None, version=2, code=17, edit=None, **new):
    """One step from the plain set to one with these changes."""
    def sets(kit):
        document = kit.trust(**dict({"version": version}, **new))
        return [(2, edit(document) if edit else document, signers)]
    chain(ident, code, reason, sets, note, old)


# --- gaps, other sets ---
chain("gap", 17, "trust.gap", lambda kit: [(3, kit.trust(3), ["root"])], "starts at S+2")
chain("gap-far", 17, "trust.gap", lambda kit: [(v, kit.trust(v), ["root"]) for v in (500, 501)])
chain("gap-last", 17, "trust.gap", lambda kit: [(999999, kit.trust(999999), ["root"])])
CASES.add("no-chain", 17, "trust.gap", lambda kit: kit.bundle(trust_version=2),
          "made under a newer set, without the chain")
CASES.add("no-chain-signed-by-its-signer", 11, "signature.signer", lambda kit: Question(
    kit.bundle(signers=["second"], trust_version=2), kit.trust(bundle=("first",))))


def same(change):
    def made(kit):
        mine = kit.trust(2)
        return Question(kit.bundle(sets=[(2, change(kit, mine), ["root"])]), mine)
    return made


CASES.add("same-version-other-byte", 17, "trust.different", same(
    lambda kit, mine: changed(mine, 'least-sequence="1"', 'least-sequence="2"')))
CASES.add("same-version-one-bit", 17, "trust.different", same(
    lambda kit, mine: mine[:-1] + bytes([mine[-1] ^ 1])))
CASES.add("same-version-longer", 17, "trust.different", same(lambda kit, mine: mine + b"\n"))
CASES.add("same-version-garbage", 17, "trust.different", same(lambda kit, mine: b"x"))
CASES.add("same-version-well-signed", 17, "trust.different", same(
    lambda kit, mine: kit.trust(2, bundle=("first", "stranger"))))
CASES.add("same-version-then-a-step", 17, "trust.different", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2, expires=200 * DAY), ["root"]), (3, kit.trust(3), ["root"])]),
    kit.trust(2)))
CASES.add("below-changed-and-signed-by-its-signer", 11, "signature.signer", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2, bundle=("stranger",)), ["root"])], signers=["stranger"],
               trust_version=2), kit.trust(3)),
          "a set below S counts for nothing, whoever signed it")

# --- who signed ---
step("signed-by-own-root-only", THRESHOLD, signers=["other"], root=("other",))
step("signed-by-old-root-only", THRESHOLD, "the new set does not name it", root=("other",))
step("signed-by-bundle-signer", THRESHOLD, signers=["first"])
step("signed-by-stranger", THRESHOLD, signers=["stranger"])
step("under-old-threshold", THRESHOLD, signers=["root"],
     old={"root": ("root", "root-b"), "root_threshold": 2}, root=("root", "root-b"),
     root_threshold=1)
step("under-new-threshold", THRESHOLD, root=("root", "root-b"), root_threshold=2)
step("one-key-for-a-threshold-of-two", SIGNATURE, "one signer twice",
     signers=["root", "root"], old={"root": ("root", "root-b"), "root_threshold": 2},
     root=("root", "root-b"))
step("good-beside-stranger", SIGNATURE, signers=["root", "stranger"])
step("good-beside-bundle-signer", SIGNATURE, signers=["root", "first"])
step("twice", SIGNATURE, signers=["root", "root"])


def two_certificates(kit):
    other = certificate(kit.spki("root"), name("root"), 7)
    document = kit.trust(2, root=(kit.signer("root", cert=other),))
    return [(2, document, ["root", kit.cms(document, "root", "trust", cert=other)])]


chain("one-key-by-two-certificates", 17, SIGNATURE, two_certificates)


def signed(ident, reason, make_file, note=""):
    def sets(kit):
        document = kit.trust(2)
        return [(2, document, [make_file(kit, document)])]
    chain(ident, 17, reason, sets, note)


signed("signed-over-another-set", SIGNATURE, lambda kit, d: kit.cms(kit.trust(2, epoch=2), "root", "trust"))
signed("signed-as-manifest", SIGNATURE, lambda kit, d: kit.cms(d, "root", "manifest"))
signed("signed-as-data", SIGNATURE, lambda kit, d: kit.cms(d, "root", etype="1.2.840.113549.1.7.1"))
for other in ("statement", "request", "receipt"):
    signed("signed-as-" + other, SIGNATURE, lambda kit, d, o=other: kit.cms(d, "root", o))
signed("signature-garbage", SIGNATURE, lambda kit, d: b"garbage" * 9)
signed("signature-bad-value", SIGNATURE, lambda kit, d: kit.cms(d, "root", "trust", key="stranger"))
signed("signature-stripped-attributes", SIGNATURE, lambda kit, d: kit.cms(
    d, "root", "trust", attributes=lambda known: []))
signed("signature-unsigned-attribute", SIGNATURE, lambda kit, d: kit.cms(
    d, "root", "trust", unsigned=der(0xA1)))
signed("signature-trailing", SIGNATURE, lambda kit, d: kit.cms(d, "root", "trust") + b"\0")
chain("document-changed", 17, SIGNATURE, lambda kit: (lambda d: [
    (2, changed(d, 'epoch="1"', 'epoch="2"'), [kit.cms(d, "root", "trust")])])(kit.trust(2)))
chain("unsigned-garbage", 17, THRESHOLD, lambda kit: [
    (2, b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', ["stranger"])],
    "what no root signer has signed is not parsed")

# --- rules of a step ---
step("version-again", STEP, "N again, as N+1", version=1)
step("version-skips", STEP, version=3)
step("epoch-down", STEP, old={"epoch": 2})
step("least-sequence-down", STEP, old={"least": 9})
step("other-domain", STEP, domain="02" * 16)
step("other-channel", STEP, channel="other.example")
step("version-again-other-bytes", STEP, version=1, expires=200 * DAY)

# --- form of a well-signed set ---
FORMS = {
    "threshold-zero": ('<bundle threshold="1"', '<bundle threshold="0"'),
    "threshold-above": ('<bundle threshold="1"', '<bundle threshold="3"'),
    "threshold-nine": ('<bundle threshold="1"', '<bundle threshold="9"'),
    "threshold-negative": ('<bundle threshold="1"', '<bundle threshold="-1"'),
    "root-threshold-zero": ('<root threshold="1"', '<root threshold="0"'),
    "root-threshold-above": ('<root threshold="1"', '<root threshold="2"'),
    "version-zero": (' version="2"', ' version="0"'),
    "version-leading-zero": (' version="2"', ' version="02"'),
    "version-large": (' version="2"', ' version="1000000"'),
    "epoch-large": (' epoch="1"', ' epoch="9007199254740992"'),
    "epoch-zero": (' epoch="1"', ' epoch="0"'),
    "comment": ("  <root", "  <!-- x --><root"), "crlf": (">\n", ">\r\n"),
    "processing-instruction": ("  <root", "  <?x y?><root"), "cdata": ("  <root", "<![CDATA[]]>  <root"),
    "doctype": ("<trust", "<!DOCTYPE trust>\n<trust"), "bom": ("<?xml", "\ufeff<?xml"),
    "unknown-attribute": (' version="2"', ' version="2" more="1"'),
    "until-no-zone": ('Z" certificate', '" certificate'),
    "id-device": ('id="first"', 'id="con"'), "id-upper": ('id="first"', 'id="First"'),
    "id-twice": ('id="first"', 'id="second"'), "id-unsorted": ('id="first"', 'id="third"'),
    "base64-space": ('certificate="', 'certificate=" '),
    "single-key-not-needed": (' least-sequence="1"', ' least-sequence="1" single-key="true"'),
    "namespace-foreign": ("urn:pinferry:trust:1", "urn:other:trust:1"),
    "namespace-of-manifest": ("urn:pinferry:trust:1", "urn:pinferry:manifest:1"),
    "namespace-no-number": ("urn:pinferry:trust:1", "urn:pinferry:trust:one"),
    "namespace-leading-zero": ("urn:pinferry:trust:1", "urn:pinferry:trust:01"),
    "namespace-empty-number": ("urn:pinferry:trust:1", "urn:pinferry:trust:"),
}
for ident, (old, new) in FORMS.items():
    step("form-" + ident, TRUST_FORM, edit=lambda d, o=old, n=new: changed(d, o, n))
for number in (0, 2, 10, 9007199254740991):
    step("newer-%d" % number, "newer.format", code=16, edit=lambda d, n=number: changed(
        d, "urn:pinferry:trust:1", "urn:pinferry:trust:%d" % n))
EXTENSION = lambda critical, ident="urn:x:y": Element("extensions", children=[Element(
    "extension", ("id", ident), ("critical", critical), ("value", "1"))])
step("extension-critical", "newer.extension", code=16, children=[EXTENSION("true")])
step("extension-no-urn", TRUST_FORM, children=[EXTENSION("false", "x")])
step("extension-no-boolean", TRUST_FORM, children=[EXTENSION("yes")])
step("form-key-in-both-roles", TRUST_FORM, "without single-key", bundle=("first", "root"))
step("form-single-key-false", TRUST_FORM, bundle=("first", "root"), single="false")
step("form-no-bundle-signer", TRUST_FORM, bundle=())
step("form-no-root-signer", TRUST_FORM, root=())


def one_key_two_entries(kit):
    end = stamp(kit.now + 400 * DAY)
    other = certificate(kit.spki("first"), name("first-again"), 3)
    return kit.trust(2, bundle=(kit.signer("first", end), kit.signer("first", end, other, "third")))


chain("form-one-key-two-entries", 17, TRUST_FORM, lambda kit: [(2, one_key_two_entries(kit), ["root"])])
chain("form-one-root-key-two-entries", 17, TRUST_FORM, lambda kit: [(2, kit.trust(2, root=(
    kit.signer("root"), kit.signer("root", cert=certificate(kit.spki("root"), name("again"), 3), ident="third"))),
                                                            ["root"])], "which would be two votes")
chain("form-nine-root-signers", 17, TRUST_FORM, lambda kit: [
    (2, kit.trust(2, root=["root"] + ["r%d" % i for i in range(8)]), ["root"])])
chain("form-17-bundle-signers", 17, TRUST_FORM, lambda kit: [
    (2, kit.trust(2, bundle=["b%02d" % i for i in range(17)]), ["root"])])


def weak(spki):
    def sets(kit):
        cert = certificate(spki(kit), name("weak"))
        end = stamp(kit.now + 400 * DAY)
        return [(2, kit.trust(2, bundle=(kit.signer("first", end), kit.signer("weak", end, cert))),
                 ["root"])]
    return sets


def rsa(modulus, exponent):
    return lambda kit: sequence(algorithm(RSA, NULL), der(3, b"\0", sequence(
        integer(modulus), integer(exponent))))


for ident, spki in {"rsa-2048": rsa(2**2048 - 1, 65537), "rsa-3071": rsa(2**3071 - 1, 65537),
                    "rsa-e-1": rsa(2**3072 - 1, 1), "rsa-e-3": rsa(2**3072 - 1, 3),
                    "rsa-even": rsa(2**3072 - 2, 65537), "rsa-8193": rsa(2**8193 - 1, 65537)}.items():
    chain("form-key-" + ident, 17, TRUST_FORM, weak(spki))


def ec(curve, point):
    return lambda kit: sequence(algorithm("1.2.840.10045.2.1", oid(curve)), der(3, b"\0", point(kit)))


P256 = "1.2.840.10045.3.1.7"
for ident, spki in {
        "ed25519": lambda kit: sequence(algorithm("1.3.101.112"), der(3, b"\0", bytes(range(32)))),
        "secp256k1": ec("1.3.132.0.10", lambda kit: b"\4" + b"\1" * 64),
        "p224": ec("1.3.132.0.33", lambda kit: b"\4" + b"\1" * 56),
        "ec-off-curve": ec(P256, lambda kit: b"\4" + b"\1" * 64),
        "ec-infinity": ec(P256, lambda kit: b"\0"),
        "ec-compressed": ec(P256, lambda kit: b"\2" + kit.pin(1)[1:33]),
        "ec-of-another-curve": ec("1.3.132.0.34", lambda kit: kit.pin(1)),
        "ec-explicit-curve": lambda kit: kit.explicit_spki()}.items():
    chain("form-key-" + ident, 17, TRUST_FORM, weak(spki))


def odd_certificate(change):
    def sets(kit):
        end = stamp(kit.now + 400 * DAY)
        cert = change(kit.cert("second"))
        return [(2, kit.trust(2, bundle=(kit.signer("first", end), kit.signer("second", end, cert))),
                 ["root"])]
    return sets


for ident, change in {"trailing": lambda c: c + b"\0", "cut": lambda c: c[:-1], "empty-sequence":
                      lambda c: b"\x30\0", "pem": lambda c: b"-----BEGIN CERTIFICATE-----\n" +
                      base64.encodebytes(c), "key-only": lambda c: c[-100:],
                      "8193-bytes": lambda c: c + bytes(8193 - len(c))}.items():
    chain("form-certificate-" + ident, 17, TRUST_FORM, odd_certificate(change))


# --- chains of several; what was valid is kept ---

def long_chain(count, break_at=None):
    def sets(kit):
        return [(v, kit.trust(v), ["stranger" if v == break_at else "root"])
                for v in range(2, 2 + count)]
    return sets


chain("chain-33", 10, "container.member", long_chain(33), "one set more than a bundle may carry")
chain("chain-breaks-at-3", 17, THRESHOLD, long_chain(3, 3), "set 2 is kept", reached=2)
chain("chain-breaks-at-20", 17, THRESHOLD, long_chain(30, 20), reached=19)
chain("kept-and-stranger", 11, "signature.signer", long_chain(1), reached=2, signers=["stranger"])
chain("kept-and-expired", 13, "time.expired", long_chain(1), reached=2, expires=-60)
chain("kept-and-other-site", 15, "scope.site", long_chain(1), reached=2, sites=["elsewhere"])


def thief(kit):
    """Set 2 drops the second root signer, who then signs a set 3 of its own."""
    return [(2, kit.trust(2, root=("root",)), ["root"]), (3, kit.trust(3, root=("thief",)), ["thief"])]


chain("thief-after-dropped", 17, THRESHOLD, thief, "the set that drops the thief is kept",
      old={"root": ("root", "thief")}, reached=2)
CASES.add("thief-signs-bundle", 11, "signature.signer", lambda kit: Question(kit.bundle(
    sets=[(2, kit.trust(2, bundle=("first",)), ["root"])], signers=["second"]), reached=2),
    "a bundle by the signer whom the carried set drops")
CASES.add("thief-signs-under-old-set", 11, "signature.signer", lambda kit: Question(
    kit.bundle(signers=["second"]), kit.trust(2, bundle=("first",))),
    "a bundle made under set 1 by a signer whom the site's set 2 no longer names")
CASES.add("trust-version-below-last-set", 10, "manifest.form", lambda kit: Question(kit.bundle(
    sets=[(2, kit.trust(2), ["root"])], trust_version=1), reached=2),
    "the last carried set is trust-version")


# --- what the manifest says of its trust members ---

def member(ident, change, note=""):
    def made(kit):
        sets = [(2, kit.trust(2), ["root"])]
        trust = kit.carried(sets)
        document = change(kit, trust)
        return Question(make_tar(trust, document, kit), reached=2)
    CASES.add("member-" + ident, 10, "manifest.form", made, note)


def make_tar(trust, document, kit):
    return tar(trust + [("manifest.xml", document), ("manifest-1.p7s", kit.cms(document))])


member("not-named", lambda kit, trust: kit.manifest(trust_version=2))
member("signature-not-named", lambda kit, trust: kit.manifest(trust=trust[:1], trust_version=2))
member("one-too-many", lambda kit, trust: kit.manifest(
    trust=trust + [("trust/000002-2.p7s", b"x")], trust_version=2))
member("digest", lambda kit, trust: kit.manifest(
    trust=[trust[0], (trust[1][0], bytes(len(trust[1][1])))], trust_version=2))
member("size", lambda kit, trust: changed(
    kit.manifest(trust=trust, trust_version=2), 'size="%d"' % len(trust[0][1]),
    'size="%d"' % (len(trust[0][1]) + 1)))

member("order", lambda kit, trust: kit.manifest(trust=trust[::-1], trust_version=2), "another than the tar's")
member("twice", lambda kit, trust: kit.manifest(trust=[trust[0], trust[1], trust[1]], trust_version=2))
member("digest-of-the-set", lambda kit, trust: kit.manifest(
    trust=[(trust[0][0], bytes(len(trust[0][1]))), trust[1]], trust_version=2))

# --- dates ---
CASES.add("expired", 13, "time.trust-expired", lambda kit: Question(kit.bundle(),
                                                                   kit.trust(expires=-60)))
CASES.add("expired-then-good-step", 0, "none", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2), ["root"])]), kit.trust(expires=-60), reached=2),
    "steps ignore dates")
CASES.add("expired-then-expired", 13, "time.trust-expired", lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2, expires=-30), ["root"])]), kit.trust(expires=-60), reached=2))
CASES.add("expired-then-stranger", 17, THRESHOLD, lambda kit: Question(
    kit.bundle(sets=[(2, kit.trust(2), ["stranger"])]), kit.trust(expires=-60)))
CASES.add("step-signed-in-2000", 0, "none", lambda kit: (lambda d: Question(kit.bundle(sets=[
    (2, d, [kit.cms(d, "root", "trust", when=946684800)])]), reached=2))(kit.trust(2)),
    "a step's signing times decide nothing")
CASES.add("step-signed-in-2049", 0, "none", lambda kit: (lambda d: Question(kit.bundle(sets=[
    (2, d, [kit.cms(d, "root", "trust", when=2524607000)])]), reached=2))(kit.trust(2)))


# --- enrolling ---

def enrol(ident, code, reason, change_trust=lambda t: t, change_print=lambda p: p, note=""):
    def made(site):
        trust = change_trust(site.kit.trust())
        path = site.path("other.xml")
        make.write(path, trust)
        site.state = site.path("other-state")
        site.expect(code, reason, "init", "--site", "site-1", "--trust", path, "--fingerprint",
                    change_print(hashlib.sha256(trust).hexdigest()), "--config", site.target)
        need(code == 0 or not os.path.exists(os.path.join(site.state, "state.xml")),
             "a refused enrolment left a state")
    CASES.add("enrol-" + ident, code, reason, made, note, at=True)


enrol("fingerprint-one-digit", 17, "trust.fingerprint",
      change_print=lambda p: p[:-1] + ("0" if p[-1] != "0" else "1"), note="wrong in one digit")
enrol("fingerprint-first-digit", 17, "trust.fingerprint",
      change_print=lambda p: ("0" if p[0] != "0" else "1") + p[1:])
enrol("fingerprint-short", 17, "trust.fingerprint", change_print=lambda p: p[:-1])
enrol("fingerprint-half", 17, "trust.fingerprint", change_print=lambda p: p[:32])
enrol("fingerprint-long", 17, "trust.fingerprint", change_print=lambda p: p + "0")
enrol("fingerprint-empty", 17, "trust.fingerprint", change_print=lambda p: "")
enrol("fingerprint-of-nothing", 17, "trust.fingerprint",
      change_print=lambda p: hashlib.sha256(b"").hexdigest())
enrol("form-doctype", 17, TRUST_FORM, lambda t: changed(t, "<trust", "<!DOCTYPE trust>\n<trust"))
enrol("form-threshold-zero", 17, TRUST_FORM, lambda t: changed(t, '<root threshold="1"',
                                                              '<root threshold="0"'))
enrol("form-empty", 17, TRUST_FORM, lambda t: b"")
enrol("newer", 16, "newer.format", lambda t: changed(t, "trust:1", "trust:2"))
enrol("good", 0, "none")
enrol("good-typed-with-colons", 0, "none",
      change_print=lambda p: ":".join(p[i:i + 2] for i in range(0, 64, 2)).upper())

# --- good ones among them ---
chain("good-step", 0, "none", lambda kit: [(2, kit.trust(2), ["root"])], reached=2)
chain("good-chain-32", 0, "none", long_chain(32), "as long as a chain may be", reached=33)
chain("good-new-root", 0, "none", lambda kit: [(2, kit.trust(2, root=("other",)), ["root", "other"])],
      reached=2)
chain("good-new-root-other-order", 0, "none",
      lambda kit: [(2, kit.trust(2, root=("other",)), ["other", "root"])], reached=2)
chain("good-epoch-up", 0, "none", lambda kit: [(2, kit.trust(2, epoch=7), ["root"])], reached=2,
      epoch=7)
chain("good-single-key", 0, "none",
      lambda kit: [(2, kit.trust(2, bundle=("first", "root"), single="true"), ["root"])], reached=2)
chain("good-extension", 0, "none",
      lambda kit: [(2, kit.trust(2, children=[EXTENSION("false")]), ["root"])], reached=2)
chain("good-renewed-certificate", 0, "none", lambda kit: [(2, kit.trust(2, root=(kit.signer(
    "root", cert=certificate(kit.spki("root"), name("root"), 7)),)), ["root"])], reached=2)
CASES.good("good-same-version-carried", same(lambda kit, mine: mine))
CASES.good("good-same-version-signature-unread", lambda kit: (lambda mine: Question(
    kit.bundle(sets=[(2, mine, [b"garbage"])]), mine))(kit.trust(2)),
    "signatures of a set that the site has are not looked at")
CASES.good("good-below-garbage", lambda kit: Question(kit.bundle(
    sets=[(2, b"garbage", [b"garbage"]), (3, kit.trust(3), ["root"])], trust_version=3), kit.trust(3)),
    "a set below S is not parsed")
CASES.good("good-below-changed", lambda kit: Question(kit.bundle(
    sets=[(2, kit.trust(2, bundle=("stranger",)), ["root"])], trust_version=2), kit.trust(3)))
CASES.good("good-older-trust-version", lambda kit: Question(kit.bundle(trust_version=1), kit.trust(4)))
