#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program for Windows under wine as if it were the one for Linux.

Called by the name `applier` or `bundler`: a link to this file. $PINFERRY_WINE names the folder that
drive S: shows (all tests work in it), $PINFERRY_EXE or, by the name of the folder that the link
stands in, $PINFERRY_TEST_EXE the folder of the .exe files. Arguments that are absolute paths get
the drive in front; in what the program prints, paths of the drives become paths of this system.
"""
import os
import re
import subprocess
import sys

HERE = os.path.realpath(os.environ["PINFERRY_WINE"])
WINE = os.environ.get("PINFERRY_WINE_PROGRAM", "/usr/lib/wine/wine64")
LIMIT = 300  # seconds


def to_windows(text):
    """S:/x for /here/x, Z:/x for /x; also behind "--option="."""
    match = re.match(r"(--[\w-]+=)?(/.*)$", text, re.S)
    if not match or text.startswith("//"):
        return text
    path = match.group(2)
    if path == HERE or path.startswith(HERE + "/"):
        path = "S:" + (path[len(HERE):] or "/")
    else:
        path = "Z:" + path
    return (match.group(1) or "") + path


def to_linux(data):
    def one(match):
        path = re.sub(rb"\\+", b"/", match.group(2)).rstrip(b"/") or b"/"
        if match.group(1) == b"S":
            return HERE.encode() + (b"" if path == b"/" else path)
        return path
    return re.sub(rb"""\b([SZ]):([\\/][^\s"'<>|*?,;:]*)""", one, data)


def main():
    name = os.path.basename(sys.argv[0])
    exe = os.environ[os.path.basename(os.path.dirname(os.path.abspath(sys.argv[0])))]
    done = subprocess.run([WINE, os.path.join(exe, name + ".exe"), *map(to_windows, sys.argv[1:])],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
    sys.stdout.buffer.write(to_linux(done.stdout))
    sys.stdout.flush()
    sys.stderr.buffer.write(to_linux(done.stderr))
    sys.stderr.flush()
    sys.exit(done.returncode)


main()
