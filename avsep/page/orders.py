"""What the page can ask for: jobs, from the words of a browser to those of the product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from avsep.errors import AvsepError, SettingError
from avsep.names import name_speaker
from avsep.options import Options, describe_options
from avsep.outputs.catalogue.replay import Replay
from avsep.outputs.catalogue.subtitles import FORMATS, Subtitles
from avsep.product import find_products

Kind = Literal["people", "split"]
State = Literal["waiting", "working", "done", "failed", "cancelled"]
KINDS, STATES = get_args(Kind), get_args(State)
OVER: tuple[State, ...] = ("done", "failed", "cancelled")
FLAC = "flac"
# What switches stand for that mean more than yes.
MORE_THAN_YES: Mapping[str, Any] = {"replay": Replay(), "subtitles": Subtitles(FORMATS)}
SWITCHES = frozenset(
    {"loudness", "video", "mkv", "labels", "timeline", "force", FLAC, *MORE_THAN_YES}
)


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
        faces: How many have turned up so far, while it is searched for them.
        folder: Of the result, below that of all results.
        ordered: When it was, seconds of the epoch; 0 where nobody knows.
        replaced: Whether the result of a later job has taken the place of this one's.
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
    faces: int = 0
    folder: str = ""
    ordered: float = 0.0
    replaced: bool = False

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


def read_options(wanted: Mapping[str, Any], usual: Options | None = None) -> Options:
    """Options of a split, with the page of the result always among them.

    Args:
        wanted: `speakers`, names by number as in JSON, of which equal ones mean one person, found
            as two; `divide`, a list of divisions like "2=0:30-1:10" of people who were taken for
            one; `range`, a part like "0:30-1:10"; `preset` and the recording's `stamp`, which
            others see to; and the `SWITCHES`, true or false. What else is there is refused.
        usual: What holds where nothing is said; by default the options' defaults.

    Raises:
        SettingError: It asks for something impossible.
    """
    unknown = wanted.keys() - {"speakers", "divide", "stamp", "range", "preset", *SWITCHES}
    if unknown:
        raise SettingError(f"nobody knows {', '.join(sorted(unknown))}")
    usual = usual or Options()
    asked: dict[str, Any] = {"report": True, "ranges": read_ranges_of(wanted)}
    for name in SWITCHES & wanted.keys():
        asked |= turn(name, usual, on=bool(wanted[name]))
    if divisions := wanted.get("divide"):
        asked["divide"] = (*usual.divide, *_read_texts(divisions))
    if (speakers := wanted.get("speakers")) is not None:
        named = _read_speakers(speakers)
        asked["speakers"], groups = _join_namesakes(named)
        asked |= {"names": None, "groups": groups or usual.groups}
    return replace(usual, **asked)


def read_ranges_of(wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """The part that is wanted, or nothing for all of a recording."""
    return (str(part),) if (part := wanted.get("range")) else ()


def turn(switch: str, usual: Options, *, on: bool) -> dict[str, Any]:
    """What a switch changes of the usual options."""
    if switch in MORE_THAN_YES:
        return {switch: (getattr(usual, switch) or MORE_THAN_YES[switch]) if on else None}
    if switch != FLAC:
        return {switch: on}
    if on == (usual.suffix == ".flac"):
        return {}
    kind = (".flac", "24") if on else (".wav", "float")
    return dict(zip(("suffix", "sample_format"), kind, strict=True))


def describe_usual(usual: Options) -> dict[str, Any]:
    """How switches stand, which of them lack a package, and what else is asked for.

    Returns:
        `switches`, true or false by name; `lacking`, for some an `error` and a `hint`; `also`,
        names of the options that differ from their defaults and have no switch.
    """
    switches = {name: _is_on(name, usual) for name in sorted(SWITCHES)}
    lacking = {}
    for product in find_products():
        if product.name in SWITCHES:
            try:
                product.require()
            except AvsepError as error:
                lacking[product.name] = {"error": str(error), "hint": error.hint}
    asked, default = describe_options(usual), describe_options(Options())
    shown = SWITCHES | {"report", "speakers", "names", "ranges", "divide"}
    shown |= {"suffix", "sample_format"} if usual.suffix == ".flac" else set()
    also = [name for name in asked if asked[name] != default[name] and name not in shown]
    return {"switches": switches, "lacking": lacking, "also": also}


def _is_on(switch: str, options: Options) -> bool:
    return options.suffix == ".flac" if switch == FLAC else bool(getattr(options, switch))


def _read_texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise SettingError(f"{found!r} is no list of texts")
    return tuple(found)


def _read_speakers(speakers: object) -> dict[int, str]:
    try:
        return {int(number): str(name) for number, name in dict(speakers).items()}  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise SettingError(f"{speakers!r} are no speakers") from error


def _join_namesakes(named: Mapping[int, str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """Speakers of one name become a group of this name.

    Raises:
        SettingError: A group can't be called so.
    """
    members: dict[str, list[int]] = {}
    for number, name in named.items():
        members.setdefault(name, []).append(number)
    groups = {name: numbers for name, numbers in members.items() if len(numbers) > 1}
    if odd := [name for name in groups if "=" in name]:
        raise SettingError(
            f"several faces can't have the name {odd[0]!r}", hint="Leave out the equals sign."
        )
    speakers = {n: name_speaker(n) if name in groups else name for n, name in named.items()}
    written = [f"{name}={','.join(map(str, numbers))}" for name, numbers in groups.items()]
    return speakers, tuple(written)
