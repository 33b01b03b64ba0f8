"""Pictures as streams keep them, checked by the standards' own formulas."""

from __future__ import annotations

import io

import numpy as np
import pytest

from avsep.errors import MediaError
from avsep.media.colours import MATRICES, Colours
from avsep.media.picture import Picture, PictureReader, to_grey
from avsep.media.probing import probe
from avsep.media.reading import read_frames, read_pictures

CODINGS = [Colours(matrix, full=full) for matrix in MATRICES for full in (False, True)]


def name(colours: Colours) -> str:
    return f"{colours.matrix} {colours.range}"


def by_formula(planes: np.ndarray, colours: Colours) -> np.ndarray:
    """Red, green and blue from 0 to 255 (ITU-R BT.601, section 2.5), (height, width, 3)."""
    bright, blue, red = planes.astype(float)
    whole, part, low = (255, 255, 0) if colours.full else (219, 224, 16)
    share_red, share_blue = colours.shares
    bright = (bright - low) / whole
    first = bright + 2 * (1 - share_red) * (red - 128) / part
    last = bright + 2 * (1 - share_blue) * (blue - 128) / part
    middle = (bright - share_red * first - share_blue * last) / (1 - share_red - share_blue)
    return 255 * np.stack([first, middle, last], -1).clip(0, 1)


@pytest.mark.parametrize("colours", CODINGS, ids=name)
def test_colours_are_those_of_the_formula(colours):
    planes = np.random.default_rng(0).integers(64, 192, (3, 32, 32)).astype(np.uint8)
    picture = Picture(planes[0], (planes[1], planes[2]), colours)
    assert picture.mix(list(planes)) == pytest.approx(by_formula(planes, colours), abs=1)


@pytest.mark.parametrize("colours", CODINGS, ids=name)
def test_what_has_no_colour_gets_none(colours):
    bright = np.arange(256, dtype=np.uint8)[None].repeat(2, 0)
    none = np.full((1, 128), 128, np.uint8)
    image = Picture(bright, (none, none), colours).to_image(2, 256)
    grey = to_grey(bright, colours)
    assert (image == grey[..., None]).all()
    low, high = (0, 255) if colours.full else (16, 235)
    assert (grey[0, low], grey[0, high], grey.min(), grey.max()) == (0, 255, 0, 255)


@pytest.mark.parametrize("size", ["160x120", "161x121", "99x61"])
@pytest.mark.parametrize("coding", ["yuv420p", "yuv444p", "yuv422p10le", "gray", "gbrp"])
def test_pictures_are_the_frames(make_media, size, coding):
    source = f"testsrc2=size={size}:rate=25:duration=0.2,scale=iw:ih:flags=area,format={coding}"
    info = probe(make_media("test.mkv", "-f", "lavfi", "-i", source, "-c:v", "ffv1"))
    frames, pictures = list(read_frames(info)), list(read_pictures(info))
    assert len(frames) == len(pictures) == 5
    for frame, picture in zip(frames, pictures, strict=True):
        height, width = picture.shape
        assert frame.shape == (height, width, 3)
        # Edges of colour are as wide as a pixel of it.
        apart = frame.astype(int) - picture.to_image(height, width)
        assert abs(apart.mean()) < 2
        assert np.percentile(abs(apart), 80) <= 12


def test_a_part_is_where_it_was():
    bright = np.arange(80, dtype=np.uint8).reshape(8, 10)
    coarse = np.arange(20, dtype=np.uint8).reshape(4, 5)
    part = Picture(bright, (coarse, coarse + 100), Colours()).cut(3, 2, 8, 7)
    assert part.shape == (5, 5)
    assert part.brightness[0, 0] == 23
    assert part.differences[0].tolist() == [[6, 7, 8], [11, 12, 13], [16, 17, 18]]
    assert (part.differences[1] == part.differences[0] + 100).all()


def test_a_pipe_that_breaks_off_ends_with_the_last_whole_picture():
    whole = b"YUV4MPEG2 W4 H2 F25:1\n" + 2 * (b"FRAME\n" + bytes(range(12)))
    reader, pipe = PictureReader(2, 4, Colours()), io.BufferedReader(io.BytesIO(whole[:-1]))
    picture = reader.read(pipe)
    assert picture.brightness.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [plane.tolist() for plane in picture.differences] == [[[8, 9]], [[10, 11]]]
    assert reader.read(pipe) is None
    assert PictureReader(2, 4, Colours()).read(io.BufferedReader(io.BytesIO())) is None


@pytest.mark.parametrize(
    "data", [b"RIFF\n" + 99 * b"\0", b"YUV4MPEG2 W4 H2\n" + b"FRAME I\n" + 99 * b"\0"]
)
def test_pictures_in_another_form_are_not_taken_for_pictures(data):
    with pytest.raises(MediaError, match="isn't known"):
        PictureReader(2, 4, Colours()).read(io.BufferedReader(io.BytesIO(data)))
