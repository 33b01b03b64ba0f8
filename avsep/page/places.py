"""Where the result of a job goes, and whether it may."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from avsep.errors import OutputError
from avsep.media.probing import VIDEO_SUFFIXES
from avsep.names import name_part
from avsep.options import Options
from avsep.outputs.manifest import may_be_redone
from avsep.outputs.target import name_result, place_in


class TakenError(OutputError):
    """A result lies there already."""


def choose_name(source: Path, options: Options) -> str:
    """What a result's folder is called, also beside those of recordings with nearly the same name.

    As of a whole archive on the command line, "a.mp4" and "a.mov" don't share "a".
    """
    stem = source.stem.casefold()
    others = (path for path in source.parent.iterdir() if path.name != source.name)
    if not any(
        path.stem.casefold() == stem and path.suffix.lower() in VIDEO_SUFFIXES for path in others
    ):
        return name_result(source, options)
    return name_part(source.name, "" if options.whole else next(iter(options.ranges), ""))


def check_free(source: Path, output: Path, options: Options) -> None:
    """Refuse at once what would find its place taken when its turn has come.

    Args:
        source: The recording.
        output: Where the result gets its folder.
        options: What is wanted.

    Raises:
        TakenError: An earlier result lies there, and shall not be replaced.
    """
    folder = place_in(output, choose_name(source, options))
    with suppress(OSError):  # what can't be looked at is for the job itself to say
        if options.force or not folder.exists() or may_be_redone(folder, source, options):
            return
        raise TakenError(f"{folder} exists already", hint="It may be replaced, if you say so.")
