"""Drafts of masks for a band separator under training, by the network whose lips were packed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from avsep.device import cast_to, choose_training_precision
from avsep.errors import ModelError
from avsep.model.magnitude import LEVEL
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import COARSE, analyse
from avsep.training.device_mixing import Batch, to_level
from avsep.training.pack import Lips


class Drafter:
    """A frozen magnitude sub-network, told what a batch tells.

    The lip features come back from the components that a pack holds, as far as these reach.

    Args:
        network: Whose lip reader told what stands in the pack, on the device that computes.
        lips: How the rows of the pack came about.

    Raises:
        ModelError: The network has no magnitude sub-network.
    """

    def __init__(self, network: SeparationNetwork, lips: Lips) -> None:
        if network.config.bands and not network.config.bands.drafted:
            raise ModelError(
                "masks are drafted by a magnitude sub-network, and there is none",
                hint="Give `lips` of the recipe another checkpoint, or leave `drafted` out.",
            )
        self.network = network
        self.rows = [lips.bands, len(lips.bias), 1, 1]
        device = next(network.parameters()).device
        self.bias = torch.from_numpy(lips.bias).to(device)[:, None]
        self.inverse = torch.from_numpy(np.linalg.pinv(lips.weight)).float().to(device)

    @torch.no_grad()
    def add_to(self, batch: Batch) -> Batch:
        """The same batch with a draft of every face's mask."""
        told = batch.told
        cue, components, featured, seen = torch.split(told.lips, self.rows, dim=1)
        features = self.inverse @ (components - self.bias) * featured
        draft = self.network.tell_magnitude(features, cue, seen[:, 0] > 0, told.known, told.scene)
        noisy = analyse(to_level(batch.mixture, LEVEL), transform=COARSE)
        with cast_to(choose_training_precision(noisy.device), noisy.device):
            return replace(batch, draft=self.network.draft(noisy, draft).float())
