"""Locks of folders in which somebody is at work, held for as long as their process lives."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

LOCK = "lock"
# What file systems answer that know no locks.
LOCKLESS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def take(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a file or folder that is open, unless somebody else has, until it is closed.

    Where no locks are known, nobody is taken to be at work.

    Args:
        descriptor: Of the open file.
        wait: Whether to wait for whoever has it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
    return True


def hold(folder: Path) -> int | None:
    """Take the lock of a folder; None if somebody else holds it or has removed it.

    Raises:
        OSError: The folder can't be written to, or its file system knows no locks (`LOCKLESS`).
    """
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.stat(folder / LOCK)):  # noqa: PTH116
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(lock)
        raise
    os.close(lock)
    return None


def hold_if_known(folder: Path) -> int | None:
    """The same; where no locks are known, nobody is taken to be at work."""
    try:
        return hold(folder)
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
        return os.open(folder / LOCK, os.O_RDWR)
