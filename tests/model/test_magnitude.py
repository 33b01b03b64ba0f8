"""The masks of faces seen together, and of the rest, agree."""

from __future__ import annotations

import torch

from avsep.model.magnitude import enforce_consistency
from avsep.model.spectrum import BINS


def test_masks_that_claim_too_much_give_all_alike():
    own, rest = torch.full((2, 1, 4), 0.8), torch.full((2, 1, 4), 0.2)
    own[1] = 0.6
    agreed = enforce_consistency(
        own, rest, torch.ones(2, 1, dtype=torch.bool), torch.tensor([0, 0])
    )
    torch.testing.assert_close(agreed[:, 0, 0], torch.tensor([0.6, 0.4]))


def test_masks_that_agree_stay_as_they_are():
    own = torch.rand(7, BINS, 8) / 4
    of = torch.tensor([0, 1, 1, 1, 1, 2, 2])
    rest = 1 - torch.stack([own[of == i].sum(0) for i in range(3)])[of]
    agreed = enforce_consistency(own, rest, torch.ones(7, 2, dtype=torch.bool), of)
    torch.testing.assert_close(agreed, own)


def test_a_face_that_nobody_knows_of_takes_nothing_from_others():
    own, rest = torch.rand(2, BINS, 8), torch.rand(2, BINS, 8)
    known, of = torch.tensor([[True, True], [False, True]]), torch.tensor([0, 0])
    together = enforce_consistency(own, rest, known, of)
    alone = enforce_consistency(own[:1], rest[:1], known[:1], of[:1])
    torch.testing.assert_close(together[:1, :, :4], alone[..., :4])
    assert not torch.allclose(together[:1, :, 4:], alone[..., 4:])
