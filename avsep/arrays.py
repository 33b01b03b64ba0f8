"""Names for the arrays that pass between the rooms."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Marks: TypeAlias = NDArray[np.bool_]
Sound = NDArray[np.float32]
Image: TypeAlias = NDArray[np.uint8]  # (height, width, 3), RGB
