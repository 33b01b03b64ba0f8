"""The process that does the page's jobs: networks stay loaded, and so do the last faces."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from avsep.children import live_with_parent
from avsep.errors import AvsepError
from avsep.faces.dividing import divide_people
from avsep.faces.people import LipClip, People
from avsep.faces.portraits import to_jpeg
from avsep.media.stretches import plan_cut
from avsep.options import Options
from avsep.outputs.folder import clear_leftovers
from avsep.outputs.opening import open_recording
from avsep.page.messages import Failed, Finished, Found, Order, Seen, Stage
from avsep.page.places import choose_name
from avsep.page.sightings import Sightings
from avsep.pipeline import Separator, SeparatorConfig, split
from avsep.progress import Progress
from avsep.ranges import read_range
from avsep.refusals import explain
from avsep.separation.voices import find_shown
from avsep.timeline import in_seconds

T = TypeVar("T")

PAUSE = 0.2  # seconds between two messages about one stage


def serve(pipe: Connection, config: SeparatorConfig) -> None:
    """What runs in the process: do orders until there are none, or the parent is gone."""
    live_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    separator: Separator | None = None
    with suppress(EOFError, ConnectionError):
        while (order := pipe.recv()) is not None:
            try:
                if separator is None:
                    separator = Separator.of(config)
                    separator.remembers = True  # who is named now is split next
                pipe.send(obey(order, separator, pipe.send))
            except Exception as error:
                known = error if isinstance(error, AvsepError) else explain(error)
                if known is None:
                    raise
                pipe.send(Failed(str(known), known.hint))


def obey(
    order: Order, separator: Separator, tell: Callable[[Stage | Seen], None]
) -> Found | Finished:
    """Do what is ordered.

    Args:
        order: A job.
        separator: What does it.
        tell: Hears how far it is, and of faces as they turn up.
    """
    progress = Teller(tell)
    separator.spot = Sightings(tell, separator.embed)
    if order.looks_only:
        return look(order, separator, progress)
    clear_leftovers(order.output)
    name = choose_name(order.source, order.options)
    result = split(order.source, order.output, separator, order.options, progress, name)
    return Finished(result.folder)


def look(order: Order, separator: Separator, progress: Progress) -> Found:
    """Who would get a voice: the same people, by the same numbers, as in a split."""
    options = order.options
    recording = open_recording(order.source, options)
    recording = separator.choose_picture(recording, options.video_stream)
    with tempfile.TemporaryDirectory(prefix="avsep-") as folder:
        cut = plan_cut(recording, replace(options, whole=bool(options.ranges)))
        people = separator.look_for_people(recording, Path(folder), progress, cut.looked)
        people = divide_people(recording, people, options.divide)
        return describe_people(people, find_shown(cut, people), options)


def describe_people(people: People, shown: People, options: Options) -> Found:
    """Whom to show of everybody: those who are seen in what is wanted of a recording."""
    names = {**(options.speakers or {}), **(options.names or {})}
    seen = {person.number: person.seconds for person in shown.persons}
    persons = [person for person in people.persons if person.number in seen]
    return Found(
        tuple(
            {
                "number": person.number,
                "name": names.get(person.number, person.name),
                "wanted": options.speakers is None or person.number in options.speakers,
                "visible": round(seen[person.number], 1),
                "moments": [_describe_moment(clip) for clip in person.clips],
            }
            for person in persons
        ),
        {
            (person.number, place): to_jpeg(clip.portrait)
            for person in persons
            for place, clip in enumerate(person.clips)
        },
    )


def _describe_moment(clip: LipClip) -> dict[str, Any]:
    start, stop = in_seconds(clip.track.span)
    return {"range": str(read_range(f"{start:.2f}-{stop:.2f}")), "seconds": stop - start}


class Teller:
    """A progress hook that tells of each stage a few times a second."""

    def __init__(self, tell: Callable[[Stage | Seen], None]) -> None:
        self.tell = tell

    def __call__(self, items: Iterable[T], what: str, total: int) -> Iterator[T]:
        """Pass items through and tell."""
        began = told = time.monotonic()
        self.tell(Stage(what, 0, total, 0.0))
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - told > PAUSE:
                told = now
                self.tell(Stage(what, done, total, now - began))
