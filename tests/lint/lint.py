#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the rules of CONTRIBUTING.md that a machine can hold. One function a check.

Usage: lint.py [--root DIR] [--build DIR] [--only CHECK,...] [--list]
Prints "file:line: [check] why" for each finding; exit 1 if there is any.
The checks of symbols read the objects of `make MODE=release` in the build folder.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOMS = {
    "base": ["base"],
    "keys": ["base", "keys"],
    "bundles": ["base", "keys", "bundles"],
    "bundler": ["base", "keys", "bundles", "bundler"],
    "applier": ["base", "keys", "bundles", "applier"],
}
# Which files may see a library's headers (tests may see all).
LIBRARIES = [
    ("openssl/", r"keys/\w+\.c"),
    ("libxml/", r"keys/\w+\.c|applier/webconfig_\w+\.c"),
    ("archive", r"bundles/tarball\.c"),
    ("curl/", r"bundler/http\.c"),
    ("jansson", r"base/jout\.c|bundler/registry\.c"),
    ("seccomp", r"base/sandbox_linux\.c"),
    ("cmocka", r"tests/.*"),
]
SYSTEM = r"(unistd|fcntl|dirent|poll|termios|signal|sched|spawn|windows|aclapi|sddl|shlobj|ntsecapi|io|pwd|grp|syslog)\.h|(sys|linux|net|netinet|arpa)/.*"
LIBRARY_TYPES = r"\b(scmp_\w+|xml[A-Z]\w*|X509\w*|EVP_\w+|CMS_\w+|BIO|CURL|json_t|struct archive\w*)\b"
BANNED = """strcpy strcat sprintf vsprintf gets strtok atoi atol strncpy strncat alloca mktime
localtime system popen tmpnam mktemp rand srand sscanf vsscanf scanf fscanf xmlReadFile
CMS_verify""".split()
BANNED_WORDS = r"\b(archive_write_disk\w*|XML_PARSE_NOENT|XML_PARSE_HUGE|XML_PARSE_DTDLOAD)\b"
TESTS_MAY = "system popen sscanf atoi rand srand CMS_verify mktime".split()
NETWORK = set("""socket connect bind listen accept accept4 getaddrinfo gethostbyname getnameinfo
send sendto sendmsg recv recvfrom recvmsg res_query res_init BIO_new_connect BIO_s_connect
BIO_do_connect BIO_new_accept BIO_s_socket xmlNanoHTTPFetch xmlNanoHTTPOpen xmlNanoFTPOpen
curl_easy_init curl_easy_perform OSSL_HTTP_get OSSL_HTTP_transfer""".split())
OFFLINE = ("base", "keys", "bundles", "applier")
FUNCTION_LINES, FILE_LINES = 80, 450
# Headers that need something defined before them, and why.
HEADER_FLAGS = {"base/err_reasons.h": ["-DERR_REASON(a,b,c)="],  # tables for their includer's macros
                "base/event_ids.h": ["-DEVENT_RUN(a,b,c)=", "-DEVENT_REASON(a,b)="]}
# Refusals that decide on trust, by exit code; those that no switch can turn, and why.
POLICY_EXITS = (11, 12, 13, 14, 15, 17, 19, 22, 32)
POLICY_EXEMPT = {
    "signature.form": "no parts to go on with",
    "trust.signature": "marked where a signer signs twice; one that fails is signature.*",
    "proof.failed": "two proofs of which each is held by tests of its own",
    "rollback.pins": "--force is its switch",
}
POLICY_FILES = r"bundles/bundle_payload\.c|keys/trust_step\.c|applier/recover_statement\.c|\w+/\w+_check\.c"
POLICY_NEAR = 8
SKIP_FOLDERS = {".git", "build", ".cache", "__pycache__"}
# Put together so that this file does not contain what it looks for.
UNDONE = re.compile(r"\b(%s|%s)\b" % ("TO" + "DO", "FIX" + "ME"))
WORKPLACE = re.compile(r"(?<![\w.$}])/(%s)/[A-Za-z0-9_.-]+/?|\.\./%s\b" % ("work|home|root", "shared"))


class Tree:
    """The files under root, read once."""

    def __init__(self, root, build):
        self.root, self.build = root, build
        self.cache = {}
        self.names = []
        for folder, subs, files in os.walk(root):
            subs[:] = sorted(s for s in subs if s not in SKIP_FOLDERS)
            for name in sorted(set(files) - SKIP_FOLDERS):  # .git is a file in a worktree
                self.names.append(os.path.relpath(os.path.join(folder, name), root))

    def ending(self, *ends):
        return [n for n in self.names if n.endswith(ends)]

    def c_files(self, *ends):
        """C sources and headers that are not tests."""
        return [n for n in self.ending(*(ends or (".c", ".h"))) if n.split("/")[0] in ROOMS]

    def text(self, name):
        if name not in self.cache:
            with open(os.path.join(self.root, name), "rb") as file:
                self.cache[name] = file.read().decode("utf-8", "replace")
        return self.cache[name]

    def lines(self, name):
        return list(enumerate(self.text(name).split("\n"), 1))

    def code(self, name):
        """Lines without comments and without what stands in strings."""
        keep = lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else '""'
        pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
        return list(enumerate(re.sub(pattern, keep, self.text(name), flags=re.S).split("\n"), 1))

    def objects(self, rooms):
        for room in rooms:
            folder = os.path.join(self.build, "release", "obj", room)
            for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
                source = "%s/%s.c" % (room, name[:-2])
                # an object whose source is gone is a leftover of an earlier build
                if name.endswith(".o") and source in self.names:
                    yield source, os.path.join(folder, name)

    def run(self, *command):
        return subprocess.run(command, cwd=self.root, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")

    def symbols(self, *options):
        """(source, symbol) as nm prints them for the release objects of all rooms."""
        for source, path in self.objects(ROOMS):
            for line in self.run("nm", "-P", *options, path).stdout.splitlines():
                yield source, line.split()[0].split("@")[0]


def check_includes(tree):
    for name in tree.ending(".c", ".h"):
        room = name.split("/")[0]
        for number, line in tree.lines(name):
            match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not match:
                continue
            target = match.group(1)
            if target not in tree.names:
                yield name, number, '"%s" is not "room/file.h" of this tree' % target
            elif room in ROOMS and target.split("/")[0] not in ROOMS[room]:
                yield name, number, "%s/ must not see %s: arrows point down" % (room, target)


def check_libraries(tree):
    for name in tree.ending(".c", ".h"):
        for number, line in tree.lines(name):
            match = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
            if not match or name.startswith("tests/"):
                continue
            for prefix, allowed in LIBRARIES:
                if match.group(1).startswith(prefix) and not re.fullmatch(allowed, name):
                    yield name, number, "<%s> belongs in %s" % (match.group(1), allowed)
            if (re.fullmatch(SYSTEM, match.group(1)) and name.split("/")[0] in ROOMS
                    and not re.fullmatch(r"base/\w+_(posix|linux|win32)\.c", name)):
                yield (name, number, "<%s> belongs in a *_posix.c of base/ (*_linux.c for what has no "
                       "equal elsewhere)" % match.group(1))


def check_header_types(tree):
    for name in tree.c_files(".h"):
        for number, line in tree.code(name):
            match = re.search(LIBRARY_TYPES, line)
            if match:
                yield name, number, "a library's type (%s) in a header" % match.group(0)


def check_windows(tree):
    for name in tree.ending(".c", ".h"):
        if not re.search(r"_win32\.[ch]$", name):
            for number, line in tree.code(name):
                if re.search(r"\b_?_WIN(32|64)\b", line):
                    yield name, number, "what is particular to Windows belongs in a *_win32.c"
            for number, line in tree.lines(name):
                if re.match(r'\s*#\s*include\s*"[^"]+_win32\.h"', line):
                    yield name, number, "only a *_win32.c may include a *_win32.h"


def check_headers_alone(tree):
    flags = "-std=c11 -I. -D_POSIX_C_SOURCE=200809L -fsyntax-only -Wall -Wextra -Werror".split()
    with tempfile.TemporaryDirectory() as folder:
        stub = os.path.join(folder, "stub.c")
        for name in tree.c_files(".h"):
            with open(stub, "w") as file:  # twice: the guard is proved with it
                file.write('#include "%s"\n#include "%s"\n' % (name, name))
            done = tree.run(os.environ.get("CC", "cc"), *flags, *HEADER_FLAGS.get(name, []), stub)
            if done.returncode != 0:
                first = next((x for x in done.stdout.splitlines() if "error" in x), "see cc")
                yield name, 1, "does not compile alone: " + first


def check_symbol_names(tree):
    for source, symbol in tree.symbols("-g", "--defined-only"):
        room, stem = source[:-2].split("/")
        stem = re.sub(r"_(posix|linux|none|win32)$", "", stem)
        words = stem.split("_")
        # a file split off from another may define what the other's header declares
        stems = [stem] + ["_".join(words[:i]) for i in range(1, len(words))
                          if "%s/%s.h" % (room, "_".join(words[:i])) in tree.names]
        if any(symbol == s or symbol.startswith(s + "_") for s in stems):
            continue
        if symbol == room + "_program" or (stem == "main" and symbol == "main"):
            continue
        yield source, 1, "extern symbol %s does not begin with %s_" % (symbol, stem)


def check_banned(tree):
    call = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))
    for name in tree.ending(".c", ".h"):
        for number, line in tree.code(name):
            found = [m.group(1) for m in call.finditer(line)]
            found += [m.group(1) for m in re.finditer(BANNED_WORDS, line)]
            for word in found:
                if not (name.startswith("tests/") and word in TESTS_MAY):
                    yield name, number, "%s is banned here" % word
    for source, symbol in tree.symbols("-u"):
        plain = re.sub(r"^(__isoc\d\d_)|^__|_chk$", "", symbol)
        if symbol in BANNED or plain in BANNED or re.match(BANNED_WORDS, symbol):
            yield source, 1, "the object calls %s, which is banned" % symbol


def check_offline(tree):
    for source, symbol in tree.symbols("-u"):
        if symbol in NETWORK and source.split("/")[0] in OFFLINE:
            yield source, 1, "calls %s: only bundler/ may use the network" % symbol


def check_test_switches(tree):
    needle = b"PINFERRY_TEST" + b"_"
    folders = [os.path.join(tree.build, "release", "bin"), os.path.join(tree.build, "release", "obj")]
    for folder in folders:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if needle in file.read():
                        yield os.path.relpath(path, tree.root), 1, "a test switch is in the release"


def check_policy(tree):
    """Each check that decides on trust can be switched off in a test build (base/policy.h)."""
    marks = [(name, number, id) for name in tree.c_files(".c") for number, line in tree.lines(name)
             for id in re.findall(r'POLICY\("([^"]+)"', line)]
    ids = [id for _, _, id in marks]
    for name, number, id in marks:
        if ids.count(id) > 1:
            yield name, number, "the check %s has its name twice" % id
    table = "base/err_reasons.h"
    for number, line in tree.lines(table) if table in tree.names else []:
        match = re.match(r'ERR_REASON\(\w+, "([^"]+)", (\d+)\)', line)
        if (match and int(match.group(2)) in POLICY_EXITS and match.group(1) not in POLICY_EXEMPT
                and not any(id.split("/")[0] == match.group(1) for id in ids)):
            yield table, number, "no check that gives %s can be switched off" % match.group(1)
    for name in tree.c_files(".c"):
        near = POLICY_NEAR + 1  # lines since the last mark
        for number, line in tree.lines(name) if re.fullmatch(POLICY_FILES, name) else []:
            near = 0 if "POLICY(" in line or "no switch:" in line else near + 1
            match = re.search(r"err_set\(\s*err, ERR_(\w+)", line)
            if match and match.group(1) not in ("INTERNAL", "MEMORY") and near > POLICY_NEAR:
                yield name, number, "a refusal without POLICY() in front of it"


def tool(tree, command, names, pattern):
    """Runs a tool over names; its findings by `pattern` (groups file, line, why)."""
    if not names:
        return
    if not shutil.which(command[0]):
        yield names[0], 1, "%s is not installed: run make deps-check" % command[0]
        return
    done = tree.run(*command, *names)
    found = False
    for match in re.finditer(pattern, done.stdout, re.M):
        found = True
        yield match.group(1), int(match.group(2)), match.group(3)
    if done.returncode != 0 and not found:
        yield names[0], 1, "%s failed: %s" % (command[0], done.stdout.strip()[-300:])


def check_format(tree):
    yield from tool(tree, ["clang-format", "--dry-run", "-Werror"], tree.ending(".c", ".h"),
                    r"^(\S+?):(\d+):\d+: error: (.*)$")


def check_cppcheck(tree):
    cache = os.path.join(tree.build, "cppcheck")
    os.makedirs(cache, exist_ok=True)
    command = ["cppcheck", "--quiet", "-j2", "--std=c11", "-I.", "--library=posix",
               "-D_POSIX_C_SOURCE=200809L", "-UPINFERRY_TEST_SWITCHES", "-U_WIN32",
               '-DPINFERRY_VERSION="0"', '-DPINFERRY_DATE="0"', "--enable=warning,portability,performance",
               "--suppressions-list=tests/lint/cppcheck.supp", "--error-exitcode=1",
               "--cppcheck-build-dir=" + cache, "--template={file}:{line}: {message} [{id}]"]
    yield from tool(tree, command, tree.c_files(".c"), r"^([\w./-]+):(\d+): (.*)$")


def check_shell(tree):
    names = tree.ending(".sh") + [n for n in tree.names if n == ".ci/run"]
    yield from tool(tree, ["shellcheck", "--format=gcc"], names, r"^(\S+?):(\d+):\d+: (.*)$")


def functions(tree, name):
    """(first line, number of lines) of each function: its braces stand in column 0."""
    start = first = None
    for number, line in tree.code(name):
        if line.startswith("{"):
            start = first or number
        elif line.startswith("}"):
            if start:
                yield start, number - start + 1
            start = first = None
        elif start is None:
            if re.match(r"[A-Za-z_]", line) and (first is None):
                first = number
            if re.search(r"[;}]\s*$", line) or not line.strip() or line.startswith("#"):
                first = None


def check_sizes(tree):
    for name in tree.c_files():
        count = tree.text(name).count("\n")
        if count > FILE_LINES:
            yield name, count, "%d lines; a file has at most %d: split it" % (count, FILE_LINES)
    for name in tree.c_files(".c"):
        for start, count in functions(tree, name):
            if count > FUNCTION_LINES:
                yield name, start, "a function of %d lines; at most %d" % (count, FUNCTION_LINES)


def check_reasons(tree):
    if "docs/reasons.md" not in tree.names or "base/err_reasons.h" not in tree.names:
        return
    rows = {m.group(1): n for n, line in tree.lines("base/err_reasons.h")
            for m in re.finditer(r'^ERR_REASON\(\w+, "([^"]+)", \d+\)', line)}
    headings = {m.group(1): n for n, line in tree.lines("docs/reasons.md")
                for m in re.finditer(r"^#+ +`?([a-z][a-z.-]*)`?\s*$", line)}
    for reason in sorted(set(rows) - set(headings)):
        yield "base/err_reasons.h", rows[reason], "%s has no heading in docs/reasons.md" % reason
    for reason in sorted(set(headings) - set(rows)):
        yield "docs/reasons.md", headings[reason], "no reason is called %s" % reason


def check_events(tree):
    """The numbers of events: one for each reason, under its exit code, and all in docs/events.md."""
    table, page = "base/event_ids.h", "docs/events.md"
    if table not in tree.names or page not in tree.names or "base/err_reasons.h" not in tree.names:
        return
    reasons = {m.group(1): (m.group(2), int(m.group(3))) for m in re.finditer(
        r'^ERR_REASON\((\w+), "([^"]+)", (\d+)\)', tree.text("base/err_reasons.h"), re.M)}
    wanted, named = {}, set()
    for number, line in tree.lines(table):
        match = re.match(r'EVENT_(RUN|REASON)\((\w+), (\d+)(?:, "(.*)")?\)$', line)
        if not match:
            continue
        kind, name, event = match.group(1), match.group(2), int(match.group(3))
        if event in wanted:
            yield table, number, "the number %d is given twice" % event
        if kind == "RUN":
            wanted[event] = match.group(4)
        elif name not in reasons:
            yield table, number, "no reason is called %s" % name
        else:
            named.add(name)
            wanted[event] = "`%s`" % reasons[name][0]
            if event // 100 != reasons[name][1]:
                yield table, number, "the number of %s does not begin with its exit code" % name
    for name in sorted(set(reasons) - named):
        yield table, 1, "%s has no event" % name
    told = {int(m.group(1)): (m.group(2), n) for n, line in tree.lines(page)
            for m in re.finditer(r"^\| (\d+) \| (.*?) \|", line)}
    for event in sorted(set(wanted) | set(told)):
        if wanted.get(event) != told.get(event, (None, 0))[0]:
            yield page, told.get(event, (None, 1))[1], "event %d: %s here, %s in %s" % (
                event, told.get(event, ("absent",))[0], wanted.get(event, "absent"), table)


def check_threats(tree):
    """docs/threat-model.md names tests and reasons, and an attack that is named is performed."""
    page, suite = "docs/threat-model.md", "tests/e2e/attacks.bats"
    if page not in tree.names:
        return
    reasons = set(re.findall(r'^ERR_REASON\(\w+, "([^"]+)"', tree.text("base/err_reasons.h"), re.M)
                  if "base/err_reasons.h" in tree.names else [])
    titles = {m.group(1): n for n, line in (tree.lines(suite) if suite in tree.names else ())
              for m in re.finditer(r'^@test "(.*)" {', line)}
    attacks, within, named = {}, False, set()
    for number, line in tree.lines(page):
        if line.startswith("## "):
            within = line == "## Attacks"
        if within and line.startswith("### "):
            attacks[line[4:].strip().lower()] = number
        for name, title in re.findall(r'`(tests/[\w./-]+)`(?: "([^"]+)")?', line):
            if name == suite:
                named.add(title)
            if not os.path.exists(os.path.join(tree.root, name)):
                yield page, number, "%s does not exist" % name
            elif title and name.endswith(".bats") and '@test "%s" {' % title not in tree.text(name):
                yield page, number, "%s has no test called '%s'" % (name, title)
            elif title and name.endswith(".c") and not re.search(
                    r"cmocka_unit_test\w*\(\s*%s\b" % re.escape(title), tree.text(name)):
                yield page, number, "%s runs no test called '%s'" % (name, title)
        for word in re.findall(r"`([a-z]+(?:\.[a-z-]+)+)`", line) if within else ():
            if word not in reasons and not re.search(r"\.(config|html|log|md|xml|tar)$", word):
                yield page, number, "no reason is called %s" % word
    for attack, number in attacks.items():
        if not any(title.startswith(attack + ": ") for title in titles):
            yield page, number, "no test of %s performs this attack" % suite
    for title, number in titles.items():
        if title.split(": ")[0] not in attacks or title not in named:
            yield suite, number, "%s does not name this test" % page


def check_links(tree):
    for name in tree.ending(".md"):
        fenced = False
        for number, line in tree.lines(name):
            fenced ^= line.lstrip().startswith("```")
            for match in () if fenced else re.finditer(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
                target = match.group(1).split("#")[0]
                if not target or re.match(r"[a-z]+:", target):
                    continue
                path = os.path.join(tree.root, os.path.dirname(name), target)
                if not os.path.exists(path):
                    yield name, number, "links to %s, which does not exist" % target


def check_words(tree):
    for name in tree.names:
        for number, line in tree.lines(name):
            match = UNDONE.search(line)
            if match:
                yield name, number, "%s: finish it, or open an issue" % match.group(0)
            match = WORKPLACE.search(line)
            if match and not (name.startswith("tests/") and match.group(0).startswith("..")):
                yield name, number, "%s is a path of one machine" % match.group(0)


def check_spdx(tree):
    for name in tree.ending(".c", ".h", ".sh", ".py", ".bats") + [".ci/run", "Makefile"]:
        head = "\n".join(line for _, line in tree.lines(name)[:3]) if name in tree.names else "SPDX"
        if "SPDX-License-Identifier: MIT" not in head and head != "SPDX":
            yield name, 1, "has no SPDX-License-Identifier line at its top"


def check_sources(tree):
    """A file that no list names is never compiled, and nobody notices."""
    listed = set()
    for mode in ("release", "asan"):  # with the sandbox, and without
        listed.update(tree.run("make", "-s", "--no-print-directory", "MODE=" + mode,
                               "sources").stdout.split())
    for name in tree.c_files(".c"):
        if name not in listed and not re.search(r"/main\.c$|_win32\.c$", name):
            yield name, 1, "is in no source list of the Makefile"


CHECKS = {name[6:]: value for name, value in sorted(globals().items()) if name.startswith("check_")}


def print_sizes(tree):
    counts = [count for name in tree.c_files(".c") for _, count in functions(tree, name)]
    if len(counts) > 1:
        print("lint: %d functions, median %d lines, p90 %d, longest %d" % (
            len(counts), statistics.median(counts), statistics.quantiles(counts, n=10)[8], max(counts)))


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser = argparse.ArgumentParser(description="Checks the rules of CONTRIBUTING.md.")
    parser.add_argument("--root", default=root)
    parser.add_argument("--build", help="the build folder (default: build under the root)")
    parser.add_argument("--only", help="these checks, separated by commas")
    parser.add_argument("--list", action="store_true", help="name the checks and stop")
    given = parser.parse_args()
    if given.list:
        print("\n".join(CHECKS))
        return 0
    chosen = given.only.split(",") if given.only else list(CHECKS)
    if set(chosen) - set(CHECKS):
        parser.error("no such check: %s" % ", ".join(sorted(set(chosen) - set(CHECKS))))
    tree = Tree(os.path.abspath(given.root),
                os.path.abspath(given.build or os.path.join(given.root, "build")))
    findings = 0
    for check in chosen:
        for name, line, why in CHECKS[check](tree):
            print("%s:%d: [%s] %s" % (name, line, check, why))
            findings += 1
    print_sizes(tree)
    print("lint: %d findings in %d checks" % (findings, len(chosen)))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
