"""Subtitle files, read back by the library that others use."""

from __future__ import annotations

from types import SimpleNamespace

import pysubs2
import pytest

from avsep.outputs.subtitles import compose, write_subtitles
from avsep.separation.stems import VoiceFiles
from avsep.speech.captions import Caption

AWKWARD = r"<b>bold</b> & {\an8} 5 --> 3 \N C:\new"


@pytest.fixture
def separation(tmp_path):
    anna = SimpleNamespace(
        name="Anna [1]",
        voice=VoiceFiles(tmp_path / "Anna [1].wav", tmp_path / "none"),
        captions=(Caption(0, 1.5, "Good evening."), Caption(4, 6.25, "No, <i>you</i>!")),
    )
    ben = SimpleNamespace(
        name="Ben",
        voice=VoiceFiles(tmp_path / "2-Ben.wav", tmp_path / "none"),
        captions=(Caption(1, 5, "Hello all of you out there."),),
    )
    return SimpleNamespace(speakers=(anna, ben), folder=tmp_path)


def test_each_speaker_has_files_and_all_share_one(separation):
    paths = write_subtitles(separation, ["srt", "vtt"])
    names = {path.name for path in paths}
    assert names == {
        f"{name}.{k}" for name in ("Anna [1]", "2-Ben", "everybody") for k in ("srt", "vtt")
    }


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_in_the_file_of_all_everybody_speaks_under_their_name_also_at_once(separation, kind):
    write_subtitles(separation, [kind])
    cues = pysubs2.load(str(separation.folder / f"everybody.{kind}"))
    assert [(c.start, c.end) for c in cues] == [(0, 1500), (1000, 5000), (4000, 6250)]
    assert cues[0].plaintext == "Anna [1]: Good evening."
    assert cues[1].plaintext == "Ben: Hello all of you out there."


def test_nothing_in_a_text_is_a_tag_of_webvtt():
    (line,) = compose([Caption(0, 1, "Tom & <i>Jerry</i> --> x")], "vtt").splitlines()[4:5]
    assert line == "Tom &amp; &lt;i&gt;Jerry&lt;/i&gt; --&gt; x"


@pytest.mark.parametrize("kind", ["srt", "vtt"])
def test_awkward_text_stays_one_cue_of_plain_text(kind):
    text = compose([Caption(0, 1, AWKWARD), Caption(2, 3, "after")], kind)
    assert text.count(" --> ") == 2
    assert "<" not in text
    assert "an8" in text
    assert len(pysubs2.SSAFile.from_string(text)) == 2


def test_long_texts_are_broken_into_lines():
    text = compose([Caption(0, 1, "word " * 16)], "srt")
    lines = [line for line in text.splitlines() if "word" in line]
    assert len(lines) == 2
    assert max(map(len, lines)) <= 42
