#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks through the HTML pages below a folder: each link and image leads to a file there, each anchor
to an id, and nothing is loaded from elsewhere. Prints what is wrong, then "N pages, N links".
Usage: pages.py FOLDER
"""
import html.parser
import os
import sys
import urllib.parse

LOADED = {"img": "src", "script": "src", "iframe": "src", "link": "href", "object": "data", "source": "src"}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loaded, self.styles = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in LOADED and LOADED[tag] in values:
            self.loaded.append(values[LOADED[tag]])
        self.styles += [v for k, v in attrs if k == "style" and v]

    def handle_data(self, data):
        if self.lasttag == "style":
            self.styles.append(data)


def main(folder):
    pages, wrong, count = {}, [], 0
    for here, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".html"):
                path = os.path.join(here, name)
                with open(path, encoding="utf-8") as file:
                    pages[path] = Page(file.read())
    for path, page in sorted(pages.items()):
        name = os.path.relpath(path, folder)
        wrong += ["%s: the id %s is there twice" % (name, i) for i in set(page.ids) if page.ids.count(i) > 1]
        wrong += ["%s: loads something by its style" % name for s in page.styles if "url(" in s or "@import" in s]
        wrong += ["%s: loads %s" % (name, t) for t in page.loaded if urllib.parse.urlsplit(t).scheme]
        for target in page.links + page.loaded:
            split = urllib.parse.urlsplit(target)
            if split.scheme in ("https", "mailto"):
                continue
            count += 1
            there = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(split.path))) \
                if split.path else path
            if split.scheme or not os.path.isfile(there) or not there.startswith(os.path.abspath(folder) + os.sep):
                wrong.append("%s: %s leads nowhere" % (name, target))
            elif split.fragment and urllib.parse.unquote(split.fragment) not in pages[there].ids:
                wrong.append("%s: %s names no place of that page" % (name, target))
    for line in wrong:
        print(line)
    print("%d pages, %d links" % (len(pages), count))
    return 1 if wrong or not pages else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
