# SPDX-License-Identifier: MIT
"""Manifest: well signed, and malformed or for somebody else."""
import hashlib

from der import NULL, RSA, algorithm, der, integer, oid, sequence
from kit import DAY, Cases, Element, Question, changed, sha256, stamp

CASES = Cases("Manifest")
XML, CANONICAL, RULE = "document.form", "document.canonical", "manifest.form"
PIN, WEAK = "pin.form", "pin.weak"
P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1


def edit(ident, reason, old, new, note="", code=10, **options):
    """A good manifest in which `old` is exchanged, then signed."""
    CASES.add(ident, code, reason,
              lambda kit: kit.bundle(changed(kit.manifest(**options), old, new)), note)


def whole(ident, reason, change, note="", code=10):
    CASES.add(ident, code, reason, lambda kit: kit.bundle(change(kit, kit.manifest())), note)


def built(ident, reason, note="", code=10, **options):
    """`options` of Kit.manifest; those that are callable get the kit."""
    def made(kit):
        given = {k: v(kit) if callable(v) else v for k, v in options.items()}
        return kit.bundle(kit.manifest(**given))
    CASES.add(ident, code, reason, made, note)


# --- bytes ---
edit("blank-twice", CANONICAL, " domain=", "  domain=")
edit("blank-around-equals", CANONICAL, "domain=", "domain =")
edit("blank-before-end", CANONICAL, ">\n  <sites", " >\n  <sites")
edit("tab", CANONICAL, " domain=", "\tdomain=")
edit("newline-in-tag", CANONICAL, " domain=", "\ndomain=")
edit("indent", CANONICAL, "\n  <sites", "\n   <sites")
edit("no-indent", CANONICAL, "\n  <sites", "\n<sites")
edit("line-joined", CANONICAL, "\n  <sites", "<sites")
edit("line-empty", CANONICAL, "\n  <sites", "\n\n  <sites")
edit("crlf", CANONICAL, ">\n", ">\r\n")
edit("quote-single", CANONICAL, 'epoch="1"', "epoch='1'")
edit("pair-of-tags", CANONICAL, '<retired/>', "<retired></retired>")
edit("attribute-order", CANONICAL, 'epoch="1" trust-version="1"', 'trust-version="1" epoch="1"')
edit("attribute-unknown", CANONICAL, 'epoch="1"', 'epoch="1" more="1"')
edit("attribute-twice", XML, 'epoch="1"', 'epoch="1" epoch="1"')
edit("attribute-missing", RULE, ' sequence="5"', "")
edit("attribute-empty", XML, 'minimum="1"', 'minimum=""', minimum=1)
edit("attribute-prefix", XML, 'epoch="1"', 'xml:epoch="1" epoch="1"')
edit("reference-decimal", CANONICAL, 'epoch="1"', 'epoch="&#49;"')
edit("reference-hex", CANONICAL, 'epoch="1"', 'epoch="&#x31;"')
edit("reference-apostrophe", CANONICAL, 'reason="it', 'reason="&apos;it',
     retired=[(b"old", "it was lost")])
edit("reference-unknown", XML, 'epoch="1"', 'epoch="&one;"')
edit("reference-nul", XML, 'epoch="1"', 'epoch="1&#0;"')
edit("reference-surrogate", XML, 'epoch="1"', 'epoch="1&#xD800;"')
edit("comment", XML, "\n  <sites", "\n  <!-- x -->\n  <sites")
edit("comment-at-the-end", XML, "</manifest>\n", "</manifest>\n<!-- x -->\n")
edit("cdata", XML, "\n  <sites", "\n<![CDATA[x]]>  <sites")
edit("text", XML, "\n  <sites", "\nx  <sites")
edit("processing-instruction", XML, "\n  <sites", "\n  <?x y?>\n  <sites")
edit("stylesheet", XML, "<manifest", '<?xml-stylesheet href="http://x/"?>\n<manifest')
edit("doctype", XML, "<manifest", "<!DOCTYPE manifest>\n<manifest")
edit("doctype-external", XML, "<manifest",
     '<!DOCTYPE manifest SYSTEM "file:///etc/passwd">\n<manifest')
edit("entity-file", XML, "<manifest xmlns",
     '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<manifest xmlns')
edit("billion-laughs", XML, "<manifest", "<!DOCTYPE m [<!ENTITY a \"%s\">%s]>\n<manifest" % (
    "x" * 100, "".join('<!ENTITY a%d "%s">' % (i, "&a;" * 10) for i in range(9))))
edit("xinclude", XML, "  <sites", '  <xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
     'href="file:///etc/passwd"/>\n  <sites')
edit("declaration-missing", CANONICAL, '<?xml version="1.0" encoding="UTF-8"?>\n', "")
edit("declaration-lower-case", CANONICAL, "UTF-8", "utf-8")
edit("declaration-version", CANONICAL, 'version="1.0"', 'version="1.1"')
edit("declaration-standalone", CANONICAL, 'UTF-8"', 'UTF-8" standalone="yes"')
edit("declaration-utf-7", CANONICAL, "UTF-8", "UTF-7")
edit("declaration-latin-1", CANONICAL, "UTF-8", "ISO-8859-1")
edit("bom", XML, "<?xml", b"\xef\xbb\xbf<?xml")
whole("utf-16", XML, lambda kit, d: d.decode().encode("utf-16"))
whole("utf-16-no-mark", XML, lambda kit, d: d.decode().encode("utf-16-le"))
whole("utf-32", XML, lambda kit, d: d.decode().encode("utf-32"))
for ident, data in {"utf-8-cut": b"\xc3", "utf-8-overlong": b"\xc0\xaf", "utf-8-surrogate":
                    b"\xed\xa0\x80", "utf-8-beyond": b"\xf4\x90\x80\x80", "utf-8-latin": b"\xe4x",
                    "nul": b"\0", "control": b"\x01"}.items():
    edit(ident, XML, b'reason="it', b'reason="' + data + b"it", retired=[(b"old", "it was lost")])
whole("empty-line", XML, lambda kit, d: b"\n")
whole("no-last-line-end", CANONICAL, lambda kit, d: d[:-1])
whole("second-root", XML, lambda kit, d: d + b"<manifest/>\n")
whole("not-closed", XML, lambda kit, d: d.replace(b"</manifest>\n", b""))
whole("garbage", XML, lambda kit, d: bytes(range(1, 256)))
whole("json", XML, lambda kit, d: b'{"sequence": 5}\n')
whole("levels-10000", XML, lambda kit, d: changed(d, "  <sites", "<a>" * 10000 + "</a>" * 10000
                                                  + "  <sites"), "10,000 levels")
whole("levels-200", RULE, lambda kit, d: changed(d, "  <sites", "<a>" * 200 + "</a>" * 200 + "  <sites"))
whole("attributes-10000", CANONICAL, lambda kit, d: changed(
    d, ' epoch="1"', ' epoch="1"' + "".join(' a%d="1"' % i for i in range(10000))))
whole("long-attribute", CANONICAL, lambda kit, d: changed(d, ' epoch="1"', ' epoch="1" a="%s"'
                                                       % ("x" * 1000000)))
whole("extension-value-long", RULE, lambda kit, d: changed(
    d, "</manifest>", '  <extensions>\n    <extension id="urn:a:b" critical="false" value="%s"/>\n'
    "  </extensions>\n</manifest>" % ("x" * 4097)))

# --- namespace and elements ---
SPACE = "urn:pinferry:manifest:1"
edit("namespace-foreign", RULE, SPACE, "urn:other:manifest:1")
edit("namespace-of-trust", RULE, SPACE, "urn:pinferry:trust:1")
edit("namespace-none", RULE, ' xmlns="%s"' % SPACE, "")
edit("namespace-no-number", RULE, SPACE, "urn:pinferry:manifest:x")
edit("namespace-leading-zero", RULE, SPACE, "urn:pinferry:manifest:01")
edit("namespace-beyond-2-53", RULE, SPACE, "urn:pinferry:manifest:9007199254740992",
     "2^53 is no number of format 1")
edit("namespace-prefix", XML, "<manifest xmlns=", "<manifest xmlns:p=\"urn:x\" p:a=\"1\" xmlns=")
edit("namespace-unused-prefix", CANONICAL, "<manifest xmlns=", '<manifest xmlns:p="urn:x" xmlns=')
edit("namespace-below", XML, "  <retired/>", '  <retired xmlns="urn:x"/>')
for number in (0, 2, 9007199254740991):
    edit("newer-%d" % number, "newer.format", SPACE, "urn:pinferry:manifest:%d" % number, code=16)
whole("newer-of-other-form", "newer.format", lambda kit, d: b'<manifest xmlns="urn:pinferry:manifest:2"'
      b"><future/></manifest>", "its form is not looked at", 16)
whole("newer-not-well-formed", XML, lambda kit, d: b'<manifest xmlns="urn:pinferry:manifest:2">')
whole("root-other", RULE, lambda kit, d: changed(changed(d, "<manifest ", "<bundle "), "</manifest>",
                                                 "</bundle>"))
edit("element-unknown", RULE, "  <sites", "  <more/>\n  <sites")
edit("element-unknown-last", RULE, "</manifest>", "  <more/>\n</manifest>")
edit("element-missing", RULE, "  <retired/>\n", "")
edit("element-twice", RULE, "  <retired/>\n", "  <retired/>\n  <retired/>\n")
edit("element-order", RULE, "  <retired/>\n  <trust/>\n", "  <trust/>\n  <retired/>\n")
edit("element-unknown-in-pins", RULE, "  <pins>\n", "  <pins>\n    <more/>\n")

EXTENSION = lambda *of: [Element("extensions", children=[Element(
    "extension", ("id", i), ("critical", c), ("value", v)) for i, c, v in of])]
built("extension-critical", "newer.extension", code=16, children=EXTENSION(("urn:a:b", "true", "1")))
built("extension-critical-second", "newer.extension", code=16,
      children=EXTENSION(("urn:a:a", "false", "1"), ("urn:a:b", "true", "1")))
built("extension-none", RULE, children=[Element("extensions")])
built("extension-17", RULE, children=EXTENSION(*[("urn:a:%02d" % i, "false", "1") for i in range(17)]))
built("extension-twice", RULE, children=EXTENSION(*[("urn:a:b", "false", "1")] * 2))
built("extension-unsorted", RULE, children=EXTENSION(("urn:b:b", "false", "1"), ("urn:a:b", "false", "1")))
built("extension-no-urn", RULE, children=EXTENSION(("http://x", "false", "1")))
built("extension-not-ascii", RULE, children=EXTENSION(("urn:a:b", "false", "\u00e4")))
edit("extension-not-last", RULE, "  <payload/>\n", '  <extensions>\n    <extension id="urn:a:b" '
     'critical="false" value="1"/>\n  </extensions>\n  <payload/>\n')

# --- numbers ---
for ident, text in {"zero": "0", "2-53": str(2**53), "2-64": str(2**64), "2-64-plus-5": str(2**64 + 5),
                    "negative": "-5", "plus": "+5", "space-before": " 5", "space-behind": "5 ",
                    "leading-zero": "05", "hex": "0x5", "float": "5.0", "exponent": "5e0",
                    "arabic": "\u0665", "fullwidth": "\uff15", "comma": "5,0", "words": "five",
                    "1000-digits": "9" * 1000}.items():
    edit("sequence-" + ident, RULE, 'sequence="5"', 'sequence="%s"' % text)
edit("epoch-zero", RULE, 'epoch="1"', 'epoch="0"')
edit("epoch-2-53", RULE, 'epoch="1"', 'epoch="%d"' % 2**53)
edit("trust-version-zero", RULE, 'trust-version="1"', 'trust-version="0"')
edit("trust-version-large", RULE, 'trust-version="1"', 'trust-version="1000000"')
edit("minimum-zero", RULE, 'minimum="1"', 'minimum="0"', minimum=1)
edit("minimum-401", RULE, 'minimum="1"', 'minimum="401"', minimum=1)

# --- times ---

def time_edit(ident, text):
    CASES.add("time-" + ident, 10, RULE, lambda kit: kit.bundle(kit.manifest(next_expected=text)))


for ident, text in {"no-zone": "2030-01-01T00:00:00", "offset": "2030-01-01T00:00:00+00:00",
                    "small-z": "2030-01-01T00:00:00z", "space": "2030-01-01 00:00:00Z",
                    "30-february": "2030-02-30T00:00:00Z", "29-february": "2030-02-29T00:00:00Z",
                    "month-13": "2030-13-01T00:00:00Z", "month-0": "2030-00-01T00:00:00Z",
                    "hour-24": "2030-01-01T24:00:00Z", "second-60": "2030-01-01T00:00:60Z",
                    "fraction": "2030-01-01T00:00:00.0Z", "1999": "1999-12-31T23:59:59Z",
                    "2100": "2100-01-01T00:00:00Z", "five-digits": "20300-01-01T00:00:00Z",
                    "short": "2030-1-1T0:0:0Z", "date": "2030-01-01", "negative": "-030-01-01T00:00:00Z",
                    "epoch": "1893456000"}.items():
    time_edit(ident, text)
built("time-not-before-after-expires", RULE, not_before=10 * DAY, expires=9 * DAY)
built("time-not-before-is-expires", RULE, not_before=10 * DAY, expires=10 * DAY)
built("time-created-after-not-before", RULE, created=-60, not_before=-120)
built("time-next-before-created", RULE, next_expected=-9000)

# --- scope ---
built("scope-domain", "scope.domain", code=15, domain="02" * 16)
built("scope-channel", "scope.channel", code=15, channel="other.example")
built("scope-channel-prefix", "scope.channel", code=15, channel="keys.example.com")
built("scope-site", "scope.site", code=15, sites=["elsewhere"])
built("scope-site-begins-alike", "scope.site", code=15, sites=["site-10", "site-11"])
built("scope-site-shorter", "scope.site", code=15, sites=["site"])
edit("scope-site-upper", RULE, 'id="site-1"', 'id="SITE-1"', sites=["site-1"])
edit("scope-domain-upper", RULE, 'domain="0101', 'domain="0A01')
edit("scope-domain-short", RULE, 'domain="0101', 'domain="01')
edit("scope-domain-letters", RULE, 'domain="0101', 'domain="0x01')
built("sites-none", RULE, sites=[])
built("sites-twice", RULE, sites=["site-1", "site-1"])
built("sites-unsorted", CANONICAL, sites=["site-2", "site-1"])
built("sites-4097", RULE, sites=["s%04d" % i for i in range(4097)])
edit("sites-all-and-one", RULE, '<sites all="true"/>', '<sites all="true">\n    <site id="site-1"/>\n'
     "  </sites>")
edit("sites-all-false", RULE, 'all="true"', 'all="false"')
built("sites-device", RULE, sites=["con"])
built("sites-64-bytes", RULE, sites=["a" * 64])

# --- pins ---

def rsa(bits=2048, exponent=65537, salt=1):
    stream = b"".join(hashlib.sha512(b"%d %d" % (salt, i)).digest() for i in range(bits // 512 + 1))
    modulus = int.from_bytes(stream, "big") % 2**bits | 1 << bits - 1 | 1
    return sequence(integer(modulus), integer(exponent))


def pin(ident, reason, key, note="", pad=None):
    """One bad pin in place of all; `key` is bytes or makes them of a kit."""
    CASES.add("pin-" + ident, 10, reason, lambda kit: kit.bundle(kit.manifest(
        pins=[key(kit) if callable(key) else key])), note)


built("pins-none", RULE, pins=[])
built("pins-401", RULE, pins=lambda kit: [rsa(2048, 65537, i) for i in range(401)])
built("pins-all-retired", RULE, pins=[], retired=lambda kit: [(kit.pin(1), "lost")])
built("pins-active-and-retired", RULE, retired=lambda kit: [(kit.pin(1), "lost")])
built("retired-513", RULE, retired=[(b"%d" % i, "lost") for i in range(513)])
pin("not-a-key", PIN, b"hello, world")
pin("zeros", PIN, bytes(65))
pin("spki", PIN, lambda kit: kit.spki("pin-1"))
pin("certificate", PIN, lambda kit: kit.cert("pin-1"))
pin("rsa-spki", PIN, sequence(algorithm(RSA, NULL), der(3, b"\0" + rsa())))
pin("rsa-1024", WEAK, rsa(1024))
pin("rsa-2047", WEAK, rsa(2047))
pin("rsa-8193", WEAK, rsa(8193))
pin("rsa-even", WEAK, sequence(integer(2**2048 - 2), integer(65537)))
pin("rsa-e-1", WEAK, rsa(exponent=1))
pin("rsa-e-2", WEAK, rsa(exponent=2))
pin("rsa-e-even", WEAK, rsa(exponent=65536))
pin("rsa-e-2-32", WEAK, rsa(exponent=2**32 + 1))
pin("rsa-e-zero", WEAK, rsa(exponent=0))
pin("rsa-negative", PIN, sequence(integer(-(2**2048) + 1), integer(65537)))
pin("rsa-e-negative", PIN, sequence(integer(2**2048 - 1), integer(-3)))
pin("rsa-not-minimal", PIN, sequence(der(2, b"\0\0" + b"\xff" * 256), integer(65537)))
pin("rsa-not-minimal-length", PIN, b"\x30\x83" + len(rsa()[4:]).to_bytes(3, "big") + rsa()[4:])
pin("rsa-indefinite", PIN, b"\x30\x80" + rsa()[4:] + b"\0\0")
pin("rsa-trailing", PIN, rsa() + b"\0")
pin("rsa-third-number", PIN, sequence(integer(2**2048 - 1), integer(65537), integer(1)))
pin("rsa-one-number", PIN, sequence(integer(2**2048 - 1)))
pin("rsa-set", PIN, b"\x31" + rsa()[1:])
pin("ec-off-curve", PIN, b"\4" + b"\1" * 64)
pin("ec-x-beyond", PIN, b"\4" + P256.to_bytes(32, "big") + bytes(32))
pin("ec-compressed", PIN, lambda kit: b"\2" + kit.pin(1)[1:33])
pin("ec-hybrid", PIN, lambda kit: b"\6" + kit.pin(1)[1:])
pin("ec-infinity", PIN, b"\0")
pin("ec-p224", PIN, b"\4" + bytes(56))
pin("ec-short", PIN, lambda kit: kit.pin(1)[:-1])
pin("ec-long", PIN, lambda kit: kit.pin(1) + b"\0")


def pin_element(ident, reason, change, note=""):
    CASES.add("pin-" + ident, 10, reason, lambda kit: kit.bundle(kit.manifest(
        pins=[kit.pin_element(kit.pin(1), **change(kit))])), note)


pin_element("upper-case", CANONICAL, lambda kit: {"key": kit.pin(1).hex().upper()})
pin_element("odd-digits", PIN, lambda kit: {"key": kit.pin(1).hex()[:-1]})
pin_element("hex-prefix", PIN, lambda kit: {"key": "0x" + kit.pin(1).hex()})
pin_element("quote", PIN, lambda kit: {"key": kit.pin(1).hex()[:-2] + '"/'})
pin_element("less-than", PIN, lambda kit: {"key": kit.pin(1).hex()[:-2] + "<a"})
pin_element("comment-end", PIN, lambda kit: {"key": kit.pin(1).hex()[:-3] + "-->"})
pin_element("digest-wrong", RULE, lambda kit: {"sha256": sha256(b"x")})
pin_element("digest-upper", RULE, lambda kit: {"sha256": sha256(kit.pin(1)).upper()})
pin_element("digest-short", RULE, lambda kit: {"sha256": sha256(kit.pin(1))[:-2]})
pin_element("digest-named", RULE, lambda kit: {"sha256": "sha256:" + sha256(kit.pin(1))})
pin_element("digest-absent", RULE, lambda kit: {"sha256": None})
pin_element("digest-sha1", RULE, lambda kit: {"sha256": hashlib.sha1(kit.pin(1)).hexdigest()})
pin_element("kind", RULE, lambda kit: {"kind": "spki"})
pin_element("by", RULE, lambda kit: {"by": "nobody"})
pin_element("valid-from-alone", RULE, lambda kit: {"valid_from": "2020-01-01T00:00:00Z"})
pin_element("valid-order", RULE, lambda kit: {"valid_from": "2020-01-02T00:00:00Z",
                                              "valid_to": "2020-01-01T00:00:00Z"})
edit("pin-nul", XML, 'key="04', 'key="&#0;04')


def pin_twice(kit):
    return kit.bundle(kit.manifest(pins=[kit.pin_element(kit.pin(1))] * 2))


def pin_twice_upper(kit):
    return kit.bundle(kit.manifest(pins=[kit.pin_element(kit.pin(1)), kit.pin_element(
        kit.pin(1), key=kit.pin(1).hex().upper())]))


CASES.add("pin-twice", 10, RULE, pin_twice)
CASES.add("pin-twice-other-case", 10, RULE, pin_twice_upper)
CASES.add("pin-unsorted", 10, CANONICAL, lambda kit: kit.bundle(kit.manifest(pins=[
    kit.pin_element(p) for p in sorted([kit.pin(1), kit.pin(2)], key=sha256, reverse=True)])))
edit("evidence-none", RULE, '>\n      <evidence kind="hex"', '>\n      <x kind="hex"')
edit("evidence-kind", RULE, 'kind="hex"', 'kind="guess"')
edit("evidence-digest", RULE, '%s"/>\n    </pin' % sha256(b"seen"), '00"/>\n    </pin')
for ident, text in {"bidi": "lost\u202e", "zero-width": "lo\u200bst", "two-spaces": "lost  it",
                    "leading-space": " lost", "bom": "\ufefflost", "non-character": "lost\ufffe",
                    "non-character-astral": "lost\U0001fffe", "c1": "lost\u0085", "513-bytes": "x" * 513,
                    "line-separator": "lost\u2028"}.items():
    # U+FFFE is no character of XML at all
    built("text-" + ident, XML if ident == "non-character" else RULE, retired=[(b"old", text)])

# --- members ---
NAMES = {"parent": "payload/../a", "absolute": "/a", "upper": "payload/A", "backslash": "payload\\a",
         "device": "payload/con", "other-folder": "other/a", "empty": "payload/", "sub": "payload/a/b",
         "manifest": "manifest.xml", "long": "payload/" + "a" * 64, "stream": "payload/a:b",
         "trust": "trust/000002.xml"}
for ident, text in NAMES.items():
    edit("member-name-" + ident, RULE, 'name="payload/a"', 'name="%s"' % text,
         payload=[("a", "opaque", b"x")])
for ident, (old, new) in {"type": ('type="opaque"', 'type="program"'), "size-zero": ('size="1"', 'size="0"'),
                          "size-4-gib": ('size="1"', 'size="4294967296"'),
                          "size-negative": ('size="1"', 'size="-1"'),
                          "digest-upper": (sha256(b"x"), sha256(b"x").upper()),
                          "digest-short": (sha256(b"x"), sha256(b"x")[:-2]),
                          "digest-sha512": (sha256(b"x"), hashlib.sha512(b"x").hexdigest()),
                          "digest-absent": (' sha256="%s"' % sha256(b"x"), "")}.items():
    edit("member-" + ident, RULE, old, new, payload=[("a", "opaque", b"x")])
built("member-notes-twice", RULE, payload=[("a", "notes", b"x"), ("b", "notes", b"x")])
built("member-twice", RULE, payload=[("a", "opaque", b"x"), ("a", "opaque", b"x")])
built("member-unsorted", CANONICAL, payload=[("b", "opaque", b"x"), ("a", "opaque", b"x")])
built("member-65", RULE, payload=[("p%02d" % i, "opaque", b"x") for i in range(65)])
built("member-notes-large", RULE, payload=[("a", "notes", bytes(65537))])
edit("member-trust-name", RULE, "  <trust/>\n", '  <trust>\n    <member name="trust/2.xml" size="1" '
     'sha256="%s"/>\n  </trust>\n' % sha256(b"x"))


def listed(ident, reason, change, note=""):
    """The manifest's payload member against the tar's."""
    def made(kit):
        document = change(kit.manifest(payload=[("a", "opaque", b"abc")]))
        return kit.bundle(document, payload=[("a", "opaque", b"abc")])
    CASES.add("payload-" + ident, 10, reason, made, note)


listed("size-off-by-one", "payload.member", lambda d: changed(d, 'size="3"', 'size="4"'))
listed("size-one-less", "payload.member", lambda d: changed(d, 'size="3"', 'size="2"'))
listed("digest-other", "payload.digest", lambda d: changed(d, sha256(b"abc"), sha256(b"abd")))
listed("other-name", "payload.member", lambda d: changed(d, "payload/a", "payload/b"))
CASES.add("payload-one-right-one-wrong", 10, "payload.digest", lambda kit: kit.bundle(changed(
    kit.manifest(payload=[("a", "opaque", b"abc"), ("b", "opaque", b"def")]), sha256(b"def"),
    sha256(b"deg")), payload=[("a", "opaque", b"abc"), ("b", "opaque", b"def")]))
whole("over-2-mib", "container.limit", lambda kit, d: d + b" " * (2097153 - len(d)))

# --- good ones among them ---

def good(ident, note="", **options):
    def made(kit):
        given = {k: v(kit) if callable(v) else v for k, v in options.items()}
        payload = given.get("payload", ())
        return kit.bundle(kit.manifest(**given), payload=payload)
    CASES.good("good-" + ident, made, note)


good("plain")
good("pins-380", "nearly as many as IIS's limit lets in", pins=lambda kit: [rsa(2048, 65537, i)
                                                                    for i in range(380)])
good("retired-512", retired=[(b"%d" % i, "lost") for i in range(512)])
good("pin-rsa-8192", pins=[rsa(8192)])
good("pin-e-3", pins=[rsa(exponent=3)])
good("pin-e-2-32-minus-1", pins=[rsa(exponent=2**32 - 1)])
good("sites-4096", sites=sorted(["site-1"] + ["s%04d" % i for i in range(4095)]))
good("escapes", retired=[(b"old", 'a & b < c > d "e"')])
good("text-of-many-tongues", retired=[(b"old", "schl\u00fcssel \u9375 \U0001f511 de\u0301ja\u0300")])
good("text-512-bytes", retired=[(b"old", "x" * 512)])
good("extensions", children=EXTENSION(*[("urn:a:%02d" % i, "false", "<&>\"'") for i in range(16)]))
good("extension-value-4096", children=EXTENSION(("urn:a:b", "false", "x" * 4096)))
good("sequence-2-53", sequence=2**53 - 1)
good("pin-validity", pins=lambda kit: [kit.pin_element(kit.pin(1), valid_from="1950-01-01T00:00:00Z",
                                                     valid_to="9999-12-31T23:59:59Z")])
good("minimum", minimum=1)
good("notes", payload=[("read-me.txt", "notes", b"hello")])
