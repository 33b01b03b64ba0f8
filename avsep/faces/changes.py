"""Where a face that is followed at its place becomes somebody else's.

In a video call a tile may change from one person to another, and a dissolve puts people into
the seats of others: the place is the same, the face is not. So a followed face is described
twice a second, and where the description changes for good, another person begins.

How far (1 - cosine) the descriptions of 25 people's faces lay apart, over clips that no training
has seen, is written beside each limit. Through the whole path, of 60 changes from one of them to
another in one place 59 were found, and 56 with faces of 17 pixels from the eyes to the mouth, nine
in ten within three frames; of 48 clips of one person each (11,337 frames) none was parted, nor
of 25 each at 19 and 14 pixels with noise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from avsep.arrays import Floats, Image, normalise
from avsep.faces.identity import Embedder
from avsep.faces.portraits import PORTRAIT_SIZE, Album, Look
from avsep.timeline import FRAME_RATE

# One person before and after a moment, two looks each: 0.006 in the median, 0.049 at most of
# 819 moments. Two people: 0.063 at least, 0.17 in the median of 1097 pairs.
OTHER_FACE = 0.06
# A face half hidden by a hand or another head lies 0.04 to 0.14 from itself. So a change counts
# only if the faces differ whichever half is covered in both; less is asked of faces that nothing
# hides, as the detector's score tells: it was 0.99 at least for those, below 0.97 for most that
# were hidden to the left or right. So 96 % of the pairs of people are told apart, and parted
# wrongly are none of 48 people unhidden, 6 % of those hidden from the side or up to the upper
# lip, none of those with the forehead hidden, a third of those hidden up to the eyes.
OTHER_HALF, OTHER_HALF_IF_SURE, SURE = 0.055, 0.047, 0.98
STRANGERS = 0.1  # 5 % of the pairs of people lie nearer
# The rest is chosen by hand. Over five debates of `tools/cuts.py`, in which nobody is replaced
# within a shot, fewer and more (of poses and scores 0.2 to 0.6, 0.8 to 0.97) part nobody.
NEEDED = 2  # looks on either side of a change
RECENT = 16  # looks with which a new one is compared
COMPARED = 3  # looks of which halves are covered
WAITING = 8  # odd looks that are kept
# Looks that are described together: each then takes 8 ms instead of 14, on one core.
TOGETHER = 8
# A turned or unsure face tells little: below this pose and score nobody is told apart.
TELLING_POSE, TELLING_SCORE = 0.4, 0.9
# Halves of a portrait that are covered, as rows and columns, and the colour of the cover.
_MIDDLE = PORTRAIT_SIZE // 2
Half: TypeAlias = tuple[slice, slice]
HALVES: tuple[Half, ...] = (
    np.s_[_MIDDLE + 12 :, :],  # mouth and chin
    np.s_[: _MIDDLE - 4, :],  # forehead and eyes
    np.s_[:, :_MIDDLE],
    np.s_[:, _MIDDLE:],
)
COVER = (128, 110, 100)
# Frames of one person alone, on each side of a change, with which those between are compared,
# and how far those between may reach beyond the looks: a dissolve lasts two seconds at most.
SURROUNDINGS = FRAME_RATE
# What share of the one or the other a mouth may hold and still be theirs.
FOREIGN = 0.25


@dataclass(slots=True, eq=False)
class Part:
    """A stretch of a followed face that is one person's.

    Attributes:
        first: Frame of the first look at it.
        last: Frame of the latest.
        album: The best looks.
        faces: Descriptions of recent ones, unit vectors.
        portraits: The latest of them.
        scores: How sure the detector was of those.
        certain: Whether nothing that hides half a face could look like this change.
    """

    first: int
    last: int
    album: Album = field(default_factory=Album)
    faces: deque[Floats] = field(default_factory=lambda: deque(maxlen=RECENT))
    portraits: deque[Image] = field(default_factory=lambda: deque(maxlen=COMPARED))
    scores: deque[float] = field(default_factory=lambda: deque(maxlen=COMPARED))
    certain: bool = True

    @property
    def face(self) -> Floats:
        """The mean of recent descriptions, a unit vector."""
        return normalise(np.mean(self.faces, axis=0))

    def add(self, look: Look, face: Floats) -> None:
        """Take in a look that tells who it is."""
        self.last = look.frame
        self.faces.append(face)
        self.portraits.append(look.portrait)
        self.scores.append(look.score)
        self.album.add(look.portrait, look.quality)


@dataclass(slots=True, eq=False)
class Looks:
    """Looks at one followed face, parted where it becomes somebody else's.

    Attributes:
        embed: Describes faces; without it nobody is told apart.
        parts: One for each person, in order; the last may still grow. Without the latest looks,
            until `settle`.
        together: Looks that are described together; with one, parts never lack any.
    """

    embed: Embedder | None = None
    parts: list[Part] = field(default_factory=list)
    together: int = TOGETHER
    _odd: deque[tuple[Look, Floats]] = field(default_factory=lambda: deque(maxlen=WAITING))
    _odds: int = 0
    _new: list[Look] = field(default_factory=list)

    @property
    def best(self) -> Image:
        """The best of the latest looks, of which there is one at least, described or not."""
        if self._new:
            return max(self._new, key=lambda look: look.quality).portrait
        return self.parts[-1].album.best

    def take(self, look: Look) -> None:
        """Take in the next look."""
        self._new.append(look)
        if len(self._new) >= self.together:
            self._describe_new()

    def _describe_new(self) -> None:
        """Describe the looks taken since the last time, and weigh them one after another."""
        looks, self._new = self._new, []
        telling = [look for look in looks if self.embed and _tells(look)]
        faces = self.embed([look.portrait for look in telling]) if self.embed and telling else ()
        described = dict(zip(telling, faces, strict=True))
        for look in looks:
            self._weigh(look, described.get(look))

    def _weigh(self, look: Look, face: Floats | None) -> None:
        """Add a look to the person seen before, or keep it as an odd one.

        Args:
            look: The next one.
            face: Its description, None if it tells nobody apart.
        """
        if not self.parts:
            self.parts.append(Part(look.frame, look.frame))
        part = self.parts[-1]
        if face is None:
            if not self._odd:
                part.album.add(look.portrait, look.quality)
        elif not part.faces or measure_distance(part.face, face) < OTHER_FACE:
            part.add(look, face)
            self._odd.clear()
            self._odds = 0
        else:
            self._odd.append((look, face))
            self._odds += 1
            self._consider(part)

    def settle(self) -> list[Part]:
        """The parts, once nothing more comes; whom something hid for a while is one person."""
        self._describe_new()
        settled: list[Part] = []
        for part in self.parts:
            match settled:
                case [*_, before, between] if _is_interlude(before, between, part):
                    settled[-2:] = [_join(before, part)]
                case _:
                    settled.append(part)
        return settled

    def _consider(self, before: Part) -> None:
        """Begin a new part if odd looks are somebody else's for certain.

        Covering halves costs as much as 24 looks, so it is tried at the 2nd, 4th, 8th ... only.
        """
        if self._odds < NEEDED or self._odds & (self._odds - 1):
            return
        after = Part(self._odd[0][0].frame, 0)
        for look, face in self._odd:
            after.add(look, face)
        assert self.embed is not None
        after.certain, other = _compare(before, after, self.embed)
        if not other:
            return
        if len(before.faces) < NEEDED:  # a first look through a fade
            after.first = before.first
            self.parts.pop()
        self.parts.append(after)
        self._odd.clear()
        self._odds = 0


def _tells(look: Look) -> bool:
    """Whether a look is good enough to tell people apart."""
    return look.pose >= TELLING_POSE and look.score >= TELLING_SCORE


def _compare(before: Part, after: Part, embed: Embedder) -> tuple[bool, bool]:
    """Whether two stretches show two people: for certain, or as far as can be told."""
    apart = measure_distance(before.face, after.face)
    if apart < OTHER_FACE:
        return False, False
    least = min(_measure_halves(before, after, half, embed) for half in HALVES)
    seen_well = apart >= STRANGERS or np.mean(after.scores) >= SURE
    other = least >= OTHER_HALF or (seen_well and least >= OTHER_HALF_IF_SURE)
    return least >= OTHER_HALF, bool(other)


def _measure_halves(before: Part, after: Part, half: Half, embed: Embedder) -> float:
    """How far two faces lie apart while the same half of both is covered."""
    one, other = (describe(_cover(part.portraits, half), embed) for part in (before, after))
    return measure_distance(one, other)


def _cover(portraits: Iterable[Image], half: Half) -> list[Image]:
    covered = [portrait.copy() for portrait in portraits]
    for portrait in covered:
        portrait[half] = COVER
    return covered


def _is_interlude(before: Part, between: Part, after: Part) -> bool:
    """Whether one person is hidden in between rather than replaced."""
    return (
        not between.certain
        and measure_distance(before.face, after.face) < OTHER_FACE
        and measure_distance(before.face, between.face) < STRANGERS
    )


def _join(before: Part, after: Part) -> Part:
    longer = max(before, after, key=lambda part: part.last - part.first)
    return replace(after, first=before.first, album=longer.album, certain=before.certain)


def describe(portraits: Sequence[Image], embed: Embedder) -> Floats:
    """What a face looks like on the average, a unit vector: one odd look does no harm."""
    return normalise(embed(portraits).mean(0))


def measure_distance(one: Floats, other: Floats) -> float:
    """1 - cosine of two unit vectors."""
    return 1 - float(one @ other)


def find_change(mouths: NDArray[np.uint8], last: int, first: int) -> tuple[int, int]:
    """Find where one person's mouth becomes another's.

    Every frame is a mixture of what is seen before and what is seen after, up to the motion;
    its share of the latter jumps from 0 to 1 at a cut, and climbs in a dissolve.

    Args:
        mouths: Grey frames of the stretch around the change, shape (frames, h, w).
        last: The last of them that is the first person's for certain.
        first: The first that is the other's for certain.

    Returns:
        The frame after the last that holds only the first person, and the first one that
        holds only the other. Those between hold both.
    """
    grey = mouths.reshape(len(mouths), -1).astype(np.float32)
    before = grey[max(0, last + 1 - SURROUNDINGS) : last + 1].mean(0)
    after = grey[first : first + SURROUNDINGS].mean(0)
    way = after - before
    share = (grey - before) @ way / max(float(way @ way), 1e-6)
    places = range(last + 1, first + 1)
    errors = [
        float((share[last + 1 : at] ** 2).sum() + ((1 - share[at : first + 1]) ** 2).sum())
        for at in places
    ]
    stop = start = places[int(np.argmin(errors))]
    while stop > 1 and stop > last + 1 - SURROUNDINGS and share[stop - 1] > FOREIGN:
        stop -= 1
    end = min(len(share), first + SURROUNDINGS) - 1
    while start < end and share[start] < 1 - FOREIGN:
        start += 1
    return stop, start
