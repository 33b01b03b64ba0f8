"""Where every face is in every frame, and whether its owner speaks, a line each."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.faces.tracks import Track
from avsep.names import name_product
from avsep.separation.recording import Separation
from avsep.timeline import FRAME_RATE, Span

SUFFIX = ".faces.jsonl"
DIGITS = 1  # of a pixel


@dataclass(frozen=True, slots=True, eq=False)
class Owner:
    """Whose face it is.

    Attributes:
        number: Of the person; None for a face that was left out.
        name: The same.
        speaking: When they speak, in frames; None of whom that isn't known.
    """

    number: int | None = None
    name: str | None = None
    speaking: Sequence[Span] | None = None


def write_faces(separation: Separation) -> list[Path]:
    """`debate.faces.jsonl`, frame by frame, in each from left to right."""
    path = separation.folder / name_product(separation.info.path.stem, SUFFIX)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in _describe_frames(_collect(separation)):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return [path]


def _collect(separation: Separation) -> list[tuple[Track, Owner]]:
    """All faces that were followed, by their first frame."""
    wanted = {
        member.number: speaker
        for speaker in separation.speakers
        for member in speaker.person.members
    }
    found = [(face.track, Owner()) for face in separation.people.dropped]
    for person in separation.people.persons:
        speaker = wanted.get(person.number)
        own = Owner(person.number, person.name)
        if speaker is not None:
            own = Owner(person.number, speaker.name, speaker.speaking)
        found += [(clip.track, own) for clip in person.clips]
    return sorted(found, key=lambda face: face[0].start)


def _describe_frames(faces: Sequence[tuple[Track, Owner]]) -> Iterator[Mapping[str, Any]]:
    """A line for each face in each frame."""
    coming = list(reversed(faces))
    there: list[tuple[Track, Owner]] = []
    frame = 0
    while coming or there:
        if not there:
            frame = max(frame, coming[-1][0].start)
        while coming and coming[-1][0].start <= frame:
            there.append(coming.pop())
        shown = sorted(there, key=lambda face: float(face[0].boxes[frame - face[0].start, 0]))
        yield from (_describe(frame, track, owner) for track, owner in shown)
        frame += 1
        there = [face for face in there if frame < face[0].stop]


def _describe(frame: int, track: Track, owner: Owner) -> dict[str, Any]:
    row = frame - track.start
    speaks = owner.speaking
    return {
        "frame": frame,
        "time": frame / FRAME_RATE,
        "number": owner.number,
        "name": owner.name,
        "box": [round(float(edge), DIGITS) for edge in track.boxes[row]],
        "points": [[round(float(x), DIGITS) for x in point] for point in track.points[row]],
        "speaking": None if speaks is None else _is_in(frame, speaks),
    }


def _is_in(frame: int, spans: Sequence[Span]) -> bool:
    """Whether a frame lies in one of some spans, which are in order."""
    before = bisect_right(spans, frame, key=lambda span: span[0])
    return before > 0 and frame < spans[before - 1][1]
