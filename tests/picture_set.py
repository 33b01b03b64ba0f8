"""Pictures out of images, for tests of what looks at them."""

from __future__ import annotations

import numpy as np

from avsep.arrays import Image
from avsep.media.colours import Colours
from avsep.media.picture import Picture


def as_picture(image: Image) -> Picture:
    """An image as a stream would keep it, in numbers from 0 to 255 (ITU-R BT.601)."""
    height, width = image.shape[:2]
    even = np.pad(image, [(0, height % 2), (0, width % 2), (0, 0)], "edge")
    red, green, blue = np.moveaxis(even.astype(float), -1, 0)
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    fine = (blue - bright) / 1.772, (red - bright) / 1.402
    coarse = [each.reshape(len(each) // 2, 2, -1, 2).mean((1, 3)) + 128 for each in fine]
    bright, *coarse = (plane.round().clip(0, 255).astype(np.uint8) for plane in (bright, *coarse))
    whole = np.ascontiguousarray(bright[:height, :width])
    return Picture(whole, (coarse[0], coarse[1]), Colours("smpte170m", full=True))
