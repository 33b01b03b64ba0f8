"""People who were found before in the same parts of the same recording."""

from __future__ import annotations

from collections.abc import Sequence

from avsep.faces.people import People, keep_with
from avsep.faces.scan import Looking, look_for_people
from avsep.files import KeptFolder, tell_state
from avsep.media.probing import MediaInfo
from avsep.progress import Progress
from avsep.timeline import Seconds


class PeopleMemory:
    """Keeps the people of the parts that were looked at last.

    Their mouths lie in files that are removed once nobody refers to them any more.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._people: People | None = None

    def look(
        self, info: MediaInfo, how: Looking, progress: Progress, stretches: Sequence[Seconds]
    ) -> People:
        """Everybody in some parts of a recording, as `look_for_people` finds them."""
        key = info.path.absolute(), tell_state(info.path), info.video, stretches
        if self._people is None or key != self._key:
            with KeptFolder() as folder:
                found = look_for_people(info, how, folder.path, progress, stretches)
                self._people, self._key = keep_with(folder, found), key
        return self._people
