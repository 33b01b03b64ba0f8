"""What the lips tell a separator."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from avsep.model.cues import heard_cue

# What a voice that was found tells of itself, against what the lips tell. With 0.5 to 1 two voices
# gained 8.0 to 7.8 dB where they had gained 7.0.
HEARD = 0.6


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

    def cut(self, start: int, stop: int) -> Conditioning:
        """What is told in some frames, but for the draft."""
        return Conditioning(self.lips[..., start:stop], self.known[:, start:stop], self.scene)


def tell_again(told: Conditioning, noisy: Tensor, masks: Tensor, bands: int) -> Conditioning:
    """What a band separator is told once more: the voices it has found, and the lips' cues.

    Lips of people never seen tell little of loudness and spectral shape. A voice that was found
    by them tells more, though it is not yet clean. Features of the lips add nothing then.

    Args:
        told: By the lips: cues, then features, last whether a face is seen.
        noisy: Complex spectrum of what is heard, (scenes, bins, hops).
        masks: With which the voices were found, complex (faces, bins, hops).
        bands: How many of the rows are cues.
    """
    seen = told.lips[:, -1:]
    voices = masks * noisy[told.scene]
    heard = heard_cue(voices, noisy, told.scene, seen[:, 0] > 0, bands)
    cue = torch.lerp(told.lips[:, :bands], heard.to(told.lips), HEARD) * seen
    features = torch.zeros_like(told.lips[:, bands:-1])
    return Conditioning(torch.cat([cue, features, seen], 1), told.known, told.scene)


def redraft(masks: Tensor) -> Tensor:
    """Complex masks that were found as drafts of the next ones: real, from 0 to 1.

    Without any training they served better than drafts of the magnitude sub-network, told anew:
    by 0.1 dB with two voices, 0.2 dB with four and five.
    """
    return masks.real.clamp(0, 1)


def sum_over_others(x: Tensor, scene: Tensor) -> Tensor:
    """For each face the sum over all others of its scene; the same to the bit every time.

    Shape: (faces, ...), (faces,) -> (faces, ...)
    """
    others = (scene[:, None] == scene).to(x.dtype).fill_diagonal_(0)
    return (others @ x.flatten(1)).view_as(x)


def mean_of_others(x: Tensor, known: Tensor, scene: Tensor) -> Tensor:
    """For each face the mean over the others of its scene, where they are known.

    Shape: (F, ...), (F, ...) that broadcasts to it, (F,) -> (F, ...)
    """
    there = known.to(x.dtype)
    return sum_over_others(x * there, scene) / sum_over_others(there, scene).clamp_min(1)
