"""What a recording came to: where everything lies, and what of it is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.errors import IncompleteError
from avsep.outputs.products import Failures
from avsep.separation.recording import Separation


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker's result.

    Attributes:
        number: As counted from left to right, by first appearance.
        name: As it stands in the file names.
        seen: Seconds the person is visible.
        path: Sound file, as long as the recording, at its rate.
    """

    number: int
    name: str
    seen: float
    path: Path


@dataclass(frozen=True, slots=True)
class Result:
    """What `split` made.

    Attributes:
        folder: Where everything lies.
        voices: One for each speaker.
        files: Everything written, the manifest last.
        left_out: Why faces were left out, a sentence each.
        delay: Seconds by which the sound was found to be late, and which were made up for.
        warnings: What speaks against trusting it, a sentence each; faces left out are among them.
        missing: Products that were wanted and could not be made, called like their options.
    """

    folder: Path
    voices: tuple[Voice, ...]
    files: tuple[Path, ...]
    left_out: tuple[str, ...]
    delay: float = 0.0
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def describe_result(
    separation: Separation, folder: Path, files: Sequence[Path], content: Mapping[str, Any]
) -> Result:
    """What was made, and lies in a folder now.

    Args:
        separation: The recording and its voices.
        folder: Where the files are now.
        files: The same where they were made.
        content: Of the manifest.
    """
    return Result(
        folder,
        tuple(
            Voice(who.person.number, who.name, who.person.seconds, folder / who.voice.full.name)
            for who in separation.speakers
        ),
        tuple(folder / path.name for path in files),
        tuple(dropped.reason for dropped in separation.people.dropped),
        separation.delay.seconds,
        tuple(content["warnings"]),
        tuple(entry["product"] for entry in content["missing"]),
    )


def check_result(result: Result, source: Path, folder: Path, failures: Failures) -> None:
    """See that a result is whole and in its place.

    Raises:
        IncompleteError: It isn't; what is finished is kept all the same.
    """
    if mistake := failures.find_mistake():
        raise mistake
    if failures.errors:
        reasons = "; ".join(dict.fromkeys(failures.reasons.values()))
        raise IncompleteError(
            f"{source}: the voices are finished, and {' and '.join(result.missing)} missing:"
            f" {reasons}",
            hint=f"They lie in {result.folder}; once that is mended, the same command makes all"
            " again.",
            result=result,
        )
    if result.folder != folder:
        raise IncompleteError(
            f"{source}: somebody else has filled {folder} meanwhile, and the result lies in"
            f" {result.folder}",
            hint="Move it where you want it; --force replaces the files of a result.",
            result=result,
        )
