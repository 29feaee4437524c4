# SPDX-License-Identifier: MIT
"""web.config: files that must not be touched, files that must, and what happens beneath them."""
import fcntl
import json
import os
import re
import shutil
import stat
import subprocess
import threading
import time

from ground import CANARY, Wrong, has_canary, need
from kit import Cases, make

CASES = Cases("web.config")
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
SECRET = '  <appSettings>\n    <add key="password" value="%s" />\n  </appSettings>\n' % CANARY
ITEM = '    <pinnedCertificate publicKeyString="%s" />\n'
FORM, SECTION, AMBIGUOUS = "target.form", "target.section", "target.ambiguous"
ENCODING, DOCTYPE, BAD_ITEM = "target.encoding", "target.doctype", "target.item"
ENCRYPTED, SOURCE = "target.encrypted", "target.config-source"


def items(kit, digits="13"):
    return "".join(ITEM % kit.pin(d).hex() for d in digits)


def section(inner):
    return "  <pinnedCertificates>\n%s  </pinnedCertificates>\n" % inner


def config(body, before=SECRET, behind="", declaration=DECLARATION, root=""):
    return declaration + "<configuration%s>\n" % root + before + body + behind + "</configuration>\n"


def refused(ident, reason, text, note="", code=20):
    """`text` is a file's text or bytes, or makes it of a kit. Nothing may be written."""
    def prepare(at):
        made = text(at.kit) if callable(text) else text
        at.write_target(made if isinstance(made, bytes) else made.encode())
        at.write_bundle(at.kit.bundle())
        return [at.bundle]
    CASES.add(ident, code, reason, prepare, note, at=True)


def bare(text):
    """Without its items and the blanks before them: what an apply must leave as it is."""
    text = re.sub(r"\s*<pinnedCertificate\s[^<>]*?(/>|>\s*</pinnedCertificate\s*>)", "", text)
    text = re.sub(r"<pinnedCertificates(\s*)/>", r"<pinnedCertificates></pinnedCertificates>", text)
    return re.sub(r"<pinnedCertificates>\s*</pinnedCertificates>",
                  "<pinnedCertificates></pinnedCertificates>", text)


def taken(ident, text, encoding="utf-8", note="", section_at=None, pins="12"):
    """The pins come in, in the file's own encoding and line ends; nothing else changes."""
    def made(at):
        source = text(at.kit) if callable(text) else text
        data = source if isinstance(source, bytes) else source.encode(encoding)
        at.write_target(data)
        at.write_bundle(at.kit.bundle())
        outside = os.stat(at.target)
        more = ["--section", section_at] if section_at else []
        at.expect(0, "none", "apply", at.bundle, *more)
        new, old = make.read(at.target).decode(encoding), data.decode(encoding)
        need(bare(new) == bare(old), "more than pins differ")
        for digit in pins:
            need(at.kit.pin(digit).hex() in new.lower(), "pin %s is not there" % digit)
        ends = lambda t: {e for e in re.findall("\r\n|\r|\n", t)}
        need(ends(new) <= ends(old) or not ends(old), "the line ends changed")
        status = os.stat(at.target)
        need((status.st_mode, status.st_uid, status.st_gid) == (outside.st_mode, outside.st_uid,
                                                               outside.st_gid), "owner or mode changed")
        at.check_canary()
        at.expect(0, "none", "rollback")
        need(make.read(at.target) == data, "a rollback does not give the old bytes back")
        at.check_canary()
    CASES.add("good-" + ident, 0, "none", made, note, at=True)


plain = lambda kit: config(section(items(kit)))

# --- DOCTYPE and entities ---
for ident, text in {
        "doctype": "<!DOCTYPE configuration>\n", "doctype-lower": "<!DOCTYPE c SYSTEM 'c.dtd'>\n",
        "xxe-file": '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n',
        "xxe-network": '<!DOCTYPE c SYSTEM "http://127.0.0.1:9/x.dtd">\n',
        "xxe-parameter": '<!DOCTYPE c [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>\n',
        "billion-laughs": '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa">%s]>\n' % "".join(
            '<!ENTITY a%d "%s">' % (i, "&a%s;" % (i - 1 if i else "") * 10) for i in range(9)),
        "quadratic-entity": '<!DOCTYPE c [<!ENTITY a "%s">]>\n' % ("a" * 50000)}.items():
    refused(ident, DOCTYPE, lambda kit, t=text: DECLARATION + t + plain(kit)[len(DECLARATION):])
refused("entity-unknown", FORM, lambda kit: config(section(items(kit)), SECRET.replace(
    CANARY, CANARY + "&unknown;")))

# --- encodings ---
for ident, codec in {"utf-16-le-no-mark": "utf-16-le", "utf-16-be-no-mark": "utf-16-be",
                     "utf-32": "utf-32"}.items():
    refused("encoding-" + ident, ENCODING, lambda kit, c=codec: plain(kit).encode(c))
refused("encoding-says-utf-16", ENCODING, lambda kit: plain(kit).replace("utf-8", "utf-16"),
        "declared UTF-16, one byte a character")
refused("encoding-says-utf-8", ENCODING, lambda kit: b"\xff\xfe" + plain(kit).encode("utf-16-le"),
        "declared UTF-8, two bytes a character")
refused("encoding-latin-1-bytes", ENCODING, lambda kit: plain(kit).replace("key=", "kez=").encode().replace(
    b"kez", b"k\xe4y"), "no UTF-8")
refused("encoding-ascii-lies", ENCODING, lambda kit: plain(kit).replace("utf-8", "us-ascii").replace(
    "key", "k\u00e4y"))
refused("encoding-bom-and-latin", ENCODING, lambda kit: b"\xef\xbb\xbf" + plain(kit).replace(
    "utf-8", "iso-8859-1").encode())
for name in ("utf-7", "shift_jis", "ebcdic-cp-us", "gb18030", "ucs-4", "x"):
    refused("encoding-" + name, ENCODING, lambda kit, n=name: plain(kit).replace("utf-8", n))
refused("utf-16-half-surrogate", ENCODING, lambda kit: b"\xff\xfe" + plain(kit).replace(
    "utf-8", "utf-16").encode("utf-16-le").replace("key".encode("utf-16-le"), b"k\0\0\xd8y\0"))
refused("version-1-1", FORM, lambda kit: plain(kit).replace('version="1.0"', 'version="1.1"'))

# --- the section ---
refused("section-missing", SECTION, config(""))
refused("section-twice", AMBIGUOUS, lambda kit: config(section(items(kit)) * 2))
refused("section-in-a-comment", SECTION, lambda kit: config("<!--\n" + section(items(kit)) + "-->\n"))
refused("section-in-cdata", SECTION, lambda kit: config("<x><![CDATA[" + section(items(kit)) + "]]></x>\n"))
refused("section-in-a-value", SECTION, config('  <x y="&lt;pinnedCertificates/&gt;" />\n'))
refused("section-below-location", SECTION, lambda kit: config(
    '  <location path="x">\n' + section(items(kit)) + "  </location>\n"))
refused("section-and-below-location", AMBIGUOUS, lambda kit: config(
    section(items(kit)) + '  <location path="x">\n' + section("") + "  </location>\n"))
refused("section-in-config-sections", SECTION, config(
    '  <configSections>\n    <section name="pinnedCertificates" type="x" />\n  </configSections>\n'))
refused("section-element-in-config-sections", SECTION, config(
    "  <configSections>\n    <pinnedCertificates />\n  </configSections>\n"))
refused("section-other-case", SECTION, config("  <PinnedCertificates />\n"))
refused("section-prefix", SECTION, config('  <p:pinnedCertificates xmlns:p="urn:p" />\n'))
refused("section-namespace", SECTION, config('  <pinnedCertificates xmlns="urn:p" />\n'))
# A file beside the target exists in each of these, so that only the value or the file is at fault.
LINK, FILE = "target.link", "target.file"


def source(ident, path, reason=SOURCE, inner=None, element="pinnedCertificates"):
    """configSource names `path`; `inner` is what the file beside the target holds."""
    def prepare(at):
        make.write(at.path("www", "pins.config"),
                   (section(items(at.kit)) if inner is None else inner).strip().encode())
        make.write(at.path("outside.config"), section(items(at.kit)).strip().encode())
        os.symlink("pins.config", at.path("www", "link.config"))
        os.symlink("..", at.path("www", "up"))
        os.mkfifo(at.path("www", "fifo.config"))
        at.write_target(config('  <%s configSource="%s" />\n' % (element, path)).encode())
        at.write_bundle(at.kit.bundle())
        return [at.bundle]
    CASES.add("config-source-" + ident, 20, reason, prepare, at=True)


for ident, path in {"absent": "absent.config", "outside": "..\\outside.config", "outside-slash": "../outside.config",
                    "outside-and-back": "..\\www\\pins.config", "outside-deep": "x\\..\\..\\outside.config",
                    "absolute": "/etc/passwd", "rooted": "\\pins.config", "drive": "C:\\pins.config",
                    "drive-relative": "C:pins.config", "unc": "\\\\host\\share\\x.config", "empty": "",
                    "device": "\\\\?\\C:\\pins.config", "stream": "pins.config::$DATA", "folder": ".",
                    "space": "pins.config ", "control": "pins&#10;.config", "long": "x" * 2000}.items():
    source(ident, path)
source("link", "link.config", LINK)
source("folder-link", "up\\outside.config", LINK)
source("fifo", "fifo.config", FILE)
for ident, inner, reason in (
        ("other-root", "<configuration>" + section("") + "</configuration>", SOURCE),
        ("chain", '<pinnedCertificates configSource="x.config"/>', SOURCE),
        ("namespace", '<pinnedCertificates xmlns="urn:x"/>', SOURCE), ("doctype", "<!DOCTYPE x><pinnedCertificates/>", DOCTYPE),
        ("malformed", "<pinnedCertificates>", FORM), ("blank", "", FORM),
        ("encrypted", section("<EncryptedData/>"), ENCRYPTED), ("text", section("x"), BAD_ITEM)):
    source("file-" + ident, "pins.config", reason, inner)
source("around-other-root", "pins.config", SOURCE, element="ens")
source("around-twice", "pins.config", AMBIGUOUS, "<ens>" + section("") * 2 + "</ens>", "ens")
source("around-without", "pins.config", SECTION, "<ens/>", "ens")
refused("config-source-and-content", SOURCE, lambda kit: config(
    '  <ens configSource="x.config">\n' + section(items(kit)) + "  </ens>\n"))


def hard_linked(at):
    make.write(at.path("www", "pins.config"), section("").strip().encode())
    os.link(at.path("www", "pins.config"), at.path("twin"))
    at.write_target(config('  <pinnedCertificates configSource="pins.config" />\n').encode())
    at.write_bundle(at.kit.bundle())
    return [at.bundle]


CASES.add("config-source-hard-linked", 20, LINK, hard_linked, at=True)


def moved_pins(ident, path, name, text):
    """The pins come into the file that configSource names; web.config keeps each byte."""
    def made(at):
        os.makedirs(os.path.dirname(at.path("www", path.replace("\\", "/"))), exist_ok=True)
        other = at.path("www", path.replace("\\", "/"))
        old, whole = text(at.kit).encode(), config('  <%s configSource="%s" />\n' % (name, path)).encode()
        make.write(other, old)
        at.write_target(whole)
        at.write_bundle(at.kit.bundle())
        at.expect(0, "none", "apply", at.bundle)
        need(make.read(at.target) == whole, "web.config was written")
        need(bare(make.read(other).decode()) == bare(old.decode()), "more than pins differ")
        for digit in "12":
            need(at.kit.pin(digit).hex() in make.read(other).decode(), "pin %s is not there" % digit)
        at.check_canary()
        at.expect(0, "none", "rollback")
        need(make.read(other) == old and make.read(at.target) == whole, "a rollback does not give the old bytes back")
        at.check_canary()
    CASES.add("good-config-source-" + ident, 0, "none", made, at=True)


moved_pins("present", "pins.config", "pinnedCertificates", lambda kit: section(items(kit)).strip())
moved_pins("below", "a\\b\\pins.config", "pinnedCertificates", lambda kit: section(items(kit)).strip())
moved_pins("around", "ens.config", "ens", lambda kit: "<ens>\n" + section(items(kit)) + "</ens>\n")
# --- a section that is to be created ---
DECLARED = '<section name="pinnedCertificates" type="T" />'


def declaring(text, rest=SECRET):
    return DECLARATION + "<configuration>\n  <configSections>\n    %s\n  </configSections>\n%s</configuration>\n" % (text, rest)


def not_created(ident, text, reason=SECTION):
    def made(at):
        old = text.encode()
        at.write_target(old)
        at.write_bundle(at.kit.bundle())
        before = at.values()
        for command in ("plan", "apply"):
            at.expect(20, reason, command, at.bundle, "--create-section")
        need(make.read(at.target) == old and at.values() == before, "something was written")
        at.check_canary()
    CASES.add("create-" + ident, 20, reason, made, at=True)


not_created("undeclared", config(""))
not_created("declared-in-a-comment", declaring("<!-- " + DECLARED + " -->"))
not_created("declared-in-a-value", declaring('<section name="x" type="&lt;pinnedCertificates" />'))
not_created("declared-by-reference", declaring(DECLARED.replace('"p', '"&#112;')))
not_created("declared-too-late", declaring(DECLARED).replace("<configSections>", "<a/><configSections>"))
not_created("declared-elsewhere", config("<x><configSections>" + DECLARED + "</configSections></x>"))
not_created("declared-without-type", declaring('<section name="pinnedCertificates" />'))
not_created("declared-for-machine", declaring(DECLARED.replace(" />", ' allowDefinition="MachineOnly" />')))
not_created("declared-and-removed", declaring(DECLARED + '<remove name="pinnedCertificates" />'))
not_created("declared-and-cleared", declaring(DECLARED + "<clear />"))
not_created("declared-twice", declaring(DECLARED + '<sectionGroup name="g">' + DECLARED + "</sectionGroup>"), AMBIGUOUS)
not_created("group-of-odd-name", declaring('<sectionGroup name="x y">' + DECLARED + "</sectionGroup>"))
not_created("group-self-closed", declaring('<sectionGroup name="g">' + DECLARED + "</sectionGroup>", SECRET + "<g/>\n"))
not_created("group-elsewhere", declaring('<sectionGroup name="g">' + DECLARED + "</sectionGroup>",
                                         SECRET + '<g configSource="x"></g>\n'), SOURCE)
not_created("below-location", declaring(DECLARED, SECRET + "<location>" + section("") + "</location>\n"))
not_created("encrypted", declaring(DECLARED, SECRET + '<pinnedCertificates configProtectionProvider="x"><EncryptedData/>'
                                   "</pinnedCertificates>\n"), ENCRYPTED)
not_created("doctype", declaring(DECLARED).replace("<configuration>", "<!DOCTYPE x><configuration>"), DOCTYPE)


def created(ident, text, encoding="utf-8"):
    def made(at):
        old = text.encode(encoding)
        at.write_target(old)
        at.write_bundle(at.kit.bundle())
        at.expect(20, SECTION, "apply", at.bundle)
        need(make.read(at.target) == old, "created without being asked")
        at.expect(0, "none", "apply", at.bundle, "--create-section")
        new = make.read(at.target)
        for digit in "12":
            need(at.kit.pin(digit).hex() in new.decode(encoding), "pin %s is not there" % digit)
        cut = [i for i in range(len(old) + 1) if new.startswith(old[:i]) and new.endswith(old[i:])]
        need(cut, "more than one insertion")
        at.check_canary()
        at.expect(0, "none", "rollback")
        need(make.read(at.target) == old, "a rollback does not give the old bytes back")
        at.check_canary()
    CASES.add("good-create-" + ident, 0, "none", made, at=True)


created("declared", declaring(DECLARED))
created("in-groups", declaring('<sectionGroup name="a"><sectionGroup name="b">' + DECLARED + "</sectionGroup></sectionGroup>"))
created("in-a-group-that-is-there", declaring('<sectionGroup name="a">' + DECLARED + "</sectionGroup>", SECRET + "  <a>\n  </a>\n"))
created("crlf", declaring(DECLARED).replace("\n", "\r\n"))
created("one-line", declaring(DECLARED).replace("\n", ""))
created("utf-16", declaring(DECLARED).replace("utf-8", "utf-16"), "utf-16")

refused("encrypted-provider", ENCRYPTED, config(
    '  <pinnedCertificates configProtectionProvider="RsaProtectedConfigurationProvider">\n'
    "    <EncryptedData />\n  </pinnedCertificates>\n"))
refused("encrypted-data", ENCRYPTED, config(section("    <EncryptedData />\n")))
for ident, inner in {"text": "x", "cdata": "<![CDATA[x]]>", "reference": "&#120;"}.items():
    refused("item-" + ident, BAD_ITEM, lambda kit, i=inner: config(section(items(kit) + i + "\n")))
refused("item-clear-behind", BAD_ITEM, lambda kit: config(section(items(kit) + "    <clear />\n")))
refused("item-remove-behind", BAD_ITEM, lambda kit: config(section(items(kit) + '    <remove key="x" />\n')))
refused("item-clear-between", BAD_ITEM, lambda kit: config(section(
    items(kit, "1") + "    <clear/>\n" + items(kit, "3"))))
refused("item-prefix", SECTION, lambda kit: config(section(
    '    <p:pinnedCertificate xmlns:p="urn:p" publicKeyString="%s" />\n' % kit.pin(1).hex())))
refused("item-namespace", SECTION, lambda kit: config(section(
    '    <pinnedCertificate xmlns="urn:p" publicKeyString="%s" />\n' % kit.pin(1).hex())))
refused("items-of-other-names-only", BAD_ITEM, config(section('    <add key="x" />\n')))
refused("item-text-inside", BAD_ITEM, lambda kit: config(section(
    '    <pinnedCertificate publicKeyString="%s">x</pinnedCertificate>\n' % kit.pin(1).hex())))


def retired_odd(ident, item):
    """A retired key in an item that holds something unknown: neither removed nor kept silently."""
    def prepare(at):
        at.write_target(config(section(item % at.kit.pin(3).hex())).encode())
        at.write_bundle(at.kit.bundle(retired=[(at.kit.pin(3), "lost")]))
        return [at.bundle]
    CASES.add("retired-" + ident, 20, BAD_ITEM, prepare, at=True)


retired_odd("with-attribute", '    <pinnedCertificate publicKeyString="%s" note="x" />\n')
retired_odd("with-comment", '    <pinnedCertificate publicKeyString="%s"><!-- x --></pinnedCertificate>\n')

# --- not well-formed ---
refused("empty", FORM, b"")
refused("blank", FORM, b" \n")
refused("nul", FORM, lambda kit: plain(kit).replace("key", "k\0y"))
refused("cut", FORM, lambda kit: plain(kit)[:-8])
refused("last-byte", FORM, lambda kit: plain(kit).rstrip()[:-1] + "<", "malformed at the last byte")
refused("behind-the-end", FORM, lambda kit: plain(kit) + "<x/>")
refused("other-root", FORM, lambda kit: "<web>" + section(items(kit)) + "</web>")
refused("root-namespace", FORM, lambda kit: config(section(items(kit)), root=' xmlns="urn:x"'))
refused("not-closed-quote", FORM, lambda kit: plain(kit).replace('value="', 'value="<'))
refused("attribute-twice", FORM, lambda kit: plain(kit).replace('key="', 'key="x" key="'))
refused("control-character", FORM, lambda kit: plain(kit).replace('key="', 'key="\x01'))
refused("conflict-markers", FORM, lambda kit: plain(kit).replace("  <appS", "<<<<<<< HEAD\n  <appS"))
refused("deep", FORM, lambda kit: config(section(items(kit)), SECRET + "<a>" * 3000 + "</a>" * 3000 + "\n"))
refused("binary", FORM, bytes(range(1, 128)) * 20)


# --- sizes: IIS reads 250 KB ---

def nearly(size):
    def text(kit):
        room = size - len(config(section(items(kit, "3")), behind="  <!--  -->\n"))
        return config(section(items(kit, "3")), behind="  <!-- %s -->\n" % ("x" * room))
    return text


COMING = 2 * len(ITEM % ("0" * 130))  # the two pins of a bundle
refused("size-would-exceed", "target.size", nearly(255999), "one byte below the limit, and pins to come")
refused("size-one-above", "target.size", nearly(256001 - COMING), "one byte above, with the pins")
refused("size-above-already", "target.size", nearly(260000))


def large(at):
    at.write_target(plain(at.kit).encode())
    os.truncate(at.target, 17 * 2**20)
    at.write_bundle(at.kit.bundle())
    return [at.bundle]


CASES.add("size-17-mib", 20, "target.size", large, "more than is looked at", at=True)

# --- good ones among them ---
taken("plain", plain)
taken("bom", lambda kit: b"\xef\xbb\xbf" + plain(kit).encode(), "utf-8-sig")
taken("utf-16-le", lambda kit: b"\xff\xfe" + plain(kit).replace("utf-8", "utf-16").encode("utf-16-le"), "utf-16")
taken("utf-16-be", lambda kit: b"\xfe\xff" + plain(kit).replace("utf-8", "utf-16").encode("utf-16-be"), "utf-16")
taken("latin-1", lambda kit: plain(kit).replace("utf-8", "iso-8859-1").replace("key=", "k\u00e4y="), "latin-1")
taken("windows-1252", lambda kit: plain(kit).replace("utf-8", "windows-1252"), "cp1252")
taken("no-declaration", lambda kit: plain(kit)[len(DECLARATION):])
taken("crlf", lambda kit: plain(kit).replace("\n", "\r\n"))
taken("cr", lambda kit: plain(kit).replace("\n", "\r"))
taken("mixed-line-ends", lambda kit: plain(kit).replace("\n", "\r\n", 4))
taken("one-line", lambda kit: plain(kit).replace("\n", ""))
taken("no-last-line-end", lambda kit: plain(kit).rstrip("\n"))
taken("tabs", lambda kit: plain(kit).replace("    ", "\t\t"))
taken("section-empty", lambda kit: config("  <pinnedCertificates></pinnedCertificates>\n"))
taken("section-self-closed", lambda kit: config("  <pinnedCertificates />\n"))
taken("section-self-closed-tight", lambda kit: config("  <pinnedCertificates/>\n"))
taken("single-quotes", lambda kit: plain(kit).replace('"', "'"))
taken("entities-in-hex", lambda kit: plain(kit).replace('publicKeyString="04', 'publicKeyString="&#48;4'), pins="2")
taken("white-space-in-hex", lambda kit: plain(kit).replace('publicKeyString="04', 'publicKeyString="04 '), pins="2")
taken("upper-case-hex", lambda kit: config(section(items(kit).replace(kit.pin(1).hex(), kit.pin(1).hex().upper()))))
taken("pairs-of-tags", lambda kit: config(section(items(kit).replace(" />", "></pinnedCertificate>"))))
taken("items-split-over-lines", lambda kit: config(section(items(kit).replace(
    " publicKey", "\n        publicKey"))))
taken("clear-first", lambda kit: config(section("    <clear />\n" + items(kit))))
taken("comments", lambda kit: config(section("    <!-- %s -->\n" % CANARY + items(kit))))
taken("other-elements-beside", lambda kit: config(section(items(kit) + '    <add key="x" />\n')))
taken("odd-item-beside", lambda kit: config(section(items(kit) + '    <pinnedCertificate note="x" />\n')))
taken("not-a-key-beside", lambda kit: config(section(items(kit) + ITEM % "00ff")))
taken("dotnet-namespace", lambda kit: config(section(items(kit)), root=' xmlns="http://schemas.'
                                             'microsoft.com/.NetConfiguration/v2.0"'))
taken("in-a-group", lambda kit: config("  <ens>\n" + section(items(kit)) + "  </ens>\n"))
taken("also-in-a-comment", lambda kit: config("<!--\n" + section("") + "-->\n" + section(items(kit))))
taken("location-by-selector", lambda kit: config('  <location path="x">\n' + section(items(kit))
                                                 + "  </location>\n"),
      section_at="configuration/location/pinnedCertificates")
taken("size-at-the-limit", nearly(256000 - COMING), note="250 KB exactly, with the pins; IIS refuses more")
taken("size-one-below", nearly(255999 - COMING), note="250 KB less one byte, with the pins")
taken("processing-instruction", lambda kit: plain(kit).replace("<configuration>", "<?x y?>\n<configuration>"))
taken("cdata-elsewhere", lambda kit: config(section(items(kit)), SECRET + "  <x><![CDATA[</pinnedCertificates>]]></x>\n"))


# --- the file itself ---

def file_case(ident, reason, prepare, note="", code=20):
    def made(at):
        at.write_bundle(at.kit.bundle())
        prepare(at)
        return [at.bundle]
    CASES.add(ident, code, reason, made, note, at=True)


def moved(at):
    os.rename(at.target, at.path("moved.config"))
    return at.path("moved.config")


file_case("file-hard-linked", "target.link", lambda at: os.link(at.target, at.path("twin")))
file_case("file-link", "target.link", lambda at: os.symlink(moved(at), at.target))
file_case("file-link-dangling", "target.link", lambda at: (moved(at), os.symlink("/nowhere", at.target)))
file_case("file-folder-is-link", "target.link", lambda at: (
    os.rename(at.path("www"), at.path("real")), os.symlink(at.path("real"), at.path("www"))))
file_case("file-is-folder", "target.file", lambda at: (moved(at), os.mkdir(at.target)))
file_case("file-is-fifo", "target.file", lambda at: (moved(at), os.mkfifo(at.target)))


def absent(at):
    at.write_bundle(at.kit.bundle())
    os.remove(at.target)
    before = at.values()
    at.expect(30, "io.absent", "apply", at.bundle)
    need(at.values() == before and not os.path.exists(at.target), "something was written")


CASES.add("file-absent", 30, "io.absent", absent, at=True)


def unprivileged(ident, prepare, note=""):
    """As an account that may not do all; root is one that may."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        nobody = at.leave_root()
        prepare(at)
        old = make.read(at.target)
        at.expect(20, "target.access", "apply", at.bundle, wrap=nobody)
        need(make.read(at.target) == old, "the target was changed")
        need(os.listdir(os.path.join(at.state, "staging")) == [], "something is left in staging")
    CASES.add(ident, 20, "target.access", made, note, at=True)


unprivileged("file-read-only", lambda at: (os.chown(at.target, 0, 0), os.chmod(at.target, 0o444)))
unprivileged("folder-not-writable", lambda at: (os.chown(at.path("www"), 0, 0),
                                                os.chmod(at.path("www"), 0o755)))
unprivileged("file-of-another-owner", lambda at: (os.chown(at.target, 0, 0), os.chmod(at.target, 0o666)),
             "its owner could not be kept")


def kept(at):
    """Owner, mode and ACL survive."""
    if os.geteuid() == 0:
        os.chown(at.target, 65534, 65533)
    os.chmod(at.target, 0o640)
    acl = shutil.which("setfacl") and subprocess.run(
        ["setfacl", "-m", "u:65532:r", at.target], check=False, stderr=subprocess.DEVNULL).returncode == 0
    listed = lambda: subprocess.run(["getfacl", "-n", at.target], stdout=subprocess.PIPE, check=False,
                                    stderr=subprocess.DEVNULL).stdout if acl else b""
    before, rights = os.stat(at.target), listed()
    at.write_bundle(at.kit.bundle())
    at.expect(0, "none", "apply", at.bundle)
    after = os.stat(at.target)
    need(make.read(at.target) != at.old, "nothing was applied")
    need((before.st_mode, before.st_uid, before.st_gid) == (after.st_mode, after.st_uid, after.st_gid)
         and listed() == rights, "owner, mode or ACL changed")
    for name in os.listdir(os.path.join(at.state, "backups")):
        mode = stat.S_IMODE(os.stat(os.path.join(at.state, "backups", name)).st_mode)
        need(mode & 0o077 == 0, "a backup has mode %o" % mode)


def flocked(at):
    """Such a lock keeps nobody from anything here, and is no reason to leave old pins in place."""
    at.write_bundle(at.kit.bundle())
    with open(at.target, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        at.expect(0, "none", "apply", at.bundle)
    need(at.kit.pin(2).hex().encode() in make.read(at.target), "nothing was applied")


CASES.add("good-file-flocked", 0, "none", flocked, "an advisory lock of another process", at=True)
CASES.add("good-owner-mode-acl", 0, "none", kept, at=True)


def after_edit(at):
    """An edit that was made between apply and rollback stays."""
    at.write_bundle(at.kit.bundle())
    at.expect(0, "none", "apply", at.bundle)
    data = make.read(at.target)
    make.write(at.target, data.replace(b"<appSettings>", b"<appSettings><!-- edited -->"))
    at.expect(0, "none", "rollback")
    need(make.read(at.target).replace(b"<!-- edited -->", b"") == at.old, "the rollback lost the edit")


def edited_pins(at):
    at.write_bundle(at.kit.bundle())
    at.expect(0, "none", "apply", at.bundle)
    data = make.read(at.target).replace(at.kit.pin(2).hex().encode(), at.kit.pin(9).hex().encode())
    make.write(at.target, data)
    at.expect(22, "rollback.pins", "rollback")
    need(make.read(at.target) == data, "the target was changed")


def planned(at):
    at.write_bundle(at.kit.bundle())
    plan = json.loads(at.expect(0, "none", "plan", at.bundle).output)["plan_digest"]
    other = at.old.replace(b"<appSettings>", b"<appSettings> ")
    make.write(at.target, other)
    at.expect(21, "changed.plan", "apply", at.bundle, "--plan-digest", plan)
    need(make.read(at.target) == other, "the target was changed")


CASES.add("good-undo-after-edit", 0, "none", after_edit, at=True)
CASES.add("undo-after-edit-of-pins", 22, "rollback.pins", edited_pins, at=True)
CASES.add("changed-after-plan", 21, "changed.plan", planned, at=True)


# --- beneath: strace fails, holds or kills ---

def strace(at, calls, inject):
    if not shutil.which("strace"):
        raise Wrong("strace is not installed: run make deps-check")
    return ["strace", "-qq", "-f", "-o", at.path("trace"), "-e", "trace=" + calls, "-e",
            "inject=%s:%s" % (calls, inject)]


def raced(at):
    """Another program writes the file while the new one is staged: its content is kept."""
    at.write_bundle(at.kit.bundle())
    other = at.old.replace(b"<appSettings>", b"<appSettings><!-- other -->")
    staging, done = os.path.join(at.state, "staging"), []

    def meanwhile():
        end = time.time() + 15
        while time.time() < end and not done:
            if os.listdir(staging):
                make.write(at.target, other)
                return
            time.sleep(0.005)
    worker = threading.Thread(target=meanwhile)
    worker.start()
    result = at.run("apply", at.bundle, wrap=strace(at, "renameat2,fsync", "delay_enter=60000"))
    done.append(True)
    worker.join()
    need((result.code, result.reason) == (21, "changed.target"), "21 expected, %s came: %s" % (
        result, result.output[:300]))
    need(make.read(at.target) == other, "what the other program wrote is lost")
    need(os.listdir(at.path("www")) == ["web.config"], "something is left beside the target")


CASES.add("changed-while-staged", 21, "changed.target", raced, at=True)


def each_call(ident, calls, inject, least, note=""):
    """Each of these calls in turn is the last, or fails: old or new file, then recovery."""
    def made(at):
        at.write_bundle(at.kit.bundle())
        keep = at.work + ".kept"
        shutil.copytree(at.state, keep)
        at.expect(0, "none", "apply", at.bundle)
        new, count = make.read(at.target), 0
        try:
            while count < 400:
                shutil.rmtree(at.state)
                shutil.copytree(keep, at.state)
                make.write(at.target, at.old)
                wrap = strace(at, calls, inject % (count + 1))
                _, said = at.launch("apply", at.bundle, wrap=wrap)
                need(not has_canary(said), "call %d showed the password" % (count + 1))
                trace = make.read(at.path("trace"))
                if b"(INJECTED)" not in trace and b"killed by SIGKILL" not in trace:
                    break
                count += 1
                need(make.read(at.target) in (at.old, new), "call %d left neither old nor new" % count)
                need(os.listdir(at.path("www")) == ["web.config"], "call %d left something" % count)
                at.check_canary(("backups", "staging"))
                at.expect(0, "none", "recover")
                at.expect(0, "none", "apply", at.bundle)
                need(make.read(at.target) == new, "call %d: not applied afterwards" % count)
                at.check_canary()
        finally:
            shutil.rmtree(keep, ignore_errors=True)
        need(least <= count < 400, "%d calls of %s" % (count, calls))
    CASES.add("each-" + ident, 0, "none", made, note, at=True)


KILL = "signal=KILL:when=%d"
each_call("write-killed", "write,pwrite64", KILL, 5)
each_call("rename-killed", "rename,renameat,renameat2", KILL, 5)
each_call("flush-killed", "fsync,fdatasync", KILL, 10)
each_call("removal-killed", "unlink,unlinkat", KILL, 2)
each_call("change-of-mode-killed", "fchmod,fchown,chmod,chown,fchmodat,fchownat,fsetxattr,ftruncate", KILL, 1)
each_call("lock-and-folder-killed", "flock,mkdir,mkdirat", KILL, 1)
each_call("write-full", "write,pwrite64", "error=ENOSPC:when=%d", 5, "the disk is full")
each_call("write-eio", "write,pwrite64", "error=EIO:when=%d", 5)
each_call("flush-eio", "fsync,fdatasync", "error=EIO:when=%d", 10)
each_call("rename-eio", "rename,renameat,renameat2", "error=EIO:when=%d", 4)
