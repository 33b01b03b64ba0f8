"""Names for the arrays that pass between the rooms, and what all do with them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Marks: TypeAlias = NDArray[np.bool_]
Sound = NDArray[np.float32]
Image: TypeAlias = NDArray[np.uint8]  # (height, width, 3), RGB


def normalise(vector: NDArray[np.floating]) -> Floats:
    """Bring a vector to length 1; where it has none it stays nothing."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)
