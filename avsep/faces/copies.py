"""One person who is shown twice at once, as on a screen behind them, has one voice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from avsep.arrays import Floats
from avsep.faces.faults import Fault
from avsep.faces.identity import OTHER_FACE
from avsep.faces.people import Dropped, LipClip
from avsep.faces.placing import cut_clip
from avsep.faces.views import find_free, rate_view, show_once
from avsep.names import name_speaker
from avsep.timeline import FRAME_RATE

# Correlation of the movements of two mouths of one face from which on they are one mouth, in a
# short time and in a longer one. In ten debates of two people, each once more at 0.6 of the size,
# noisy, coded anew and up to a second late, copies had 0.52 to 0.93 over 12 s, one person with
# other words and different people 0.13 at most; a tile of a video call 0.38 over 6 s. Of stretches
# of 0.8 s copies had 0.51 in 95 %, one person with other words 0.47 at most, of 4 s 0.31.
SAME_MOVEMENT, SAME_FOR_LONG = 0.45, 0.33
LONG = 4 * FRAME_RATE  # frames
REACH = 2 * FRAME_RATE  # frames by which a screen may lag behind
SHORTEST = FRAME_RATE  # frames in common without which nothing is said
LONGEST = 60 * FRAME_RATE  # frames in common that are looked at
IN_STEP = 1  # frames up to which two pictures count as simultaneous
BLOCKS = 10  # in a row of a mouth: finer details are lost in a small copy
SLOW = FRAME_RATE  # frames: what changes more slowly, like the light, says nothing


@dataclass(frozen=True, slots=True)
class Likeness:
    """How two mouths move.

    Attributes:
        degree: Correlation of their movements, at the lag at which it is highest.
        lag: Frames by which the first comes after the second.
        frames: In which both were looked at.
    """

    degree: float
    lag: int
    frames: int

    @property
    def is_one(self) -> bool:
        """Whether it is one mouth, if the faces are the same."""
        return self.degree >= (SAME_FOR_LONG if self.frames >= LONG else SAME_MOVEMENT)


def join_copies(
    clips: Sequence[LipClip], dropped: Sequence[Dropped], faces: Mapping[int, Floats]
) -> tuple[list[LipClip], list[Dropped]]:
    """Take those for one person who have one face and move their lips alike.

    At each moment the picture that is first shows the mouth of a person, of two at the same time
    the larger: a screen may lag behind, and the sound comes with what it shows. Two who have one
    face but say different things stay two.

    Args:
        clips: Of everybody, with their final numbers.
        dropped: Faces that were left out.
        faces: What everybody's face looks like, unit vectors, by their numbers.

    Returns:
        Both anew, numbers closed up; what is shown a second time is left out.
    """
    owners, late = _find_copies(clips, faces)
    if all(owner == number for number, owner in owners.items()):
        return [*clips], [*dropped]
    left = sorted(set(owners.values()))
    numbers = {number: left.index(owner) + 1 for number, owner in owners.items()}
    kept: list[LipClip] = []
    doubled: list[Dropped] = []
    for owner in left:
        own = [clip for clip in clips if owners[clip.track.person] == owner]
        if len({clip.track.person for clip in own}) > 1:
            own.sort(key=lambda clip: (clip.track.person in late, -rate_view(clip)))
            shown = list(show_once(own))
            doubled += _leave_out(own, shown, numbers[owner])
            own = shown
        kept += (_give_number(clip, numbers[owner]) for clip in own)
    kept.sort(key=lambda clip: (clip.track.start, clip.track.person))
    known = [
        replace(each, track=replace(each.track, person=numbers.get(each.track.person, 0)))
        for each in dropped
    ]
    return kept, [*known, *doubled]


def compare(pairs: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]]) -> Likeness:
    """How much alike two mouths move, in one or more stretches of time.

    Args:
        pairs: Both mouths in the same frames, (frames, size, size) each, grey.
    """
    products = np.zeros(2 * REACH + 1)
    energies = np.zeros(2)
    total = 0
    for mouths in pairs:
        one, other = map(_measure_movements, mouths)
        frames = len(one)
        reach = min(REACH, frames // 4)
        for lag in range(-reach, reach + 1):
            first = slice(max(0, lag), frames + min(0, lag))
            second = slice(max(0, -lag), frames - max(0, lag))
            products[lag + REACH] += np.vdot(one[first], other[second])
        energies += np.vdot(one, one), np.vdot(other, other)
        total += frames
    best = int(products.argmax())
    degree = float(products[best] / max(np.sqrt(energies.prod()), 1e-6))
    return Likeness(degree, best - REACH, total)


def _measure_movements(mouths: NDArray[np.uint8]) -> Floats:
    """What moves in a mouth, whatever its light: (frames, size, size) -> (frames, BLOCKS²)."""
    size = (BLOCKS, BLOCKS)
    small = [cv2.resize(mouth, size, interpolation=cv2.INTER_AREA) for mouth in mouths]
    greys = np.stack(small).reshape(len(mouths), -1).astype(np.float32)
    greys -= greys.mean(axis=1, keepdims=True)
    moved: Floats = greys - uniform_filter1d(greys, SLOW, axis=0, mode="nearest")
    return moved


def _find_copies(
    clips: Sequence[LipClip], faces: Mapping[int, Floats]
) -> tuple[dict[int, int], set[int]]:
    """Whose copy everybody is, by their numbers, else themselves; and who comes late."""
    owners = {number: number for number in sorted({clip.track.person for clip in clips})}
    late = set()
    for one, other in combinations(sorted(faces), 2):
        if float(faces[one] @ faces[other]) < 1 - OTHER_FACE:
            continue
        likeness = compare(_find_meetings(one, other, clips))
        if likeness.frames < SHORTEST or not likeness.is_one:
            continue
        joined = owners[other]
        owners = {n: owners[one] if own == joined else own for n, own in owners.items()}
        if abs(likeness.lag) > IN_STEP:
            late.add(one if likeness.lag > 0 else other)
    return owners, late


def _find_meetings(
    one: int, other: int, clips: Sequence[LipClip]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """The mouths of two people where both are seen, `LONGEST` in all."""
    left = LONGEST
    for first in clips:
        for second in clips:
            if (first.track.person, second.track.person) != (one, other):
                continue
            start = max(first.track.start, second.track.start)
            stop = min(first.track.stop, second.track.stop, start + left)
            if start < stop:
                left -= stop - start
                yield first.read(start, stop), second.read(start, stop)


def _leave_out(clips: Iterable[LipClip], shown: Sequence[LipClip], number: int) -> list[Dropped]:
    """What of the clips of a person is not shown, since another shows the same moment."""
    fault = name_copy(number)
    hidden = []
    for clip in clips:
        taken = [part.track.span for part in shown if part.path == clip.path]
        parts = cut_clip(clip, list(find_free(clip.track.span, taken)), 0)
        hidden += [Dropped(_give_number(part, number).track, fault) for part in parts]
    return hidden


def name_copy(number: int) -> Fault:
    """Why there is no voice for a second picture of a person, who may have no number yet."""
    return Fault("shown a second time", name_speaker(number) if number else "")


def _give_number(clip: LipClip, number: int) -> LipClip:
    return replace(clip, track=replace(clip.track, person=number))
