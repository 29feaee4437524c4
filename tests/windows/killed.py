#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ends an apply of the program for Windows at COUNT moments spread over the time that it takes, as
TerminateProcess does, and holds that the target is the old or the new file, and the next run ends what
was begun. Usage: killed.py STATE TARGET BUNDLE OLD NEW COUNT
The state must be enrolled, with nothing applied; $PINFERRY_BIN holds wrap.py's links.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

WINE = "/usr/lib/wine/wine64"
HERE = os.path.realpath(os.environ["PINFERRY_WINE"])


def to_windows(path):
    return "S:" + os.path.realpath(path)[len(HERE):]


def start(state, *arguments):
    return subprocess.Popen([WINE, os.path.join(os.environ["PINFERRY_EXE"], "applier.exe"), "--state",
                             to_windows(state), *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def need(held, text, output=b""):
    if not held:
        sys.exit("killed.py: %s %s" % (text, output.decode(errors="replace")[-500:]))


def again(state, kept, target, old):
    shutil.rmtree(state)
    shutil.copytree(kept, state)
    shutil.copyfile(old, target)


def main():
    state, target, bundle, old, new, count = sys.argv[1:]
    count, before, after = int(count), read(old), read(new)
    kept = state + ".kept"
    shutil.copytree(state, kept)
    begin = time.monotonic()
    output, _ = start(state, "apply", to_windows(bundle)).communicate(timeout=120)
    whole = time.monotonic() - begin
    need(read(target) == after, "an undisturbed apply gives another file", output)
    seen = dict.fromkeys(("ended before", "killed", "old", "new", "journal left", "staged left"), 0)
    for i in range(count):
        again(state, kept, target, old)
        running = start(state, "apply", to_windows(bundle))
        time.sleep(whole * 1.2 * (i + 1) / count)
        running.send_signal(signal.SIGKILL)
        running.communicate(timeout=120)
        seen["killed" if running.returncode < 0 else "ended before"] += 1
        now = read(target)
        need(now in (before, after), "killed at moment %d the target is neither old nor new" % i)
        seen["old" if now == before else "new"] += 1
        seen["journal left"] += os.path.exists(os.path.join(state, "journal.xml"))
        seen["staged left"] += len(os.listdir(os.path.join(state, "staging"))) > 0
        for arguments in (["recover"], ["apply", to_windows(bundle)]):
            done = start(state, *arguments)
            output, _ = done.communicate(timeout=120)
            need(done.returncode == 0, "%s after moment %d: exit %d" % (arguments[0], i, done.returncode),
                 output)
        need(read(target) == after, "after moment %d the next apply gives another file" % i)
        left = [name for _, _, names in os.walk(state) for name in names if ".tmp" in name]
        need(not left and not os.listdir(os.path.join(state, "staging")), "something is left: %s" % left)
        need(not os.path.exists(os.path.join(state, "journal.xml")), "the journal is left")
    print("%d moments in %.1f s: %s" % (count, whole * 1.2, ", ".join("%d %s" % (n, w) for w, n in seen.items())))


main()
