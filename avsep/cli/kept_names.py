"""Names of speakers, kept in `avsep.toml` so that the next run knows them."""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from avsep.cli.settings_file import RECORDINGS, SIZE
from avsep.errors import AvsepError, OutputError
from avsep.files import is_text, replacing
from avsep.names import read_names
from avsep.outputs.locks import take

_log = logging.getLogger(__name__)

FIRST_LINE = "Settings of avsep for the recordings in this folder"


def keep_names(file: Path, recording: Path, names: Mapping[int, str], key: str = "") -> bool:
    """Write names into a file of settings, whose other words and comments stay.

    What cannot be kept is said, and fails nothing.

    Args:
        file: Where; it is made if it is not there.
        recording: Whose speakers they are.
        names: By number; those the file has for other numbers stay.
        key: Of the recording in the file, if it has one already.

    Returns:
        Whether the file was changed.
    """
    try:
        with _locked(file.parent):
            return _keep(file, recording, names, key or _make_key(file, recording))
    except (AvsepError, OSError, TOMLKitError, UnicodeError) as error:
        _log.warning("the names of %s are not kept: %s", recording, error)
        return False


def _keep(file: Path, recording: Path, names: Mapping[int, str], key: str) -> bool:
    if file.is_symlink() or not is_text(recording):
        raise OutputError(f"{file} is a link, or {recording} no text")
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    document = tomlkit.parse(before) if before else _begin()
    table = _enter(_enter(document, RECORDINGS), key)
    known = _read(table.get("names", {}))
    if {**known, **names} == known:
        return False
    kept = {**{n: name for n, name in known.items() if name not in names.values()}, **names}
    table[SIZE] = recording.stat().st_size
    table["names"] = {name: number for number, name in sorted(kept.items())}
    after = tomlkit.dumps(document)
    _check(before, after, key)
    with replacing(file) as partial:
        partial.write_text(after, encoding="utf-8")
        if file.exists():
            partial.chmod(file.stat().st_mode)
    return True


def _begin() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    document.add(tomlkit.comment(FIRST_LINE))
    return document


def _enter(table: Any, name: str) -> Any:  # noqa: ANN401 - of tomlkit's many kinds
    """A table within another, made if it is not there."""
    if name not in table:
        table.add(name, tomlkit.table(is_super_table=name == RECORDINGS))
    return table[name]


def _read(found: object) -> dict[int, str]:
    """Names as a file holds them, as a table or a text."""
    if isinstance(found, Mapping):
        found = ",".join(f"{name}={number}" for name, number in found.items())
    return read_names(str(found))


def _check(before: str, after: str, key: str) -> None:
    """See that nothing but the names of one recording has changed."""
    had, has = tomllib.loads(before), tomllib.loads(after)
    for content in (had, has):
        entry = content.setdefault(RECORDINGS, {}).setdefault(key, {})
        entry.pop("names", None), entry.pop(SIZE, None)
    if had != has:
        raise OutputError("the file would change in other places")


def _make_key(file: Path, recording: Path) -> str:
    """The recording's path from the file's folder."""
    source, folder = recording.absolute(), file.parent.absolute()
    return (source.relative_to(folder) if source.is_relative_to(folder) else source).as_posix()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One at a time, so that none loses what another has written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        take(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)
