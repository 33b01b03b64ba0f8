"""One copy of a network's weights for several processes of a machine."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from avsep.model.config import ModelConfig
from avsep.model.network import SpeechSeparator


ALIGNMENT = 16  # numbers: kernels sum differently, in the last bits, where 64 bytes aren't kept


@dataclass(frozen=True, slots=True, eq=False)
class SharedNetwork:
    """A network that can be handed to other processes by torch without being copied.

    Attributes:
        config: Its sizes.
        weights: All of them in a row with gaps, shape (numbers,), in shared memory or on a GPU.
    """

    config: ModelConfig
    weights: Tensor

    @classmethod
    def share(cls, network: SpeechSeparator) -> SharedNetwork:
        """Put a network's weights where other processes can use them."""
        values = [value.flatten().float() for value in network.state_dict().values()]
        row = torch.cat([functional.pad(value, (0, _gap(value))) for value in values])
        row.share_memory_()  # type: ignore[no-untyped-call]
        return cls(network.config, row)

    def open(self) -> SpeechSeparator:
        """The network, in evaluation mode, whose weights are the shared ones."""
        network = SpeechSeparator(self.config)
        values = network.state_dict()
        pieces = torch.split(self.weights, [v.numel() + _gap(v) for v in values.values()])
        shared = {
            name: piece[: value.numel()].view(value.shape).to(value.dtype)
            for (name, value), piece in zip(values.items(), pieces, strict=True)
        }
        network.load_state_dict(shared, assign=True)
        return network.to(self.weights.device).eval()


def _gap(value: Tensor) -> int:
    """Numbers up to the next place that is aligned."""
    return -value.numel() % ALIGNMENT
