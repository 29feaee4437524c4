#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times Pinferry's programs beside stock tools doing like work, in pairs, and prints the ratios.

bench.py [--pairs N] [--payload BYTES] [--only NAME,...]   PINFERRY_BIN and PINFERRY_STATIC name the
folders of the release programs and of the static ones. Nothing here fails for being slow: times
are for people to read. docs/performance.md says what is measured and what to expect.
"""
import argparse
import hashlib
import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
P = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1  # the field of P-256, and its generator
GX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296
GY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5


def rsa_pins(count):
    """PKCS#1 public keys in hex. Nobody has factors of these numbers, and nothing here needs them."""
    for _ in range(count):
        modulus = bytearray(secrets.token_bytes(256))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        yield "3082010a0282010100" + modulus.hex() + "0203010001"


def ec_pins(count):
    """Uncompressed points of P-256 in hex: 2G, 3G, ..."""
    x, y = GX, GY
    slope = (3 * x * x - 3) * pow(2 * y, -1, P) % P
    for _ in range(count):
        nx = (slope * slope - x - GX) % P
        x, y = nx, (slope * (GX - nx) - GY) % P
        yield "04%064x%064x" % (x, y)
        slope = (y - GY) * pow(x - GX, -1, P) % P


def run(*command, cwd=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit("%s: exit %d\n%s" % (" ".join(map(str, command)), done.returncode,
                                              done.stdout.decode(errors="replace")))
    return done.stdout.decode()


def seconds(command):
    """(from start to end, of the processor) of one run. Not by subprocess, which adds more than some
    of these take."""
    actions = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    begin = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(pid, 0)
    took = time.perf_counter() - begin
    if status != 0:
        raise SystemExit("%s: status %d" % (" ".join(command), status))
    return took, used.ru_utime + used.ru_stime


def peak_memory(command):
    """The largest resident set of one run, in bytes, as /proc tells it until shortly before its end.
    wait4 would give this program's own, which a child begins with."""
    peak = 0
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    while child.poll() is None:
        try:
            with open("/proc/%d/status" % child.pid, encoding="ascii") as file:
                for line in file:
                    if line.startswith("VmHWM:"):
                        peak = max(peak, int(line.split()[1]) * 1024)
        except OSError:
            pass
        time.sleep(0.002)
    return peak


class Kit:
    """A workspace with keys, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.bundler = os.path.join(os.environ["PINFERRY_BIN"], "bundler")
        self.applier = os.path.join(os.environ["PINFERRY_BIN"], "applier")
        self.static = os.path.join(os.environ.get("PINFERRY_STATIC", ""), "applier")
        self.count = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def tool(self, name):
        found = shutil.which(name)
        if found is None:
            raise SystemExit("%s is not installed: run 'make deps-check'" % name)
        return found

    def workspace(self, pins, approve=True):
        self.count += 1
        folder = self.path("workspace-%d" % self.count)
        run(self.bundler, "init", folder)
        run(self.bundler, "-C", folder, "keygen", "--no-passphrase")
        files = []
        for begin in range(0, len(pins), 1000):
            files += ["--hex", self.path("pins-%d-%d" % (self.count, begin))]
            with open(files[-1], "w", encoding="ascii") as file:
                file.write("\n".join(pins[begin:begin + 1000]) + "\n")
        run(self.bundler, "-C", folder, "fetch", *files)
        if approve:
            run(self.bundler, "-C", folder, "approve", "--all")
        return folder

    def build(self, workspace, *options):
        out = self.path("bundle-%d.tar" % self.count)
        run(self.bundler, "-C", workspace, "build", "-o", out, *options)
        return out

    def trust(self, workspace):
        path = os.path.join(workspace, "keys", "trust.xml")
        with open(path, "rb") as file:
            return ["--trust", path, "--fingerprint", hashlib.sha256(file.read()).hexdigest()]


def signature(kit):
    workspace = kit.workspace(list(rsa_pins(12)))
    bundle = kit.build(workspace)
    run("tar", "-xf", bundle, "-C", kit.folder)
    signer = kit.path("signer.pem")
    run("openssl", "x509", "-inform", "DER", "-in", os.path.join(workspace, "keys/signer.crt"),
        "-out", signer)
    openssl = [kit.tool("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in",
               kit.path("manifest-1.p7s"), "-content", kit.path("manifest.xml"), "-certfile", signer,
               "-CAfile", signer, "-purpose", "any", "-out", os.devnull]
    return [Case("verify, 12 pins", [kit.static, "verify", bundle] + kit.trust(workspace),
                 "openssl cms -verify", openssl, aim=0.5, pairs=41)]


def payload(kit):
    attachment = kit.path("large")
    block = secrets.token_bytes(MIB)
    with open(attachment, "wb") as file:
        for _ in range(kit.payload // MIB):
            file.write(block)
    workspace = kit.workspace(list(rsa_pins(12)))
    bundle = kit.build(workspace, "--attach", attachment)
    openssl = [kit.tool("openssl"), "dgst", "-sha256", attachment]
    name = "verify, %d MiB" % (kit.payload // MIB)
    return [Case(name, [program, "verify", bundle] + kit.trust(workspace), "openssl dgst -sha256",
                 openssl, aim=1.05, pairs=5, memory=12 * MIB, note=note)
            for program, note in ((kit.static, "static"), (kit.applier, "shared"))]


def config(path, pins, comments=0):
    """A web.config with these pins; each comment line makes it 79 bytes longer."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n')
        file.write(("  <!-- %s -->\n" % ("x" * 68)) * comments)
        file.write("  <pinnedCertificates>\n")
        for pin in pins:
            file.write('    <pinnedCertificate publicKeyString="%s" />\n' % pin)
        file.write("  </pinnedCertificates>\n</configuration>\n")
    return path


def change_of(count):
    """(in the file, in the bundle, retired): of `count` pins a fortieth goes, a twentieth comes."""
    pins = list(rsa_pins(count + count // 20))
    gone = pins[:count // 40]
    present = pins[:count]
    random.Random(1).shuffle(present)
    return present, pins[len(gone):], gone


def plan(kit):
    """A file as large as IIS takes: 390 pins."""
    present, wanted, gone = change_of(390)
    workspace = kit.workspace(wanted)
    run(kit.bundler, "-C", workspace, "retire", "--reason", "bench", *gone)
    bundle = kit.build(workspace)
    path, state = config(kit.path("www/web.config"), present), kit.path("state")
    run(kit.applier, "--state", state, "init", "--site", "bench", *kit.trust(workspace), "--config",
        path)
    xmllint = [kit.tool("xmllint"), "--noout", path]
    name = "plan, %d KB" % (os.path.getsize(path) // 1000)
    return [Case(name, [kit.static, "--state", state, "plan", bundle], "xmllint --noout", xmllint,
                 pairs=15)]


def edit_command(kit, count, comments):
    """The editor alone: read the file, scan, splice, prove; and the file."""
    present, wanted, gone = change_of(count)
    path = config(kit.path("www-%d/web.config" % count), present, comments)
    lists = []
    for name, pins in (("add", wanted), ("remove", gone)):
        lists.append(kit.path("%s-%d" % (name, count)))
        with open(lists[-1], "w", encoding="ascii") as file:
            file.write("".join(pin + "\n" for pin in pins))
    return [os.path.join(os.path.dirname(kit.static), "bench_edit"), path, *lists], path


def edit(kit):
    command, path = edit_command(kit, 390, 155)
    name = "edit, %d KB, 390 pins" % (os.path.getsize(path) // 1000)
    return [Case(name, command, "xmllint --noout", [kit.tool("xmllint"), "--noout", path], aim=3.0,
                 pairs=41)]


def growth(kit):
    """Prints by itself: how times grow, which no other tool is needed for."""
    print("\npins in a file: ms of scan, splice, proof; microseconds of all a pin")
    for count in (10, 20, 40, 80, 160, 320, 390):
        command, _ = edit_command(kit, count, 0)
        parts = [float(word) for word in run(*command, "101").split()]
        print("%8d %8.2f %7.2f %7.2f %9.1f" % (count, *parts, sum(parts) * 1e3 / count), flush=True)
    print("\ntargets of a site, 12 pins each: ms of plan and apply, of both a target")
    present, wanted, gone = change_of(40)
    workspace = kit.workspace(wanted[-12:])
    bundle = kit.build(workspace)
    for count in (1, 3, 10, 30, 100, 300, 1000):
        paths = [config(kit.path("sites-%d/%d/web.config" % (count, i)), present[:10]) for i in range(count)]
        state = kit.path("growth-%d" % count)
        run(kit.static, "--state", state, "init", "--site", "bench", *kit.trust(workspace),
            *[word for path in paths for word in ("--config", path)])
        at = [kit.static, "--state", state]
        planned = statistics.median(seconds(at + ["plan", bundle])[0] for _ in range(5)) * 1e3
        applied = seconds(at + ["apply", bundle])[0] * 1e3
        print("%8d %8.1f %9.1f %9.2f" % (count, planned, applied, (planned + applied) / count), flush=True)
    print()
    return []


def site(kit):
    """A site of one file of 20 KB with 12 pins, of which one goes and one comes."""
    pins = list(rsa_pins(13))
    present, wanted, gone = pins[:12], pins[1:], pins[:1]
    workspace = kit.workspace(wanted)
    run(kit.bundler, "-C", workspace, "retire", "--reason", "bench", *gone)
    bundle = kit.build(workspace)
    path, state, work = config(kit.path("www/web.config"), present, 160), kit.path("state"), kit.path("work")
    run(kit.static, "--state", state, "init", "--site", "bench", *kit.trust(workspace), "--config", path)
    run("cp", "-a", state, kit.path("state-0"))
    run("cp", path, kit.path("config-0"))
    os.mkdir(work)
    run("tar", "-xf", bundle, "-C", work)
    signer, sums = kit.path("signer.pem"), kit.path("sums")
    run("openssl", "x509", "-inform", "DER", "-in", os.path.join(workspace, "keys/signer.crt"), "-out", signer)
    with open(sums, "w", encoding="ascii") as file:
        file.write(run("sha256sum", "manifest.xml", cwd=work))

    def before():
        shutil.rmtree(state)
        run("cp", "-a", kit.path("state-0"), state)
        run("cp", kit.path("config-0"), path)
        shutil.rmtree(work)
        os.mkdir(work)

    ours = "'%s' --state '%s' plan '%s' && '%s' --state '%s' apply '%s'" % ((kit.static, state, bundle) * 2)
    theirs = """set -e; cd '{work}'; tar -xf '{bundle}'
openssl cms -verify -binary -inform DER -in manifest-1.p7s -content manifest.xml -certfile '{signer}' \\
    -CAfile '{signer}' -purpose any -out /dev/null
sha256sum -c '{sums}'
xmlstarlet ed -P -d '//pinnedCertificate[@publicKeyString="{gone}"]' -s //pinnedCertificates -t elem \\
    -n pinnedCertificate -i '//pinnedCertificate[not(@publicKeyString)]' -t attr -n publicKeyString \\
    -v {new} '{path}' >'{path}.new'
{flush}
mv '{path}.new' '{path}'
{flush_folder}"""
    values = {"work": work, "bundle": bundle, "signer": signer, "sums": sums, "path": path, "gone": gone[0],
              "new": wanted[-1]}
    for tool in ("tar", "openssl", "xmlstarlet"):
        kit.tool(tool)
    return [Case("plan and apply, 20 KB", ["/bin/sh", "-c", ours], "pipeline, " + name,
                 ["/bin/sh", "-c", theirs.format(**values, **flushes)], aim=0.33, pairs=21, before=before)
            for name, flushes in (
                ("sync FILE", {"flush": "sync '%s.new'" % path, "flush_folder": "sync '%s'" % os.path.dirname(path)}),
                ("sync", {"flush": "sync", "flush_folder": "sync"}))]


def ledger(kit):
    pins = list(ec_pins(10000))
    workspace = kit.workspace(pins, approve=False)
    some = [hashlib.sha256(bytes.fromhex(pin)).hexdigest() for pin in pins[:300]]
    run(kit.bundler, "-C", workspace, "approve", *some)
    at = [kit.bundler, "-C", workspace]
    xmllint = [kit.tool("xmllint"), "--noout", os.path.join(workspace, "keys/ledger/ledger.xml")]
    return [Case("pins, ledger of 10000", at + ["pins"], "xmllint --noout ledger", xmllint, pairs=9),
            Case("build, ledger of 10000", at + ["build"], "xmllint --noout ledger", xmllint, pairs=9)]


class Case:
    """Two commands, run in turn."""

    def __init__(self, name, ours, beside, theirs, aim=None, pairs=9, memory=None, note="",
                 before=None):
        self.name = name + (" (%s)" % note if note else "")
        self.ours, self.beside, self.theirs = ours, beside, theirs
        self.aim, self.pairs, self.memory = aim, pairs, memory
        self.before = before or (lambda: None)  # each run: brings back what the last one changed

    def once(self, command):
        self.before()
        return seconds(command)

    def measure(self, pairs):
        self.once(self.ours), self.once(self.theirs)  # so that both find their files in memory
        times = []
        for i in range(pairs or self.pairs):  # each first as often: the second finds a warmer machine
            if i % 2:
                theirs = self.once(self.theirs)
                times.append((self.once(self.ours), theirs))
            else:
                times.append((self.once(self.ours), self.once(self.theirs)))
        return times

    def verdict(self, ratio, peak):
        if self.aim is None:
            return ""
        over = []
        if ratio > self.aim:
            over.append("over aim %g" % self.aim)
        if self.memory and peak > self.memory:
            over.append("over %d MiB" % (self.memory // MIB))
        return ", ".join(over) or "PASS (aim %g)" % self.aim

    def report(self, pairs):
        times = self.measure(pairs)
        self.before()
        peak = peak_memory(self.ours)
        ratios = sorted(ours[0] / theirs[0] for ours, theirs in times)
        ratio = statistics.median(ratios)
        work = statistics.median(ours[1] / theirs[1] for ours, theirs in times)
        print("%-24s %-22s %8.1f %8.1f %6.2f  %5.2f-%-6.2f %6.2f %5.1f  %s" % (
            self.name, self.beside, statistics.median(t[0][0] for t in times) * 1e3,
            statistics.median(t[1][0] for t in times) * 1e3, ratio, ratios[0], ratios[-1], work,
            peak / MIB, self.verdict(ratio, peak)), flush=True)


def main():
    groups = {"signature": signature, "payload": payload, "edit": edit, "plan": plan, "site": site,
              "growth": growth, "ledger": ledger}
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, help="instead of each comparison's own number")
    parser.add_argument("--payload", type=int, default=1024, help="MiB (default 1024)")
    parser.add_argument("--only", default=",".join(groups), help="of " + ",".join(groups))
    given = parser.parse_args()
    print("%-24s %-22s %8s %8s %6s  %-12s %6s %5s" % (
        "Pinferry", "beside", "ms", "ms", "ratio", "spread", "CPU", "MiB"))
    for name in given.only.split(","):
        if name not in groups:
            raise SystemExit("--only takes " + ", ".join(groups))
        with tempfile.TemporaryDirectory(prefix="pinferry-bench-") as folder:
            kit = Kit(folder)
            kit.payload = given.payload * MIB
            for case in groups[name](kit):
                case.report(given.pairs)


if __name__ == "__main__":
    sys.exit(main())
