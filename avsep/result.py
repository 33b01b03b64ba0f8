"""What a recording came to: where everything lies, and what of it is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from avsep.errors import IncompleteError
from avsep.options import Options
from avsep.outputs.folder import free_scratch, move_result
from avsep.outputs.inputs import Inputs
from avsep.outputs.manifest import NAME, write_manifest
from avsep.outputs.products import Failures, make_products
from avsep.outputs.schema import describe_separation
from avsep.outputs.stamps import stamp_sounds
from avsep.outputs.target import Target
from avsep.separation.recording import Separation
from avsep.timeline import Seconds


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker's result.

    Attributes:
        number: As counted from left to right, by first appearance.
        name: As it stands in the file names.
        seen: When the person is visible: from and up to, seconds.
        path: Sound file, as long as the recording, at its rate.
    """

    number: int
    name: str
    seen: tuple[Seconds, ...]
    path: Path

    @property
    def visible(self) -> float:
        """How long the person is seen in all, seconds."""
        return sum(stop - start for start, stop in self.seen)


@dataclass(frozen=True, slots=True)
class Result:
    """What `split` made.

    Attributes:
        folder: Where everything lies.
        voices: One for each speaker.
        files: Everything written, the manifest last.
        delay: Seconds by which the sound was found to be late, and which were made up for.
        warnings: What speaks against trusting it, a sentence each; faces left out are among them.
        missing: Products that were wanted and could not be made, called like their options.
        manifest: All that `manifest.json` says, in the words of `avsep.outputs.schema`.
    """

    folder: Path
    voices: tuple[Voice, ...]
    files: tuple[Path, ...]
    delay: float = 0.0
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    manifest: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Why faces were left out, a sentence each."""
        return tuple(face["reason"] for face in self.manifest.get("left_out", []))


def publish(
    separation: Separation,
    target: Target,
    options: Options,
    inputs: Inputs,
    tools: Mapping[str, Any],
    failures: Failures,
) -> Result:
    """Make everything else that is wanted, the manifest last, and move all to its place.

    Args:
        separation: The recording and its voices.
        target: Where the result shall go.
        options: What is wanted.
        inputs: What it was made of, which must not have changed since.
        tools: What shapes a result, as `avsep.kit.name_tools` names it.
        failures: What could not be made is written down in them.
    """
    made = separation.folder
    separation = replace(separation, place=target.folder.resolve())
    stamp_sounds(separation)
    files = [*separation.sounds, *make_products(separation, options, failures)]
    reasons = failures.reasons
    content = describe_separation(separation, inputs, tools, options, files, reasons)
    if failures.errors:
        free_scratch(made)
    write_manifest(made, content)
    inputs.refuse_changes(separation.info.path, options)
    place = move_result(made, target.folder, force=options.force, redo=target.redo)
    return read_result(place, content)


def read_result(folder: Path, manifest: Mapping[str, Any]) -> Result:
    """What was made, now or by an earlier run, and lies in a folder.

    Args:
        folder: Where the files are.
        manifest: What `avsep.outputs.schema.describe_separation` says of them.
    """
    voices = (
        Voice(
            number=speaker["number"],
            name=speaker["name"],
            seen=tuple((start, stop) for start, stop in speaker.get("seen", [])),
            path=folder / speaker["file"],
        )
        for speaker in (*manifest["speakers"], *manifest.get("unseen", []))
    )
    return Result(
        folder,
        tuple(voices),
        (*(folder / entry["file"] for entry in manifest["files"]), folder / NAME),
        manifest.get("delay", 0.0),
        tuple(manifest.get("warnings", [])),
        tuple(entry["product"] for entry in manifest.get("missing", [])),
        manifest,
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
