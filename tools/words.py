"""How many words a recogniser gets wrong: of the voices found, the true ones, and the recording.

    python tools/words.py RESULT SCENE --recogniser SIZE|FOLDER [--json]

RESULT is a folder made by `avsep split`, SCENE the name of an example, whose sentences stand in
`scenes.toml`. The recogniser hears the same stretches of all three, those in which `avsep split`
found that the speaker speaks. Word error rate in per cent; less is better.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from pathlib import Path

import jiwer

from avsep import AvsepError
from avsep.media.probing import probe
from avsep.media.reading import extract_audio
from avsep.media.sound import measure_file
from avsep.outputs.manifest import read_manifest
from avsep.separation.stems import RECOGNISER_RATE
from avsep.speech.captions import Recogniser, cut_stretches, transcribe
from avsep.speech.whisper import load_recogniser
from avsep.timeline import FRAME_RATE

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
SIDES = ("left", "right")
# A sentence's code is the initials of its words, the letter and the digit.
GRID = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {},
    {"z": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six"}
    | {"7": "seven", "8": "eight", "9": "nine"},
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
DIGITS = {"0": "zero"} | GRID[4]


def spell(code: str) -> str:
    """The sentence of a code."""
    return " ".join(words.get(letter, letter) for words, letter in zip(GRID, code, strict=True))


def read_texts(scene: str) -> list[str]:
    """What the left and the right speaker say in a scene."""
    scenes = tomllib.loads((HERE / "scenes.toml").read_text(encoding="utf-8"))["scenes"]
    (found,) = (each for each in scenes if each["name"] == scene)
    return [
        " ".join(spell(take["say"].partition("-")[2]) for take in found[side] if "say" in take)
        for side in SIDES
    ]


def normalise(text: str) -> str:
    """Words without punctuation, numbers spelt out digit by digit."""
    plain = re.sub(r"[^a-z0-9' ]+", " ", text.lower())
    spelt = re.sub(r"\d", lambda digit: f" {DIGITS[digit[0]]} ", plain)
    return " ".join(spelt.split())


def hear(sound: Path, speaking: list[list[float]], recognise: Recogniser) -> str:
    """What the recogniser hears in the stretches of a speaker."""
    spans = [(round(start * FRAME_RATE), round(stop * FRAME_RATE)) for start, stop in speaking]
    captions = transcribe(sound, cut_stretches(spans, measure_file(sound)), recognise)
    return normalise(" ".join(caption.text for caption in captions))


def narrow(source: Path, folder: Path) -> Path:
    """A recording's sound as recognisers take it."""
    target = folder / f"{source.stem}.wav"
    extract_audio(probe(source), target, RECOGNISER_RATE, mono=True)
    return target


def compare(result: Path, scene: str, recognise: Recogniser) -> list[dict[str, object]]:
    """For each speaker, the word error rates of the true voice, the one found, the recording."""
    manifest = read_manifest(result)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        mixture = narrow(EXAMPLES / f"{scene}.mp4", Path(folder))
        for number, (speaker, said) in enumerate(
            zip(manifest["speakers"], read_texts(scene), strict=True), 1
        ):
            truth = narrow(EXAMPLES / f"{scene}.truth" / f"speaker-{number}.flac", Path(folder))
            sounds = {
                "true voice": truth,
                "voice found": (result / speaker["file"]).with_suffix(".16k.wav"),
                "recording": mixture,
            }
            row: dict[str, object] = {"name": speaker["name"], "words": len(said.split())}
            for what, sound in sounds.items():
                heard = hear(sound, speaker["speaking"], recognise)
                row[what] = round(100 * jiwer.wer(said, heard), 1)
            rows.append(row)
    return rows


def main() -> None:
    """Print one line for each speaker."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("result", type=Path)
    parser.add_argument("scene")
    parser.add_argument("--recogniser", default="small")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        recognise = load_recogniser(options.recogniser, "en")
        rows = compare(options.result, options.scene, recognise)
    except AvsepError as error:
        sys.exit(f"error: {error}\nhint: {error.hint}")
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    columns = list(rows[0])
    print(f"{columns[0]:14}" + "".join(f"{column:>13}" for column in columns[1:]))
    for row in rows:
        print(f"{row['name']:14}" + "".join(f"{row[column]:13}" for column in columns[1:]))


if __name__ == "__main__":
    main()
