"""Faces as they turn up in a search, each person about once."""

from __future__ import annotations

from collections.abc import Callable

from avsep.arrays import Floats, Image
from avsep.faces.identity import OTHER_FACE, Embedder
from avsep.faces.portraits import to_jpeg
from avsep.page.messages import Seen

MOST = 100  # faces that are told of in one search


class Sightings:
    """Tells of faces that look like none before."""

    def __init__(self, tell: Callable[[Seen], None], embed: Embedder | None) -> None:
        """Begin with a recording.

        Args:
            tell: Hears of them.
            embed: Describes faces; without it all are told of.
        """
        self._tell, self._embed = tell, embed
        self._known: list[Floats] = []
        self._told = 0

    def __call__(self, portrait: Image) -> None:
        """Take in the face of somebody who is newly followed, (160, 160, 3), RGB."""
        if self._told < MOST and not self._is_known(portrait):
            self._told += 1
            self._tell(Seen(to_jpeg(portrait)))

    def _is_known(self, portrait: Image) -> bool:
        if self._embed is None:
            return False
        (face,) = self._embed([portrait])
        is_known = any(float(face @ other) > 1 - OTHER_FACE for other in self._known)
        self._known.append(face)  # another look at the same may be like the next
        return is_known
