"""The recogniser's door, without a recogniser behind it."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from avsep.errors import ModelError, SettingError
from avsep.media.reading import Waveform
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.pipeline import Separator
from avsep.speech.whisper import check_recogniser, load_recogniser


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_model(SeparationNetwork(TINY), path)
    return path


@pytest.fixture
def whisper(monkeypatch):
    """A package in the place of faster-whisper, that keeps what it is asked."""
    package = ModuleType("faster_whisper")
    asked = {}

    class Model:
        supported_languages = ("en", "de", "zh", "no")

        def __init__(self, name, **settings):
            asked.update(settings, loaded=asked.get("loaded", 0) + 1)
            if name == "absent":
                raise ValueError("Invalid model size 'absent'\nmore")

        def transcribe(self, samples, **settings):
            asked.update(settings, samples=samples)
            said = [
                SimpleNamespace(start=0.5, end=0.9, word=" Good"),
                SimpleNamespace(start=1.0, end=1.4, word=" day."),
            ]
            segments = [SimpleNamespace(words=said), SimpleNamespace(words=None)]
            return iter(segments), SimpleNamespace(language="en")

    package.WhisperModel = Model
    monkeypatch.setitem(sys.modules, "faster_whisper", package)
    monkeypatch.setattr("avsep.speech.whisper.find_spec", lambda _: object())
    return asked


def test_words_come_as_captions_with_their_language(whisper):
    recognise = load_recogniser("tiny", None)
    (caption,) = recognise(Waveform(np.zeros((1, 16_000), np.float32), 16_000))
    assert (caption.start, caption.stop, caption.text) == (0.5, 1.4, "Good day.")
    assert caption.language == "en"
    assert whisper["language"] is None
    assert whisper["samples"].shape == (16_000,)


def test_languages_that_take_turns_share_the_weights(whisper, weights):
    separator = Separator(weights, "cpu")
    for language in ("de", "en", "de", None):
        recognise = separator.load_recogniser("tiny", language)
        recognise(Waveform(np.zeros((1, 16_000), np.float32), 16_000))
        assert whisper["language"] == language
    assert whisper["loaded"] == 1


def test_a_given_language_is_not_searched_for(whisper):
    load_recogniser("tiny", "de")(Waveform(np.zeros((1, 16_000), np.float32), 16_000))
    assert whisper["language"] == "de"


def test_whispers_own_names_of_languages_are_used(whisper):
    load_recogniser("tiny", "nb")(Waveform(np.zeros((1, 16_000), np.float32), 16_000))
    assert whisper["language"] == "no"


def test_a_language_the_recogniser_does_not_know_is_refused(whisper):
    del whisper
    with pytest.raises(SettingError, match="does not know the language eo"):
        load_recogniser("tiny", "eo")


@pytest.mark.parametrize(
    ("device", "place"), [("auto", ("auto", 0)), ("cpu", ("cpu", 0)), ("cuda:1", ("cuda", 1))]
)
def test_the_recogniser_computes_where_the_network_does(whisper, device, place):
    load_recogniser("tiny", None, device)
    assert (whisper["device"], whisper["device_index"]) == place


def test_weights_that_are_not_there_are_an_expected_failure(whisper):
    del whisper
    with pytest.raises(
        ModelError, match="the recogniser absent can't be loaded: Invalid"
    ) as caught:
        load_recogniser("absent", None)
    assert "--recogniser" in caught.value.hint


def test_without_a_recogniser_there_is_one_clear_sentence(monkeypatch):
    monkeypatch.setattr("avsep.speech.whisper.find_spec", lambda _: None)
    with pytest.raises(SettingError, match="faster-whisper isn't installed") as caught:
        check_recogniser()
    assert "avsep[subtitles]" in caught.value.hint
