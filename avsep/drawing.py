"""matplotlib's figures, with the fonts that it carries: the same drawing on every machine."""

from __future__ import annotations

from avsep.privacy import keep_matplotlib_tidy

with keep_matplotlib_tidy():
    from matplotlib.figure import Figure

__all__ = ["Figure"]
