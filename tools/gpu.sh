#!/usr/bin/env bash
# Train the band separator on a machine that has a GPU, python3, torch and numpy, and no network.
#
#   tools/gpu.sh prepare FACES VOICES NOISE    here: fill gpu/ with the pack and missing packages
#   tools/gpu.sh run OUT [SECONDS] [BEGIN]     there, from the repository's root
#
# `gpu/` is what has to travel beside the tree; git ignores it. MIB (by default 29) and KBIT (14)
# say how large the pack may be and how its voices are coded, small enough to be sent again and
# again; MIB=0 keeps all. OUT/separator.safetensors is the result; `avsep assemble` joins it with
# the lip reader. RECIPE=weights/bands.toml rehearses all of it on a processor, and --pack finds
# gpu/voices.pack whatever the recipe says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

prepare() {
    mkdir -p gpu/wheels
    "${AVSEP:-.venv/bin/avsep}" pack "$1" "$2" "$3" --size "${MIB:-29}" --kbit "${KBIT:-14}" \
        --in-step "${IN_STEP:-grid,javanese,lrw-ar}" --output gpu/voices.pack
    "${PIP:-.venv/bin/pip}" download --quiet --no-deps --only-binary=:all: \
        --python-version "${PYTHON_THERE:-3.12}" \
        --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
        --dest gpu/wheels soundfile cffi pycparser safetensors einops
    du -sh gpu
}

run() {
    local out=$1 seconds=${2:-470} begin=${3:-} recipe=${RECIPE:-weights/bands-gpu.toml}
    local python=${PYTHON:-python3}
    "$python" -m pip install --quiet --no-index --find-links gpu/wheels \
        soundfile safetensors einops
    if command -v nvidia-smi >/dev/null; then nvidia-smi -L; fi
    # The clock within ends the run; this one ends what hangs.
    timeout $((${seconds%.*} + 240)) "$python" tools/train_separator.py "$recipe" "$out" \
        --pack gpu/voices.pack --self-test --seconds "$seconds" ${begin:+--begin "$begin"}
    rm -f "$out/separator.state"  # large, and not needed: BEGIN goes on from the weights
    cat "$out/separator.jsonl"
}

case ${1:-} in
prepare) shift && prepare "$@" ;;
run) shift && run "$@" ;;
*) sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
esac
