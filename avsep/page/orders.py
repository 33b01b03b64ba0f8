"""What the page can ask for: jobs, from the words of a browser to those of the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from avsep.errors import SettingError
from avsep.names import name_speaker
from avsep.options import Options
from avsep.outputs.catalogue.replay import Replay

Kind = Literal["people", "split"]
State = Literal["waiting", "working", "done", "failed", "cancelled"]
OVER: tuple[State, ...] = ("done", "failed", "cancelled")
SWITCHES = ("loudness", "video", "mkv", "labels", "force")


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with one recording, and how far it is.

    Attributes:
        number: Unique in a queue, counted from 1.
        kind: Looking for people alone, or splitting.
        recording: Name in the library.
        wanted: Settings as the page sends them; see `read_options`.
        state: How it stands.
        stage: What is done just now.
        share: How much of that stage is done, 0 to 1; None where nobody knows.
        left: Seconds that the stage will still take; None where nobody knows.
        error: Why it failed.
        hint: What helps.
        people: Who was found: `number`, `name`, `visible` in seconds.
        folder: Of the result, below that of all results.
    """

    number: int
    kind: Kind
    recording: str
    wanted: Mapping[str, Any] = field(default_factory=dict)
    state: State = "waiting"
    stage: str = ""
    share: float | None = None
    left: float | None = None
    error: str = ""
    hint: str = ""
    people: tuple[Mapping[str, Any], ...] = ()
    folder: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in OVER


def read_order(order: object) -> tuple[Kind, str, dict[str, Any]]:
    """Kind, recording and settings of a job, as a browser sends it.

    Raises:
        SettingError: It is no job.
    """
    match order:
        case {"kind": "people" | "split" as kind, "recording": str(recording), "wanted": wanted}:
            if isinstance(wanted, dict):
                return kind, recording, wanted
    raise SettingError("that is no job")


def read_options(wanted: Mapping[str, Any]) -> Options:
    """Options of a split, with the page of the result always among them.

    Args:
        wanted: `speakers`, names by number as in JSON, of which equal ones mean one person, found
            as two; `range`, a part like "0:30-1:10";
            `flac`, `replay` and the `SWITCHES`, true or false. What else is there is refused.

    Raises:
        SettingError: It asks for something impossible.
    """
    unknown = wanted.keys() - {"speakers", "range", "flac", "replay", *SWITCHES}
    if unknown:
        raise SettingError(f"nobody knows {', '.join(sorted(unknown))}")
    asked: dict[str, Any] = {name: bool(wanted.get(name)) for name in SWITCHES}
    if wanted.get("flac"):
        asked |= {"suffix": ".flac", "sample_format": "24"}
    if wanted.get("replay"):
        asked["replay"] = Replay()
    if part := wanted.get("range"):
        asked["ranges"] = (str(part),)
    if (speakers := wanted.get("speakers")) is not None:
        named = _read_speakers(speakers)
        asked["speakers"], asked["groups"] = _join_namesakes(named)
    return Options(report=True, **asked)


def _read_speakers(speakers: object) -> dict[int, str]:
    try:
        return {int(number): str(name) for number, name in dict(speakers).items()}  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise SettingError(f"{speakers!r} are no speakers") from error


def _join_namesakes(named: Mapping[int, str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Speakers of one name become a group of this name."""
    members: dict[str, list[int]] = {}
    for number, name in named.items():
        members.setdefault(name, []).append(number)
    groups = {name: numbers for name, numbers in members.items() if len(numbers) > 1}
    speakers = {n: name_speaker(n) if name in groups else name for n, name in named.items()}
    written = [f"{name}={','.join(map(str, numbers))}" for name, numbers in groups.items()]
    return speakers, tuple(written)
