"""What the options of `avsep split` ask for of a recording, as the pipeline takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from avsep.cli.checks import choose_samples
from avsep.cli.parts import read_ranges_of
from avsep.cli.products import read_products
from avsep.names import find_given, read_names, read_speakers, read_voices
from avsep.options import Options
from avsep.ranges import read_length


def read_parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Which parts of a recording are wanted.

    Raises:
        BadParameter: The options contradict each other.
    """
    ranges = read_ranges_of(values["from_"], values["to"], values["range_"])
    handles = read_length(values["handles"])
    if values["preview"] and (ranges or values["whole"] or handles):
        raise typer.BadParameter("--preview chooses its range itself: leave out those")
    if not ranges and (handles or values["whole"]):
        raise typer.BadParameter("--handles and --whole want a range: --from, --to or --range")
    parts = {name: values[name] for name in ("whole", "preview")}
    return {"ranges": ranges, "handles": handles, **parts}


def read_options(values: Mapping[str, Any]) -> Options:
    """What is wanted of a recording.

    Args:
        values: Of all parameters of the command, by their names.
    """
    kind = values["format_"]
    wanted, named = read_speakers(values["speakers"]), read_names(values["names"])
    return Options(
        speakers=wanted and named_as(wanted, named),
        names=None if wanted else named or None,
        voices=read_voices(values["voice"] or []) or None,
        file_names=values["file_names"],
        suffix=f".{kind}",
        sample_format=str(choose_samples(kind, values["sample_format"])),
        loudness=values["loudness"],
        language=values["language"] or None,
        audio_stream=values["audio_stream"] or None,
        sound=str(values["sound"]) if values["sound"] else None,
        sound_offset=values["sound_offset"],
        video_stream=values["video_stream"] or None,
        force=values["force"],
        **read_parts(values),
        others=values["others"],
        keep=values["keep"],
        groups=tuple(values["group"] or ()),
        divide=tuple(values["divide"] or ()),
        **read_products(values),
    )


def named_as(wanted: Mapping[int, str], named: Mapping[int, str]) -> dict[int, str]:
    """Wanted speakers, who go by the names that were given elsewhere if they have none here."""
    return {number: named.get(number, name) for number, name in wanted.items()} | find_given(
        wanted
    )
