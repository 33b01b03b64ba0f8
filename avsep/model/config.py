"""Sizes of the network."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from avsep.model.spectrum import HOPS_PER_FRAME

KERNEL = 5


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
            transposed block, so that detail in time need not pass the picture rate.
        compression: Exponent on the noisy magnitude before the first projection.
        cue_bands: Coarse bands of the voice the lips are asked to predict; 0 for none.
        others: Whether the mean cue of the other visible faces is told to the network.
        phase_blocks: Blocks of the phase sub-network.
        phase_channels: Their channels.
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

    @property
    def context(self) -> int:
        """Pictures the network looks to each side of the one it speaks for."""
        side = KERNEL // 2
        lips = side + side * self.lip_blocks
        audio, hops = 1.0, 1.0  # the window of one STFT frame reaches into its neighbours
        for stride in self.audio_strides:
            audio += side * hops
            hops *= stride
        fusion = 0.0
        for factor in self.fusion_factors:
            fusion += side * hops
            hops /= factor
        phase = side * self.phase_blocks
        return ceil(max(lips, audio / HOPS_PER_FRAME) + (fusion + phase) / HOPS_PER_FRAME) + 1


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
SIZES = {"full": FULL, "base": BASE, "tiny": TINY}
