"""The passes of a band separator over a batch of scenes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from avsep.model.bands import BandSeparator
from avsep.model.conditioning import tell_again
from avsep.model.spectrum import COARSE, analyse, synthesise
from avsep.training.device_mixing import Batch
from avsep.training.drafts import Drafter


def separate(network: BandSeparator, batch: Batch) -> Tensor:
    """The voice of every face of a batch, told what the batch tells, (F, samples)."""
    _, voices = _find(network, batch)
    return synthesise(voices, transform=COARSE)


@torch.no_grad()
def hear_first(network: BandSeparator, batch: Batch, drafter: Drafter | None) -> Batch:
    """The same batch, told what a network finds in it: what comes before the second pass."""
    noisy, voices = _find(network, batch)
    told = tell_again(batch.told, noisy, voices, network.config.cue_bands)
    batch = replace(batch, told=told)
    return drafter.add_to(batch) if drafter else batch


def _find(network: BandSeparator, batch: Batch) -> tuple[Tensor, Tensor]:
    """Spectra of what is heard, (S, BINS, T), and of the voices, (F, BINS, T)."""
    noisy = analyse(batch.mixture, transform=COARSE)
    masks = network(noisy, batch.told, batch.draft)
    return noisy, masks * noisy[batch.told.scene]
