"""Nothing is told to anybody, and nothing is kept in the user's home: libraries are told so."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# Libraries look at these when they are imported. onnxruntime sends to Microsoft how it is used,
# and keeps a number of the machine in ~/.cache, unless told otherwise; Hugging Face's hub, which
# fetches the recogniser's weights, and Ray count their users.
SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    "DO_NOT_TRACK": "1",
}


def switch_off_telemetry() -> None:
    """Keep libraries, here and in all processes begun from here, from sending anything."""
    os.environ.update(SWITCHES)


@contextmanager
def keep_matplotlib_tidy() -> Iterator[None]:
    """While it is imported: no list of the machine's fonts, and no folder in the user's home."""
    with tempfile.TemporaryDirectory(prefix="avsep-") as folder:
        passing = {"MPLCONFIGDIR": folder, "MPL_IGNORE_SYSTEM_FONTS": "1"}
        before = {name: os.environ.get(name) for name in passing}
        os.environ.update(passing)
        try:
            yield
        finally:
            for name, value in before.items():
                _restore(name, value)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
