#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents as HTML pages that need nothing but themselves: no script, no colour, no network.

Usage: pages.py --out DIR --version V [--state TEXT] [--man NAME=PROGRAM]... FILE...
FILE is a path below the folder that this runs in: a .md becomes a page at the same place, any other is
copied as it is. PROGRAM prints its man page by --print-man, which becomes docs/NAME.html; TEXT stands
in that for the folder that the program itself would name. index.html lists the pages. Links between
pages lead to pages; one to a file that is not there becomes plain text. Needs cmark-gfm and mandoc.
"""
import argparse
import html
import os
import re
import shutil
import subprocess

STATE = "/var/lib/pinferry"
STYLE = """
body { font: 1rem/1.45 sans-serif; max-width: 62rem; margin: 1rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2; break-after: avoid }
nav { border-bottom: 1px solid; padding-bottom: .4rem }
pre, code { font: .9em/1.35 monospace }
pre { border-left: 3px solid; padding-left: .7rem; white-space: pre-wrap; overflow-wrap: anywhere }
td code { overflow-wrap: anywhere }
table { border-collapse: collapse }
th, td { border: 1px solid; padding: .2rem .45rem; text-align: left; vertical-align: top }
tr, img, pre { break-inside: avoid }
img { max-width: 100% }
dd { margin-bottom: .4rem }
a.permalink { color: inherit; text-decoration: none }
.Bd-indent { margin-left: 1.5rem }
@media print {
  @page { size: A4; margin: 12mm }
  body { font-size: 9.5pt; max-width: none; margin: 0; padding: 0 }
  nav { display: none }
  a { color: inherit }
  .card { font-size: 8.8pt; line-height: 1.3 }
  .card p, .card ul, .card h1, .card h2 { margin: .25rem 0 }
  .card th, .card td { padding: .1rem .3rem }
}
"""
FIRST = ["README.html", "docs/card.html", "docs/quickstart.html", "docs/windows.html"]


def run(command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True, text=True,
                          encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def plain(fragment):
    return html.unescape(re.sub(r"<[^>]*>", "", fragment)).strip()


def anchors(body):
    """Headings with the ids that the links of Markdown documents suppose."""
    seen = {}

    def heading(match):
        slug = re.sub(r"[^\w\- ]", "", plain(match.group(2)).lower()).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        return '<h%s id="%s%s">%s</h%s>' % (match.group(1), slug, "-%d" % count if count else "",
                                           match.group(2), match.group(1))

    return re.sub(r"<h([1-6])>(.*?)</h\1>", heading, body, flags=re.S)


def links(body, name, places):
    """`places`: where each given file ends up, by its path."""

    def link(match):
        target, _, anchor = html.unescape(match.group(1)).partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return match.group(0)
        path = os.path.normpath(os.path.join(os.path.dirname(name), target))
        if path not in places:
            return match.group(2)
        place = os.path.relpath(places[path], os.path.dirname(name) or ".")
        return '<a href="%s">%s</a>' % (html.escape(place + ("#" + anchor if anchor else "")), match.group(2))

    return re.sub(r'<a href="([^"]*)">(.*?)</a>', link, body, flags=re.S)


def contents(body):
    heads = re.findall(r'<h2[^>]* id="([^"]*)">(.*?)</h2>', body, flags=re.S)
    if len(heads) < 3:
        return ""
    return "<p>On this page: %s</p>\n" % "; ".join(
        '<a href="#%s">%s</a>' % (anchor, html.escape(plain(text))) for anchor, text in heads)


class Pages:
    def __init__(self, out, version, programs):
        self.out, self.version, self.titles = out, version, {}
        self.first = FIRST + ["docs/%s.html" % p for p in programs]

    def write(self, place, title, body, listed=True):
        if listed:
            self.titles[place] = title
        here = os.path.dirname(place) or "."
        bar = "\n".join('<a href="%s">%s</a>' % (os.path.relpath(p, here), os.path.basename(p)[:-5])
                        for p in ["index.html"] + self.first)
        kind = os.path.basename(place)[:-5]
        page = ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
                '<meta name="viewport" content="width=device-width">\n<title>%s - Pinferry %s</title>\n'
                '<style>%s</style>\n</head>\n<body class="%s">\n<nav>\n%s\n%s</nav>\n<main>\n%s</main>\n'
                "</body>\n</html>\n" % (html.escape(title), html.escape(self.version), STYLE, kind, bar,
                                        contents(body) if kind != "card" else "", body))
        path = os.path.join(self.out, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)

    def document(self, name, places):
        body = run(["cmark-gfm", "-e", "table", "-e", "autolink", name])
        body = links(anchors(body), name, places)
        title = re.search(r"<h1[^>]*>(.*?)</h1>", body, flags=re.S)
        self.write(places[name], plain(title.group(1)) if title else name, body)

    def manual(self, name, program, state):
        body = run(["mandoc", "-Thtml", "-Ofragment"], run([program, "--print-man"]))
        # they repeat the title; that at the foot would change with mandoc's version
        body = re.sub(r'<table class="(head|foot)">.*?</table>', "", body, flags=re.S)
        body = re.sub(r'(<(h[12]) class="S[hs]") id="([^"]*)"><a class="permalink" href="[^"]*">(.*?)</a>',
                      r'\1 id="\3">\4', body, flags=re.S)
        self.write("docs/%s.html" % name, "%s: commands and options" % name,
                   body.replace(STATE, html.escape(state)))

    def index(self):
        order = [p for p in self.first if p in self.titles]
        order += sorted(p for p in self.titles if p not in order)
        self.write("index.html", "All pages", "<h1>Pinferry %s</h1>\n<ul>\n%s\n</ul>\n" % (
            html.escape(self.version), "\n".join('<li><a href="%s">%s</a></li>' % (
                p, html.escape(self.titles[p])) for p in order)), listed=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--state", default=STATE)
    parser.add_argument("--man", action="append", default=[])
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    programs = dict(m.split("=", 1) for m in args.man)
    places = {f: re.sub(r"\.md$", ".html", f) for f in map(os.path.normpath, args.files)}
    pages = Pages(args.out, args.version, programs)
    if os.path.exists(os.path.join(args.out, "LICENSE.txt")):
        places["LICENSE"] = "LICENSE.txt"
    for name in sorted(places):
        if name.endswith(".md"):
            pages.document(name, places)
        elif places[name] == name:
            path = os.path.join(args.out, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copyfile(name, path)
    for name, program in sorted(programs.items()):
        pages.manual(name, program, args.state)
    pages.index()


if __name__ == "__main__":
    main()
