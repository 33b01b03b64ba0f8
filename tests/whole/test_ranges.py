"""Parts of a recording through the command line: the right samples, stamped, and nothing lost."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.media.ffmpeg import find_tool
from avsep.separation.talk import Talk
from fakes import face

RATE = 44_100
NOISE = "anoisesrc=sample_rate=44100:duration=16:seed={}:amplitude=0.1"
MOVING = "testsrc2=size=160x120:rate={}:duration=16"


@pytest.fixture
def split(try_split, see_faces):
    """Run `avsep split` where two faces are seen in every frame."""
    see_faces(face(40), face(120))
    return try_split


def make(make_media, name: str, rate: str = "25", *, seed: int = 1, more=()) -> Path:
    """16 s of moving pictures and noise whose sound begins with them."""
    pictures = ("-f", "lavfi", "-i", MOVING.format(rate))
    sound = ("-f", "lavfi", "-i", NOISE.format(seed))
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-pix_fmt", "yuv420p")
    return make_media(name, *pictures, *sound, *h264, *more)


@pytest.fixture(scope="session")
def debate(make_media) -> Path:
    return make(make_media, "debate.mkv", more=("-c:a", "flac"))


@pytest.fixture(scope="session")
def coded(make_media) -> Path:
    """29.97 frames a second from ten o'clock on, in drop-frame time code."""
    stamp = ("-timecode", "10:00:00;00", "-c:a", "aac")
    return make(make_media, "coded.mov", "30000/1001", more=stamp)


def read(path: str | Path) -> np.ndarray:
    return soundfile.read(path, always_2d=True)[0]


def manifest(folder: str) -> dict:
    return json.loads((Path(folder) / "manifest.json").read_text())


def snapshot(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("kind", ["mkv", "mp4", "ts"])
def test_a_range_is_that_stretch_of_the_whole_to_the_sample(split, debate, make_media, kind):
    source = debate
    if kind != "mkv":
        coder = ("-c:v", "copy", "-c:a", "aac")
        source = make_media(f"debate.{kind}", "-i", debate, *coder)
    assert split(source, "-o", "whole").exit_code == 0
    done = split(source, "--from", "9.013", "--to", "0:10.5")
    assert done.exit_code == 0, done.output
    start, stop = round(9.013 * RATE), round(10.5 * RATE)
    for name in ("speaker-1", "speaker-2", "rest"):
        whole, part = (
            read(f"whole/debate/{name}.wav"),
            read(f"voices/debate@0m09.013s-0m10.5s/{name}.wav"),
        )
        assert len(part) == stop - start
        assert np.abs(part).max() > 0.01
        assert np.abs(part - whole[start:stop]).max() < 1e-5


def test_voices_and_rest_of_a_range_are_the_recording_there(split, debate):
    assert split(debate, "--range", "3-3.5").exit_code == 0
    folder = Path("voices/debate@0m03s-0m03.5s")
    total = sum(read(folder / f"{name}.wav") for name in ("speaker-1", "speaker-2", "rest"))
    decoded = decode(debate)
    assert np.abs(total[:, 0] - decoded[3 * RATE : round(3.5 * RATE)]).max() < 1e-6


def decode(path: Path) -> np.ndarray:
    command = [find_tool("ffmpeg"), "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4")


def test_drop_frame_time_code_counts_as_the_clock_does(split, coded):
    done = split(coded, "--from", "10:00:02;00", "--to", "10:00:03:15", "--video")
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    assert folder.name == "coded@10.00.02.00-10.00.03.15"
    start, stop = (Fraction(frames * 1001, 30_000) for frames in (60, 105))
    assert manifest(folder)["ranges"] == [
        [pytest.approx(float(start)), pytest.approx(float(stop))]
    ]
    assert manifest(folder)["time_code"] == "10:00:02;00"
    part, sound = read(folder / "rest.wav"), decode(coded)
    assert len(part) == round(stop * RATE) - round(start * RATE)
    voices = read(folder / "speaker-1.wav") + read(folder / "speaker-2.wav")
    first = round(start * RATE)
    assert np.abs((part + voices)[:, 0] - sound[first : first + len(part)]).max() < 1e-6
    assert "10:00:02;00" in probe(folder / "speaker-1.mov", "stream_tags=timecode")


def probe(path: Path, entries: str) -> str:
    command = [find_tool("ffprobe"), "-v", "error", "-show_entries", entries, "-of", "csv=p=0"]
    return subprocess.run([*command, path], capture_output=True, text=True, check=True).stdout


def test_what_a_container_says_of_the_whole_is_not_said_of_a_range(split, make_media, debate):
    how = ("-c", "copy", "-metadata", "timecode=10:00:00:00")
    done = split(make_media("whole.mkv", "-i", debate, *how), "--range", "2-3", "--mkv", "--video")
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    assert manifest(folder)["time_code"] == "10:00:02:00"
    for path in (*folder.glob("*.mkv"), *folder.glob("*.mp4")):
        codes = probe(path, "stream_tags=timecode:format_tags=timecode").split()
        assert set(codes) == {"10:00:02:00"}


def test_time_code_across_a_minute_leaves_out_two_numbers(split, coded):
    # 10:00:59;28 + 4 frames is 10:01:00;04; the recording ends before, and is said to.
    done = split(coded, "--from", "10:00:59;28", "--to", "10:01:00;04", "--dry-run")
    assert done.exit_code == 1
    assert "goes beyond" in done.stderr
    done = split(coded, "--from", "10:00:02:00", "--to", "10:01:00;01", "--dry-run")
    assert "there is no time code 10:01:00;01" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "01:00:00:00"], "has no time code, so 01:00:00:00 can't be found in it"),
        (["--from", "10", "--to", "17:00"], "lasts 0:16.0, and the range 0:10-17:00 goes beyond"),
        (["--range", "16:05-end"], "goes beyond"),
    ],
)
def test_a_range_that_is_not_there_is_refused(split, debate, words, said):
    done = split(debate, *words)
    assert done.exit_code == 1
    assert said in " ".join(done.stderr.split())
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["--from", "3", "--to", "2"],
        ["--range", "7"],
        ["--range", "1:75-2:00"],
        ["--from", "soon"],
        ["--from", "3", "--range", "1-2"],
        ["--handles", "2s"],
        ["--from", "3", "--handles", "long"],
        ["--whole"],
    ],
)
def test_a_range_that_means_nothing_is_wrong_usage(split, debate, words):
    assert split(debate, *words).exit_code == 2


def test_several_ranges_are_jobs_of_their_own_and_finished_ones_are_skipped(split, debate):
    assert split(debate, "--range", "1-2").exit_code == 0
    before = snapshot(Path("voices"))
    done = split(debate, "--range", "0:01-0:02", "--range", "12-13", "--json")
    assert done.exit_code == 0, done.output
    states = {entry["output"]: entry["state"] for entry in json.loads(done.stdout)}
    assert states == {
        "voices/debate@0m01s-0m02s": "skipped",
        "voices/debate@0m12s-0m13s": "done",
    }
    after = snapshot(Path("voices"))
    assert {name: after[name] for name in before} == before
    assert split(debate).exit_code == 0
    assert manifest("voices/debate")["ranges"] == []


def test_other_handles_do_not_overwrite_a_range(split, debate):
    assert split(debate, "--range", "5-6").exit_code == 0
    before = snapshot(Path("voices"))
    done = split(debate, "--range", "5-6", "--handles", "1s")
    assert done.exit_code == 1
    assert "was made with other options (handles)" in " ".join(done.stderr.split())
    assert snapshot(Path("voices")) == before


def test_handles_go_as_far_as_the_recording_does(split, debate):
    assert (
        split(debate, "--range", "1-2", "--range", "14-15.5", "--handles", "1500ms").exit_code == 0
    )
    early, late = manifest("voices/debate@0m01s-0m02s"), manifest("voices/debate@0m14s-0m15.5s")
    assert (early["start"], early["duration"]) == (0, 3.5)
    assert (late["start"], late["duration"]) == (12.5, pytest.approx(3.5, abs=0.02))


def test_whole_files_are_silent_outside_the_ranges(split, debate):
    assert split(debate, "-o", "all").exit_code == 0
    done = split(debate, "--range", "2-3.01", "--range", "12-13", "--whole")
    assert done.exit_code == 0, done.output
    heard = np.zeros(16 * RATE, bool)
    heard[2 * RATE : round(3.01 * RATE)] = heard[12 * RATE : 13 * RATE] = True
    for name in ("speaker-1", "rest"):
        whole, part = read(f"all/debate/{name}.wav"), read(f"voices/debate/{name}.wav")
        assert len(part) == len(whole)
        assert not part[~heard].any()
        assert np.abs(part[heard] - whole[heard]).max() < 1e-5
    seen = manifest("voices/debate")["speakers"][0]["seen"]
    assert seen == [[2, 3], [12, 13]]


def test_nobody_speaks_where_whole_files_are_silent(split, debate, monkeypatch):
    monkeypatch.setattr(
        "avsep.separation.voices.listen", lambda *_: Talk((((40, 80), (300, 400)), ()))
    )
    done = split(debate, "--range", "2-3", "--range", "12-13", "--whole")
    assert done.exit_code == 0, done.output
    assert manifest("voices/debate")["speakers"][0]["speaking"] == [[2, 3], [12, 13]]


@pytest.mark.parametrize(("start", "stop"), [("1", "3"), ("12", "14"), ("11.02", "13.02")])
def test_turns_of_a_range_count_from_where_its_files_begin(
    split, debate, monkeypatch, start, stop
):
    monkeypatch.setattr(
        "avsep.separation.voices.listen", lambda *_: Talk((((0, 20), (30, 50)), ()))
    )
    done = split(debate, "--from", start, "--to", stop)
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    assert manifest(folder)["speakers"][0]["speaking"] == [[0, 0.8], [1.2, 2]]


@pytest.mark.parametrize(("start", "stop", "frames"), [("1.01", "2.99", 50), ("1", "3", 50)])
def test_a_video_of_a_range_has_no_frame_more_than_that(split, debate, start, stop, frames):
    done = split(debate, "--from", start, "--to", stop, "--video")
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    command = [find_tool("ffprobe"), "-v", "error", "-count_packets", "-select_streams", "v"]
    command += ["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"]
    done = subprocess.run(
        [*command, folder / "speaker-1.mkv"], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.strip().strip(",")) == frames


def name_colour(portraits):
    """What tells the two of `test_somebody_has_one_number_in_all_ranges` apart."""
    means = np.stack([portrait.reshape(-1, 3).mean(0) for portrait in portraits])
    return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


def test_somebody_has_one_number_in_all_ranges(split, make_media, monkeypatch):
    """Blue is alone on the right at first; in the second range red is on the left too."""

    def detect(image):
        is_late = image[5, 5].mean() > 60
        return [face(40), face(120)] if is_late else [face(120)]

    monkeypatch.setattr("avsep.kit.load_detector", lambda *_: detect)
    monkeypatch.setattr("avsep.kit.load_embedder", lambda *_: name_colour)
    boxes = [
        "drawbox=w=80:color=red:t=fill",
        "drawbox=x=80:w=80:color=blue:t=fill",
        "drawbox=w=10:h=10:color=black:t=fill:enable='lt(t,8)'",
        "noise=alls=40:allf=t",
    ]
    pictures = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=25:duration=16")
    sound = ("-f", "lavfi", "-i", NOISE.format(2))
    more = ("-vf", ",".join(boxes), "-c:v", "libx264", "-crf", "5", "-c:a", "flac")
    target = make_media("colours.mkv", *pictures, *sound, *more)
    first, second = "colours@0m00.5s-0m01s", "colours@0m15s-0m15.5s"
    done = split(target, "--range", "0.5-1", "--range", "15-15.5")
    assert done.exit_code == 0, done.output
    numbers = [
        {who["number"]: who["box"][0] for who in manifest(f"voices/{name}")["speakers"]}
        for name in (first, second)
    ]
    assert numbers == [{1: 100}, {1: 100, 2: 20}]


def test_faces_of_a_range_are_shown_in_times_of_the_recording(split, debate):
    done = CliRunner().invoke(app, ["faces", str(debate), "--range", "3-4.2", "--json"])
    assert done.exit_code == 0, done.output
    assert [who["seen"] for who in json.loads(done.stdout)["speakers"]] == [[[3, 4.2]]] * 2


def test_a_video_of_a_range_shows_what_was_shown_then(split, debate):
    assert split(debate, "--range", "9-9.52", "--video", "--mkv", "--report").exit_code == 0
    folder = Path("voices/debate@0m09s-0m09.52s")
    expected = frames(debate)[225:238]
    for name in ("speaker-1.mkv", "debate.voices.mkv"):
        shown = frames(folder / name)
        assert len(shown) == 13
        apart = [np.abs(a.astype(int) - b).mean() for a, b in zip(shown, expected, strict=True)]
        assert max(apart) < 3
    assert "00:00:09:00" in probe(folder / "speaker-1.mkv", "stream_tags=timecode")
    original = decode(folder / "debate.voices.mkv")
    assert np.abs(original - decode(debate)[9 * RATE : 9 * RATE + len(original)]).max() < 1e-4


def frames(path: Path) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(path))
    found = []
    while (shown := video.read())[0]:
        found.append(shown[1])
    return found


def test_ranges_stand_in_a_file_of_settings_and_the_command_line_is_stronger(split, debate):
    Path("mine.toml").write_text('range = ["1-2", "5-6.5"]\nhandles = "0.5"\n')
    assert split(debate, "--settings", "mine.toml").exit_code == 0
    assert [path.name for path in sorted(Path("voices").iterdir()) if path.is_dir()] == [
        "debate@0m01s-0m02s",
        "debate@0m05s-0m06.5s",
    ]
    assert manifest("voices/debate@0m05s-0m06.5s")["ranges"] == [[4.5, 7]]
    done = split(debate, "--settings", "mine.toml", "--from", "8", "--to", "9", "-o", "other")
    assert done.exit_code == 0, done.output
    assert [path.name for path in Path("other").iterdir()] == ["debate@0m08s-0m09s"]


def test_names_of_the_whole_recording_are_given_to_nobody_in_a_range(split, debate):
    """Who is the first in a range may be somebody else in the whole."""
    target = Path("debate.mkv")
    target.write_bytes(debate.read_bytes())
    assert split(target, "--names", "ANNA=1", "-o", "all").exit_code == 0
    kept = Path("avsep.toml").read_bytes()
    done = split(target, "--range", "1-2")
    assert "counted anew in ranges" in " ".join(done.stderr.split())
    names = [who["name"] for who in manifest("voices/debate@0m01s-0m02s")["speakers"]]
    assert names == ["speaker-1", "speaker-2"]
    assert split(target, "--range", "3-4", "--names", "BEN=1").exit_code == 0
    names = [who["name"] for who in manifest("voices/debate@0m03s-0m04s")["speakers"]]
    assert names == ["BEN", "speaker-2"]
    assert Path("avsep.toml").read_bytes() == kept


def test_sounds_of_a_range_are_stamped_with_their_start(split, debate, coded):
    """Bext counts samples from midnight to the first one, as Python's struct reads it."""
    assert split(coded, "--range", "3.3333-4").exit_code == 0
    assert split(debate, "--range", "3.3333-4").exit_code == 0
    start = round(3.3333 * RATE)
    # Drop-frame 10:00:00;00 is frame 1 078 920 of 30000/1001 a second; the sample after it.
    code = -(-1_078_920 * 1001 * RATE // 30_000)
    assert read_time_reference("voices/coded@0m03.3333s-0m04s/speaker-1.wav") == code + start
    assert read_time_reference("voices/debate@0m03.3333s-0m04s/rest.wav") == start


def read_time_reference(path: str) -> int:
    content = Path(path).read_bytes()
    place = content.index(b"bext") + 8 + 256 + 32 + 32 + 10 + 8
    return int.from_bytes(content[place : place + 8], "little")


def test_the_timeline_of_a_range_shows_that_part_of_the_file(split, coded):
    done = split(coded, "--from", "10:00:02;00", "--to", "10:00:04;00", "--timeline")
    assert done.exit_code == 0, done.output
    (folder,) = Path("voices").iterdir()
    xml = ElementTree.parse(folder / "coded.xml")  # noqa: S314 - our own
    clip = xml.find(".//video/track/clipitem")
    assert (clip.findtext("in"), clip.findtext("out")) == ("60", "120")
    assert clip.findtext("file/timecode/string") == "10:00:00;00"
    sound = xml.find(".//audio/track/clipitem")
    assert (sound.findtext("in"), sound.findtext("out")) == ("0", "60")
    timeline = otio.adapters.read_from_file(str(folder / "coded.otio"))
    (shown,) = timeline.tracks[0]
    before = shown.source_range.start_time - shown.media_reference.available_range.start_time
    assert (before.value, shown.source_range.duration.value) == (60, 60)


@pytest.fixture(scope="session")
def heated(make_media) -> Path:
    """60 s: the left mouth moves up to 40 s, the right one from 25 to 45 s."""
    lips = "color=gray:size=40x50:rate=25:duration=60,noise=alls=90:allf=t"
    inputs = ("-f", "lavfi", "-i", "color=gray:size=160x120:rate=25:duration=60")
    inputs += ("-f", "lavfi", "-i", lips, "-f", "lavfi", "-i", lips)
    inputs += ("-f", "lavfi", "-i", NOISE.format(3).replace("duration=16", "duration=60"))
    laid = "[0][1]overlay=20:25:enable='lt(t,40)'[a];"
    laid += "[a][2]overlay=100:25:enable='between(t,25,45)'[v]"
    maps = ("-filter_complex", laid, "-map", "[v]", "-map", "3:a", "-c:a", "flac")
    return make_media("heated.mkv", *inputs, *maps, "-c:v", "libx264", "-preset", "ultrafast")


def test_a_preview_is_made_of_the_densest_crosstalk(split, heated):
    done = split(heated, "--preview")
    assert done.exit_code == 0, done.output
    assert "voices/heated@preview/report.html" in "".join(done.stderr.split())
    assert Path("voices/heated@preview/report.html").is_file()
    ((start, stop),) = manifest("voices/heated@preview")["ranges"]
    assert stop - start == 20
    assert start <= 25
    assert stop >= 40
    assert len(read("voices/heated@preview/rest.wav")) == 20 * RATE
    assert split(heated, "--preview", "--json").stdout.count('"skipped"') == 1


def test_a_preview_of_a_short_recording_is_all_of_it(split, debate):
    assert split(debate, "--preview").exit_code == 0
    assert manifest("voices/debate@preview")["ranges"] == [[0, pytest.approx(16, abs=0.05)]]


def test_a_preview_chooses_its_range_itself(split, debate):
    assert split(debate, "--preview", "--from", "3").exit_code == 2
