#!/usr/bin/env python3
"""Runs `check` against the faithful server and each defective one, and prints a line for each.

    tests/peer/matrix.py [faithful] [DEFECT…] [-- OPTION…]

Options go to `check`: `-- --cases 0` is the corpus alone. Options for all servers are in $PEER: `--late 50 300`, `--refused 3`. The
binary is target/release/profile-contract, or $PROFILE_CONTRACT. A defect is told "right" if a violation names a rule that it breaks,
"warned" if a warning does, as it must be where the contract says no more than should, "other" if other rules are named. Ends with 1 if
the faithful server is accused, or a defect is told wrongly or not at all.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import defects

FAITHFUL = "faithful"
HERE = Path(__file__).parent
PEER = os.environ.get("PEER", "").split()
BINARY = os.environ.get("PROFILE_CONTRACT", str(HERE.parent.parent / "target/release/profile-contract"))


def run(name, options):
    """Exit status and report of a check; None for a report where the time was up."""
    defect = [] if name == FAITHFUL else ["--defect", name]
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), *defect, *PEER],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        endpoint = server.stdout.readline().split()[-1]
        with tempfile.TemporaryDirectory() as folder:
            command = [BINARY, "check", "--endpoint", endpoint, "-q", "--state", folder, "--report",
                       f"json={folder}/report"] + options
            try:
                status = subprocess.run(command, capture_output=True, timeout=90).returncode
            except subprocess.TimeoutExpired:
                return "late", None
            return status, json.loads(Path(folder, "report").read_text())
    finally:
        server.terminate()
        server.wait()


def line(name, options):
    """How a server was judged, and the line that says so."""
    difficulty, rules, _ = defects.DEFECTS[name] if name != FAITHFUL else (0, (), None)
    status, report = run(name, options)
    findings = report["findings"] if report else []
    found = [f for f in findings if f["severity"] == "violates"]
    named = [{rule for f in some for rule in [f["rule"], *f["also"]]} for some in (found, findings)]
    if name == FAITHFUL:
        told = "fine" if status == 0 else "accused"
    elif set(rules) & named[0]:
        told = "right"
    elif set(rules) & named[1]:
        told = "warned"
    else:
        told = "other" if found else "missed"
    shrunk = (found[0]["seen"] or {}).get("shrunk") if found else None
    return told, f"{name} {difficulty} exit={status} reports={len(found)} {told} " + (
        f"{report['elapsed_seconds']:.0f}s shrunk={shrunk} {','.join(sorted(named[1]))}" if report else "")


def main():
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    wanted, options = sys.argv[1:at] or [FAITHFUL, *defects.DEFECTS], sys.argv[at + 1:]
    counted = Counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for told, text in pool.map(lambda name: line(name, options), wanted):
            counted[told] += 1
            print(text, flush=True)
    print(", ".join(f"{count} {told}" for told, count in counted.most_common()))
    return int(any(counted[told] for told in ("accused", "other", "missed")))


if __name__ == "__main__":
    sys.exit(main())
