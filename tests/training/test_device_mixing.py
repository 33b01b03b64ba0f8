"""Scenes that are mixed on the device are what they claim."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from avsep.errors import SettingError
from avsep.training.corpus import share_out
from avsep.training.device_mixing import LEVEL, Cues, choose_people, mix, to_level
from device_set import PLAIN, drawer


def test_voices_without_noise_add_up_to_the_mixture(voices, noise):
    batch = mix(voices, noise, PLAIN, Cues(), drawer())
    total = torch.zeros_like(batch.mixture).index_add(0, batch.told.scene, batch.voices)
    torch.testing.assert_close(total, batch.mixture)


def measure_levels(sounds: Tensor) -> Tensor:
    """How loud each is while it is active, dB."""
    return LEVEL + 20 * torch.log10(sounds.norm(dim=-1) / to_level(sounds).norm(dim=-1))


def test_the_voices_of_a_scene_are_as_loud_as_each_other_where_levels_do_not_differ(voices, noise):
    batch = mix(voices, noise, PLAIN, Cues(), drawer())
    first, second = measure_levels(batch.voices).view(2, 2).T
    torch.testing.assert_close(first, second, atol=0.1, rtol=0)
    batch = mix(voices, noise, replace(PLAIN, level=6.0), Cues(), drawer())
    first, second = measure_levels(batch.voices).view(2, 2).T
    assert ((first - second).abs() > 0.1).all()


def test_noise_and_unseen_voices_stand_only_in_the_mixture(voices, noise):
    def mix_with(**shares: float) -> tuple[Tensor, Tensor]:
        drawing = replace(PLAIN, noise_level=(0.0, 0.0), **shares)
        batch = mix(voices, noise, drawing, Cues(), drawer())
        total = torch.zeros_like(batch.mixture).index_add(0, batch.told.scene, batch.voices)
        return batch.voices, batch.mixture - total

    heard, both = mix_with(noise=1.0, unseen=1.0)
    parts = [mix_with(noise=1.0), mix_with(unseen=1.0)]
    for same, rest in parts:
        torch.testing.assert_close(same, heard)
        apart = measure_levels(rest) - measure_levels(heard[::2])
        assert apart.abs().max() < 0.5  # dB: as loud as a voice
    torch.testing.assert_close(parts[0][1] + parts[1][1], both)


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
        drawing = replace(PLAIN, faces=(1, 0, 0, 0), frames=100)
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


def test_nobody_is_twice_in_a_scene_and_akin_voices_come_from_one_source(voices):
    drawing = replace(PLAIN, faces=(3, 2, 0, 1), akin=1.0)
    scene = torch.cat([drawing.scene, torch.arange(6)])
    mixed = 0
    for seed in range(20):
        who = choose_people(voices, drawing, drawer(seed))
        apart = choose_people(voices, replace(drawing, akin=0.0), drawer(seed))
        for number in range(6):
            people, others = who[scene == number], apart[scene == number]
            assert len(set(people.tolist())) == len(people)
            if voices.source[people[0]] == 0 and len(people) <= 4:
                assert not voices.source[people].any()
            mixed += len(set(voices.source[others].tolist())) > 1
    assert mixed > 60


def test_sources_are_drawn_in_the_shares_that_are_asked_for(voices):
    shared = share_out(voices, {"seen": 0.9})
    weight = shared.weight / shared.weight.sum()
    assert weight[voices.source == 1].sum() == pytest.approx(0.9)
    torch.testing.assert_close(
        share_out(voices, {}).weight / share_out(voices, {}).weight.sum(),
        voices.weight / voices.weight.sum(),
    )
    with pytest.raises(SettingError, match="no voices from elsewhere"):
        share_out(voices, {"elsewhere": 0.1})
    with pytest.raises(SettingError, match="in all"):
        share_out(voices, {"seen": 1.1})


def test_who_mumbles_is_heard_and_holds_the_lips_still(voices, noise):
    drawing = replace(PLAIN, mumbling=1.0, featureless=0.0, trust=(1.0, 1.0), faces=(0, 0, 0, 1))
    batch = mix(voices, noise, drawing, Cues((1, 1), (1, 1)), drawer(3))
    assert batch.voices.any(1).all()
    told = batch.told.lips
    assert (told == told[..., :1]).all()
    read = told[:, 14, 0].bool()  # of the others, the cue is that of silence
    assert read.any()
    assert told[read, :14].any()
    assert (told[~read, :10] < -2).all()
