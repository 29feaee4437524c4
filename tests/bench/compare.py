#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Pinferry and four usual tools do to real configuration files when one pin is added.

compare.py [--corpus DIR]   PINFERRY_BIN names the folder of the programs. DIR (default
../shared/corpus, or PINFERRY_CORPUS) holds the files and their list, MANIFEST.tsv. Each file whose
root is <configuration> gets a pins section, as last child of the root and in the file's own line
ends; then each tool is to put a pin in, in a copy of its own. Counted, by comparing bytes:
    only the pin   the old bytes with the new element, and white space, put in at one place
    line end       the same, but what was put in has a line end that the file has nowhere
    more changed   the pin is there, and other bytes changed too
    no pin         it is not: the tool refused the file, or did nothing
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # pylint: disable=wrong-import-position

OLD = next(bench.rsa_pins(1))
ITEM = '<pinnedCertificate publicKeyString="%s" />'
SHAPES = {"filled": "  <pinnedCertificates>\n    " + ITEM % OLD + "\n  </pinnedCertificates>\n",
          "empty": "  <pinnedCertificates />\n"}
TOOLS = ("pinferry", "xmlstarlet", "libxml2", "augeas", "sed")
ANY = '//*[local-name()="%s"]'


def quiet(*command, given=None):
    return subprocess.run(command, input=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False, timeout=60).returncode


class Tools:
    """Each method gets a file to change in place; `pin` is the key in hex."""

    def __init__(self, folder, new):
        self.kit = bench.Kit(folder)
        self.pin = new
        workspace = self.kit.workspace([new])
        self.bundle, self.trust = self.kit.build(workspace), self.kit.trust(workspace)
        self.runs = 0

    def pinferry(self, path):
        """applier init, applier apply BUNDLE"""
        self.runs += 1
        at = [self.kit.applier, "--state", self.kit.path("state-%d" % self.runs)]
        if quiet(*at, "init", "--site", "compare", *self.trust, "--config", path) == 0:
            quiet(*at, "apply", self.bundle)

    def xmlstarlet(self, path):
        """xmlstarlet ed -P -L -s //pinnedCertificates -t elem -n pinnedCertificate -i ... -t attr ..."""
        quiet("xmlstarlet", "ed", "-P", "-L", "-s", ANY % "pinnedCertificates", "-t", "elem", "-n",
              "pinnedCertificate", "-i", ANY % "pinnedCertificate" + "[not(@publicKeyString)]", "-t",
              "attr", "-n", "publicKeyString", "-v", self.pin, path)

    def libxml2(self, path):
        """xmllint FILE --output FILE, the pin put in rightly before: only the round trip counts"""
        with open(path, "rb") as file:
            old = file.read()
        code = "utf-16-le" if encoding_of(old) == "utf-16" else "latin-1"
        text = old.decode(code)
        at = text.rfind("<pinnedCertificate ")
        if at >= 0:  # a line like the last one
            begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at) + 1
            text = text[:end] + text[begin:end].replace(OLD, self.pin) + text[end:]
        else:
            text = text.replace("<pinnedCertificates />", "<pinnedCertificates>%s</pinnedCertificates>" % (
                ITEM % self.pin), 1)
        with open(path, "wb") as file:
            file.write(text.encode(code))
        if quiet("xmllint", path, "--output", path) != 0:
            with open(path, "wb") as file:
                file.write(old)

    def augeas(self, path):
        """augtool, Xml.lns: set //pinnedCertificates/pinnedCertificate[last()+1]/#attribute/publicKeyString ..."""
        script = ("load\nset /files//pinnedCertificates/pinnedCertificate[last()+1]/#attribute/"
                  "publicKeyString %s\nsave\n" % self.pin)
        quiet("augtool", "--noautoload", "--noload", "--transform", "Xml.lns incl " + path,
              given=script.encode())

    def sed(self, path):
        """sed -i '/<\\/pinnedCertificates>/i\\    <pinnedCertificate publicKeyString="..." />' FILE"""
        quiet("sed", "-i", '/<\\/pinnedCertificates>/i\\    <pinnedCertificate publicKeyString="%s" />' %
              self.pin, path)


def encoding_of(raw):
    return "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"


def judge(old, new, pin):
    """Which of the counts."""
    if encoding_of(old) == "utf-16":
        if encoding_of(new) != "utf-16":
            return "more changed" if pin.encode() in new else "no pin"
        old, new = (raw.decode("utf-16-le", errors="replace").encode("utf-8", errors="replace") for raw in (old, new))
    if pin.encode() not in new:
        return "no pin"
    element = r'\s*<pinnedCertificate\s+publicKeyString\s*=\s*"%s"\s*(/>|>\s*</pinnedCertificate\s*>)\s*' % pin
    tag, opened = rb"<pinnedCertificates\s*/>", rb"<pinnedCertificates\s*>(%s)</pinnedCertificates\s*>" % element.encode()
    # an empty section has to be opened: both are taken out
    if re.search(tag, old):
        put = re.search(opened, new)
        whole = put is not None and re.sub(tag, b"", old) == new[:put.start()] + new[put.end():]
        put = put[1] if put else b""
    else:
        head = len(os.path.commonprefix([old, new]))
        tail = len(old) - head
        put = new[head:len(new) - tail]
        # where old bytes and insertion begin alike, the place is found too far behind
        turn = put.find(b"<pinned", len(put) // 2) if put.count(b"<pinned") > 1 else put.find(b"<pinned")
        put = put[turn:] + put[:turn]
        whole = new.endswith(old[head:]) and re.fullmatch(element.encode(), put) is not None
    if not whole:
        return "more changed"
    kinds = lambda raw: set(re.findall(rb"\r?\n", raw))
    return "only the pin" if kinds(put) <= kinds(old) else "line end"


def files_of(corpus):
    """(name, bytes, well-formed) of each."""
    with open(os.path.join(corpus, "MANIFEST.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    for row in rows[1:]:
        with open(os.path.join(corpus, row[0]), "rb") as file:
            yield row[0], file.read(), row[11] == "yes"


def with_section(raw, section):
    """In front of the last end tag, which is the root's; None without such a root."""
    end = raw.rfind(b"</configuration")
    if end < 0:
        return None
    eol = "\r\n" if b"\r\n" in raw else "\n"
    return raw[:end] + section.replace("\n", eol).encode() + raw[end:]


def wide(raw):
    text = raw.decode("utf-8-sig")
    text = re.sub(r'^(<\?xml[^>]*?)\s+encoding=("[^"]*"|\'[^\']*\')', r'\1 encoding="utf-16"', text)
    return b"\xff\xfe" + text.encode("utf-16-le")


def results(tools, name, files, folder):
    """(old, new) bytes of each file that a tool had."""
    for number, old in enumerate(files):
        path = os.path.join(folder, "www-%d" % number, "web.config")
        os.makedirs(os.path.dirname(path))
        with open(path, "wb") as file:
            file.write(old)
        getattr(tools, name)(path)
        with open(path, "rb") as file:
            yield old, file.read()
        shutil.rmtree(os.path.dirname(path))


def run_all(tools, files, folder):
    counts = ("only the pin", "line end", "more changed", "no pin")
    print("%-12s" % "" + "".join(" %13s" % count for count in counts))
    for name in TOOLS:
        found = [judge(old, new, tools.pin) for old, new in results(tools, name, files, folder)]
        print("%-12s" % name + "".join(" %13d" % found.count(count) for count in counts), flush=True)


def run_malformed(tools, files, folder):
    print("%-12s %13s %13s" % ("", "untouched", "written"))
    for name in TOOLS:
        written = sum(old != new for old, new in results(tools, name, files, folder))
        print("%-12s %13d %13d" % (name, len(files) - written, written), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", default=os.environ.get("PINFERRY_CORPUS", "../shared/corpus"))
    given = parser.parse_args()
    if not os.path.exists(os.path.join(given.corpus, "MANIFEST.tsv")):
        print("compare: no corpus of web.config files at %s; set PINFERRY_CORPUS" % given.corpus)
        return 0
    for tool in ("xmlstarlet", "xmllint", "augtool"):
        if shutil.which(tool) is None:
            raise SystemExit("%s is not installed: run 'make deps-check'" % tool)
    every = list(files_of(given.corpus))
    make = lambda shape, well_formed: [made for made in (with_section(raw, SHAPES[shape]) for _, raw, good in every
                                                         if good == well_formed) if made is not None]
    filled, empty, bad = make("filled", True), make("empty", True), make("filled", False)
    with tempfile.TemporaryDirectory(prefix="pinferry-compare-") as folder:
        tools = Tools(folder, next(bench.rsa_pins(1)))
        print("%d files as they are, with a section that holds one pin:" % len(filled))
        run_all(tools, filled, folder)
        print("\n%d files with an empty section:" % len(empty))
        run_all(tools, empty, folder)
        print("\n%d files in UTF-16, with a section that holds one pin:" % len(filled))
        run_all(tools, [wide(raw) for raw in filled], folder)
        print("\n%d malformed files:" % len(bad))
        run_malformed(tools, bad, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
