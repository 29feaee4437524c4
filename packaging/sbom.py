#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The software bill of materials of an archive, as SPDX 2.3 in JSON, on stdout.

Usage: sbom.py --name NAME --version V --date EPOCH --sources SOURCES --main FILE... -- DIR
DIR is the archive's folder, all of whose files are listed. FILE are the programs in it, which hold
the libraries of SOURCES, as packaging/libs.sh and its --compiler write it.
"""
import argparse
import hashlib
import json
import os
import re
import sys
import time

# What each source declares; the texts are in licences/.
LICENCES = {
    "openssl": "Apache-2.0",
    "jansson": "MIT",
    "libxml2": "MIT",
    "libarchive": "BSD-2-Clause",
    "curl": "curl",
    "libseccomp": "LGPL-2.1-only",
    "gcc": "GPL-3.0-or-later WITH GCC-exception-3.1",
}
NONE = "NOASSERTION"


def digests(path):
    with open(path, "rb") as file:
        data = file.read()
    return {name.upper(): hashlib.new(name, data).hexdigest() for name in ("sha1", "sha256")}


def checksums(values):
    return [{"algorithm": name, "checksumValue": value} for name, value in sorted(values.items())]


def identifier(*words):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", w) for w in words)


def files(folder):
    for here, subs, names in os.walk(folder):
        subs.sort()
        for name in sorted(names):
            path = os.path.join(here, name)
            yield os.path.relpath(path, folder), digests(path)


def libraries(path):
    """[(package, version, how, [(file, sha256)])] in the order of SOURCES."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                package, version, how, name, digest = line.rstrip("\n").split("\t")
                found.setdefault((package, version, how), []).append((name, digest))
    return [(*key, parts) for key, parts in found.items()]


def library(package, version, how, parts):
    upstream = re.sub(r"^\d+:|-[^-]*$", "", version)
    licence = LICENCES.get("gcc" if package.startswith("gcc-") else package, NONE)
    entry = {
        "SPDXID": identifier("Library", package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": NONE,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": NONE,
        "comment": "%s: %s" % (
            {"whole": "built from this source with the distribution's patches",
             "upstream": "built from this source without the distribution's patches, as upstream " + upstream,
             "built": "as the distribution built it"}[how],
            ", ".join("%s SHA-256 %s" % part for part in parts)),
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": "pkg:generic/%s@%s" % (package, upstream) if how == "upstream" else
            "pkg:deb/debian/%s@%s%s" % (package, version.replace("+", "%2B"),
                                        "?arch=source" if how == "whole" else ""),
        }],
    }
    origin = [p for p in parts if ".orig.tar" in p[0]]
    if origin:
        entry["packageFileName"] = origin[0][0]
        entry["checksums"] = checksums({"SHA256": origin[0][1]})
    return entry


def document(args):
    listed = list(files(args.folder))
    code = hashlib.sha1("".join(sorted(d["SHA1"] for _, d in listed)).encode()).hexdigest()
    libs = [library(*lib) for lib in libraries(args.sources)]
    top = {
        "SPDXID": "SPDXRef-Package",
        "name": "pinferry",
        "versionInfo": args.version,
        "supplier": NONE,
        "downloadLocation": NONE,
        "filesAnalyzed": True,
        "packageVerificationCode": {
            "packageVerificationCodeValue": code,
            "packageVerificationCodeExcludedFiles": ["./SBOM.spdx.json", "./SHA256SUMS", "./SHA256SUMS.p7s"],
        },
        "licenseConcluded": "MIT",
        "licenseDeclared": "MIT",
        "licenseInfoFromFiles": [NONE],
        "copyrightText": NONE,
    }
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package")]
    entries = []
    for name, values in listed:
        entries.append({
            "SPDXID": identifier("File", name),
            "fileName": "./" + name,
            "checksums": checksums(values),
            "fileTypes": ["BINARY" if name in args.main else "DOCUMENTATION"],
            "licenseConcluded": NONE if name.startswith("licences/") else "MIT",
            "licenseInfoInFiles": [NONE],
            "copyrightText": NONE,
        })
        relations.append(("SPDXRef-Package", "CONTAINS", entries[-1]["SPDXID"]))
        # only the bundler opens connections
        relations += [(entries[-1]["SPDXID"], "STATIC_LINK", lib["SPDXID"]) for lib in libs
                      if name in args.main and (lib["name"] != "curl" or name.startswith("bundler"))]
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": args.name,
        "documentNamespace": "urn:pinferry:sbom:%s:%s" % (args.name, code),
        "creationInfo": {
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(args.date)),
            "creators": ["Tool: pinferry-sbom-" + args.version],
        },
        "packages": [top] + libs,
        "files": entries,
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b}
                          for a, kind, b in relations],
    }


def main():
    parser = argparse.ArgumentParser()
    for option in ("--name", "--version", "--sources"):
        parser.add_argument(option, required=True)
    parser.add_argument("--date", type=int, required=True)
    parser.add_argument("--main", nargs="+", required=True)
    parser.add_argument("folder")
    json.dump(document(parser.parse_args()), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
