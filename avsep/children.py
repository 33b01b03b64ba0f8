"""Processes that work for another one: none outlives it, and none is waited for without end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing import connection, parent_process
from multiprocessing.process import BaseProcess

from avsep.errors import TERMINATED

PATIENCE = 10.0  # seconds for a process to clean up after itself


def live_with_parent() -> None:
    """Let this process clean up when it is ended, and end once the one that started it is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    threading.Thread(target=_follow_parent, daemon=True).start()


def end_process(process: BaseProcess) -> None:
    """Wait for a process that was asked to end, and then no longer."""
    process.join(PATIENCE)
    process.kill()
    process.join()


def _follow_parent() -> None:
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)
