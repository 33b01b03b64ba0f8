"""A cut as edit lists, so that editors can go on with it in their own program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange

from avsep.cutlist import Piece
from avsep.media import FRAME_RATE
from avsep.separation import Separation

WRITERS = {".otio": "otio_json", ".xml": "fcp_xml"}  # OpenTimelineIO, Final Cut Pro 7


def write_edit_lists(separation: Separation, pieces: Sequence[Piece], stem: Path) -> list[Path]:
    """One file of each kind: pictures and sound of the recording, voices where one is alone."""
    timeline = build_timeline(separation, pieces)
    targets = []
    for suffix, adapter in WRITERS.items():
        target = stem.with_suffix(suffix)
        otio.adapters.write_to_file(timeline, str(target), adapter_name=adapter)
        targets.append(target)
    return targets


def build_timeline(separation: Separation, pieces: Sequence[Piece]) -> otio.schema.Timeline:
    """Two tracks, pictures and sound, cut at the same times; 25 pictures a second."""
    info, speakers = separation.info, separation.speakers
    timeline = otio.schema.Timeline(f"{info.path.stem}: replay")
    pictures = otio.schema.Track("pictures", kind=otio.schema.TrackKind.Video)
    sounds = otio.schema.Track("sound", kind=otio.schema.TrackKind.Audio)
    timeline.tracks.extend([pictures, sounds])
    length = separation.people.pictures
    recording = (info.path.stem, info.path.resolve().as_uri())
    for number, piece in enumerate(pieces):
        pictures.append(_cut(piece, length, *recording))
        if piece.speaker is None:
            sounds.append(_cut(piece, length, *recording))
        else:
            # Voices lie beside the list, wherever that is moved.
            voice = speakers[piece.speaker].voice.full.name
            sounds.append(_cut(piece, length, speakers[piece.speaker].name, quote(voice)))
        # Equal clips would be written as one, without their place in the cut.
        pictures[-1].metadata["avsep"] = {"picture": number}
        sounds[-1].metadata["avsep"] = {"sound": number}
    return timeline


def _cut(piece: Piece, length: int, name: str, url: str) -> otio.schema.Clip:
    media = otio.schema.ExternalReference(url, _range(0, length))
    media.name = name
    return otio.schema.Clip(name, media, _range(piece.start, piece.stop))


def _range(start: int, stop: int) -> TimeRange:
    return TimeRange(RationalTime(start, FRAME_RATE), RationalTime(stop - start, FRAME_RATE))
