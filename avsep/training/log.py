"""What a training run writes down, and its curves."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.drawing import Figure
from avsep.files import replacing


def draw_curves(journal: Journal, target: Path) -> None:
    """Draw every number of a log over the hours of training, one panel for each kind."""
    panels = read_curves(journal)
    if not panels:
        return
    figure = Figure(figsize=(10, 3 * len(panels)), layout="constrained")
    for number, (kind, curves) in enumerate(panels.items(), 1):
        _draw_panel(figure.add_subplot(len(panels), 1, number), kind, curves)
    figure.savefig(target, dpi=90)


def read_curves(journal: Journal) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Curves of a log by kind (what follows the dot in ``grid.right``), then by name.

    Returns:
        Points are hours since the run began, stages one after the other, and the value.
    """
    panels: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)
    before, last, stage = 0.0, 0.0, ""
    for entry in journal.read():
        if entry["stage"] != stage:
            before, stage = before + last, entry["stage"]
        last = entry["seconds"]
        for key, value in entry.items():
            if key not in PLACE:
                corpus, _, kind = key.rpartition(".")
                name = corpus or stage
                panels[kind].setdefault(name, []).append(((before + last) / 3600, value))
    return dict(panels)


def _draw_panel(axes: Any, kind: str, curves: dict[str, list[tuple[float, float]]]) -> None:  # noqa: ANN401 - matplotlib's own
    for name, points in curves.items():
        axes.plot(*zip(*points, strict=True), ".-", markersize=3, linewidth=1, label=name)
    axes.set_title(kind, loc="left", fontsize=10)
    axes.set_xlabel("hours")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


PLACE = ("stage", "step", "seconds")  # what stands in every line


@dataclass(frozen=True, slots=True)
class Journal:
    """A file that grows by a line at a time."""

    path: Path

    def write(self, stage: str, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Add a line."""
        place = dict(zip(PLACE, (stage, step, round(seconds)), strict=True))
        rounded = {name: round(value, 4) for name, value in values.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(place | rounded) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """All lines; none if nothing was written yet. What was cut off is left out."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    def cut(self, stage: str, step: int) -> None:
        """Forget what a stage wrote after a step, for it comes again."""
        kept = [e for e in self.read() if e["stage"] != stage or e["step"] <= step]
        with replacing(self.path) as partial:
            lines = [json.dumps(entry) + "\n" for entry in kept]
            partial.write_text("".join(lines), encoding="utf-8")
