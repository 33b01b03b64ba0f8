"""Take a video of people talking and give every visible speaker a voice of their own.

The public names are loaded on first use, so that importing the package is quick
and asking for its version does not load a neural network.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from avsep.privacy import switch_off_telemetry
from avsep.version import __version__

if TYPE_CHECKING:
    from avsep.errors import AvsepError
    from avsep.model.checkpoint import load_model
    from avsep.pipeline import split
    from avsep.result import Voice

switch_off_telemetry()  # before any library is imported that would send something

__all__ = ["AvsepError", "Voice", "__version__", "load_model", "split"]

_HOMES = {
    "AvsepError": "avsep.errors",
    "Voice": "avsep.result",
    "load_model": "avsep.model.checkpoint",
    "split": "avsep.pipeline",
}


def __getattr__(name: str) -> object:
    """Import a public name from the module it lives in when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
