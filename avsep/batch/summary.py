"""What became of each recording, for programs: JSON, and rows for a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from avsep.batch.run import Outcome
from avsep.errors import OutputError
from avsep.files import replacing
from avsep.outputs.schema import describe_run
from avsep.text import as_cell

COLUMNS = (
    "input",
    "state",
    "output",
    "speakers",
    "left_out",
    "delay",
    "warnings",
    "seconds",
    "error",
    "hint",
)


def describe(outcome: Outcome) -> dict[str, Any]:
    """An outcome as a program reads it."""
    result = outcome.result
    account = describe_run(
        outcome.source,
        outcome.state,
        output=result.folder if result else None,
        manifest=result.manifest if result else {},
        seconds=outcome.seconds,
        error=outcome.error,
    )
    if outcome.state == "planned":
        seconds = None if outcome.time is None else round(outcome.time, 1)
        account |= {"disk": outcome.disk, "time": seconds}
    return account


def _as_row(entry: dict[str, Any]) -> dict[str, object]:
    """An entry with a number or a text in every cell."""
    counts = {"speakers": len(entry["speakers"]), "left_out": len(entry["left_out"])}
    row = entry | counts | {"warnings": " ".join(entry["warnings"])}
    return {key: as_cell(value) for key, value in row.items()}


def check_summary(folder: Path) -> None:
    """Refuse a folder in which files of somebody else's are called like a summary.

    Raises:
        OutputError: There is one.
    """
    for name, is_ours in (("summary.json", _is_our_json), ("summary.csv", _is_our_csv)):
        path = folder / name
        if os.path.lexists(path) and not is_ours(path):
            raise OutputError(
                f"{path} was not written by avsep, and would be replaced by its summary",
                hint="Move it away, or give another --output-dir.",
            )


def _is_our_json(path: Path) -> bool:
    try:
        entries = json.loads(path.read_text(encoding="utf-8", errors="surrogateescape"))
    except (OSError, ValueError):
        return False
    return isinstance(entries, list) and all(
        isinstance(entry, dict) and {"input", "state"} <= entry.keys() for entry in entries
    )


def _is_our_csv(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().startswith(",".join(COLUMNS[:2]) + ",")
    except OSError:
        return False


def write_summary(outcomes: Sequence[Outcome], folder: Path) -> list[Path]:
    """Write `summary.json` and `summary.csv`, in the order of the recordings' names.

    Raises:
        OutputError: The folder can't be written to, or holds such files of somebody else's.
    """
    check_summary(folder)
    entries = sorted(map(describe, outcomes), key=lambda entry: str(entry["input"]))
    with replacing(folder / "summary.json") as path:
        text = json.dumps(entries, indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8", errors="surrogateescape")
    with (
        replacing(folder / "summary.csv") as path,
        path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows(map(_as_row, entries))
    return [folder / "summary.json", folder / "summary.csv"]
