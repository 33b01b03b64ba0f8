"""The files that a result was made of, and how they are known again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from avsep.errors import MediaError
from avsep.files import take_fingerprint
from avsep.options import Options
from avsep.speech.samples import is_file


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a result is made of, as it was when work began.

    Attributes:
        recording: How it is known again, in the words of `avsep.outputs.schema`.
        others: The same of what is used beside it.
    """

    recording: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]]

    @classmethod
    def take(cls, recording: Path, options: Options) -> Self:
        """Look at everything that is used."""
        return cls(describe_file(recording), list_inputs(options))

    def refuse_changes(self, recording: Path, options: Options) -> None:
        """See that everything is still what it was; what has gone since was read before.

        Raises:
            MediaError: It has changed, so that nobody knows what the result was made of.
        """
        now = [describe_file(recording) if recording.is_file() else self.recording]
        now += list_inputs(options)
        names = [recording.name, *(str(entry["file"]) for entry in self.others)]
        for name, was, found in zip(names, [self.recording, *self.others], now, strict=True):
            if found != was and "fingerprint" in found:
                raise MediaError(
                    f"{name} changed while it was worked on",
                    hint="Begin again once nobody writes to it any more.",
                )


def describe_file(path: Path) -> dict[str, Any]:
    """By what a file is known again, in the words of `avsep.outputs.schema`."""
    return {"bytes": path.stat().st_size, "fingerprint": take_fingerprint(path)}


def list_inputs(options: Options) -> list[dict[str, Any]]:
    """What is used beside the recording; of what isn't there nothing but its name."""
    given = [options.sound, *options.cameras, *filter(is_file, (options.voices or {}).values())]
    paths = [Path(path) for path in given if path]
    return [
        {"file": path.name, **(describe_file(path) if path.is_file() else {})} for path in paths
    ]


def is_made_of(manifest: Mapping[str, Any], source: Path) -> bool:
    """Whether a result was made of that recording, as far as its version of avsep tells.

    Raises:
        KeyError, TypeError, AttributeError: The manifest is damaged.
        OSError: The recording can't be read.
    """
    made_of = manifest["source"]
    return manifest["input"] == source.name and all(
        made_of.get(key, value) == value for key, value in describe_file(source).items()
    )
