"""The log of a run: JSON lines, each with its stage, step and seconds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.writing import replacing

PLACE = ("stage", "step", "seconds")  # what stands in every line


@dataclass(frozen=True, slots=True)
class Journal:
    """A file that grows by a line at a time."""

    path: Path

    def write(self, stage: str, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Add a line."""
        place = dict(zip(PLACE, (stage, step, round(seconds)), strict=True))
        rounded = {name: round(value, 4) for name, value in values.items()}
        with self.path.open("a") as file:
            file.write(json.dumps(place | rounded) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """All lines; none if nothing was written yet. One that was cut off is left out."""
        if not self.path.exists():
            return []
        lines = self.path.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def cut(self, stage: str, step: int) -> None:
        """Forget what a stage wrote after a step, for it comes again."""
        kept = [e for e in self.read() if e["stage"] != stage or e["step"] <= step]
        with replacing(self.path) as partial:
            partial.write_text("".join(json.dumps(entry) + "\n" for entry in kept))
