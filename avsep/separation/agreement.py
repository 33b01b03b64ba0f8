"""Whether what is heard goes with the lips of whom it is given to: dubbed speech doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from avsep.faces.motion import measure_motion
from avsep.faces.people import Person
from avsep.media.sound import SoundFileReader, SoundReader, measure_powers
from avsep.model.network import SeparationNetwork
from avsep.separation.activity import INAUDIBLE
from avsep.separation.comparison import (
    LOOKED_AT,
    REACH,
    WINDOW,
    WINDOWS,
    Excerpt,
    compare,
    cover,
    thin,
)
from avsep.separation.recording import Separation, Speaker
from avsep.timeline import FRAME_RATE, Span, mark_spans

LEAST = 3  # windows without which nothing is said
SPOKEN = 0.3  # share of a window in which somebody has to speak,
HEARD = 0.5  # share of a window in which there has to be sound
LIVELY = 0.7  # or motion of the mouth in it, against that while they speak
NEAR = 1  # frames up to which lips and sound are in step
# Agreement up to which lips and sound are strangers. Of 19 people kept out of training, each
# beside another as loud, 0.7 % had less with three windows, 0.3 % with four and nobody with six;
# with the sound of two others 90, 95 and 98 %. In ten debates of `tools/doubts.py` everybody had
# 0.145 and more, and with the sound of others 0.124 at most. Of people who alone had another's
# voice two had 0.12 to 0.133, the others less; those beside them had 0.165 and more.
STRANGE = 0.12


def measure_agreements(
    separation: Separation, network: SeparationNetwork, talkers: Sequence[Person]
) -> Separation:
    """Add how well everybody's lips go with what is heard.

    Args:
        separation: Of which all else is known.
        network: With lips that tell a cue.
        talkers: Everybody's lips, where a delay of the sound is made up for.
    """
    pairs = list(zip(separation.speakers, talkers, strict=True))
    with closing(SoundFileReader(separation.mixture, separation.weights)) as sound:
        found = [measure_agreement(network, sound, own, each.speaking) for each, own in pairs]
    speakers = zip(separation.speakers, found, strict=True)
    return replace(separation, speakers=tuple(replace(s, agreement=a) for s, a in speakers))


def measure_agreement(
    network: SeparationNetwork, sound: SoundReader, person: Person, speaking: Sequence[Span]
) -> float | None:
    """By how much lips go better with what is heard at their time than at other times.

    Args:
        network: With lips that tell a cue.
        sound: All that is heard.
        person: Their lips, where a delay of the sound is made up for.
        speaking: Frames in which they seem to speak.

    Returns:
        A difference of correlations; None where too little is said to tell.
    """
    talking = _choose_talking(person, speaking) if network.config.cue_bands else []
    windows = [(clip, start) for clip, start in talking if _is_heard(sound, start)]
    if len(windows) < LEAST:
        return None
    chosen = thin(windows, WINDOWS)
    scores = np.mean([compare(network, sound, clip, start) for clip, start in chosen], axis=0)
    return float(scores[REACH - NEAR : REACH + NEAR + 1].max() - scores.mean())


def _choose_talking(person: Person, speaking: Sequence[Span]) -> list[Excerpt]:
    """Windows in which somebody who speaks at all does so by their voice or by their lips.

    Whoever is dubbed is given little of what is heard, and moves their lips all the same.
    """
    windows = thin(cover(person), LOOKED_AT)
    if not windows:
        return []
    motion = np.stack(
        [measure_motion(clip.read(start, start + WINDOW)) for clip, start in windows]
    )
    spoken = np.stack([mark_spans(speaking, start + 1, start + WINDOW) for _, start in windows])
    if not spoken.any():
        return []
    lively = motion.mean(axis=1) > LIVELY * motion[spoken].mean()
    return [
        window
        for window, share, moves in zip(windows, spoken.mean(axis=1), lively, strict=True)
        if moves or share >= SPOKEN
    ]


def _is_heard(sound: SoundReader, start: int) -> bool:
    """Whether a window has sound: while a microphone is off, lips go with nothing."""
    per_frame = sound.sample_rate // FRAME_RATE
    samples = sound.read_mono(start * per_frame, (start + WINDOW) * per_frame)
    return bool((measure_powers([samples], per_frame) > INAUDIBLE).mean() >= HEARD)


def tell_strangers(speakers: Sequence[Speaker]) -> list[str]:
    """A sentence if nobody's lips go with what is heard, or of those whose lips don't."""
    strange = [
        speaker.name
        for speaker in speakers
        if speaker.agreement is not None and speaker.agreement <= STRANGE
    ]
    if not strange:
        return []
    if len(strange) == len(speakers):
        return [
            "Nobody's lips go with what is heard: if it is dubbed, or of another recording, the "
            "voices are not those of the people who are seen."
        ]
    return [
        f"What is heard hardly goes with the lips of {', '.join(strange)}: where somebody is "
        "dubbed or interpreted, or their lips are hard to see, the voice may be another's."
    ]
