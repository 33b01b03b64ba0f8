"""People of parts of a recording: put back where the parts lie, and cut down to a part."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from avsep.faces.people import Dropped, LipClip, People
from avsep.faces.tracks import Track
from avsep.timeline import Span


def put_back(people: People, begins: Sequence[int], starts: Sequence[int], frames: int) -> People:
    """People who were found in stretches of a recording, in the frames of the recording.

    Args:
        people: As found, the frames of all stretches counted through.
        begins: The first frame of each stretch in that count.
        starts: The same in the recording.
        frames: Length of the recording.
    """

    def place(frame: int) -> int:
        stretch = bisect_right(begins, frame) - 1
        return frame - begins[stretch] + starts[stretch]

    def move(track: Track) -> Track:
        return replace(track, start=place(track.start))

    return People(
        tuple(replace(clip, track=move(clip.track)) for clip in people.clips),
        tuple(Dropped(move(dropped.track), dropped.fault) for dropped in people.dropped),
        frames,
        tuple(place(cut) for cut in people.cuts if cut not in begins),
    )


def cut_people(people: People, spans: Sequence[Span], start: int, frames: int) -> People:
    """Who is seen in parts of a recording, and only then.

    Args:
        people: Of the recording.
        spans: Its frames that are meant, in order.
        start: Frame that becomes the first.
        frames: How many there are from it on.
    """
    return People(
        tuple(part for clip in people.clips for part in cut_clip(clip, spans, start)),
        tuple(
            Dropped(part, dropped.fault)
            for dropped in people.dropped
            for part in _cut_track(dropped.track, spans, start)
        ),
        frames,
        tuple(
            cut - start for cut in people.cuts if any(first < cut < last for first, last in spans)
        ),
    )


def cut_clip(clip: LipClip, spans: Sequence[Span], start: int) -> Iterator[LipClip]:
    """The parts of a clip that lie in some frames, which begin with `start`."""
    for track in _cut_track(clip.track, spans, start):
        before = track.start + start - clip.track.start
        yield replace(clip, track=track, passed=clip.passed + before)


def _cut_track(track: Track, spans: Sequence[Span], start: int) -> Iterator[Track]:
    for first, last in spans:
        low, high = max(first, track.start), min(last, track.stop)
        if low < high:
            rows = slice(low - track.start, high - track.start)
            boxes, points = track.boxes[rows], track.points[rows]
            yield replace(track, start=low - start, boxes=boxes, points=points)
