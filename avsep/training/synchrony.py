"""Whether the sound of a training clip belongs to its face, and how late it is.

Clips from the web may be out of step by some pictures, or carry a voice of somebody else. The
lip reader, trained on clips that surely are in step, tells: its cue is compared with the true
coarse spectrum at every lag.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from avsep.model import SpeechSeparator
from avsep.model.spectrum import analyse
from avsep.training.cues import coarse_spectrum
from avsep.training.dataset import DELAYS, Clip, find_speakers
from avsep.training.losses import lag_scores
from avsep.training.mixing import centre, to_grey

REACH = 12  # pictures
SHORTEST = 2 * REACH + 13  # pictures a clip must have for its delay to be told
LIKELY = 7  # pictures; a peak farther out is chance
SLOPE = 3  # lags to each side that belong to the same peak
CLEAR = 0.06  # correlation by which the peak stands above all other lags


@dataclass(frozen=True, slots=True)
class Synchrony:
    """What the lips say of a clip's sound.

    Attributes:
        clip: The clip.
        delay: Pictures by which the sound is late.
        score: Correlation at that delay.
        clear: Whether the peak can be trusted.
    """

    clip: Clip
    delay: int
    score: float
    clear: bool


@torch.inference_mode()
def measure_synchrony(network: SpeechSeparator, clip: Clip) -> Synchrony:
    """Find the lag at which lips and sound of a clip agree best."""
    mouths = torch.from_numpy(centre(clip.read_mouths(0, clip.frames)))
    sound = torch.from_numpy(clip.read_sound(0, clip.frames))
    _, cue = network.lips(to_grey(mouths)[None])
    assert cue is not None
    truth = coarse_spectrum(analyse(sound[None]), network.config.cue_bands)
    scores = lag_scores(cue, truth, REACH)[0].numpy()
    best = int(scores.argmax())
    far = np.abs(np.arange(len(scores)) - best) > SLOPE
    delay = best - REACH
    clear = abs(delay) <= LIKELY and scores[best] - scores[far].max() > CLEAR
    return Synchrony(clip, delay, float(scores[best]), bool(clear))


def check_set(
    network: SpeechSeparator, folder: Path, in_step: Collection[str]
) -> Iterator[Synchrony]:
    """Measure every clip of a prepared set that is long enough and not known to be in step.

    A lip reader trained on clips that are out of step has a bias, which the corpora that surely
    are in step reveal: the median of their delays counts as zero.

    Args:
        network: With a trained lip reader.
        folder: The prepared set.
        in_step: Names of corpora that surely are in step.
    """
    speakers = find_speakers([folder])
    clips = [clip for s in speakers for clip in s.clips if clip.has_mouths]
    clips = [clip for clip in clips if clip.frames >= SHORTEST]
    known = [clip for clip in clips if clip.corpus in in_step][:: max(1, len(clips) // 200)]
    zero = 0
    if known:
        zero = round(np.median([measure_synchrony(network, clip).delay for clip in known]))
    for clip in clips:
        if clip.corpus not in in_step:
            found = measure_synchrony(network, clip)
            yield replace(found, delay=found.delay - zero)


def write_delays(folder: Path, found: Iterable[Synchrony]) -> Path:
    """Note the delays beside the clips, where `find_speakers` heeds them.

    Clips without a clear peak are noted as ``null``, which drops them.
    """
    delays = {
        item.clip.path.relative_to(folder).as_posix(): item.delay if item.clear else None
        for item in found
    }
    target = folder / DELAYS
    target.write_text(json.dumps(delays, indent=0, sort_keys=True) + "\n")
    return target
