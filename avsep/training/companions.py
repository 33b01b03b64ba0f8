"""Runs that learn side by side, a processor core each, and share what they have learnt.

Now and then each run goes on from the mean of its own weights and those of the others (local
SGD: Stich, "Local SGD converges fast and communicates little", 2019), here without waiting: of
the others it takes what they last wrote.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from avsep.errors import ModelError
from avsep.files import replacing
from avsep.model.bands import BandSeparator
from avsep.training.separator_weights import read_weights

_log = logging.getLogger(__name__)

SHARED = "shared.safetensors"
EVERY = 45.0  # seconds; a run drifts from another by 7 % of the weights' size in that time
OLD = 4 * EVERY  # seconds after which whoever wrote weights is taken to have ended


class Companions:
    """The runs beside a run.

    Args:
        folder: Of this run.
        others: Folders of the others, which are made alike and name this one.
        every: Seconds from one meeting to the next.
    """

    def __init__(self, folder: Path, others: Sequence[Path], every: float = EVERY) -> None:
        self._folder, self._others, self._every = folder, others, every
        self._last = time.monotonic()

    def meet(self, network: BandSeparator) -> None:
        """If it is time, show the others what a run has learnt, and let it take the mean."""
        if time.monotonic() - self._last < self._every:
            return
        self._last = time.monotonic()
        own = {name: weight.detach() for name, weight in network.named_parameters()}
        with replacing(self._folder / SHARED, "") as partial:
            save_file({name: weight.contiguous() for name, weight in own.items()}, partial)
        theirs = list(self._read(own))
        with torch.no_grad():
            for name, weight in own.items():
                same = [weight, *(weights[name].to(weight.device) for weights in theirs)]
                weight.copy_(torch.stack(same).mean(0))

    def _read(self, own: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
        """Weights of those who are still learning."""
        for folder in self._others:
            file = folder / SHARED
            try:
                if time.time() - file.stat().st_mtime > OLD:
                    continue
                weights = read_weights(file)
            except (OSError, ModelError):  # not yet there
                continue
            if all(name in weights and weights[name].shape == own[name].shape for name in own):
                yield weights
            else:
                _log.warning("%s holds weights of other sizes", file)
