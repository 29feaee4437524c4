#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes keys, trust sets and bundles with openssl and tar alone, so that the programs are tested
against bytes that none of their own code wrote (docs/format.md).

make.py keys DIR                    DIR/NAME.key and NAME.crt of the signers root, root-2, first,
                                    second, stranger; DIR/pin-N.crt (a server's certificate), pin-N.hex
make.py trust DIR OUT [OPTION]...   a trust set
make.py bundle DIR OUT [OPTION]...  a bundle
make.py statement DIR OUT --nonce HEX (--reset-state EPOCH:SEQUENCE | --reset-time | --expired HEX)
                                    a statement's folder
make.py config DIR OUT PINS         a web.config with a password outside its pins ("124": three)
Times are offsets in seconds from now.
"""
import argparse
import base64
import hashlib
import os
import subprocess
import tempfile
import time

OIDS = {"trust": "2.25.254887173127045732470168622027956037413",
        "manifest": "2.25.31766164140568260447349616618476652351",
        "statement": "2.25.197687880681201724239043931611687692629",
        "receipt": "2.25.116798913240482540324772958484461640384"}
CHANNEL = "keys.example"
DOMAIN = "01" * 16
CANARY = "c4nary-Passw0rd"


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (command[:2], done.stdout.decode(errors="replace")))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def when(offset):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Element:
    """One element of canonical XML: attributes in the order in which they are given."""

    def __init__(self, name, *attributes, children=()):
        self.name, self.attributes, self.children = name, attributes, list(children)

    def lines(self, level):
        escape = lambda v: (str(v).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                            .replace('"', "&quot;"))
        text = "  " * level + "<" + self.name
        text += "".join(' %s="%s"' % (n, escape(v)) for n, v in self.attributes if v is not None)
        if not self.children:
            return [text + "/>"]
        inner = [line for child in self.children for line in child.lines(level + 1)]
        return [text + ">"] + inner + ["  " * level + "</" + self.name + ">"]

    def document(self):
        first = '<?xml version="1.0" encoding="UTF-8"?>'
        return ("\n".join([first] + self.lines(0)) + "\n").encode()


def certificate(path, key, name):
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as config:
        config.write("[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=leaf\n"
                     "[dn]\nCN=%s\n[leaf]\nbasicConstraints=critical,CA:FALSE\n" % name)
        config.flush()
        run("openssl", "req", "-x509", "-new", "-key", key, "-days", "30", "-config", config.name,
            "-out", path)


def make_keys(o):
    os.makedirs(o.dir, exist_ok=True)
    signers = ["root", "root-2", "first", "second", "stranger"]
    for name in signers + ["pin-%d" % n for n in range(1, 10)]:
        base = os.path.join(o.dir, name)
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", base + ".key")
        certificate(base + ".crt", base + ".key", name)
        if name.startswith("pin-"):  # the point behind the header of a P-256 SubjectPublicKeyInfo
            run("openssl", "pkey", "-in", base + ".key", "-pubout", "-outform", "DER", "-out",
                base + ".spki")
            write(base + ".hex", read(base + ".spki")[-65:].hex().encode())


def signer(o, name, until):
    run("openssl", "x509", "-in", os.path.join(o.dir, name + ".crt"), "-outform", "DER", "-out",
        os.path.join(o.dir, name + ".der"))
    der = read(os.path.join(o.dir, name + ".der"))
    return Element("signer", ("id", name), ("until", until),
                   ("certificate", base64.b64encode(der).decode()))


def make_trust(o):
    root = [signer(o, n, None) for n in sorted(o.root.split(","))]
    bundle = [signer(o, n, when(400 * 86400)) for n in sorted(o.signers.split(","))]
    write(o.out, Element(
        "trust", ("xmlns", "urn:pinferry:trust:1"), ("domain", o.domain), ("channel", o.channel),
        ("version", o.version), ("epoch", o.epoch), ("expires", when(o.expires)),
        ("least-sequence", 1), children=[
            Element("root", ("threshold", o.root_threshold), children=root),
            Element("bundle", ("threshold", o.threshold), children=bundle)]).document())


def sign(o, kind, name, document, out):
    run("openssl", "cms", "-sign", "-binary", "-cades", "-nosmimecap", "-md", "sha256",
        "-econtent_type", OIDS[kind], "-outform", "DER", "-in", document,
        "-signer", os.path.join(o.dir, name + ".crt"), "-inkey", os.path.join(o.dir, name + ".key"),
        "-out", out)


def pin_bytes(o, digit):
    return bytes.fromhex(read(os.path.join(o.dir, "pin-%s.hex" % digit)).decode())


def pin_element(o, digit):
    key, seen = pin_bytes(o, digit), when(-8 * 86400)
    return Element("pin", ("sha256", sha256(key)), ("key", key.hex()),
                   ("kind", "dotnet-public-key"), ("approved", when(-86400)), ("by", "manual"),
                   children=[Element("evidence", ("kind", "hex"), ("first", seen),
                                     ("sha256", sha256(b"seen")))])


def member(root, name, data):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write(path, data)
    return Element("member", ("name", name), ("size", len(data)), ("sha256", sha256(data)))


def carry(o, root, spec):
    """SET.xml:SIGNER[,SIGNER]: its trust members, in order."""
    path, names = spec.split(":")
    data = read(path)
    version = int(data.split(b'version="')[2].split(b'"')[0])
    stem = "trust/%06d" % version
    found = [member(root, stem + ".xml", data)]
    for i, name in enumerate(names.split(","), 1):
        out = os.path.join(root, "%s-%d.p7s" % (stem, i))
        sign(o, "trust", name, path, out)
        found.append(member(root, "%s-%d.p7s" % (stem, i), read(out)))
    return version, found


def payload(o, root):
    found = []
    for spec in o.attach:
        name, path = spec.split("=", 1)
        element = member(root, "payload/" + name, read(path))
        kind = ("type", "notes" if name == "notes" else "opaque")
        element.attributes = (element.attributes[0], kind) + element.attributes[1:]
        found.append((name, element))
    return [element for _, element in sorted(found, key=lambda item: item[0])]


def manifest(o, version, trust, attached):
    by_digest = lambda digits: sorted(digits, key=lambda d: sha256(pin_bytes(o, d)))
    sites = Element("sites", ("all", "true"))
    if o.site:
        sites = Element("sites", children=[Element("site", ("id", s)) for s in sorted(o.site)])
    retired = [Element("pin", ("sha256", sha256(pin_bytes(o, d))), ("reason", "the key was lost"))
               for d in by_digest(o.retired)]
    return Element(
        "manifest", ("xmlns", "urn:pinferry:manifest:1"), ("domain", o.domain), ("channel", o.channel),
        ("epoch", o.epoch), ("trust-version", version), ("sequence", o.sequence),
        ("created", when(-7200)), ("not-before", when(o.not_before)), ("expires", when(o.expires)),
        ("next-expected", when(o.next)), ("minimum", o.minimum), children=[
            sites, Element("pins", children=[pin_element(o, d) for d in by_digest(o.pins)]),
            Element("retired", children=retired), Element("trust", children=trust),
            Element("payload", children=attached)]).document()


def make_bundle(o):
    with tempfile.TemporaryDirectory() as root:
        version, trust = 1, []
        for spec in o.carry:
            version, more = carry(o, root, spec)
            trust += more
        attached = payload(o, root)
        write(os.path.join(root, "manifest.xml"), manifest(o, version, trust, attached))
        names = [dict(e.attributes)["name"] for e in trust] + ["manifest.xml"]
        for i, name in enumerate(o.signer.split(","), 1):
            names.append("manifest-%d.p7s" % i)
            sign(o, "manifest", name, os.path.join(root, "manifest.xml"),
                 os.path.join(root, names[-1]))
        names += [dict(e.attributes)["name"] for e in attached]
        run("tar", "--format=ustar", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644",
            "--mtime=@315532800", "-b20", "-C", root, "-cf", o.out, *names)


def make_statement(o):
    floor = ("floor", when(o.floor))
    if o.reset_state:
        epoch, sequence = o.reset_state.split(":")
        said = Element("reset-state", ("epoch", epoch), ("sequence", sequence), floor)
    else:
        said = Element("expired", ("manifest", o.expired)) if o.expired else Element("reset-time", floor)
    os.makedirs(o.out)
    document = os.path.join(o.out, "statement.xml")
    write(document, Element(
        "statement", ("xmlns", "urn:pinferry:statement:1"), ("domain", o.domain),
        ("channel", o.channel), ("site", o.site), ("nonce", o.nonce), ("created", when(0)),
        ("reason", "change 1234"), children=[said]).document())
    sign(o, "statement", o.signer, document, os.path.join(o.out, "statement-1.p7s"))


def make_config(o):
    items = "".join('    <pinnedCertificate publicKeyString="%s" />\n' % pin_bytes(o, d).hex()
                    for d in o.pins)
    write(o.out, ('<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n  <appSettings>\n'
                  '    <add key="password" value="%s" />\n  </appSettings>\n'
                  "  <pinnedCertificates>\n%s  </pinnedCertificates>\n</configuration>\n"
                  % (CANARY, items)).encode())


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for name, make in [("keys", make_keys), ("trust", make_trust), ("bundle", make_bundle),
                       ("statement", make_statement), ("config", make_config)]:
        p = commands.add_parser(name)
        p.set_defaults(make=make)
        p.add_argument("dir")
        if name != "keys":
            p.add_argument("out")
        if name == "config":
            p.add_argument("pins")
        if name in ("trust", "bundle", "statement"):
            p.add_argument("--domain", default=DOMAIN)
            p.add_argument("--channel", default=CHANNEL)
        if name == "statement":
            p.add_argument("--nonce", required=True)
            p.add_argument("--site", default="site-1")
            p.add_argument("--signer", default="root")
            p.add_argument("--floor", type=int, default=-3600)
            p.add_argument("--reset-state")
            p.add_argument("--reset-time", action="store_true")
            p.add_argument("--expired")
        if name in ("trust", "bundle"):
            p.add_argument("--epoch", type=int, default=1)
            p.add_argument("--expires", type=int, default=30 * 86400 if name == "bundle" else
                           300 * 86400)
        if name == "trust":
            p.add_argument("--version", type=int, default=1)
            p.add_argument("--root", default="root")
            p.add_argument("--root-threshold", type=int, default=1)
            p.add_argument("--signers", default="first,second")
            p.add_argument("--threshold", type=int, default=1)
        if name == "bundle":
            p.add_argument("--sequence", type=int, default=5)
            p.add_argument("--pins", default="12")
            p.add_argument("--retired", default="")
            p.add_argument("--signer", default="first")
            p.add_argument("--not-before", type=int, default=-3600)
            p.add_argument("--next", type=int, default=10 * 86400)
            p.add_argument("--minimum", type=int)
            p.add_argument("--site", action="append", default=[])
            p.add_argument("--attach", action="append", default=[], metavar="NAME=FILE")
            p.add_argument("--carry", action="append", default=[], metavar="SET.xml:SIGNER,...")
    options = parser.parse_args()
    options.make(options)


if __name__ == "__main__":
    main()
