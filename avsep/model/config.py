"""Sizes of the network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from avsep.model.spectrum import COARSE, HOPS_PER_FRAME
from avsep.timeline import Span, widen

KERNEL = 5
HEARD_REACH = 50  # frames to each side over which a voice that was found is levelled
LEVEL_REACH = 64  # hops of 20 ms to each side over which a band separator measures the level


@dataclass(frozen=True, slots=True)
class BandConfig:
    """Numbers of the band separator (`avsep.model.bands`).

    It stands in place of the paper's magnitude and phase sub-networks, or of the latter only.

    Attributes:
        channels: Of every band.
        audio_dilations: Dilation in time of each block before the lips join, hops of 20 ms.
        fusion_dilations: The same of each block after it.
        cue_bands: Coarse bands that the lips are asked to predict.
        features: Components of the lip features that are told beside them.
        drafted: Whether the paper's magnitude network drafts the masks, which are told to it
            and mended.
        passes: How often it separates: after the first time it is told of each face what it found
            (`avsep.model.conditioning.tell_again`), and mends its own masks.
    """

    channels: int = 64
    audio_dilations: tuple[int, ...] = (1, 2, 4)
    fusion_dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 16, 32)
    cue_bands: int = 10
    features: int = 32
    drafted: bool = False
    passes: int = 1

    @property
    def fusion_reach(self) -> int:
        """Frames that the blocks after the joining look to each side."""
        return ceil(sum(self.fusion_dilations) / COARSE.hops_per_frame)

    @property
    def reach(self) -> int:
        """Frames that the sound is looked at to each side, its level included."""
        hops = LEVEL_REACH + sum(self.audio_dilations) + sum(self.fusion_dilations) + 1
        return ceil(hops / COARSE.hops_per_frame)

    @property
    def again_reach(self) -> int:
        """Frames that each further pass adds to each side of what is looked at."""
        return self.fusion_reach + 1 + HEARD_REACH + 1

    def find_spans(self, kept: Span, frames: int) -> list[Span]:
        """What each pass has to compute of so many frames, where the sound of some is kept."""
        last = self.fusion_reach + 2
        later = reversed(range(self.passes))
        return [widen(kept, last + number * self.again_reach, frames) for number in later]

    @property
    def told(self) -> int:
        """Numbers that are told of each frame of a face."""
        return self.cue_bands + self.features + 2


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Every number that shapes the network; stored inside each checkpoint.

    The defaults are the `full` network: the numbers of Afouras et al. 2018, section 2. What the
    paper leaves open (where the strided blocks stand) is chosen here. The fields that are zero
    or false in `full` are our additions, explained where they are used.

    Attributes:
        lip_size: Side of the grey mouth picture, pixels.
        lip_widths: Channels of the stem and of the four stages of the residual network.
        lip_blocks: Temporal blocks over the lip features, at 25 Hz.
        lip_channels: Channels of those blocks.
        audio_strides: Stride of each block over the noisy magnitude; their product is 4.
        fusion_factors: Time factor of each block after the joining; their product is 4.
        channels: Channels of audio and fusion blocks.
        skips: Whether audio features from before each stride are added after the matching
            transposed block, so that detail in time need not pass the frame rate.
        compression: Exponent on the noisy magnitude before the first projection.
        cue_bands: Coarse bands of the voice the lips are asked to predict; 0 for none.
        others: Whether the mean cue of the other visible faces is told to the network.
        phase_blocks: Blocks of the phase sub-network.
        phase_channels: Their channels.
        bands: The band separator in place of magnitude and phase sub-networks, if there is one;
            behind the magnitude sub-network if it is `BandConfig.drafted`.
    """

    lip_size: int = 112
    lip_widths: tuple[int, ...] = (64, 64, 128, 256, 512)
    lip_blocks: int = 10
    lip_channels: int = 1536
    audio_strides: tuple[int, ...] = (1, 2, 1, 2, 1)
    fusion_factors: tuple[int, ...] = (1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 1)
    channels: int = 1536
    skips: bool = False
    compression: float = 1.0
    cue_bands: int = 0
    others: bool = False
    phase_blocks: int = 6
    phase_channels: int = 1024
    bands: BandConfig | None = None

    @property
    def context(self) -> int:
        """Frames the network looks to each side of the one it speaks for."""
        if self.bands is None:
            return ceil(self._magnitude_reach + self._phase_reach) + 1
        own = max(self._lip_reach + self.bands.fusion_reach + 1, self.bands.reach) + 1
        if self.bands.drafted:
            # The draft's windows begin and end in the frames next to theirs.
            own += ceil(self._magnitude_reach) + 2
        return own + (self.bands.passes - 1) * self.bands.again_reach

    @property
    def _lip_reach(self) -> int:
        side = KERNEL // 2
        return side + side * self.lip_blocks

    @property
    def _magnitude_reach(self) -> float:
        """Frames that the magnitude sub-network looks to each side, lips included."""
        side = KERNEL // 2
        audio, hops = 1.0, 1.0  # the window of one STFT frame reaches into its neighbours
        for stride in self.audio_strides:
            audio += side * hops
            hops *= stride
        fusion = 0.0
        for factor in self.fusion_factors:
            fusion += side * hops
            hops /= factor
        return max(self._lip_reach, audio / HOPS_PER_FRAME) + fusion / HOPS_PER_FRAME

    @property
    def _phase_reach(self) -> float:
        return KERNEL // 2 * self.phase_blocks / HOPS_PER_FRAME


def make_sizes(settings: dict[str, Any]) -> BandConfig:
    """The band separator's numbers as JSON and TOML give them, lists for tuples."""
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()
    }
    return BandConfig(**values)


FULL = ModelConfig()
BASE = ModelConfig(
    lip_size=64,
    lip_widths=(16, 16, 32, 64, 128),
    lip_blocks=10,
    lip_channels=192,
    audio_strides=(1, 1, 2, 1, 2),
    fusion_factors=(1, 1, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1),
    channels=448,
    skips=True,
    compression=0.3,
    cue_bands=10,
    others=True,
    phase_channels=256,
)
BANDS = replace(BASE, bands=BandConfig())
DRAFTED = replace(BASE, bands=BandConfig(drafted=True, passes=2))
# Good for nothing but trying things out in seconds.
TINY = ModelConfig(
    lip_size=16,
    # Backward through strided 1 x 1 convolutions of 4 channels crashes in oneDNN.
    lip_widths=(8, 8, 8, 8, 16),
    lip_blocks=2,
    lip_channels=8,
    audio_strides=(1, 2, 2),
    fusion_factors=(1, 2, 2),
    channels=16,
    skips=True,
    compression=0.3,
    cue_bands=10,
    others=True,
    phase_blocks=1,
    phase_channels=8,
)
TINY_BANDS = replace(TINY, bands=BandConfig(8, (1,), (1, 2), features=4))
TINY_DRAFTED = replace(TINY, bands=BandConfig(8, (1,), (1, 2), features=4, drafted=True, passes=2))
SIZES = {
    "full": FULL,
    "base": BASE,
    "bands": BANDS,
    "drafted": DRAFTED,
    "tiny": TINY,
    "tiny-bands": TINY_BANDS,
    "tiny-drafted": TINY_DRAFTED,
}
