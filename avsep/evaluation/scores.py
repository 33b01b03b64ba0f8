"""What an evaluation finds: rows, groups, people, and where the decibels are lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One voice of one mixture.

    Attributes:
        mixture: Its name.
        corpus: Where its people come from.
        voices: How many speak at once.
        alike: Whether the first two voices have nearly the same pitch.
        speaker: Whose voice.
        motion: How much the mouth moves, mean grey levels from frame to frame.
        before: Scores of the mixture, by their names (`avsep.evaluation.quality.NAMES`).
        after: Scores of the voice found.
        controls: What `try_controls` gives, by the names of the controls.
    """

    mixture: str
    corpus: str
    voices: int
    alike: bool
    speaker: str
    motion: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    controls: Mapping[str, float]

    @property
    def gain(self) -> float:
        """How much the voice improves, SI-SDR in dB."""
        return self.after["SI-SDR"] - self.before["SI-SDR"]


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are spread.

    Attributes:
        mean: Their mean.
        deviation: Their standard deviation.
        median: Their median; None where it tells nothing.
    """

    mean: float
    deviation: float
    median: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Voices of mixtures of one kind.

    Attributes:
        after: Scores of the voices found, by their names.
        gain: How much they are better than those of the mixture.
        worse: Share of voices that come out worse than the mixture, by SI-SDR.
        controls: What other lips give, by the names of the controls.
    """

    after: Mapping[str, Spread]
    gain: Mapping[str, Spread]
    worse: float
    controls: Mapping[str, Spread]


@dataclass(frozen=True, slots=True)
class PersonScore:
    """One person in all mixtures.

    Attributes:
        gain: Mean improvement of the voice, SI-SDR in dB.
        motion: Mean motion of the mouth, as in `Row`.
        rows: In how many mixtures.
    """

    gain: float
    motion: float
    rows: int


@dataclass(frozen=True, slots=True)
class Cue:
    """How well lips tell the sound: correlation with the truth.

    Attributes:
        loudness: Of its loudness.
        shape: Of its spectral shape.
    """

    loudness: float
    shape: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a stretch of lips and sound of some length gives.

    Attributes:
        gain: Mean improvement, SI-SDR in dB.
        right_voice: Share of faces for which the right one of two voices was chosen.
    """

    gain: float
    right_voice: float


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing: mean improvements of two voices, SI-SDR in dB.

    Attributes:
        cues: With simulated cues that stand in for the lips, by their correlation.
        cue: What real lips tell.
        lips: With real lips.
        oracle: With the best mask.
        lengths: With real lips, by the length of the stretch in seconds.
    """

    cues: Mapping[str, float]
    cue: Cue
    lips: float
    oracle: float
    lengths: Mapping[float, Stretch]


@dataclass(frozen=True, slots=True)
class Blame:
    """The decibels between real lips and the best mask, shared out.

    Attributes:
        joining: What simulated cues whose loudness is as good as that of the lips' own cue give
            more than the lips do.
        lips: What perfect cues add to that.
        voices: What the best mask adds to perfect cues.
    """

    joining: float
    lips: float
    voices: float


@dataclass(frozen=True, slots=True)
class Scores:
    """A whole evaluation.

    Attributes:
        rows: Every voice of every mixture.
        groups: By kind of mixture.
        people: By name, from who gains least on.
        gap: Where the decibels are lost; None without mixtures of two voices, or cues.
        blame: For the gap.
    """

    rows: tuple[Row, ...]
    groups: Mapping[str, Group]
    people: Mapping[str, PersonScore]
    gap: Gap | None = None
    blame: Blame | None = None

    def describe(self) -> dict[str, Any]:
        """The content of `scores.json`; what isn't known is left out."""
        told = _leave_out_unknown(asdict(self))
        told["rows"] = list(told["rows"])
        for entry in told.get("gap", {}).get("lengths", {}).values():
            entry["right voice"] = entry.pop("right_voice")
        return told


def _leave_out_unknown(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _leave_out_unknown(value) if isinstance(value, dict) else value
        for key, value in entry.items()
        if value is not None
    }
