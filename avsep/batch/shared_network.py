"""One copy of a network's weights for several processes of a machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from avsep.device import device_of
from avsep.errors import WorkError
from avsep.model.config import ModelConfig
from avsep.model.network import SeparationNetwork

# Numbers. Kernels choose by alignment and layout how they sum, which shows in the last bits.
ALIGNMENT = 16


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
    def share(cls, network: SeparationNetwork) -> SharedNetwork:
        """Put a network's weights where other processes can use them.

        Raises:
            WorkError: The machine lets nobody share memory.
        """
        values = network.state_dict()
        device = device_of(network)
        row = torch.zeros(sum(map(_measure, values.values())), device=device)
        try:
            row.share_memory_()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            raise WorkError(
                f"processes cannot share the network's weights: {error}",
                hint="Make /dev/shm writable, or split recordings one at a time, by their names.",
            ) from error
        for place, value in zip(_divide(row, values), values.values(), strict=True):
            place.copy_(value)
        return cls(network.config, row)

    def open(self) -> SeparationNetwork:
        """The network, in evaluation mode, whose weights are the shared ones."""
        network = SeparationNetwork(self.config)
        values = network.state_dict()
        places = _divide(self.weights, values)
        shared = {
            name: place.to(value.dtype)
            for (name, value), place in zip(values.items(), places, strict=True)
        }
        network.load_state_dict(shared, assign=True)
        return network.to(self.weights.device).eval()


def _divide(row: Tensor, values: Mapping[str, Tensor]) -> list[Tensor]:
    """Views of a row, shaped and laid out as these tensors are."""
    pieces = torch.split(row, list(map(_measure, values.values())))
    return [
        piece.as_strided(value.size(), value.stride(), piece.storage_offset())
        for piece, value in zip(pieces, values.values(), strict=True)
    ]


def _measure(value: Tensor) -> int:
    """Numbers up to the next place that is aligned."""
    return value.numel() + -value.numel() % ALIGNMENT
