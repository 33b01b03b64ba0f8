"""Training of the band separator: scenes mixed on the device, runs by the clock, resume."""

from __future__ import annotations

import json
from dataclasses import replace

import librosa
import numpy as np
import pytest
import torch

from avsep.metrics import si_sdr
from avsep.model.bands import BandSeparator
from avsep.model.config import BandConfig
from avsep.model.cues import HIGHEST, LOWEST, mel_filters
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.training.corpus import Corpus, crop, make_corpus, read_lips
from avsep.training.device_mixing import LEVEL, Cues, Drawing, mix, to_level
from avsep.training.separator import (
    LOG,
    STATE,
    WEIGHTS,
    Plan,
    SeparatorRun,
    average_separators,
    between,
    find_rate,
    read_sizes,
    separate,
)

SIZES = BandConfig(8, (1,), (1, 2), features=4)
PLAIN = Drawing(
    faces=(2, 0, 0, 0),
    pictures=20,
    unseen=0,
    level=0,
    noise=0,
    silent=0,
    late=0,
    narrow=0,
    room=0,
    hidden=0,
    pace=0,
    alone=0,
)


@pytest.fixture(scope="module")
def voices() -> Corpus:
    """Six people, each a tone of their own that comes and goes; two with lips."""
    rng = np.random.default_rng(0)
    time = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    sounds = []
    for person in range(6):
        tone = np.sin(2 * np.pi * 200 * (person + 1) * time) * (np.sin(5 * time + person) > 0)
        sounds.append((8000 * tone + 10 * rng.normal(size=len(time))).astype(np.int16))
    lips = rng.normal(size=(150, 14)).astype(np.float32)
    return make_corpus(sounds, [None] * 4 + [lips, lips], rows=14, bands=10)


@pytest.fixture(scope="module")
def noise() -> Corpus:
    rng = np.random.default_rng(1)
    sound = (2000 * rng.normal(size=4 * SAMPLE_RATE)).astype(np.int16)
    return make_corpus([sound], [None], rows=14, bands=10)


def drawer(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_mel_filters_are_librosa_s():
    theirs = librosa.filters.mel(sr=16_000, n_fft=640, n_mels=10, fmin=LOWEST, fmax=HIGHEST)
    np.testing.assert_allclose(mel_filters(10).numpy(), theirs, atol=1e-7)


def test_a_crop_at_pace_one_is_the_sound_itself(voices):
    who = torch.tensor([2, 0])
    cut = crop(voices, who, torch.ones(2), 20, drawer())
    for person, start, sound in zip(who, cut.start, cut.sound, strict=True):
        first = int(voices.first[person] + start * SAMPLES_PER_FRAME)
        truth = voices.sound[first : first + 20 * SAMPLES_PER_FRAME].float() / 32768
        torch.testing.assert_close(sound, truth)


def test_a_faster_crop_sounds_higher_and_its_lips_move_as_fast(voices):
    cut = crop(voices, torch.tensor([4]), torch.tensor([1.1]), 50, drawer())
    spectrum = torch.fft.rfft(cut.sound[0]).abs()
    peak = float(spectrum.argmax()) * SAMPLE_RATE / cut.sound.shape[1]
    assert peak == pytest.approx(1000 * 1.1, abs=3)
    lips = read_lips(voices, cut, 50)[0].T
    stored = voices.lips[int(voices.first[4]) // SAMPLES_PER_FRAME :].float()
    at = (cut.start[0] + 1.1 * torch.arange(50)).round().long() % 150
    torch.testing.assert_close(lips, stored[at])


def test_voices_without_noise_add_up_to_the_mixture(voices, noise):
    batch = mix(voices, noise, PLAIN, Cues(), drawer())
    total = torch.zeros_like(batch.mixture).index_add(0, batch.told.scene, batch.voices)
    torch.testing.assert_close(total, batch.mixture)
    torch.testing.assert_close(to_level(batch.voices), to_level(batch.voices, LEVEL))


def test_noise_and_unseen_voices_stand_only_in_the_mixture(voices, noise):
    loud = replace(PLAIN, noise=1.0, noise_level=(0.0, 0.0))
    batch = mix(voices, noise, loud, Cues(), drawer())
    total = torch.zeros_like(batch.mixture).index_add(0, batch.told.scene, batch.voices)
    back = batch.mixture - total
    one = batch.voices[0]
    active = to_level(torch.stack([back[0], one])).div(torch.stack([back[0], one])).nanmedian(-1)
    gains = active.values
    assert 20 * torch.log10(gains[0] / gains[1]).abs() < 0.5  # dB: as loud as a voice


def test_who_is_silent_is_no_part_of_the_mixture(voices, noise):
    batch = mix(voices, noise, replace(PLAIN, silent=1.0), Cues(), drawer())
    assert not batch.voices.any()
    assert not batch.mixture.any()


def test_lips_read_are_told_with_a_flag_and_simulated_ones_without(voices, noise):
    drawing = replace(PLAIN, faces=(0, 0, 0, 1), featureless=0.0, trust=(1.0, 1.0))
    batch = mix(voices, noise, drawing, Cues(), drawer(3))
    cue, components, flag, seen = batch.told.lips.split([10, 4, 1, 1], 1)
    featured = flag[:, 0].bool().all(1)
    assert featured.any()
    assert not featured.all()
    assert (components[featured] != 0).any()
    assert (components[~featured] == 0).all()
    assert (cue[~featured] != 0).any()
    assert seen.all()


def test_simulated_cues_know_as_much_as_they_are_told_to(voices, noise):
    def correlate(loudness: float, shape: float) -> float:
        drawing = replace(PLAIN, faces=(1, 0, 0, 0), pictures=100)
        known = Cues((loudness, loudness), (shape, shape))
        few = replace(voices, weight=voices.weight * ~voices.has_lips)
        few = replace(few, weight=few.weight + 1e-9)
        lips = [mix(few, noise, drawing, known, drawer(s)).told.lips[:, :10] for s in range(4)]
        sure = [
            mix(few, noise, drawing, Cues((1, 1), (1, 1)), drawer(s)).told.lips[:, :10]
            for s in range(4)
        ]
        x, y = torch.cat(lips).flatten(), torch.cat(sure).flatten()
        return float(torch.corrcoef(torch.stack([x, y]))[0, 1])

    assert correlate(0.9, 0.9) > correlate(0.4, 0.4) + 0.2


def test_the_rates_rise_hold_and_fall_by_the_clock():
    assert find_rate(0, 0.0, 0.5) == pytest.approx(0.02)
    assert find_rate(1000, 0.4, 0.5) == 1.0
    assert find_rate(1000, 0.75, 0.5) == pytest.approx(0.5)
    assert find_rate(1000, 1.0, 0.5) == 0.01


def test_cues_grow_weaker_with_time():
    middle = between(Cues((0.4, 1.0), (0.2, 0.8)), Cues((0.0, 0.6), (0.0, 0.4)), 0.5)
    assert middle.loudness == pytest.approx((0.2, 0.8))
    assert middle.shape == pytest.approx((0.1, 0.6))


def test_it_learns_to_separate(voices, noise, tmp_path):
    plan = Plan(steps=60, drawings=(PLAIN,), lr=5e-3, muon_lr=1e-2, cues=Cues((1, 1), (1, 1)))
    run = SeparatorRun(SIZES, plan, voices, noise, tmp_path)

    def gain(network: BandSeparator) -> float:
        batch = mix(voices, noise, PLAIN, Cues((1, 1), (1, 1)), drawer(9))
        with torch.inference_mode():
            found = separate(network, batch)
        before = si_sdr(batch.mixture[batch.told.scene], batch.voices)
        return float((si_sdr(found, batch.voices) - before).mean())

    before = gain(run.mean)
    run.go()
    assert gain(run.mean) > before + 2
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert rows[-1]["step"] == 60
    assert read_sizes(tmp_path / WEIGHTS) == SIZES


def test_a_broken_run_goes_on_to_the_same_weights(voices, noise, tmp_path):
    def start(folder: str, steps: int) -> SeparatorRun:
        plan = Plan(steps=steps, drawings=(PLAIN,), hold=1.0, weaken=1e9)
        return SeparatorRun(SIZES, plan, voices, noise, tmp_path / folder)

    whole = start("whole", 6)
    whole.go()
    start("broken", 3).go()
    assert (tmp_path / "broken" / STATE).exists()
    again = start("broken", 6)
    again.go()
    for name, weight in whole.network.state_dict().items():
        torch.testing.assert_close(again.network.state_dict()[name], weight, msg=name)


def test_a_run_ends_by_the_clock(voices, noise, tmp_path):
    run = SeparatorRun(SIZES, Plan(seconds=0.5, drawings=(PLAIN,)), voices, noise, tmp_path)
    run.go()
    assert 0.5 <= run.spent < 10
    assert run.step > 0


def test_the_mean_of_runs_is_the_mean_of_their_weights(voices, noise, tmp_path):
    files = []
    for seed in (1, 2):
        plan = Plan(steps=1, drawings=(PLAIN,), seed=seed)
        files.append(SeparatorRun(SIZES, plan, voices, noise, tmp_path / str(seed)).go())
    average_separators(files, tmp_path / "mean.safetensors")
    from safetensors.torch import load_file

    first, second, mean = (load_file(f) for f in (*files, tmp_path / "mean.safetensors"))
    for name, value in mean.items():
        torch.testing.assert_close(value, (first[name] + second[name]) / 2, atol=1e-3, rtol=1e-2)
