"""A batch of mixed scenes: what is heard, who is seen, and what each of them says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """A batch of scenes with two and more targets each, the faces.

    Attributes:
        voices: What of each face's voice is in the mixture, float32 (faces, time).
        said: What each face says, in the mixture or not, (faces, time).
        mixture: (scenes, time).
        mouths: uint8 (faces, frames, side, side), or None for voices without faces.
        seen: bool (faces, frames).
        known: Where the other faces of its scene know of it, bool (faces, frames).
        scene: Which scene each face belongs to, int64 (faces,).
    """

    voices: Tensor
    said: Tensor
    mixture: Tensor
    mouths: Tensor | None
    seen: Tensor
    known: Tensor
    scene: Tensor

    def to(self, device: str | torch.device) -> Scenes:
        """The same scenes on another device."""
        values = (getattr(self, item.name) for item in fields(self))
        return Scenes(*(None if x is None else x.to(device) for x in values))  # type: ignore[arg-type]


def join_scenes(batches: Sequence[Scenes]) -> Scenes:
    """Several batches as one; mouths are kept where all have them."""
    mouths = [batch.mouths for batch in batches if batch.mouths is not None]
    scenes, before = [], 0
    for batch in batches:
        scenes.append(batch.scene + before)
        before += len(batch.mixture)
    return Scenes(
        torch.cat([batch.voices for batch in batches]),
        torch.cat([batch.said for batch in batches]),
        torch.cat([batch.mixture for batch in batches]),
        torch.cat(mouths) if len(mouths) == len(batches) else None,
        torch.cat([batch.seen for batch in batches]),
        torch.cat([batch.known for batch in batches]),
        torch.cat(scenes),
    )
