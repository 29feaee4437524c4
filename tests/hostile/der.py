# SPDX-License-Identifier: MIT
"""A DER writer, and what is needed to write CMS and certificates that no tool would write."""


def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(size)]) + size + body


def sequence(*parts):
    return der(0x30, *parts)


def set_of(*parts):
    return der(0x31, *parts)


def octets(data):
    return der(4, data)


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    body = b""
    for arc in [40 * arcs[0] + arcs[1]] + arcs[2:]:
        groups = [arc & 127]
        while arc > 127:
            arc >>= 7
            groups.insert(0, arc & 127 | 128)
        body += bytes(groups)
    return der(6, body)


def parts(data):
    """The elements of a sequence of elements, each whole."""
    found = []
    while data:
        size, at = data[1], 2
        if size > 128:
            at += size - 128
            size = int.from_bytes(data[2:at], "big")
        found.append(data[:at + size])
        data = data[at + size:]
    return found


def content(element):
    return element[2 + (element[1] - 128 if element[1] > 128 else 0):]


NULL = b"\x05\x00"
DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
RSA = "1.2.840.113549.1.1.1"
PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"
EC = "1.2.840.10045.2.1"
DIGESTS = {"md5": "1.2.840.113549.2.5", "sha1": "1.3.14.3.2.26", "sha224": "2.16.840.1.101.3.4.2.4",
           "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
           "sha512": "2.16.840.1.101.3.4.2.3", "sha3-256": "2.16.840.1.101.3.4.2.8"}
ECDSA = {"sha1": "1.2.840.10045.4.1", "sha224": "1.2.840.10045.4.3.1",
         "sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3",
         "sha512": "1.2.840.10045.4.3.4", "md5": "1.2.840.10045.4.1",
         "sha3-256": "2.16.840.1.101.3.4.3.10"}


def attribute(kind, *values):
    return sequence(oid(kind), set_of(*values))


def algorithm(name, *parameters):
    return sequence(oid(name), *parameters)


def pss(digest, salt):
    name = algorithm(DIGESTS[digest], NULL)
    return algorithm(PSS, sequence(der(0xA0, name), der(0xA1, algorithm(MGF1, name)),
                                   der(0xA2, integer(salt))))


def name(text, tag=0x0C):
    """A distinguished name of one commonName."""
    data = text if isinstance(text, bytes) else text.encode()
    return sequence(set_of(sequence(oid("2.5.4.3"), der(tag, data))))


def certificate(spki, subject, serial=1, extensions=b"", until=b"20491231235959Z"):
    """Its own signature is nonsense: nobody looks at it (docs/format.md 2.1)."""
    alg = algorithm(ECDSA["sha256"])
    tbs = sequence(der(0xA0, integer(2)), integer(serial), alg, subject,
                   sequence(der(0x17, b"200101000000Z"), der(0x17, until[2:])), subject, spki,
                   der(0xA3, sequence(extensions)) if extensions else b"")
    return sequence(tbs, alg, der(3, b"\0", sequence(integer(1), integer(1))))
