"""Where most is said at once, as far as a few looks tell: the part that a preview is made of."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d

from avsep.arrays import Floats
from avsep.errors import FaceError
from avsep.faces.people import People
from avsep.faces.scan import Looking, look_for_people
from avsep.media.own_sound import write_sound
from avsep.media.probing import MediaInfo
from avsep.media.sound import measure_file
from avsep.media.stretches import PREVIEW, Cut, cut_recording
from avsep.progress import Progress, no_progress
from avsep.separation.activity import MOVED, measure_mouth
from avsep.separation.stems import RECOGNISER_RATE
from avsep.timeline import FRAME_RATE, Span, count_frames, in_seconds

# Chosen by hand, as all here that names no measure.
LOOKS = 20  # places in a recording at which faces are looked for
LOOK = 38  # frames of each
LOUD = 10**-2.5  # of the power of loud frames, from which on something is said
# Mean change of a mouth's greys: in `examples/debate.mp4` and `late.mp4` the median was 2.2 and
# more of who speaks, and mostly below 0.3 of who is silent.
SPEAKING = 1.5
ALONE = 0.01  # what one who speaks counts against two
FAR = 0.5  # what a frame counts that is far from where was looked


def cut_densest(
    info: MediaInfo, how: Looking, folder: Path, progress: Progress = no_progress
) -> Cut:
    """The part of a recording in which most is said at once, judged by mouths and sound.

    Args:
        info: The whole recording.
        how: Faces are found.
        folder: An existing one to work in.
        progress: Progress hook.
    """
    said = _hear(info, folder)
    length = min(count_frames(PREVIEW), len(said))
    looks = choose_looks(said)
    scores = _score(info, how, folder, progress, looks, said)
    start = choose_part(said, looks, scores, length)
    stretch = in_seconds((start, start + length))
    stretch = stretch[0], min(stretch[1], info.duration)
    return Cut(info, cut_recording(info, stretch), (stretch,), (stretch,))


def _hear(info: MediaInfo, folder: Path) -> Floats:
    """1 for every frame in which something is heard, else 0, (frames,)."""
    path = folder / "heard.wav"
    write_sound(info, path, RECOGNISER_RATE, shortest=info.duration)
    power = measure_file(path)[: count_frames(info.duration)]
    path.unlink()
    return np.asarray(power > LOUD * np.percentile(power, 95), np.float32)


def choose_looks(said: Floats) -> list[Span]:
    """Where to look: evenly spread, and there where most is said."""
    count = max(1, min(LOOKS, len(said) // LOOK))
    edges = np.linspace(0, len(said), count + 1).astype(int).tolist()
    looks = []
    for first, last in pairwise(edges):
        sums = _sum_windows(said[first:last], LOOK)
        start = first + int(np.argmax(sums))
        looks.append((start, min(start + LOOK, len(said))))
    return looks


def choose_part(said: Floats, looks: list[Span], scores: Floats, length: int) -> int:
    """First frame of the best part.

    Args:
        said: Whether something is heard in each frame, (frames,).
        looks: Where it was looked.
        scores: What was found there, (looks,).
        length: Frames of the part.
    """
    frames = np.arange(len(said))
    middles = np.array([(start + stop) / 2 for start, stop in looks])
    apart = np.abs(frames[:, None] - middles)
    nearest = np.argmin(apart, axis=1)
    weights = np.where(apart.min(1) < length / 2, 1, FAR)
    sums = _sum_windows((said * scores[nearest] * weights).astype(np.float32), length)
    return int(np.argmax(sums[::FRAME_RATE])) * FRAME_RATE


def _sum_windows(values: Floats, length: int) -> Floats:
    """Sums of so many values from each on; one at least."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    length = min(length, len(values))
    found: Floats = (sums[length:] - sums[: len(sums) - length]).astype(np.float32)
    return found


def _score(
    info: MediaInfo,
    how: Looking,
    folder: Path,
    progress: Progress,
    looks: list[Span],
    said: Floats,
) -> Floats:
    """How much is said at once where it is looked, (looks,)."""
    seconds = [in_seconds(look) for look in looks]
    try:
        people = look_for_people(info, how, folder, progress, seconds)
    except FaceError:  # those who are seen elsewhere are found later
        return np.ones(len(looks), np.float32)
    return np.array([_judge(people, look, said) for look in looks], np.float32) + 1e-6


def _judge(people: People, look: Span, said: Floats) -> float:
    """How much two mouths move while something is heard."""
    motion = [np.zeros(look[1] - look[0], np.float32)] * 2
    for person in people.persons:
        moved = measure_mouth(person, *look)
        motion.append(uniform_filter1d(moved, MOVED, mode="nearest"))
    *_, second, first = np.sort(np.stack(motion), axis=0)
    talk = np.clip(second / SPEAKING, 0, 1) + ALONE * np.clip(first / SPEAKING, 0, 1)
    return float((talk * said[slice(*look)]).mean())
