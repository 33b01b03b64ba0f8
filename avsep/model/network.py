"""The whole network: one mixture and silent faces in, each face's voice out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

import torch
from einops import rearrange
from torch import Tensor, nn

from avsep.device import cast_to, device_of
from avsep.errors import SettingError
from avsep.model.bands import BandSeparator
from avsep.model.conditioning import (
    Conditioning,
    mean_of_others,
    redraft,
    sum_over_others,
    tell_again,
)
from avsep.model.config import BandConfig, ModelConfig
from avsep.model.layers import copy_module
from avsep.model.lip_reader import LipReader
from avsep.model.magnitude import MagnitudeNetwork
from avsep.model.phase import PhaseNetwork
from avsep.model.spectrum import COARSE, FINE, Transform, analyse, synthesise
from avsep.timeline import Span


class SeparationNetwork(nn.Module):
    """Lip reader, magnitude and phase sub-networks (Afouras et al. 2018, figure 1).

    Attributes:
        precision: What its sums are cast to; None for full precision.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.precision: torch.dtype | None = None
        self.lips = LipReader(config)
        if config.bands:
            self.components = nn.Linear(config.lip_channels, config.bands.features)
            self.bands = BandSeparator(config.bands)
        else:
            self.phase = PhaseNetwork(config)
        if not config.bands or config.bands.drafted:
            self.magnitude = MagnitudeNetwork(config)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def transform(self) -> Transform:
        """The transform whose spectra it separates."""
        return COARSE if self.config.bands else FINE

    def compute_in(self, precision: torch.dtype | None) -> SeparationNetwork:
        """The same network, computing in that precision, None for full; spectra stay as they are.

        Weights are shared but for those of a band separator's blocks, which are rounded once: cast
        at every call they would take a quarter longer.
        """
        if precision is None:
            return self
        network = copy_module(self)
        network.precision = precision
        if network.config.bands:
            network.bands = network.bands.compute_in(precision)
        return network

    def choose_passes(self, passes: int) -> None:
        """Separate so often, whatever was learnt.

        Raises:
            SettingError: Only a band separator can be told what it has found.
        """
        if self.config.bands:
            self.config = replace(self.config, bands=replace(self.config.bands, passes=passes))
        elif passes > 1:
            raise SettingError(
                "this network separates once", hint="Leave --passes out, or take other weights."
            )

    def forward(
        self, noisy: Tensor, mouths: Tensor, seen: Tensor, scene: Tensor | None = None
    ) -> Tensor:
        """The voice of every face of every scene.

        Args:
            noisy: Complex spectrum of each scene's sound, (scenes, bins, hops).
            mouths: Grey frames in [-1, 1], (faces, frames, h, w).
            seen: Where each face is seen, bool (faces, frames).
            scene: Which scene each face belongs to, (faces,); all to one if not given.

        Returns:
            Complex spectra, (faces, bins, hops).
        """
        return self.separate(noisy, self.condition_on_mouths(mouths, seen, scene))

    def read_lips(self, mouths: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and cue of mouths, as `LipReader` gives them."""
        return self.lips.interpret(self.encode(mouths))

    def condition_on_mouths(
        self,
        mouths: Tensor,
        seen: Tensor,
        scene: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Conditioning:
        """All the lips tell about each face.

        Args:
            mouths: (faces, frames, h, w).
            seen: Where each face is seen, bool (faces, frames).
            scene: Which scene each face belongs to, (faces,); all to one if not given.
            known: Where the others of its scene know of it; where it is seen, if not given.
        """
        # A face out of sight is a grey frame.
        encoded = self.encode(mouths * seen[..., None, None])
        return self.condition_on_encoded(encoded, seen, scene, known)

    def encode(self, mouths: Tensor) -> Tensor:
        """What the lip encoder gives: (faces, frames, h, w) -> (faces, features, frames)."""
        with self._cast():
            encoded: Tensor = self.lips.encoder(mouths)
        return encoded.to(mouths)

    def condition_on_encoded(
        self,
        encoded: Tensor,
        seen: Tensor,
        scene: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Conditioning:
        """The same from what the lip encoder gives, (faces, features, frames)."""
        features, cue = self.lips.interpret(encoded)
        return self.condition(features, cue, seen, scene, known)

    def condition(
        self,
        features: Tensor,
        cue: Tensor | None,
        seen: Tensor,
        scene: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Conditioning:
        """Join lip features, own cue and the mean cue of the others that are known.

        Shape: (faces, channels, frames), (faces, bands, frames), (faces, frames),
        (faces,), (faces, frames)
        """
        known = seen if known is None else known
        if scene is None:
            scene = torch.zeros(len(seen), dtype=torch.int64, device=seen.device)
        if not self.config.bands:
            return self.tell_magnitude(features, cue, seen, known, scene)
        assert cue is not None
        draft = None
        if self.config.bands.drafted:
            draft = self.tell_magnitude(features, cue, seen, known, scene)
        visible = seen[:, None].to(features.dtype)
        components = self.components(features.movedim(1, -1)).movedim(-1, 1)
        lips = [cue, components, torch.ones_like(visible), torch.ones_like(visible)]
        return Conditioning(torch.cat(lips, dim=1) * visible, known, scene, draft)

    def tell_magnitude(
        self, features: Tensor, cue: Tensor | None, seen: Tensor, known: Tensor, scene: Tensor
    ) -> Conditioning:
        """What the magnitude sub-network is told."""
        visible = seen[:, None].to(features.dtype)
        lips = [features * visible]
        if cue is not None:
            lips.append(cue * visible)
            if self.config.others:
                there = known[:, None].to(cue.dtype)
                lips.append(mean_of_others(cue * visible, there, scene))
                lips.append((sum_over_others(there, scene) > 0).to(cue.dtype))
        return Conditioning(torch.cat(lips, dim=1), known, scene)

    def separate(self, noisy: Tensor, told: Conditioning, kept: Span | None = None) -> Tensor:
        """Mask the spectrum; the paper's network masks the magnitude, then refines it.

        Args:
            noisy: Complex (scenes, bins, hops).
            told: What the lips of all faces tell.
            kept: Frames whose sound is wanted, by default all. A band separator doesn't finish
                the others.

        Returns:
            Complex spectra of the voices, (faces, bins, hops).
        """
        if self.config.bands:
            masks = self._find_masks(self.config.bands, noisy, told, kept)
            voices: Tensor = masks * noisy[told.scene]
            return voices
        loudness = noisy.abs()
        magnitude = self._mask_magnitude(loudness, told) * loudness[told.scene]
        return self.refine_phase(magnitude, noisy[told.scene])

    def _find_masks(
        self, config: BandConfig, noisy: Tensor, told: Conditioning, kept: Span | None
    ) -> Tensor:
        """The band separator's masks, pass by pass, zero where none are needed."""
        heard = self.bands.listen(noisy)
        draft = self.draft(noisy, told.draft) if told.draft else None
        frames = told.known.shape[1]
        first, *others = config.find_spans(kept or (0, frames), frames)
        masks = self.bands.answer_in(first, heard, told, draft)
        for span in others:
            again = tell_again(told, noisy, masks, config.cue_bands)
            draft = None if draft is None else redraft(masks)
            masks = self.bands.answer_in(span, heard, again, draft)
        return masks

    def draft(self, noisy: Tensor, told: Conditioning) -> Tensor:
        """Masks of the magnitude sub-network at the hops of a band separator.

        Shape: complex (scenes, bins, hops), (faces, ...) -> (faces, bins, hops)
        """
        loudness = analyse(synthesise(noisy, transform=COARSE), transform=FINE).abs()
        masks = self._mask_magnitude(loudness, told)
        return rearrange(masks, "f b (t fine) -> f b t fine", t=noisy.shape[-1]).mean(-1)

    def _mask_magnitude(self, loudness: Tensor, told: Conditioning) -> Tensor:
        with self._cast():
            masks: Tensor = self.magnitude(loudness, told)
        return masks.to(loudness)

    def _cast(self) -> AbstractContextManager[object]:
        return cast_to(self.precision, device_of(self))

    def refine_phase(self, magnitude: Tensor, noisy: Tensor) -> Tensor:
        """Enhanced magnitudes with their refined phase.

        Shape: (faces, bins, hops), complex (faces, bins, hops) -> complex (faces, bins, hops)
        """
        with self._cast():
            phase = self.phase(magnitude, unit_phase(noisy)).to(magnitude)
        return torch.complex(magnitude * phase[:, 0], magnitude * phase[:, 1])


def unit_phase(noisy: Tensor) -> Tensor:
    """Cosines, then sines, of the phase; where there is no sound, the phase is zero.

    Shape: complex (batch, bins, hops) -> (batch, 2 * bins, hops)
    """
    angle = noisy.angle()
    return torch.cat([angle.cos(), angle.sin()], dim=1)
