#!/usr/bin/env python3
"""Holds tests/data/service-model.txt against the public service model of the revision.

The service model of 2021-08-13 is published in the Python package botocore 1.21.21, which pip fetches into a folder that is
removed afterwards. Without arguments: exit status 1 and a difference if the file says anything else than the model.
`--write` writes the file. A unit test of src/contract/operations.rs then holds our operations against the file, without
any network.
"""

import difflib
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "botocore==1.21.21"
MODEL = "botocore/data/customer-profiles/2020-08-15/service-2.json"
DIGEST = pathlib.Path(__file__).parent / "data" / "service-model.txt"
HEADER = f"# The service model, one fact a line. Written by tests/service_model.py from {PACKAGE}.\n"

# Shapes without constraints are only their type, whatever they are called.
PLAIN = {"boolean", "timestamp", "long"}


def fetch():
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        return json.loads(zipfile.ZipFile(wheel).read(MODEL))


def bounds(shape):
    low, high = shape.get("min", ""), shape.get("max", "")
    return "" if low == high == "" else f" {low}..{high}"


def digest(model):
    shapes, used = model["shapes"], set()

    def name(reference):
        shape = shapes[reference["shape"]]
        if shape["type"] in PLAIN and "max" not in shape:
            return shape["type"]
        used.add(reference["shape"])
        return reference["shape"]

    def members(structure, start):
        required = structure.get("required", [])
        for member, reference in sorted(structure["members"].items()):
            place = {"uri": "label", "querystring": "query"}.get(reference.get("location"), "body")
            wire = reference.get("locationName", member)
            need = " required" if member in required else ""
            yield f"{start} {place} {member} {wire} {name(reference)}{need}"

    def describe(key):
        shape = shapes[key]
        # A long with a range is an integer with a range to us.
        kind = "integer" if shape["type"] == "long" else shape["type"]
        line = f"shape {key} {kind}{bounds(shape)}"
        if kind == "list":
            return [f"{line} of {name(shape['member'])}"]
        if kind == "map":
            return [f"{line} of {name(shape['key'])} to {name(shape['value'])}"]
        if kind == "structure":
            return [line, *members(shape, "  member")]
        if "enum" in shape:
            line += " in " + " ".join(shape["enum"])
        if "pattern" in shape:
            line += " like " + shape["pattern"]
        return [line]

    lines = []
    for key, operation in sorted(model["operations"].items()):
        http = operation["http"]
        if http.get("responseCode", 200) != 200:
            raise SystemExit(f"{key} answers {http['responseCode']}, and every operation is taken to answer 200")
        lines.append(f"operation {key} {http['method']} {http['requestUri']}")
        if "input" in operation:
            lines += members(shapes[operation["input"]["shape"]], "  in")
        lines += members(shapes[operation["output"]["shape"]], "  out")
        for error in sorted(error["shape"] for error in operation["errors"]):
            lines.append(f"  error {error} {shapes[error]['error']['httpStatusCode']}")
    described = {}
    while left := used - described.keys():
        described.update({key: describe(key) for key in sorted(left)})
    for key in sorted(described):
        lines += described[key]
    return HEADER + "".join(line + "\n" for line in lines)


def main():
    expected = digest(fetch())
    if sys.argv[1:] == ["--write"]:
        DIGEST.parent.mkdir(exist_ok=True)
        DIGEST.write_text(expected)
        return 0
    actual = DIGEST.read_text()
    difference = difflib.unified_diff(
        actual.splitlines(), expected.splitlines(), str(DIGEST), f"{PACKAGE}: {MODEL}", lineterm=""
    )
    for line in difference:
        print(line)
    return int(actual != expected)


if __name__ == "__main__":
    sys.exit(main())
