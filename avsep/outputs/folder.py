"""Results under their names: made in a folder aside, moved whole, leftovers cleared away.

A run that is killed leaves its scratch folder. The lock in it is held for as long as the
process lives, on whatever machine, so that the next run can tell leftovers from work that
is going on beside it.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from avsep.errors import AvsepError, OutputError
from avsep.files import is_text, replacing
from avsep.names import name_product
from avsep.outputs.locks import LOCK, hold, hold_if_known
from avsep.outputs.manifest import NAME, read_manifest
from avsep.refusals import REFUSALS, is_full, refuse

_log = logging.getLogger(__name__)

SCRATCH = re.compile(r"\.avsep-[0-9a-f]{12}")
FOLLOWED = ".follow"  # in a result that `avsep follow` writes, or has begun
TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}
EXCHANGE = "exchange.json"  # which result is being replaced, and by which files
ASIDE = "earlier"  # where those of the earlier result are meanwhile


def check_place(folder: Path, *, force: bool) -> Path:
    """Where a result shall go must not be there yet, unless it may be replaced."""
    if not is_text(folder):
        raise OutputError(f"{folder} is no name in UTF-8", hint="Give another --output-dir.")
    try:
        taken = folder.exists() and not (force and folder.is_dir())
    except OSError as error:
        raise OutputError(
            f"{folder} can't be looked at ({error.strerror})", hint="Give another --output-dir."
        ) from error
    if taken:
        raise OutputError(
            f"{folder} exists already",
            hint="Give --force to replace its files, or another --output-dir.",
        )
    return folder


@contextmanager
def scratch_folder(output: Path) -> Iterator[Path]:
    """A folder to work in, inside another one, which is made if needed; gone afterwards.

    Raises:
        OutputError: The folder can't be written to, or its disk has run full.
    """
    hint = "Give another --output-dir."
    try:
        output.mkdir(parents=True, exist_ok=True)
        folder, lock = _claim(output)
    except OSError as error:
        raise refuse(output, error, hint) from error
    try:
        with writing_to(output, hint):
            yield folder
    finally:
        _let_go(folder, lock)


@contextmanager
def writing_to(folder: Path, hint: str) -> Iterator[None]:
    """Turn what a folder or its disk refuses into a sentence.

    Args:
        folder: Where files are written; it need not exist yet.
        hint: What the user can do, besides making room.

    Raises:
        OutputError: The folder can't be written to, or its disk has run full.
    """
    try:
        yield
    except AvsepError:
        raise
    except Exception as error:
        # Sound libraries don't say why they couldn't write: the disk does.
        gone = isinstance(error, FileNotFoundError) and not folder.exists()
        if getattr(error, "errno", None) in REFUSALS or is_full(folder) or gone:
            raise refuse(folder, error, hint) from error
        raise


def clear_leftovers(output: Path) -> None:
    """Remove the scratch folders of runs that were killed, and nothing else."""
    with suppress(OSError):
        for folder in sorted(output.glob(".avsep-*")):
            if SCRATCH.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
                _clear(folder)


def move_result(made: Path, folder: Path, *, force: bool, redo: bool = False) -> Path:
    """Put a finished result in its place, at once or with the manifest last.

    Of an earlier result only the files its manifest lists are removed; other files of the user
    stay. It goes when the new one is whole: until then it can be put back. Where somebody has
    filled the place meanwhile, the result goes beside it.

    Args:
        made: The result, inside a scratch folder.
        folder: Its place, beside the scratch folder.
        force: Whether files that are there already may be replaced.
        redo: Whether those of an earlier result may that its manifest lists.

    Returns:
        Where it is now.
    """
    new = {path.name for path in made.iterdir()}
    earlier = list_earlier(folder)
    own = redo and not any((folder / name).exists() for name in new - earlier)
    if folder.is_dir() and (force or own):
        _exchange(made, folder, earlier, new)
        return folder
    for place in name_places(folder):
        try:
            made.rename(place)  # never over a file, nor over a folder that isn't empty
        except OSError as error:
            if error.errno not in TAKEN:
                raise
        else:
            return place
    raise AssertionError("there is always another name")


def _refuse_folder(path: Path) -> None:
    """See that a file may be replaced, which a whole folder of somebody's is not.

    Raises:
        OutputError: A folder is called so.
    """
    if _is_own_folder(path):
        raise OutputError(
            f"{path} is a folder, and a file of the result would be called so",
            hint="Move it away, or give another --output-dir.",
        )


def list_earlier(folder: Path) -> set[str]:
    """Files of an earlier result, if there is one."""
    manifest = read_manifest(folder) or {}
    try:
        listed = {Path(file["file"]).name for file in manifest.get("files", [])}
    except (KeyError, TypeError):
        return set()  # a manifest of another program
    return listed | ({NAME} if listed else set())


def name_places(folder: Path) -> Iterator[Path]:
    """The place of a result, and others beside it."""
    yield folder
    for number in count(2):
        yield folder.with_name(name_product(folder.name, f"-{number}"))


def _exchange(made: Path, folder: Path, earlier: set[str], new: set[str]) -> None:
    """Replace the files of an earlier result by those of a new one."""
    for name in sorted(earlier | new):
        _refuse_folder(folder / name)
    _end_following(folder / FOLLOWED)
    aside = made.parent / ASIDE
    aside.mkdir()
    _write_exchange(made.parent, {"folder": folder.name, "made": made.name, "new": sorted(new)})
    for name in sorted(earlier | new):
        if (folder / name).exists():
            (folder / name).replace(aside / name)
    for name in sorted(new, key=lambda name: name == NAME):
        (made / name).replace(folder / name)


def _end_following(private: Path) -> None:
    """Forget how to go on with what `avsep follow` has begun, unless that is under way.

    Raises:
        OutputError: It is.
    """
    if not _is_own_folder(private):
        return
    lock = hold_if_known(private)
    if lock is None:
        raise OutputError(
            f"{private.parent} is being written by `avsep follow`",
            hint="End that one, or give another --output-dir.",
        )
    shutil.rmtree(private, ignore_errors=True)
    os.close(lock)


def free_scratch(made: Path) -> None:
    """Make room by removing everything beside a result that is made, but the lock."""
    for path in made.parent.iterdir():
        if path.is_dir() and path != made:
            shutil.rmtree(path, ignore_errors=True)
        elif path.is_file() and path.name != LOCK:
            path.unlink(missing_ok=True)


def _claim(output: Path) -> tuple[Path, int]:
    """Make a scratch folder and hold its lock; again, if it was taken for a leftover."""
    while True:
        folder = output / f".avsep-{secrets.token_hex(6)}"
        folder.mkdir()
        lock = hold_if_known(folder)
        if lock is not None:
            return folder, lock


def _clear(folder: Path) -> None:
    lock = hold(folder)  # without locks leftovers stay
    if lock is not None:
        _let_go(folder, lock)
        _log.debug("cleared away %s, left by a run that was killed", folder)


def _let_go(folder: Path, lock: int) -> None:
    """Remove a scratch folder, with what it kept of a result put back, and free its lock."""
    try:
        if _undo_exchange(folder):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            _log.warning("%s is left as it is: it may hold parts of a result", folder)
    finally:
        os.close(lock)


def _write_exchange(scratch: Path, exchange: dict[str, object]) -> None:
    with replacing(scratch / EXCHANGE) as partial:
        partial.write_text(json.dumps(exchange), encoding="utf-8")


def _undo_exchange(scratch: Path) -> bool:
    """Put a result back that was being replaced, unless the new one is whole.

    A folder that somebody has sent may hold an exchange that leads elsewhere: none such is undone.

    Returns:
        Whether the scratch folder is no longer needed.
    """
    if not (scratch / EXCHANGE).is_file():
        return True
    try:
        exchange = json.loads((scratch / EXCHANGE).read_text(encoding="utf-8"))
        folder = scratch.parent / Path(exchange["folder"]).name
        made = scratch / Path(exchange["made"]).name
        new = [Path(name).name for name in exchange["new"]]
    except (KeyError, TypeError, ValueError):
        return False
    if not (made / NAME).exists():  # it comes last
        return True
    aside = scratch / ASIDE
    if folder.name == ".." or not all(map(_is_own_folder, (folder, made, aside))):
        return False
    for name in new:
        if not (made / name).exists():
            (folder / name).unlink(missing_ok=True)
    for path in sorted(aside.iterdir(), key=lambda path: path.name == NAME):
        path.replace(folder / path.name)
    return True


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
