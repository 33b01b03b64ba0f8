"""Results of earlier runs: which are whole, and whether they are what is wanted now."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from avsep.batch.jobs import Task, names_of
from avsep.errors import OutputError
from avsep.options import Options, find_other_options, leave_out
from avsep.outputs.manifest import FORMAT, find_lacking, read_manifest
from avsep.result import Result, Voice

_log = logging.getLogger(__name__)


def find_finished(task: Task, options: Options, weights: str) -> Result | None:
    """The whole result of an earlier run over the same recording; None if there is none.

    A recording that has got neighbours of its name since then may have it under a shorter one.

    Args:
        task: The recording, and where its result goes.
        options: What is wanted now.
        weights: Checksum of the checkpoint in use; a result of another one is kept, too.

    Raises:
        OutputError: It was made with other options.
    """
    names = names_of(task.source)
    for name in reversed(names[: names.index(task.name) + 1]):
        folder = task.output / name
        manifest = read_manifest(folder)
        try:
            if manifest and _is_whole(manifest, folder, task.source):
                _check_format(manifest, folder)
                lacking = find_lacking(manifest, options)
                _compare(manifest, folder, leave_out(options, lacking), weights)
                if not lacking:
                    return _read_result(manifest, folder)
                _log.warning("%s lacks %s: made again", folder, ", ".join(lacking))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Of another program, or damaged: what lies there is nobody's finished result.
            _log.debug("%s holds no manifest of avsep (%r)", folder, error)
    return None


def _is_whole(manifest: dict[str, Any], folder: Path, source: Path) -> bool:
    """Whether it was made of this recording, and all of its files are there."""
    made_of = manifest["source"]
    if not source.is_file() or made_of["name"] != source.name:
        return False
    sizes = {folder / file["name"]: file["bytes"] for file in manifest["files"]}
    sizes[source] = made_of["bytes"]
    return all(path.is_file() and path.stat().st_size == size for path, size in sizes.items())


def _compare(manifest: dict[str, Any], folder: Path, options: Options, weights: str) -> None:
    other = find_other_options(manifest.get("options", {}), options)
    if other:
        raise OutputError(
            f"{folder} was made with other options ({', '.join(other)})",
            hint="Give --force to make it again, or another --output-dir.",
        )
    made_with = manifest["weights"]
    if made_with["sha256"] != weights:
        name = made_with["name"]
        _log.warning("%s was made with other weights (%s); --force makes it again", folder, name)


def _check_format(manifest: dict[str, Any], folder: Path) -> None:
    if manifest.get("format", 0) > FORMAT:
        raise OutputError(
            f"{folder} was made by a newer avsep ({manifest['avsep']})",
            hint="Update avsep, give --force to make it again, or another --output-dir.",
        )


def _read_result(manifest: dict[str, Any], folder: Path) -> Result:
    voices = tuple(
        Voice(
            number=person["number"],
            name=person["name"],
            seen=sum(stop - start for start, stop in person["seen"]),
            path=folder / person["file"],
        )
        for person in manifest["speakers"]
    )
    return Result(
        folder,
        voices,
        tuple(folder / file["name"] for file in manifest["files"]),
        tuple(dropped["reason"] for dropped in manifest.get("left_out", [])),
        manifest.get("sound_late", {}).get("seconds", 0.0),
        tuple(manifest.get("warnings", [])),
    )
