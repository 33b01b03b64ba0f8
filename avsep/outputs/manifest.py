"""`manifest.json`: what was made of what, by what; written last, so its presence means done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avsep.files import sha256
from avsep.options import Options, describe_options, find_other_options, leave_out
from avsep.outputs.caveats import find_doubts
from avsep.separation.recording import Separation, Speaker
from avsep.timeline import in_seconds
from avsep.version import __version__

NAME = "manifest.json"


FORMAT = 1  # counts up when a key changes its meaning; those of before it was counted have none


def describe(
    separation: Separation,
    weights: Path,
    options: Options,
    files: Sequence[Path],
    missing: Mapping[str, str],
) -> dict[str, Any]:
    """Everything a program (or a later run) needs to know about a result, in seconds and dB.

    Args:
        separation: The recording and its voices.
        weights: The checkpoint that was used.
        options: What was wanted.
        files: What was written.
        missing: Products that were wanted and could not be made, and why.
    """
    info, people = separation.info, separation.people
    return {
        "avsep": __version__,
        "format": FORMAT,
        "source": {
            "name": info.path.name,
            "bytes": info.path.stat().st_size,
            "duration": info.duration,
            "width": info.width,
            "height": info.height,
            "audio_streams": [stream.index for stream in info.heard],
            "video_stream": info.video.index if info.video else None,
        },
        "weights": {"name": weights.stem, "sha256": sha256(weights)},
        "options": describe_options(leave_out(options, missing)),
        "missing": [{"product": name, "reason": why} for name, why in missing.items()],
        "speakers": [_describe_speaker(speaker) for speaker in separation.speakers],
        "rest": {
            "file": separation.rest.full.name,
            "gain": round(separation.rest.gain, 2),
        },
        "sound_late": {
            "seconds": separation.delay.seconds,
            "score": round(separation.delay.score, 3),
            "margin": round(separation.delay.margin, 3),
        },
        "crosstalk": [in_seconds(span) for span in separation.crosstalk],
        "left_out": [
            {"seen": in_seconds(dropped.track.span), "reason": dropped.reason}
            for dropped in people.dropped
        ],
        "warnings": find_doubts(separation),
        "files": [
            {"name": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}
            for path in files
        ],
    }


def _describe_speaker(speaker: Speaker) -> dict[str, Any]:
    tracks = [clip.track for clip in speaker.person.clips]
    return {
        "number": speaker.person.number,
        "name": speaker.name,
        "file": speaker.voice.full.name,
        "seen": [in_seconds(track.span) for track in tracks],
        "speaking": [in_seconds(span) for span in speaker.speaking],
        "language": speaker.language,
        "gain": round(speaker.voice.gain, 2),
        "gain_16k": round(speaker.voice.narrow_gain, 2),
        "box": [round(float(edge)) for edge in tracks[0].boxes[0]],
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


def find_lacking(manifest: dict[str, Any], options: Options) -> list[str]:
    """Products that are wanted, and that the earlier run could not make."""
    missing = [str(entry["product"]) for entry in manifest.get("missing", [])]
    return [name for name in missing if getattr(options, name, True)]


def may_be_redone(folder: Path, source: Path, options: Options) -> bool:
    """Whether a result of the same recording and options lies there that lacks a product.

    What somebody has changed since is nobody's to replace.
    """
    manifest = read_manifest(folder)
    try:
        if not manifest or not (lacking := find_lacking(manifest, options)):
            return False
        made_of = manifest["source"]
        same = (made_of["name"], made_of["bytes"]) == (source.name, source.stat().st_size)
        other = set(find_other_options(manifest.get("options", {}), options)) - set(lacking)
        return (
            same
            and not other
            and all(sha256(folder / file["name"]) == file["sha256"] for file in manifest["files"])
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return False
