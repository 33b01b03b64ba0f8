"""What a face is told of the others."""

from __future__ import annotations

import torch

from avsep.model.conditioning import sum_over_others
from avsep.model.spectrum import BINS


def test_three_faces_and_more_are_reckoned_with_alike_every_time():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    x = torch.rand(5, BINS, 600)
    of = torch.tensor([0, 0, 0, 1, 1])
    try:
        sums = [sum_over_others(x, of) for _ in range(50)]
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(again, sums[0]) for again in sums)
    expected = torch.stack([x[1] + x[2], x[0] + x[2], x[0] + x[1], x[4], x[3]])
    torch.testing.assert_close(sums[0], expected)
