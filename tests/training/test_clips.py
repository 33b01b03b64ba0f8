"""Clips are read in step with their sound."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.errors import DataError
from avsep.training.clips import find_speakers, write_clip


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


def test_an_empty_training_set_is_refused(tmp_path):
    with pytest.raises(DataError, match="no prepared clips"):
        find_speakers([tmp_path])
