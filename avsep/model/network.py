"""The whole network: one mixture and silent faces in, each face's voice out."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from avsep.model.config import ModelConfig
from avsep.model.lips import LipReader
from avsep.model.magnitude import MagnitudeNetwork, Told
from avsep.model.phase import PhaseNetwork


class SpeechSeparator(nn.Module):
    """Lip reader, magnitude and phase sub-networks (Afouras et al. 2018, figure 1)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.lips = LipReader(config)
        self.magnitude = MagnitudeNetwork(config)
        self.phase = PhaseNetwork(config)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, noisy: Tensor, mouths: Tensor, seen: Tensor) -> Tensor:
        """The voice of every face of every scene.

        Args:
            noisy: Complex spectrum of each scene's sound, (scenes, bins, hops).
            mouths: Grey pictures in [-1, 1], (scenes, faces, pictures, h, w).
            seen: Where each face is seen, bool (scenes, faces, pictures).

        Returns:
            Complex spectra, (scenes, faces, bins, hops).
        """
        return self.separate(noisy, self.watch(mouths, seen))

    def watch(self, mouths: Tensor, seen: Tensor, known: Tensor | None = None) -> Told:
        """All the lips tell about each face.

        Args:
            mouths: (scenes, faces, pictures, h, w).
            seen: Where each face is seen, bool (scenes, faces, pictures).
            known: Where the other faces know of it; where it is seen, if not given.
        """
        # A face out of sight is a grey picture.
        visible = mouths * seen[..., None, None]
        encoded = self.lips.encoder(rearrange(visible, "s f t h w -> (s f) t h w"))
        return self.interpret(rearrange(encoded, "(s f) c t -> s f c t", s=len(seen)), seen, known)

    def interpret(self, encoded: Tensor, seen: Tensor, known: Tensor | None = None) -> Told:
        """The same from what the lip encoder gives, (scenes, faces, features, pictures)."""
        features, cue = self.lips.interpret(rearrange(encoded, "s f c t -> (s f) c t"))
        features = rearrange(features, "(s f) c t -> s f c t", s=len(seen))
        if cue is None:
            return Told(features * seen[:, :, None], seen if known is None else known)
        cue = rearrange(cue, "(s f) c t -> s f c t", s=len(seen))
        return self.tell(features, cue, seen, known)

    def tell(
        self, features: Tensor, cue: Tensor, seen: Tensor, known: Tensor | None = None
    ) -> Told:
        """Join lip features, own cue and the mean cue of the others that are known.

        Shape: (scenes, faces, channels, pictures), (scenes, faces, bands, pictures),
        (scenes, faces, pictures) once or twice
        """
        known = seen if known is None else known
        visible = seen[:, :, None].to(cue.dtype)
        features, cue = features * visible, cue * visible
        if not self.config.others:
            return Told(torch.cat([features, cue], dim=2), known)
        there = known[:, :, None].to(cue.dtype)
        rivals = there.sum(1, keepdim=True) - there
        heard = cue * there
        mean = (heard.sum(1, keepdim=True) - heard) / rivals.clamp_min(1)
        return Told(torch.cat([features, cue, mean, (rivals > 0).to(cue.dtype)], dim=2), known)

    def separate(self, noisy: Tensor, told: Told) -> Tensor:
        """Mask the magnitude, mend the phase.

        Shape: complex (scenes, bins, hops), (scenes, faces, ...)
        -> complex (scenes, faces, bins, hops)
        """
        loudness = noisy.abs()
        magnitude = self.magnitude(loudness, told) * loudness[:, None]
        return self.mend(magnitude, noisy)

    def mend(self, magnitude: Tensor, noisy: Tensor) -> Tensor:
        """Enhanced magnitudes with their mended phase.

        Shape: (scenes, faces, bins, hops), complex (scenes, bins, hops)
        -> complex (scenes, faces, bins, hops)
        """
        scenes, faces = magnitude.shape[:2]
        phase = self.phase(
            rearrange(magnitude, "s f b t -> (s f) b t"),
            unit_phase(noisy).repeat_interleave(faces, dim=0),
        )
        phase = rearrange(phase, "(s f) two b t -> two s f b t", s=scenes)
        return torch.complex(magnitude * phase[0], magnitude * phase[1])


def unit_phase(noisy: Tensor) -> Tensor:
    """Cosines, then sines, of the phase; where there is no sound, the phase is zero.

    Shape: complex (batch, bins, hops) -> (batch, 2 * bins, hops)
    """
    angle = noisy.angle()
    return torch.cat([angle.cos(), angle.sin()], dim=1)
