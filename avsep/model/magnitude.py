"""The magnitude sub-network: noisy magnitude and lips to a soft mask."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from avsep.model.conditioning import Conditioning, sum_over_others
from avsep.model.config import ModelConfig
from avsep.model.layers import Projection, TemporalBlock
from avsep.model.spectrum import BINS, HOPS_PER_FRAME

LEVEL = -19.0  # dB, the active level of a mixture at which the bundled weights do best


class MagnitudeNetwork(nn.Module):
    """Afouras et al. 2018, section 2.2: audio blocks, joining with the lips, mask.

    With ``config.others`` the joining also hears what the other visible faces say (their mean
    cue, and whether there is any), for two weak cues decide better together than one; each face
    is also asked for a mask of the rest, what belongs to no face that is seen, and all masks of
    a moment are made to agree (`enforce_consistency`).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels
        self.enter = Projection(BINS, width)
        self.audio = nn.ModuleList(TemporalBlock(width, stride=s) for s in config.audio_strides)
        cues = config.cue_bands * (1 + config.others) + config.others
        self.join = Projection(width + config.lip_channels + cues, width)
        self.fusion = nn.ModuleList(TemporalBlock(width, factor=f) for f in config.fusion_factors)
        self.norm = nn.BatchNorm2d(width)
        self.leave = Projection(width, BINS * (1 + config.others))

    def forward(self, magnitude: Tensor, told: Conditioning) -> Tensor:
        """Soft mask of every face; what depends on the sound alone is computed once a scene.

        Shape: (scenes, bins, hops), (faces, ...) -> (faces, bins, hops)
        """
        x = self.enter(magnitude.pow(self.config.compression)[:, :, None])
        details = []
        for block, stride in zip(self.audio, self.config.audio_strides, strict=True):
            if stride > 1:
                details.append(x)
            x = block(x)
        x = self.join(torch.cat([_per_face(x, told), told.lips[:, :, None]], dim=1))
        for block, factor in zip(self.fusion, self.config.fusion_factors, strict=True):
            x = block(x)
            if factor > 1 and self.config.skips:
                x = x + _per_face(details.pop(), told)
        masks = torch.sigmoid(self.leave(functional.relu(self.norm(x))))
        masks = rearrange(masks, "f (kinds b) 1 t -> kinds f b t", b=BINS)
        if not self.config.others:
            return masks[0]
        return enforce_consistency(masks[0], masks[1], told.known, told.scene)


def enforce_consistency(own: Tensor, rest: Tensor, known: Tensor, scene: Tensor) -> Tensor:
    """Masks that leave nothing over: what is missing or too much, all give or take alike.

    The projection, by least squares, on masks of faces and rest that sum to one (mixture
    consistency: Wisdom et al. 2019, equation 5, for masks). Every face reckons with the others
    that are known at the moment and with their mean idea of the rest.

    Shape: (faces, bins, hops) twice, bool (faces, frames), (faces,) -> (faces, bins, hops),
    in [0, 1]
    """
    seen = known.repeat_interleave(HOPS_PER_FRAME, -1).to(own.dtype)[:, None]
    counted = 1 + sum_over_others(seen, scene)  # oneself always, the others where known

    def total(x: Tensor) -> Tensor:
        return x + sum_over_others(x * seen, scene)

    left = 1 - total(own) - total(rest) / counted
    return (own + left / (counted + 1)).clamp(0, 1)


def _per_face(x: Tensor, told: Conditioning) -> Tensor:
    """Shape: (scenes, ...) -> (faces, ...)."""
    return x.index_select(0, told.scene)  # whose gradients, too, are summed in a fixed order
