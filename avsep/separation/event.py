"""Several cameras of one event: laid over each other by their sounds, their people joined."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from avsep.errors import FaceError, MediaError, SettingError
from avsep.faces.identity import Embedder
from avsep.faces.people import People
from avsep.faces.views import View, join_views
from avsep.media.own_sound import find_place
from avsep.media.placing import Placing
from avsep.media.probing import MediaInfo, probe
from avsep.options import Options
from avsep.timeline import FRAME_RATE

_log = logging.getLogger(__name__)

Look: TypeAlias = Callable[[MediaInfo, Path], People]
APART = 0.04  # seconds by which clocks may run apart: lips and sound still belong together


def check_event(options: Options) -> None:
    """Refuse what several cameras cannot give.

    Raises:
        SettingError: Something draws on the picture of one camera, or is a part of it.
    """
    drawn = [name for name in ("replay", "faces") if getattr(options, name)]
    if options.cameras and (drawn or options.ranges):
        wrong = drawn[0] if drawn else "from"
        raise SettingError(
            f"--same-event and --{wrong} don't go together", hint="Leave one of both away."
        )


def open_cameras(info: MediaInfo, paths: Sequence[str], folder: Path) -> MediaInfo:
    """The recording with other cameras of the event, each in its place.

    Args:
        info: The recording.
        paths: Of the other cameras.
        folder: For working files.

    Raises:
        MediaError: One can't be read, has no pictures or sound, or another sound.
    """
    cameras = []
    for path in paths:
        camera = probe(Path(path))
        if camera.video is None or not camera.heard:
            raise MediaError(f"{path} has no pictures or no sound", hint="Choose a video.")
        if not info.heard:
            raise MediaError(f"{info.path} has no sound to find the place of {path}")
        placing = find_place(replace(info, own_sound=None), camera, folder, hint=HINT)
        if abs(placing.drift) * info.duration > APART:
            _log.warning(
                "%s: its clock runs apart from that of %s by %.2f s in all: lips may be late",
                path,
                info.path,
                abs(placing.drift) * info.duration,
            )
        cameras.append(replace(camera, placing=placing))
    return replace(info, cameras=tuple(cameras))


HINT = "Are both of one event, and did both run on without a break?"


def join_cameras(
    info: MediaInfo, people: People, look: Look, embed: Embedder | None, folder: Path
) -> People:
    """Everybody whom some camera sees.

    Args:
        info: The recording, with other cameras in their places.
        people: Of the recording.
        look: Finds the people of a camera; their mouths go into a folder.
        embed: Tells by which face a person is known.
        folder: For those folders.
    """
    if not info.cameras:
        return people
    views = []
    for number, camera in enumerate(info.cameras):
        own = folder / f"camera-{number}"
        own.mkdir()
        try:
            found = look(camera, own)
        except FaceError as error:
            _log.warning("%s", error.message)
            continue
        views.append(View(found, find_first_frame(camera.placing, info.duration)))
    return join_views(people, views, embed)


def find_first_frame(placing: Placing | None, duration: float) -> int:
    """Frame of the recording that is a camera's first, as its clock says midway."""
    assert placing is not None
    middle = duration / 2
    return round((middle - placing.find(middle)) * FRAME_RATE)
