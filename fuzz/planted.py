#!/usr/bin/env python3
"""How long a fuzzer takes to find planted defects in process: with an empty corpus, and with corpus/ as the seed.

    fuzz/planted.py --fuzzer FOLDER/conformance [DEFECT ...]

Times are processor time of the fuzzer, which on a free core is the time that passes.
"""

import argparse
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

DEFECTS = [
    "page-drops-first", "item-without-key", "nested-objects-dropped", "update-clears-last-name", "first-value-only",
    "tags-lost-on-put", "fourth-object-not-listed", "delete-type-keeps-objects", "types-leak-between-domains",
    "secondary-is-primary", "compound-key-half", "refused-put-shows", "listing-consumes", "seventh-object-lost",
    "third-put-forgets", "seventh-update-lost", "leading-zeros-lost", "now-and-then-500", "untag-by-prefix",
]


def run(options, defect, seeds):
    environment = {**os.environ, "PROFILE_CONTRACT_DEFECT": defect, "RUST_BACKTRACE": "0"}
    environment.pop("PROFILE_CONTRACT_FINDINGS", None)
    with tempfile.TemporaryDirectory() as folder:
        corpus = os.path.join(folder, "corpus")
        os.mkdir(corpus)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        fuzzer = subprocess.run(
            [options.fuzzer, corpus, *seeds, f"-seed={options.seed}", f"-runs={options.runs}", "-max_len=8192",
             "-entropic=0", "-print_final_stats=1", f"-artifact_prefix={folder}/"],
            env=environment, capture_output=True, text=True, errors="replace", cwd=folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    executed = re.search(r"stat::number_of_executed_units: (\d+)", fuzzer.stderr)
    found = re.search(r"^ *rule +(\S+):", fuzzer.stderr, re.M)
    if not executed:
        sys.exit(f"{defect}: the fuzzer ended with {fuzzer.returncode}:\n{fuzzer.stderr[-2000:]}")
    return int(executed[1]), spent, found and found[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzzer", required=True, help="the binary of the target `conformance`")
    parser.add_argument("--runs", type=int, default=300000, help="the limit of executions of a run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("defects", nargs="*", default=DEFECTS)
    options = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    print("| defect | from nothing | from `corpus/` | rule |")
    print("|---|---|---|---|")
    for defect in options.defects:
        cells = []
        for seeds in ([], [root / "corpus"]):
            executed, spent, rule = run(options, defect, seeds)
            cells.append(f"{executed:,} executions, {spent:.1f} s" if rule else f"not in {executed:,}")
        print(f"| `{defect}` | {' | '.join(cells)} | {rule or ''} |", flush=True)


main()
