#!/usr/bin/env python3
"""What guidance by answers is worth: executions until a fuzzer finds planted defects of a remote server, with and without.

    fuzz/guidance.py --server target/release/profile-contract --fuzzer FOLDER/endpoint [DEFECT ...]

With --seeded the fuzzer knows the corpus, all but the cases that show the defect, as it would with a defect that nobody
thought of; else it begins with nothing, and has to find out for itself what a server can be asked. For each defect and each
seed of chance a server with that defect (`serve --defect`) is fuzzed from there once with each guide (PROFILE_CONTRACT_BLIND):
answers; counters, where answers decide what is kept, but no change begins with what led deepest; nothing, where no input is
kept, not even a seed; and chance, which keeps as many inputs as answers would, whatever was answered. All change inputs in the
same way. The fuzzer should be built without instrumentation (`cargo build --release` in fuzz/), so that answers are all that can
guide it. Executions are counted once the corpus has been read. A run that finds nothing counts with the limit. The order of the
guides rotates, one run at a time unless --jobs says otherwise.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "corpus"

DEFECTS = [
    "seventh-object-lost", "seventh-update-lost", "seventh-key-lost", "third-put-forgets", "listing-consumes",
    "fourth-object-not-listed", "untag-by-prefix", "second-update-ignored", "refused-put-shows", "profile-content-stale",
]


GUIDES = ["answers", "counters", "nothing", "chance"]


@contextlib.contextmanager
def served(options, defect):
    """The address of a server with a defect."""
    server = subprocess.Popen(
        [options.server, "serve", "--listen", "127.0.0.1:0", "--defect", defect],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield server.stdout.readline().strip().removeprefix("listening on ")
    finally:
        server.kill()
        server.wait()


def seeds_without(options, defect, folder):
    """Fills a folder with the cases of the corpus that do not show a defect, if there are to be seeds, and returns how many there are."""
    seeds = os.path.join(folder, "seeds")
    os.makedirs(seeds)
    if not options.seeded:
        return 0
    report = os.path.join(folder, "report.json")
    with served(options, defect) as address:
        subprocess.run([options.server, "check", "--endpoint", address, "--cases", "0", "--quiet", "--report", f"json={report}"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    fine = [case["name"] for case in json.load(open(report))["cases"] if case["outcome"] == "conforms"]
    for name in fine:
        shutil.copy(CORPUS / f"{name}.case", os.path.join(seeds, name.replace("/", "--")))
    return len(fine)


def run(options, seeds, defect, seed, guide):
    """Executions and seconds until the defect was found; None for executions if it was not."""
    with served(options, defect) as address:
        environment = {**os.environ, "PROFILE_CONTRACT_ENDPOINT": address, "RUST_BACKTRACE": "0"}
        environment.pop("PROFILE_CONTRACT_BLIND", None)
        environment.pop("PROFILE_CONTRACT_FINDINGS", None)
        if guide != "answers":
            environment["PROFILE_CONTRACT_BLIND"] = guide
        with tempfile.TemporaryDirectory() as folder:
            corpus = os.path.join(folder, "corpus")
            os.mkdir(corpus)
            began = time.monotonic()
            fuzzer = subprocess.run(
                [options.fuzzer, corpus, seeds, f"-seed={seed}", f"-runs={options.runs + len(os.listdir(seeds))}", "-max_len=8192",
                 "-entropic=1", "-use_counters=0", "-print_final_stats=1",
                 f"-artifact_prefix={folder}/"],
                env=environment, capture_output=True, text=True, errors="replace", cwd=folder)
            took = time.monotonic() - began
    executed = re.search(r"stat::number_of_executed_units: (\d+)", fuzzer.stderr)
    found = "the target violates the contract" in fuzzer.stderr
    if not executed or not found and fuzzer.returncode != 0:
        sys.exit(f"{defect}, seed {seed}: the fuzzer ended with {fuzzer.returncode}:\n{fuzzer.stderr[-2000:]}")
    read = re.search(r"^#(\d+)\s+INITED", fuzzer.stderr, re.M)
    after = int(executed[1]) - (int(read[1]) if read else int(executed[1]))
    return (max(1, after) if found else None), took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the profile-contract binary")
    parser.add_argument("--fuzzer", required=True, help="the binary of the target `endpoint`")
    parser.add_argument("--runs", type=int, default=20000, help="the limit of executions of a run")
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds of chance")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seeded", action="store_true", help="begin with the corpus")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs at a time")
    parser.add_argument("--json", help="a file that every run goes to, one a line; those in it are not run again")
    parser.add_argument("--guides", nargs="+", choices=GUIDES, default=GUIDES, help="what to compare")
    parser.add_argument("defects", nargs="*", default=DEFECTS)
    options = parser.parse_args()
    options.fuzzer = os.path.abspath(options.fuzzer)

    done = {}
    if options.json and os.path.exists(options.json):
        for line in open(options.json):
            known = json.loads(line)
            done[known["defect"], known["seed"], known["guide"]] = known["executions"], known["seconds"]

    def one(task):
        result = run(options, seeds[task[0]], *task)
        done[task] = result
        if options.json:
            with open(options.json, "a") as file:
                defect, seed, guide = task
                file.write(json.dumps({"defect": defect, "seed": seed, "guide": guide, "executions": result[0],
                                       "seconds": round(result[1], 1)}) + "\n")

    guides = options.guides
    chosen = range(options.first, options.first + options.seeds)
    tasks = [(defect, seed, guides[(seed + turn) % len(guides)]) for seed in chosen
             for defect in options.defects for turn in range(len(guides))]
    tasks = [task for task in tasks if task not in done]
    seeds = {}
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for defect in sorted({defect for defect, _, _ in tasks}):
            folder = os.path.join(scratch, defect)
            count = seeds_without(options, defect, folder)
            seeds[defect] = os.path.join(folder, "seeds")
            print(f"{defect}: {count} seeds", file=sys.stderr)
        list(pool.map(one, tasks))

    print(f"| defect | {' | '.join(f'{guide}: median | found' for guide in guides)} |")
    print("|---" * (1 + 2 * len(guides)) + "|")
    for defect in options.defects:
        cells = []
        for guide in guides:
            runs = [done[defect, seed, guide][0] for seed in chosen]
            median = statistics.median(options.runs if run is None else run for run in runs)
            beyond = "> " if median >= options.runs else ""
            cells += [f"{beyond}{median:,.0f}", f"{sum(run is not None for run in runs)} of {options.seeds}"]
        print(f"| `{defect}` | {' | '.join(cells)} |")



main()
