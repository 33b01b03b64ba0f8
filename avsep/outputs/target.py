"""Where a result shall go: whether it may, what may be replaced there, and whether it fits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from avsep.errors import SettingError
from avsep.media.probing import MediaInfo
from avsep.names import PREVIEW, name_part
from avsep.options import Options
from avsep.outputs.checks import check_encoders, check_file_size, check_names
from avsep.outputs.folder import check_place
from avsep.outputs.manifest import may_be_redone
from avsep.outputs.space import check_disk, check_format, estimate_disk
from avsep.separation.event import check_event


@dataclass(frozen=True, slots=True)
class Target:
    """The place of a result.

    Attributes:
        folder: Where it shall go.
        redo: Whether an incomplete result lies there that may be replaced.
    """

    folder: Path
    redo: bool


def place_in(output: str | Path, name: str) -> Path:
    """Folder of a result in the folder of all results.

    Raises:
        SettingError: It would lie elsewhere.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise SettingError(f"{name!r} is no folder inside {output}", hint="Give another name.")
    return Path(output) / name


def name_result(source: Path, options: Options) -> str:
    """What the folder of a recording's result is called where nobody says."""
    if options.preview:
        return name_part(source.stem, PREVIEW)
    if options.whole or not options.ranges:
        return source.stem
    return name_part(source.stem, options.part or options.ranges[0])


def check_target(info: MediaInfo, folder: Path, options: Options) -> Target:
    """Refuse what can't be made there, before any work is done.

    Args:
        info: The recording.
        folder: Where its result shall go.
        options: What is wanted.

    Raises:
        SettingError: Something is wanted that cameras of one event can't give, the format of
            the voices does not hold the sound, or names are too long.
        MediaError: An encoder is missing.
        OutputError: The place is taken, or lies too deep.
    """
    check_event(options)
    check_format(info, options)
    redo = not options.force and may_be_redone(folder, info.path, options)
    check_place(folder, force=options.force or redo)
    check_encoders(info, options)
    check_names(folder, info, options)
    return Target(folder, redo)


def check_room(info: MediaInfo, folder: Path, options: Options, people: int, mouth: int) -> int:
    """Refuse what won't fit on the disk.

    Args:
        info: The recording.
        folder: Where its result shall go.
        options: What is wanted.
        people: How many have a voice.
        mouth: Side of the mouth frames that are kept while working.

    Returns:
        About how many bytes the work takes.

    Raises:
        OutputError: There is less room, or a file would grow too large.
    """
    need = estimate_disk(info, options, people, mouth)
    check_disk(folder.parent, need, info.path)
    check_file_size(folder.parent, info, options, people)
    return need
