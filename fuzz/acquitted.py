#!/usr/bin/env python3
"""Looks for false alarms: fuzzes servers that are right in other ways than the reference, mixture after mixture.

    fuzz/acquitted.py --fuzzer FOLDER/conformance [--first N] [--mixtures N] [--runs N]

Each mixture of variations is held to corpus/ and then to as many changed cases. Whoever is accused is named, with the smallest
case that shows it; `profile-contract serve --variation` with the names is that server.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent


def accusation(options, mixture):
    """What a mixture is accused of, if it is."""
    environment = {**os.environ, "PROFILE_CONTRACT_VARIATION": f"mixture-{mixture}", "RUST_BACKTRACE": "0"}
    environment.pop("PROFILE_CONTRACT_FINDINGS", None)
    with tempfile.TemporaryDirectory() as folder:
        new = os.path.join(folder, "corpus")
        os.mkdir(new)
        fuzzer = subprocess.run(
            [options.fuzzer, new, ROOT / "corpus", f"-seed={mixture + 1}", f"-runs={options.runs}", "-max_len=8192",
             "-entropic=0", "-use_counters=0", f"-artifact_prefix={folder}/"],
            env=environment, capture_output=True, text=True, errors="replace", cwd=folder)
    if fuzzer.returncode == 0:
        return None
    server = re.search(r"^PROFILE_CONTRACT_VARIATION=.*\n", fuzzer.stderr, re.M)
    told = re.search(r"^the target violates.*?(?=^note: run with|^==)", fuzzer.stderr, re.M | re.S)
    if not server or not told:
        sys.exit(f"mixture-{mixture}: the fuzzer ended with {fuzzer.returncode}:\n{fuzzer.stderr[-2000:]}")
    return server[0] + told[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzzer", required=True, help="the binary of the target `conformance`")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mixture")
    parser.add_argument("--mixtures", type=int, default=20, help="how many")
    parser.add_argument("--runs", type=int, default=20000, help="executions for each, those of corpus/ included")
    options = parser.parse_args()
    accused = 0
    for mixture in range(options.first, options.first + options.mixtures):
        if told := accusation(options, mixture):
            accused += 1
            print(f"mixture-{mixture}\n{told}", flush=True)
    print(f"{accused} of {options.mixtures} mixtures accused")
    sys.exit(accused > 0)


main()
