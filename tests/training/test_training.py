"""Scenes are what they claim, and training learns, resumes and refuses what it can't use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from avsep.errors import DataError
from avsep.faces.crops import stored_side
from avsep.model.checkpoint import load_model
from avsep.model.config import TINY
from avsep.model.cues import QUIET, coarse_spectrum, lag_scores
from avsep.model.lip_reader import to_grey
from avsep.model.network import SpeechSeparator
from avsep.model.spectrum import analyse, synthesise
from avsep.separation.enhance import grey_pictures
from avsep.training import clip_delays as synchrony
from avsep.training.augment import centre, jitter
from avsep.training.batches import Lessons, gather, serve
from avsep.training.clips import find_speakers, write_clip
from avsep.training.log import Journal, read_curves
from avsep.training.loop import rate, train
from avsep.training.losses import phase_loss, separation_loss, synchrony_loss
from avsep.training.mixing import MixingConfig, SceneMaker, play, to_level
from avsep.training.muon import orthogonalise
from avsep.training.recipe import Recipe, Stage
from avsep.training.simulated_cues import simulate_cue
from avsep.training.validation import find_next

PLAIN = MixingConfig(
    frames=30, level=0, noise=0, silent=0, late=0, narrow=0, hidden=0, pace=0, alone=0
)


def babble(seed: int, frames: int) -> np.ndarray:
    """Noise that comes in syllables, in a band of its own."""
    draw = np.random.default_rng(seed)
    loud = np.repeat(draw.random(frames) > 0.4, 640)
    tone = np.sin(2 * np.pi * (300 + 400 * seed) * np.arange(frames * 640) / 16_000)
    return (0.1 * loud * tone + 0.001 * draw.normal(size=frames * 640)).astype(np.float32)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> Path:
    """Four people with faces whose mouths open with their voices, four without."""
    root = tmp_path_factory.mktemp("prepared")
    for seed in range(4):
        sound = babble(seed, 50)
        power = np.square(sound.reshape(-1, 640)).mean(1)
        mouths = np.zeros((50, 80, 80), np.uint8)
        mouths[:, 30:50, 30:50] = (power > 1e-4)[:, None, None] * 200
        write_clip(root / f"faces/corpus/p{seed}/a.safetensors", sound, mouths)
        write_clip(root / f"voices/corpus/q{seed}/a.safetensors", babble(seed + 4, 50))
    return root


@pytest.mark.parametrize("pace", [0.88, 1.0, 1.12])
def test_sound_and_mouths_stay_together_at_any_pace(prepared: Path, pace: float):
    speaker = find_speakers([prepared / "faces"])[1]
    sound, mouths = play(speaker, 40, np.random.default_rng(0), pace)
    assert mouths is not None
    assert len(sound) == 40 * 640
    assert len(mouths) == 40
    loud = np.square(sound.reshape(-1, 640)).mean(1) > 1e-4
    opened = mouths[:, 40, 40] > 0
    agreeing = [(loud == np.roll(opened, lag)).mean() for lag in range(-3, 4)]
    assert np.argmax(agreeing) == 3
    assert max(agreeing) >= 0.8  # pictures at the edges of syllables may differ


def test_targets_come_from_one_corpus_as_often_as_is_asked(tmp_path: Path):
    for number in range(6):
        clip = tmp_path / f"{'one' if number % 2 else 'other'}/p{number}/a.safetensors"
        write_clip(clip, babble(number, 50))
    speakers = find_speakers([tmp_path])
    rng = np.random.default_rng(0)

    def count(akin: float) -> int:
        maker = SceneMaker(speakers, speakers, [], replace(PLAIN, akin=akin))
        pairs = [maker._choose(rng) for _ in range(300)]
        assert all(first != second for first, second in pairs)
        return sum(maker.corpora[first] == maker.corpora[second] for first, second in pairs)

    assert count(1) == 300
    assert 80 < count(0) < 160


def test_scenes_have_as_many_faces_as_is_asked_and_there_are(prepared):
    speakers = find_speakers([prepared / "faces"])
    config = replace(PLAIN, faces=(0.5, 0.5))
    scenes = SceneMaker(speakers, speakers, [], config).draw(12, np.random.default_rng(0))
    counts = torch.bincount(scenes.scene)
    assert set(counts.tolist()) == {2, 3}
    for number, mixture in enumerate(scenes.mixture):
        torch.testing.assert_close(scenes.voices[scenes.scene == number].sum(0), mixture)
    crowd = replace(PLAIN, faces=(0.0, 0.0, 0.0, 1.0))
    few = SceneMaker(speakers[:3], speakers, [], crowd).draw(1, np.random.default_rng(0))
    assert len(few.voices) == 3


def test_every_face_is_followed_by_the_next_of_its_scene():
    assert find_next(torch.tensor([0, 0, 1, 1, 1])).tolist() == [1, 0, 3, 4, 2]


def recipe(prepared: Path, *stages: Stage) -> Recipe:
    folder = {name: (prepared / name,) for name in ("faces", "voices")}
    return Recipe(
        faces=folder["faces"],
        voices=folder["voices"],
        noise=(),
        dev_faces=folder["faces"],
        model=TINY_64,
        stages=stages,
        in_step=("corpus",),
        held_out=0.0,
    )


# The stored mouths are cut to 64 pixels, whatever the network.
TINY_64 = replace(TINY, lip_size=64)


def no_bar(items, what, total):
    return items


def test_the_mixture_is_the_sum_of_its_voices(prepared):
    speakers = find_speakers([prepared / "faces"])
    scenes = SceneMaker(speakers, speakers, [], PLAIN).draw(5, np.random.default_rng(0))
    torch.testing.assert_close(scenes.voices.unflatten(0, (5, 2)).sum(1), scenes.mixture)
    assert scenes.mouths.shape == (10, 30, 64, 64)


def test_the_same_step_draws_the_same_scenes(prepared):
    stage = Stage("a", "joint", 10, scenes=2, voice_scenes=1, mixing=PLAIN)
    lessons = Lessons(stage, gather(recipe(prepared, stage), {}), seed=3)
    one, other, different = lessons[7], lessons[7], lessons[8]
    torch.testing.assert_close(one[0].mixture, other[0].mixture)
    assert not torch.equal(one[0].mixture, different[0].mixture)


@pytest.mark.parametrize("level", [-40.0, -25.0, -10.0])
def test_speech_is_brought_to_the_asked_level_whatever_its_pauses(level):
    sound = np.zeros(64_000, np.float32)
    sound[:16_000] = np.random.default_rng(0).normal(0, 0.01, 16_000)
    measured = 20 * np.log10(to_level(sound, level)[:16_000].std())
    assert measured == pytest.approx(level, abs=0.3)


def test_an_absent_target_is_silent_in_the_mixture(prepared):
    speakers = find_speakers([prepared / "faces"])
    maker = SceneMaker(speakers, speakers, [], replace(PLAIN, silent=1.0))
    scenes = maker.draw(8, np.random.default_rng(0))
    assert not scenes.mixture.any()
    still = (scenes.mouths[:, 1:] == scenes.mouths[:, :-1]).flatten(1).all(-1)
    assert still.any()
    assert not still.all()


def test_a_noted_delay_moves_the_sound_back_in_step(tmp_path):
    mouths = np.arange(20, dtype=np.uint8)[:, None, None] * np.ones((1, 80, 80), np.uint8)
    sound = np.repeat(np.arange(20) / 100, 640).astype(np.float32)
    for name in ("late", "early", "wrong"):
        write_clip(tmp_path / f"c/{name}/a.safetensors", sound, mouths)
    names = {"late": 3, "early": -2, "wrong": None}
    delays = {f"{tmp_path.as_posix()}/c/{n}/a.safetensors": d for n, d in names.items()}
    early, late = (speaker.clips[0] for speaker in find_speakers([tmp_path], delays))
    assert (late.frames, early.frames) == (17, 18)
    assert late.read_mouths(5, 6)[0, 0, 0] == 5
    assert late.read_sound(5, 6)[0] == pytest.approx(0.08, abs=1e-4)
    assert early.read_mouths(5, 6)[0, 0, 0] == 7
    assert early.read_sound(5, 6)[0] == pytest.approx(0.05, abs=1e-4)


def test_delays_are_counted_from_the_corpora_in_step(tmp_path, monkeypatch):
    for name in ("studio/a", "studio/b", "web/c", "web/d"):
        mouths = np.zeros((40, 80, 80), np.uint8)
        write_clip(tmp_path / f"{name}/x.safetensors", babble(0, 40), mouths)
    found = {"a": (-1, True), "b": (-1, True), "c": (2, True), "d": (5, False)}
    monkeypatch.setattr(
        synchrony,
        "measure_synchrony",
        lambda _network, clip: synchrony.Synchrony(
            delay=found[clip.path.parent.name][0],
            score=0.2,
            clear=found[clip.path.parent.name][1],
        ),
    )
    delays = synchrony.find_delays(SpeechSeparator(TINY_64), [tmp_path], ["studio"], no_bar)
    names = {Path(path).parent.name: delay for path, delay in delays.items()}
    assert names == {"c": 3, "d": None}


def test_a_reader_that_reads_well_tells_the_delay(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    loudness = np.repeat(draw.random(80) ** 2, 640)
    sound = (0.1 * loudness * draw.normal(size=80 * 640)).astype(np.float32)
    write_clip(tmp_path / "c/s/x.safetensors", sound, np.zeros((80, 80, 80), np.uint8))
    network = SpeechSeparator(TINY_64)
    early = coarse_spectrum(analyse(torch.from_numpy(sound)[None]), 10).roll(-4, -1)
    monkeypatch.setattr(network.lips, "forward", lambda _mouths: (None, early))
    found = synchrony.measure_synchrony(network, find_speakers([tmp_path])[0].clips[0])
    assert (found.delay, found.clear) == (4, True)
    assert found.score > 0.9


def test_a_coarse_spectrum_knows_loudness_but_not_the_volume_knob():
    draw = torch.Generator().manual_seed(0)
    syllables = (torch.rand(40, generator=draw) > 0.4).repeat_interleave(640) + 0.05
    sound = (0.1 * syllables * torch.randn(25_600, generator=draw))[None]
    cue = coarse_spectrum(analyse(sound), 10)
    louder = coarse_spectrum(analyse(3 * sound), 10)
    torch.testing.assert_close(cue, louder, atol=0.05, rtol=0)
    loud = syllables.view(40, 640).mean(1) > 1
    assert cue[0].mean(0)[loud].min() > cue[0].mean(0)[~loud].max()


def test_silence_has_the_cue_of_a_closed_mouth():
    assert (coarse_spectrum(analyse(torch.zeros(1, 6400)), 10) == QUIET).all()


def test_a_simulated_cue_resembles_the_truth_as_lips_do():
    draw = torch.Generator().manual_seed(0)
    truth = torch.randn(400, 10, 60, generator=draw)
    truth = truth + 1.5 * torch.randn(400, 1, 60, generator=draw)
    cue = simulate_cue(truth, draw)
    loudness = torch.stack([truth.mean(1), cue.mean(1)])
    correlation = torch.corrcoef(loudness.flatten(1))[0, 1]
    assert 0.2 < correlation < 0.7
    assert cue.std() < truth.std()


def test_the_right_lag_scores_best():
    truth = torch.randn(3, 10, 60, generator=torch.Generator().manual_seed(0))
    early = truth.roll(-4, -1)  # the cue says now what is heard four pictures later
    assert (lag_scores(early, truth, 8).argmax(1) == 8 + 4).all()
    assert (synchrony_loss(truth, truth) < synchrony_loss(early, truth)).all()


def test_a_perfect_voice_has_the_smallest_loss():
    draw = torch.Generator().manual_seed(0)
    truth, other = (torch.randn(1, 321, 40, dtype=torch.cfloat, generator=draw) for _ in range(2))
    mixture = truth + other
    perfect = separation_loss(truth, truth, mixture)
    for voice in (mixture, other, 0 * truth, 0.5 * truth):
        assert (separation_loss(voice, truth, mixture) > perfect).all()


def test_what_overlapping_windows_cancel_is_hardly_an_error():
    draw = torch.Generator().manual_seed(0)
    truth, noise = (torch.randn(1, 321, 40, dtype=torch.cfloat, generator=draw) for _ in range(2))
    unheard = noise - analyse(synthesise(noise))
    heard = noise * unheard.norm() / noise.norm()
    assert synthesise(unheard).abs().max() < 1e-4
    silent, loud = (separation_loss(truth + error, truth, truth) for error in (unheard, heard))
    assert (silent < loud - 0.5).all()


def test_the_phase_loss_is_minus_one_at_the_true_phase():
    truth = torch.randn(2, 321, 40, dtype=torch.cfloat)
    phase = torch.stack([truth.real, truth.imag], 1) / truth.abs()[:, None]
    torch.testing.assert_close(phase_loss(phase, truth), -torch.ones(2))


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (40, 8)])
def test_an_orthogonalised_matrix_has_singular_values_near_one(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix, 6))
    assert values.min() > 0.6
    assert values.max() < 1.3


def test_the_rate_rises_stays_and_falls_to_zero():
    stage = Stage("x", "lips", steps=1000, cool_down=0.4)
    rates = [rate(step, stage) for step in range(1000)]
    assert rates[0] < 0.05
    assert rates[300] == 1.0
    assert rates[-1] == pytest.approx(0, abs=0.01)


def test_every_stage_learns_a_little(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr("avsep.training.validation.SCENES", 2)
    quick = {"steps": 40, "lr": 5e-3, "muon_lr": 5e-3, "mixing": PLAIN}
    stages = [
        Stage("lips", "lips", scenes=2, **quick),
        Stage("delays", "synchrony"),
        Stage("voices", "voices", voice_scenes=2, **quick),
        Stage("joint", "joint", scenes=1, voice_scenes=1, **quick),
    ]
    train(recipe(prepared, *stages), tmp_path / "run", no_bar)
    log = [json.loads(line) for line in (tmp_path / "run/log.jsonl").read_text().splitlines()]
    for stage in ("lips", "voices"):
        losses = [entry["loss"] for entry in log if entry["stage"] == stage and "loss" in entry]
        assert losses[-1] < losses[0]
    assert "corpus.right" in log[-1]
    assert json.loads((tmp_path / "run/delays.json").read_text()) == {}
    assert (tmp_path / "run/curves.png").read_bytes().startswith(b"\x89PNG")
    panels = read_curves(Journal(tmp_path / "run/log.jsonl"))
    assert set(panels) >= {"loss", "loudness", "right", "swapped"}
    assert set(panels["loss"]) == {"lips", "voices", "joint"}
    assert panels["loss"]["joint"][0][0] >= panels["loss"]["voices"][-1][0]


def test_a_broken_run_goes_on_as_if_nothing_had_happened(prepared, tmp_path, monkeypatch):
    stage = Stage("voices", "voices", 12, voice_scenes=1, mixing=PLAIN)
    plan = recipe(prepared, stage)
    whole = train(plan, tmp_path / "whole", no_bar)

    def breaking(items, what, total):
        for number, item in enumerate(items):
            if number == 8:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr("avsep.training.loop.SAVE_EVERY", 0)
    with pytest.raises(KeyboardInterrupt):
        train(plan, tmp_path / "broken", breaking)
    assert not (tmp_path / "broken/voices.safetensors").exists()
    resumed = train(plan, tmp_path / "broken", no_bar)
    one, other = load_model(whole).state_dict(), load_model(resumed).state_dict()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=0, rtol=0)


def test_workers_draw_the_same_scenes(prepared):
    stage = Stage("a", "joint", 5, scenes=1, voice_scenes=1, mixing=PLAIN)
    lessons = Lessons(stage, gather(recipe(prepared, stage), {}), seed=3)
    alone, together = list(serve(lessons, 3, workers=0)), list(serve(lessons, 3, workers=2))
    assert len(alone) == len(together) == 2
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one[0].mixture, other[0].mixture)
        torch.testing.assert_close(one[1].voices, other[1].voices)


def test_half_precision_learns_too(prepared, tmp_path):
    stage = Stage("joint", "joint", 2, scenes=1, voice_scenes=1, mixing=PLAIN)
    phase = Stage("phase", "phase", 2, scenes=1, mixing=PLAIN)
    plan = replace(recipe(prepared, stage, phase), precision="bf16")
    done = load_model(train(plan, tmp_path, no_bar))
    assert all(value.isfinite().all() for value in done.state_dict().values())


def test_the_mean_of_two_stages_lies_between_them(prepared, tmp_path):
    one = Stage("one", "voices", 2, voice_scenes=1, mixing=PLAIN)
    mean = Stage("mean", "mean", of=("one", "other"))
    done = train(recipe(prepared, one, replace(one, name="other"), mean), tmp_path, no_bar)
    name = "magnitude.join.weight"
    first, second, middle = (
        load_model(tmp_path / f"{stage}.safetensors").state_dict()[name]
        for stage in ("one", "other", "mean")
    )
    assert done.stem == "mean"
    assert not torch.equal(first, second)
    torch.testing.assert_close(middle, (first + second) / 2, atol=1e-3, rtol=1e-2)


def test_a_frozen_part_keeps_its_weights(prepared, tmp_path):
    whole = Stage("whole", "joint", 2, scenes=1, mixing=PLAIN)
    frozen = replace(whole, name="frozen", frozen=("lips",))
    train(recipe(prepared, whole, frozen), tmp_path, no_bar)
    before, after = (load_model(tmp_path / f"{name}.safetensors") for name in ("whole", "frozen"))
    for name, value in before.lips.state_dict().items():
        torch.testing.assert_close(after.lips.state_dict()[name], value, atol=0, rtol=0)
    assert not torch.equal(before.magnitude.join.weight, after.magnitude.join.weight)


def test_two_stages_after_the_same_one_learn_from_other_scenes(prepared, tmp_path):
    plain = {"steps": 1, "voice_scenes": 1, "mixing": PLAIN}
    one, other = (Stage(name, "voices", after="first", **plain) for name in ("one", "other"))
    plan = recipe(prepared, Stage("first", "voices", **plain), one, other)
    train(plan, tmp_path, no_bar)
    first, left, right = (
        load_model(tmp_path / f"{name}.safetensors").magnitude.norm.num_batches_tracked
        for name in ("first", "one", "other")
    )
    assert (first, left, right) == (1, 2, 2)
    cast = gather(plan, {})
    scenes = [Lessons(stage, cast, plan.seed)[0][1] for stage in (one, other)]
    assert not torch.equal(scenes[0].mixture, scenes[1].mixture)


def test_a_finished_stage_is_not_trained_again(prepared, tmp_path):
    stage = Stage("voices", "voices", 2, voice_scenes=1, mixing=PLAIN)
    done = train(recipe(prepared, stage), tmp_path, no_bar)
    stamp = done.stat().st_mtime_ns
    assert train(recipe(prepared, stage), tmp_path, no_bar).stat().st_mtime_ns == stamp


def test_too_few_people_to_mix_are_refused(prepared, tmp_path):
    write_clip(tmp_path / "set/corpus/one/a.safetensors", babble(1, 50))
    stage = Stage("voices", "voices", 1, voice_scenes=1, mixing=PLAIN)
    plan = replace(recipe(prepared, stage), voices=(tmp_path / "set",))
    with pytest.raises(DataError, match="finds 1 people to mix"):
        train(plan, tmp_path / "run", no_bar)


def test_shares_of_nobody_are_refused(prepared, tmp_path):
    mixing = replace(PLAIN, shares={"opera": 1.0})
    stage = Stage("lips", "lips", 1, scenes=1, mixing=mixing)
    with pytest.raises(DataError, match="comes from opera"):
        train(recipe(prepared, stage), tmp_path, no_bar)


def test_training_stops_when_its_loss_is_no_number(prepared, tmp_path):
    stage = Stage("voices", "voices", 9, voice_scenes=1, lr=1e30, muon_lr=1e30, mixing=PLAIN)
    with pytest.raises(DataError, match="has lost its way"):
        train(recipe(prepared, stage), tmp_path, no_bar)
    assert not (tmp_path / "voices.safetensors").exists()


def test_the_paper_s_network_without_cues_learns_end_to_end(prepared, tmp_path):
    stage = Stage("joint", "joint", 1, scenes=1, mixing=PLAIN)
    blind = replace(TINY_64, cue_bands=0, others=False)
    done = train(replace(recipe(prepared, stage), model=blind), tmp_path, no_bar)
    assert all(value.isfinite().all() for value in load_model(done).state_dict().values())


def test_an_empty_training_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="no prepared clips"):
        find_speakers([tmp_path])


@pytest.mark.parametrize("side", [64, 112, 30])
def test_training_shows_the_mouth_that_is_seen_in_use(side):
    stored = stored_side(side)
    rng = np.random.default_rng(0)
    mouths = np.repeat(rng.integers(0, 255, (1, stored, stored), np.uint8), 3, 0)
    used = grey_pictures(mouths, np.ones(3, np.bool_), side)
    torch.testing.assert_close(to_grey(torch.from_numpy(centre(mouths))), used)
    assert jitter(mouths, rng).shape == (3, side, side)


def test_a_jittered_mouth_is_as_large_as_it_is_in_use():
    """A white square of a third of what a network sees, whatever that is."""
    for side in (64, 112):
        stored = stored_side(side)
        mouth = np.zeros((1, stored, stored), np.uint8)
        edge, width = (stored - side // 3) // 2, side // 3
        mouth[:, edge : edge + width, edge : edge + width] = 255
        shares = [
            float((jitter(mouth, np.random.default_rng(seed)) > 150).mean()) for seed in range(40)
        ]
        assert np.median(shares) == pytest.approx(1 / 9, rel=0.15)


@pytest.mark.parametrize("kinds", [["joint"], ["synchrony", "joint"]])
def test_a_set_for_another_side_of_mouths_is_refused_before_the_first_step(
    prepared, tmp_path, kinds
):
    stages = [Stage(kind, kind, 10, scenes=2, mixing=PLAIN) for kind in kinds]
    full = replace(recipe(prepared, *stages), model=replace(TINY, lip_size=112))
    with pytest.raises(DataError, match="64 pixels a side, and the network sees 112") as caught:
        train(full, tmp_path, no_bar)
    assert "--lip-size 112" in caught.value.hint
    assert list(tmp_path.iterdir()) == []
