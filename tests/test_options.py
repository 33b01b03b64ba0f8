"""What is asked for from Python is checked as the command line checks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from avsep.errors import SettingError
from avsep.options import Options
from avsep.outputs.catalogue.replay import Replay
from avsep.outputs.catalogue.subtitles import Subtitles


@pytest.mark.parametrize(
    "wanted",
    [
        {"file_names": "voice"},
        {"file_names": "../{speaker}"},
        {"file_names": "{speaker}{when}"},
        {"speakers": {}},
        {"speakers": {1: "../../x"}},
        {"speakers": {1: "a/b"}},
        {"speakers": {1: ""}},
        {"speakers": {1: "Anna K."}},
        {"speakers": {1: 7}},
        {"speakers": {1: "rest"}},
        {"speakers": {0: "Anna"}},
        {"speakers": {"1": "Anna"}},
        {"speakers": {1: "Anna", 2: "anna"}},
        {"suffix": ".ogg"},
        {"suffix": ".mp3", "sample_format": "16"},
        {"suffix": "wav"},
        {"sample_format": "8"},
        {"sample_format": 16},
        {"suffix": ".flac", "sample_format": "float"},
        {"language": "xx"},
    ],
)
def test_options_that_ask_for_something_impossible_are_refused(wanted):
    with pytest.raises(SettingError) as caught:
        Options(**wanted)
    assert caught.value.hint


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_replay_has_lengths(seconds):
    with pytest.raises(SettingError):
        Replay(shortest=seconds)
    with pytest.raises(SettingError):
        Replay(gap=seconds)


@pytest.mark.parametrize("formats", [(), ("ass",), ("srt", "txt"), "srt"])
def test_subtitles_have_formats_that_can_be_written(formats):
    with pytest.raises(SettingError):
        Subtitles(formats)


@pytest.mark.parametrize(
    "wanted",
    [
        {"speakers": [1, 2]},
        {"names": ["Anna"]},
        {"voices": ["a.wav"]},
        {"keep": 1},
        {"others": -12},
        {"ranges": [(0, 1)]},
        {"handles": "2s"},
        {"language": 3},
        {"file_names": None},
        {"loudness": "yes"},
        {"whole": 1},
        {"cameras": "debate.mp4"},
        {"sound_offset": True},
    ],
)
def test_what_is_of_another_kind_is_refused_in_a_sentence(wanted):
    (name,) = wanted
    with pytest.raises(SettingError, match=rf"^{name} = .* is no "):
        Options(**wanted)


def test_streams_may_be_numbers_and_files_paths():
    options = Options(audio_stream=0, video_stream=1, sound=Path("day") / "boom.wav")
    assert (options.audio_stream, options.video_stream) == ("0", "1")
    assert options.sound == "day/boom.wav"


def test_usual_options_are_taken():
    assert Options(speakers={2: "Anna K"}, language="de").speakers == {2: "Anna K"}
    assert Options(file_names="{input}-{number}").file_names == "{input}-{number}"
    flac = Options(suffix=".flac", sample_format="24")
    assert (flac.suffix, flac.sample_format) == (".flac", "24")
    shown = Options(replay=Replay(0, 0), subtitles=Subtitles(("vtt",)))
    assert (shown.replay.shortest, shown.subtitles.formats) == (0, ("vtt",))
