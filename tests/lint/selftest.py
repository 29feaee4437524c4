#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves that lint.py can fail: plants one violation of each kind in a copy of the tree and expects
the check to name the planted file. A clean file planted first must be named by none."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint  # noqa: E402  (found through the line above)

SPDX = "/* SPDX-License-Identifier: MIT */\n"
CLEAN = SPDX + """/* Adds. */
#include "base/planted.h"

int planted_add(int one, int other)
{
    return one + other;
}
"""
CLEAN_HEADER = SPDX + """/* Adds. */
#ifndef BASE_PLANTED_H
#define BASE_PLANTED_H

/* The sum of both. */
int planted_add(int one, int other);

#endif
"""
BODY = SPDX + "int planted_x(void);\nint planted_x(void)\n{\n%s    return 0;\n}\n"


def source(line):
    return SPDX + line + "\n"


# check, file, its content. The file's name is what the check must print.
PLANTS = [
    ("includes", "base/planted.c", source('#include "keys/pin.h"')),
    ("includes", "applier/planted.c", source('#include "bundler/planted.h"')),
    ("includes", "bundler/planted.c", source('#include "applier/webconfig.h"')),
    ("includes", "keys/planted.c", source('#include "absent.h"')),
    ("libraries", "base/planted.c", source("#include <openssl/evp.h>")),
    ("libraries", "bundles/planted.c", source("#include <libxml/tree.h>")),
    ("libraries", "bundles/planted.c", source("#include <archive_entry.h>")),
    ("libraries", "applier/planted.c", source("#include <curl/curl.h>")),
    ("libraries", "keys/planted.c", source("#include <jansson.h>")),
    ("libraries", "keys/planted.h", source("#include <openssl/evp.h>")),
    ("libraries", "applier/planted.c", source("#include <sys/stat.h>")),
    ("libraries", "applier/planted_linux.c", source("#include <sys/prctl.h>")),
    ("libraries", "base/planted_linux.c", source("#include <seccomp.h>")),
    ("header_types", "keys/planted.h", source("struct x *planted_x(X509 *one);")),
    ("windows", "base/planted.c", source("#ifdef _WIN32\n#endif")),
    ("windows", "base/planted.c", source('#include "base/planted_win32.h"')),
    ("policy", "bundles/planted_check.c", BODY % "    err_set(err, ERR_TIME_EXPIRED, 0);\n"),
    ("policy", "keys/planted.c", source('int planted = POLICY("scope.domain", 1);')),
    ("headers_alone", "base/planted.h", source("bool planted_x(size_t n);")),
    ("banned", "base/planted.c", BODY % "    char a[4];\n    strcpy(a, \"b\");\n"),
    ("banned", "base/planted.c", BODY % "    int i = atoi(\"1\");\n"),
    ("banned", "keys/planted.c", source("int planted = XML_PARSE_NOENT;")),
    ("banned", "bundles/planted.c", source("int planted = archive_write_disk_new();")),
    ("banned", "keys/planted.c", source("int planted = CMS_verify(0);")),
    ("banned", "tests/unit/planted.c", source("int planted = strcpy(a, b);")),
    ("format", "base/planted.c", source("int  planted ;")),
    ("cppcheck", "base/planted.c", BODY % "    int a[2];\n    a[2] = 1;\n    (void)a;\n"),
    ("shell", "tests/planted.sh", "#!/bin/sh\n# SPDX-License-Identifier: MIT\nrm $1\n"),
    ("sizes", "base/planted.c", BODY % ("    planted_x();\n" * lint.FUNCTION_LINES)),
    ("sizes", "base/planted.c", SPDX + "\n" * lint.FILE_LINES),
    ("reasons", "docs/reasons.md", "# Reasons\n\n### planted.reason\n"),
    ("events", "docs/events.md", "| 101 | `planted` | no |\n"),
    ("events", "base/event_ids.h", "EVENT_REASON(USAGE, 301)\n"),
    ("threats", "docs/threat-model.md", "## Attacks\n\n### Planted attack\n"),
    ("threats", "docs/threat-model.md", 'See `tests/e2e/attacks.bats` "planted".\n'),
    ("threats", "docs/threat-model.md", 'See `tests/unit/test_buf.c` "planted".\n'),
    ("threats", "docs/threat-model.md", "See `tests/e2e/planted.bats`.\n"),
    ("threats", "docs/threat-model.md", "## Attacks\n`planted.reason`\n"),
    ("threats", "tests/e2e/attacks.bats", '@test "planted: attack" {\n}\n'),
    ("links", "docs/planted.md", "See [this](absent.md).\n"),
    ("words", "base/planted.c", source("/* TO" + "DO: more */")),
    ("words", "docs/planted.md", "Run /wo" + "rk/main/build.\n"),
    ("words", "docs/planted.md", "See ../sha" + "red/x.\n"),
    ("spdx", "tests/planted.py", "print(1)\n"),
    ("sources", "base/planted.c", CLEAN),
]
# check, source, its content: compiled into the release objects, as only those tell
COMPILED = [
    ("symbol_names", "base/planted.c", "int other_name(void) { return 0; }\n"),
    ("banned", "base/planted.c", "int (*planted_f)(const char *) = 0;\nint system(const char *);\n"
     "void planted_x(void) { planted_f = system; }\n"),
    ("offline", "keys/planted.c", "int socket(int, int, int);\n"
     "int planted_x(void) { return socket(1, 2, 3); }\n"),
    ("test_switches", "base/planted.c", "const char *planted_x = \"PINFERRY_TEST" + "_NOW\";\n"),
]


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def findings(root, check, name):
    tree = lint.Tree(root, os.path.join(root, "build"))
    return [f for f in lint.CHECKS[check](tree) if f[0] == name]


def compile_planted(root, name, text):
    folder = os.path.join(root, "build/release/obj", os.path.dirname(name))
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, "planted.o")
    subprocess.run([os.environ.get("CC", "cc"), "-c", "-I.", "-o", target, write(root, name, text)],
                   cwd=root, check=True)
    # what a release holds is looked for in the archives and programs
    shutil.copy(target, os.path.join(root, "build/release/obj/planted.a"))
    return "build/release/obj/planted.a"


def fewer_files(root):
    """cppcheck and clang-format need not read the rest of the copy again for each plant."""
    small = root + "-small"
    for name in (".clang-format", "tests/lint/cppcheck.supp"):
        write(small, name, open(os.path.join(root, name)).read())
    return small


def run(root):
    done, bad = 0, []
    write(root, "base/planted.h", CLEAN_HEADER)
    compile_planted(root, "base/planted.c", CLEAN)
    for check in sorted(set(lint.CHECKS) - {"sources"}):
        done += 1
        for name in ("base/planted.c", "base/planted.h", "build/release/obj/planted.a"):
            if findings(root, check, name):
                bad.append("%s: finds fault with a clean file" % check)
    os.remove(os.path.join(root, "base/planted.c"))
    os.remove(os.path.join(root, "base/planted.h"))
    shutil.rmtree(os.path.join(root, "build"))
    small = fewer_files(root)
    for check, name, text in PLANTS:
        done += 1
        place = small if check in ("cppcheck", "format") else root
        before = os.path.join(place, name)
        kept = open(before).read() if os.path.exists(before) else None
        path = write(place, name, text)
        if not findings(place, check, name):
            bad.append("%s: does not see the violation in %s: %s" % (check, name, text[-60:].strip()))
        if kept is None:
            os.remove(path)
        else:
            write(place, name, kept)
    for check, name, text in COMPILED:
        done += 1
        archive = compile_planted(root, name, text)
        named = archive if check == "test_switches" else name
        if not findings(root, check, named):
            bad.append("%s: does not see what was compiled into %s" % (check, name))
        os.remove(os.path.join(root, name))
        shutil.rmtree(os.path.join(root, "build"))
    untried = set(lint.CHECKS) - {row[0] for row in PLANTS + COMPILED}
    bad += ["%s: has no planted violation" % check for check in sorted(untried)]
    return done, bad


def main():
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with tempfile.TemporaryDirectory() as folder:
        root = os.path.join(folder, "tree")
        shutil.copytree(top, root, ignore=shutil.ignore_patterns(".git", "build", "__pycache__"))
        done, bad = run(root)
    for line in bad:
        print("selftest: " + line)
    print("selftest: %d of %d as expected" % (done - len(bad), done))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
