"""What is wanted of a recording."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, asdict, dataclass, fields, is_dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from avsep.beds import read_groups, read_keep, read_others, write_others
from avsep.choices import Format, SampleFormat
from avsep.divisions import read_divisions
from avsep.errors import SettingError, check_choice
from avsep.names import check_speakers, check_voices, read_template
from avsep.product import find_products
from avsep.ranges import check_handles, choose_range, read_ranges

T = TypeVar("T")

AS_TEXT = ("audio_stream", "video_stream", "sound")  # also given as a number, or a path
TEXT = (str, PurePath)
# What each field may hold, by its name or by the kind of its default; and what that is called.
KINDS: dict[object, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "switch, True or False"),
    str: ((str,), "text"),
    tuple: ((tuple, list), "list of texts"),
    float: ((int, float), "number"),
    type(None): ((str,), "text"),
    "sound_offset": ((int, float), "number"),
    **dict.fromkeys(("speakers", "names", "voices"), ((Mapping,), "mapping")),
}
SUFFIXES = tuple(f".{kind}" for kind in Format)
CODED = (".m4a", ".mp3")  # formats that lose something, and have no samples to choose the kind of


def with_products(kind: type[T]) -> type[T]:
    """Give a class of options a field for each product that can be asked for."""
    for product in find_products():
        if product.parameters:
            wanted = product.kind if product.default is not None else product.kind | None
            kind.__annotations__[product.name] = wanted
            setattr(kind, product.name, product.default)
    return kind


@dataclass(frozen=True, slots=True)
@with_products
class Options:
    """What is wanted of a recording.

    Besides what stands here there is a field for each product that can be asked for, called like
    it: `video`, `mkv`, `replay` and so on, each declared in `avsep/outputs/catalogue/`.

    Attributes:
        speakers: Names of the wanted people by number; None for everybody.
        names: Names of some people by number, where everybody is wanted.
        voices: Where people whom nobody sees are heard alone, by their names: a file, or a range
            of the recording like "12:30-12:50"; None for none.
        file_names: What the voices' files are called, a template for `avsep.names.name_file`.
        suffix: Of the voices' files.
        sample_format: Of the voices' files: "16", "24" or "float".
        loudness: Whether the voices are brought to the level of EBU R128.
        language: What is spoken, ISO 639; None to find it out.
        audio_stream: Numbers or languages of the sound streams to hear; None to choose the best.
        cameras: Other videos of the same event, whose views of the people help.
        sound: File from which the sound comes, instead of the recording's own.
        sound_offset: Second of the recording at which that file begins; None to find it.
        video_stream: Number or language of the picture stream to watch; None to choose it.
        ranges: Parts of the recording, like "12:30-14:05"; none for all of it.
        part: Of several ranges the one that files are made of; people are counted in all.
        handles: Seconds more at both sides of each range.
        whole: Whether files are as long as the recording, silent outside the ranges.
        preview: Whether only the densest 20 s of crosstalk are wanted, with the report page.
        others: Level of all that isn't the voice in the files of voices, like "-12dB" or
            "1=-12dB,ANNA=-20dB"; nothing stays by default.
        keep: Speakers who have files of their own, like "ANNA,BEN" or "1,3"; all by default.
        groups: Speakers whose voices go into one file, like "GOV=1,3".
        divide: Whoever was taken for somebody else, like "2=12:30-14:05": seen as person 2 in
            that range, they are a person of their own, with the next number.
        force: Whether an existing result may be replaced.
    """

    speakers: Mapping[int, str] | None = None
    names: Mapping[int, str] | None = None
    voices: Mapping[str, str] | None = None
    file_names: str = "{speaker}"
    suffix: str = ".wav"
    sample_format: str = "float"
    loudness: bool = False
    language: str | None = None
    audio_stream: str | None = None
    cameras: tuple[str, ...] = ()
    sound: str | None = None
    sound_offset: float | None = None
    video_stream: str | None = None
    ranges: tuple[str, ...] = ()
    part: str = ""
    handles: float = 0.0
    whole: bool = False
    preview: bool = False
    others: str = ""
    keep: str = ""
    groups: tuple[str, ...] = ()
    divide: tuple[str, ...] = ()
    force: bool = False

    if TYPE_CHECKING:  # products bring fields that nobody can know before they are found

        def __init__(self, **wanted: Any) -> None: ...  # noqa: ANN401
        def __getattr__(self, name: str) -> Any: ...  # noqa: ANN401

    def __post_init__(self) -> None:
        """Refuse what makes no files, before any work is done.

        Raises:
            SettingError: Some of it asks for something impossible.
        """
        _settle_kinds(self)
        read_template(self.file_names)
        _settle_parts(self)
        if self.speakers is not None:
            check_speakers(self.speakers)
        if self.names is not None:
            check_speakers(self.names)
        if self.voices is not None:
            check_voices(self.voices)
        check_choice("suffix", [self.suffix], SUFFIXES)
        check_choice("sample_format", [self.sample_format], tuple(SampleFormat))
        if (self.suffix, self.sample_format) == (".flac", "float"):
            raise SettingError("FLAC holds no float", hint="Take the sample format 24 or 16.")
        if self.suffix in CODED and self.sample_format != "float":
            raise SettingError(
                f"{self.suffix} holds no samples of {self.sample_format} bits",
                hint="Leave the sample format away, or take .wav.",
            )
        if self.language:
            from avsep.languages import read_language  # half a second that others need not wait

            read_language(self.language)
        _check_products(self)


def _settle_kinds(options: Options) -> None:
    """Write paths and numbers of streams as text, and refuse what is of another kind.

    Raises:
        SettingError: Something is, like "yes" for a switch.
    """
    products = {product.name for product in find_products()}
    for item in fields(Options):
        value = getattr(options, item.name)
        if item.name in products or (value is None and item.default is None):
            continue
        if item.name in AS_TEXT and isinstance(value, (int, PurePath)):
            object.__setattr__(options, item.name, value := str(value))
        kinds, said = KINDS.get(item.name) or KINDS[type(item.default)]
        texts = value if isinstance(value, (list, tuple)) else ()
        is_odd = isinstance(value, bool) and bool not in kinds
        if is_odd or not isinstance(value, kinds) or not all(isinstance(t, TEXT) for t in texts):
            raise SettingError(f"{item.name} = {value!r} is no {said}", hint=f"Give a {said}.")


def _settle_parts(options: Options) -> None:
    """Write in one way what can be written in many: parts of recordings, and files of several.

    Raises:
        SettingError: Some of it means nothing.
    """
    settle = object.__setattr__  # while they are made
    settle(options, "ranges", read_ranges(options.ranges))
    if options.part:
        settle(options, "part", choose_range(options.part, options.ranges))
    check_handles(options.handles)
    if options.preview:
        settle(options, "report", True)
        if options.ranges:
            raise SettingError("a preview chooses its range itself", hint="Leave out ranges.")
    settle(options, "others", write_others(read_others(options.others)))
    settle(options, "keep", ",".join(read_keep(options.keep)))
    settle(options, "groups", read_groups(options.groups))
    settle(options, "divide", read_divisions(options.divide))


def _check_products(options: Options) -> None:
    """Refuse what is no setting of a product, like "yes" for a switch."""
    for product in find_products():
        asked = product.get_asked(options)
        if asked != product.default and not isinstance(asked, product.kind):
            raise SettingError(
                f"{product.name} = {asked!r} is no {product.kind.__name__}",
                hint=f"Give a {product.kind.__name__}, or {product.default!r} for none.",
            )


# How it is done, not what comes out.
MANNERS = {"force", "part"}
# What names files beside the recording.
FILES = {"sound", "cameras", "voices"}


def describe_options(options: Options) -> dict[str, Any]:
    """What decides on the files that are made, as a manifest keeps it and gives it back."""
    wanted = {key: value for key, value in asdict(options).items() if key not in MANNERS}
    if options.part:  # other ranges of the same command are other jobs
        wanted["ranges"] = [options.part]
    as_read_back: dict[str, Any] = json.loads(json.dumps(wanted))
    return as_read_back


def leave_out(options: Options, products: Collection[str]) -> Options:
    """The options without some products, each called like the option that asks for it."""
    usual: dict[str, Any] = {item.name: item.default for item in fields(Options)}
    return replace(options, **{name: usual[name] for name in products if name in usual})


def find_other_options(had: Mapping[str, Any], options: Options) -> list[str]:
    """Names of the options in which what is wanted differs from what a manifest holds.

    What a manifest of an earlier version lacks was made as the option's default makes it; what
    only a later version knows counts where it asks for something.

    Args:
        had: Options of the manifest.
        options: What is wanted now.
    """
    wanted, usual = describe_options(options), describe_options(Options())
    filled = {**usual, **had}
    for product in find_products():
        if is_dataclass(product.kind) and isinstance(part := filled[product.name], dict):
            filled[product.name] = _describe_defaults(product.kind) | part
    unknown = [key for key in had if key not in wanted and had[key]]
    # The folders of files may be named in many ways.
    for key in FILES:
        wanted[key], filled[key] = _take_names(wanted[key]), _take_names(filled[key])
    return [key for key in wanted if wanted[key] != filled[key]] + unknown


def _take_names(value: Any) -> Any:  # noqa: ANN401 - of any kind
    if isinstance(value, dict):
        return {key: _take_names(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_take_names(item) for item in value]
    return PurePath(value).name if isinstance(value, str) else value


def _describe_defaults(kind: type) -> dict[str, Any]:
    """What a part of the options holds of itself, as a manifest gives it back."""
    held = {item.name: item.default for item in fields(kind) if item.default is not MISSING}
    as_read_back: dict[str, Any] = json.loads(json.dumps(held))
    return as_read_back
