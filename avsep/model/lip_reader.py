"""What the lips say: frames of a mouth to features at the frame rate."""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from avsep.model.config import ModelConfig
from avsep.model.layers import Projection, TemporalBlock

DEPTH = 5  # frames the first convolution sees at once


class ResidualBlock(nn.Module):
    """The basic block of an 18-layer residual network (He et al. 2016, figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Shape: (frames, inputs, h, w) -> (frames, outputs, h / stride, w / stride)."""
        y = functional.relu(self.first_norm(self.first(x)))
        y = self.second_norm(self.second(y))
        return functional.relu(y + self.shortcut(x))


class LipEncoder(nn.Module):
    """3-D convolution over five frames, then an 18-layer residual network on every frame.

    Afouras et al. 2018, section 2.1 (visual features).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        stem, *widths = config.lip_widths
        # A 3-D convolution of 5 x 7 x 7 over one grey channel is a 2-D one of 7 x 7 over five
        # stacked frames: the same sums, several times faster on a CPU.
        self.stem = nn.Conv2d(DEPTH, stem, 7, 2, 3, bias=False)
        self.stem_norm = nn.BatchNorm2d(stem)
        blocks = []
        for stage, width in enumerate(widths):
            blocks += [
                ResidualBlock(stem, width, stride=1 if stage == 0 else 2),
                ResidualBlock(width, width, stride=1),
            ]
            stem = width
        self.stages = nn.Sequential(*blocks)

    def forward(self, mouths: Tensor) -> Tensor:
        """Shape: (batch, frames, h, w), grey in [-1, 1] -> (batch, features, frames)."""
        batch = mouths.shape[0]
        side = DEPTH // 2
        stacked = functional.pad(mouths, (0, 0, 0, 0, side, side)).unfold(1, DEPTH, 1)
        x = self.stem(rearrange(stacked, "b t h w d -> (b t) d h w"))
        x = functional.max_pool2d(functional.relu(self.stem_norm(x)), 3, 2, 1)
        x = self.stages(x).mean((-2, -1))
        features: Tensor = rearrange(x, "(b t) c -> b c t", b=batch)
        return features


class LipReader(nn.Module):
    """Lip features in time: the encoder, then the lip branch of the magnitude sub-network.

    Besides the features, the reader may be asked for a *cue*: the coarse spectrum of the voice
    at the frame rate, which is what it is first trained on.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.encoder = LipEncoder(config)
        self.enter = Projection(config.lip_widths[-1], config.lip_channels)
        self.blocks = nn.Sequential(
            *(TemporalBlock(config.lip_channels) for _ in range(config.lip_blocks))
        )
        self.cue = Projection(config.lip_channels, config.cue_bands) if config.cue_bands else None

    def forward(self, mouths: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and cue.

        Shape: (batch, frames, h, w) -> (batch, channels, frames), (batch, bands, frames)
        """
        return self.interpret(self.encoder(mouths))

    def interpret(self, encoded: Tensor) -> tuple[Tensor, Tensor | None]:
        """The same from what the encoder gives.

        Shape: (batch, features, frames)
        -> (batch, channels, frames), (batch, bands, frames)
        """
        features = self.blocks(self.enter(encoded[:, :, None]))
        cue = None if self.cue is None else self.cue(features)[:, :, 0]
        return features[:, :, 0], cue


def to_grey(mouths: Tensor) -> Tensor:
    """Grey bytes to what the encoder takes, floats in [-1, 1]."""
    return mouths.float() / 127.5 - 1
