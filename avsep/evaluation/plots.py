"""Scores as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avsep.drawing import Figure
from avsep.evaluation.scores import Gap, Group, Scores

BLUE, GREY, GREEN = "#2a6f97", "#b0b7bf", "#4c956c"


def draw_chart(scores: Scores, path: Path) -> None:
    """Improvement by kind of mixture, with controls, and where the decibels are lost.

    Args:
        scores: What `avsep.evaluation.bench.evaluate` gives.
        path: PNG or SVG.
    """
    rows = 2 if scores.gap else 1
    figure = Figure(figsize=(11, 4 * rows), layout="constrained")
    grid = figure.add_gridspec(rows, 2)
    _draw_groups(figure.add_subplot(grid[0, :]), scores.groups)
    if scores.gap:
        _draw_cues(figure.add_subplot(grid[1, 0]), scores.gap)
        _draw_lengths(figure.add_subplot(grid[1, 1]), scores.gap)
    figure.savefig(path, dpi=110)


def _draw_groups(axes: Any, groups: Mapping[str, Group]) -> None:  # noqa: ANN401 - matplotlib's own
    places = range(len(groups))
    bars = {
        "right lips": (BLUE, [g.gain["SI-SDR"] for g in groups.values()]),
        "another's lips": (GREY, [g.controls["another's lips"] for g in groups.values()]),
        "best mask": (GREEN, [g.controls["oracle"] for g in groups.values()]),
    }
    for shift, (label, (colour, spreads)) in enumerate(bars.items()):
        axes.bar(
            [place + 0.27 * (shift - 1) for place in places],
            [spread.mean for spread in spreads],
            0.25,
            yerr=[spread.deviation for spread in spreads],
            error_kw={"elinewidth": 0.8, "ecolor": "#555"},
            color=colour,
            label=label,
        )
    axes.set_xticks(list(places), [name.replace(", ", "\n") for name in groups], fontsize=8)
    axes.set_ylabel("SI-SDR improvement, dB")
    axes.axhline(0, color="black", linewidth=0.8)
    axes.legend()


def _draw_cues(axes: Any, gap: Gap) -> None:  # noqa: ANN401 - matplotlib's own
    axes.plot(list(gap.cues), list(gap.cues.values()), "o-", color=BLUE, label="simulated")
    axes.axhline(gap.lips, color="black", linestyle="--", label="real lips")
    axes.axhline(gap.oracle, color=GREEN, label="best mask")
    axes.set_xlabel("correlation of the cue with the truth: loudness / shape")
    axes.set_ylabel("SI-SDR improvement, dB")
    axes.legend()


def _draw_lengths(axes: Any, gap: Gap) -> None:  # noqa: ANN401 - matplotlib's own
    lengths = gap.lengths
    axes.plot(list(lengths), [entry.gain for entry in lengths.values()], "o-", color=BLUE)
    axes.set_xlabel("length of the stretch, s")
    axes.set_ylabel("SI-SDR improvement, dB", color=BLUE)
    share = axes.twinx()
    share.plot(list(lengths), [100 * e.right_voice for e in lengths.values()], "s--", color=GREEN)
    share.set_ylabel("right voice chosen, %", color=GREEN)
