"""The early look of training."""

from __future__ import annotations

import torch

from avsep.training.validation import find_next


def test_every_face_is_followed_by_the_next_of_its_scene():
    assert find_next(torch.tensor([0, 0, 1, 1, 1])).tolist() == [1, 0, 3, 4, 2]
