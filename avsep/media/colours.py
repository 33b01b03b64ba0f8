"""What the numbers of a frame stand for: matrix, primaries, transfer and range.

Names are those of ffprobe. Frames that a stream leaves unmarked are taken as players take
them, by their size; high dynamic range is toned down to what every screen shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Matrices that ffmpeg's scaler knows, by the names it gives them.
MATRICES = {
    "bt709": "bt709",
    "fcc": "fcc",
    "bt470bg": "bt601",
    "smpte170m": "bt601",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
}
PRIMARIES = {
    *("bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020"),
    *("smpte428", "smpte431", "smpte432"),
}
TRANSFERS = {
    *("bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "linear", "bt1361e"),
    *("iec61966-2-1", "iec61966-2-4", "bt2020-10", "bt2020-12"),
    *("smpte2084", "arib-std-b67", "smpte428"),
}
PQ, HLG = "smpte2084", "arib-std-b67"
DOLBY_ALONE = 5
# Shares of red and blue in brightness (ITU-R BT.601, BT.709, BT.2020, SMPTE 240M, FCC).
SHARES = {
    "bt709": (0.2126, 0.0722),
    "bt601": (0.299, 0.114),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020": (0.2627, 0.0593),
}
# What belongs together where a stream marks its matrix alone: primaries, transfer.
USUAL = {
    "bt709": ("bt709", "bt709"),
    "fcc": ("bt470m", "bt470m"),
    "bt470bg": ("bt470bg", "smpte170m"),
    "smpte170m": ("smpte170m", "smpte170m"),
    "smpte240m": ("smpte240m", "smpte240m"),
    "bt2020nc": ("bt2020", "bt2020-10"),
}
# Players take unmarked frames from this width on, or above this height, for BT.709.
HD_WIDTH, SD_HEIGHT = 1280, 576
# Linear light of each set of primaries -> that of BT.709 (ITU-R BT.2087; P3 with white D65).
TO_BT709 = {
    "bt2020": [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    "smpte432": [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]],
}
BRIGHTNESS_2020 = np.array([0.2627, 0.6780, 0.0593])  # shares of red, green, blue
WHITE = 203.0  # cd/m2 of a sheet of paper in high dynamic range (ITU-R BT.2408)
HLG_PEAK, HLG_GAMMA = 1000.0, 1.2  # cd/m2, and the gamma of a screen of that peak (BT.2100)
KNEE = 0.6  # of white; below it nothing is changed
SCREEN_GAMMA = 2.4  # ITU-R BT.1886
GRID = 33  # steps of the table for each colour


@dataclass(frozen=True, slots=True)
class Colours:
    """How the numbers of frames stand for colours.

    Attributes:
        matrix: Of brightness and colour differences; a key of `MATRICES`.
        primaries: Which red, green and blue are meant.
        transfer: Which light a number means.
        full: Whether numbers reach from 0 to 255 rather than from 16 to 235.
        unread: What the stream says instead, if that can't be read rightly.
    """

    matrix: str = "bt709"
    primaries: str = "bt709"
    transfer: str = "bt709"
    full: bool = False
    unread: str = ""

    @property
    def high_dynamic_range(self) -> bool:
        """Whether the light goes beyond what a usual screen shows."""
        return self.transfer in (PQ, HLG)

    @property
    def shown(self) -> Colours:
        """The same after high dynamic range has been toned down."""
        return USUAL_COLOURS if self.high_dynamic_range else self

    @property
    def scale_matrix(self) -> str:
        """The matrix as ffmpeg's scaler calls it."""
        return MATRICES[self.matrix]

    @property
    def shares(self) -> tuple[float, float]:
        """Shares of red and blue in brightness."""
        return SHARES[self.scale_matrix]

    @property
    def range(self) -> str:
        """The range as ffmpeg calls it."""
        return "pc" if self.full else "tv"

    @property
    def kept(self) -> dict[str, str]:
        """Arguments of ffmpeg's filter `scale` with which frames stay in these colours."""
        matrix = {"in_color_matrix": self.scale_matrix, "out_color_matrix": self.scale_matrix}
        return {**matrix, "in_range": self.range, "out_range": self.range}

    @property
    def marks(self) -> dict[str, str]:
        """Arguments of ffmpeg's filter `setparams`."""
        return {
            "colorspace": self.matrix,
            "color_primaries": self.primaries,
            "color_trc": self.transfer,
            "range": self.range,
        }


USUAL_COLOURS = Colours()


def read_colours(stream: dict[str, Any]) -> Colours:
    """What ffprobe says of a picture stream, completed as players do.

    >>> read_colours({"width": 720, "height": 480}).matrix
    'smpte170m'
    """
    pixels = str(stream.get("pix_fmt", ""))
    said = str(stream.get("color_space", "unknown"))
    matrix = said if said in MATRICES else _guess_matrix(stream)
    usual_primaries, usual_transfer = USUAL[matrix]
    primaries, transfer = stream.get("color_primaries"), stream.get("color_transfer")
    return Colours(
        matrix,
        primaries if primaries in PRIMARIES else usual_primaries,
        transfer if transfer in TRANSFERS else usual_transfer,
        full=_is_full(stream, pixels),
        unread=_find_unread(stream, said),
    )


def _find_unread(stream: dict[str, Any], matrix: str) -> str:
    """Name what no filter that every ffmpeg has can read."""
    for data in stream.get("side_data_list", []):
        # Dolby Vision of profile 5 has no base that means anything without it.
        if data.get("dv_profile") == DOLBY_ALONE:
            return "Dolby Vision without a base layer"
    silent = ("unknown", "reserved", "unspecified", "gbr")
    return "" if matrix in (*MATRICES, *silent) else f"matrix {matrix}"


def _is_full(stream: dict[str, Any], pixels: str) -> bool:
    """Whether brightness uses all numbers; what is kept as red, green, blue becomes limited."""
    if stream.get("color_space") == "gbr" or pixels.startswith(("rgb", "bgr", "gbr", "pal")):
        return False
    said = stream.get("color_range")
    if pixels.startswith("gray"):
        return said != "tv"
    return said == "pc" or pixels.startswith("yuvj")


def _guess_matrix(stream: dict[str, Any]) -> str:
    primaries = stream.get("color_primaries")
    if primaries == "bt2020":
        return "bt2020nc"
    width, height = int(stream.get("width", 0)), int(stream.get("height", 0))
    if stream.get("codec_name") == "mjpeg":
        return "bt470bg"  # so says JFIF, whatever the size
    if primaries == "bt709" or width >= HD_WIDTH or height > SD_HEIGHT:
        return "bt709"
    return "bt470bg" if primaries == "bt470bg" or height == SD_HEIGHT else "smpte170m"


def write_tone_table(colours: Colours, target: Path) -> Path:
    """Write what ffmpeg's filter `lut3d` needs to tone frames down to BT.709.

    Args:
        colours: Of high dynamic range.
        target: A file to write, ``.cube``.
    """
    steps = np.linspace(0, 1, GRID)
    # Red changes fastest in such a file.
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    table = tone_down(np.stack([red, green, blue], -1).reshape(-1, 3), colours)
    with target.open("w", encoding="ascii") as file:
        file.write(f"LUT_3D_SIZE {GRID}\n")
        np.savetxt(file, table, fmt="%.5f")
    return target


def tone_down(signal: NDArray[np.float64], colours: Colours) -> NDArray[np.float64]:
    """Turn numbers of high dynamic range into those of BT.709 that look alike.

    Up to `KNEE` of white light stays as it is; beyond, highlights are pressed together. All
    three colours of a pixel get the same factor, so that hues stay.

    Args:
        signal: Red, green and blue from 0 to 1, shape (colours, 3).
        colours: What they stand for.
    """
    light = (_light_of_pq if colours.transfer == PQ else _light_of_hlg)(signal) / WHITE
    brightest = np.maximum(light.max(axis=-1, keepdims=True), 1e-9)
    beyond = np.maximum(brightest - KNEE, 0) / (1 - KNEE)
    pressed = np.where(brightest > KNEE, KNEE + (1 - KNEE) * beyond / (1 + beyond), brightest)
    light = light * (pressed / brightest)
    matrix = np.array(TO_BT709.get(colours.primaries, np.eye(3)))
    return np.asarray(np.clip(light @ matrix.T, 0, 1) ** (1 / SCREEN_GAMMA), np.float64)


def _light_of_pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084: signal -> cd/m2."""
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    return np.asarray(1e4 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1), np.float64)


def _light_of_hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100: signal -> cd/m2 on a screen of `HLG_PEAK`."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 1 / 2, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    brightness = np.maximum(scene @ BRIGHTNESS_2020, 1e-9)[..., None]
    return np.asarray(HLG_PEAK * brightness ** (HLG_GAMMA - 1) * scene, np.float64)
