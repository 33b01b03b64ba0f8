"""What torch draws from a seed, without touching what others draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def use_seed(seed: int) -> Iterator[None]:
    """Have torch draw from a seed for a while; afterwards it draws as before.

    First weights come from torch's global generator alone, and no other can be given. Here it is
    the CPU's, so that every device begins with the same.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
