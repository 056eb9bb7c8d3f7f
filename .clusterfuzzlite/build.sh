#!/usr/bin/env bash
# Builds the fuzz targets into $OUT as OSS-Fuzz and ClusterFuzzLite want them: for each target a binary, a zip of seeds, a
# dictionary and options. Without docker:
#
#     OUT=/tmp/out FUZZ_FLAGS='--sanitizer none' .clusterfuzzlite/build.sh
#
# With PREBUILT=FOLDER the binaries are taken from there instead of being built.
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")"
# In the image the script lies beside the sources, in the repository within them.
[ -d "${SRC:-/nowhere}/profile-contract" ] && cd "$SRC/profile-contract" || cd ..
: "${OUT:?set OUT to the folder that binaries and seeds go to}"

# `endpoint` needs the address of a server and `own_service` is an example: neither has anything to do there.
targets="conformance wire case_text extract judge"
built=${PREBUILT:-fuzz/target/x86_64-unknown-linux-gnu/release}
if [ -z "${PREBUILT:-}" ]; then
    for target in $targets; do
        # Left out: tracing of comparisons, which only helps mutators of bytes, and takes a quarter of the time.
        # shellcheck disable=SC2086
        cargo fuzz build -O --debug-assertions --no-trace-compares ${FUZZ_FLAGS:-} "$target"
    done
fi

# Files by the names libFuzzer would give them, so that equal seeds of several folders are one.
seeds() {
    python3 - "$OUT/$1_seed_corpus.zip" "${@:2}" <<'PYTHON'
import hashlib, pathlib, sys, zipfile
out, *folders = sys.argv[1:]
seeds = {}
for folder in folders:
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            seeds[hashlib.sha1(data).hexdigest()] = data
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in sorted(seeds.items()):
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
print(f"{out}: {len(seeds)} seeds")
PYTHON
}

mkdir -p "$OUT"
for target in $targets; do
    cp "$built/$target" "$OUT/"
    printf '[libfuzzer]\nmax_len = 8192\nentropic = 0\n' >"$OUT/$target.options"
    case $target in
    conformance)
        seeds "$target" corpus
        # Memory grows with the inputs that are kept.
        echo 'use_counters = 0' >>"$OUT/$target.options"
        ;;
    wire | extract) seeds "$target" "fuzz/seeds/$target" ;;
    case_text | judge) seeds "$target" corpus ;;
    esac
    if [ -f "fuzz/dictionaries/$target.dict" ]; then
        cp "fuzz/dictionaries/$target.dict" "$OUT/"
        printf 'dict = %s.dict\n' "$target" >>"$OUT/$target.options"
    fi
done
