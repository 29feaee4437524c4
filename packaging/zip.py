#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Packs a folder into a ZIP archive whose bytes follow from names, contents and one time alone.

Usage: zip.py FOLDER ARCHIVE EPOCH     FOLDER's own name is the first part of each name in ARCHIVE
"""
import os
import sys
import time
import zipfile


def main(folder, archive, epoch):
    folder = os.path.abspath(folder)
    when = time.gmtime(max(int(epoch), 315532800))[:6]  # the form knows no time before 1980
    names = sorted(os.path.relpath(os.path.join(here, name), os.path.dirname(folder))
                   for here, _, found in os.walk(folder) for name in found)
    with zipfile.ZipFile(archive + ".new", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for name in names:
            info = zipfile.ZipInfo(name, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # Unix, whatever this runs on, or the modes would not count
            info.external_attr = (0o100755 if name.endswith(".exe") else 0o100644) << 16
            with open(os.path.join(os.path.dirname(folder), name), "rb") as file:
                out.writestr(info, file.read())
    os.replace(archive + ".new", archive)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
