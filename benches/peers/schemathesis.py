#!/usr/bin/env python3
"""Schemathesis and `check` on the same defective servers, one after the other.

    benches/peers/schemathesis.py [--seconds 60] [--seeds 1] [DEFECT …]

For each defect (default: every sixth of `serve --defect list`) `profile-contract serve --defect ID` is started afresh for
either tool, and the tool is told nothing but the address, and Schemathesis the interface description besides: an OpenAPI
document that this script derives from the public service model of the revision. A defect counts as found by Schemathesis
if it reports a failure (operation and kind) that it does not report of the server without a defect in any of three runs.
Requests are what the server answered, times are those of the whole run: both end by themselves or after the given time.

Needs target/release/profile-contract and Python 3.11; Schemathesis is installed from PyPI into target/peers.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "release" / "profile-contract"
PEERS = TARGET / "peers"
VERSION = "schemathesis==4.32.5"


def service_model():
    spec = importlib.util.spec_from_file_location("service_model", ROOT / "tests" / "service_model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.fetch()


def schema(model, name, seen=()):
    """The JSON schema of a shape."""
    shape = model["shapes"][name]
    kind = shape["type"]
    if name in seen:
        return {}
    inner = seen + (name,)
    if kind == "structure":
        members = {
            member.get("locationName", key): schema(model, member["shape"], inner)
            for key, member in shape["members"].items()
            if "location" not in member
        }
        located = {key for key, member in shape["members"].items() if "location" in member}
        required = [key for key in shape.get("required", []) if key not in located]
        return {"type": "object", "properties": members} | ({"required": required} if required else {})
    if kind == "list":
        found = {"type": "array", "items": schema(model, shape["member"]["shape"], inner)}
        limits = {"min": "minItems", "max": "maxItems"}
    elif kind == "map":
        found = {"type": "object", "additionalProperties": schema(model, shape["value"]["shape"], inner)}
        limits = {"min": "minProperties", "max": "maxProperties"}
    elif kind == "string":
        found = {"type": "string"}
        limits = {"min": "minLength", "max": "maxLength"}
        if "enum" in shape:
            found["enum"] = shape["enum"]
        if "pattern" in shape:
            found["pattern"] = shape["pattern"]
    elif kind in ("integer", "long"):
        found, limits = {"type": "integer"}, {"min": "minimum", "max": "maximum"}
    elif kind == "timestamp":
        found, limits = {"type": "number"}, {}
    else:
        found, limits = {"type": kind}, {}
    return found | {there: shape[here] for here, there in limits.items() if here in shape}


def openapi(model):
    """The OpenAPI document of the service."""
    paths = {}
    for name, operation in model["operations"].items():
        http, shapes = operation["http"], model["shapes"]
        given = shapes[operation["input"]["shape"]]
        parameters = []
        for key, member in given["members"].items():
            where = {"uri": "path", "querystring": "query"}.get(member.get("location"))
            if where:
                parameters.append(
                    {
                        "name": member.get("locationName", key),
                        "in": where,
                        "required": where == "path" or key in given.get("required", []),
                        "schema": schema(model, member["shape"]),
                    }
                )
        responses = {"200": {"description": "served"}}
        if "output" in operation:
            content = {"application/json": {"schema": schema(model, operation["output"]["shape"])}}
            responses["200"]["content"] = content
        for error in operation.get("errors", []):
            status = shapes[error["shape"]].get("error", {}).get("httpStatusCode", 500)
            responses[str(status)] = {"description": error["shape"]}
        described = {"operationId": name, "parameters": parameters, "responses": responses}
        body = schema(model, operation["input"]["shape"])
        if http["method"] in ("POST", "PUT"):
            content = {"application/json": {"schema": body}}
            described["requestBody"] = {"required": bool(body.get("required")), "content": content}
        paths.setdefault(http["requestUri"], {})[http["method"].lower()] = described
    info = {"title": model["metadata"]["serviceFullName"], "version": model["metadata"]["apiVersion"]}
    return {"openapi": "3.0.3", "info": info, "paths": paths}


def installed():
    """The command of Schemathesis."""
    command = PEERS / "bin" / "schemathesis"
    if not command.exists():
        venv.create(PEERS, with_pip=True)
        pip = [PEERS / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", VERSION]
        subprocess.run(pip, check=True)
    return command


class Server:
    """The reference, with a defect or without."""

    def __init__(self, defect):
        command = [BINARY, "serve", "--listen", "127.0.0.1:0"] + (["--defect", defect] if defect else [])
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = re.search(r"http://\S+", self.process.stdout.readline()).group()

    def __enter__(self):
        return self.address

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def schemathesis(command, document, address, seconds, seed):
    """What it reports (operation and kind), how many requests it made, and how long that took."""
    began = time.monotonic()
    arguments = [command, "run", document, "--url", address, "--seed", str(seed), "--max-time", str(seconds)]
    arguments += ["--no-color", "--continue-on-failure"]
    run = subprocess.run(arguments, capture_output=True, text=True, cwd=PEERS)
    told = run.stdout
    took = time.monotonic() - began
    found, operation = set(), None
    for line in told.splitlines():
        if match := re.match(r"_+ (\w+ /\S*) _+$", line):
            operation = match.group(1)
        elif (match := re.match(r"- (\S.*)$", line)) and operation:
            found.add((operation, match.group(1)))
    generated = re.search(r"(\d[\d,]*) generated", told)
    if not generated:
        sys.exit(f"schemathesis ended with {run.returncode}, and says not what it did:\n{told[-1000:]}{run.stderr[-1000:]}")
    return found, int(generated.group(1).replace(",", "")), took


def check(address, seconds, seed):
    """The rules it names, how many requests it made, and how long that took."""
    report = PEERS / "check.json"
    began = time.monotonic()
    arguments = [BINARY, "check", "--endpoint", address, "--seed", str(seed), "--report", f"json={report}", "--quiet"]
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=seconds)
    took = time.monotonic() - began
    told = json.loads(report.read_text())
    rules = [finding["rule"] for finding in told["findings"] if finding["severity"] == "violates"]
    return rules, told["requests"], took


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("defects", nargs="*")
    options = parser.parse_args()
    command = installed()
    document = PEERS / "openapi.json"
    document.write_text(json.dumps(openapi(service_model()), indent=1))
    listed = subprocess.run([BINARY, "serve", "--defect", "list"], capture_output=True, text=True, check=True).stdout
    known = [line.split()[0] for line in listed.splitlines() if line.strip()]
    usual = set()
    for seed in range(1, 4):
        with Server(None) as address:
            found, requests, took = schemathesis(command, document, address, options.seconds, seed)
        usual |= found
        print(f"no defect, seed {seed}: schemathesis reports {len(found)} in {took:.1f} s", flush=True)
    print("| defect | schemathesis | requests | s | check | requests | s |\n|---|---|---|---|---|---|---|")
    for defect in options.defects or known[::6]:
        for seed in range(1, options.seeds + 1):
            with Server(defect) as address:
                found, theirs, their_time = schemathesis(command, document, address, options.seconds, seed)
            with Server(defect) as address:
                rules, ours, our_time = check(address, options.seconds, seed)
            told = ", ".join(sorted({kind for _, kind in found - usual})) or "-"
            cells = [defect, told, theirs, f"{their_time:.1f}", ", ".join(rules) or "-", ours, f"{our_time:.1f}"]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
