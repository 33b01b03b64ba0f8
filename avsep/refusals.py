"""What the machine refuses (room, files, memory), told from mistakes of ours, in sentences."""

from __future__ import annotations

import errno
import shutil
import sys
from pathlib import Path

from avsep.errors import AvsepError, OutputError, WorkError

FULL = {errno.ENOSPC, errno.EDQUOT}
LARGE = {errno.EFBIG}
# What a folder, its disk or the network between is to blame for.
REFUSALS = FULL | LARGE | {
    errno.EACCES, errno.EBUSY, errno.EHOSTDOWN, errno.EILSEQ, errno.EIO, errno.ELOOP,
    errno.EMFILE, errno.ENAMETOOLONG, errno.ENETUNREACH, errno.ENFILE, errno.ENODEV,
    errno.ENOTCONN, errno.ENOTDIR, errno.ENXIO, errno.EPERM, errno.EROFS, errno.ESTALE,
    errno.ETIMEDOUT,
}  # fmt: skip
# What libraries say instead of raising a MemoryError, in lower letters: torch, OpenCV,
# onnxruntime, threads, and the loader of shared libraries.
MEMORY_WORDS = (
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate memory",
    "insufficient memory",
    "out of memory",
    "bad_alloc",
    "bad allocation",
    "can't start new thread",
    "failed to map segment",
    "resource temporarily unavailable",
)
MEMORY_HINT = "Take fewer --jobs, close other programs, or raise the limit (`ulimit -v`)."
NEARLY_NOTHING = 2**16  # bytes


def is_full(folder: Path) -> bool:
    """Whether hardly a byte more goes onto the disk of a folder."""
    try:
        return shutil.disk_usage(folder).free < NEARLY_NOTHING
    except OSError:
        return False


def is_short_of_memory(error: BaseException) -> bool:
    """Whether an error, whatever its kind, says that memory was short."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    words = str(error).lower()
    kinds: tuple[type[BaseException], ...] = (RuntimeError, OSError, ImportError)
    if (cv2 := sys.modules.get("cv2")) is not None:
        kinds += (cv2.error,)
    # onnxruntime's errors have no common kind but this.
    ours = isinstance(error, kinds) or type(error).__module__.startswith("onnxruntime")
    return ours and any(word in words for word in MEMORY_WORDS)


def refuse(place: Path, error: BaseException, hint: str) -> OutputError:
    """The sentence for what a folder, or its disk, has refused.

    Args:
        place: The folder, or a file in it.
        error: What came instead of success.
        hint: What the user can do, besides making room.
    """
    number = getattr(error, "errno", None)
    if number in FULL or is_full(place):
        return OutputError(
            f"the disk of {place} is full", hint=f"Make room, or {hint[0].lower()}{hint[1:]}"
        )
    reason = getattr(error, "strerror", None) or str(error)
    if number in LARGE:
        return OutputError(
            f"{place} can't be written to ({reason}): its file system, or `ulimit -f`, takes no"
            " file so large",
            hint=f"{hint} --format flac and --sample-format 16 make smaller files.",
        )
    return OutputError(f"{place} can't be written to ({reason})", hint=hint)


def explain(error: BaseException, what: str = "") -> AvsepError | None:
    """An expected failure made of an error that the machine is to blame for; None for others.

    Args:
        error: What was raised.
        what: The recording or the like that was worked on.
    """
    about = f"{what}: " if what else ""
    if is_short_of_memory(error):
        return WorkError(f"{about}there is not enough memory", hint=MEMORY_HINT)
    if isinstance(error, OSError) and error.errno in REFUSALS:
        named = f"{error.filename}: " if error.filename else ""
        return OutputError(
            f"{about}{named}{error.strerror}",
            hint="Is there room on the disk, and may you read and write there?",
        )
    return None
