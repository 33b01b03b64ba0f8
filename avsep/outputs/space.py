"""What a recording will take of disk and memory, and whether that is there."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from avsep.errors import MediaError, OutputError, SettingError
from avsep.faces.portraits import PORTRAIT_SIZE
from avsep.media.coding import CODED_CHANNELS, CODERS
from avsep.media.probing import MediaInfo
from avsep.media.sound import WAV_LIMIT
from avsep.media.writing import FLAC_CHANNELS
from avsep.options import Options
from avsep.product import Extent, choose_products
from avsep.separation.stems import RECOGNISER_RATE
from avsep.text import tell_size
from avsep.timeline import FRAME_RATE

_log = logging.getLogger(__name__)

WORKING_BYTES = 4  # of a sample while it is worked on
# Memory for each pixel of a frame, the decoder's and ours: `avsep faces` took 127 to 134 more for
# each that 1080p, 4K and 8K have more than 360p.
PIXEL_BYTES = 150
SAMPLE_BYTES = {"16": 2, "24": 3, "float": 4}
MOST_CHANNELS = {".flac": FLAC_CHANNELS, **dict.fromkeys(CODERS, CODED_CHANNELS)}
SLACK = 1 << 20  # bytes for everything small
PORTRAITS_RATE = PORTRAIT_SIZE**2 * 3 // 2  # bytes/s, where there is a cut every two seconds


def estimate_disk(info: MediaInfo, options: Options, people: int, mouth: int) -> int:
    """About how many bytes the work on a recording takes at most, results included.

    Args:
        info: The recording, with sound.
        options: What is wanted.
        people: How many have a voice.
        mouth: Side of the mouth frames that are kept while working.
    """
    extent = measure_extent(info, people)
    # Of a part all the sound is decoded, since only then it is known where each sample lies.
    decoded = 2 * info.selection.whole * info.sample_rate * info.channels * WORKING_BYTES
    voice = extent.sound + info.duration * RECOGNISER_RATE * WORKING_BYTES
    # Voices are finished one by one, each beside what it was before.
    voices = (people + 2) * voice
    mouths = people * info.duration * (FRAME_RATE * mouth**2 + PORTRAITS_RATE)
    products = sum(product.measure(extent) for product in choose_products(options))
    return SLACK + round(extent.sound + decoded + voices + mouths + products)


def estimate_largest(info: MediaInfo, options: Options, people: int) -> int:
    """About how many bytes the largest file takes that is made, working files included."""
    extent = measure_extent(info, people)
    products = (product.measure_largest(extent) for product in choose_products(options))
    return round(max([extent.sound, *products]))


def measure_extent(info: MediaInfo, people: int) -> Extent:
    """How large a recording is in which so many have a voice."""
    return Extent(
        seconds=info.duration,
        sound=info.duration * info.sample_rate * info.channels * WORKING_BYTES,
        source=round(info.path.stat().st_size * _find_share(info)),
        pixels=info.width * info.height,
        people=people,
    )


def _find_share(info: MediaInfo) -> float:
    """How much of the file is in use."""
    return info.duration / info.selection.whole if info.selection.whole else 1.0


def check_disk(folder: Path, need: int, source: Path) -> None:
    """Refuse what will not fit.

    Args:
        folder: Where it shall go; it need not be there yet.
        need: Bytes.
        source: The recording.

    Raises:
        OutputError: There is less room.
    """
    _log.debug("%s needs about %s on the disk", source, tell_size(need))
    there = next((place for place in [folder, *folder.parents] if place.is_dir()), Path())
    free = shutil.disk_usage(there).free
    if free < need:
        raise OutputError(
            f"{source} needs about {tell_size(need)} on the disk of {folder}, which has"
            f" {tell_size(free)} left",
            hint="Make room, or give another --output-dir.",
        )


def check_format(info: MediaInfo, options: Options) -> None:
    """Refuse more channels than the format of the voices holds, and more samples.

    Raises:
        SettingError: It does not hold so many.
    """
    channels, kind = info.channels, options.suffix.removeprefix(".").upper()
    most = MOST_CHANNELS.get(options.suffix, channels)
    if channels > most:
        raise SettingError(
            f"{info.path} has sound of {channels} channels, and {kind} holds {most}",
            hint="Take --format wav.",
        )
    size = info.duration * info.sample_rate * channels * SAMPLE_BYTES[options.sample_format]
    if options.suffix == ".aiff" and size > WAV_LIMIT:
        raise SettingError(
            f"{info.path} needs files of {tell_size(round(size))}, and AIFF ends at 4 GiB",
            hint="Take --format wav.",
        )


def check_memory(info: MediaInfo) -> None:
    """Refuse frames that are too large for this machine.

    Raises:
        MediaError: There is less memory than they take.
    """
    need, free = info.width * info.height * PIXEL_BYTES, measure_memory()
    if free is not None and free < need:
        raise MediaError(
            f"{info.path} has pictures of {info.width}x{info.height}, for which about"
            f" {tell_size(need)} of memory are needed, and {tell_size(free)} are free",
            hint="Make a copy with smaller pictures, or take a larger machine.",
        )


def measure_memory() -> int | None:
    """Bytes of memory that are free, or None on systems that don't say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    sizes = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return min([*sizes, *_measure_share()], default=None)


def _measure_share(group: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """What is left of the memory that a container may use, where that is limited."""
    try:
        limit, used = ((group / f"memory.{what}").read_text() for what in ("max", "current"))
        return [int(limit) - int(used)]
    except (OSError, ValueError):
        return []
