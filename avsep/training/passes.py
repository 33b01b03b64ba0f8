"""The passes of a band separator over a batch of scenes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from avsep.model.bands import BandSeparator
from avsep.model.conditioning import redraft, tell_again
from avsep.model.spectrum import COARSE, analyse, synthesise
from avsep.training.device_mixing import Batch


def separate(network: BandSeparator, batch: Batch) -> Tensor:
    """The voice of every face of a batch, told what the batch tells, (F, samples)."""
    noisy, masks = _find(network, batch)
    return synthesise(masks * noisy[batch.told.scene], transform=COARSE)


@torch.no_grad()
def hear_first(network: BandSeparator, batch: Batch) -> Batch:
    """The same batch, told what a network finds in it: what comes before the second pass."""
    noisy, masks = _find(network, batch)
    told = tell_again(batch.told, noisy, masks, network.config.cue_bands)
    return replace(batch, told=told, draft=None if batch.draft is None else redraft(masks))


def _find(network: BandSeparator, batch: Batch) -> tuple[Tensor, Tensor]:
    """Spectra of what is heard, (S, BINS, T), and masks of the voices, (F, BINS, T)."""
    noisy = analyse(batch.mixture, transform=COARSE)
    return noisy, network(noisy, batch.told, batch.draft)
