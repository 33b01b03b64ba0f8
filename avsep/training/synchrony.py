"""Whether the sound of a training clip belongs to its face, and how late it is.

Clips from the web may be out of step by some pictures, or carry a voice of somebody else. The
lip reader, trained on clips that surely are in step, tells: its cue is compared with the true
coarse spectrum at every lag.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
SURE = 0.30  # correlation at the best lag
CLEAR = 0.12  # and how far it stands above the lags that are not its neighbours


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
    far = np.abs(np.arange(len(scores)) - best) > 2  # noqa: PLR2004 - the peak and its slopes
    clear = scores[best] > SURE and scores[best] - scores[far].max() > CLEAR
    return Synchrony(clip, best - REACH, float(scores[best]), bool(clear))


def check_set(network: SpeechSeparator, folder: Path) -> Iterator[Synchrony]:
    """Measure every clip of a prepared set that is long enough."""
    for speaker in find_speakers([folder]):
        for clip in speaker.clips:
            if clip.has_mouths and clip.frames >= SHORTEST:
                yield measure_synchrony(network, clip)


def write_delays(folder: Path, found: Mapping[Path, Synchrony]) -> Path:
    """Note the delays beside the clips, where `find_speakers` heeds them.

    Clips without a clear peak are noted as ``null``, which drops them.
    """
    delays = {
        path.relative_to(folder).as_posix(): item.delay if item.clear else None
        for path, item in found.items()
    }
    target = folder / DELAYS
    target.write_text(json.dumps(delays, indent=0, sort_keys=True))
    return target
