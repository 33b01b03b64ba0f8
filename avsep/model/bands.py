"""The band separator: bands x time, complex masks, separated by sound and told by lips.

The sound of a scene is heard once; from where the lips join, it goes once per face, and before
every block each face hears the mean of the other faces of its scene. The figure follows
band-split networks (Luo and Yu, "Music Source Separation with Band-Split RNN", 2023; Xu et al.,
"TIGER", 2024), with dense dilated convolutions over time and neighbouring bands and a matrix
over all bands in the place of their recurrences and attention, so that the reach is finite.

Shapes: S scenes, F faces, T hops of the transform (50 a second), P frames (25 a second),
K bands, N channels.
"""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from avsep.model.band_blocks import Block, Exchange, cut_hops
from avsep.model.band_split import BANDS, BandJoin, BandSplit
from avsep.model.conditioning import Conditioning, mean_of_others, sum_over_others
from avsep.model.config import LEVEL_REACH, BandConfig
from avsep.model.layers import copy_module
from avsep.model.spectrum import BINS, COARSE
from avsep.model.surroundings import mean_around
from avsep.timeline import Span

COMPRESSION = 0.3  # exponent on magnitudes
SOFTEST = 1e-7  # level of what counts as no sound
LARGEST_MASK = 4.0
# Everybody gets so much of what nobody visible is given: a voice that lips explain badly is then
# soft, where it would be lost. All together get less than there is: else, of 15 who speak at once
# each would sound like all.
RETURNED, RETURNED_TO_ALL = 0.15, 0.9
DRAFT = ("draft.", "kept")  # how weights begin that only a separator has that is told a draft
KEPT_OF_DRAFT = 0.65  # at first; with a trained separator of 3.5 dB and drafts of 4.2 dB best


class Heard(NamedTuple):
    """A scene as it is heard before anybody says which voice is meant.

    Attributes:
        loudness: Its spectrum's magnitude, compressed, (S, T, BINS).
        bands: What the blocks before the joining make of it, (S, T, K, N).
    """

    loudness: Tensor
    bands: Tensor

    def cut(self, start: int, stop: int) -> Heard:
        """Some hops of it."""
        return Heard(self.loudness[:, start:stop], self.bands[:, start:stop])


class BandSeparator(nn.Module):
    """Noisy spectrum and lips to complex masks.

    All blocks begin as identity, so a trained network can be made deeper and go on.
    """

    def __init__(self, config: BandConfig) -> None:
        super().__init__()
        self.config = config
        n = config.channels
        self.split = BandSplit(3, n)
        self.condition = nn.Linear(2 * config.told, BANDS * n)
        self.audio = nn.ModuleList(Block(n, d) for d in config.audio_dilations)
        self.fusion = nn.ModuleList(Block(n, d) for d in config.fusion_dilations)
        self.exchange = nn.ModuleList(Exchange(n) for _ in config.fusion_dilations)
        self.norm = nn.LayerNorm(n)
        self.mask = BandJoin(n, 2)
        if config.drafted:
            self.draft = BandSplit(2, n)
            nn.init.zeros_(self.draft.weight)
            self.kept = nn.Parameter(torch.full((BINS,), KEPT_OF_DRAFT))

    def compute_in(self, precision: torch.dtype) -> BandSeparator:
        """The same with blocks that compute in that precision; spectra and masks stay."""
        separator = copy_module(self)
        for name in ("audio", "exchange", "fusion"):
            setattr(separator, name, deepcopy(getattr(self, name)).to(precision))
        return separator

    @property
    def precision(self) -> torch.dtype:
        """What the blocks compute in."""
        first = self.exchange[0]
        assert isinstance(first, Exchange)
        return first.norm.weight.dtype

    def forward(self, noisy: Tensor, told: Conditioning, draft: Tensor | None = None) -> Tensor:
        """Complex mask of every face, no larger than `LARGEST_MASK` but for what is returned.

        Args:
            noisy: Complex spectra, (S, BINS, T).
            told: What the lips of F faces tell.
            draft: Masks of another network, (F, BINS, T), if this one is `BandConfig.drafted`.

        Returns:
            Complex (F, BINS, T).
        """
        return self.answer(self.listen(noisy), told, draft)

    def listen(self, noisy: Tensor) -> Heard:
        """What there is to hear, before anybody says which voice is meant: (S, BINS, T)."""
        x = _compress(noisy / measure_level(noisy)[:, None])
        return Heard(x[..., 2], self.hear(x))

    def answer(self, heard: Heard, told: Conditioning, draft: Tensor | None = None) -> Tensor:
        """Complex masks as `forward` gives them, (F, BINS, T)."""
        draft = None if draft is None else draft.float().transpose(1, 2)
        real, imaginary = self.estimate(heard, told, draft).unbind(-1)
        real = real + 0.5
        if draft is not None:
            real = torch.lerp(real, draft, self.kept)
            imaginary = imaginary * (1 - self.kept)
        return return_rest(_bound(real, imaginary).transpose(1, 2), told)

    def answer_in(
        self, span: Span, heard: Heard, told: Conditioning, draft: Tensor | None = None
    ) -> Tensor:
        """The same in some frames alone, which are all it looks at, and zero in the others."""
        hops = heard.loudness.shape[1]
        start, stop = (frame * COARSE.hops_per_frame for frame in span)
        draft = None if draft is None else draft[..., start:stop]
        masks = self.answer(heard.cut(start, stop), told.cut(*span), draft)
        return functional.pad(masks, (start, hops - stop))

    # What is between spectrum and masks is in real numbers, so that it can be compiled.

    def hear(self, x: Tensor) -> Tensor:
        """Up to where the lips join: (S, T, BINS, 3) -> (S, T, K, N)."""
        x = self.split(x).to(self.precision)
        pieces = cut_hops(x)
        for block in self.audio:
            x = block(partial(_take, x), pieces)
        return x

    def estimate(self, heard: Heard, told: Conditioning, draft: Tensor | None = None) -> Tensor:
        """From where the lips join, with (F, T, BINS) of drafts: (F, T, BINS, 2)."""
        x = heard.bands[told.scene]
        others = mean_of_others(told.lips, told.known[:, None], told.scene)
        condition = self.condition(_to_hops(torch.cat([told.lips, others], 1)))
        x = x + condition.unflatten(-1, (BANDS, -1))
        if draft is not None:
            x = x + self._read_draft(draft, heard.loudness[told.scene])
        x = x.to(self.precision)
        known = _to_hops(told.known[:, None].float())[..., None].to(x.dtype)
        pieces = cut_hops(x)
        for exchange, block in zip(self.exchange, self.fusion, strict=True):
            x = block(partial(exchange, x, known, told.scene), pieces)
        masks: Tensor = self.mask(self.norm(x.to(self.norm.weight))).float()
        return masks

    def _read_draft(self, draft: Tensor, loudness: Tensor) -> Tensor:
        """Shape: (F, T, BINS), compressed (F, T, BINS) -> (F, T, K, N)."""
        voice = draft * (loudness + COMPRESSION)
        read: Tensor = self.draft(torch.stack([draft, voice], -1))
        return read


def measure_level(noisy: Tensor) -> Tensor:
    """Root mean square of the magnitudes around each hop, 1.28 s to each side.

    Where a recording begins or ends, over what there is. Measured so, masks do not depend on
    the level, and yet a chunk with enough context gives what the whole recording gives.

    Shape: complex (S, BINS, T) -> (S, T)
    """
    power = noisy.abs().square().mean(1)[:, None]
    return mean_around(power, torch.ones_like(power[:1]), LEVEL_REACH)[:, 0].sqrt() + SOFTEST


def return_rest(masks: Tensor, told: Conditioning) -> Tensor:
    """Give every face a part of what it and the others it knows of leave over.

    A weak form of mixture consistency (Wisdom et al. 2019), in which all of it is returned.

    Shape: complex (F, BINS, T), (F, ...) -> complex (F, BINS, T)
    """
    known = _to_hops(told.known[:, None].float()).transpose(1, 2)
    taken = masks + sum_over_others(masks * known, told.scene)
    faces = 1 + sum_over_others(known, told.scene)
    return masks + (RETURNED_TO_ALL / faces).clamp_max(RETURNED) * (1 - taken)


def _take(x: Tensor, start: int, stop: int) -> Tensor:
    return x[:, start:stop]


def _compress(noisy: Tensor) -> Tensor:
    """Real part, imaginary part and magnitude, compressed. (S, BINS, T) -> (S, T, BINS, 3)."""
    magnitude = noisy.abs() + 1e-4
    squeezed = magnitude ** (COMPRESSION - 1)
    parts = [noisy.real * squeezed, noisy.imag * squeezed, magnitude**COMPRESSION - COMPRESSION]
    return torch.stack(parts, -1).transpose(1, 2)


def _to_hops(x: Tensor) -> Tensor:
    """From frames to the transform's hops, linearly. (F, rows, P) -> (F, T, rows)."""
    wide = functional.interpolate(x.float(), scale_factor=COARSE.hops_per_frame, mode="linear")
    return wide.transpose(1, 2).to(x.dtype)


def _bound(real: Tensor, imaginary: Tensor) -> Tensor:
    """A complex number, its size bent to stay below `LARGEST_MASK`, its angle kept."""
    size = torch.sqrt(real.square() + imaginary.square() + 1e-8)
    scale = LARGEST_MASK * torch.tanh(size / LARGEST_MASK) / size
    return torch.complex(real * scale, imaginary * scale)
