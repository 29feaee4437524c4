# SPDX-License-Identifier: MIT
"""Secrets: a password in every place that XML allows, whole and with a fault right beside it. Every
run searches what it printed; each case searches what was written."""
import glob
import os
import re

from ground import CANARY, need
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


def everything(at, code):
    """All that looks at the target, in words and in JSON; `code` for apply and plan."""
    page = at.path("plan.html")
    for words in (False, True):
        for arguments in (("plan", at.bundle, "-o", page), ("plan", at.bundle, "--verbose"),
                          ("pins", at.target), ("status",)):
            at.run(*arguments, words=words)
            if os.path.exists(page):
                need(CANARY.encode() not in make.read(page), "the password is in the plan's page")
                os.remove(page)
    result = at.run("apply", at.bundle, "--verbose", words=True)
    need(result.code == code, "apply: %d expected, %s came" % (code, result))
    at.run("apply", at.bundle)
    if code == 0:
        at.expect(0, "none", "rollback")
        at.expect(0, "none", "apply", at.bundle)
        at.run("pins", at.target, words=True)
    at.run("recover", words=True)
    at.run("status", "--verbose", words=True)
    at.check_canary()
    for place, _, names in os.walk(at.state):
        for name in names:
            if os.path.basename(place) == "backups":
                mode = os.stat(os.path.join(place, name)).st_mode
                need(mode & 0o077 == 0, "a backup may be read by others")


def good(ident, text):
    def made(at):
        at.write_target(text(at.kit))
        at.write_bundle(at.kit.bundle())
        everything(at, 0)
    CASES.add("good-" + ident, 0, "none", made, at=True)


def malformed(ident, text):
    def made(at):
        data = text(at.kit)
        at.write_target(data)
        at.write_bundle(at.kit.bundle())
        everything(at, 20)
        need(make.read(at.target) == data, "the target was changed")
    CASES.add("malformed-" + ident, 20, "target.*", made, at=True)


for ident, place in PLACES.items():
    good(ident, lambda kit, p=place: with_pins(kit, p))
    malformed("behind-" + ident, lambda kit, p=place: with_pins(kit, p.replace("@", "@<&", 1))
              if "<!--" not in p and "CDATA" not in p and "<?" not in p else
              with_pins(kit, p).replace(CANARY.encode(), CANARY.encode() + b"\x01", 1))
    malformed("cut-" + ident, lambda kit, p=place: with_pins(kit, p)[
        :with_pins(kit, p).rindex(CANARY.encode()) + len(CANARY)])
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
        at.check_canary()
    CASES.add("corpus-%d" % (part + 1), 0, "none", made, "files of real sites", at=True)


for number in range(0 if SKIPPED else 4):
    corpus(number, 4)
