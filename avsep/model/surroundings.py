"""What lies around each moment: finite reach, so that a chunk gives what the whole does."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def mean_around(x: Tensor, there: Tensor, reach: int) -> Tensor:
    """Mean over the moments around each one, weighted by a Hann window.

    Where a recording begins or ends, over what there is.

    Args:
        x: (batch, rows, time).
        there: What counts, zeros and ones, (batch or 1, 1, time).
        reach: Moments to each side.

    Returns:
        (batch, rows, time).
    """
    window = torch.hann_window(2 * reach + 3, periodic=False, device=x.device)[None, None, 1:-1]
    total = functional.conv1d((x * there).flatten(0, 1)[:, None], window, padding=reach)
    count = functional.conv1d(there, window, padding=reach)
    return total.view_as(x) / count.clamp_min(1e-3)
