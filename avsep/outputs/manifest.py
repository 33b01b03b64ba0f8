"""`manifest.json`: what was made of what, by what; written last, so its presence means done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from avsep.files import sha256
from avsep.options import Options, find_other_options
from avsep.outputs.inputs import is_made_of
from avsep.outputs.old_manifests import upgrade

NAME = "manifest.json"


def write_manifest(folder: Path, content: dict[str, Any]) -> Path:
    """Write it into a folder."""
    path = folder / NAME
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of an earlier run, or None where there is none that can be read.

    That of an older version is given in today's words.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or "avsep" not in content:
        return None  # other programs call files so too
    try:
        return upgrade(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        return content  # damaged: whoever needs more than that it is there will see


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
        other = set(find_other_options(manifest.get("options", {}), options)) - set(lacking)
        return (
            not other
            and is_made_of(manifest, source)
            and all(sha256(folder / file["file"]) == file["sha256"] for file in manifest["files"])
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return False
