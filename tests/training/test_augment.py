"""Training shows the mouths that are seen in use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from avsep.faces.crops import stored_side
from avsep.model.lip_reader import to_grey
from avsep.separation.enhance import grey_frames
from avsep.training.augment import centre, jitter


@pytest.mark.parametrize("side", [64, 112, 30])
def test_training_shows_the_mouth_that_is_seen_in_use(side):
    stored = stored_side(side)
    rng = np.random.default_rng(0)
    mouths = np.repeat(rng.integers(0, 255, (1, stored, stored), np.uint8), 3, 0)
    used = grey_frames(mouths, np.ones(3, np.bool_), side)
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
