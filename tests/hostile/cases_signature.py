# SPDX-License-Identifier: MIT
"""Signature: what plain CMS_verify accepts, and what no signature file of format 1 may be."""
import base64
import os
import subprocess
import tempfile

from der import (CONTENT_TYPE, DATA, DIGESTS, EC, ECDSA, MESSAGE_DIGEST, NULL, PSS, RSA,
                 SIGNED_DATA, SIGNING_TIME, algorithm, attribute, certificate, content, der,
                 integer, name, octets, oid, parts, pss, sequence, set_of)
from kit import DAY, OIDS, Cases, Question, changed, make, stamp

CASES = Cases("Signature")
PROFILE, SIGNER, VALUE = "signature.profile", "signature.signer", "signature.value"
FORM, DIGEST, REPEATED = "signature.form", "signature.digest", "signature.repeated"
ORDER_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551


def add(ident, reason, note="", **changes):
    """A file that differs from the profile by these arguments of Kit.cms; callables get the kit."""
    def made(kit):
        document = kit.manifest()
        given = {k: v(kit, document) if k in CALLED and callable(v) else v
                 for k, v in changes.items()}
        return kit.bundle(document, [kit.cms(document, **given)])
    CASES.add(ident, 11, reason, made, note)


# arguments that may be functions of kit and document
CALLED = {"cert", "certs", "crls", "message", "value", "signed", "when", "inside", "sid", "unsigned"}


def raw(ident, reason, make, note=""):
    """The signature file's bytes are what `make` makes of kit and document."""
    CASES.add(ident, 11, reason, lambda kit: (lambda d: kit.bundle(d, [make(kit, d)]))(
        kit.manifest()), note)


# --- what plain CMS_verify accepts ---

def stripped(kit):
    """The content is the DER of the old attributes, under which the old signature holds."""
    seen = {}

    def keep(known):
        seen.update(known)
        return list(known.values())
    first = kit.manifest()
    value = signature_of(kit.cms(first, attributes=keep))
    document = der(0x31, b"".join(sorted(seen.values())))
    return kit.bundle(document, [kit.cms(document, attributes=lambda known: [], value=value)])


def info_of(file):
    data = parts(content(parts(content(file))[1]))[0]
    return parts(content(parts(content(data))[-1]))[0]


def signature_of(file):
    return content(parts(content(info_of(file)))[-1])


CASES.add("table-attributes-stripped", 11, PROFILE, stripped,
          "no signed attributes, the content is the old ones")
add("table-type-differs", PROFILE, "eContentType and the contentType attribute differ",
    ctype=OIDS["trust"])
add("table-type-differs-outside", PROFILE, etype=OIDS["trust"], ctype=OIDS["manifest"])
add("table-embedded", PROFILE, "the document inside",
    inside=lambda kit, d: der(0xA0, octets(d)))
add("table-embedded-swapped", PROFILE, "another document inside, ours beside it",
    inside=lambda kit, d: der(0xA0, octets(kit.manifest(sequence=9))))
add("table-embedded-empty", PROFILE, inside=der(0xA0, octets(b"")))
raw("table-700-bytes-behind", PROFILE, lambda kit, d: kit.cms(d) + b"x" * 700)
raw("table-one-byte-behind", PROFILE, lambda kit, d: kit.cms(d) + b"\0")
raw("table-second-file-behind", PROFILE, lambda kit, d: kit.cms(d) * 2)
add("table-same-info-twice", PROFILE, infos=lambda info: [info] * 2)
add("table-same-info-30-times", PROFILE, infos=lambda info: [info] * 30)
CASES.add("table-same-info-5000-times", 10, "container.limit", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, infos=lambda info: [info] * 5000)]))(kit.manifest()),
          "over 16,384 bytes: refused by the container")
CASES.add("table-5000-certificates", 10, "container.limit", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, certs=[kit.cert("first")] * 5000)]))(kit.manifest()))
add("table-30-certificates", PROFILE, certs=lambda kit, d: [kit.cert("first")] * 30)
add("table-unsigned-attribute", PROFILE,
    unsigned=der(0xA1, attribute("1.2.3.4", integer(1))))
add("table-unsigned-empty", PROFILE, unsigned=der(0xA1))
for number in (0, 1, 2, 4, 5, 99):
    add("table-version-%d" % number, PROFILE, "SignedData version %d" % number, version=number)
for number in (0, 2, 3, 99):
    add("table-info-version-%d" % number, PROFILE, info_version=number)


def indefinite(kit, document):
    file = kit.cms(document)
    return b"\x30\x80" + content(file) + b"\0\0"


raw("table-indefinite-length", PROFILE, indefinite, "BER")
raw("table-length-not-minimal", PROFILE, lambda kit, d: (lambda f: b"\x30\x84" + (
    len(content(f))).to_bytes(4, "big") + content(f))(kit.cms(d)), "BER")
add("table-md5", PROFILE, digest="md5", value=b"x" * 70)
add("table-sha1", PROFILE, digest="sha1")
add("table-sha224", PROFILE, digest="sha224")
add("table-sha3", PROFILE, digest="sha3-256")


def rsa_1024(kit):
    kit.key_file("rsa-1024", "rsa1024")
    document = kit.manifest()
    return kit.bundle(document, [kit.cms(document, "rsa-1024")])


CASES.add("table-rsa-1024", 11, SIGNER, rsa_1024, "no trust set can name such a key")


def by_stranger(make_cert, key="stranger"):
    def made(kit):
        document = kit.manifest()
        return kit.bundle(document, [kit.cms(document, key, cert=make_cert(kit))])
    return made


def with_purpose(*usages):
    """basicConstraints, keyUsage and extendedKeyUsage of a certificate that others would like."""
    text = sequence(oid("2.5.29.37"), octets(sequence(*[oid(u) for u in usages])))
    return lambda kit: certificate(kit.spki("stranger"), name("first"), extensions=text)


CA = sequence(sequence(oid("2.5.29.19"), der(1, b"\xff"), octets(sequence(der(1, b"\xff")))))
CASES.add("table-tls-server", 11, SIGNER, by_stranger(with_purpose("1.3.6.1.5.5.7.3.1")))
CASES.add("table-code-signing", 11, SIGNER, by_stranger(with_purpose("1.3.6.1.5.5.7.3.3")))
CASES.add("table-email", 11, SIGNER, by_stranger(with_purpose("1.3.6.1.5.5.7.3.4")))
CASES.add("table-any-purpose", 11, SIGNER, by_stranger(with_purpose("2.5.29.37.0")))
CASES.add("table-ca", 11, SIGNER, by_stranger(lambda kit: certificate(
    kit.spki("stranger"), name("first"), extensions=content(CA))))
CASES.add("table-no-eku", 11, SIGNER, by_stranger(lambda kit: certificate(kit.spki("stranger"),
                                                                       name("first"))))


def issued_by_signer(kit):
    """A certificate that a signer has issued: no name of the trust set, and no signer."""
    spki = kit.spki("stranger")
    alg = algorithm(ECDSA["sha256"])
    issuer = parts(content(parts(content(kit.cert("first")))[0]))[5]
    tbs = sequence(der(0xA0, integer(2)), integer(77), alg, issuer,
                   sequence(der(0x17, b"200101000000Z"), der(0x17, b"491231235959Z")), name("leaf"),
                   spki)
    return sequence(tbs, alg, der(3, b"\0", kit.signature("first", tbs)))


CASES.add("table-issued-by-a-signer", 11, SIGNER, by_stranger(issued_by_signer))
CASES.add("table-same-key-other-certificate", 11, SIGNER,
          by_stranger(lambda kit: certificate(kit.spki("first"), name("first"), 9), "first"),
          "the key that the set names under a certificate that it does not")
add("table-ess-of-another-certificate", PROFILE, "the certificate was exchanged after signing",
    attributes=lambda known: [v for k, v in known.items() if k != "cert"] + [
        known["cert"][:40] + bytes(8) + known["cert"][48:]])
add("table-id-data", PROFILE, "signed by a service that signs any file", etype=DATA)
add("table-id-data-attribute", PROFILE, etype=OIDS["manifest"], ctype=DATA)
for ident, kind in OIDS.items():
    if ident != "manifest":
        add("type-%s" % ident, PROFILE, "a manifest signed as a %s" % ident, etype=kind)
add("type-nested", PROFILE, etype=SIGNED_DATA)
add("type-tst-info", PROFILE, etype="1.2.840.113549.1.9.16.1.4")
CAPABILITIES = attribute("1.2.840.113549.1.9.15", sequence(algorithm("2.16.840.1.101.3.4.1.42")))
add("table-capabilities", PROFILE, attributes=lambda known: [*known.values(), CAPABILITIES])
for ident, extra in {
        "signing-certificate-v1": attribute("1.2.840.113549.1.9.16.2.12", sequence(sequence(
            sequence(octets(bytes(20)))))),
        "counter-signature": attribute("1.2.840.113549.1.9.6", octets(b"x")),
        "unknown": attribute("1.2.3.4", integer(1)),
        "algorithm-protection": attribute("1.2.840.113549.1.9.52", sequence(
            algorithm(DIGESTS["sha256"]), der(0xA1, content(algorithm(ECDSA["sha256"]))))),
        "policy": attribute("1.2.840.113549.1.9.16.2.15", NULL)}.items():
    add("attribute-extra-" + ident, PROFILE,
        attributes=lambda known, extra=extra: [*known.values(), extra])


def canonical_text(kit, document):
    """Signed over CRLF; without CMS_BINARY the LF of the document would match."""
    crlf = document.replace(b"\n", b"\r\n")
    return kit.cms(crlf)


raw("table-no-binary", DIGEST, canonical_text)
raw("table-other-manifest", DIGEST, lambda kit, d: kit.cms(kit.manifest(sequence=6)))
raw("table-empty-document", DIGEST, lambda kit, d: kit.cms(b""))
add("table-no-info", PROFILE, "no signer at all", infos=lambda info: [])
add("table-no-certificate", PROFILE, certs=[])

# --- no signature file ---
for ident, text in {"empty-sequence": b"\x30\x00", "garbage": b"hello, world" * 20, "one-byte": b"0",
                    "deep": b"\x30\x80" * 4000, "huge-length": b"\x30\x84\xff\xff\xff\xff" + bytes(50),
                    "indefinite-open": b"\x30\x80" + bytes(50)}.items():
    raw("form-" + ident, FORM, lambda kit, d, text=text: text)
raw("form-pem", FORM, lambda kit, d: b"-----BEGIN CMS-----\n" + base64.encodebytes(kit.cms(d))
    + b"-----END CMS-----\n")
raw("form-base64", FORM, lambda kit, d: base64.encodebytes(kit.cms(d)))
raw("form-smime", FORM, lambda kit, d: b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime;"
    b" smime-type=signed-data\n\n" + base64.encodebytes(kit.cms(d)))
raw("form-cut", FORM, lambda kit, d: kit.cms(d)[:-1])
raw("form-half", FORM, lambda kit, d: kit.cms(d)[:300])
raw("form-certificate", FORM, lambda kit, d: kit.cert("first"))
raw("form-raw-signature", FORM, lambda kit, d: kit.signature("first", d))
raw("form-enveloped", FORM, lambda kit, d: sequence(oid("1.2.840.113549.1.7.3"), der(0xA0, sequence(
    integer(0), set_of(), sequence(oid(DATA), algorithm("2.16.840.1.101.3.4.1.42"))))))
raw("form-digested", FORM, lambda kit, d: sequence(oid("1.2.840.113549.1.7.5"), der(0xA0, sequence(
    integer(0), algorithm(DIGESTS["sha256"]), sequence(oid(DATA)), octets(bytes(32))))))
raw("form-data", FORM, lambda kit, d: sequence(oid(DATA), der(0xA0, octets(kit.cms(d)))))
raw("form-unknown-outer-type", FORM, lambda kit, d: kit.cms(d, outer="1.2.3.4"))
raw("form-nested-inside-data", PROFILE, lambda kit, d: kit.cms(
    d, etype=SIGNED_DATA, inside=der(0xA0, octets(kit.cms(d)))), "SignedData in SignedData")
CASES.add("form-empty-file", 10, "container.limit", lambda kit: kit.bundle(kit.manifest(), [b""]))
CASES.add("form-over-16384", 10, "container.limit", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, certs=[kit.cert("first")] * 60)]))(kit.manifest()))

# --- algorithms and values ---
add("algorithm-rsa-with-ec-key", PROFILE, sigalg=algorithm(RSA, NULL))
add("algorithm-ecdsa-null", PROFILE, sigalg=algorithm(ECDSA["sha256"], NULL))
add("algorithm-ecdsa-other-digest", PROFILE, sigalg=algorithm(ECDSA["sha384"]))
add("algorithm-ec-public-key", PROFILE, sigalg=algorithm(EC))
add("algorithm-ed25519", PROFILE, sigalg=algorithm("1.3.101.112"))
add("algorithm-digest-null", PROFILE, info_digest=algorithm(DIGESTS["sha256"], NULL))
add("algorithm-digest-other", PROFILE, info_digest=algorithm(DIGESTS["sha384"]))
add("algorithm-digests-empty", PROFILE, digests=set_of())
add("algorithm-digests-other", PROFILE, digests=set_of(algorithm(DIGESTS["sha512"])))
add("algorithm-digests-null", PROFILE, digests=set_of(algorithm(DIGESTS["sha256"], NULL)))
add("algorithm-digests-two", PROFILE, digests=set_of(algorithm(DIGESTS["sha256"]),
                                                    algorithm(DIGESTS["sha384"])))
for ident, (r, s) in {"r-zero": (0, 1), "s-zero": (1, 0), "both-zero": (0, 0), "both-one": (1, 1),
                      "r-order": (ORDER_P256, 1), "s-order": (1, ORDER_P256), "r-negative": (-1, 1),
                      "s-negative": (1, -1), "huge": (2**2000, 2**2000)}.items():
    add("value-" + ident, VALUE, value=lambda kit, d, r=r, s=s: sequence(integer(r), integer(s)))
add("value-empty", VALUE, value=lambda kit, d: b"")
add("value-zeros", VALUE, value=lambda kit, d: bytes(70))
add("value-of-document", VALUE, "over the document instead of the attributes",
    value=lambda kit, d: kit.signature("first", d))
add("value-of-implicit-tag", VALUE, "over the attributes with tag [0] instead of SET",
    signed=lambda kit, d: signed_as(kit, d, 0xA0))
add("value-by-another-key", VALUE, "the name of a signer, another's key", key="stranger")
add("value-by-another-signer", VALUE, key="second")


def signed_as(kit, document, tag):
    seen = []
    kit.cms(document, attributes=lambda known: seen.extend(known.values()) or list(known.values()))
    return der(tag, b"".join(sorted(seen)))


def padded_value(kit, document):
    """r with a zero byte more: BER, and the same number."""
    good = kit.cms(document)
    r, s = parts(content(signature_of(good)))
    return kit.cms(document, value=sequence(der(2, b"\0" + content(r)), s))


def raw_value(kit, document):
    return kit.cms(document, value=bytes(64))


def tailed_value(kit, document):
    good = kit.cms(document)
    return kit.cms(document, value=signature_of(good) + b"\0")


raw("value-not-minimal", VALUE, padded_value)
raw("value-raw-64-bytes", VALUE, raw_value)
raw("value-tail", VALUE, tailed_value)
raw("value-replayed", DIGEST, lambda kit, d: kit.cms(kit.manifest(sequence=4)),
    "a good file from beside an older manifest")

# --- signed attributes ---
ATTRIBUTES = ("type", "digest", "time", "cert")
for which in ATTRIBUTES:
    add("attribute-%s-missing" % which, PROFILE,
        attributes=lambda known, w=which: [v for k, v in known.items() if k != w])
    add("attribute-%s-twice" % which, PROFILE,
        attributes=lambda known, w=which: [*known.values(), known[w]])
    add("attribute-%s-two-values" % which, PROFILE, attributes=lambda known, w=which: [
        v if k != w else two_values(v) for k, v in known.items()])
    add("attribute-%s-no-value" % which, PROFILE, attributes=lambda known, w=which: [
        v if k != w else sequence(parts(content(v))[0], set_of()) for k, v in known.items()])
    add("attribute-%s-boolean" % which, PROFILE, attributes=lambda known, w=which: [
        v if k != w else sequence(parts(content(v))[0], set_of(der(1, b"\xff")))
        for k, v in known.items()])
    add("attribute-%s-null" % which, PROFILE, attributes=lambda known, w=which: [
        v if k != w else sequence(parts(content(v))[0], set_of(NULL)) for k, v in known.items()])


def two_values(attr):
    kind, values = parts(content(attr))
    return sequence(kind, set_of(content(values), content(values)))


def timed(ident, tag, text):
    add("time-" + ident, PROFILE, attributes=lambda known: [
        v if k != "time" else attribute(SIGNING_TIME, der(tag, text)) for k, v in known.items()])


add("attribute-order", PROFILE, "not in DER order", sort=False,
    attributes=lambda known: sorted(known.values(), reverse=True))
add("attribute-digest-short", PROFILE, message=b"x" * 31)
add("attribute-digest-long", PROFILE, message=b"x" * 48)
add("attribute-digest-zeros", DIGEST, message=bytes(32))
timed("generalized", 0x18, b"20260101000000Z")
timed("no-zone", 0x17, b"260101000000")
timed("offset", 0x17, b"260101000000+0100")
timed("no-seconds", 0x17, b"2601010000Z")
timed("month-13", 0x17, b"261301000000Z")
timed("30-february", 0x17, b"260230000000Z")
timed("second-60", 0x17, b"260101000060Z")
timed("1960", 0x17, b"600101000000Z")
timed("1999", 0x17, b"991231235959Z")
timed("2050", 0x17, b"500101000000Z")
timed("2100-generalized", 0x18, b"21000101000000Z")
timed("letters", 0x17, b"26O1O1OOOOOOZ")
timed("nul", 0x17, b"260101000000\0")
timed("empty", 0x17, b"")
timed("as-text", 0x0C, b"260101000000Z")

# --- who signed ---
add("sid-key-identifier", PROFILE, sid=der(0x80, bytes(20)))
add("sid-other-serial", PROFILE, sid=lambda kit, d: sequence(
    parts(content(parts(content(kit.cert("first")))[0]))[3], integer(1)))
add("sid-other-issuer", PROFILE, sid=lambda kit, d: sequence(
    name("x"), parts(content(parts(content(kit.cert("first")))[0]))[1]))
add("certificates-two", PROFILE, certs=lambda kit, d: [kit.cert("first"), kit.cert("second")])
add("certificates-two-same", PROFILE, certs=lambda kit, d: [kit.cert("first")] * 2)
add("certificates-another", PROFILE, "the certificate of another signer of the set",
    certs=lambda kit, d: [kit.cert("second")])
add("certificates-of-stranger", SIGNER, "signed by a signer, a stranger's certificate beside it",
    certs=lambda kit, d: [kit.cert("stranger")])
add("crl", PROFILE, crls=lambda kit, d: der(0xA1, sequence(sequence(
    algorithm(ECDSA["sha256"]), name("x"), der(0x17, b"260101000000Z")), algorithm(ECDSA["sha256"]),
    der(3, b"\0x"))))
add("stranger", SIGNER, signer="stranger")
add("root-signs-manifest", SIGNER, "a manifest signed by a root signer", signer="root")


def by_site_key(site):
    """What signs receipts here signs nothing else."""
    state, document = site.state, site.path("manifest.xml")
    make.write(document, site.kit.manifest())
    make.run("openssl", "x509", "-inform", "DER", "-in", os.path.join(state, "site.crt"), "-out",
             site.path("site.pem"))
    make.run("openssl", "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha384",
             "-econtent_type", OIDS["manifest"], "-outform", "DER", "-in", document, "-signer",
             site.path("site.pem"), "-inkey", os.path.join(state, "site.key"), "-out", document + ".p7s")
    site.write_bundle(site.kit.bundle(make.read(document), [make.read(document + ".p7s")]))
    return [site.bundle]


CASES.add("site-key-signs-manifest", 11, SIGNER, by_site_key, "a manifest by the site's own key", at=True)


def by_receipt(site):
    """A receipt that the site has signed, in the place of a manifest."""
    site.write_bundle(site.kit.bundle())
    site.expect(0, "none", "apply", site.bundle)
    receipts = os.path.join(site.state, "receipts")
    document = max(name for name in os.listdir(receipts) if name.endswith(".xml"))
    read = lambda name: make.read(os.path.join(receipts, name))
    site.write_bundle(site.kit.bundle(read(document), [read(document[:-4] + ".p7s")]))
    return [site.bundle]


CASES.add("receipt-as-manifest", 11, SIGNER, by_receipt, "a receipt and its signature by the site", at=True)


def named(ident, subject):
    CASES.add("name-" + ident, 11, SIGNER, by_stranger(
        lambda kit: certificate(kit.spki("stranger"), subject)), "the name of a stranger")


named("of-a-signer", name("first"))
named("nul", name("first\0.example"))
named("bmp", name("first".encode("utf-16-be"), 0x1E))
named("t61", name(b"first\xe4", 0x14))
named("escapes", name("\x1b[2J\x1b]0;owned\x07first"))
named("bidi", name("\u202etsrif"))
named("newline", name("first\nOK: holds"))
named("long", name("f" * 3000))
named("empty", sequence())
named("percent", name("%s%n%x" * 20))


def spki_of(kit, *command):
    with tempfile.TemporaryDirectory(dir=kit.folder) as folder:
        key = os.path.join(folder, "key")
        subprocess.run(["openssl", *command, "-out", key], check=True, stderr=subprocess.DEVNULL)
        return kit.openssl("pkey", "-in", key, "-pubout", "-outform", "DER")


def rsa_spki(modulus, exponent):
    return sequence(algorithm(RSA, NULL), der(3, b"\0", sequence(integer(modulus),
                                                                integer(exponent))))


KEYS = {
    "explicit-curve": lambda kit: kit.explicit_spki(),
    "secp256k1": lambda kit: spki_of(kit, "ecparam", "-name", "secp256k1", "-genkey", "-noout"),
    "ed25519": lambda kit: spki_of(kit, "genpkey", "-algorithm", "ED25519"),
    "rsa-e-1": lambda kit: rsa_spki(2**3072 - 1, 1), "rsa-e-3": lambda kit: rsa_spki(2**3072 - 1, 3),
    "rsa-2048": lambda kit: rsa_spki(2**2048 - 1, 65537),
    "rsa-16384": lambda kit: rsa_spki(2**16384 - 1, 65537),
    "rsa-even": lambda kit: rsa_spki(2**3072 - 2, 65537),
    "off-curve": lambda kit: sequence(algorithm(EC, oid("1.2.840.10045.3.1.7")),
                                      der(3, b"\0\4" + b"\1" * 64)),
    "infinity": lambda kit: sequence(algorithm(EC, oid("1.2.840.10045.3.1.7")), der(3, b"\0\0")),
}
for ident, make_spki in KEYS.items():
    CASES.add("key-" + ident, 11, SIGNER, by_stranger(
        lambda kit, m=make_spki: certificate(m(kit), name("first"))),
        "a stranger's certificate with such a key")


# --- RSA ---

def by_rsa(**changes):
    """By a signer of RSA-3072; one is made a run."""
    def made(kit):
        kit.key_file("rsa", "rsa3072")
        document = kit.manifest()
        given = {k: v(kit) if callable(v) else v for k, v in changes.items()}
        return Question(kit.bundle(document, [kit.cms(document, "rsa", **given)]),
                        kit.trust(bundle=("first", "rsa")))
    return made


def bad_rsa(ident, reason=PROFILE, **changes):
    CASES.add("rsa-" + ident, 11, reason, by_rsa(**changes))


bad_rsa("md5", digest="md5")
bad_rsa("sha1", digest="sha1")
bad_rsa("no-null", sigalg=algorithm(RSA))
bad_rsa("with-digest-name", sigalg=algorithm("1.2.840.113549.1.1.11", NULL))
bad_rsa("pss-salt-20", salt=20)
bad_rsa("pss-salt-zero", salt=0)
bad_rsa("pss-other-mgf", salt=32, sigalg=pss("sha384", 32))
bad_rsa("pss-no-parameters", salt=32, sigalg=algorithm(PSS))
bad_rsa("pss-as-pkcs1", VALUE, salt=32, sigalg=algorithm(RSA, NULL))
bad_rsa("pkcs1-as-pss", VALUE, sigalg=pss("sha256", 32))
bad_rsa("value-zero", VALUE, value=bytes(384))
bad_rsa("value-one", VALUE, value=bytes(383) + b"\1")
bad_rsa("value-short", VALUE, value=b"\1" * 383)
bad_rsa("value-long", VALUE, value=b"\1" * 385)
CASES.good("rsa-pkcs1", by_rsa())
CASES.good("rsa-pss", by_rsa(salt=32))
CASES.good("rsa-pss-sha512", by_rsa(salt=64, digest="sha512"))


# --- several signatures ---

def several(ident, code, reason, signers, note="", **trust):
    """Signers are names, or functions of kit and document."""
    def made(kit):
        document = kit.manifest()
        files = [s if isinstance(s, str) else s(kit, document) for s in signers]
        return Question(kit.bundle(document, files), kit.trust(**trust))
    CASES.add(ident, code, reason, made, note)


bad_value = lambda kit, d: kit.cms(d, "second", key="stranger")
several("several-good-beside-bad", 11, VALUE, ["first", bad_value])
several("several-bad-before-good", 11, VALUE, [bad_value, "first"])
several("several-good-beside-stranger", 11, SIGNER, ["first", "stranger"])
several("several-good-beside-root", 11, SIGNER, ["first", "root"])
several("several-good-beside-garbage", 11, FORM, ["first", lambda kit, d: b"x" * 40])
several("several-twice", 11, REPEATED, ["first", "first"])
several("several-twice-other-time", 11, REPEATED,
        ["first", lambda kit, d: kit.cms(d, when=kit.now - 60)])
several("several-twice-threshold-2", 11, REPEATED, ["first", "first"], threshold=2)
several("several-same-file-twice", 11, REPEATED, ["first", "second", "first"], threshold=2)
several("several-other-certificate-of-the-key", 11, SIGNER, [
    "first", lambda kit, d: kit.cms(d, "first", cert=certificate(kit.spki("first"), name("other")))],
    "one key in two certificates does not make two votes", threshold=2)
several("several-one-of-two", 12, "signature.threshold", ["first"], threshold=2)
several("several-other-manifest", 11, DIGEST,
        ["first", lambda kit, d: kit.cms(kit.manifest(sequence=8), "second")], threshold=2)
several("several-as-trust-set", 11, PROFILE,
        ["first", lambda kit, d: kit.cms(d, "second", etype=OIDS["trust"])])
CASES.add("document-changed", 11, DIGEST, lambda kit: (lambda d: kit.bundle(
    changed(d, 'sequence="5"', 'sequence="6"'), [kit.cms(d)]))(kit.manifest()))
CASES.add("document-longer", 11, DIGEST, lambda kit: (lambda d: kit.bundle(d + b"\n", [kit.cms(d)]))(
    kit.manifest()))
CASES.add("document-of-entities-unsigned", 11, DIGEST, lambda kit: (lambda d: kit.bundle(
    b'<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><m>&a;</m>', [kit.cms(d)]))(kit.manifest()),
    "what is not signed is not parsed")


def until(ident, code, reason, offset, note=""):
    CASES.add("until-" + ident, code, reason,
              lambda kit: Question(kit.bundle(), kit.trust(until=offset)), note)


until("past", 13, "time.signer-until", -DAY, "the trust set's date for the signer is past")
until("before-bundle-ends", 13, "time.signer-until", 20 * DAY)
CASES.add("time-before-created", 13, "time.signed", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, when=kit.now - 8000)]))(kit.manifest()))
CASES.add("time-2000", 13, "time.signed", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, when=946684800)]))(kit.manifest()))
CASES.add("time-after-expires", 19, "clock.ahead", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, when=kit.now + 31 * DAY)]))(kit.manifest()), "check 11 comes before 12")
CASES.add("time-after-expires-within-a-day", 13, "time.signed", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, when=kit.now + 7200)]))(kit.manifest(expires=3600, next_expected=1800)))
CASES.add("time-2049", 19, "clock.ahead", lambda kit: (lambda d: kit.bundle(
    d, [kit.cms(d, when=2524607000)]))(kit.manifest()))


# --- good ones among them ---

def by_openssl(kit):
    document = kit.manifest()
    with tempfile.TemporaryDirectory(dir=kit.folder) as folder:
        path = os.path.join(folder, "m")
        make.write(path, document)
        make.sign(kit, "manifest", "first", path, path + ".p7s")
        return kit.bundle(document, [make.read(path + ".p7s")])


def by_curve(curve, digest, key):
    def made(kit):
        kit.cert(key, curve)
        document = kit.manifest()
        return Question(kit.bundle(document, [kit.cms(document, key, digest=digest)]),
                        kit.trust(bundle=(key,)))
    return made


CASES.good("good-openssl", by_openssl, "signed by the openssl program")
CASES.good("good-hand-made", lambda kit: kit.bundle())
for digest in ("sha256", "sha384", "sha512"):
    CASES.good("good-p256-" + digest, by_curve("prime256v1", digest, "p256"))
    CASES.good("good-p384-" + digest, by_curve("secp384r1", digest, "p384"))
    CASES.good("good-p521-" + digest, by_curve("secp521r1", digest, "p521"))
several("good-two-signers", 0, "none", ["second", "first"])
several("good-threshold-2", 0, "none", ["first", "second"], threshold=2)


def other_s(kit):
    """n - s in place of s: the same signature in its other form, which is taken."""
    document = kit.manifest()
    r, s = (int.from_bytes(content(x), "big") for x in parts(content(signature_of(kit.cms(document)))))
    return kit.bundle(document, [kit.cms(document, value=sequence(integer(r),
                                                                 integer(ORDER_P256 - s)))])


CASES.good("good-other-s", other_s)
CASES.good("good-odd-name", lambda kit: (lambda cert, d: Question(
    kit.bundle(d, [kit.cms(d, "stranger", cert=cert)]),
    kit.trust(bundle=(kit.signer("stranger", stamp(kit.now + 400 * DAY), cert),))))(
    certificate(kit.spki("stranger"), name("\x1b[2J\u202efirst")), kit.manifest()),
    "a name of escapes in a certificate that the set names plays no part")
CASES.good("good-expired-certificate", lambda kit: (lambda cert, d: Question(
    kit.bundle(d, [kit.cms(d, "stranger", cert=cert)]),
    kit.trust(bundle=(kit.signer("stranger", stamp(kit.now + 400 * DAY), cert),))))(
    certificate(kit.spki("stranger"), name("x"), until=b"20210101000000Z"), kit.manifest()),
    "the certificate's own dates play no part")
