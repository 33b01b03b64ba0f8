"""Who is told how a recording that arrives goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Listener(Protocol):
    """Who wants to know how it goes on."""

    def tell(self, line: Mapping[str, Any]) -> None:
        """Take a line that is meant for programs."""

    def show(self, seconds: float, behind: float, people: int) -> None:
        """Take how far it is: seconds made, seconds behind what has come, people known."""

    def note(self, text: str) -> None:
        """Take a remark for a person."""
