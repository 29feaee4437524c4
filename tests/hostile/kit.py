# SPDX-License-Identifier: MIT
"""Keys, trust sets, manifests, signature files and tars, well made or not. Everything is bytes; the
signatures come from `openssl dgst -sign`, the rest is written here and by tests/e2e/lib/make.py."""
import base64
import functools
import hashlib
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "lib"))
import make  # noqa: E402
from der import (CERTIFICATE_V2, CONTENT_TYPE, DIGESTS, ECDSA, MESSAGE_DIGEST, NULL,  # noqa: E402
                 RSA, SIGNED_DATA, SIGNING_TIME, algorithm, attribute, certificate, content, der,
                 integer, name, octets, oid, parts, pss, sequence, set_of)

DAY = 86400
OIDS = dict(make.OIDS, statement="2.25.197687880681201724239043931611687692629",
            request="2.25.118544492469276971280011969100495939510",
            receipt="2.25.116798913240482540324772958484461640384")
Element, sha256 = make.Element, make.sha256
NONCE = "0a" * 16  # of the site, in the cases about statements


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def changed(data, old, new, count=1):
    """`data` with `old` exchanged; a case that changes nothing is no case."""
    old, new = (x.encode() if isinstance(x, str) else x for x in (old, new))
    assert old in data, old
    return data.replace(old, new, count)


# --- tar ----------------------------------------------------------------------------------------

def header(path, size=0, gnu=True, keep_sum=False, **fields):
    """A header of docs/format.md 5; fields overwrite bytes: at_156=b"2". The checksum fits."""
    end, small = (b"\0", b"0000000\0") if gnu else (b" ", b"000000 \0")
    block = bytearray(512)
    path = path if isinstance(path, bytes) else path.encode()
    values = {0: path[:100], 100: b"0000644\0" if gnu else b"000644 \0", 108: small, 116: small,
              124: b"%011o" % size + end, 136: b"02263523000" + end, 156: b"0", 257: b"ustar\00000",
              329: small, 337: small}
    values.update({int(key[3:]): value for key, value in fields.items()})
    for at, value in values.items():
        block[at:at + len(value)] = value
    if not keep_sum:
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % 512)


def entry(path, data, **fields):
    return header(path, len(data), **fields) + padded(data)


def closed(blocks):
    """With the end: zeros to the least multiple of 10,240."""
    blocks += bytes(1024)
    return blocks + bytes(-len(blocks) % 10240)


def tar(members, gnu=True):
    return closed(b"".join(entry(path, data, gnu=gnu) for path, data in members))


# --- the kit ----------------------------------------------------------------------------------------

class Kit:
    def __init__(self, folder):
        self.folder, self.dir = folder, os.path.join(folder, "keys")
        self.now = int(time.time())
        self.lock = threading.RLock()
        self.certs = {}
        make.make_keys(self)

    # keys and certificates

    def key_file(self, key, kind="prime256v1"):
        path = os.path.join(self.dir, key + ".key")
        with self.lock:
            if not os.path.exists(path):
                command = (["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[3:]]
                           if kind.startswith("rsa") else
                           ["ecparam", "-name", kind, "-genkey", "-noout"])
                make.run("openssl", *command, "-out", path)
        return path

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def spki(self, key, kind="prime256v1"):
        return self.openssl("pkey", "-in", self.key_file(key, kind), "-pubout", "-outform", "DER")

    @staticmethod
    def openssl(*command, data=b""):
        done = subprocess.run(["openssl", *command], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def explicit_spki(self):
        """A P-256 key whose curve is spelled out instead of named."""
        key = self.openssl("ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey",
                           "-noout")
        return self.openssl("pkey", "-pubout", "-outform", "DER", data=key)

    def cert(self, key, kind="prime256v1"):
        """The certificate of a key: of make.py, else written here."""
        with self.lock:
            if key not in self.certs:
                path = os.path.join(self.dir, key + ".crt")
                if os.path.exists(path):
                    self.certs[key] = self.openssl("x509", "-in", path, "-outform", "DER")
                else:
                    self.certs[key] = certificate(self.spki(key, kind), name(key))
            return self.certs[key]

    def signature(self, key, data, digest="sha256", salt=None):
        options = [] if salt is None else ["-sigopt", "rsa_padding_mode:pss", "-sigopt",
                                           "rsa_pss_saltlen:%d" % salt]
        return self.openssl("dgst", "-" + digest, *options, "-sign",
                            os.path.join(self.dir, key + ".key"), data=data)

    @functools.lru_cache(maxsize=None)  # noqa: B019
    def pin(self, digit):
        return bytes.fromhex(make.read(os.path.join(self.dir, "pin-%s.hex" % digit)).decode())

    # documents

    def signer(self, key, until=None, cert=None, ident=None):
        data = self.cert(key) if cert is None else cert
        return Element("signer", ("id", ident or key), ("until", until),
                       ("certificate", base64.b64encode(data).decode()))

    def trust(self, version=1, root=("root",), bundle=("first", "second"), threshold=1,
              root_threshold=1, epoch=1, expires=300 * DAY, least=1, domain=make.DOMAIN,
              channel=make.CHANNEL, until=400 * DAY, single=None, children=()):
        """`root` and `bundle` hold keys' names or whole signer elements, which are not sorted."""
        def role(signers, end):
            named = sorted(s for s in signers if isinstance(s, str))
            return ([self.signer(s, end) for s in named]
                    + [s for s in signers if not isinstance(s, str)])
        return Element(
            "trust", ("xmlns", "urn:pinferry:trust:1"), ("domain", domain), ("channel", channel),
            ("version", version), ("epoch", epoch), ("expires", stamp(self.now + expires)),
            ("least-sequence", least), ("single-key", single), children=[
                Element("root", ("threshold", root_threshold), children=role(root, None)),
                Element("bundle", ("threshold", threshold),
                        children=role(bundle, stamp(self.now + until))), *children]).document()

    def pin_element(self, pin, **changes):
        values = {"sha256": sha256(pin), "key": pin.hex(), "kind": "dotnet-public-key",
                  "approved": stamp(self.now - DAY), "by": "manual", "valid-from": None,
                  "valid-to": None}
        values.update({k.replace("_", "-"): v for k, v in changes.items()})
        return Element("pin", *values.items(), children=[
            Element("evidence", ("kind", "hex"), ("first", stamp(self.now - 8 * DAY)),
                    ("sha256", sha256(b"seen")))])

    def manifest(self, trust=(), payload=(), pins=None, retired=(), sites=None, children=(),
                 **changes):
        at = lambda offset: stamp(self.now + offset)
        values = {"xmlns": "urn:pinferry:manifest:1", "domain": make.DOMAIN,
                  "channel": make.CHANNEL, "epoch": 1, "trust-version": 1, "sequence": 5,
                  "created": at(-7200), "not-before": at(-3600), "expires": at(30 * DAY),
                  "next-expected": at(10 * DAY), "minimum": None}
        for key, value in changes.items():
            key = key.replace("_", "-")
            time_like = key in ("created", "not-before", "expires", "next-expected")
            values[key] = at(value) if time_like and isinstance(value, int) else value
        pins = [self.pin(1), self.pin(2)] if pins is None else pins
        pins = sorted(pins, key=lambda p: sha256(p) if isinstance(p, bytes) else "~")
        listed = lambda path, data, *more: Element("member", ("name", path), *more,
                                                   ("size", len(data)), ("sha256", sha256(data)))
        return Element("manifest", *values.items(), children=[
            Element("sites", ("all", "true")) if sites is None else
            Element("sites", children=[Element("site", ("id", s)) for s in sites]),
            Element("pins", children=[self.pin_element(p) if isinstance(p, bytes) else p
                                      for p in pins]),
            Element("retired", children=[Element("pin", ("sha256", sha256(p)), ("reason", why))
                                         for p, why in sorted(retired, key=lambda r: sha256(r[0]))]),
            Element("trust", children=[listed(path, data) for path, data in trust]),
            Element("payload", children=[listed("payload/" + path, data, ("type", kind))
                                         for path, kind, data in payload]), *children]).document()

    def reset_time(self, floor=-DAY):
        return Element("reset-time", ("floor", stamp(self.now + floor)))

    def statement(self, said=None, children=(), **changes):
        """`said`: what it states, an element or a list of elements."""
        values = {"xmlns": "urn:pinferry:statement:1", "domain": make.DOMAIN,
                  "channel": make.CHANNEL, "site": "site-1", "nonce": NONCE,
                  "created": stamp(self.now - 600), "reason": "change 1234"}
        values.update(changes)
        said = self.reset_time() if said is None else said
        said = said if isinstance(said, list) else [said]
        return Element("statement", *values.items(), children=[*said, *children]).document()

    def statement_files(self, document=None, signers=("root",), **changes):
        """The files of its folder; signers are names or signature files."""
        document = self.statement(**changes) if document is None else document
        return [("statement.xml", document)] + [
            ("statement-%d.p7s" % i, self.cms(document, s, "statement") if isinstance(s, str) else s)
            for i, s in enumerate(signers, 1)]

    # signature files

    def cms(self, document, signer="first", kind="manifest", digest="sha256", *, when=None,
            cert=None, key=None, etype=None, ctype=None, message=None, attributes=None, sort=True,
            signed=None, value=None, salt=None, sigalg=None, info_version=1, sid=None,
            info_digest=None, unsigned=b"", infos=None, version=3, digests=None, inside=b"",
            certs=None, crls=b"", outer=SIGNED_DATA):
        """A signature file of docs/format.md 3, or one that differs where an argument is given."""
        cert = self.cert(signer) if cert is None else cert
        fields = parts(content(parts(content(cert))[0]))
        serial, issuer = fields[1], fields[3]
        hashed = algorithm(DIGESTS[digest])
        hashing = lambda data: (hashlib.sha3_256(data) if digest == "sha3-256"
                                else hashlib.new(digest, data)).digest()
        at = time.strftime("%y%m%d%H%M%SZ", time.gmtime(self.now - 1800 if when is None else when))
        whole = sequence(sequence(sequence(
            b"" if digest == "sha256" else hashed, octets(hashing(cert)),
            sequence(sequence(der(0xA4, issuer)), serial))))
        known = {"type": attribute(CONTENT_TYPE, oid(ctype or etype or OIDS[kind])),
                 "digest": attribute(MESSAGE_DIGEST, octets(message or hashing(document))),
                 "time": attribute(SIGNING_TIME, der(0x17, at.encode())),
                 "cert": attribute(CERTIFICATE_V2, whole)}
        listed = list(known.values()) if attributes is None else attributes(known)
        body = b"".join(sorted(listed) if sort else listed)
        if value is None:
            to_sign = signed if signed is not None else der(0x31, body) if body else document
            value = self.signature(key or signer, to_sign, digest, salt)
        rsa = oid(RSA) in cert and oid("1.2.840.10045.2.1") not in cert
        sigalg = sigalg or (pss(digest, salt) if salt is not None else
                            algorithm(RSA, NULL) if rsa else algorithm(ECDSA[digest]))
        info = sequence(integer(info_version), sid or sequence(issuer, serial),
                        info_digest or hashed, der(0xA0, body) if body else b"", sigalg,
                        octets(value), unsigned)
        certs = [cert] if certs is None else certs
        data = sequence(
            integer(version), set_of(hashed) if digests is None else digests,
            sequence(oid(etype or OIDS[kind]), inside),
            der(0xA0, *certs) if certs else b"", crls, set_of(*([info] if infos is None else
                                                                infos(info))))
        return sequence(oid(outer), der(0xA0, data))

    # bundles

    def carried(self, sets):
        """Members of (version, document, signers): a signer is a name or a signature file."""
        found = []
        for version, document, signers in sets:
            found.append(("trust/%06d.xml" % version, document))
            for i, signer in enumerate(signers, 1):
                data = self.cms(document, signer, "trust") if isinstance(signer, str) else signer
                found.append(("trust/%06d-%d.p7s" % (version, i), data))
        return found

    def members(self, document=None, signers=("first",), sets=(), payload=(), **changes):
        trust = self.carried(sets)
        if sets and "trust_version" not in changes:
            changes["trust_version"] = sets[-1][0]
        if document is None:
            document = self.manifest(trust=trust, payload=payload, **changes)
        signatures = [self.cms(document, s) if isinstance(s, str) else s for s in signers]
        return (trust + [("manifest.xml", document)]
                + [("manifest-%d.p7s" % i, s) for i, s in enumerate(signatures, 1)]
                + [("payload/" + path, data) for path, _, data in payload])

    def bundle(self, *arguments, gnu=True, **changes):
        return tar(self.members(*arguments, **changes), gnu)


# --- cases ------------------------------------------------------------------------------------------

class Question:
    """What a verifier is asked: a bundle, and what its site has."""

    def __init__(self, bundle, trust=None, site="site-1", last=None, floor=None, local=None,
                 reached=None):
        self.bundle, self.trust, self.site, self.last = bundle, trust, site, last
        self.floor, self.local, self.reached = floor, local, reached


class Statement:
    """The same for a statement: the files of its folder, as (name, bytes)."""

    def __init__(self, files, trust=None, site="site-1", nonce=NONCE):
        self.files, self.trust, self.site, self.nonce = files, trust, site, nonce


class Case:
    """`make` takes the kit and gives a Question, or bytes: a bundle for the plain site. With
    `statement` it gives a Statement, or its files. With `at` it takes an enrolled site instead,
    prepares it, and gives the arguments of the applier."""

    def __init__(self, group, ident, code, reason, make_it, note="", at=False, statement=False):
        self.group, self.name, self.code, self.reason = group, ident, code, reason
        self.make, self.note, self.at, self.statement = make_it, note, at, statement
        self.bundle = not at and not statement

    def question(self, kit):
        made = self.make(kit)
        if self.statement:
            return made if isinstance(made, Statement) else Statement(made)
        return made if isinstance(made, Question) else Question(made)


class Cases:
    """Collects the cases of one class of the catalogue."""

    def __init__(self, group):
        self.group, self.all = group, []

    def add(self, ident, code, reason, make_it, note="", at=False, statement=False):
        self.all.append(Case(self.group, ident, code, reason, make_it, note, at, statement))

    def good(self, ident, make_it, note="", at=False):
        self.add(ident, 0, "none", make_it, note, at)
