"""A cut as edit lists, so that editors can go on with it in their own program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import opentimelineio as otio

from avsep.media.probing import MediaInfo
from avsep.outputs.counting import Counting, count_as, count_sounds, find_footage
from avsep.outputs.replay.plan import Piece
from avsep.outputs.stamps import WAVE
from avsep.separation.recording import Separation, Speaker

WRITERS = {".otio": "otio_json", ".xml": "fcp_xml"}  # OpenTimelineIO, Final Cut Pro 7


@dataclass(frozen=True, slots=True)
class Reel:
    """A file out of which pieces are cut; counts are of the recording's own frames.

    Attributes:
        name: As it is called.
        url: Where it lies.
        opening: Number of its first frame.
        frames: How many it has.
        passed: How many lie before time 0 of what is cut; negative if it begins later.
        drops: Whether its time code leaves out numbers.
    """

    name: str
    url: str
    opening: int
    frames: int
    passed: int = 0
    drops: bool = False


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
    info = separation.info
    assert info.video is not None
    counting = count_as(info.video)
    timeline = otio.schema.Timeline(f"{info.path.stem}: replay")
    timeline.global_start_time = counting.time(counting.first)
    timeline.metadata["fcp_xml"] = counting.marks
    tracks = [
        otio.schema.Track("pictures", kind=otio.schema.TrackKind.Video),
        otio.schema.Track("sound", kind=otio.schema.TrackKind.Audio),
    ]
    timeline.tracks.extend(tracks)
    frames = max(piece.stop for piece in pieces)
    pictures = _reel_pictures(info, separation.people.frames, counting)
    recorded = _reel_own_sound(info, counting) or pictures
    voices = [_reel_voice(speaker, info, frames) for speaker in separation.speakers]
    for number, piece in enumerate(pieces):
        heard = recorded if piece.speaker is None else voices[piece.speaker]
        for track, reel in zip(tracks, (pictures, heard), strict=True):
            for clip in _cut(piece, reel, counting):
                # Equal clips would be written as one, without their place in the cut.
                clip.metadata["avsep"] = {track.name: number}
                track.append(clip)
    return timeline


def _reel_pictures(info: MediaInfo, frames: int, counting: Counting) -> Reel:
    footage = find_footage(info, frames)
    return Reel(
        info.path.stem,
        info.path.resolve().as_uri(),
        footage.opening,
        footage.frames,
        footage.passed,
        counting.drops,
    )


def _reel_own_sound(info: MediaInfo, counting: Counting) -> Reel | None:
    """The file of its own from which the sound comes, whose time code nobody asks for."""
    if info.own_sound is None or info.placing is None:
        return None
    path, length = info.own_sound.path, info.own_sound.duration
    passed = Fraction(info.placing.find(info.start)) * counting.rate
    return Reel(
        path.stem, path.resolve().as_uri(), 0, round(length * counting.rate), round(passed)
    )


def _reel_voice(speaker: Speaker, info: MediaInfo, frames: int) -> Reel:
    """A voice of so many of our frames, which lies beside the list, wherever that is moved."""
    file, counting = speaker.voice.file, count_sounds(info)
    stamped = file.suffix == WAVE
    return Reel(
        speaker.name,
        quote(file.name),
        counting.first if stamped else 0,
        counting.convert(frames),
        drops=stamped and counting.drops,
    )


def _cut(piece: Piece, reel: Reel, counting: Counting) -> list[otio.schema.Item]:
    """A piece out of a file, and gaps where that has nothing.

    Both ends are rounded, so that pieces that meet go on meeting.
    """
    start, stop = (counting.convert(frame) + reel.passed for frame in (piece.start, piece.stop))
    before, after = max(0, min(stop, 0) - start), max(0, stop - max(start, reel.frames))
    media = otio.schema.ExternalReference(reel.url, counting.range(reel.opening, reel.frames))
    media.name = reel.name
    media.metadata["fcp_xml"] = Counting(counting.rate, 0, reel.drops).marks
    shown = counting.range(reel.opening + max(start, 0), stop - start - before - after)
    items = [
        otio.schema.Gap(duration=counting.time(before)),
        otio.schema.Clip(reel.name, media, shown),
        otio.schema.Gap(duration=counting.time(after)),
    ]
    return [item for item in items if item.duration().value > 0]
