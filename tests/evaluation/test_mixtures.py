"""Listed mixtures of prepared faces."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avsep.errors import DataError
from avsep.evaluation.drawing import add_noise, draw_mixtures
from avsep.evaluation.mixtures import (
    FRAMES,
    Mixture,
    Part,
    Piece,
    load_scene,
    read_list,
    write_list,
)
from avsep.training.clips import find_speakers, write_clip


@pytest.fixture
def faces(tmp_path):
    """Two corpora of two people, and somebody with too little to say."""
    rng = np.random.default_rng(0)
    lengths = {"one/ann": 80, "one/ben": 150, "two/cat": 130, "two/dan": 130, "two/eve": 20}
    for name, frames in lengths.items():
        for clip in range(2):
            time = np.arange(frames * 640) / 16_000
            sound = np.sin(2 * np.pi * (110 if name < "two" else 220) * time) * 0.1
            mouths = rng.integers(0, 255, (frames, 80, 80)).astype(np.uint8)
            path = tmp_path / "faces" / name / f"{clip}.safetensors"
            write_clip(path, sound.astype(np.float32), mouths)
    return tmp_path / "faces"


def test_the_same_sets_give_the_same_list(faces):
    speakers = find_speakers([faces])
    assert draw_mixtures(speakers, [faces], 3) == draw_mixtures(speakers, [faces], 3)


def test_every_corpus_and_every_number_of_voices_is_drawn(faces):
    mixtures = draw_mixtures(find_speakers([faces]), [faces], 2)
    kinds = {(m.corpus, len(m.parts)) for m in mixtures}
    assert kinds == {("one", 2), ("two", 2), ("all", 2), ("all", 3), ("all", 4)}
    for mixture in mixtures:
        names = [part.speaker for part in mixture.parts]
        assert len(set(names)) == len(names)
        assert "two/eve" not in names
        assert all(sum(p.frames for p in part.pieces) == FRAMES for part in mixture.parts)


def test_voices_of_nearly_one_pitch_are_alike(faces):
    for mixture in draw_mixtures(find_speakers([faces]), [faces], 4):
        corpora = {part.speaker.split("/")[0] for part in mixture.parts[:2]}
        assert mixture.alike == (len(corpora) == 1)


def test_a_list_is_read_as_it_was_written(faces, tmp_path):
    mixtures = draw_mixtures(find_speakers([faces]), [faces], 2)
    write_list(mixtures, tmp_path / "list.json")
    assert read_list(tmp_path / "list.json") == mixtures


def test_nobody_to_mix_is_said(faces):
    few = [s for s in find_speakers([faces]) if s.name in ("one/ann", "two/eve")]
    with pytest.raises(DataError, match="1 people have 5 s of clips"):
        draw_mixtures(few, [faces])


@pytest.mark.parametrize(
    "text",
    ["[]", '[{"name": "a", "corpus": "c", "parts": {}}]', '[{"name": "a", "corpus": "c"}]', "3"],
)
def test_a_list_of_nothing_is_refused(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(DataError, match="list"):
        read_list(tmp_path / "list.json")


def test_what_is_no_list_is_said(tmp_path):
    (tmp_path / "list.json").write_text('[{"name": "a"}]')
    with pytest.raises(DataError, match="no list of mixtures"):
        read_list(tmp_path / "list.json")


def test_a_scene_holds_the_listed_stretches_at_the_listed_level(faces):
    pieces = (Piece("one/ann/0.safetensors", 10, 50, 0), Piece("one/ann/1.safetensors", 0, 75, 0))
    part = Part("one/ann", 2.0, 110.0, pieces)
    scene = load_scene(Mixture("x", "one", (part, part)), [faces])
    assert scene.voices.shape == (2, FRAMES * 640)
    assert scene.mouths.shape == scene.still.shape == (2, FRAMES, 64, 64)
    level = 10 * np.log10(float(scene.voices[0].square().mean()))
    assert level == pytest.approx(-23, abs=0.1)
    assert (scene.still == scene.still[:, :1]).all()


def test_a_missing_clip_is_named(faces):
    part = Part("one/ann", 0.0, 110.0, (Piece("one/ann/9.safetensors", 0, FRAMES, 0),))
    with pytest.raises(DataError, match="one/ann/9"):
        load_scene(Mixture("x", "one", (part,)), [faces])


def test_the_delay_of_a_clip_is_corrected(tmp_path):
    sound = np.zeros(130 * 640, np.float32)
    sound[3 * 640 :] = 0.1 * np.sin(np.arange(127 * 640) / 20)
    write_clip(tmp_path / "c/p/0.safetensors", sound, np.zeros((130, 80, 80), np.uint8))
    part = Part("c/p", 0.0, 100.0, (Piece("c/p/0.safetensors", 0, FRAMES, 3),))
    scene = load_scene(Mixture("x", "c", (part,)), [tmp_path])
    assert scene.voices[0, :640].abs().max() > 0.01


def test_noise_is_as_loud_against_the_loudest_voice_as_it_says(faces, tmp_path):
    rng = np.random.default_rng(1)
    hiss = rng.normal(0, 0.01, 200 * 640).astype(np.float32)
    write_clip(tmp_path / "noise/noise/hiss/1.safetensors", hiss)
    plain = draw_mixtures(find_speakers([faces]), [faces], 4)
    noisy = add_noise(plain, tmp_path / "noise")
    write_list(noisy, tmp_path / "list.json")
    assert read_list(tmp_path / "list.json") == noisy
    ratios = []
    for before, mixture in zip(plain, noisy, strict=True):
        assert mixture.parts == before.parts
        scene = load_scene(mixture, [faces, tmp_path / "noise"], 64)
        np.testing.assert_array_equal(scene.voices, load_scene(before, [faces], 64).voices)
        np.testing.assert_allclose(scene.sound, scene.voices.sum(0) + scene.noise, atol=1e-7)
        loudest = scene.voices.square().mean(1).max()  # tones: active all along
        ratios.append(float(10 * (loudest / scene.noise.square().mean()).log10()))
    assert -6.1 < min(ratios) < -2
    assert 0 < max(ratios) < 3.1


def test_a_folder_without_noise_is_refused(faces, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError):
        add_noise(draw_mixtures(find_speakers([faces]), [faces], 1), tmp_path / "empty")


def test_a_clip_that_is_shorter_than_the_list_has_it_is_refused(faces):
    mixture = draw_mixtures(find_speakers([faces]), [faces], 1)[0]
    part = mixture.parts[0]
    late = replace(part.pieces[0], start=140)
    changed = replace(mixture, parts=(replace(part, pieces=(late,)), *mixture.parts[1:]))
    with pytest.raises(DataError, match="ends before the"):
        load_scene(changed, [faces], 64)
