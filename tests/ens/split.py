#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Moves the pins of a web.config to a file of their own. Usage: split.py WEB.CONFIG FILE
FILE lies beside WEB.CONFIG, which names it by configSource afterwards.
"""
import os
import re
import sys

path, pins = sys.argv[1:]
with open(path, "rb") as file:
    text = file.read()
section = re.search(rb"<pinnedCertificates>.*</pinnedCertificates>", text, re.S).group(0)
with open(pins, "wb") as file:
    file.write(section)
name = os.path.basename(pins).encode()
with open(path + ".part", "wb") as file:
    file.write(text.replace(section, b'<pinnedCertificates configSource="%s" />' % name))
os.rename(path + ".part", path)
