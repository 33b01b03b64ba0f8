"""Results of earlier runs: which are whole, and whether they are what is wanted now."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avsep.batch.jobs import Task, names_of
from avsep.errors import OutputError
from avsep.options import Options, find_other_options, leave_out
from avsep.outputs.inputs import is_made_of, list_inputs
from avsep.outputs.manifest import find_lacking, read_manifest
from avsep.outputs.schema import FORMAT
from avsep.result import Result, read_result

AGAIN = "Give --force to make it again, or another --output-dir."
_log = logging.getLogger(__name__)


def find_finished(task: Task, options: Options, tools: Mapping[str, Any]) -> Result | None:
    """The whole result of an earlier run over the same recording; None if there is none.

    A recording that has got or lost neighbours of its name since then may have it under another.

    Args:
        task: The recording, and where its result goes.
        options: What is wanted now.
        tools: What shapes a result now, as `avsep.kit.name_tools` names it; a result of other
            weights is kept, too.

    Raises:
        OutputError: It was made with other options, or of other files beside the recording.
    """
    names = names_of(task.source)
    own = names.index(task.name)
    for name in (*reversed(names[: own + 1]), *names[own + 1 :]):
        folder = task.output / task.call(name)
        manifest = read_manifest(folder)
        try:
            if manifest:
                _check_format(manifest, folder)  # first: a newer one may use other words
            if manifest and _is_whole(manifest, folder, task.source):
                lacking = find_lacking(manifest, options)
                _compare(manifest, folder, leave_out(options, lacking), tools)
                if not lacking:
                    return read_result(folder, manifest)
                _log.warning("%s lacks %s: made again", folder, ", ".join(lacking))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Of another program, or damaged: what lies there is nobody's finished result.
            _log.debug("%s holds no manifest of avsep (%r)", folder, error)
        except OSError as error:
            # Whoever opens the recording, or what else is used, says what is wrong with it.
            _log.debug("%s can't be compared with what it was made of (%r)", folder, error)
    return None


def _is_whole(manifest: dict[str, Any], folder: Path, source: Path) -> bool:
    """Whether it was made of this recording, and all of its files are there."""
    if not source.is_file() or not is_made_of(manifest, source):
        return False
    sizes = {folder / file["file"]: file["bytes"] for file in manifest["files"]}
    return all(path.is_file() and path.stat().st_size == size for path, size in sizes.items())


def _compare(
    manifest: dict[str, Any], folder: Path, options: Options, tools: Mapping[str, Any]
) -> None:
    other = find_other_options(manifest.get("options", {}), options)
    weights, made_with = tools["weights"], manifest["weights"]
    same_weights = made_with["sha256"] == weights["sha256"]
    if same_weights and made_with.get("passes", weights["passes"]) != weights["passes"]:
        other.append("passes")
    if manifest.get("detector", tools["detector"]) != tools["detector"]:
        other.append("detector")
    if other:
        raise OutputError(f"{folder} was made with other options ({', '.join(other)})", hint=AGAIN)
    inputs = list_inputs(options)
    if manifest.get("inputs", inputs) != inputs:
        names = ", ".join(entry["file"] for entry in inputs)
        raise OutputError(f"{folder} was made before {names} had changed", hint=AGAIN)
    if not same_weights:
        name = made_with["model"]
        _log.warning("%s was made with other weights (%s); --force makes it again", folder, name)


def _check_format(manifest: dict[str, Any], folder: Path) -> None:
    if manifest.get("format", 0) > FORMAT:
        raise OutputError(
            f"{folder} was made by a newer avsep ({manifest['avsep']})",
            hint="Update avsep, give --force to make it again, or another --output-dir.",
        )
