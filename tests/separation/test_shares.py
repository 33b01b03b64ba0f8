"""A sound shared out among several people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from avsep.separation.shares import divide_sound


def test_what_is_left_takes_the_place_of_the_whole_whatever_voices_are_called(tmp_path: Path):
    sound = np.random.default_rng(0).normal(0, 0.1, (32_000, 1)).astype(np.float32)
    for name in ("rest", "left-rest"):
        soundfile.write(tmp_path / f"{name}.wav", sound, 16_000, "FLOAT")
    divide_sound(tmp_path / "rest.wav", [tmp_path / "CHAIR.wav"], [((10, 20),)])
    kept, left, taken = (
        soundfile.read(tmp_path / f"{name}.wav", dtype="float32", always_2d=True)[0]
        for name in ("left-rest", "rest", "CHAIR")
    )
    np.testing.assert_array_equal(kept, sound)
    np.testing.assert_allclose(left + taken, sound, atol=1e-6)
    assert np.abs(taken[7000:12_000]).max() > 0.1
    assert not np.abs(taken[:5000]).any()
    assert len(list(tmp_path.iterdir())) == 3
