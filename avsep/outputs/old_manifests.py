"""Manifests that earlier versions wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avsep.outputs.schema import FORMAT


def upgrade(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest in today's words, whichever version of avsep wrote it.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: It is damaged, or another program's.
    """
    new = dict(manifest)
    if new.get("format", 0) >= FORMAT:
        return new
    if "source" in new:
        new["source"] = source = dict(new["source"])
        new["input"] = source.pop("name")
        new["duration"] = source.pop("duration", 0.0)
    if "sound_late" in new:
        late = new.pop("sound_late")
        new |= {"delay": late["seconds"]}
        new |= {f"delay_{key}": late[key] for key in ("score", "margin") if key in late}
    if "weights" in new:
        new["weights"] = _rename(new["weights"], "name", "model")
    new["files"] = [_rename(file, "name", "file") for file in new.get("files", [])]
    new["speakers"] = [
        {**speaker, "visible": sum(stop - start for start, stop in speaker.get("seen", []))}
        for speaker in new.get("speakers", [])
    ]
    new["left_out"] = [{**face, "seen": [face["seen"]]} for face in new.get("left_out", [])]
    return new


def _rename(entry: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if key == old else key: value for key, value in entry.items()}
