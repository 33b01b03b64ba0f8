"""Who is where and who speaks when, as other programs read it, made by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from avsep.faces.detectors import Face
from avsep.separation.talk import Talk
from fakes import face

# Frames, 25 a second.
SPEAKING = [((0, 20),), ((10, 30),)]


TWO = (face(120), face(40))


@pytest.fixture
def split(split_into, see_faces, monkeypatch):
    """Split a recording in which two people speak when `SPEAKING` says; the result's folder."""
    monkeypatch.setattr("avsep.separation.voices.listen", lambda *_: Talk(tuple(SPEAKING)))

    def run(source: Path, *words: object, faces=TWO) -> Path:
        see_faces(*faces)
        return split_into(source, *words)

    return run


def read_lines(folder: Path) -> list[dict]:
    (path,) = folder.glob("*.faces.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_face_in_every_frame_is_a_line_from_left_to_right(split, clip):
    lines = read_lines(split(clip, "--faces", "--speakers", "Zoë=1,Ben=2"))
    assert [(line["frame"], line["number"], line["name"]) for line in lines] == [
        (frame, *who) for frame in range(50) for who in ((1, "Zoë"), (2, "Ben"))
    ]
    assert all(line["time"] == line["frame"] / 25 for line in lines)
    for line in lines:
        seen = face(40 if line["number"] == 1 else 120)
        assert line["box"] == pytest.approx(seen.box.tolist(), abs=0.1)
        assert np.array(line["points"]) == pytest.approx(seen.points, abs=0.1)
        ((start, stop),) = SPEAKING[line["number"] - 1]
        assert line["speaking"] is (start <= line["frame"] < stop)


def test_boxes_are_in_pixels_of_the_picture_as_it_is_shown(split, wide_clip):
    lines = read_lines(split(wide_clip, "--faces"))  # stored 120x90, shown 160x90
    assert max(line["box"][2] for line in lines) == 140
    manifest = json.loads((split(wide_clip, "--force", "--faces") / "manifest.json").read_text())
    assert manifest["source"]["width"] == 160
    assert [speaker["box"] for speaker in manifest["speakers"]] == [
        [round(edge) for edge in lines[number]["box"]] for number in (0, 1)
    ]


def test_of_whom_no_voice_was_asked_nothing_is_said_of_speaking(split, clip, monkeypatch):
    monkeypatch.setattr("avsep.separation.voices.listen", lambda *_: Talk(tuple(SPEAKING[1:])))
    lines = read_lines(split(clip, "--faces", "--speakers", "Ben=2"))
    told = {(line["number"], line["name"], line["speaking"]) for line in lines}
    assert told == {(1, "speaker-1", None), (2, "Ben", True), (2, "Ben", False)}


def test_a_face_that_was_left_out_is_nobody_s(split, clip):
    small = Face(*(part / 4 for part in (face(320).box, face(320).points)), 0.99)
    lines = read_lines(split(clip, "--faces", faces=(face(40), face(130), small)))
    assert sum(line["number"] is None for line in lines) == 50
    nobody = [line for line in lines if line["number"] is None]
    assert {(line["name"], line["speaking"]) for line in nobody} == {(None, None)}


def test_files_of_a_whole_recording_say_in_which_ranges_was_listened(split, make_media):
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=6")
    tone = ("-f", "lavfi", "-i", "sine=sample_rate=16000:duration=6")
    source = make_media("long.mkv", *picture, *tone, "-c:v", "libx264", "-c:a", "flac")
    ranges = ("--range", "1-2", "--range", "4-5.5")
    folder = split(source, "--diarization", "--whole", *ranges)
    assert (folder / "long.uem").read_text().splitlines() == [
        "long 1 1.000 2.000",
        "long 1 4.000 5.500",
    ]


def read_turns(path: Path) -> list[tuple[float, float, str]]:
    fields = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    assert {(len(row), row[0], row[1], row[2]) for row in fields} == {
        (10, "SPEAKER", path.name.partition(".")[0], "1")
    }
    return [(float(row[3]), float(row[4]), row[7]) for row in fields]


def test_one_speaker_at_a_time_is_told_and_from_when_to_when_was_listened(split, clip):
    folder = split(clip, "--diarization")
    assert read_turns(folder / "clip.rttm") == [
        (0.0, 0.8, "speaker-1"),
        (0.4, 0.8, "speaker-2"),
    ]
    alone = read_turns(folder / "clip.exclusive.rttm")
    assert sum(length for _, length, _ in alone) == pytest.approx(1.2)
    ends = [start + length for start, length, _ in alone]
    assert all(stop <= start + 1e-9 for stop, (start, _, _) in zip(ends, alone[1:], strict=False))
    # Who is louder in the files keeps the middle.
    powers = []
    for name in ("speaker-1", "speaker-2"):
        sound, rate = soundfile.read(folder / f"{name}.wav")
        powers.append(float(np.square(sound[: round(1.2 * rate)]).mean()))
    middle = next(who for start, length, who in alone if start <= 0.6 < start + length)
    assert middle == f"speaker-{1 + int(np.argmax(powers))}"
    assert (folder / "clip.uem").read_text() == "clip 1 0.000 2.000\n"
    files = json.loads((folder / "manifest.json").read_text())["files"]
    assert {"clip.exclusive.rttm", "clip.uem"} <= {file["file"] for file in files}
