"""`avsep prepare`: videos of single faces, and sound files, to a training set."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter, deque
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from avsep.children import live_with_parent
from avsep.errors import AvsepError, DataError, MediaError, OutputError
from avsep.faces.crops import SEEN_SIZE, stored_side
from avsep.faces.detectors import load_detector
from avsep.faces.scan import find_people
from avsep.media.probing import VIDEO_SUFFIXES, probe
from avsep.media.reading import read_audio, read_pictures
from avsep.media.samples import mend_samples
from avsep.model.spectrum import SAMPLE_RATE, SAMPLES_PER_FRAME
from avsep.names import LONGEST_FILE, name_product
from avsep.training.clips import SUFFIX, write_clip

SOUND_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
SHORTEST = 10  # frames
DIED = "a process died"
_Task: TypeAlias = tuple[Path, Path, int]  # a file, its clip, side of the mouth frames


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of one source file.

    Attributes:
        source: The file.
        frames: Frames (1/25 s) stored; 0 when nothing was.
        problem: Why nothing was stored, else empty.
        kind: What problems of one kind have in common.
    """

    source: Path
    frames: int
    problem: str = ""
    kind: str = ""

    @classmethod
    def skip(cls, source: Path, kind: str, problem: str = "") -> Prepared:
        """Nothing was stored of a file."""
        return cls(source, 0, problem or kind, kind)


def prepare(
    source: Path, target: Path, jobs: int = 1, lip_size: int = SEEN_SIZE
) -> Iterator[Prepared]:
    """Turn every video and sound file below a folder into a clip of a training set.

    The tree ``corpus/speaker/file`` below ``source`` is kept. Clips that are there already are
    left alone, so a broken run goes on where it stopped.

    Args:
        source: Folder of videos with one face each, or of sound files.
        target: Folder of the training set.
        jobs: Processes.
        lip_size: Side of the mouth frames that the network will see.

    Yields:
        One report for each file, in the order they get done.

    Raises:
        OutputError: The set can't be written.
    """
    tasks = [(path, clip, lip_size) for path, clip in _tasks(source, target)]
    if jobs == 1:
        yield from (_prepare_file(*task) for task in tasks)
        return
    waiting = deque(tasks)
    while waiting:
        lost = yield from _prepare_many(waiting, jobs)
        for task in lost:  # one of them has ended its process, and with that the others'
            yield _prepare_alone(task)


def _prepare_many(waiting: deque[_Task], jobs: int) -> Generator[Prepared, None, list[_Task]]:
    """Files by several processes, until one of these dies.

    Returns:
        What was being worked on then.
    """
    with ProcessPoolExecutor(jobs, initializer=live_with_parent) as pool:
        begun: dict[Future[Prepared], _Task] = {}
        try:
            while waiting or begun:
                while waiting and len(begun) < jobs:
                    begun[pool.submit(_prepare_file, *waiting[0])] = waiting[0]
                    waiting.popleft()
                for done in wait(begun, return_when=FIRST_COMPLETED).done:
                    report = done.result()
                    del begun[done]
                    yield report
        except BrokenProcessPool:
            return list(begun.values())
        finally:  # whoever ends the run doesn't wait for all the rest
            pool.shutdown(cancel_futures=True)
    return []


def _prepare_alone(task: _Task) -> Prepared:
    with ProcessPoolExecutor(1, initializer=live_with_parent) as pool:
        try:
            return pool.submit(_prepare_file, *task).result()
        except BrokenProcessPool:
            return Prepared.skip(task[0], DIED, f"{DIED}: not enough memory?")


def count_missing(source: Path, target: Path) -> int:
    """Number of files `prepare` would work on."""
    return sum(1 for _ in _tasks(source, target))


def _tasks(source: Path, target: Path) -> Iterator[tuple[Path, Path]]:
    if not source.is_dir():
        raise DataError(f"{source} is not a folder", hint="Give a folder of videos.")
    paths = [path for path in sorted(source.rglob("*")) if path.is_file()]
    sharing = Counter(path.with_suffix("") for path in paths if _is_called_media(path))
    for path in paths:
        # Clips of recordings that differ by their suffix alone are called by their whole names.
        alone = _is_called_media(path) and sharing[path.with_suffix("")] == 1
        name = path.stem if alone else path.name
        clip = target / path.parent.relative_to(source) / _name_clip(name)
        if not path.name.startswith(".") and not clip.exists():
            yield path, clip


def _name_clip(name: str) -> str:
    """A clip's file; names that are too long end in a digest, so that no two become one."""
    if len(name.encode(errors="surrogateescape")) + len(SUFFIX) <= LONGEST_FILE:
        return f"{name}{SUFFIX}"
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return name_product(name, f"-{digest}{SUFFIX}")


def _is_called_media(path: Path) -> bool:
    return path.suffix.lower() in SOUND_SUFFIXES | VIDEO_SUFFIXES


def _prepare_file(path: Path, clip: Path, lip_size: int) -> Prepared:
    try:
        if path.suffix.lower() in SOUND_SUFFIXES:
            return _prepare_sound(path, clip)
        return _prepare_video(path, clip, lip_size)
    except (MediaError, soundfile.LibsndfileError) as error:
        return Prepared.skip(path, "cannot be read", str(error))
    except OutputError:
        raise  # a full disk is so for all of them
    except AvsepError as error:
        return Prepared.skip(path, "cannot be prepared", str(error))


def _prepare_sound(path: Path, clip: Path) -> Prepared:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mend_samples(samples)
    sound = librosa.resample(samples.mean(1), orig_sr=rate, target_sr=SAMPLE_RATE)
    if len(sound) < SHORTEST * SAMPLES_PER_FRAME:
        return Prepared.skip(path, "too short")
    write_clip(clip, sound)
    return Prepared(path, len(sound) // SAMPLES_PER_FRAME)


def _prepare_video(path: Path, clip: Path, lip_size: int) -> Prepared:
    info = probe(path)
    if not info.audio:
        return Prepared.skip(path, "no audio stream")
    sound = read_audio(info, sample_rate=SAMPLE_RATE, mono=True).samples[0]
    with tempfile.TemporaryDirectory(prefix="avsep-") as folder:
        size = stored_side(lip_size)
        # Loaded for each video anew: that is nothing beside looking at its frames.
        people = find_people(read_pictures(info), load_detector(), Path(folder), size)
        if not people.clips:
            reasons = "; ".join(dropped.reason for dropped in people.dropped)
            kinds = dict.fromkeys(dropped.fault.kind for dropped in people.dropped)
            return Prepared.skip(path, "; ".join(kinds) or "no face found", reasons)
        # A cut from somebody to themselves, or what looks like one, is no break.
        seen = [(person, span) for person in people.persons for span in person.spans]
        person, (start, stop) = max(seen, key=lambda found: found[1][1] - found[1][0])
        if stop - start < SHORTEST:
            return Prepared.skip(path, "the face is seen too briefly")
        mouths, _ = person.read(start, stop)
    write_clip(clip, _between(sound, start, stop), mouths)
    return Prepared(path, stop - start)


def _between(sound: NDArray[np.float32], start: int, stop: int) -> NDArray[np.float32]:
    return sound[start * SAMPLES_PER_FRAME : stop * SAMPLES_PER_FRAME]
