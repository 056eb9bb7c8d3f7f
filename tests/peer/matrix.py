#!/usr/bin/env python3
"""Runs `check` against the faithful server and each defective one, and prints a line for each.

    tests/peer/matrix.py [--corpus-only] [DEFECT…]     with target/release/profile-contract, or $PROFILE_CONTRACT
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import defects

HERE = Path(__file__).parent
BINARY = os.environ.get("PROFILE_CONTRACT", str(HERE.parent.parent / "target/release/profile-contract"))


def run(name, options):
    """Exit status and report of a check; None for a report where the time was up."""
    server = subprocess.Popen([sys.executable, str(HERE / "server.py")] + (["--defect", name] if name else []),
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


def main():
    options = ["--cases", "0"] if "--corpus-only" in sys.argv else []
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")] or ["", *defects.DEFECTS]
    for name in wanted:
        difficulty, rules, _ = defects.DEFECTS.get(name, (0, (), None))
        status, report = run(name, options)
        found = [f for f in report["findings"] if f["severity"] == "violates"] if report else []
        named = sorted({rule for f in found for rule in [f["rule"], *f["also"]]})
        hit = "" if not name else "right" if set(rules) & set(named) else "other" if found else "missed"
        shrunk = (found[0]["seen"] or {}).get("shrunk") if found else None
        print(name or "(faithful)", difficulty, f"exit={status}", f"reports={len(found)}", hit,
              f"{report['elapsed_seconds']:.0f}s" if report else "", f"shrunk={shrunk}", ",".join(named), flush=True)


if __name__ == "__main__":
    main()
