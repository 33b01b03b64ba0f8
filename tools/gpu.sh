#!/usr/bin/env bash
# Train the band separator on a machine that has a GPU, python3, torch and numpy, and no network.
#
#   tools/gpu.sh prepare FACES VOICES NOISE    here: fill gpu/ with the pack and missing packages
#   tools/gpu.sh run OUT [SECONDS] [BEGIN]     there, from the repository's root
#
# `gpu/` is what has to travel beside the tree; git ignores it. OUT/separator.safetensors comes
# back; `avsep assemble` joins it with the lip reader.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prepare() {
    mkdir -p gpu/wheels
    "${AVSEP:-.venv/bin/avsep}" pack "$1" "$2" "$3" --size "${MIB:-29}" --kbit "${KBIT:-14}" \
        --in-step "${IN_STEP:-grid,javanese,lrw-ar}" --output gpu/voices.pack
    "${PIP:-.venv/bin/pip}" download --quiet --no-deps --only-binary=:all: \
        --python-version "${PYTHON_THERE:-3.12}" --platform manylinux2014_x86_64 \
        --dest gpu/wheels soundfile cffi pycparser safetensors einops
    du -sh gpu .git weights examples
}

run() {
    local out=$1 seconds=${2:-470} begin=${3:-}
    local python=${PYTHON:-python3}
    "$python" -m pip install --quiet --no-index --find-links gpu/wheels \
        soundfile safetensors einops
    command -v nvidia-smi >/dev/null && nvidia-smi -L
    "$python" tools/train_separator.py weights/bands-gpu.toml "$out" --self-test
    # The clock within ends the run; this one ends what hangs.
    timeout $((${seconds%.*} + 100)) "$python" tools/train_separator.py weights/bands-gpu.toml \
        "$out" --seconds "$seconds" ${begin:+--begin "$begin"}
    rm -rf "$out/self-test" "$out/separator.state"  # too large to come back
    cat "$out/separator.jsonl"
}

case ${1:-} in
prepare) shift && prepare "$@" ;;
run) shift && run "$@" ;;
*) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac
