"""A cut as edit lists, so that editors can go on with it in their own program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio
from opentimelineio.opentime import TimeRange

from avsep.outputs.counting import Counting, count_as, count_before
from avsep.outputs.replay.plan import Piece
from avsep.separation.recording import Separation

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
    """Two tracks, pictures and sound, cut at the same times, in the recording's own counting."""
    info, speakers = separation.info, separation.speakers
    assert info.video is not None
    counting = count_as(info.video)
    timeline = otio.schema.Timeline(f"{info.path.stem}: replay")
    timeline.global_start_time = counting.time(counting.first)
    timeline.metadata["fcp_xml"] = counting.marks
    pictures = otio.schema.Track("pictures", kind=otio.schema.TrackKind.Video)
    sounds = otio.schema.Track("sound", kind=otio.schema.TrackKind.Audio)
    timeline.tracks.extend([pictures, sounds])
    length = separation.people.frames
    for number, piece in enumerate(pieces):
        recorded = _cut(piece, info.path.stem, info.path.resolve().as_uri(), length, counting)
        if before := count_before(info):
            # Programs count from the beginning of a file, also where a part of it is in use.
            start, held = counting.time(counting.first - before), recorded.media_reference
            held.available_range = TimeRange(
                start, held.available_range.duration + counting.time(before)
            )
        pictures.append(recorded)
        if piece.speaker is None:
            sounds.append(recorded.deepcopy())
        else:
            # Voices lie beside the list, wherever that is moved; they have no time code.
            who = speakers[piece.speaker]
            plain = Counting(counting.rate, 0, drops=False)
            sounds.append(_cut(piece, who.name, quote(who.voice.file.name), length, plain))
        # Equal clips would be written as one, without their place in the cut.
        pictures[-1].metadata["avsep"] = {"picture": number}
        sounds[-1].metadata["avsep"] = {"sound": number}
    return timeline


def _cut(piece: Piece, name: str, url: str, length: int, counting: Counting) -> otio.schema.Clip:
    media = otio.schema.ExternalReference(url, counting.range(0, length, counting.first))
    media.name = name
    media.metadata["fcp_xml"] = counting.marks
    return otio.schema.Clip(name, media, counting.range(piece.start, piece.stop, counting.first))
