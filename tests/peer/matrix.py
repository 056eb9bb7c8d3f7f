#!/usr/bin/env python3
"""Runs `check` against the faithful server and each defective one, and prints a line for each.

    tests/peer/matrix.py [faithful] [DEFECT…] [-- OPTION…]

Options go to `check`: `-- --cases 0` is the corpus alone. The binary is target/release/profile-contract, or $PROFILE_CONTRACT. Ends with 1
if the faithful server is accused, or a defect is not told by a rule that it breaks.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import defects

FAITHFUL = "faithful"
HERE = Path(__file__).parent
BINARY = os.environ.get("PROFILE_CONTRACT", str(HERE.parent.parent / "target/release/profile-contract"))


def run(name, options):
    """Exit status and report of a check; None for a report where the time was up."""
    defect = [] if name == FAITHFUL else ["--defect", name]
    server = subprocess.Popen([sys.executable, str(HERE / "server.py"), *defect],
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
    at = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    wanted, options = sys.argv[1:at] or [FAITHFUL, *defects.DEFECTS], sys.argv[at + 1:]
    wrong = False
    for name in wanted:
        difficulty, rules, _ = defects.DEFECTS[name] if name != FAITHFUL else (0, (), None)
        status, report = run(name, options)
        found = [f for f in report["findings"] if f["severity"] == "violates"] if report else []
        named = sorted({rule for f in found for rule in [f["rule"], *f["also"]]})
        if name == FAITHFUL:
            told = "fine" if status == 0 else "accused"
        else:
            told = "right" if set(rules) & set(named) else "other" if found else "missed"
        wrong |= told not in ("fine", "right")
        shrunk = (found[0]["seen"] or {}).get("shrunk") if found else None
        print(name, difficulty, f"exit={status}", f"reports={len(found)}", told,
              f"{report['elapsed_seconds']:.0f}s" if report else "", f"shrunk={shrunk}", ",".join(named), flush=True)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
