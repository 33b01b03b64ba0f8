"""Files replaced whole, their checksums, and the folder of the weights."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from avsep.errors import OutputError

PIECES, PIECE = 5, 2**16  # of a file that are looked at to know it again, and bytes of each


def weights_folder() -> Path:
    """Where the weights lie: in the package, or in the repository, in development."""
    package = Path(__file__).parent
    folders = [package / "weights", package.parent / "weights"]
    return next((folder for folder in folders if any(folder.glob("*.safetensors"))), folders[0])


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tell_state(path: Path) -> tuple[int, int]:
    """What changes when a file is written, or another takes its place: bytes, and when, in ns."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def take_fingerprint(path: Path) -> str:
    """What tells a large file from others of its name and size, without reading all of it.

    Hex digest of a file's size and of five pieces, from its beginning to its end.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        digest.update(str(size).encode())
        for share in range(PIECES):
            file.seek((size - PIECE) * share // (PIECES - 1) if size > PIECE else 0)
            digest.update(file.read(PIECE))
    return digest.hexdigest()


def is_text(path: Path) -> bool:
    """Whether other programs can be told the name of a file; old archives have names of bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def replacing(target: Path, suffix: str | None = None) -> Iterator[Path]:
    """Write a file beside its place and move it there only if all went well.

    Args:
        target: Its place; the folder is made if needed.
        suffix: Of the name it has until then; by default that of `target`, by which some
            programs know what to write. With another nobody takes half a file for a whole one.

    Yields:
        A name in the folder of `target`.

    Raises:
        OutputError: The folder, the disk or the file does not allow it.
    """
    temporary = target.with_name(
        f".{secrets.token_hex(6)}.part{target.suffix if suffix is None else suffix}"
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise OutputError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="Is there room on the disk, and may you write there?",
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


class KeptFolder:
    """A temporary folder that is there for as long as somebody refers to this object.

    Attributes:
        path: Where it is.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="avsep-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def __enter__(self) -> KeptFolder:
        """Begin to fill it."""
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        """Remove it at once where filling it failed."""
        if failed:
            self._remove()
