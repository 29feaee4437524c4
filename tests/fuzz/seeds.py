#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes seeds for the fuzz targets into a folder: TARGET/NAME. `make fuzz-corpus` uses it.

Documents and bundles come from tests/vectors; the rest is written here, one thing wrong in each.
Keys and certificates are made for the run by the openssl program.
"""
import base64
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
P256 = ("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Z32, Z16 = "00" * 32, "ab" * 16
TIME = "2026-09-21T14:13:20Z"
KINDS = {"manifest": "2.25.31766164140568260447349616618476652351"}
seeds = {}


def add(target, name, content):
    content = content.encode() if isinstance(content, str) else content
    names = seeds.setdefault(target, {})
    while name in names:
        name += "x"
    names[name] = content


def read(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.read()


def variants(target, name, text, changes):
    """The text, then with each (old, new) in turn."""
    add(target, name, text)
    for number, (old, new) in enumerate(changes, 1):
        if old not in text:
            sys.exit("seeds: %s %s does not hold %r" % (target, name, old))
        add(target, "%s-%02d" % (name, number), text.replace(old, new, 1))


def article_pins():
    text = read("tests/unit/article_pins.h").decode()
    return ["".join(re.findall(r'"([0-9a-f]+)"', part)) for part in text.split("#define ")[2:]]


def openssl(*arguments, given=b""):
    return subprocess.run(["openssl", *arguments], input=given, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


# --- from tests/vectors ---

def part(content):
    return len(content).to_bytes(2, "big") + content


def members(tar):
    """(name, content) of a tar of ours, as far as it can be read."""
    at = 0
    while at + 512 <= len(tar) and tar[at]:
        name = tar[at:at + 100].split(b"\0")[0].decode("latin-1")
        size = int(tar[at + 124:at + 135], 8)
        yield name, tar[at + 512:at + 512 + size]
        at += 512 + (size + 511) // 512 * 512


def vectors():
    for name in sorted(os.listdir(os.path.join(ROOT, "tests/vectors/documents"))):
        kind = name.split("-")[0]
        if kind in ("trust", "manifest", "receipt", "statement"):
            add(kind, name[len(kind) + 1:-4], read("tests/vectors/documents/" + name))
    certificates = {}
    for name in sorted(os.listdir(os.path.join(ROOT, "tests/vectors/trust"))):
        text = read("tests/vectors/trust/" + name).decode()
        certificates["trust/" + name] = [base64.b64decode(c) for c in
                                         re.findall(r'certificate="([^"]+)"', text)]
    for line in read("tests/vectors/index.tsv").decode().splitlines():
        row = line.split("\t")
        if line.startswith("#") or row[1] != "bundle":
            continue
        tar, name = read("tests/vectors/" + row[0]), row[0][8:-4]
        add("tarball", name, tar)
        inside = dict(members(tar)) if row[0][8:10] in ("00", "06") else {}
        for signature in [n for n in inside if n.startswith("manifest-")]:
            chosen = [c for c in certificates[row[2]] if c in inside[signature]]
            for cert in chosen[:1] or certificates[row[2]][-1:]:
                add("sigfile", name, b"\1" + part(cert) + part(inside["manifest.xml"]) +
                    inside[signature])


# --- signature files and files with keys, made by openssl ---

def certificate(folder, name, *options, subject="/CN=seed"):
    key, cert = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".crt")
    openssl("req", "-x509", "-nodes", *options, "-keyout", key, "-out", cert, "-subj", subject,
            "-days", "400", "-utf8")
    return key, cert


def sign(key, cert, *options):
    return openssl("cms", "-sign", "-binary", "-cades", "-nosmimecap", "-outform", "DER", "-signer",
                   cert, "-inkey", key, *options, given=b"x")


def signatures(folder):
    oid = ("-econtent_type", KINDS["manifest"])
    curves = {"p256": ("prime256v1", "sha256"), "p384": ("secp384r1", "sha384"),
              "p521": ("secp521r1", "sha512"), "k1": ("secp256k1", "sha256")}
    for name, (curve, digest) in curves.items():
        key, cert = certificate(folder, name, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + curve)
        der = openssl("x509", "-in", cert, "-outform", "DER")
        lead = b"\1" + part(der) + part(b"x")
        good = sign(key, cert, "-md", digest, *oid)
        add("sigfile", name, lead + good)
        add("sigfile", name + "-cut", lead + good[:-1])
        add("sigfile", name + "-other-bytes", b"\1" + part(der) + part(b"y") + good)
        add("sigfile", name + "-other-kind", b"\0" + lead[1:] + good)
        if name == "p256":
            add("sigfile", "crossed-digest", lead + sign(key, cert, "-md", "sha512", *oid))
            add("sigfile", "value", lead + good[:-1] + bytes([good[-1] ^ 1]))
            add("sigfile", "no-cades", lead + openssl(
                "cms", "-sign", "-binary", "-outform", "DER", "-signer", cert, "-inkey", key, *oid,
                given=b"x"))
            add("sigfile", "sha1", lead + sign(key, cert, "-md", "sha1", *oid))
            add("sigfile", "no-certificate", lead + sign(key, cert, "-nocerts", *oid))
            add("sigfile", "digested", lead + openssl("cms", "-digest_create", "-outform", "DER",
                                                      given=b"x"))
            add("sigfile", "trailing", lead + good + b"\0")
            time = good.index(b"\x17\x0d") + 2
            add("sigfile", "time-1960", lead + good[:time] + b"6" + good[time + 1:])
            add("sigfile", "time-month", lead + good[:time + 2] + b"99" + good[time + 4:])
            add("sigfile", "time-no-z", lead + good[:time + 12] + b"z" + good[time + 13:])
            add("sigfile", "oversize", lead + b"\x30" * 16385)
            add("sigfile", "no-cms", lead + b"\x30\x03\x02\x01\x00")
            add("sigfile", "empty-certificate", b"\1" + part(b"") + part(b"x") + good)
            add("sigfile", "certificate-tail", b"\1" + part(der + b"\0") + part(b"x") + good)
    for bits in ("2048", "3072"):
        key, cert = certificate(folder, "rsa" + bits, "-newkey", "rsa:" + bits)
        der = openssl("x509", "-in", cert, "-outform", "DER")
        lead = b"\1" + part(der) + part(b"x")
        pss = ("-keyopt", "rsa_padding_mode:pss", "-keyopt")
        add("sigfile", "rsa" + bits, lead + sign(key, cert, "-md", "sha384", *oid))
        for digest in ("sha256", "sha512"):
            add("sigfile", "pss-%s-%s" % (bits, digest), lead + sign(
                key, cert, "-md", digest, *oid, *pss, "rsa_pss_saltlen:digest"))
        add("sigfile", "pss-salt-" + bits, lead + sign(key, cert, "-md", "sha256", *oid, *pss,
                                                       "rsa_pss_saltlen:20"))
    certificate(folder, "ed", "-newkey", "ed25519")
    der = openssl("x509", "-in", os.path.join(folder, "ed.crt"), "-outform", "DER")
    add("sigfile", "ed25519", b"\1" + part(der) + part(b"x") + b"\x30\0")
    key, cert = certificate(folder, "e3", "-newkey", "rsa:3072", "-pkeyopt", "rsa_keygen_pubexp:3")
    der = openssl("x509", "-in", cert, "-outform", "DER")
    add("sigfile", "exponent-3", b"\1" + part(der) + part(b"x") + sign(key, cert, "-md", "sha256", *oid))


def key_files(folder):
    one, two = article_pins()
    at = lambda name: os.path.join(folder, name)
    certificate(folder, "ca", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1",
                subject="/CN=\u00e9 ca")
    for name in ("p256", "p521", "k1", "rsa2048", "ed", "ca"):
        pem = openssl("x509", "-in", at(name + ".crt"))
        add("pinfile", name + ".pem", pem)
        add("pinfile", name + ".der", openssl("x509", "-in", at(name + ".crt"), "-outform", "DER"))
        spki = openssl("x509", "-in", at(name + ".crt"), "-noout", "-pubkey")
        add("pinfile", name + "-spki.pem", spki)
        add("pinfile", name + "-spki.der", openssl("pkey", "-pubin", "-outform", "DER", given=spki))
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", at("p256.crt"), "-certfile", at("ca.crt"))
    add("pinfile", "p7b.pem", pkcs7)
    add("pinfile", "p7b.der", openssl("pkcs7", "-outform", "DER", given=pkcs7))
    add("pinfile", "p7b-none.der", bytes.fromhex("302306092a864886f70d010702a0163014020101310030"
                                                 "0b06092a864886f70d010701310" + "0"))
    add("pinfile", "p7b-bad-key.pem", openssl("crl2pkcs7", "-nocrl", "-certfile", at("ed.crt")))
    add("pinfile", "signed.der", sign(at("p256.key"), at("p256.crt")))
    add("pinfile", "digested.der", openssl("cms", "-digest_create", "-outform", "DER", given=b"x"))
    rsa = openssl("rsa", "-in", at("rsa2048.key"), "-RSAPublicKey_out")
    add("pinfile", "pkcs1.pem", rsa)
    add("pinfile", "pkcs1.der", bytes.fromhex(one))
    fake = "-----BEGIN %sPRIVATE KEY-----\nAAAA\n-----END %sPRIVATE KEY-----\n"
    pem = openssl("x509", "-in", at("p256.crt")).decode()
    lines = pem.splitlines(True)
    texts = {
        "private": fake % ("", ""), "private-behind": pem + fake % ("EC ", "EC "),
        "no-end": "".join(lines[:-1]), "other-end": pem.replace("-----END CERT", "-----END CERTI"),
        "begin-twice": "".join(lines[:2]) + pem, "damaged": lines[0] + "!!\n" + "".join(lines[2:]),
        "header": lines[0] + "Proc-Type: 4,ENCRYPTED\n\n" + "".join(lines[1:]),
        "label": pem.replace("CERTIFICATE", "CRL"), "label-long": pem.replace("CERT", "C" * 80),
        "label-odd": pem.replace("CERTIFICATE-----\n", "CERTIFICATE\n", 1),
        "label-x509": pem.replace("CERTIFICATE", "X509 CERTIFICATE"),
        "not-cms": pem.replace("CERTIFICATE", "CMS"), "not-spki": pem.replace("CERTIFICATE", "PUBLIC KEY"),
        "not-pkcs1": pem.replace("CERTIFICATE", "RSA PUBLIC KEY"),
        "not-cert": rsa.decode().replace("RSA PUBLIC KEY", "CERTIFICATE"),
        "ec-pkcs1": "-----BEGIN RSA PUBLIC KEY-----\n%s\n-----END RSA PUBLIC KEY-----\n" %
                    base64.b64encode(bytes.fromhex(P256)).decode(),
        "hex-in-pem": pem + one, "between": "words\n" + pem + "\nmore\n" + pem,
        "hex": "\ufeff# keys\r\n\n  " + one.upper() + " \t\r\n" + P256 + "\n",
        "hex-long": "30" * 1041, "hex-odd": one[:-1], "hex-digit": one[:9] + "g" + one[10:], "hex-short": "ab", "hex-empty": "# none\n",
        "element": '<pinnedCertificate  publicKeyString = "%s" />\n' % P256,
        "element-single": "<pinnedCertificate publicKeyString='%s'/>" % P256,
        "element-cut": '<pinnedCertificate publicKeyString="%s"' % P256,
        "element-open": '<pinnedCertificate publicKeyString="%s' % P256,
        "element-bare": "<pinnedCertificate publicKeyString=%s />" % P256,
        "element-name": "<pinnedCertificate other='x'/>", "element-equals": "<pinnedCertificate publicKeyString'x'/>",
        "element-start": "<pinned />", "word": "hello", "xml": "<configuration/>",
    }
    for name, text in texts.items():
        add("pinfile", name, text)
    add("pinfile", "utf16", "key".encode("utf-16"))
    add("pinfile", "binary", b"\0\1\2")
    private_keys(one)
    keys(one)


def der(tag, *content):
    content = b"".join(content)
    size = len(content)
    lead = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else \
        b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + lead + content


RSA_OID = bytes.fromhex("300d06092a864886f70d0101010500")
EC_OID = "301306072a8648ce3d0201"


def private_keys(one):
    """What has the form of private keys without being any."""
    zero, small = der(2, b"\0"), der(2, b"\1")
    pkcs1 = der(0x30, zero, *[small] * 8)
    add("pinfile", "like-pkcs1", pkcs1)
    add("pinfile", "like-pkcs8", der(0x30, zero, RSA_OID, der(4, pkcs1)))
    add("pinfile", "like-ec", der(0x30, small, der(4, b"\1" * 32)))
    add("pinfile", "like-dsa", der(0x30, zero, *[small] * 5))
    add("pinfile", "like-encrypted", der(0x30, RSA_OID, der(4, b"\1" * 16)))
    content = der(6, bytes.fromhex("2a864886f70d010701"))
    add("pinfile", "like-pfx", der(0x30, der(2, b"\3"), der(0x30, content, der(0xa0, der(4, b"")))))


def rsa_key(modulus, exponent):
    return der(0x30, der(2, modulus), der(2, exponent))


def keys(one):
    """Single keys: the bytes of pins, and SubjectPublicKeyInfo around them."""
    modulus, exponent = b"\0" + b"\xc1" * 256, b"\1\0\1"
    pins = {
        "weak": rsa_key(b"\0" + b"\xc1" * 128, exponent), "huge": rsa_key(b"\0" + b"\xc1" * 1025, exponent),
        "even": rsa_key(modulus[:-1] + b"\2", exponent), "negative": rsa_key(modulus[1:], exponent),
        "padded": rsa_key(b"\0" + modulus, exponent), "e1": rsa_key(modulus, b"\1"),
        "e4": rsa_key(modulus, b"\4"), "e-long": rsa_key(modulus, b"\1" * 5),
        "e-negative": rsa_key(modulus, b"\x83"), "e-none": rsa_key(modulus, b""),
        "no-exponent": der(0x30, der(2, modulus)), "no-modulus": der(0x30, der(4, modulus)),
        "third": der(0x30, der(2, modulus), der(2, exponent), der(2, exponent)),
        "trailing": rsa_key(modulus, exponent) + b"\0", "set": der(0x31, der(2, modulus), der(2, exponent)),
        "indefinite": b"\x30\x80" + der(2, modulus) + der(2, exponent) + b"\0\0",
        "length-long": b"\x30\x83\0" + rsa_key(modulus, exponent)[2:], "cut": rsa_key(modulus, exponent)[:40],
        "length-small": b"\x30\x81\x05" + b"\2\1\3\2\1", "modulus-none": rsa_key(b"", exponent),
        "8192": rsa_key(b"\0" + b"\xc1" * 1024, b"\0\xff\xff\xff\xff"),
        "point-off": bytes.fromhex(P256[:-2] + "f6"), "point-compressed": b"\3" + bytes.fromhex(P256[2:66]),
        "point-zero": b"\4" + b"\0" * 64, "point-form": b"\5" + bytes.fromhex(P256[2:]),
        "point-384-off": b"\4" + b"\1" * 96, "point-521-off": b"\4" + b"\1" * 132,
        "point-length": b"\4" + b"\1" * 66, "sequence-alone": b"\x30",
    }
    for name, pin in pins.items():
        add("pinfile", "key-" + name, pin)
        add("pinfile", "hexkey-" + name, pin.hex())
    bits = lambda content: der(3, b"\0", content)
    point, rsa = bytes.fromhex(P256), bytes.fromhex(one)
    curve = bytes.fromhex(EC_OID) + bytes.fromhex("06082a8648ce3d030107")
    for name, spki in {
            "crossed": der(0x30, curve, bits(rsa)), "crossed-back": der(0x30, RSA_OID, bits(point)),
            "curve": der(0x30, curve[:-1] + b"\1", bits(point)), "unused": der(0x30, RSA_OID, der(3, b"\1", rsa)),
            "trailing": der(0x30, RSA_OID, bits(rsa)) + b"\0", "cut": der(0x30, RSA_OID),
            "explicit": der(0x30, der(0x30, bytes.fromhex("06072a8648ce3d0201"), der(0x30, b"")), bits(point)),
            "good": der(0x30, RSA_OID, bits(rsa)), "curve-384": der(0x30, der(0x30, bytes.fromhex(
                "06072a8648ce3d020106052b81040022")), bits(point)),
            "dsa": der(0x30, der(0x30, bytes.fromhex("06072a8648ce380401")), bits(b"\2\1\1"))}.items():
        add("pinfile", "spki-" + name, spki)


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import seeds_text  # the other half: documents of state, answers, web.config
    vectors()
    with tempfile.TemporaryDirectory() as folder:
        signatures(folder)
        key_files(folder)
    seeds_text.write(add, variants, article_pins())
    seeds_text.limits(add, seeds["manifest"]["plain"].decode())
    for target, names in seeds.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, content in names.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        print("seeds: %-10s %d" % (target, len(names)))


if __name__ == "__main__":
    main()
