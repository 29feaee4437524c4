#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what the application must say of the pins in a web.config. Usage: pins.py WEB.CONFIG"""
import hashlib
import re
import sys

with open(sys.argv[1], encoding="utf-8-sig") as file:
    pins = sorted(re.findall(r'publickeystring="([0-9a-f]+)"', file.read().lower()))
print("%d pins, %s" % (len(pins), hashlib.sha256("".join(p + "\n" for p in pins).encode()).hexdigest()))
