"""The phase sub-network: mends the phase once the magnitude is known."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from avsep.model.config import ModelConfig
from avsep.model.layers import Projection, TemporalBlock
from avsep.model.spectrum import BINS


class PhaseNetwork(nn.Module):
    """Afouras et al. 2018, section 2.3: a residual added to the noisy phase.

    The last projection starts at zero, so an untrained sub-network returns the noisy phase.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.compression = config.compression
        half = config.phase_channels // 2
        self.enter_magnitude = Projection(BINS, half)
        self.enter_phase = Projection(2 * BINS, config.phase_channels - half)
        self.blocks = nn.Sequential(
            *(TemporalBlock(config.phase_channels) for _ in range(config.phase_blocks))
        )
        self.leave = Projection(config.phase_channels, 2 * BINS)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, magnitude: Tensor, noisy: Tensor) -> Tensor:
        """Unit phase vectors of the voice.

        Args:
            magnitude: Enhanced magnitude, (batch, bins, hops).
            noisy: Cosine and sine of the noisy phase, (batch, 2 * bins, hops).

        Returns:
            Cosine and sine of the mended phase, (batch, 2, bins, hops).
        """
        compressed = magnitude.clamp_min(1e-8).pow(self.compression)
        x = torch.cat(
            [self.enter_magnitude(compressed[:, :, None]), self.enter_phase(noisy[:, :, None])], 1
        )
        residual = self.leave(self.blocks(x))[:, :, 0]
        mended = (noisy + residual).unflatten(1, (2, BINS))
        # Sixty times faster on a CPU than `functional.normalize` over two numbers.
        cosine, sine = mended.unbind(1)
        unit: Tensor = mended / torch.hypot(cosine, sine).clamp_min(1e-12)[:, None]
        return unit
