"""Samples of voices: what is refused, and by what voices are known."""

from __future__ import annotations

import sys
import types
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from avsep.errors import AvsepError, SettingError
from avsep.media.probing import probe
from avsep.media.reading import read_audio
from avsep.names import read_voices
from avsep.options import Options
from avsep.speech import voice_print
from avsep.speech.samples import VoiceSample, read_sample, read_samples, refuse_alike
from avsep.speech.voice_print import LEVEL, RATE, WINDOW, load_encoder

EXAMPLES = Path(__file__).parents[2] / "examples"
DEBATE = EXAMPLES / "debate.mp4"
ANNA, BEN = (EXAMPLES / "debate.truth" / f"speaker-{number}.flac" for number in (1, 2))

needs_package = pytest.mark.skipif(
    not any(Path(place, "resemblyzer", "pretrained.pt").is_file() for place in sys.path),
    reason="Resemblyzer is not installed: pip install --no-deps resemblyzer",
)


def read_mono(path: Path) -> np.ndarray:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(sound.mean(1), rate, RATE)


def write(path: Path, sound: np.ndarray) -> str:
    soundfile.write(path, sound, RATE)
    return str(path)


@needs_package
def test_prints_are_those_of_the_package_itself(monkeypatch):
    monkeypatch.setitem(sys.modules, "webrtcvad", types.ModuleType("webrtcvad"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from resemblyzer import VoiceEncoder

        theirs = VoiceEncoder("cpu", verbose=False)
        window = read_mono(ANNA)[RATE : RATE + WINDOW]
        loud = window * LEVEL / np.sqrt(np.mean(window**2))
        _, expected, _ = theirs.embed_utterance(loud.astype(np.float32), return_partials=True)
    (found,) = load_encoder()(window, [0])
    assert float(found @ expected[0]) > 0.999


@needs_package
def test_the_same_person_is_more_alike_than_another():
    anna, ben = read_mono(ANNA), read_mono(BEN)
    encode = load_encoder()
    half = len(anna) // 2
    first, later, other = (
        encode(sound, [*range(0, len(sound) - WINDOW, RATE)]).mean(0)
        for sound in (anna[:half], anna[half:], ben)
    )
    first, later, other = (each / np.linalg.norm(each) for each in (first, later, other))
    assert first @ later > 0.85
    assert first @ other < 0.75


def test_a_range_of_the_recording_is_heard_and_no_more():
    recording = probe(DEBATE)
    found = read_sample("0:02-0:07.5", recording)
    expected = read_audio(recording, RATE, mono=True).samples[0][2 * RATE : round(7.5 * RATE)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@needs_package
def test_a_file_and_a_range_of_the_recording_are_heard(tmp_path):
    anna = write(tmp_path / "anna.wav", read_mono(ANNA)[: 5 * RATE])
    whole, part = read_samples({"ANNA": anna, "BOTH": "0:02-0:07.5"}, probe(DEBATE))
    assert (whole.name, part.name) == ("ANNA", "BOTH")
    assert np.linalg.norm(whole.print) == pytest.approx(1, abs=1e-5)


@needs_package
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda voice: voice[: 2 * RATE], "too little"),
        (lambda voice: np.concatenate([voice[:RATE], np.zeros(9 * RATE)]), "too little"),
        (lambda voice: 0 * voice, "is silent"),
    ],
)
def test_a_sample_that_tells_nothing_is_refused(tmp_path, make, words):
    path = write(tmp_path / "chair.wav", make(read_mono(ANNA)))
    with pytest.raises(AvsepError, match=words) as refused:
        read_samples({"CHAIR": path}, probe(DEBATE))
    assert refused.value.hint


@needs_package
def test_two_samples_of_one_person_are_refused(tmp_path):
    voice = read_mono(ANNA)
    first, second = (
        write(tmp_path / f"{n}.wav", voice[10 * n * RATE : (10 * n + 9) * RATE]) for n in (0, 1)
    )
    with pytest.raises(SettingError, match=r"samples of A and B sound alike \(0\.9"):
        read_samples({"A": first, "B": second}, probe(DEBATE))


def test_voices_that_differ_are_not_refused():
    one, other = np.eye(2, dtype=np.float32)
    refuse_alike([VoiceSample("A", one), VoiceSample("B", other)])


@needs_package
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("0:05-0:02", "ends before it begins"),
        ("0:20-0:31", "goes beyond"),
        ("nowhere.wav", "does not exist"),
    ],
)
def test_a_sample_that_is_not_there_is_refused(source, words):
    with pytest.raises(AvsepError, match=words):
        read_samples({"CHAIR": source}, probe(DEBATE))


def test_without_samples_no_package_is_needed(monkeypatch):
    monkeypatch.setattr(voice_print, "find_spec", lambda name: None)
    load_encoder.cache_clear()
    assert read_samples({}, probe(DEBATE)) == []


def test_a_missing_package_is_named_with_what_mends_it(monkeypatch):
    monkeypatch.setattr(voice_print, "find_spec", lambda name: None)
    load_encoder.cache_clear()
    with pytest.raises(SettingError, match="needs the package resemblyzer") as refused:
        read_samples({"CHAIR": "chair.wav"}, probe(DEBATE))
    assert "pip install 'avsep[voices]'" in refused.value.hint


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["chair.wav"], "no sample"),
        (["=chair.wav"], "no sample"),
        (["CHAIR="], "no sample"),
        (["rest=a.wav"], "another result"),
        (["CHAIR=a.wav", "chair=b.wav"], "two samples"),
    ],
)
def test_what_names_no_sample_is_refused(texts, words):
    with pytest.raises(SettingError, match=words):
        read_voices(texts)


def test_options_take_samples_by_name_and_refuse_other_names():
    assert Options(voices={"CHAIR": "a=b.wav"}).voices == {"CHAIR": "a=b.wav"}
    with pytest.raises(SettingError, match="no samples"):
        replace(Options(), voices={" a/b": "c.wav"})
