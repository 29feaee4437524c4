#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares SBOM.spdx.json with the archive's folder and with SOURCES, and holds it to what SPDX 2.3
requires of each part. Usage: sbom.py FOLDER SOURCES
"""
import hashlib
import json
import os
import re
import sys

IDENTIFIER = r"SPDXRef-[A-Za-z0-9.-]+"
DOCUMENT = ("spdxVersion dataLicense SPDXID name documentNamespace creationInfo packages files "
            "relationships").split()
PACKAGE = ("SPDXID name versionInfo downloadLocation filesAnalyzed licenseConcluded licenseDeclared "
           "copyrightText").split()
FILE = "SPDXID fileName checksums licenseConcluded licenseInfoInFiles copyrightText".split()
BEHIND = ["SBOM.spdx.json", "SHA256SUMS", "SHA256SUMS.p7s"]


def digest(path, name):
    with open(path, "rb") as file:
        return hashlib.new(name, file.read()).hexdigest()


def check_form(sbom):
    assert not [k for k in DOCUMENT if k not in sbom]
    assert (sbom["spdxVersion"], sbom["dataLicense"]) == ("SPDX-2.3", "CC0-1.0")
    assert re.fullmatch(r"urn:[a-z]+:[!-~]+", sbom["documentNamespace"]) and "#" not in sbom["documentNamespace"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sbom["creationInfo"]["created"])
    assert all(re.match("(Tool|Person|Organization): ", c) for c in sbom["creationInfo"]["creators"])
    ids = [sbom["SPDXID"]] + [p["SPDXID"] for p in sbom["packages"] + sbom["files"]]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(IDENTIFIER, i) for i in ids), ids
    for package in sbom["packages"]:
        assert not [k for k in PACKAGE if k not in package], package
        assert package["filesAnalyzed"] == ("packageVerificationCode" in package)
    for file in sbom["files"]:
        assert not [k for k in FILE if k not in file], file
        assert "SHA1" in [c["algorithm"] for c in file["checksums"]]  # which 2.3 requires
    for relation in sbom["relationships"]:
        assert relation["spdxElementId"] in ids and relation["relatedSpdxElement"] in ids, relation
    assert ["SPDXRef-DOCUMENT", "DESCRIBES"] in [
        [r["spdxElementId"], r["relationshipType"]] for r in sbom["relationships"]]


def check_files(sbom, folder):
    there = sorted(os.path.relpath(os.path.join(here, n), folder)
                   for here, _, names in os.walk(folder) for n in names)
    assert sorted(f["fileName"] for f in sbom["files"]) == ["./" + n for n in there if n not in BEHIND]
    sums = []
    for file in sbom["files"]:
        for checksum in file["checksums"]:
            value = digest(os.path.join(folder, file["fileName"]), checksum["algorithm"].lower())
            assert value == checksum["checksumValue"], file["fileName"]
            sums += [value] if checksum["algorithm"] == "SHA1" else []
    code = sbom["packages"][0]["packageVerificationCode"]["packageVerificationCodeValue"]
    assert code == hashlib.sha1("".join(sorted(sums)).encode()).hexdigest()


def check_libraries(sbom, sources):
    with open(sources, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    found = {p["name"]: p for p in sbom["packages"][1:]}
    assert set(found) == {r[0] for r in rows}
    for name, version, _, part, value in rows:
        assert found[name]["versionInfo"] == version
        assert "%s SHA-256 %s" % (part, value) in found[name]["comment"]
        if ".orig.tar" in part:
            assert found[name]["checksums"] == [{"algorithm": "SHA256", "checksumValue": value}]
    linked = [(r["spdxElementId"], r["relatedSpdxElement"]) for r in sbom["relationships"]
              if r["relationshipType"] == "STATIC_LINK"]
    by = {p: {b for a, b in linked if a == "SPDXRef-File-%s.exe" % p} for p in ("applier", "bundler")}
    assert by["bundler"] - by["applier"] == {"SPDXRef-Library-curl"}
    assert len(by["bundler"]) == len(found)


def main(folder, sources):
    with open(os.path.join(folder, "SBOM.spdx.json"), encoding="utf-8") as file:
        sbom = json.load(file)
    check_form(sbom)
    check_files(sbom, folder)
    check_libraries(sbom, sources)


if __name__ == "__main__":
    main(*sys.argv[1:])
