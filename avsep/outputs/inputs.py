"""The files that a result was made of, and how they are known again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avsep.files import take_fingerprint
from avsep.options import Options
from avsep.speech.samples import is_file


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
