"""Who speaks when, told while it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from avsep.arrays import Floats, Marks
from avsep.separation.activity import AROUND, LONGEST_PAUSE, MOVED, SHORTEST, mark_speech
from avsep.timeline import Span

REACH = max(AROUND, MOVED) // 2  # frames on either side that a frame's mark depends on
Turn = tuple[int, int | None]  # frames: from, up to; None for one that goes on


@dataclass(slots=True)
class Talk:
    """When one person speaks.

    Attributes:
        spans: Turns that are over, frames.
        start: First frame of the turn that may go on, if there is one.
        stop: The frame after the last in which it was heard.
        told: Whether it has lasted long enough to count.
    """

    spans: list[Span] = field(default_factory=list)
    start: int | None = None
    stop: int = 0
    told: bool = False

    def take(self, marks: Marks, first: int) -> Iterator[Turn]:
        """Take the next frames' marks; give turns that have begun or are over by now."""
        for frame, speaks in enumerate(marks.tolist(), first):
            if self.start is not None and frame - self.stop > LONGEST_PAUSE:
                yield from self.end()
            if speaks:
                self.start = frame if self.start is None else self.start
                self.stop = frame + 1
            if self.start is not None and not self.told and self.stop - self.start >= SHORTEST:
                self.told = True
                yield self.start, None

    def end(self) -> Iterator[Turn]:
        """Nothing more comes of the present turn."""
        if self.start is not None and self.stop - self.start >= SHORTEST:
            self.spans.append((self.start, self.stop))
            yield self.spans[-1]
        self.start, self.told = None, False


class Turns:
    """Measures of the last frames, and what they say of everybody."""

    def __init__(self, first: int) -> None:
        """Begin with a frame."""
        self.talks: dict[int, Talk] = {}
        self._first = first  # the frame with which the rows begin
        self._marked = first  # up to which marks are given
        self._mixture = np.zeros(0, np.float32)
        self._rows: dict[int, Floats] = {}  # voice, motion, present: (3, frames) of each person

    def dump(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "first": self._first,
            "marked": self._marked,
            "mixture": self._mixture.tolist(),
            "rows": {number: rows.tolist() for number, rows in self._rows.items()},
            "talks": {number: asdict(talk) for number, talk in self.talks.items()},
        }

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> Turns:
        """What `dump` gave, to go on with."""
        turns = cls(content["first"])
        turns._marked = content["marked"]
        turns._mixture = np.array(content["mixture"], np.float32)
        for number, rows in content["rows"].items():
            turns._rows[int(number)] = np.array(rows, np.float32).reshape(3, -1)
        for number, talk in content["talks"].items():
            spans = [(start, stop) for start, stop in talk["spans"]]
            turns.talks[int(number)] = Talk(**{**talk, "spans": spans})
        return turns

    def take(self, mixture: Floats, measures: dict[int, Floats]) -> None:
        """Take the next frames.

        Args:
            mixture: Power of the recording, (frames,).
            measures: Of people around: power of the voice, motion of the mouth, and whether
                the voice is given, (3, frames).
        """
        held, new = len(self._mixture), len(mixture)
        self._mixture = np.concatenate([self._mixture, mixture])
        for number in measures.keys() - self._rows.keys():
            self._rows[number] = np.zeros((3, held), np.float32)
        nothing = np.zeros((3, new), np.float32)
        for number, row in self._rows.items():
            more = measures.get(number, nothing)
            self._rows[number] = np.concatenate([row, more], axis=1)

    def tell(self, loud: float, *, over: bool = False) -> Iterator[tuple[int, Turn]]:
        """Turns that have begun or ended by what is certain: number, and when.

        Args:
            loud: Power of the loud parts of the recording.
            over: Whether nothing more comes.
        """
        known = self._first + len(self._mixture)
        stop = known if over else max(self._marked, known - REACH)
        for number, rows in self._rows.items():
            voice, motion, present = rows[:, None]
            marks = mark_speech(voice, self._mixture, motion, present > 0, loud)[0]
            talk = self.talks.setdefault(number, Talk())
            told = marks[self._marked - self._first : stop - self._first]
            yield from ((number, turn) for turn in talk.take(told, self._marked))
            if over:
                yield from ((number, turn) for turn in talk.end())
        self._marked = stop
        self._drop(stop - REACH)

    def _drop(self, frame: int) -> None:
        """Let go of what no coming frame depends on."""
        gone = max(0, frame - self._first)
        self._first += gone
        self._mixture = self._mixture[gone:]
        self._rows = {number: rows[:, gone:] for number, rows in self._rows.items()}
