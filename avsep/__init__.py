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
    from avsep.faces.people import Person
    from avsep.model.checkpoint import load_model
    from avsep.options import Options
    from avsep.outputs.catalogue.replay import Replay
    from avsep.outputs.catalogue.subtitles import Subtitles
    from avsep.pipeline import Separator, split
    from avsep.progress import progress_bar
    from avsep.result import Result, Voice

switch_off_telemetry()  # before any library is imported that would send something

__all__ = [
    "AvsepError",
    "Options",
    "Person",
    "Replay",
    "Result",
    "Separator",
    "Subtitles",
    "Voice",
    "__version__",
    "load_model",
    "progress_bar",
    "split",
]

_HOMES = {
    "AvsepError": "avsep.errors",
    "Options": "avsep.options",
    "Person": "avsep.faces.people",
    "Replay": "avsep.outputs.catalogue.replay",
    "Result": "avsep.result",
    "Separator": "avsep.pipeline",
    "Subtitles": "avsep.outputs.catalogue.subtitles",
    "Voice": "avsep.result",
    "load_model": "avsep.model.checkpoint",
    "progress_bar": "avsep.progress",
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
