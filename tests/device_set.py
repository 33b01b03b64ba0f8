"""Plain scenes for the band separator, mixed on the device."""

from __future__ import annotations

import torch

from avsep.training.device_mixing import Drawing

PLAIN = Drawing(
    faces=(2, 0, 0, 0),
    frames=20,
    unseen=0,
    level=0,
    noise=0,
    silent=0,
    late=0,
    narrow=0,
    room=0,
    hidden=0,
    pace=0,
    alone=0,
)


def drawer(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
