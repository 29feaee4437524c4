#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second reader of format 1, written from docs/format.md and sharing no code with the first one.

Usage: second_reader.py INDEX                Answers each row of the vectors' index and compares exit
                                             code, last trust set reached and signing time.
       second_reader.py TRUST BUNDLE SITE [LAST FLOOR LOCAL]
                                             Verifies a bundle: by default for a site that has
                                             accepted none, by this computer's clock.
       second_reader.py --statement TRUST FOLDER SITE NONCE
                                             Verifies a statement to a site with this nonce.
Python alone, but for signatures, which openssl verifies.
"""
import base64
import binascii
import datetime
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

MAX = 2**53 - 1
OIDS = {"trust": "2.25.254887173127045732470168622027956037413",
        "manifest": "2.25.31766164140568260447349616618476652351",
        "statement": "2.25.197687880681201724239043931611687692629"}
DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384",
           "2.16.840.1.101.3.4.2.3": "sha512"}
DIGEST_OIDS = {name: oid for oid, name in DIGESTS.items()}
ECDSA = {"sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
         "sha512": "1.2.840.10045.4.3.4"}
SIZES = {"trust": 65536, "manifest": 2097152, "receipt": 4194304, "signature": 16384, "payload": 4294967295}
# p, b, n of P-256, P-384, P-521 by the length of a point (FIPS 186-4); a is -3
CURVES = {
    65: (2**256 - 2**224 + 2**192 + 2**96 - 1,
         0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
         0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551),
    97: (2**384 - 2**128 - 2**96 + 2**32 - 1,
         0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
         0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973),
    133: (2**521 - 1,
          0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00,
          0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409),
}
CURVE_OIDS = {"1.2.840.10045.3.1.7": 65, "1.3.132.0.34": 97, "1.3.132.0.35": 133}


class Refused(Exception):
    """The exit code; what went wrong is for a person."""

    def __init__(self, code, why):
        super().__init__(why)
        self.code = code


def need(held, code, why):
    if not held:
        raise Refused(code, why)


# --- section 1: texts -------------------------------------------------------------------------

class Node:
    def __init__(self, name, attributes):
        self.name, self.attributes, self.children = name, attributes, []


VALUE = r'(?:[^<>&"\t\r\n]|&(?:amp|lt|gt|quot);)+'
LINE = re.compile(r'( *)<(?:(/)([a-z-]+)|([a-z-]+)((?: [a-z0-9-]+="%s")*)(/?))>' % VALUE)


def unescape(text):
    for reference, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(reference, char)
    return text


def is_newer(document, kind):
    """Whether it is well-formed and its root in the namespace of another format of this kind."""
    if b"<!" in document:
        return False
    try:
        space = re.match(r"{urn:pinferry:%s:([^}]*)}" % kind, xml.etree.ElementTree.fromstring(document).tag)
    except (xml.etree.ElementTree.ParseError, ValueError, LookupError):
        return False
    return space is not None and space.group(1) != "1" and number(0, MAX)(space.group(1))


def parse(document, kind, code):
    """The root element. The canonical form is read line by line: there is only one."""
    need(len(document) <= SIZES.get(kind, 262144), code, "too large")
    need(not is_newer(document, kind), 16, "newer format")
    try:
        lines = document.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused(code, "no UTF-8") from None
    need(len(lines) > 2 and lines[0] == '<?xml version="1.0" encoding="UTF-8"?>' and lines[-1] == "",
         code, "first or last line")
    stack, root = [], None
    for line in lines[1:-1]:
        match = LINE.fullmatch(line)
        need(match and (stack or root is None), code, "line " + line)
        indent, end, closed, name, attributes, empty = match.groups()
        need(len(indent) == 2 * (len(stack) - bool(end)), code, "indentation")
        if end:
            need(stack and stack[-1].name == closed and stack[-1].children, code, "end tag")
            stack.pop()
            continue
        pairs = [(a, unescape(v)) for a, v in re.findall(r' ([a-z0-9-]+)="(%s)"' % VALUE, attributes)]
        node = Node(name, pairs)
        if stack:
            stack[-1].children.append(node)
        root = root or node
        if not empty:
            stack.append(node)
    need(not stack, code, "an element is open")
    space = root.attributes[0] if root.attributes else ("", "")
    need(root.name == kind and space == ("xmlns", "urn:pinferry:%s:1" % kind), code, "root")
    root.attributes.pop(0)
    return root


def is_id(text):
    label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
    return (len(text) <= 63 and re.fullmatch(r"%s(?:\.%s)*" % (label, label), text) is not None
            and re.fullmatch(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", text.split(".")[0]) is None)


def is_text(text):
    hidden = re.compile("[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufdd0-\ufdef]")
    return (1 <= len(text.encode()) <= 512 and text.strip(" ") == text and "  " not in text
            and not hidden.search(text) and not any(ord(c) & 0xFFFE == 0xFFFE for c in text))


def number(low, high):
    return lambda t: re.fullmatch("0|[1-9][0-9]*", t) is not None and low <= int(t) <= high


def seconds(text):
    day = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return int(day.replace(tzinfo=datetime.timezone.utc).timestamp())


def is_time(low=2000, high=2099):
    def check(text):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ", text, re.ASCII):
            return False
        try:
            seconds(text)
        except ValueError:
            return False
        return low <= int(text[:4]) <= high
    return check


def is_hex(size):
    return lambda t: re.fullmatch("[0-9a-f]{%d}" % (2 * size), t) is not None


def one_of(*names):
    return lambda t: t in names


def take(node, code, name, /, **types):
    """The attributes as a dict: these, in this order; those that begin with opt_ may be absent."""
    need(node.name == name, code, "<%s> in place of <%s>" % (node.name, name))
    found = dict(node.attributes)
    wanted = []
    for key, check in types.items():
        attribute = key.replace("opt_", "").replace("_", "-")
        if key.startswith("opt_") and attribute not in found:
            continue
        wanted.append(attribute)
        need(attribute in found and check(found[attribute]), code, "%s/@%s" % (name, attribute))
    need([a for a, _ in node.attributes] == wanted, code, "attributes of " + name)
    return found


def children(node, code, low, high):
    need(low <= len(node.children) <= high, code, "children of " + node.name)
    return node.children


def is_sorted(items):
    return all(a < b for a, b in zip(items, items[1:]))


def extensions(nodes, code):
    """What is left of the root's children."""
    if not nodes:
        return
    need(len(nodes) == 1, code, "behind the last part")
    take(nodes[0], code, "extensions")
    ids = []
    for node in children(nodes[0], code, 1, 16):
        found = take(node, code, "extension",
                     id=lambda t: re.fullmatch(r"urn:[A-Za-z0-9.:_-]{1,123}", t) is not None,
                     critical=one_of("true", "false"),
                     value=lambda t: re.fullmatch("[ -~]{1,4096}", t) is not None)
        children(node, code, 0, 0)
        ids.append(found["id"])
        need(found["critical"] == "false", 16, "critical extension")
    need(is_sorted(ids), code, "order of extensions")


# --- DER --------------------------------------------------------------------------------------

def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(octets)]) + octets + body


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        octets = [arc & 127]
        while arc > 127:
            arc >>= 7
            octets.append(arc & 127 | 128)
        out += bytes(reversed(octets))
    return der(6, out)


def split(data):
    """(tag, content, whole) of each element; ValueError for what is not DER."""
    out, at = [], 0
    while at < len(data):
        start, tag, size = at, data[at], data[at + 1] if at + 1 < len(data) else 0
        at += 2
        if size > 128:
            count = size - 128
            size = int.from_bytes(data[at:at + count], "big")
            at += count
        if size == 128 or at + size > len(data) or der(tag, data[at:at + size]) != data[start:at + size]:
            raise ValueError("no DER")
        out.append((tag, data[at:at + size], data[start:at + size]))
        at += size
    return out


def only(data, tag):
    items = split(data)
    if len(items) != 1 or items[0][0] != tag:
        raise ValueError("one element expected")
    return items[0][1]


class Certificate:
    """Issuer, serial and key; ValueError for what may not sign (section 3)."""

    def __init__(self, data):
        if not 1 <= len(data) <= 8192:
            raise ValueError("size")
        tbs = split(split(only(data, 0x30))[0][1])
        if tbs[0][0] == 0xA0:
            tbs.pop(0)
        self.data, self.serial, self.issuer, self.spki = data, tbs[0][2], tbs[2][2], tbs[5][2]
        algorithm, bits = split(only(self.spki, 0x30))
        names = split(algorithm[1])
        self.key = bits[1][1:]
        self.rsa = names[0][2] == oid("1.2.840.113549.1.1.1")
        if self.rsa:
            size, exponent = rsa_key(self.key)
            good = 3072 <= size <= 8192 and exponent == 65537
        else:
            curve = {oid(o): n for o, n in CURVE_OIDS.items()}.get(names[1][2] if len(names) > 1 else b"")
            good = (names[0][2] == oid("1.2.840.10045.2.1") and len(self.key) == curve
                    and is_point(self.key))
        if not good:
            raise ValueError("this key may not sign")


def rsa_key(data):
    """Bits of the modulus and the exponent; ValueError when it is not the one form."""
    modulus, exponent = split(only(data, 0x30))
    for tag, content, _ in (modulus, exponent):
        if tag != 2 or not content or content[0] > 127 or (
                len(content) > 1 and content[0] == 0 and content[1] < 128):
            raise ValueError("INTEGER")
    n, e = (int.from_bytes(x[1], "big") for x in (modulus, exponent))
    if n % 2 == 0 or e % 2 == 0 or not 3 <= e < 2**32:
        raise ValueError("no sound RSA key")
    return n.bit_length(), e


def is_point(data):
    if len(data) not in CURVES or data[0] != 4:
        return False
    p, b, _ = CURVES[len(data)]
    half = len(data) // 2
    x, y = int.from_bytes(data[1:1 + half], "big"), int.from_bytes(data[1 + half:], "big")
    return x < p and y < p and (y * y - (x * x * x - 3 * x + b)) % p == 0


# --- section 3: signature files ------------------------------------------------------------------

def signature_file(cert, kind, digest, algorithm, message, utc, value):
    """The file, and the attributes that are signed."""
    name = der(0x30, oid(DIGEST_OIDS[digest]))
    with_null = der(0x30, oid(DIGEST_OIDS[digest]), b"\x05\x00")
    ess = ((b"" if digest == "sha256" else name)
           + der(4, hashlib.new(digest, cert.data).digest())
           + der(0x30, der(0x30, der(0xA4, cert.issuer)), cert.serial))
    attributes = sorted([
        der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, oid(OIDS[kind]))),
        der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(4, message))),
        der(0x30, oid("1.2.840.113549.1.9.5"), der(0x31, der(0x17, utc))),
        der(0x30, oid("1.2.840.113549.1.9.16.2.47"), der(0x31, der(0x30, der(0x30, der(0x30, ess)))))])
    signed = b"".join(attributes)
    algorithms = {
        "rsa": der(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
        "pss": der(0x30, oid("1.2.840.113549.1.1.10"), der(
            0x30, der(0xA0, with_null), der(0xA1, der(0x30, oid("1.2.840.113549.1.1.8"), with_null)),
            der(0xA2, der(2, bytes([len(message)]))))),
        "ecdsa": der(0x30, oid(ECDSA[digest]))}
    info = der(0x30, der(2, b"\1"), der(0x30, cert.issuer, cert.serial), name, der(0xA0, signed),
               algorithms[algorithm], der(4, value))
    data = der(0x30, der(2, b"\3"), der(0x31, name), der(0x30, oid(OIDS[kind])), der(0xA0, cert.data),
               der(0x31, info))
    return (der(0x30, oid("1.2.840.113549.1.7.2"), der(0xA0, data)), der(0x31, signed))


def holds(cert, digest, algorithm, value, message):
    if algorithm == "ecdsa":
        try:
            r, s = (int.from_bytes(x[1], "big") for x in split(only(value, 0x30)) if x[0] == 2)
        except ValueError:
            return False
        if not (0 < r < CURVES[len(cert.key)][2] and 0 < s < CURVES[len(cert.key)][2]):
            return False
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", b"-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(cert.spki)
                            + b"-----END PUBLIC KEY-----\n"), ("value", value), ("message", message)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"] if algorithm == "pss" else []
        return subprocess.run(["openssl", "dgst", "-" + digest, *options, "-verify", "key", "-signature",
                               "value", "message"], cwd=folder, capture_output=True, check=False).returncode == 0


def verify(file, kind, document, certificates):
    """(certificate, signing time); None for one by a stranger. Refused (11) for all else."""
    try:
        data = split(only(split(only(file, 0x30))[1][1], 0x30))
        embedded = next(x[1] for x in data if x[0] == 0xA0)
        info = split(only(data[-1][1], 0x30))
        digest = DIGESTS.get(next((o for o in DIGESTS if oid(o) == split(info[2][1])[0][2]), ""))
        name, value = split(info[4][1])[0][2], info[-1][1]
        algorithm = {oid("1.2.840.113549.1.1.1"): "rsa", oid("1.2.840.113549.1.1.10"): "pss"}.get(name, "ecdsa")
        times = [split(a[1])[1][1] for a in split(info[3][1]) if split(a[1])[0][2] == oid("1.2.840.113549.1.9.5")]
        utc = only(times[0], 0x17)
        when = seconds("20%s-%s-%sT%s:%s:%sZ" % tuple(utc[i:i + 2].decode() for i in range(0, 12, 2)))
    except (ValueError, IndexError, StopIteration):
        raise Refused(11, "no signature file") from None
    need(digest and utc[:1] <= b"4" and utc[-1:] == b"Z" and len(utc) == 13, 11, "digest or time")
    cert = next((c for c in certificates if c.data == embedded), None)
    if cert is None:
        return None
    need(cert.rsa == (algorithm != "ecdsa"), 11, "algorithm and key")
    message = hashlib.new(digest, document).digest()
    again, signed = signature_file(cert, kind, digest, algorithm, message, utc, value)
    need(again == file, 11, "the file is not what its parts make")
    need(holds(cert, digest, algorithm, value, signed), 11, "the value does not hold")
    return cert, when


# --- section 2: documents ---------------------------------------------------------------------------

class Trust:
    def __init__(self, document):
        root = parse(document, "trust", 17)
        found = take(root, 17, "trust", domain=is_hex(16), channel=is_id, version=number(1, 999999),
                     epoch=number(1, MAX), expires=is_time(), least_sequence=number(1, MAX),
                     opt_single_key=one_of("true"))
        self.bytes, self.domain, self.channel = document, found["domain"], found["channel"]
        self.version, self.epoch = int(found["version"]), int(found["epoch"])
        self.expires, self.least = seconds(found["expires"]), int(found["least-sequence"])
        need(len(root.children) >= 2, 17, "roles")
        self.root, self.root_threshold = self.role(root.children[0], "root", 8)
        self.bundle, self.threshold = self.role(root.children[1], "bundle", 16)
        extensions(root.children[2:], 17)
        shared = {s[1].spki for s in self.root} & {s[1].spki for s in self.bundle}
        need(bool(shared) == ("single-key" in found), 17, "single-key")

    @staticmethod
    def role(node, name, most):
        threshold = int(take(node, 17, name, threshold=number(1, 8))["threshold"])
        signers = []
        for child in children(node, 17, 1, most):
            until = {"until": is_time()} if name == "bundle" else {}
            found = take(child, 17, "signer", id=is_id, **until, certificate=lambda t: len(t) <= 10924)
            children(child, 17, 0, 0)
            try:
                data = base64.b64decode(found["certificate"], validate=True)
                need(base64.b64encode(data).decode() == found["certificate"], 17, "base64")
                cert = Certificate(data)
            except (ValueError, IndexError, binascii.Error):
                raise Refused(17, "certificate of " + found["id"]) from None
            signers.append((found["id"], cert, seconds(found["until"]) if until else None))
        need(is_sorted([s[0] for s in signers]), 17, "order of signers")
        need(len({s[1].spki for s in signers}) == len(signers), 17, "a key twice")
        need(threshold <= len(signers), 17, "threshold")
        return signers, threshold


def check_key(text, digest):
    try:
        key = bytes.fromhex(text)
        good = is_point(key) if key[0] == 4 else 2048 <= rsa_key(key)[0] <= 8192
    except (ValueError, IndexError):
        good = False
    need(good and key.hex() == text and hashlib.sha256(key).hexdigest() == digest, 10, "pin")


def check_pin(node):
    found = take(node, 10, "pin", sha256=is_hex(32), key=lambda t: len(t) <= 2080,
                 kind=one_of("dotnet-public-key"), approved=is_time(), by=one_of("manual", "policy"),
                 opt_valid_from=is_time(1950, 9999), opt_valid_to=is_time(1950, 9999))
    check_key(found["key"], found["sha256"])
    need(("valid-from" in found) == ("valid-to" in found), 10, "validity")
    need(found.get("valid-from", "") <= found.get("valid-to", ""), 10, "validity")
    evidence = [take(e, 10, "evidence", kind=one_of("answer", "bundle", "certificate", "discovery", "hex", "tls",
                                                    "trust-service", "web-config"),
                     first=is_time(), sha256=is_hex(32)) for e in children(node, 10, 1, 8)]
    need(is_sorted([(e["kind"], e["sha256"]) for e in evidence]), 10, "order of evidence")
    return found["sha256"]


class Manifest:
    def __init__(self, document):
        root = parse(document, "manifest", 10)
        found = take(root, 10, "manifest", domain=is_hex(16), channel=is_id, epoch=number(1, MAX),
                     trust_version=number(1, 999999), sequence=number(1, MAX), created=is_time(),
                     not_before=is_time(), expires=is_time(), next_expected=is_time(), opt_minimum=number(1, 400))
        self.sha256 = hashlib.sha256(document).hexdigest()
        self.domain, self.channel = found["domain"], found["channel"]
        self.epoch, self.sequence = int(found["epoch"]), int(found["sequence"])
        self.trust_version = int(found["trust-version"])
        self.created, self.not_before, self.expires, following = (
            seconds(found[n]) for n in ("created", "not-before", "expires", "next-expected"))
        need(self.created <= self.not_before < self.expires and self.created < following, 10, "order of times")
        need(len(root.children) >= 5, 10, "parts")
        self.read_sites(root.children[0])
        self.read_pins(root.children[1], root.children[2])
        self.read_trust(root.children[3])
        self.read_payload(root.children[4])
        extensions(root.children[5:], 10)

    def read_sites(self, node):
        self.all = "all" in take(node, 10, "sites", opt_all=one_of("true"))
        self.sites = [take(s, 10, "site", id=is_id)["id"]
                      for s in children(node, 10, 0 if self.all else 1, 0 if self.all else 4096)]
        need(is_sorted(self.sites), 10, "order of sites")

    @staticmethod
    def read_pins(node, retired):
        take(node, 10, "pins")
        pins = [check_pin(p) for p in children(node, 10, 1, 400)]
        take(retired, 10, "retired")
        old = [take(p, 10, "pin", sha256=is_hex(32), reason=is_text)["sha256"]
               for p in children(retired, 10, 0, 512)]
        need(is_sorted(pins) and is_sorted(old) and not set(pins) & set(old), 10, "order of pins")

    def read_trust(self, node):
        take(node, 10, "trust")
        self.trust, last = [], None
        for member in children(node, 10, 0, 544):
            found = take(member, 10, "member", name=lambda t: True, size=number(1, 65536), sha256=is_hex(32))
            last = next_name(last, found["name"])
            need(found["name"].startswith("trust/") and int(found["size"]) <= SIZES[kind_of(found["name"])], 10, "trust member")
            self.trust.append((found["name"], int(found["size"]), found["sha256"]))
        need(not self.trust or (last.endswith(".p7s") and int(last[6:12]) == self.trust_version), 10, "last trust member")

    def read_payload(self, node):
        take(node, 10, "payload")
        self.payload, notes = [], 0
        for member in children(node, 10, 0, 64):
            found = take(member, 10, "member", name=lambda t: t.startswith("payload/") and is_id(t[8:]),
                         type=one_of("notes", "opaque"), size=number(1, SIZES["payload"]), sha256=is_hex(32))
            notes += found["type"] == "notes"
            need(found["type"] == "opaque" or int(found["size"]) <= 65536, 10, "size of notes")
            self.payload.append((found["name"], int(found["size"]), found["sha256"]))
        need(is_sorted([p[0] for p in self.payload]) and notes <= 1, 10, "order of payload")


class Statement:
    STATED = {"expired": {"manifest": is_hex(32)}, "reset-time": {"floor": is_time()},
              "reset-state": {"epoch": number(1, MAX), "sequence": number(0, MAX), "floor": is_time()}}

    def __init__(self, document):
        root = parse(document, "statement", 10)
        found = take(root, 10, "statement", domain=is_hex(16), channel=is_id, site=is_id, nonce=is_hex(16),
                     created=is_time(), reason=is_text)
        self.domain, self.channel, self.site, self.nonce = (
            found[n] for n in ("domain", "channel", "site", "nonce"))
        need(root.children and root.children[0].name in self.STATED, 10, "states nothing")
        stated = root.children[0]
        found = take(stated, 10, stated.name, **self.STATED[stated.name])
        children(stated, 10, 0, 0)
        extensions(root.children[1:], 10)
        self.is_last_pair = found.get("epoch") == found.get("sequence") == str(MAX)


# --- section 5: the tar --------------------------------------------------------------------------------

def kind_of(name):
    return ("signature" if name.endswith(".p7s") and not name.startswith("payload/")
            else name.split("/")[0].split(".")[0])


def next_name(last, name):
    """`name` if it may stand behind `last` (None: first), else Refused."""
    allowed = {"manifest.xml"}
    match = re.fullmatch(r"(trust/(\d{6})|manifest)(?:\.xml|-(\d+)\.p7s)", last or "")
    if last is None:
        first = re.fullmatch(r"trust/(\d{6})\.xml", name)
        if first and int(first.group(1)) >= 2:
            allowed.add(name)
    elif match is None:
        allowed = {name} if name.startswith("payload/") and is_id(name[8:]) else set()
    else:
        stem, version, count = match.group(1), match.group(2), int(match.group(3) or 0)
        signature = {"%s-%d.p7s" % (stem, count + 1)} if count < (16 if version else 8) else set()
        if version:
            allowed = signature | ({"manifest.xml", "trust/%06d.xml" % (int(version) + 1)} if count else set())
        else:
            allowed = signature | ({name} if count and name.startswith("payload/") and is_id(name[8:]) else set())
    need(name in allowed, 10, "member %s behind %s" % (name, last))
    return name


def header(name, size, gnu):
    end, small = (b"\0", b"0000000\0") if gnu else (b" ", b"000000 \0")
    block = bytearray(512)
    for at, value in ((0, name.encode()), (100, b"0000644\0" if gnu else b"000644 \0"), (108, small), (116, small),
                      (124, b"%011o" % size + end), (136, b"02263523000" + end), (148, b" " * 8), (156, b"0"),
                      (257, b"ustar\00000"), (329, small), (337, small)):
        block[at:at + len(value)] = value
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


class Tar:
    def __init__(self, data):
        self.data, self.at, self.gnu, self.last, self.sets = data, 0, None, None, 0

    def next(self):
        """(name, size) and the place behind the header; None at the end. Names and sizes are checked."""
        block = self.data[self.at:self.at + 512]
        need(len(block) == 512, 10, "the tar is cut")
        self.at += 512
        if not any(block):
            return None
        name = block[:100].split(b"\0")[0].decode("latin-1")
        need(re.fullmatch(rb"[0-7]{11}", block[124:135]) and 1 <= len(name) <= 99 and name.isascii(), 10, "header")
        size = int(block[124:135], 8)
        fits = [g for g in (False, True) if header(name, size, g) == block and self.gnu in (None, g)]
        need(fits, 10, "header of " + name)
        self.gnu = fits[0]
        self.last = next_name(self.last, name)
        self.sets += re.fullmatch(r"trust/\d{6}\.xml", name) is not None
        need(self.sets <= 32, 10, "more than 32 trust sets")
        need(1 <= size <= SIZES[kind_of(name)], 10, "size of " + name)
        return name, size

    def content(self, size):
        whole = -(-size // 512) * 512
        data = self.data[self.at:self.at + whole]
        need(len(data) == whole and not any(data[size:]), 10, "content or padding")
        self.at += whole
        return data[:size]

    def finish(self):
        end = -(-(self.at + 512) // 10240) * 10240
        need(len(self.data) == end and not any(self.data[self.at:]), 10, "end of the tar")


# --- section 6: verifying ----------------------------------------------------------------------------

def step(old, document, signatures):
    """The set that follows."""
    found, left = [], []
    try:
        for file in signatures:
            by = verify(file, "trust", document, [s[1] for s in old.root])
            (found if by else left).append(by[0].spki if by else file)
        need(len(set(found)) == len(found), 17, "a key signed twice")
        need(len(found) >= old.root_threshold, 17, "threshold of the old set")
        new = Trust(document)
        need(new.version == old.version + 1 and (new.domain, new.channel) == (old.domain, old.channel)
             and new.epoch >= old.epoch and new.least >= old.least, 17, "rules of a step")
        for file in left:
            by = verify(file, "trust", document, [s[1] for s in new.root])
            need(by, 17, "a stranger signed")
            found.append(by[0].spki)
    except Refused as refused:
        raise Refused(17 if refused.code == 11 else refused.code, str(refused)) from None
    need(len(set(found)) == len(found), 17, "a key signed twice")
    need(len({s[1].spki for s in new.root} & set(found)) >= new.root_threshold, 17, "threshold of the new set")
    return new


class Site:
    """What a site has; `reached` and `signed` are what verifying found."""

    def __init__(self, trust, site, last, floor, local, waived):
        self.trust, self.site, self.last, self.floor, self.local, self.waived = trust, site, last, floor, local, waived
        self.reached = self.signed = None

    def verify(self, data):
        tar, members = Tar(data), []
        member = tar.next()
        while member and not member[0].startswith("payload/"):
            members.append((member[0], tar.content(member[1])))
            member = tar.next()
        need(any(m[0] == "manifest-1.p7s" for m in members), 10, "no signed manifest")
        trust = self.chain([m for m in members if m[0].startswith("trust/")])
        document = next(m[1] for m in members if m[0] == "manifest.xml")
        votes = self.votes(trust, document, [m[1] for m in members if m[0].startswith("manifest-")])
        manifest = Manifest(document)
        carried = [(n, len(b), hashlib.sha256(b).hexdigest()) for n, b in members if n.startswith("trust/")]
        need(manifest.trust == carried, 10, "trust members")
        need(manifest.trust_version <= trust.version, 17, "trust-version")
        self.scope_and_sequence(trust, manifest)
        self.times(trust, manifest, votes)
        for name, size, digest in manifest.payload:
            need(member == (name, size) and hashlib.sha256(tar.content(size)).hexdigest() == digest, 10, name)
            member = tar.next()
        need(member is None, 10, "a member that is not named")
        tar.finish()

    def chain(self, members):
        sets = {}
        for name, data in members:
            sets.setdefault(int(name[6:12]), []).append(data)
        need(not sets or min(sets) <= self.trust.version + 1, 17, "gap")
        trust = self.trust
        for version in sorted(sets):
            if version == self.trust.version:
                need(sets[version][0] == self.trust.bytes, 17, "another set of this version")
            elif version > self.trust.version:
                trust = step(trust, sets[version][0], sets[version][1:])
                self.reached = trust.version
        return trust

    @staticmethod
    def votes(trust, document, signatures):
        votes = {}
        for file in signatures:
            by = verify(file, "manifest", document, [s[1] for s in trust.bundle])
            need(by and by[0].spki not in votes, 11, "a stranger, or twice")
            votes[by[0].spki] = by[1]
        need(len(votes) >= trust.threshold, 12, "threshold")
        return votes

    def scope_and_sequence(self, trust, manifest):
        need((manifest.domain, manifest.channel) == (trust.domain, trust.channel), 15, "domain or channel")
        need(manifest.all or self.site in manifest.sites, 15, "site")
        need(manifest.epoch == trust.epoch and manifest.sequence >= trust.least, 14, "epoch or least-sequence")
        if self.last:
            pair = (manifest.epoch, manifest.sequence)
            need(pair > self.last[:2] or (pair == self.last[:2] and manifest.sha256 == self.last[2]), 14, "replay")

    def times(self, trust, manifest, votes):
        signed = sorted(votes.values(), reverse=True)[trust.threshold - 1]
        need(self.floor is None or self.local >= self.floor - 86400, 19, "clock behind")
        need(signed <= self.local + 86400, 19, "clock ahead")
        now = max(self.local, self.floor or 0)
        need(now < trust.expires and manifest.not_before <= now, 13, "not yet, or the set has ended")
        need(now < manifest.expires or self.waived == manifest.sha256, 13, "expired")
        for _, cert, until in trust.bundle:
            when = votes.get(cert.spki)
            need(when is None or (now < until and manifest.expires <= until
                                  and manifest.created <= when < manifest.expires), 13, "a signer's times")
        self.signed = signed


def part(folder, name, most):
    """A file of a statement's folder; None when it is not there."""
    path = os.path.join(folder, name)
    if not os.path.lexists(path):
        return None
    need(os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) <= most, 30, name)
    return read(path)


def check_statement(trust, folder, site, nonce):
    """The files, signatures, threshold, form, scope, nonce: section 2.3."""
    document, signatures = part(folder, "statement.xml", 262144), []
    need(document is not None, 30, "no statement.xml")
    while True:
        file = part(folder, "statement-%d.p7s" % (len(signatures) + 1), SIZES["signature"])
        if file is None:
            break
        need(len(signatures) < 16, 11, "more than 16 signatures")
        signatures.append(file)
    signed = set()
    for file in signatures:
        by = verify(file, "statement", document, [s[1] for s in trust.root])
        need(by and by[0].spki not in signed, 11, "a stranger, or twice")
        signed.add(by[0].spki)
    need(len(signed) >= trust.root_threshold, 12, "threshold")
    statement = Statement(document)
    need((statement.domain, statement.channel) == (trust.domain, trust.channel), 15, "domain or channel")
    need(not statement.is_last_pair, 10, "no pair could follow")
    need(statement.site == site, 15, "site")
    need(statement.nonce == nonce, 14, "nonce")


def answer(row, folder):
    """(exit code, reached, signed) for one row of the index."""
    if row["kind"] == "statement-folder":
        try:
            check_statement(Trust(read(os.path.join(folder, row["trust"]))), os.path.join(folder, row["file"]),
                            row["site"], row["digest"])
        except Refused as refused:
            return refused.code, None, None
        return 0, None, None
    data = read(os.path.join(folder, row["file"]))
    none = lambda key, make: None if row[key] == "-" else make(row[key])
    if row["kind"] == "bundle":
        last = none("last", lambda t: (int(t.split("/")[0]), int(t.split("/")[1]), t.split("/")[2]))
        site = Site(Trust(read(os.path.join(folder, row["trust"]))), row["site"], last, none("floor", seconds),
                    seconds(row["local"]), none("digest", str))
        try:
            site.verify(data)
        except Refused as refused:
            return refused.code, site.reached, None
        return 0, site.reached, site.signed
    try:
        {"trust": Trust, "manifest": Manifest, "statement": Statement}[row["kind"]](data)
        need(row["digest"] in ("-", hashlib.sha256(data).hexdigest()), 17, "fingerprint")
    except Refused as refused:
        return refused.code, None, None
    return 0, None, None


def read(path):
    with open(path, "rb") as file:
        return file.read()


def verify_one(trust, bundle, site, last="-", floor="-", local="-"):
    """last is EPOCH/SEQUENCE/SHA-256; a - stands for none, and for now."""
    try:
        pair = None if last == "-" else (*map(int, last.split("/")[:2]), last.split("/")[2])
        Site(Trust(read(trust)), site, pair, None if floor == "-" else seconds(floor),
             int(time.time()) if local == "-" else seconds(local), None).verify(read(bundle))
    except Refused as refused:
        print("%s: %s" % (bundle, refused))
        return refused.code
    return 0


def verify_statement(trust, folder, site, nonce):
    try:
        check_statement(Trust(read(trust)), folder, site, nonce)
    except Refused as refused:
        print("%s: %s" % (folder, refused))
        return refused.code
    return 0


def main():
    if sys.argv[1:2] == ["--statement"]:
        return verify_statement(*sys.argv[2:])
    if len(sys.argv) in (4, 7):
        return verify_one(*sys.argv[1:])
    names = "file kind trust site last floor local digest exit reason reached signed schema note".split()
    count = wrong = 0
    with open(sys.argv[1], encoding="utf-8") as index:
        for line in index:
            row = dict(zip(names, line.rstrip("\n").split("\t")))
            if line.startswith("#") or row["kind"] not in (
                    "bundle", "trust", "manifest", "statement", "statement-folder"):
                continue
            expected = (int(row["exit"]), None if row["reached"] == "-" else int(row["reached"]),
                        None if row["signed"] == "-" else seconds(row["signed"]))
            got = answer(row, os.path.dirname(sys.argv[1]))
            count += 1
            if got[:2] != expected[:2] or (expected[2] is not None and got[2] != expected[2]):
                wrong += 1
                print("%s (%s): %s, expected %s" % (row["file"], row["note"], got, expected))
    print("%d rows, %d wrong" % (count, wrong))
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
