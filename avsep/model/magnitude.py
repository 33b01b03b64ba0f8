"""The magnitude sub-network: noisy magnitude and lips to a soft mask."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from avsep.model.config import ModelConfig
from avsep.model.layers import Projection, TemporalBlock
from avsep.model.spectrum import BINS


class MagnitudeNetwork(nn.Module):
    """Afouras et al. 2018, section 2.2: audio blocks, joining with the lips, mask.

    With ``config.others`` the joining also hears what the other visible faces say (their mean
    cue, and whether there is any): two weak cues decide better together than one.
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
        self.leave = Projection(width, BINS)

    def forward(self, magnitude: Tensor, lips: Tensor) -> Tensor:
        """Soft mask of every face; what depends on the sound alone is computed once a scene.

        Shape: (scenes, bins, hops), (scenes, faces, lips and cues, pictures)
        -> (scenes, faces, bins, hops)
        """
        faces = lips.shape[1]
        x = self.enter(magnitude.pow(self.config.compression)[:, :, None])
        details = []
        for block, stride in zip(self.audio, self.config.audio_strides, strict=True):
            if stride > 1:
                details.append(x)
            x = block(x)
        x = _per_face(x, faces)
        x = self.join(torch.cat([x, lips.flatten(0, 1)[:, :, None]], dim=1))
        for block, factor in zip(self.fusion, self.config.fusion_factors, strict=True):
            x = block(x)
            if factor > 1 and self.config.skips:
                x = x + _per_face(details.pop(), faces)
        mask = torch.sigmoid(self.leave(functional.relu(self.norm(x))))
        return rearrange(mask, "(s f) b 1 t -> s f b t", f=faces)


def _per_face(x: Tensor, faces: int) -> Tensor:
    """Shape: (scenes, ...) -> (scenes * faces, ...)."""
    return x.repeat_interleave(faces, dim=0) if faces > 1 else x
