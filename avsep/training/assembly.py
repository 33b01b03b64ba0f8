"""A trained separator and the lip reader it was told by, as one network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from avsep.errors import ModelError
from avsep.model.network import SeparationNetwork
from avsep.training.pack import Lips
from avsep.training.separator_weights import load_weights, read_sizes


def assemble(lips_from: SeparationNetwork, lips: Lips, *separators: Path) -> SeparationNetwork:
    """The network that reads lips as they were read for the pack, and separates as was learnt.

    Masks are drafted by the magnitude sub-network of the same checkpoint, if the separator is
    told drafts.

    Args:
        lips_from: Whose lip reader told what stands in the pack, and who drafts.
        lips: How the rows of the pack came about.
        *separators: Weights of one or more separators, of which the mean is taken.

    Raises:
        ModelError: They don't belong together.
    """
    sizes = read_sizes(separators[0])
    if (sizes.cue_bands, sizes.features) != (lips.bands, len(lips.bias)):
        raise ModelError(
            f"{separators[0]} was told other numbers than the pack holds",
            hint="Give the pack it was trained on.",
        )
    network = SeparationNetwork(replace(lips_from.config, bands=sizes))
    network.lips.load_state_dict(lips_from.lips.state_dict())
    if sizes.drafted:
        network.magnitude.load_state_dict(lips_from.magnitude.state_dict())
    load_weights(network.bands, *separators)
    with torch.no_grad():
        network.components.weight.copy_(torch.from_numpy(lips.weight))
        network.components.bias.copy_(torch.from_numpy(lips.bias))
    return network.eval()
