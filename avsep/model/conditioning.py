"""What the lips tell a separator."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Conditioning:
    """What the lips of all faces tell; scenes may have different numbers of them.

    Attributes:
        lips: Features and cues, (faces, lips and cues, frames), zero where a face isn't seen.
        known: Where a face is seen and known to the others of its scene, bool (faces, frames).
        scene: Which scene each face belongs to, counted from 0, int64 (faces,).
        draft: What the magnitude sub-network is told, where it drafts masks for a band separator.
    """

    lips: Tensor
    known: Tensor
    scene: Tensor
    draft: Conditioning | None = None


def sum_over_others(x: Tensor, scene: Tensor) -> Tensor:
    """For each face the sum over all others of its scene; the same to the bit every time.

    Shape: (faces, ...), (faces,) -> (faces, ...)
    """
    others = (scene[:, None] == scene).to(x.dtype).fill_diagonal_(0)
    return (others @ x.flatten(1)).view_as(x)
