"""Whom a job has found, as the page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Faces:
    """What was seen of people in one job.

    Attributes:
        seen: Portraits in the order in which they turned up, while it is still searched.
        people: Who there is: `number`, `name`, `visible` in seconds, and their `moments`.
        portraits: By number of the person, and of the moment.
        stamp: Of the recording in which they were found.
    """

    seen: list[bytes] = field(default_factory=list)
    people: tuple[Mapping[str, Any], ...] = ()
    portraits: Mapping[tuple[int, int], bytes] = field(default_factory=dict)
    stamp: str = ""
