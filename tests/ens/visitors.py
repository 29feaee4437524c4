#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks a site the same questions again and again, until it is told to stop.

Usage: visitors.py URL CA RIGHT LOG     (ends with SIGTERM, or by itself after 300 seconds)
RIGHT is a file of the answers that are right, one a line: PAGE STATUS TEXT. LOG gets a line for each
answer: its time, and itself. Mono cuts off the requests of an application that is recycled: the
connection ends, the answer is empty or says "recycled", or the web server in front says 502 or 504
with a page of its own. Then the visitor asks again, for up to a minute. Any other answer is wrong,
however short it was there.
Prints what came how often. Exit 0 if nothing was wrong and each page was answered, else 1.
"""
import collections
import http.client
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request

url, ca, right, log = sys.argv[1:5]
PATIENCE, LONGEST, PAUSE = 60, 300, 0.05
SILENT = "no answer"
with open(right) as file:
    rights = set(file.read().splitlines())
pages = sorted({line.split(" ")[0] for line in rights})
context = ssl.create_default_context(cafile=ca)
counts = collections.Counter()
wrong = []
lock = threading.Lock()
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *ignored: done.set())


def ask(page):
    try:
        try:
            reply = urllib.request.urlopen("%s/%s" % (url, page), timeout=20, context=context)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            text = reply.read().decode("utf-8", "replace")
        if reply.status in (502, 504) and "<center>nginx" in text:
            return SILENT
        if (reply.status, text) in ((200, ""), (503, "recycled\n")):
            return SILENT
        return "%s %d %s" % (page, reply.status, text.rstrip("\n"))
    except (OSError, http.client.IncompleteRead):
        return SILENT


def visit(page, file):
    silent_since = None
    while not done.is_set():
        answer = ask(page)
        now = time.monotonic()
        with lock:
            counts[answer if answer in rights else page + " " + SILENT] += 1
            file.write("%.3f %s\n" % (now, answer))
            if answer == SILENT:
                silent_since = silent_since or now
                if now - silent_since > PATIENCE:
                    wrong.append("%s: no answer for %d seconds" % (page, PATIENCE))
                    done.set()
            else:
                silent_since = None
                if answer not in rights:
                    wrong.append(answer)
                    done.set()
        done.wait(PAUSE)


with open(log, "w", buffering=1) as file:
    threads = [threading.Thread(target=visit, args=(page, file)) for page in pages * 2]
    for thread in threads:
        thread.start()
    done.wait(LONGEST)
    done.set()
    for thread in threads:
        thread.join()
for answer, count in sorted(counts.items()):
    print("%6d %s" % (count, answer[:100]))
for answer in wrong:
    print("WRONG: " + answer[:2000])
answered = {line.split(" ")[0] for line in counts if line in rights}
sys.exit(bool(wrong) or answered != set(pages))
