"""What there is to do: recordings, named or found in folders, and where each result goes."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from avsep.errors import MediaError
from avsep.media.probing import VIDEO_SUFFIXES, probe
from avsep.names import PREVIEW, name_part, shorten
from avsep.options import Options
from avsep.outputs.manifest import read_manifest
from avsep.progress import Progress, no_progress

_log = logging.getLogger(__name__)

SUMMARIES = ("summary.json", "summary.csv")  # no result's folder may be called so
PROBES = 4  # files that are looked at side by side


@dataclass(frozen=True, slots=True)
class Task:
    """One recording to be worked on.

    Attributes:
        source: The recording.
        output: The place of its result in the tree of results.
        name: Of the folder in there; more than one part where that keeps names apart.
        options: What is wanted of it; None for what is wanted of all.
    """

    source: Path
    output: Path
    name: str
    options: Options | None = None

    @property
    def folder(self) -> Path:
        """Where its result goes."""
        return self.output / self.called

    @property
    def called(self) -> str:
        """The name of its result's folder."""
        return self.call(self.name)

    def call(self, name: str) -> str:
        """What that is called for a recording of this name."""
        if self.options is None:
            return name
        return name_part(name, PREVIEW if self.options.preview else self.options.part)

    def choose_options(self, usual: Options) -> Options:
        """What is wanted of it, where `usual` is wanted of all."""
        return usual if self.options is None else self.options


def collect_tasks(
    inputs: Sequence[Path], output: Path, progress: Progress = no_progress
) -> list[Task]:
    """Every recording that is named, and every video below a folder that is, each once.

    Args:
        inputs: Files and folders.
        output: Where results go; what comes from a folder keeps its place in the tree.
        progress: Progress hook.

    Raises:
        MediaError: There is nothing to do.
    """
    places: dict[Path, tuple[Path, Path]] = {}
    for path in inputs:
        is_folder = _may_say(path.is_dir)
        for source in find_videos(path, progress) if is_folder else [path]:
            place = output / source.parent.relative_to(path) if is_folder else output
            places.setdefault(Path(os.path.abspath(source)), (source, place))  # noqa: PTH100
    if not places:
        names = ", ".join(str(path) for path in inputs)
        raise MediaError(f"there is no video in {names}", hint="Name a video, or another folder.")
    return keep_apart(list(places.values()), [output / name for name in SUMMARIES])


def cut_tasks(tasks: Sequence[Task], usual: Options) -> list[Task]:
    """For each recording one task, or one for each range that files are made of.

    Args:
        tasks: One for each recording.
        usual: What is wanted where a task has no options of its own.
    """
    jobs = []
    for task in tasks:
        options = task.choose_options(usual)
        parts = () if options.whole else options.ranges
        jobs += [replace(task, options=replace(options, part=part)) for part in parts] or [task]
    return jobs


def keep_apart(places: Sequence[tuple[Path, Path]], taken: Sequence[Path] = ()) -> list[Task]:
    """Give each recording a folder of its own, whatever the order they come in.

    Whoever would share a folder with another, or would have another's folder inside their
    own, takes their next longer name: all of them, so that none is the first.

    Args:
        places: Each recording, and the folder for its result's folder.
        taken: Names that are in use already.
    """
    levels = [0] * len(places)
    while True:
        tasks = [
            Task(source, output, names_of(source)[level])
            for (source, output), level in zip(places, levels, strict=True)
        ]
        count = Counter(_key(path) for path in [*taken, *(task.folder for task in tasks)])
        passed = {_key(parent) for task in tasks for parent in task.folder.parents}
        crowded = [
            number
            for number, task in enumerate(tasks)
            if (count[_key(task.folder)] > 1 or _key(task.folder) in passed)
            and levels[number] + 1 < len(names_of(task.source))
        ]
        if not crowded:
            return tasks
        for number in crowded:
            levels[number] += 1


def names_of(source: Path) -> list[str]:
    """What a result's folder can be called, from the shortest to one nobody shares."""
    whole = source.absolute()
    digest = hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]
    names = [source.stem, source.name, f"{whole.parent.name}/{source.name}"]
    return [name for name in names if name.strip("./")] + [shorten(f"{digest}-{source.name}", 200)]


def _key(path: Path) -> str:
    """Names that differ by upper and lower case alone are one file on many machines."""
    return str(path).casefold()


def find_videos(folder: Path, progress: Progress = no_progress) -> Iterator[Path]:
    """Videos below a folder in order of their names, by what they hold."""
    files = list(list_files(folder))
    pool = ThreadPoolExecutor(PROBES)
    try:
        looked = zip(files, pool.map(_is_meant, files), strict=True)
        for path, meant in progress(looked, "looking for videos", len(files)):
            if meant:
                yield path
    finally:
        pool.shutdown(cancel_futures=True)


def list_files(folder: Path) -> Iterator[Path]:
    """Files below a folder in order of their names; earlier results are passed by.

    At last come folders that nobody may look into: whoever opens one says so.
    """
    locked: list[Path] = []
    walk = os.walk(folder, onerror=lambda error: locked.append(Path(error.filename)))
    for place, folders, files in walk:
        here = Path(place)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and read_manifest(here / name) is None
        )
        for name in folders:
            if (here / name).is_symlink():
                _tell_passed(here / name)
        for name in sorted(files):
            if not name.startswith(".") and _is_there(here / name):
                yield here / name
    yield from locked


def _is_there(path: Path) -> bool:
    """Whether it is a file, or a link to a video that has gone, which shall be missed."""
    is_lost = path.is_symlink() and path.suffix.lower() in VIDEO_SUFFIXES
    return _may_say(path.is_file) or (is_lost and not _may_say(path.exists))


@cache
def _tell_passed(folder: Path) -> None:
    _log.warning("%s is a link to a folder, and passed by: name that folder, too", folder)


def _may_say(question: Callable[[], bool]) -> bool:
    """What a path answers; no, where nobody may look."""
    with suppress(OSError):
        return question()
    return False


def _is_meant(path: Path) -> bool:
    """Whether a file is a video, or at least called like one; or a folder that is locked."""
    if path.is_dir():
        return True
    try:
        return probe(path, closely=False).has_video
    except MediaError as error:
        _log.debug("%s", error)
        return path.suffix.lower() in VIDEO_SUFFIXES
