"""`manifest.json`: what was made of what, by what; written last, so its presence means done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from avsep import __version__
from avsep.enhance import Person
from avsep.lips import Dropped
from avsep.media import FRAME_RATE
from avsep.probing import MediaInfo

NAME = "manifest.json"


def describe(
    info: MediaInfo,
    weights: Path,
    people: Sequence[tuple[str, Person]],
    dropped: Sequence[Dropped],
    files: Sequence[Path],
) -> dict[str, Any]:
    """Everything a program (or a later run) needs to know about a result.

    Args:
        info: The source.
        weights: The checkpoint that was used.
        people: Everybody with a voice, with their names.
        dropped: Who was seen but could not be followed well enough.
        files: What was written.
    """
    return {
        "avsep": __version__,
        "source": {
            "name": info.path.name,
            "bytes": info.path.stat().st_size,
            "duration": info.duration,
            "width": info.width,
            "height": info.height,
        },
        "weights": {"name": weights.stem, "sha256": sha256(weights)},
        "speakers": [
            {
                "number": person.number,
                "name": name,
                "seen": [_seconds(clip.track.start, clip.track.stop) for clip in person.clips],
                "box": [round(float(edge)) for edge in person.clips[0].track.boxes[0]],
            }
            for name, person in people
        ],
        "left_out": [
            {"seen": _seconds(d.track.start, d.track.stop), "reason": d.reason} for d in dropped
        ],
        "files": [
            {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}
            for path in files
        ],
    }


def write_manifest(folder: Path, content: dict[str, Any]) -> Path:
    """Write it into a folder."""
    path = folder / NAME
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of an earlier run, or None where there is none that can be read."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # Other programs call files so too.
    return content if isinstance(content, dict) and "avsep" in content else None


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seconds(start: int, stop: int) -> list[float]:
    return [round(start / FRAME_RATE, 2), round(stop / FRAME_RATE, 2)]
