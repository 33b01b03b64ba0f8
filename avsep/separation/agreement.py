"""Whether what is heard goes with the lips of whom it is given to: dubbed speech doesn't."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch

from avsep.faces.people import Person
from avsep.media.sound import SoundFileReader, SoundReader
from avsep.model.network import SeparationNetwork
from avsep.separation.delay import REACH, WINDOW, compare, list_windows, thin
from avsep.separation.recording import Separation, Speaker
from avsep.timeline import Span

WINDOWS = 6  # of each person, so that a long recording costs no more
LEAST = 2  # windows without which nothing is said
SPOKEN = 0.3  # share of a window in which somebody has to speak
NEAR = 1  # frames up to which lips and sound are in step
# Agreement up to which lips and sound are strangers. In ten debates of `tools/doubts.py` and the
# three examples everybody had 0.126 and more, and one of them 0.21. With the sound of others, of
# eight debates of which something is known, four stayed below 0.09 and six below 0.12, two had
# 0.19 and 0.21: lips are moved to where they agree best, so strangers' agree a little, too.
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


@torch.inference_mode()
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
    windows = [
        (clip, start)
        for clip, start in list_windows([person])
        if _count_spoken(start, speaking) >= SPOKEN * WINDOW
    ]
    if len(windows) < LEAST or not network.config.cue_bands:
        return None
    chosen = thin(windows, WINDOWS)
    scores = np.mean([compare(network, sound, clip, start) for clip, start in chosen], axis=0)
    return float(scores[REACH - NEAR : REACH + NEAR + 1].max() - scores.mean())


def tell_strangers(speakers: Sequence[Speaker]) -> list[str]:
    """A sentence if nobody's lips go with what is heard."""
    known = [speaker.agreement for speaker in speakers if speaker.agreement is not None]
    if not known or max(known) > STRANGE:
        return []
    return [
        "Nobody's lips go with what is heard: if it is dubbed, or of another recording, the "
        "voices are not those of the people who are seen."
    ]


def _count_spoken(start: int, speaking: Sequence[Span]) -> int:
    """Frames of a window in which somebody speaks."""
    stop = start + WINDOW
    return sum(max(0, min(last, stop) - max(first, start)) for first, last in speaking)
