# SPDX-License-Identifier: MIT
"""Starts programs for the suite and measures each by wait4. A process of its own and a small one: the
kernel counts the memory of the one that starts a program as the program's.

One job a line, as JSON: {"argv", "cwd", "env", "output", "seconds"}; one answer a line:
{"status", "late", "processor", "kib"}.
"""
import json
import os
import signal
import sys

running = {"pid": 0, "late": False}


def stop(_signal, _frame):
    running["late"] = True
    os.kill(running["pid"], signal.SIGKILL)


def child(job):
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, job["output"], os.O_WRONLY)):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.chdir(job["cwd"])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvpe(job["argv"][0], job["argv"], job["env"])


def start(job):
    running["late"] = False
    running["pid"] = os.fork()
    if running["pid"] == 0:
        try:
            child(job)
        finally:
            os._exit(127)
    signal.alarm(job["seconds"])
    _, status, usage = os.wait4(running["pid"], 0)
    signal.alarm(0)
    return {"status": os.waitstatus_to_exitcode(status), "late": running["late"],
            "processor": usage.ru_utime + usage.ru_stime, "kib": usage.ru_maxrss}


def main():
    signal.signal(signal.SIGALRM, stop)
    for line in sys.stdin:
        print(json.dumps(start(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
