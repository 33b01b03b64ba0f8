"""Which products are made of a separated recording, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from avsep.outputs.matroska import write_mkv
from avsep.outputs.replay import write_replay
from avsep.outputs.rttm import write_rttm
from avsep.outputs.subtitles import write_subtitles
from avsep.outputs.video import write_videos
from avsep.separation import Separation
from avsep.wanted import Options

Product: TypeAlias = Callable[[Separation], list[Path]]  # writes files, says which


def choose_products(options: Options) -> list[Product]:
    """Everything that is wanted beside the voices; later products may use files of earlier."""
    products: list[Product] = [write_rttm]
    if options.subtitles:
        products.append(partial(write_subtitles, formats=options.subtitles.formats))
    if options.video:
        products.append(write_videos)
    if options.mkv:
        products.append(write_mkv)
    if options.replay:
        wanted = options.replay
        products.append(partial(write_replay, shortest=wanted.shortest, gap=wanted.gap))
    if options.report:
        # Loading what draws takes half a second, which others need not wait.
        from avsep.outputs.report import write_report

        products.append(write_report)
    return products
