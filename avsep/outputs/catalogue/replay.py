"""Replay: a cut that plays overlapped speech again, voice by voice, also as edit lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from avsep.errors import SettingError
from avsep.product import Extent, Made, Parameter, Product

if TYPE_CHECKING:
    from avsep.media.probing import MediaInfo
    from avsep.separation.recording import Separation

SPOOLED = 0.3  # bytes for each pixel of crosstalk that is kept to be played again
CROSSTALK = 60  # seconds of it in one stretch, as long as nobody has looked


@dataclass(frozen=True, slots=True)
class Replay:
    """Which stretches of crosstalk are played again.

    Attributes:
        shortest: Seconds that a stretch must last.
        gap: Seconds between stretches that count as one.
    """

    shortest: float = 1.0
    gap: float = 1.0

    def __post_init__(self) -> None:
        """Refuse lengths that are none."""
        for what, seconds in asdict(self).items():
            if not 0 <= seconds < inf:
                raise SettingError(
                    f"{what} = {seconds!r} is no length of crosstalk", hint="Give it in seconds."
                )


USUAL = Replay()


def read(replay: bool, replay_shortest: float, replay_gap: float) -> Replay | None:
    """What the options ask for."""
    return Replay(replay_shortest, replay_gap) if replay else None


def make(separation: Separation, asked: Replay, made: Made) -> list[Path]:
    """Write it, if anybody talks at once."""
    del made
    from avsep.outputs.replay.video import write_replay

    return write_replay(separation, asked.shortest, asked.gap)


def measure(extent: Extent) -> float:
    """In the worst case everything is crosstalk, and is played again for everybody."""
    from avsep.timeline import FRAME_RATE

    again = (extent.people + 1) * (extent.sound + extent.source)
    return again + CROSSTALK * FRAME_RATE * extent.pixels * SPOOLED


def list_encoders(info: MediaInfo) -> list[str]:
    """Those of pictures and sound in MP4."""
    del info
    from avsep.media.writing import PICTURE_CODEC, choose_voice_codec

    return [PICTURE_CODEC, choose_voice_codec(Path("replay.mp4"))["acodec"]]


def name_files(info: MediaInfo, voices: Sequence[str], asked: Replay) -> list[str]:
    """The cut as a video, and as edit lists."""
    del info, voices, asked
    return ["replay.mp4", "replay.otio", "replay.xml"]


PRODUCT = Product(
    name="replay",
    turn=50,
    parameters=(
        Parameter(
            name="replay",
            default=False,
            help="Write a cut that plays crosstalk again, voice by voice.",
            panel="Replay",
        ),
        Parameter(
            name="replay_shortest",
            default=USUAL.shortest,
            metavar="SECONDS",
            least=0,
            help="Crosstalk this long is played again.",
            panel="Replay",
        ),
        Parameter(
            name="replay_gap",
            default=USUAL.gap,
            metavar="SECONDS",
            least=0,
            help="Crosstalk this soon after other is one stretch.",
            panel="Replay",
        ),
    ),
    kind=Replay,
    default=None,
    read=read,
    make=make,
    measure=measure,
    list_encoders=list_encoders,
    name_files=name_files,
)
