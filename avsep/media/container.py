"""What a file tells of itself as a whole: its format, where its clock begins, how long it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avsep.media.streams import Label

COUNTED = {"mpegts", "mpeg"}  # formats whose lengths are differences of time stamps
# Those in which ffmpeg finds a time by an index. All others are decoded from the beginning:
# slower, but the time stamps of joined streams can be followed.
INDEXED = ("mov", "matroska")
MEASURED = 1 << 30  # bytes up to which they are read to the end
LEAST_RATE = 10_000  # bytes/s of a recording, below which its length can't be


@dataclass(frozen=True, slots=True)
class Container:
    """What a file tells of itself.

    Attributes:
        format: ffprobe's names for it, separated by commas.
        start: Second of its clock at which the first of its streams begins.
        stated: Seconds that it lasts; None if it doesn't say.
        size: Bytes.
    """

    format: str = ""
    start: float = 0.0
    stated: float | None = None
    size: int = 0

    @property
    def is_counted(self) -> bool:
        """Whether its lengths are differences of time stamps."""
        return self.format in COUNTED

    @property
    def is_indexed(self) -> bool:
        """Whether ffmpeg finds a time in it by an index."""
        return any(name in self.format.split(",") for name in INDEXED)

    def find_zero(self, used: Sequence[Label]) -> float:
        """Second of its clock that is time 0, as ffmpeg counts.

        It is where the first of its streams begins, whether that is in use or not; in transport
        streams, whose clocks may jump, the first of those in use.

        Args:
            used: The streams in use.
        """
        if self.is_counted:
            return min((label.start for label in used), default=0.0)
        return self.start

    def find_length(self, used: Sequence[Label]) -> float | None:
        """Seconds from time 0 to the end of the longest stream in use.

        Args:
            used: The streams in use.

        Returns:
            What the file states; None where it says nothing that can be believed.
        """
        if self.is_counted:  # what was joined has time stamps of other clocks
            is_odd = not self.stated or self.size < MEASURED
            return None if is_odd or self.size / (self.stated or 1) < LEAST_RATE else self.stated
        spans = [label.span for label in used]
        known = [span for span in spans if span is not None]
        if len(known) < len(spans) or not known:
            return self.stated
        length = max(stop for _, stop in known) - self.find_zero(used)
        # Of a stream that was cut the old length may still be told.
        return length if self.stated is None else min(length, self.stated)
