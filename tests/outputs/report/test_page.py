"""The page, as a program reads it; people's eyes are served by tools/photograph.py."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import tempfile
import tracemalloc
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from avsep.faces.detectors import Face
from avsep.faces.faults import Fault
from avsep.faces.people import Dropped, LipClip, People, Person
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Track
from avsep.media.copies import SoundCopy, copy_sounds
from avsep.media.probing import probe
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.outputs.caveats import find_doubts
from avsep.outputs.report import page as report
from avsep.outputs.report.page import Line, Media, choose_ticks, render
from avsep.outputs.report.sounds import name_parts, write_parts
from avsep.outputs.report.waveform import COLUMNS, draw_shape, measure_shape
from avsep.pipeline import split
from avsep.separation.delay import Delay, Step
from avsep.separation.recording import Separation, Speaker
from avsep.separation.stems import VoiceFiles

POINTS = np.array([[14, 18], [26, 18], [20, 25], [15, 32], [25, 32]], np.float32)
NASTY = "<script>alert(1)<script>&\"'.mp4"


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def look(image) -> list[Face]:
    box = np.array([5, 5, 35, 45], np.float32)
    return [Face(box + move, POINTS + move[:2], 0.99) for move in np.float32([[0] * 4, [90] * 4])]


@pytest.fixture(scope="module")
def result(clip, tmp_path_factory, make_separator) -> Path:
    """The folder of a split recording with an awkward name, with its page."""
    folder = tmp_path_factory.mktemp("report")
    source = shutil.copy(clip, folder / NASTY)
    torch.manual_seed(0)
    save_model(SeparationNetwork(TINY), folder / "tiny.safetensors")
    separator = make_separator(folder / "tiny.safetensors", look)
    return split(source, folder / "out", separator, Options(report=True)).folder


@pytest.fixture(scope="module")
def page(result) -> Tags:
    return Tags((result / "report.html").read_text(encoding="utf-8"))


def person(mouths: Path, number: int, size: float = 1.0) -> Person:
    np.zeros((160, 160, 3), np.uint8).tofile(name_portrait(mouths))
    track = Track(
        number,
        0,
        np.tile(np.float32([5, 5, 35, 45]), (50, 1)),
        np.tile(POINTS * size, (50, 1, 1)),
        0,
    )
    return Person(number, (LipClip(track, mouths, 80),))


@pytest.fixture
def separation(clip, tmp_path) -> Separation:
    """A recording of one speaker, made without any network."""
    made = tmp_path / "made"
    made.mkdir()
    tone = np.sin(np.arange(2 * 16_000) * 0.1).astype(np.float32) / 4
    for path in (tmp_path / "mixture.wav", made / "a b.wav", made / "rest.wav"):
        soundfile.write(path, tone, 16_000)
    voices = [VoiceFiles(made / name, made / name) for name in ("a b.wav", "rest.wav")]
    speaker = Speaker("a b", person(tmp_path / "face", 1, 2.0), voices[0], ((0, 20),))
    people = People(speaker.person.clips, (), 50, ())
    mixture = tmp_path / "mixture.wav"
    return Separation(probe(clip), people, (speaker,), voices[1], mixture, made)


def test_the_page_stands_in_the_manifest(result):
    manifest = json.loads((result / "manifest.json").read_text())
    assert "report.html" in [file["file"] for file in manifest["files"]]
    assert len(list(result.glob("report*"))) == 1, (
        "a short recording needs nothing beside its page"
    )


def test_nothing_is_asked_of_a_network(page, result):
    for attributes in page.of("a", "audio", "video", "img", "link", "script", "source"):
        for name in {"src", "href", "poster", "srcset"} & attributes.keys():
            assert re.match(r"data:|[\w.-]+$", attributes[name]), attributes[name][:80]
    text = (result / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"""(?:https?:)?//[\w-]+\.""", re.sub(r"base64,[\w+/=]+", "", text))


def test_a_policy_forbids_whatever_else_might_run(page):
    (policy,) = [meta["content"] for meta in page.of("meta") if "http-equiv" in meta]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_names_are_shown_and_not_obeyed(page):
    assert [script.get("type") for script in page.of("script")] == ["application/json", None]
    assert page.text.count(NASTY) == 2  # title and heading
    (main,) = page.of("main")
    assert main["data-recording"] == NASTY


def test_names_of_speakers_are_escaped_everywhere(separation):
    nasty = '"><img src=x onerror=alert(1)>'
    seen = ((0.0, 1.0),)
    line = Line("1", nasty, nasty, "d", nasty, face="f", seen=seen, speaking=seen)
    tags = Tags(render(separation, [line, replace(line, key="r")], Media("p", 2.0)))
    assert {attributes.get("src") for attributes in tags.of("img")} == {"f", "d"}
    assert not any("onerror" in attributes for _, attributes in tags.tags)


def test_every_sound_can_be_heard_and_seen(page, result):
    text = (result / "report.html").read_text(encoding="utf-8")
    voices = [button["data-key"] for button in page.of("button") if button.get("class") == "voice"]
    assert voices == ["0", "m", "1", "2", "r"]
    assert [strip["data-key"] for strip in page.of("div") if strip.get("class") == "strip"] == [
        *"12r"
    ]
    (piece,) = re.findall(r'<script type="application/json" id="piece-0">(.*)</script>', text)
    sounds = {key: base64.b64decode(content) for key, content in json.loads(piece).items()}
    assert [*sounds] == [*"012r"]
    for content in sounds.values():
        heard, rate = soundfile.read(io.BytesIO(content))
        assert len(heard) / rate == pytest.approx(2, abs=0.1)
    (video,) = page.of("video")
    assert video["src"].startswith("data:video/mp4;base64,")
    drawings = [image for image in page.of("img") if image["src"].startswith("data:image/png")]
    assert [image["alt"].rsplit(" ", 1)[1] for image in drawings] == [
        "recording",
        "speaker-1",
        "speaker-2",
        "rest",
    ]


def test_everything_that_can_be_used_has_a_label(page):
    for attributes in page.of("input", "video"):
        assert attributes["aria-label"]
    assert all("alt" in image for image in page.of("img"))
    assert all(drawing["aria-label"] for drawing in page.of("svg") if "role" in drawing)


def test_a_long_recording_is_played_from_files_beside_the_page(separation):
    page, *beside = report.write_report(separation, most=1000)
    assert [path.name for path in beside] == ["report.mp4", "report.sounds-01.js"]
    assert all(path.parent == separation.folder and path.stat().st_size for path in beside)
    assert 'src="report.mp4"' in page.read_text()
    assert "OggS" not in page.read_text()


def test_half_an_hour_lies_in_scripts_of_five_minutes():
    assert name_parts(1800) == [f"report.sounds-0{number}.js" for number in range(1, 7)]
    pieces = iter([{"0": str(number)} for number in range(31)])
    with tempfile.TemporaryDirectory() as folder:
        first, second = write_parts(pieces, Path(folder))
        assert first.read_text().startswith('takePieces(0, [{"0": "0"}, ')
        assert second.read_text() == 'takePieces(1, [{"0": "30"}]);\n'


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_copy_is_as_loud_as_its_file(tmp_path, channels):
    tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(48_000) / 48_000)
    soundfile.write(tmp_path / "a.wav", np.stack([tone] * channels, 1), 48_000, "FLOAT")
    copy_sounds([SoundCopy(tmp_path / "a.wav", tmp_path / "a.ogg", span=(0.2, 0.8))])
    heard, rate = soundfile.read(tmp_path / "a.ogg")
    assert len(heard) == pytest.approx(0.6 * rate, abs=1)
    assert np.sqrt(2 * np.mean(heard[rate // 10 : -rate // 10] ** 2)) == pytest.approx(
        0.1, rel=0.03
    )


def test_small_faces_are_warned_of(separation, tmp_path):
    small = replace(separation.speakers[0], person=person(tmp_path / "face", 1, 0.9))
    assert find_doubts(separation) == []
    (warning,) = find_doubts(replace(separation, speakers=(small,)))
    assert "13 pixels" in warning


@pytest.mark.parametrize(("frames", "way"), [(5, "0.20 s late"), (-3, "0.12 s early")])
def test_a_delay_that_was_made_up_for_is_said(separation, frames, way):
    (warning,) = find_doubts(replace(separation, delay=Delay(frames)))
    assert way in warning


def test_who_alone_is_out_of_step_is_named(separation):
    name = separation.speakers[0].name
    number = separation.speakers[0].person.number
    own = {number: (Step(0, 6),), 99: (Step(0, 3),)}
    (late,) = find_doubts(replace(separation, delay=Delay(own=own)))
    assert f"0.24 s late against the lips of {name}." in late
    own = {number: (Step(0, 0),)}
    everybody, fits = find_doubts(replace(separation, delay=Delay(6, own=own)))
    assert "0.24 s late against the lips." in everybody
    assert f"in step with the lips of {name}" in fits


def test_a_delay_that_changes_is_told_with_its_times(separation):
    steps = [Step(100 * number, 2 * number) for number in range(6)]
    number = separation.speakers[0].person.number

    def tell(count):
        own = {number: tuple(steps[:count])}
        (told,) = find_doubts(replace(separation, delay=Delay(own=own)))
        return told

    assert ", and 0.08 s late from 0:04.0 on, and 0.16 s late from 0:08.0 on." in tell(3)
    assert ", changes 5 times, and 0.40 s late from 0:20.0 on." in tell(6)


def test_silent_people_and_faces_left_out_are_warned_of(separation, tmp_path):
    silent = replace(separation.speakers[0], speaking=())
    track = person(tmp_path / "face", 2).clips[0].track
    gone = Dropped(track, Fault("too small", "9 pixels from the eyes to the mouth"))
    people = replace(separation.people, dropped=(gone,))
    silence, lost = find_doubts(replace(separation, people=people, speakers=(silent,)))
    assert "never found to speak" in silence
    assert "0:02.0" in lost
    assert "too small" in lost


def test_a_tone_is_bright_at_its_frequency_and_silence_is_dark(tmp_path):
    time = np.arange(3 * 48_000) / 48_000
    tone = np.where(time < 1.5, np.sin(2 * np.pi * 1000 * time), 0).astype(np.float32)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 48_000, "FLOAT")
    shape = measure_shape(tmp_path / "tone.wav")
    assert shape.levels.shape == (256, COLUMNS)
    assert shape.levels[:, 200].argmax() * 8000 / 256 == pytest.approx(1000, abs=32)
    assert shape.levels[:, 200].max() == pytest.approx(0, abs=1)
    assert shape.peaks[200] == pytest.approx(1, abs=0.01)
    assert shape.levels[:, 1000].max() < -100
    assert shape.peaks[1000] == 0
    drawn = draw_shape(shape, shape)
    assert drawn.startswith(b"\x89PNG")
    assert drawn == draw_shape(shape, shape)


def test_a_long_sound_is_drawn_in_little_memory(tmp_path):
    time = np.arange(8 * 60 * 48_000) / 48_000
    soundfile.write(tmp_path / "long.wav", np.sin(2 * np.pi * 1000 * time), 48_000)
    tracemalloc.start()
    try:
        measure_shape(tmp_path / "long.wav")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20e6  # bytes; all of it takes 92 MB


@pytest.mark.parametrize("seconds", [0.5, 7, 61.5, 3600, 36_000])
def test_a_line_of_time_has_few_and_round_numbers(seconds):
    ticks = choose_ticks(seconds)
    assert 1 <= len(ticks) <= 11
    assert ticks[0] == 0
    assert ticks[-1] <= seconds
