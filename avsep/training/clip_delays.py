"""Whether the sound of a training clip belongs to its face, and how late it is.

Clips from the web may be out of step by some frames, or carry a voice of somebody else. The
lip reader, trained on clips that surely are in step, tells: its cue is compared with the true
coarse spectrum at every lag.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from avsep.device import device_of
from avsep.model.cues import coarse_spectrum, find_peak, lag_scores
from avsep.model.lip_reader import to_grey
from avsep.model.network import SeparationNetwork
from avsep.model.spectrum import analyse
from avsep.progress import Progress
from avsep.training.augment import centre
from avsep.training.clips import Clip, check_lip_size, find_speakers
from avsep.training.losses import REACH

SHORTEST = 2 * REACH + 13  # frames a clip must have for its delay to be told
CLEAR = 0.1  # correlation by which the peak of a clip stands above all other lags
LIKELY = 7  # frames; a peak farther out is chance
KNOWN = 200  # clips in step that are enough to tell the bias


@dataclass(frozen=True, slots=True)
class Synchrony:
    """What the lips say of a clip's sound.

    Attributes:
        delay: Frames by which the sound is late.
        score: Correlation at that delay.
        clear: Whether the peak can be trusted.
    """

    delay: int
    score: float
    clear: bool


@torch.inference_mode()
def measure_synchrony(network: SeparationNetwork, clip: Clip) -> Synchrony:
    """Find the lag at which lips and sound of a clip agree best."""
    device = device_of(network)
    mouths = torch.from_numpy(centre(clip.read_mouths(0, clip.frames))).to(device)
    sound = torch.from_numpy(clip.read_sound(0, clip.frames)).to(device)
    _, cue = network.lips(to_grey(mouths)[None])
    assert cue is not None
    truth = coarse_spectrum(analyse(sound[None]), network.config.cue_bands)
    scores = lag_scores(cue, truth, REACH)[0].cpu().numpy()
    delay, margin = find_peak(scores)
    return Synchrony(delay, float(scores.max()), abs(delay) <= LIKELY and margin > CLEAR)


def find_delays(
    network: SeparationNetwork,
    folders: Sequence[Path],
    in_step: Collection[str],
    progress: Progress,
) -> dict[str, int | None]:
    """Delays of all clips that are not known to be in step, for `find_speakers`.

    A lip reader has a bias where it was trained on clips out of step; the corpora that surely
    are in step reveal it: the median of their delays counts as zero. Clips without a clear peak
    get None, which leaves them out; clips too short to tell are left as they are.

    Args:
        network: With a trained lip reader.
        folders: Prepared sets, each laid out as ``corpus/speaker/clip``.
        in_step: Names of corpora that surely are in step.
        progress: Progress hook.
    """
    speakers = find_speakers(folders)
    clips = [clip for s in speakers for clip in s.clips if clip.has_mouths]
    check_lip_size(clips, network.config.lip_size)
    clips = [clip for clip in clips if clip.frames >= SHORTEST]
    known = [clip for clip in clips if clip.corpus in in_step]
    known = known[:: max(1, len(known) // KNOWN)]
    zero = 0
    if known:
        zero = round(float(np.median([measure_synchrony(network, c).delay for c in known])))
    unknown = [clip for clip in clips if clip.corpus not in in_step]
    delays: dict[str, int | None] = {}
    for clip in progress(unknown, "delays", len(unknown)):
        found = measure_synchrony(network, clip)
        delays[clip.path.as_posix()] = found.delay - zero if found.clear else None
    return delays
