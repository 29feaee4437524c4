# SPDX-License-Identifier: MIT
"""Secrets: a password in every place that XML allows, whole and with a fault right beside it. Every
run searches what it printed; each case searches what was written."""
import glob
import os
import re

from ground import CANARY, has_canary, need
from kit import Cases, make

CASES = Cases("Secrets")
CORPUS = os.environ.get("PINFERRY_CORPUS") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "corpus")
SKIPPED = [] if os.path.isdir(CORPUS) else ["the corpus of real files is not here (PINFERRY_CORPUS)"]

PLACES = {
    "attribute": '<a b="@"/>', "attribute-single-quotes": "<a b='@'/>", "attribute-name": '<a @="x"/>',
    "attribute-with-entity": '<a b="&lt;@&gt;"/>', "attribute-over-lines": '<a b="x\n@\ny"/>',
    "element": "<@/>", "element-prefix": '<p:@ xmlns:p="urn:p"/>', "prefix": '<@:a xmlns:@="urn:p"/>',
    "namespace": '<a xmlns="urn:@"/>', "text": "<a>@</a>", "text-long": "<a>%s@%s</a>" % ("x" * 300, "y" * 300),
    "comment": "<!-- @ -->", "cdata": "<a><![CDATA[@]]></a>", "instruction": "<?x @?>",
    "instruction-name": "<?@ x?>", "connection-string": '<add name="db" connectionString="Password=@;"/>',
    "location": '<location path="@"/>', "config-source": '<other configSource="@"/>',
    "encrypted": "<other><EncryptedData>@</EncryptedData></other>", "base64-like": '<a b="QUJD@QUJD"/>',
    "provider": '<other configProtectionProvider="@"/>',
}


def with_pins(kit, place, eol="\n"):
    pins = "".join('    <pinnedCertificate publicKeyString="%s" />\n' % kit.pin(d).hex() for d in "13")
    return ('<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n  %s\n  <pinnedCertificates>\n%s'
            "  </pinnedCertificates>\n  %s\n</configuration>\n" % (
                place, pins, place.replace("<?xml", "<?y"))).replace("@", CANARY).replace("\n", eol).encode()


def read_only(at):
    """Every command that looks at a target and changes none, in words and in JSON."""
    page, note = at.path("plan.html"), at.path("note")
    cert = os.path.join(at.kit.dir, "pin-2.crt")
    for words in (False, True):
        for arguments in (("plan", at.bundle, "-o", page), ("plan", at.bundle, "--verbose"),
                          ("plan", at.bundle, "--on", at.target), ("verify", at.bundle, "--verbose"),
                          ("pins", at.target), ("match", cert), ("match", cert, "--config", at.target),
                          ("extract", at.bundle, "a", "-o", note), ("status", "--verbose")):
            at.run(*arguments, words=words)
            for path in (page, note):
                if os.path.exists(path):
                    need(not has_canary(make.read(path)), "the password is in " + path)
                    os.remove(path)


def bundle_of(at, **changes):
    at.write_bundle(at.kit.bundle(payload=[("a", "opaque", b"x")], **changes))


def everything(at, code):
    """`code` for apply and plan."""
    bundle_of(at)
    read_only(at)
    result = at.run("apply", at.bundle, "--verbose", words=True)
    need(result.code == code, "apply: %d expected, %s came" % (code, result))
    at.run("apply", at.bundle)
    if code == 0:
        read_only(at)
        at.expect(0, "none", "rollback", "--verbose")
        at.expect(0, "none", "apply", at.bundle)
        at.run("rollback", words=True)
    at.run("recover", words=True)
    at.run("recover", "--statement", os.path.dirname(at.target), words=True)
    at.run("status", "--verbose", words=True)
    at.check_canary()


def good(ident, text):
    def made(at):
        at.write_target(text(at.kit))
        everything(at, 0)
    CASES.add("good-" + ident, 0, "none", made, at=True)


def malformed(ident, text):
    def made(at):
        data = text(at.kit)
        at.write_target(data)
        everything(at, 20)
        need(make.read(at.target) == data, "the target was changed")
    CASES.add("malformed-" + ident, 20, "target.*", made, at=True)


def later(ident, place):
    """An apply and a rollback have been, and then somebody breaks the file right beside it."""
    def made(at):
        at.write_target(with_pins(at.kit, place))
        bundle_of(at)
        at.expect(0, "none", "apply", at.bundle)
        at.expect(0, "none", "rollback")
        at.expect(0, "none", "apply", at.bundle)
        data = beside(make.read(at.target), place)
        make.write(at.target, data)
        read_only(at)
        bundle_of(at, sequence=6, pins=[at.kit.pin(4)])
        result = at.run("apply", at.bundle)
        need(result.code == 20, "apply: 20 expected, %s came" % result)
        for words in (False, True):
            for arguments in (("apply", at.bundle, "--verbose"), ("apply",), ("rollback", "--verbose"),
                              ("rollback", "--force"), ("recover", "--accept-target"), ("status",)):
                at.run(*arguments, words=words)
        need(make.read(at.target) == data, "the target was changed")
        at.check_canary()
    CASES.add("later-malformed-" + ident, 20, "target.*", made, at=True)


def beside(data, place):
    """Malformed right behind the first password; what is ignored there is broken by a control character."""
    plain = "<!--" not in place and "CDATA" not in place and "<?" not in place
    return data.replace(CANARY.encode(), CANARY.encode() + (b"<&" if plain else b"\x01"), 1)


for ident, place in PLACES.items():
    good(ident, lambda kit, p=place: with_pins(kit, p))
    malformed("behind-" + ident, lambda kit, p=place: beside(with_pins(kit, p), p))
    malformed("before-" + ident, lambda kit, p=place: with_pins(kit, p.replace("@", "\x01@", 1)))
    malformed("cut-" + ident, lambda kit, p=place: with_pins(kit, p)[
        :with_pins(kit, p).rindex(CANARY.encode()) + len(CANARY)])
    later(ident, place)
def in_named_file(ident, place, code):
    """The password stands in the file that configSource names, and in web.config."""
    def made(at):
        at.write_target(('<?xml version="1.0"?>\n<configuration>\n  <a b="%s"/>\n  <pinnedCertificates configSource='
                         '"pins.config"/>\n</configuration>\n' % CANARY).encode())
        pins = "".join('  <pinnedCertificate publicKeyString="%s" />\n' % at.kit.pin(d).hex() for d in "13")
        other = at.path("www", "pins.config")
        make.write(other, ("<pinnedCertificates>\n%s%s</pinnedCertificates>" % (place, pins))
                   .replace("@", CANARY).encode())
        old = make.read(other)
        everything(at, code)
        need(code == 0 or make.read(other) == old, "the file was changed")
    CASES.add(("good-" if code == 0 else "malformed-") + "named-file-" + ident, code,
              "none" if code == 0 else "target.*", made, at=True)


in_named_file("comment", "<!-- @ -->\n", 0)
in_named_file("attribute", '<add b="@"/>\n', 0)
in_named_file("text", "<@>@<&\n", 20)
in_named_file("cut", '<add b="@', 20)
good("crlf", lambda kit: with_pins(kit, PLACES["attribute"], "\r\n"))
good("utf-16", lambda kit: b"\xff\xfe" + with_pins(kit, PLACES["attribute"]).decode().replace(
    "utf-8", "utf-16").encode("utf-16-le"))
malformed("doctype-entity", lambda kit: with_pins(kit, PLACES["text"]).replace(
    b"<configuration>", b'<!DOCTYPE c [<!ENTITY a "%s">]>\n<configuration>' % CANARY.encode()))
malformed("section-absent", lambda kit: re.sub(
    rb"(?s)<pinnedC.*</pinnedCertificates>", b"", with_pins(kit, PLACES["attribute"])))
malformed("section-twice", lambda kit: re.sub(
    rb"(?s)(<pinnedC.*</pinnedCertificates>)", rb"\1<a b='%s'/>\1" % CANARY.encode(),
    with_pins(kit, PLACES["attribute"])))
malformed("text-in-section", lambda kit: with_pins(kit, PLACES["attribute"]).replace(
    b"  </pinnedCertificates>", b"  %s</pinnedCertificates>" % CANARY.encode()))
malformed("cdata-in-section", lambda kit: with_pins(kit, PLACES["attribute"]).replace(
    b"  </pinnedCertificates>", b"  <![CDATA[%s]]></pinnedCertificates>" % CANARY.encode()))
malformed("entity-named-so", lambda kit: with_pins(kit, "<a>&@;</a>"))
malformed("attribute-twice", lambda kit: with_pins(kit, '<a @="x" @="y"/>'))
malformed("end-tag-differs", lambda kit: with_pins(kit, "<@></b>"))
malformed("latin-1-byte", lambda kit: with_pins(kit, PLACES["text"]).replace(
    CANARY.encode(), b"\xe4" + CANARY.encode(), 1))
malformed("encoding-named-so", lambda kit: with_pins(kit, PLACES["text"]).replace(
    b"utf-8", CANARY.encode(), 1))
malformed("version-named-so", lambda kit: with_pins(kit, PLACES["text"]).replace(
    b'version="1.0"', b'version="%s"' % CANARY.encode(), 1))
malformed("root-named-so", lambda kit: with_pins(kit, PLACES["text"]).replace(
    b"configuration>", CANARY.encode() + b">"))
malformed("root-namespace-named-so", lambda kit: with_pins(kit, PLACES["text"]).replace(
    b"<configuration>", b'<configuration xmlns="urn:%s">' % CANARY.encode()))


def in_place_of(ident, *arguments, state="state"):
    """The web.config where a command expects another file: its bytes are in no message."""
    def made(at):
        at.write_target(with_pins(at.kit, PLACES["attribute"]))
        at.state = at.path(state)
        for text in (make.read(at.target), CANARY.encode() * 400, b"<" + CANARY.encode() + b"/>",
                     b"-----BEGIN CERTIFICATE-----\n" + CANARY.encode() * 40):
            make.write(at.path("in-its-place"), text)
            folder = at.path("in-its-folder")
            os.makedirs(folder, exist_ok=True)
            for name in ("statement.xml", "statement-1.p7s"):
                make.write(os.path.join(folder, name), text)
            given = [a.replace("FILE", at.path("in-its-place")).replace("FOLDER", folder)
                     .replace("OUT", at.path("out")).replace("TARGET", at.target) for a in arguments]
            for words in (False, True):
                result = at.run(*given, words=words)
                need(result.code in (10, 11, 17, 20, 30), "exit %d" % result.code)
            need(not os.path.exists(at.path("out")), "something was written")
        at.check_canary()
    CASES.add("in-place-of-" + ident, 10, "?", made, at=True)


in_place_of("bundle", "apply", "FILE")
in_place_of("bundle-of-plan", "plan", "FILE", "-o", "OUT")
in_place_of("bundle-of-extract", "extract", "FILE", "a", "-o", "OUT")
in_place_of("trust-set", "verify", "FILE", "--trust", "FILE", "--fingerprint", "00" * 32)
in_place_of("trust-set-of-init", "init", "--site", "s", "--trust", "FILE", "--fingerprint", "00" * 32,
            "--config", "TARGET", state="new")
in_place_of("certificate", "match", "FILE")
in_place_of("statement", "recover", "--statement", "FOLDER")


def corpus(part, parts):
    """Real files, with the section and a password put in, then malformed beside the password."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        for path in sorted(glob.glob(os.path.join(CORPUS, "*.config")))[part::parts]:
            data = make.read(path)
            end = data.rfind(b"</configuration>")
            if end < 0 or b"<!DOCTYPE" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
                continue
            if b"pinnedCertificates" in data:
                continue
            pins = b'<pinnedCertificates><pinnedCertificate publicKeyString="%s" /></pinnedCertificates>' \
                % at.kit.pin(3).hex().encode()
            secret = b'<add key="p" value="%s"/>' % CANARY.encode()
            for beside in (b"", b"<"):
                make.write(at.target, data[:end] + secret.replace(b'"/>', beside + b'"/>') + pins + data[end:])
                result = at.run("apply", at.bundle, words=True)
                need(result.code in (0, 20), "%s: %s" % (os.path.basename(path), result))
                need(beside == b"" or result.code == 20, "%s is malformed" % os.path.basename(path))
                at.run("pins", at.target, words=True)
                at.run("rollback", words=True)
        at.check_canary()
    CASES.add("corpus-%d" % (part + 1), 0, "none", made, "files of real sites", at=True)


for number in range(0 if SKIPPED else 4):
    corpus(number, 4)
