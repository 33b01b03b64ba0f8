"""The pieces of a cut that plays crosstalk again, voice by voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avsep.separation.activity import find_crosstalk
from avsep.timeline import Span, bridge, drop_short


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a cut.

    Attributes:
        start: First frame of the recording.
        stop: The frame after the last one.
        speaker: Who alone is heard, counted from 0; None for everybody.
    """

    start: int
    stop: int
    speaker: int | None = None


def plan_replay(
    frames: int, speaking: Sequence[Sequence[Span]], shortest: int, gap: int
) -> list[Piece]:
    """The whole recording, and after each stretch of crosstalk that stretch for each who speaks.

    Args:
        frames: Length of the recording.
        speaking: When each speaker speaks, in frames.
        shortest: Frames that a stretch must last to be played again.
        gap: Frames between stretches that count as one.
    """
    stretches = drop_short(bridge(find_crosstalk(speaking), gap), shortest)
    pieces, position = [], 0
    for start, stop in ((start, min(stop, frames)) for start, stop in stretches):
        pieces += [Piece(position, start), Piece(start, stop)]
        pieces += [
            Piece(start, stop, number)
            for number, spans in enumerate(speaking)
            if any(first < stop and start < last for first, last in spans)
        ]
        position = stop
    pieces.append(Piece(position, frames))
    return [piece for piece in pieces if piece.start < piece.stop]
